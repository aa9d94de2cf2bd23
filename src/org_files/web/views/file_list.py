"""The page of the library: the files that the user sees, and the form that uploads more."""

from http import HTTPStatus
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework.exceptions import APIException, Throttled

from org_files import conf
from org_files.exceptions import OrgFilesError
from org_files.files import quota_of, with_usage
from org_files.models import Membership
from org_files.rest.errors import answer_to
from org_files.rest.multipart import client_name
from org_files.rest.serializers import FileUploadSerializer
from org_files.rest.storing import store_upload, upload_target
from org_files.rest.views.files import FileListView
from org_files.web.moments import with_zone
from org_files.web.uploader import Uploader, uploader_for
from org_files.web.views.calls import messages_of
from org_files.web.views.listing import FilesPage


class LibraryPage(FilesPage):
    """The files that the user sees. A POST uploads files."""

    title = gettext_lazy("Files")
    section = "library"
    template_name = "org_files_web/library.html"
    file_fields = ("file",)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        uploader = self.uploader()
        return super().get_context_data(
            uploader=uploader,
            usage=self.usage(),
            needs_organization=uploader is None and self.needs_organization(),
            may_create_organization=conf.organization_creation() == conf.ANYONE,
            **kwargs,
        )

    def uploader(self) -> Uploader | None:
        """Return the form that uploads, ``None`` for a user who may not."""
        chosen = self.typed.get("organization") or self.filters["organization"]
        return uploader_for(
            self.user,
            policy=self.policy,
            chosen=chosen,
            errors=self.errors,
            typed=self.typed,
            # After an error the form is still that of the page it came from.
            next=self.next_url() if self.typed else self.request.path,
            resource=self.typed.get("resource", ""),
            resource_id=self.typed.get("resource_id", ""),
        )

    def usage(self) -> dict[str, Any] | None:
        """Return bytes and quota of the organization that is chosen, or of the only one."""
        organization = self.filters.chosen_organization
        if organization is None:
            return None
        rows: Any = type(organization)._base_manager.filter(pk=organization.pk)
        used = with_usage(rows).values_list("bytes_stored", flat=True).get()
        limit = quota_of(organization.pk).max_bytes
        return {"organization": organization, "used": used, "limit": limit}

    def needs_organization(self) -> bool:
        """Return whether the user has to create or join an organization before they can upload."""
        return not self.is_operator and not Membership.objects.filter(user=self.user.pk).exists()

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        """Store each file of the form, by the rules of the API."""
        uploads = self.request.FILES.getlist("file")
        values = self._checked(uploads[:1])
        organization = upload_target(values.pop("organization", None), user=self.user)
        stored, failed = [], []
        for upload in uploads:
            try:
                # The API takes one file with each request.
                self.check_throttles(FileListView)
                file = store_upload(upload, organization=organization, user=self.user, **values)
            except Exception as error:
                answer = answer_to(error)
                if answer is None:
                    raise
                failed.append((_name_of(upload), answer))
                # The next files would meet these, too.
                if answer.status_code >= 500 or isinstance(answer, Throttled):
                    break
            else:
                stored.append(file.name)
        if stored:
            self.say(_stored(stored))
        if failed:
            left = len(uploads) - len(stored) - len(failed)
            return self._show_failed(failed, left)
        return self.to_url(self.next_url())

    def _checked(self, uploads: list[Any]) -> dict[str, Any]:
        """Return the values of the fields of all files. Raises ``ValidationError``."""
        data = self.request.POST.copy()
        data["expires_at"] = with_zone(data.get("expires_at", ""))
        # Each file keeps its name; a text is no file.
        for name in ("name", "file"):
            data.pop(name, None)
        if uploads:
            data["file"] = uploads[0]
        values: dict[str, Any] = dict(self.valid(FileUploadSerializer, data=data).validated_data)
        del values["file"]
        return values

    def _show_failed(self, failed: list[tuple[str, APIException]], left: int) -> HttpResponseBase:
        """Show the page with a sentence for each of the files that were not stored."""
        sentences = [f"{name}: {' '.join(messages_of(answer))}" for name, answer in failed]
        if left:
            text = ngettext(
                "%(number)d more file was not tried.", "%(number)d more files were not tried.", left
            )
            sentences.append(text % {"number": left})
        self.errors, self.typed = {"file": sentences}, self.request.POST
        first = failed[0][1]
        self.status = HTTPStatus(first.status_code)
        return self._refusing(first, self.get(self.request, **self.kwargs))


def _stored(names: list[str]) -> str:
    if len(names) == 1:
        return _("%(name)s was uploaded.") % {"name": names[0]}
    text = ngettext("%(number)d file was uploaded.", "%(number)d files were uploaded.", len(names))
    return text % {"number": len(names)}


def _name_of(upload: Any) -> str:
    try:
        return client_name(upload)
    except OrgFilesError:
        return _("A file")
