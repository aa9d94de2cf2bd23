"""Files of an object in the API of a site: a mixin of viewsets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import conf, counters, events, get_file_model
from org_files.access import Action, get_policy
from org_files.attachments.choices import visible_files
from org_files.attachments.serializers import AttachmentUploadSerializer
from org_files.backends import load_class
from org_files.files import trash_file
from org_files.http.encoding import refuse_undecodable_query
from org_files.ids import parse_public_id
from org_files.models import AbstractFile
from org_files.rest.errors import (
    ATTACHING,
    Denied,
    NotFound,
    exception_handler,
)
from org_files.rest.multipart import receive_uploads
from org_files.rest.pagination import Pagination
from org_files.rest.parameters import refuse_repeated_parameters
from org_files.rest.parsers import MultiPartParser, check_body
from org_files.rest.serializers import FileSerializer
from org_files.rest.storing import store_upload
from org_files.rest.throttles import ScopedThrottle
from org_files.tiers import TIER


class AttachmentPages(PageNumberPagination):
    """Numbered pages of the files of one object, with the parameters of the package's own."""

    page_size_query_param = Pagination.page_size_query_param
    max_page_size = Pagination.max_page_size

    def get_page_size(self, request: Request) -> int:
        """Return the number of rows. Raises ``ValidationError``, where the parent takes another."""
        return Pagination().get_page_size(request)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        """Return the number of the page. Raises ``NotFound`` for any other text."""
        return Pagination().get_page_number(request)


def _described(
    status: int, body: Any, *codes: str, ids: Iterable[str] = ()
) -> Callable[[Any], Any]:
    """Return a decorator that describes an operation, where drf-spectacular is installed."""
    if not apps.is_installed("drf_spectacular"):
        return lambda method: method
    from org_files.attachments.openapi import described

    usual = ("not_authenticated", "not_found", "throttled", "database_unavailable")
    return described(status, body, [*usual, *codes], ids)


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

    def initial(self: Any, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check headers and parameters of the package's own actions, then the requester."""
        if self.action in self._own_actions:
            check_body(request._request)
            refuse_undecodable_query(request._request)
            refuse_repeated_parameters(request.query_params)
        super().initial(request, *args, **kwargs)  # type: ignore[misc]

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

    @_described(200, FileSerializer(many=True), "invalid")
    @action(
        detail=True,
        url_path="attachments",
        url_name="attachments",
        pagination_class=AttachmentPages,
        parser_classes=[MultiPartParser],
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
        201,
        FileSerializer,
        *("permission_denied", "quota_exceeded", "file_too_large", "type_not_allowed"),
        *("not_a_picture", "renditions_busy", *ATTACHING, "storage_full", "storage_unavailable"),
        *("invalid", "invalid_utf8", "malformed_multipart", "bad_request", "incomplete_body"),
        *("request_too_large", "unsupported_media_type"),
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

    @_described(204, None, "permission_denied", ids=["file_id"])
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
        files: QuerySet[AbstractFile] = manager.attached(visible_files(self.request.user))
        return files


def _prepared(files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
    return counters.with_totals(files).select_related("organization", "owner", TIER)
