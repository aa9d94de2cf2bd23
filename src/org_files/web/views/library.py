"""The page of the library."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from org_files.rest.views.files import FileListView
from org_files.web.views.base import Page


class LibraryPage(Page):
    """The files that the requester sees."""

    title = _("Files")
    section = "library"
    template_name = "org_files_web/library.html"
    file_fields = ("file",)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        files, pages = self.listed(FileListView, own_parameters=("view",))
        return super().get_context_data(files=files, pages=pages, **kwargs)
