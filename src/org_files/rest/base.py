"""The base of all views: what the contract says of every call."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import DataError, connections, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import (
    exceptions,
    generics,
    metadata,
    negotiation,
    permissions,
    renderers,
    serializers,
    status,
)
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from org_files import conf, events
from org_files.access import Action, Policy, get_policy
from org_files.events import known_user
from org_files.events.addresses import address_of
from org_files.exceptions import Conflict
from org_files.rest.errors import Denied, TooManyRefusals, exception_handler
from org_files.rest.multipart import receive_uploads, refuse_unexpected_files
from org_files.rest.parameters import refuse_repeated_parameters
from org_files.rest.parsers import FormParser, JSONParser, MultiPartParser, check_body
from org_files.rest.throttles import RefusedThrottle, ScopedThrottle

__all__ = ["BaseView", "IgnoreAccept", "PublicView"]


logger = logging.getLogger("org_files.rest")

#: What credentials of the wrong kind run into.
ODD_CREDENTIALS = (KeyError, TypeError, ValueError, OverflowError, ValidationError, DataError)

WITH_BODY = ("post", "put", "patch", "delete")


class IgnoreAccept(negotiation.BaseContentNegotiation):
    """Negotiation of views that send bytes: what a client accepts changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """Select as usual."""
        return negotiation.DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer, which errors are rendered by."""
        return renderers[0], renderers[0].media_type


class BaseView(generics.GenericAPIView[Any]):
    """Base of the package's views.

    Authentication and throttling are the host's. All else that its REST_FRAMEWORK says (parsers,
    renderers, pagination, errors, time format) does not reach these views: the contract holds.
    """

    permission_classes: Any = (permissions.IsAuthenticated,)
    # Attributes, which the browsable API reads too; the forms are for it.
    parser_classes: Any = (JSONParser, MultiPartParser, FormParser)
    renderer_classes: Any = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer)
    content_negotiation_class: Any = negotiation.DefaultContentNegotiation
    versioning_class = None
    metadata_class = metadata.SimpleMetadata
    #: Scopes of ``org_files.rest.throttles``, by method.
    throttle_scopes: Mapping[str, str] = {}
    #: Fields of a multipart body that take a file, by method. Files in other fields are refused.
    file_fields: Mapping[str, Sequence[str]] = {}
    #: The Cache-Control of answers that bring none of their own, as bytes do.
    cache_control = "private, no-store"
    #: Whether a body is read before the view looks anything up.
    reads_body_first = True
    #: Who is known to have sent what was refused, though they are not logged in by it.
    refused_user: Any = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return the view, outside ATOMIC_REQUESTS: no transaction stays open around a transfer."""
        view = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; what is recorded meanwhile is of this request."""
        with events.answering(request, address_of):
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Prepare for uploads: under sessions, authentication is the first to read the body."""
        file_fields = self.file_fields.get(request.method or "", ())
        receive_uploads(request, self.max_upload_size, file_fields)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what cannot be read before anybody reads it, and who is not let in; then read.

        A body may take its time. What the view finds afterwards is as it is then, and what is
        wrong with the body says nothing of what there is.
        """
        check_body(request._request)
        # Before authentication: which of two tickets counts is not to be guessed.
        refuse_repeated_parameters(request.query_params)
        super().initial(request, *args, **kwargs)
        # A middleware of the site may have received files before the view could refuse them.
        received = getattr(request._request, "_files", ())
        refuse_unexpected_files(received, self.file_fields.get(request.method or "", ()))
        method = (request.method or "").lower()
        if self.reads_body_first and method in WITH_BODY and hasattr(self, method):
            request.data  # noqa: B018 -- reads and parses it

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add ``Cache-Control``: what an answer shows depends on the requester and on today."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", self.cache_control)
        return response

    def perform_authentication(self, request: Request) -> None:
        """Authenticate; credentials that an authenticator trips over are not valid.

        Such as a token that was signed when the site's users had keys of another kind.
        """
        before: Any = getattr(request._request, "user", None)
        _unify_scheme(request)
        try:
            super().perform_authentication(request)
        except exceptions.PermissionDenied:
            # A session without its CSRF token: by now the request is nobody's, though it is known
            # whose session it is.
            self.refused_user = known_user(before)
            raise
        except ODD_CREDENTIALS as error:
            if "Authorization" not in request.headers:
                raise
            # Debug level: the 401 is recorded as a refusal.
            logger.debug("Credentials of the wrong kind: %s.", type(error).__name__)
            raise exceptions.AuthenticationFailed from error

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return the host's authenticators, as its settings are now."""
        classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
        return [authenticator() for authenticator in classes]

    def get_throttles(self) -> list[BaseThrottle]:
        """Return the host's throttles, as its settings are now, and the one of the call."""
        classes: Any = api_settings.DEFAULT_THROTTLE_CLASSES
        throttles: list[BaseThrottle] = [throttle() for throttle in classes]
        scope = self.throttle_scopes.get(self.request.method or "")
        return [*throttles, ScopedThrottle(scope)] if scope else throttles

    def get_renderers(self) -> list[BaseRenderer]:
        """Return JSON, and pages for browsers where the site wants them."""
        found = super().get_renderers()
        return found if conf.browsable_api() else found[:1]

    def get_exception_handler(self) -> Any:
        """Return the package's own table of errors."""
        return exception_handler

    def refusals_in(self, error: Exception) -> int | None:
        """Return how many refusals ``error`` counts as, or ``None`` where it is not one.

        With 0 it is not counted, but answered 429 once the limit is reached.
        """
        is_denied = getattr(error, "status_code", None) == status.HTTP_401_UNAUTHORIZED
        return 1 if is_denied else None

    def handle_exception(self, exc: Exception) -> Response:
        """Return the answer to an error: 429 where the address was refused too often."""
        amount = self.refusals_in(exc)
        if amount is not None:
            throttle = RefusedThrottle()
            if not throttle.allow_request(self.request, self, amount):
                exc = TooManyRefusals(throttle.wait())
        return super().handle_exception(exc)

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> NoReturn:
        """Raise ``NotAuthenticated`` for who is not logged in, also where nobody could be."""
        if not (request.user and request.user.is_authenticated):
            raise exceptions.NotAuthenticated
        raise exceptions.PermissionDenied(detail=message, code=code)

    def get_authenticate_header(self, request: Request) -> str:
        """Return a challenge whichever authenticator comes first, so that 401 is 401."""
        for authenticator in self.get_authenticators():
            if challenge := authenticator.authenticate_header(request):
                return challenge
        return 'Session realm="api"'

    @property
    def max_upload_size(self) -> int | None:
        """The largest file that ``file_fields`` take, in bytes, or ``None`` for no limit."""
        return conf.max_file_size()

    @property
    def user(self) -> AbstractBaseUser:
        """Who is logged in."""
        return cast("AbstractBaseUser", self.request.user)

    @property
    def policy(self) -> Policy:
        """The site's policy."""
        return get_policy()

    def require(self, action: Action, obj: Model) -> None:
        """Raise ``PermissionDenied`` unless the requester may do ``action`` to ``obj``."""
        if not self.policy.allows(action, self.user, obj):
            self.deny(obj)

    def deny(self, obj: Any) -> NoReturn:
        """Raise ``PermissionDenied`` about ``obj``, a row or the key of a user, for the record."""
        raise Denied(obj)

    def save(self, serializer: serializers.BaseSerializer[Any]) -> Any:
        """Save what is valid; what another request took meanwhile is an error of its field."""
        try:
            return serializer.save()
        except Conflict:
            again = self.get_serializer(
                serializer.instance, data=serializer.initial_data, partial=serializer.partial
            )
            again.is_valid(raise_exception=True)
            raise


class PublicView(BaseView):
    """A view that nobody needs to be logged in for, and that no stale credential can break."""

    permission_classes = (permissions.AllowAny,)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return none."""
        return []


def _unify_scheme(request: Request) -> None:
    """Write the scheme of ``Authorization`` in the case that the view's authenticators compare.

    The name of a scheme has no case (RFC 9110 §11.1), but simplejwt takes ``Bearer`` alone.
    """
    scheme, _blank, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not scheme:
        return
    for authenticator in request.authenticators or ():
        # Django REST framework has none behind ``force_authenticate``.
        if not isinstance(authenticator, BaseAuthentication):
            continue
        for name in _schemes(authenticator, request):
            if name == scheme:
                return
            if name.lower() == scheme.lower():
                request.META["HTTP_AUTHORIZATION"] = f"{name} {credentials}"
                return


def _schemes(authenticator: BaseAuthentication, request: Request) -> Iterator[str]:
    """Yield the schemes of an authenticator: those of simplejwt's setting, and the announced."""
    for cls in type(authenticator).__mro__:
        yield from getattr(sys.modules.get(cls.__module__), "AUTH_HEADER_TYPES", ())
    yield (authenticator.authenticate_header(request) or "").partition(" ")[0]
