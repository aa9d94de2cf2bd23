"""Files: upload, lists, one file, its downloads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from org_files import counters, get_file_model, get_organization_model
from org_files.access import Action
from org_files.backends import load_class
from org_files.files import (
    organization_for_upload,
    purge_file,
    restore_file,
    store_file,
    trash_file,
    trash_files,
)
from org_files.models import AbstractFile, AbstractOrganization, Download, Membership
from org_files.rest.base import BaseView
from org_files.rest.errors import NotFound
from org_files.rest.exact import exactly
from org_files.rest.fields import parse_pk, parse_public_id
from org_files.rest.filters import FileFilterSet
from org_files.rest.parameters import (
    flag_of,
    refuse_unknown_of_list,
    refuse_unknown_parameters,
)
from org_files.rest.serializers import (
    FileChangeSerializer,
    FileSerializer,
    FileUploadSerializer,
)
from org_files.rest.views.downloads import LedgerView
from org_files.rest.views.lists import ListView
from org_files.tiers import TIER

__all__ = [
    "FileDownloadsView",
    "FileListView",
    "FileRestoreView",
    "FileView",
    "ResourceFilesView",
]


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

    def listed(self) -> QuerySet[AbstractFile]:
        """Return the plain list of the policy, which some filters widen."""
        return self.policy.listed_files(
            self.user,
            is_public=self._asks_for("is_public"),
            by_owner=bool(self.request.query_params.get("owner")),
            trashed=self._asks_for("trashed"),
        )

    def of_organization(self, pk: Any) -> QuerySet[AbstractFile]:
        """Return the files of one organization, in the trash where that is asked for."""
        files = self.policy.listed_files(
            self.user, is_public=True, by_owner=True, trashed=self._asks_for("trashed")
        )
        return files.filter(organization=pk)

    def prepare(self, files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
        """Add what the JSON of a file shows."""
        return counters.with_totals(files).select_related("organization", "owner", TIER)

    def _asks_for(self, flag: str) -> bool:
        return bool(self.request.query_params.get(flag, "").lower() == "true")


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

    def get_removable(self) -> AbstractFile:
        """Return the file of the URL if one may delete it, in the trash or not.

        Raises ``NotFound``, and ``PermissionDenied`` for what is seen, but not to be deleted.
        """
        files = self.policy.removable_files(self.user)
        file = files.filter(public_id=self.public_id()).first()
        if file is None:
            self.deny(self.get_file())
        return file

    def file_json(self, files: QuerySet[AbstractFile]) -> dict[str, Any]:
        """Return the JSON of the one file in ``files``. Raises ``NotFound`` where there is none."""
        files = counters.with_totals(files).select_related("organization", "owner", TIER)
        context = self.get_serializer_context()
        data: dict[str, Any] = file_serializer()(self.get_file(files), context=context).data
        return data


class FileListView(FileListMixin):
    """The files that one sees; upload."""

    throttle_scopes = {"POST": "org_files_upload"}
    file_fields = {"POST": ("file",)}

    def get_serializer_class(self) -> Any:
        """Return the serializer of uploads for those, so that browsers get its form."""
        return FileUploadSerializer if self.request.method == "POST" else file_serializer()

    def get_queryset(self) -> QuerySet[Any]:
        """Return the plain list."""
        return self.prepare(self.listed())

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
        """Return the organization that an upload goes to."""
        key = parse_pk(get_organization_model(), text) if text else None
        organization = organization_for_upload(user=self.user, is_named=bool(text), key=key)
        self.require(Action.UPLOAD, organization)
        return organization


class FileView(FileMixin):
    """One file."""

    def get_serializer_class(self) -> Any:
        """Return the serializer of changes for those, so that browsers get its form."""
        return FileChangeSerializer if self.request.method == "PATCH" else file_serializer()

    def get(self, request: Request, id: str) -> Response:
        """Answer with the file."""
        return Response(self.file_json(self.visible()))

    def patch(self, request: Request, id: str) -> Response:
        """Change what is said about the file."""
        refuse_unknown_parameters(request)
        file = self.get_file()
        self.require(Action.CHANGE, file)
        serializer = self.get_serializer(file, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(self.file_json(type(file)._base_manager.filter(pk=file.pk)))

    def delete(self, request: Request, id: str) -> Response:
        """Move the file to the trash, or remove it for good, from the trash or not."""
        refuse_unknown_parameters(request, {"permanent"})
        permanent = flag_of(request, "permanent")
        file = self.get_removable() if permanent else self.get_file()
        self.require(Action.DELETE, file)
        remove = purge_file if permanent else trash_file
        remove(file=file)
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileRestoreView(FileMixin):
    """A file in the trash."""

    # Of nothing: pages for browsers and OPTIONS ask what a call takes.
    serializer_class = Serializer

    def post(self, request: Request, id: str) -> Response:
        """Take the file out of the trash; one that is out of it stays as it is."""
        refuse_unknown_parameters(request)
        file = self.get_removable()
        self.require(Action.DELETE, file)
        restored = type(file)._base_manager.filter(pk=file.pk)
        try:
            restore_file(file=file)
        except ObjectDoesNotExist:
            # It is out of the trash already; or removed for good, or expired, at this moment.
            restored = self.visible()
        return Response(self.file_json(restored))


class ResourceFilesView(FileListMixin):
    """The files of one's organizations that are linked to one thing of the site."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the files, of the plain list. Raises ``NotFound`` for what no column can hold."""
        resource, resource_id = self.kwargs["resource"], self.kwargs["resource_id"]
        if not (_fits("resource", resource) and _fits("resource_id", resource_id)):
            raise NotFound
        files = exactly(self.listed(), resource=resource, resource_id=resource_id)
        if not self.policy.is_operator(self.user):
            files = self._of_own_organizations(files)
        return self.prepare(files)

    def delete(self, request: Request, resource: str, resource_id: str) -> Response:
        """Move those of the list that one may delete to the trash; filters hold, pages do not.

        Of an operator those of their own organizations alone, unless they say whose they mean.
        """
        refuse_unknown_of_list(request, self, is_page=False)
        files = self.filter_queryset(self.get_queryset())
        if not any(request.query_params.get(name) for name in ("organization", "owner")):
            files = self._of_own_organizations(files)
        removable = self.policy.removable_files(self.user).filter(deleted_at=None)
        files = files.filter(pk__in=removable.values("pk"))
        return Response({"deleted": trash_files(files=files)})

    def _of_own_organizations(self, files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
        own = Membership.objects.filter(user=self.user.pk)
        return files.filter(organization__in=own.values("organization"))


class FileDownloadsView(FileMixin, LedgerView):
    """Who downloaded one file, and when."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the file's rows of the ledger, to those who manage it."""
        file = self.get_file()
        self.require(Action.VIEW_DOWNLOADS, file)
        return self.shown(Download.objects.filter(file_public_id=file.public_id))


def _fits(column: str, value: str) -> bool:
    field: Any = get_file_model()._meta.get_field(column)
    return "\0" not in value and len(value) <= field.max_length
