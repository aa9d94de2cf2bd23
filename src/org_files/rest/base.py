"""Base views: the rules of the contract for every call."""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar, cast

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import DataError, connections, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import exceptions, generics, metadata, negotiation, permissions, renderers
from rest_framework.authentication import BaseAuthentication
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from org_files import conf, events
from org_files.access import Action, Policy, get_policy
from org_files.events import known_user
from org_files.exceptions import Conflict
from org_files.http.draining import drain_when_closed
from org_files.http.encoding import has_undecodable_path, refuse_undecodable_query
from org_files.rest.errors import Denied, NotFound, TooManyRefusals, exception_handler
from org_files.rest.multipart import receive_uploads, refuse_replaced_earlier
from org_files.rest.parameters import refuse_repeated_parameters
from org_files.rest.parsers import (
    FormParser,
    JSONParser,
    MultiPartParser,
    check_body,
    refuse_unexpected_files,
)
from org_files.rest.throttles import RefusedThrottle, ScopedThrottle
from org_files.rest.uploads.bodies import leave_body, leave_data

logger = logging.getLogger("org_files.rest")

RowT = TypeVar("RowT", bound=Model)

#: Errors of authenticators that credentials of an unexpected kind cause.
CREDENTIAL_ERRORS = (KeyError, TypeError, ValueError, OverflowError, ValidationError, DataError)

WITH_BODY = ("post", "put", "patch", "delete")


class IgnoreAccept(negotiation.DefaultContentNegotiation):
    """Negotiation of views that send bytes: ``Accept`` and ``?format=`` change nothing."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class BaseView(generics.GenericAPIView[Any]):
    """Base of the package's views.

    Authentication and throttling are the host's. The rest of its REST_FRAMEWORK setting (parsers,
    renderers, pagination, errors, time format) does not reach these views.
    """

    permission_classes: Any = (permissions.IsAuthenticated,)
    # The browsable API sends forms.
    parser_classes: Any = (JSONParser, MultiPartParser, FormParser)
    renderer_classes: Any = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer)
    content_negotiation_class: Any = negotiation.DefaultContentNegotiation
    versioning_class = None
    metadata_class = metadata.SimpleMetadata
    if not apps.is_installed("drf_spectacular"):
        # Other generators leave such views out: they would mix the package's names with the site's.
        schema: Any = None
    #: Serializers of bodies by method, where these differ from those of answers.
    request_serializers: Mapping[str, Any] = {}
    #: Of the operations in the OpenAPI description, all below by method.
    tag = ""
    operation_ids: Mapping[str, str] = {}
    #: Codes of errors that an operation can answer, beside those that every such operation can.
    errors: Mapping[str, Sequence[str]] = {}
    #: Scopes of ``org_files.rest.throttles``, by method.
    throttle_scopes: Mapping[str, str] = {}
    #: Fields of a multipart body that take a file, by method. Files in other fields are refused.
    file_fields: Mapping[str, Sequence[str]] = {}
    #: Cache-Control of answers that set none.
    cache_control = "private, no-store"
    #: Whether a body is read before the view looks anything up.
    reads_body_first = True
    #: Whether the body is bytes that the view reads itself, of any type and in chunks, too.
    takes_bytes = False
    #: Under ``org_files.http.asgi`` a large body is left to the view.
    reads_large_bodies = True
    #: The user of a refused session, for the record of the refusal.
    refused_user: Any = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)
        # Under ATOMIC_REQUESTS a transaction would stay open around a transfer.
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drain_when_closed(request)
        with events.request_context(request):
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # Under sessions, authentication reads the body.
        if self.takes_bytes:
            leave_body(request)
        else:
            file_fields = self.file_fields.get(request.method or "", ())
            receive_uploads(request, self.max_upload_size, file_fields)
        prepared = super().initialize_request(request, *args, **kwargs)
        if self.takes_bytes:
            leave_data(prepared)
        return prepared

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check headers, parameters and the requester; then read the body.

        A body may arrive slowly. Rows are looked up after it, so that rights are those of that
        moment, and an error in the body tells nothing of rows.
        """
        check_body(request._request, takes_bytes=self.takes_bytes)
        refuse_undecodable_query(request._request)
        # Before authentication, which reads a ticket from a parameter.
        refuse_repeated_parameters(request.query_params)
        super().initial(request, *args, **kwargs)
        if has_undecodable_path(request._request):
            raise NotFound
        if self.takes_bytes:
            return
        # A middleware of the site may have received files before the view could refuse them.
        received = getattr(request._request, "_files", ())
        refuse_replaced_earlier(request._request)
        refuse_unexpected_files(received, self.file_fields.get(request.method or "", ()))
        method = (request.method or "").lower()
        if self.reads_body_first and method in WITH_BODY and hasattr(self, method):
            request.data  # noqa: B018 -- reads and parses it

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", self.cache_control)
        return response

    def perform_authentication(self, request: Request) -> None:
        """Raise ``AuthenticationFailed`` also where an authenticator fails on a value.

        An example is a token signed when users had keys of another type.
        """
        before: Any = getattr(request._request, "user", None)
        _unify_scheme(request)
        try:
            super().perform_authentication(request)
        except exceptions.PermissionDenied:
            # A session without its CSRF token.
            self.refused_user = known_user(before)
            raise
        except CREDENTIAL_ERRORS as error:
            if "Authorization" not in request.headers:
                raise
            # Debug level: the 401 is recorded as a refusal.
            logger.debug("Credentials of an unexpected kind: %s.", type(error).__name__)
            raise exceptions.AuthenticationFailed from error

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [cls() for cls in cast("Any", api_settings).DEFAULT_AUTHENTICATION_CLASSES]

    def get_throttles(self) -> list[BaseThrottle]:
        throttles = [cls() for cls in cast("Any", api_settings).DEFAULT_THROTTLE_CLASSES]
        scope = self.throttle_scopes.get(self.request.method or "")
        return [*throttles, ScopedThrottle(scope)] if scope else throttles

    def get_renderers(self) -> list[BaseRenderer]:
        found = super().get_renderers()
        return found if conf.browsable_api() else found[:1]

    def get_serializer_class(self) -> Any:
        own = self.request_serializers.get(self.request.method or "")
        return own or super().get_serializer_class()

    def get_exception_handler(self) -> Any:
        return exception_handler

    def refusals_in(self, error: Exception) -> int | None:
        """Return how many refusals ``error`` counts as, or ``None`` for another error.

        An error of 0 refusals is answered 429 once the limit is reached.
        """
        return 1 if getattr(error, "status_code", None) == 401 else None

    def handle_exception(self, exc: Exception) -> Response:
        amount = self.refusals_in(exc)
        if amount is not None:
            throttle = RefusedThrottle()
            if not throttle.allow_request(self.request, self, amount):
                exc = TooManyRefusals(throttle.wait())
        return super().handle_exception(exc)

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        # Also where there are no authenticators: DRF would answer 403.
        if not (request.user and request.user.is_authenticated):
            raise exceptions.NotAuthenticated
        raise exceptions.PermissionDenied(detail=message, code=code)

    def get_authenticate_header(self, request: Request) -> str:
        # DRF asks the first authenticator alone.
        challenges = (each.authenticate_header(request) for each in self.get_authenticators())
        return next(filter(None, challenges), 'Session realm="api"')

    @property
    def max_upload_size(self) -> int | None:
        """The largest file that is accepted, in bytes, or ``None`` for no limit."""
        return conf.max_file_size()

    @property
    def user(self) -> AbstractBaseUser:
        """The requester, where a login is needed."""
        return cast("AbstractBaseUser", self.request.user)

    @property
    def policy(self) -> Policy:
        """The site's policy."""
        return get_policy()

    def get_or_404(self, rows: QuerySet[RowT], **keys: Any) -> RowT:
        """Return the row with ``keys``, parsed ids or ``None``. Raises ``NotFound``."""
        found = None if None in keys.values() else rows.filter(**keys).first()
        if found is None:
            raise NotFound
        return found

    def validated(self, *instance: Any, **options: Any) -> BaseSerializer[Any]:
        """Return the serializer of the body. Raises ``ValidationError``."""
        serializer = self.get_serializer(*instance, data=self.request.data, **options)
        serializer.is_valid(raise_exception=True)
        return serializer

    def require(self, action: Action, obj: Model) -> None:
        """Raise ``PermissionDenied`` unless the requester may do ``action`` to ``obj``."""
        if not self.policy.allows(action, self.user, obj):
            self.deny(obj)

    def deny(self, obj: Any) -> NoReturn:
        """Raise ``PermissionDenied`` and record ``obj``, a row or the key of a user, with it."""
        raise Denied(obj)

    def save(self, serializer: BaseSerializer[Any]) -> Any:
        """Save valid data. A conflict with another request is an error of its field, if any."""
        try:
            return serializer.save()
        except Conflict:
            again = self.get_serializer(
                serializer.instance, data=serializer.initial_data, partial=serializer.partial
            )
            again.is_valid(raise_exception=True)
            raise


class PublicView(BaseView):
    """A view without authentication, which no stale credential can break."""

    permission_classes = (permissions.AllowAny,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []


def _unify_scheme(request: Request) -> None:
    """Write the scheme of ``Authorization`` in the case that the view's authenticators compare.

    The name of a scheme has no case (RFC 9110 §11.1), but simplejwt takes ``Bearer`` alone.
    """
    scheme, _blank, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not scheme:
        return
    known = [name for each in request.authenticators or () for name in _schemes(each, request)]
    same = [name for name in known if name.lower() == scheme.lower()]
    if same and scheme not in same:
        request.META["HTTP_AUTHORIZATION"] = f"{same[0]} {credentials}"


def _schemes(authenticator: Any, request: Request) -> Iterator[str]:
    """Yield the schemes of an authenticator: those of simplejwt's setting, and the announced."""
    for cls in type(authenticator).__mro__:
        yield from getattr(sys.modules.get(cls.__module__), "AUTH_HEADER_TYPES", ())
    # The one behind DRF's ``force_authenticate`` announces none.
    if isinstance(authenticator, BaseAuthentication):
        yield (authenticator.authenticate_header(request) or "").partition(" ")[0]
