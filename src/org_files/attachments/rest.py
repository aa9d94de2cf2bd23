"""Files in the API of a site: serializer fields, and a mixin of viewsets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import conf, counters, events, get_file_model
from org_files.access import Action, get_policy
from org_files.attachments.pending import PendingFile, organization_of_object
from org_files.backends import load_class
from org_files.exceptions import NotAllowed, OrgFilesError
from org_files.files import trash_file
from org_files.ids import parse_public_id
from org_files.models import AbstractFile
from org_files.rest.errors import Denied, NotFound, answer_to, exception_handler
from org_files.rest.multipart import client_name, receive_uploads
from org_files.rest.parsers import JSONParser, MultiPartParser
from org_files.rest.serializers import FileSerializer, FileUploadSerializer
from org_files.rest.storing import store_upload
from org_files.rest.throttles import ScopedThrottle
from org_files.tiers import TIER


class AttachedFileSerializer(FileSerializer):
    """A short form of a file."""

    class Meta(FileSerializer.Meta):
        fields = [
            *("id", "name", "size", "content_type", "is_picture"),
            *("content_url", "renditions"),
        ]
        read_only_fields = fields


class ShownField(serializers.Field[Any, Any, Any, Any]):
    """Base of fields that read the files of all objects of a list at once."""

    def get_attribute(self, instance: Any) -> Any:
        seen = self.__dict__.setdefault("_seen", {})
        if id(instance) not in seen:
            rows: Any = getattr(getattr(self.parent, "parent", None), "instance", None)
            objects = list(rows) if isinstance(rows, (list, tuple, QuerySet)) else []
            if not any(each is instance for each in objects):
                objects = [instance]
            # With the object, so that no other one gets its id.
            values = zip(objects, self.read(objects), strict=True)
            seen.update({id(obj): (obj, value) for obj, value in values})
        return seen[id(instance)][1]

    def read(self, objects: list[Any]) -> Iterable[Any]:
        """Return the value of each of ``objects``, with few queries for all."""
        raise NotImplementedError

    def visible(self) -> QuerySet[AbstractFile]:
        """Return the files that the requester may see, with what the short form shows."""
        return _visible(self.context["request"].user).select_related("organization", TIER)


class StoredFileSerializerField(ShownField):
    """The file of a ``StoredFileField``.

    It is shown as a short form with URLs, to those who may see the file, and otherwise as null.
    Written is the id of a file that the user may see, or an upload, which is stored when the row is
    saved.
    """

    default_error_messages = {"missing": _("There is no such file.")}

    def to_internal_value(self, data: Any) -> Any:
        user = self.context["request"].user
        if hasattr(data, "read"):
            return PendingFile(data, user, self._name_of(data), _as_answer)
        public_id = parse_public_id(data) if isinstance(data, str) else None
        files: Any = _visible(user)
        obj = getattr(self.parent, "instance", None)
        if obj is not None and (organization := organization_of_object(obj)) is not None:
            files = files.filter(organization=organization)
        file = None if public_id is None else files.filter(public_id=public_id).first()
        if file is None:
            self.fail("missing")
        return file

    def _name_of(self, upload: Any) -> str:
        try:
            return client_name(upload)
        except OrgFilesError as error:
            raise _as_answer(error) from error

    def to_representation(self, value: Any) -> Any:
        return AttachedFileSerializer(value, context=self.context).data

    def read(self, objects: list[Any]) -> Iterable[Any]:
        column: Any = type(objects[0])._meta.get_field(str(self.source))
        keys = [getattr(each, column.attname) for each in objects]
        files = {file.pk: file for file in self.visible().filter(pk__in={*keys} - {None})}
        return [files.get(key) for key in keys]


class AttachmentsSerializerField(ShownField):
    """The files of an object that the user may see, in short form; read-only.

    The files of all objects of a list are read in one query, and one more for a path of several
    steps to the organization.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Any) -> Any:
        return AttachedFileSerializer(value, many=True, context=self.context).data

    def read(self, objects: list[Any]) -> Iterable[Any]:
        files = self.visible().order_by("created_at", "pk")
        lookup = Prefetch(str(self.source), files, to_attr="org_files_shown")
        prefetch_related_objects(objects, lookup)
        return [vars(each).pop("org_files_shown") for each in objects]


class AttachmentPages(PageNumberPagination):
    """Numbered pages of the files of one object."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


def _described(**options: Any) -> Callable[[Any], Any]:
    """Return a decorator that describes an operation, where drf-spectacular is installed."""
    if not apps.is_installed("drf_spectacular"):
        return lambda method: method
    from drf_spectacular.utils import OpenApiResponse, extend_schema

    error = {
        "type": "object",
        "required": ["detail", "code"],
        "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    }
    responses = {
        code: OpenApiResponse(error, text) if isinstance(text, str) else text
        for code, text in options.pop("responses").items()
    }
    return extend_schema(responses=responses, filters=False, **options)


class AttachmentsMixin:
    """Adds the files of an object to a viewset of the site.

    ::

        class ProductViewSet(AttachmentsMixin, ModelViewSet):
            attachments_attribute = "photos"

    ``GET`` and ``POST .../attachments/`` list files and upload one; ``DELETE
    .../attachments/<id>/`` moves one to the trash. The viewset's own permissions and its
    ``get_object`` decide first, and the policy after them. Errors are those of the package's API.
    """

    #: The name of the ``Attachments`` on the model.
    attachments_attribute = "attachments"
    _own_actions = frozenset({"list_attachments", "add_attachment", "remove_attachment"})

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        view = super().as_view(actions, **initkwargs)  # type: ignore[misc]
        if cls._own_actions.intersection((actions or {}).values()):
            # Under ATOMIC_REQUESTS a transaction would stay open around a transfer.
            for alias in connections:
                view = transaction.non_atomic_requests(using=alias)(view)
        return view

    def dispatch(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, and record its events as events of it."""
        with events.request_context(request):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def initialize_request(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the request; the package reads the body of an upload."""
        if self.action_map.get(request.method.lower()) == "add_attachment":
            receive_uploads(request, conf.max_file_size(), ("file",))
        return super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]

    def get_exception_handler(self: Any) -> Any:
        """Return the package's handler of errors for its own actions."""
        if self.action in self._own_actions:
            return exception_handler
        return super().get_exception_handler()  # type: ignore[misc]

    def get_throttles(self: Any) -> Any:
        """Return the throttles of the site, and for uploads that of the package."""
        throttles = super().get_throttles()  # type: ignore[misc]
        own = [ScopedThrottle("org_files_upload")] if self.action == "add_attachment" else []
        return [*throttles, *own]

    def get_serializer_class(self: Any) -> Any:
        """Return the serializer of files for the package's own actions."""
        if self.action == "add_attachment":
            return AttachmentUploadSerializer
        if self.action in self._own_actions:
            return load_class("FILE_SERIALIZER", FileSerializer)
        return super().get_serializer_class()  # type: ignore[misc]

    @_described(responses={200: FileSerializer(many=True), 404: "`not_found`"})
    @action(
        detail=True,
        url_path="attachments",
        url_name="attachments",
        pagination_class=AttachmentPages,
        parser_classes=[JSONParser, MultiPartParser],
    )
    def list_attachments(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the files of the object that the requester may see."""
        files = self._attached(self.get_object()).order_by("created_at", "pk")
        serializer = load_class("FILE_SERIALIZER", FileSerializer)
        rows = self.paginate_queryset(_prepared(files))
        context = self.get_serializer_context()
        shown = serializer(rows, many=True, context=context).data
        page: Response = self.get_paginated_response(shown)
        return page

    @_described(
        responses={
            201: FileSerializer,
            403: "`permission_denied`, `resource_not_yours`",
            404: "`not_found`",
            409: "`too_many_attachments`",
            413: "`file_too_large`, `quota_exceeded`",
            415: "`type_not_allowed`",
        }
    )
    @list_attachments.mapping.post  # type: ignore[untyped-decorator]
    def add_attachment(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a file of the object."""
        user: Any = request.user
        if not user.is_authenticated:
            raise exceptions.NotAuthenticated
        obj = self.get_object()
        serializer = AttachmentUploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        if len(request.FILES.getlist("file")) > 1:
            raise exceptions.ValidationError({"file": [_("Takes one file at a time.")]})
        manager = getattr(obj, self.attachments_attribute)
        organization = manager.organization
        if organization is None:
            raise exceptions.ValidationError(
                {"file": [_("Without an organization there can be no files.")]}
            )
        if not get_policy().allows(Action.UPLOAD, user, organization):
            raise Denied(organization)
        upload = values.pop("file")
        resource = manager.resource()
        stored = store_upload(upload, organization=organization, user=user, **resource, **values)
        file = _prepared(get_file_model()._base_manager.filter(pk=stored.pk)).get()
        shown = load_class("FILE_SERIALIZER", FileSerializer)
        body = shown(file, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)

    @_described(responses={204: None, 403: "`permission_denied`", 404: "`not_found`"})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"attachments/(?P<file_id>[^/.]+)",
        url_name="attachment",
    )
    def remove_attachment(
        self: Any, request: Request, *args: Any, file_id: str = "", **kwargs: Any
    ) -> Response:
        """Move a file of the object to the trash."""
        public_id = parse_public_id(file_id)
        files = self._attached(self.get_object())
        file = None if public_id is None else files.filter(public_id=public_id).first()
        if file is None:
            raise NotFound
        user: Any = request.user
        if not get_policy().allows(Action.DELETE, user, file):
            raise Denied(file)
        trash_file(file=file)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _attached(self: Any, obj: Any) -> QuerySet[AbstractFile]:
        """Return the files of ``obj`` that the requester may see."""
        manager: Any = getattr(obj, self.attachments_attribute, None)
        if not hasattr(manager, "attached"):
            raise ImproperlyConfigured(
                f"{type(self).__name__}.attachments_attribute: {type(obj)._meta.label} has no "
                f"Attachments {self.attachments_attribute!r}."
            )
        files: QuerySet[AbstractFile] = manager.attached(_visible(self.request.user))
        return files


class AttachmentUploadSerializer(FileUploadSerializer):
    """A new file of an object."""

    def get_fields(self) -> dict[str, Any]:
        left_out = ("organization", "resource", "resource_id")
        return {k: v for k, v in super().get_fields().items() if k not in left_out}


def _visible(user: Any) -> QuerySet[AbstractFile]:
    """Return the files that ``user`` may see: none of somebody who is not logged in."""
    if not getattr(user, "is_authenticated", False):
        return get_file_model()._default_manager.none()
    return get_policy().visible_files(user)


def _prepared(files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
    return counters.with_totals(files).select_related("organization", "owner", TIER)


def _as_answer(error: OrgFilesError) -> Exception:
    # Without a code of its own.
    return exceptions.PermissionDenied() if type(error) is NotAllowed else answer_to(error) or error
