"""The page of the trash."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files import conf
from org_files.web.views.listing import FilesPage


class TrashPage(FilesPage):
    """The files in the trash that the user may restore."""

    title = _("Trash")
    section = "trash"
    template_name = "org_files_web/trash.html"
    fixed = {"trashed": "true"}
    columns_in_order = (
        ("name", pgettext_lazy("of a file", "Name")),
        ("size", _("Size")),
        ("organization", _("Organization")),
        ("owner", _("Owner")),
        ("deleted_at", _("Moved to the trash")),
        ("removed_at", _("Removed after")),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(trash_days=conf.trash_days(), **kwargs)
