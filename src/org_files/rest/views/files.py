"""Files: lists, upload, change, trash, downloads."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from org_files import counters
from org_files.access import Action, list_parts, whole_organizations
from org_files.backends import load_class
from org_files.files import (
    count_live_files,
    purge_file,
    restore_file,
    trash_file,
)
from org_files.ids import parse_public_id
from org_files.models import AbstractFile, Download
from org_files.rest.base import BaseView
from org_files.rest.errors import ATTACHING, NotFound
from org_files.rest.filters import FileFilterSet
from org_files.rest.parameters import flag_of, refuse_unknown_parameters
from org_files.rest.serializers import FileChangeSerializer, FileSerializer, FileUploadSerializer
from org_files.rest.stored import stored_json
from org_files.rest.storing import store_upload, upload_target
from org_files.rest.uploads.draft import DraftTargetMixin
from org_files.rest.uploads.sessions import refuse_other_digests, repr_digest, wanted_digest
from org_files.rest.views.lists import LedgerView, ListView
from org_files.tiers import TIER

#: The most organizations of which a list merges one index scan each.
FEW_ORGANIZATIONS = 20


class FileShape(BaseView):
    """Views that answer with files."""

    tag = "Files"

    def get_serializer_class(self) -> Any:
        """Return the serializer of the method, or the site's serializer of files."""
        own = self.request_serializers.get(self.request.method or "")
        return own or load_class("FILE_SERIALIZER", FileSerializer)

    def prepare(self, files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
        """Add the totals and rows that the JSON of a file shows."""
        return counters.with_totals(files).select_related("organization", "owner", TIER)

    def file_json(self, files: QuerySet[AbstractFile]) -> Any:
        """Return the JSON of the one file in ``files``. Raises ``NotFound``."""
        serializer = load_class("FILE_SERIALIZER", FileSerializer)
        file, context = self.get_or_404(self.prepare(files)), self.get_serializer_context()
        return serializer(file, context=context).data


class FileListMixin(FileShape, ListView):
    """Lists of files."""

    search_fields = ("name", "comment")
    ordering_fields = ("created_at", "name", "size", "download_count", "last_downloaded_at")
    ordering = "-created_at"
    nullable_ordering = frozenset({"last_downloaded_at"})

    @property
    def filterset_class(self) -> type[FileFilterSet]:
        """The site's filters of files."""
        return load_class("FILE_FILTER_SET", FileFilterSet)

    def listed(self) -> QuerySet[AbstractFile]:
        """Return the list of the policy, which some filters extend."""
        return self.policy.listed_files(
            self.user,
            is_public=self.asks_for("is_public"),
            by_owner=bool(self.request.query_params.get("owner")),
            trashed=self.asks_for("trashed"),
        )

    def asks_for(self, flag: str) -> bool:
        """Return whether a parameter is true. The filter set refuses a malformed one."""
        return self.request.query_params.get(flag, "").lower() == "true"


class FileMixin(BaseView):
    """Views under one file."""

    def public_id(self) -> UUID:
        """Return the id of the URL. Raises ``NotFound`` for a malformed one."""
        public_id = parse_public_id(self.kwargs["id"])
        if public_id is None:
            raise NotFound
        return public_id

    def visible(self) -> QuerySet[AbstractFile]:
        """Return a queryset of the file of the URL, if it is visible. Raises ``NotFound``."""
        return self.policy.visible_files(self.user).filter(public_id=self.public_id())

    def get_file(self, action: Action | None = None) -> AbstractFile:
        """Return the file of the URL with its tier, to which the requester may do ``action``.

        Raises ``NotFound``, also for an invisible one, and ``PermissionDenied``.
        """
        file = self.get_or_404(self.visible().select_related("organization", TIER))
        if action is not None:
            self.require(action, file)
        return file

    def get_removable(self) -> AbstractFile:
        """Return the file of the URL, in the trash or not, that the requester may delete.

        Raises ``NotFound``, and ``PermissionDenied`` for a visible file.
        """
        files = self.policy.removable_files(self.user)
        file = files.filter(public_id=self.public_id()).first()
        if file is None:
            self.deny(self.get_file())
        self.require(Action.DELETE, file)
        return file


class FileListView(FileListMixin, DraftTargetMixin):
    """List files.

    The files that the requester may see, newest first by default. `trashed=true` lists the trash
    instead. Expired files are in no list.
    """

    operation_ids = {"GET": "files_list", "POST": "files_create", "OPTIONS": "files_options"}
    errors = {
        "POST": (
            *("no_organization", "quota_exceeded", "type_not_allowed", "digest_mismatch"),
            *("not_a_picture", "renditions_busy", "inconsistent_length", "too_many_uploads"),
            *("upload_superseded", "upload_too_slow", *ATTACHING),
        )
    }
    throttle_scopes = {"POST": "org_files_upload"}
    file_fields = {"POST": ("file",)}
    request_serializers = {"POST": FileUploadSerializer}

    def get_queryset(self) -> QuerySet[Any]:
        return self.prepare(self.listed())

    @cached_property
    def organizations(self) -> QuerySet[Any] | list[Any] | None:
        """The organizations whose files are the unfiltered list: their keys, if they are few."""
        organizations = whole_organizations(self.policy, self.user)
        if self.is_filtered or organizations is None:
            return None
        rows: QuerySet[Any] = organizations.order_by().values_list("pk", flat=True)
        keys = list(rows[: FEW_ORGANIZATIONS + 1])
        return keys if len(keys) <= FEW_ORGANIZATIONS else rows

    def divisions(self) -> list[Q]:
        # PostgreSQL takes organizations in a subquery for equally large, and may sort all files of
        # a large one.
        if isinstance(self.organizations, list):
            return [Q(organization=pk) for pk in self.organizations]
        policy = None if self.is_filtered else self.policy
        return list_parts(policy, self.user, few=FEW_ORGANIZATIONS) if policy else []

    def stored_count(self) -> int | None:
        return None if self.organizations is None else count_live_files(self.organizations)

    def post(self, request: Request) -> Response:
        """Upload a file.

        Stores one file. It belongs to its organization from then on. The content type follows from
        the name, for a picture from the content; a type that the client sends is ignored.
        `organization` can be left out by a member of only one.

        With `Upload-Complete` this begins a resumable upload (IETF draft): the body is the bytes,
        and the other fields are parameters of the URL.
        """
        if self.takes_bytes:
            return self.draft_create(request)
        values = self.validated().validated_data
        if len(request.FILES.getlist("file")) > 1:
            raise exceptions.ValidationError({"file": [_("Takes one file at a time.")]})
        upload, named = values.pop("file"), values.pop("organization", None)
        refuse_other_digests(request, upload)
        organization = upload_target(named, user=self.user)
        stored = store_upload(upload, organization=organization, user=request.user, **values)
        body = stored_json(stored, self.get_serializer_context())
        if body is None:
            body = self.file_json(type(stored)._base_manager.filter(pk=stored.pk))
        wanted = wanted_digest(request)
        headers = {"Repr-Digest": repr_digest(stored, wanted)} if wanted else {}
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)


class FileView(FileShape, FileMixin):
    """One file."""

    operation_ids = {"GET": "files_retrieve", "PATCH": "files_update", "DELETE": "files_delete"}
    errors = {
        "PATCH": ("conflict", "type_not_allowed", "file_too_large", *ATTACHING),
        "DELETE": ("conflict", "file_in_use"),
    }
    request_serializers = {"PATCH": FileChangeSerializer}

    def get(self, request: Request, id: str) -> Response:
        """Show a file.

        The content is at `content_url`. A picture's smaller heights are at the URLs in
        `renditions`.
        """
        return Response(self.file_json(self.visible()))

    def patch(self, request: Request, id: str) -> Response:
        """Change a file.

        Changes the fields that are sent. A new name also changes the content type, except for
        pictures. For the owner of the file while they may upload to its organization, admins of the
        organization, and operators. A file is attached to an object of the site, or detached from
        it, by those who may change the object.
        """
        refuse_unknown_parameters(request)
        file = self.get_file(Action.CHANGE)
        self.validated(file, partial=True).save()
        return Response(self.file_json(type(file)._base_manager.filter(pk=file.pk)))

    def delete(self, request: Request, id: str) -> Response:
        """Delete a file.

        Moves the file to the trash. It still counts towards the quota there, and the site removes
        it for good after some time. With `permanent=true` the file is removed for good now, whether
        it is in the trash or not. Its downloads stay counted. For the owner of the file while they
        may upload to its organization, admins of the organization, and operators.
        """
        refuse_unknown_parameters(request, {"permanent"})
        if flag_of(request, "permanent"):
            purge_file(file=self.get_removable())
        else:
            trash_file(file=self.get_file(Action.DELETE))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FileRestoreView(FileShape, FileMixin):
    """A file in the trash."""

    operation_ids = {"POST": "files_restore"}
    errors = {"POST": ("too_many_attachments",)}
    # Takes no body: the OpenAPI description and the form for browsers show none.
    serializer_class = Serializer
    request_serializers = {"POST": Serializer}

    def post(self, request: Request, id: str) -> Response:
        """Restore a file.

        Takes the file out of the trash. A file that is not in the trash stays as it is. For those
        who may delete it.
        """
        refuse_unknown_parameters(request)
        file = self.get_removable()
        restored = type(file)._base_manager.filter(pk=file.pk)
        try:
            restore_file(file=file)
        except ObjectDoesNotExist:
            # Another request restored or removed it, or it has expired.
            restored = self.visible()
        return Response(self.file_json(restored))


class FileDownloadsView(FileMixin, LedgerView):
    """List the downloads of a file.

    Who downloaded the file and when, newest first. For the owner of the file while they may upload
    to its organization, admins of the organization, and operators.
    """

    operation_ids = {"GET": "files_downloads"}

    def get_queryset(self) -> QuerySet[Any]:
        file = self.get_file(Action.VIEW_DOWNLOADS)
        return Download.objects.filter(file_public_id=file.public_id)

    def stored_count(self) -> int | None:
        return self.count_by_totals(self.visible())
