"""Files: upload, lists, one file, its bytes, its downloads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import Error as DatabaseFailure
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import counters, get_organization_model
from org_files.access import Action
from org_files.backends import load_class
from org_files.delivery import Deliverable, get_delivery, is_conditional
from org_files.exceptions import StorageUnavailable
from org_files.files import store_file
from org_files.models import AbstractFile, AbstractOrganization, Download, Membership
from org_files.rest.base import BaseView, IgnoreAccept
from org_files.rest.errors import NoOrganization, NotFound
from org_files.rest.fields import parse_pk, parse_public_id
from org_files.rest.filters import FileFilterSet
from org_files.rest.serializers import FileSerializer, FileUploadSerializer
from org_files.rest.views.downloads import LedgerView
from org_files.rest.views.lists import ListView
from org_files.storage import original_storage

__all__ = ["FileContentView", "FileDownloadsView", "FileListView", "FileView"]


def file_serializer() -> type[FileSerializer]:
    """Return the class that ``ORG_FILES["FILE_SERIALIZER"]`` names."""
    return load_class("FILE_SERIALIZER", FileSerializer)


class FileListMixin(ListView):
    """Lists of files."""

    search_fields = ("name", "comment")
    ordering_fields = ("created_at", "name", "size", "download_count", "last_downloaded_at")
    ordering = "-created_at"
    nullable_ordering = frozenset({"last_downloaded_at"})
    cursor_fields = ("created_at", "name", "size")

    @property
    def filterset_class(self) -> type[FileFilterSet]:
        """The site's filters of files."""
        return load_class("FILE_FILTER_SET", FileFilterSet)

    def get_serializer_class(self) -> type[FileSerializer]:
        """Return the site's serializer of files."""
        return file_serializer()

    def prepare(self, files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
        """Add what the JSON of a file shows."""
        return counters.with_totals(files).select_related("organization", "owner")


class FileMixin(BaseView):
    """Views under one file."""

    def public_id(self) -> UUID:
        """Return the id of the URL. Raises ``NotFound`` for what is none."""
        public_id = parse_public_id(self.kwargs["id"])
        if public_id is None:
            raise NotFound
        return public_id

    def visible(self) -> QuerySet[AbstractFile]:
        """Return the file of the URL, or nothing. Raises ``NotFound`` for what is no id."""
        return self.policy.visible_files(self.user).filter(public_id=self.public_id())

    def get_file(self, files: QuerySet[AbstractFile] | None = None) -> AbstractFile:
        """Return the file of the URL. Raises ``NotFound``, also for what is not seen."""
        file = (self.visible() if files is None else files).first()
        if file is None:
            raise NotFound
        return file


class FileListView(FileListMixin):
    """The files that one sees; upload."""

    throttle_scopes = {"POST": "org_files_upload"}

    def get_serializer_class(self) -> Any:
        """Return the serializer of uploads for those, so that browsers get its form."""
        return FileUploadSerializer if self.request.method == "POST" else file_serializer()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the plain list of the policy, which some filters widen."""
        asked = self.request.query_params
        files = self.policy.listed_files(
            self.user,
            is_public=asked.get("is_public", "").lower() == "true",
            by_owner=bool(asked.get("owner")),
        )
        return self.prepare(files)

    def post(self, request: Request) -> Response:
        """Store an upload."""
        serializer = FileUploadSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        if len(request.FILES.getlist("file")) > 1:
            raise exceptions.ValidationError({"file": [_("Takes one file at a time.")]})
        values = serializer.validated_data
        upload = values.pop("file")
        values.setdefault("name", getattr(upload, "client_name", upload.name))
        stored = store_file(
            organization=self._organization(values.pop("organization", None)),
            owner=request.user,
            upload=upload,
            **values,
        )
        file = self.prepare(type(stored)._base_manager.filter(pk=stored.pk)).get()
        body = file_serializer()(file, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)

    def _organization(self, text: str | None) -> AbstractOrganization:
        """Return the organization that an upload goes to. Raises what the contract says."""
        user = self.user
        own = Membership.objects.filter(user=user.pk)
        if not own.exists() and not (text and self.policy.is_operator(user)):
            raise NoOrganization
        if text:
            pk = parse_pk(get_organization_model(), text)
            visible = self.policy.visible_organizations(user)
            organizations = visible.filter(pk=pk) if pk is not None else visible.none()
        else:
            organizations = get_organization_model()._default_manager.filter(
                pk__in=own.values("organization")
            )
        found = list(organizations[:2])
        if not found:
            message = _("There is no such organization.")
            raise exceptions.ValidationError({"organization": [message]})
        if len(found) > 1:
            message = _("Needed: you belong to several organizations.")
            raise exceptions.ValidationError({"organization": [message]})
        self.require(Action.UPLOAD, found[0])
        return found[0]


class FileView(FileMixin):
    """One file."""

    def get_serializer_class(self) -> type[FileSerializer]:
        """Return the site's serializer of files."""
        return file_serializer()

    def get(self, request: Request, id: str) -> Response:
        """Answer with the file."""
        files = counters.with_totals(self.visible()).select_related("organization", "owner")
        return Response(self.get_serializer(self.get_file(files)).data)


class FileDownloadsView(FileMixin, LedgerView):
    """Who downloaded one file, and when."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the file's rows of the ledger, to those who manage it."""
        file = self.get_file()
        self.require(Action.VIEW_DOWNLOADS, file)
        return self.shown(Download.objects.filter(file=file.pk))


class FileContentView(FileMixin):
    """The bytes of one file."""

    content_negotiation_class = IgnoreAccept
    renderer_classes = (JSONRenderer,)  # for errors

    def get(self, request: Request, id: str) -> HttpResponseBase:
        """Answer with the bytes, or as much of them as is asked for; count the download first."""
        disposition = request.query_params.get("disposition", "attachment")
        if disposition not in ("attachment", "inline"):
            message = _("Takes attachment or inline.")
            raise exceptions.ValidationError({"disposition": [message]})
        inline = disposition == "inline"
        if request.method == "GET" and not is_conditional(request.headers):
            return self._whole(request, inline=inline)
        file = self.get_file()
        item = _original(file, inline=inline)
        answer = item.plan(request._request)
        response = get_delivery().deliver(request._request, item, answer)
        if request.method == "GET" and answer.has_content:
            # The store has answered, so that there will be nothing to take back.
            record = counters.record_range if answer.is_partial else counters.record_download
            try:
                record(file=file, user=request.user)
            except DatabaseFailure:
                response.close()
                raise
        return response

    def _whole(self, request: Request, *, inline: bool) -> HttpResponseBase:
        """Find and count in one statement: what most downloads are."""
        files = self.policy.prepared_file(self.user, self.public_id())
        granted = counters.grant_download(files, user=request.user)
        if granted is None:
            raise NotFound
        file, download = granted
        item = _original(file, inline=inline)
        try:
            return get_delivery().deliver(request._request, item, item.plan(request._request))
        except StorageUnavailable:
            counters.withdraw_download(download)
            raise


def _original(file: AbstractFile, *, inline: bool) -> Deliverable:
    return Deliverable(
        # Not the field's: that is the storage of the settings when the model was loaded.
        storage=original_storage(),
        key=file.content.name or "",
        name=file.name,
        size=file.size,
        digest=file.sha256,
        last_modified=file.created_at,
        content_type=file.content_type,
        inline=inline,
    )
