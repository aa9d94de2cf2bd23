"""Upload sessions of the pages: tus, with the session of the browser."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from org_files.models import AbstractFile, Upload
from org_files.rest.parameters import refuse_unknown_parameters
from org_files.rest.uploads.tus import TusMixin
from org_files.rest.views.uploads import UploadListView, UploadView
from org_files.web.moments import with_zone
from org_files.web.views.errors import StaleForm


class PageSession(SessionAuthentication):
    """Authentication by the session and its CSRF token, with a sentence for a stale one."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise StaleForm from error


class PageUploads(TusMixin):
    """Views of tus whose answers lead to pages. Rights, limits and throttles are the API's."""

    # Not a part of the site's API, nor of its description.
    schema: Any = None

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [PageSession()]

    def new_session(self, request: Request, values: Mapping[str, Any], **options: Any) -> Upload:
        # The form has a time without a zone.
        zoned = {**values, "expires_at": with_zone(values.get("expires_at", ""))}
        return super().new_session(request, zoned if "expires_at" in values else values, **options)

    # Without scheme and host, so that a proxy which the site does not trust changes nothing.
    def url_of(self, upload: Upload) -> str:
        return reverse("org_files_web:upload", args=[upload.public_id])

    def url_of_file(self, file: AbstractFile) -> str:
        return reverse("org_files_web:file", args=[file.public_id])


class NewUpload(PageUploads, UploadListView):
    """New upload sessions."""

    http_method_names = ("post", "options")

    def post(self, request: Request) -> Response:
        """Create an upload session by tus."""
        refuse_unknown_parameters(request)
        return self.tus_create(request)


class UnfinishedUpload(PageUploads, UploadView):
    """One upload session."""

    http_method_names = ("head", "patch", "delete", "options")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS":
            self.refuse_other_version(request)
