"""Pages of one file: what it is and shows, its bytes, changes, downloads, and its end."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from org_files import counters
from org_files.access import Action
from org_files.delivery import StreamDelivery
from org_files.files import purge_file
from org_files.models import AbstractFile, Download, ShareLink
from org_files.rest.serializers import FileChangeSerializer
from org_files.rest.views import contents as api_contents
from org_files.rest.views import files as api
from org_files.serving import serve_file, serve_visible_file
from org_files.web.charts import bar_chart, downloads
from org_files.web.forms import fields_of
from org_files.web.link_forms import form_or_reason, new_link_form
from org_files.web.moments import with_zone
from org_files.web.previews import preview_of
from org_files.web.rows import FileRow
from org_files.web.shown_links import shown_links
from org_files.web.views.base import Page
from org_files.web.views.ledger import LedgerPage, with_names

#: Days of the chart.
DAYS = 30
#: Links and downloads on the page of a file; pages of their own have all.
FEW = 10


class UnderFile(Page):
    """Base of the pages of one file that the requester sees."""

    section = "library"

    @cached_property
    def file(self) -> AbstractFile:
        """The file of the URL, with its totals. Raises ``NotFound``."""
        view = self.api_view(api.FileView, id=self.kwargs["id"])
        file: AbstractFile = self.get_or_404(view.prepare(view.visible()))
        return file

    @property
    def title(self) -> Any:
        """The name of the file."""
        return self.file.name

    def allows(self, action: Action) -> bool:
        """Return whether the requester may do ``action`` to the file."""
        return self.policy.allows(action, self.user, self.file)


class FilePage(UnderFile):
    """One file: preview, details, links and downloads, and the form that changes it."""

    template_name = "org_files_web/file.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        file = self.file
        per_day = counters.file_downloads_per_day(file=file, days=DAYS)
        context: dict[str, Any] = {
            "file": file,
            "row": FileRow(file=file, may_delete=self.allows(Action.DELETE)),
            "preview": preview_of(file),
            "chart": bar_chart(per_day, title=_("Downloads of the last 30 days"), unit=downloads),
            "fields": self._fields() if self.allows(Action.CHANGE) else None,
        }
        if self.allows(Action.LINK):
            links = ShareLink.objects.filter(file=file.pk).select_related("file", "created_by")
            newest = list(links.order_by("-created_at", "-pk")[: FEW + 1])
            context["links"] = shown_links(newest[:FEW], self.api_request())
            context["has_more_links"] = len(newest) > FEW
            context |= form_or_reason(new_link_form, self, file)
        if self.allows(Action.VIEW_DOWNLOADS):
            rows = Download.objects.filter(file_public_id=file.public_id).select_related("user")
            latest = list(rows.order_by("-downloaded_at", "-pk")[: FEW + 1])
            context["downloads"] = with_names(latest[:FEW])
            context["has_more_downloads"] = len(latest) > FEW
        return super().get_context_data(**context, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        data = self.request.POST.copy()
        if data.get("expires_at") == _local(self.file.expires_at):
            # It was not touched. The field may show less than is stored.
            del data["expires_at"]
        elif "expires_at" in data:
            data["expires_at"] = with_zone(str(data["expires_at"]))
        self.call(api.FileView, "PATCH", data=data, **kwargs)
        self.say(_("The changes are saved."))
        return self.to("file", **kwargs)

    def _fields(self) -> Any:
        zone = timezone.get_current_timezone_name()
        changes: dict[str, Any] = {
            "name": {"help": ""},
            "comment": {"kind": "textarea"},
            "is_public": {"label": _("Public")},
            "expires_at": {
                "label": _("Expires"),
                "kind": "datetime-local",
                "value": self.typed.get("expires_at", _local(self.file.expires_at)),
                "help": _("Empty for no end. Time zone: %(zone)s.") % {"zone": zone},
            },
        }
        return fields_of(self, FileChangeSerializer(self.file), **changes)


class FileContent(Page):
    """The bytes of a file. A download that counts, as in the API."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.serve(**kwargs)

    def serve(self, *, id: str, **options: Any) -> HttpResponseBase:
        """Return the response with the original, within the throttles of the API."""
        view = self.api_view(api_contents.FileContentView, id=id)
        view.check_throttles(view.request)
        return serve_visible_file(self.request, view.public_id(), user=self.user, **options)


class FilePreview(FileContent):
    """The bytes of a file, shown in place; sent by this site, since a page may load no others."""

    def serve(self, **kwargs: Any) -> HttpResponseBase:
        return super().serve(**kwargs, inline=True, delivery=StreamDelivery())


class FileRendition(Page):
    """A picture in one height. It is no download."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        view = self.api_view(api_contents.RenditionView, **kwargs)
        # A list has many pictures: they are parts of it, and no page is throttled.
        file, height = view.get_picture()
        options: dict[str, Any] = {"inline": True, "delivery": StreamDelivery()}
        return serve_file(request, file, height=height, **options)


class FileDownloadsPage(UnderFile, LedgerPage):
    """All downloads of a file."""

    template_name = "org_files_web/file_downloads.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows, pages = self.ledger(api.FileDownloadsView, self.request.GET, **self.kwargs)
        return super().get_context_data(downloads=rows, pages=pages, file=self.file, **kwargs)


class FileAction(Page):
    """Base of forms that act on a file. A GET, as after a login, leads to the page of the file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.to("file", **self.kwargs)

    def show_errors(self, answer: Any) -> HttpResponseBase:
        """Show the page of the error: there is no form to show again."""
        raise answer


class FileTrash(UnderFile, FileAction):
    """The move to the trash."""

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        name = self.file.name
        self.call(api.FileView, "DELETE", **kwargs)
        self.say(_("%(name)s is in the trash.") % {"name": name}, undo=[kwargs["id"]])
        return self.to_url(self.next_url())


class FileRestore(FileAction):
    """The way out of the trash."""

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        restored = self.call(api.FileRestoreView, "POST", **kwargs)
        self.say(_("%(name)s is restored.") % {"name": restored["name"]})
        return self.to("file", **kwargs)


class FileRemovalPage(Page):
    """The question whether to remove a file for good, which may be in the trash."""

    section = "library"
    template_name = "org_files_web/file_removal.html"

    @cached_property
    def file(self) -> AbstractFile:
        """The file of the URL. Raises ``NotFound`` and ``PermissionDenied``."""
        file: AbstractFile = self.api_view(api.FileView, **self.kwargs).get_removable()
        return file

    @property
    def title(self) -> Any:
        """The question."""
        return _("Remove %(name)s for good?") % {"name": self.file.name}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(file=self.file, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        purge_file(file=self.file)
        self.say(_("%(name)s is removed for good.") % {"name": self.file.name})
        return self.to_url(self.next_url())


def _local(moment: Any) -> str:
    """Return ``moment`` as the value of a ``datetime-local`` field in the current zone."""
    return "" if moment is None else timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M:%S")
