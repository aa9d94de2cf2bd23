"""Files of an object in the API of a site: a mixin of viewsets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from org_files import conf, events, get_file_model
from org_files.backends import load_class
from org_files.http.encoding import refuse_undecodable_query
from org_files.ids import parse_public_id
from org_files.rest.errors import (
    Denied,
    NotFound,
    exception_handler,
)
from org_files.rest.pagination import Pagination
from org_files.rest.parameters import refuse_repeated_parameters, refuse_unknown_parameters
from org_files.rest.parsers import MultiPartParser, check_body
from org_files.rest.throttles import ScopedThrottle

if TYPE_CHECKING:
    from org_files.models import AbstractFile


#: What ``Pagination`` asks a list of the package: files of one object, the oldest first.
_LIST = SimpleNamespace(
    ordering="created_at",
    ordering_fields=("created_at",),
    ordering_sources={},
    nullable_ordering=(),
    is_filtered=False,
    is_sorted=False,
    divisions=tuple,
    stored_count=lambda: None,
)


class AttachmentPages(Pagination):
    """Numbered pages of the files of one object, as of the package's own lists."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        return super().paginate_queryset(queryset, request, _LIST)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters without ``cursor``."""
        return super().get_schema_operation_parameters(view)[:2]


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
            from org_files.rest.multipart import receive_uploads

            receive_uploads(request, conf.max_file_size(), ("file",))
        return super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]

    def initial(self: Any, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check headers and parameters of the package's own actions, then the requester."""
        if self.action in self._own_actions:
            check_body(request._request)
            refuse_undecodable_query(request._request)
            refuse_repeated_parameters(request.query_params)
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if self.action in self._own_actions:
            known = {"page", "page_size"} if self.action == "list_attachments" else set()
            if self.versioning_class is not None:
                known.add(self.versioning_class.version_param)
            refuse_unknown_parameters(request, known)

    def permission_denied(
        self: Any, request: Request, message: str | None = None, code: str | None = None
    ) -> None:
        """Raise ``NotAuthenticated`` or ``PermissionDenied``."""
        if self.action in self._own_actions:
            _base_view().permission_denied(self, request, message, code)
        super().permission_denied(request, message, code)  # type: ignore[misc]

    def get_authenticate_header(self: Any, request: Request) -> Any:
        """Return the challenge of a 401; those of the package's own actions have one always."""
        if self.action in self._own_actions:
            return _base_view().get_authenticate_header(self, request)
        return super().get_authenticate_header(request)  # type: ignore[misc]

    def finalize_response(self: Any, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the response; no cache keeps those of the package's own actions."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self.action in self._own_actions:
            response.headers.setdefault("Cache-Control", _base_view().cache_control)
        return response

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
            from org_files.attachments.file_serializers import AttachmentUploadSerializer

            return AttachmentUploadSerializer
        if self.action in self._own_actions:
            return _file_serializer()
        return super().get_serializer_class()  # type: ignore[misc]

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
        rows = self.paginate_queryset(_prepared(files))
        context = self.get_serializer_context()
        shown = _file_serializer()(rows, many=True, context=context).data
        page: Response = self.get_paginated_response(shown)
        return page

    @list_attachments.mapping.post
    def add_attachment(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a file of the object."""
        from org_files.access import Action, get_policy
        from org_files.rest.storing import store_upload

        user: Any = request.user
        if not user.is_authenticated:
            raise exceptions.NotAuthenticated
        obj = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        if len(request.FILES.getlist("file")) > 1:
            raise exceptions.ValidationError({"file": [_("Takes one file at a time.")]})
        manager = self._manager_of(obj)
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
        body = _file_serializer()(file, context=self.get_serializer_context()).data
        return Response(body, status=status.HTTP_201_CREATED)

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
        from org_files.access import Action, get_policy
        from org_files.files import trash_file

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
        from org_files.attachments.choices import visible_files

        files: QuerySet[AbstractFile] = self._manager_of(obj).attached(
            visible_files(self.request.user)
        )
        return files

    def _manager_of(self: Any, obj: Any) -> Any:
        """Return the ``Attachments`` of ``obj``. Raises ``ImproperlyConfigured`` without any."""
        manager: Any = getattr(obj, self.attachments_attribute, None)
        if not hasattr(manager, "attached"):
            raise ImproperlyConfigured(
                f"{type(self).__name__}.attachments_attribute: {type(obj)._meta.label} has no "
                f"Attachments {self.attachments_attribute!r}."
            )
        return manager


def _base_view() -> Any:
    """Return the base of the package's own views."""
    from org_files.rest.base import BaseView

    return BaseView


def _file_serializer() -> Any:
    """Return the site's serializer of files."""
    from org_files.rest.serializers import FileSerializer

    return load_class("FILE_SERIALIZER", FileSerializer)


def _prepared(files: QuerySet[AbstractFile]) -> QuerySet[AbstractFile]:
    from org_files import counters
    from org_files.tiers import TIER

    return counters.with_totals(files).select_related("organization", "owner", TIER)
