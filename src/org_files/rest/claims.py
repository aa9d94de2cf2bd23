"""Claims of requests: the users that tokens name, before their rows are read."""

import re
import sys
from types import FunctionType
from typing import Any

from django.apps import apps
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import (
    SessionAuthentication,
    TokenAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from org_files.access.claims import Claim
from org_files.db.keys import parse_pk
from org_files.rest.base import CREDENTIAL_ERRORS

#: Keys of Django REST framework's tokens.
KEY = re.compile(rb"[0-9A-Za-z]{1,40}")


def claim_of(request: Request) -> tuple[Claim, Any] | None:
    """Return the claim of the token of a request, and the token.

    Signature, times and type of an access token are checked; the database is not asked. ``None``
    where only the site's authenticators can tell: for other credentials, for a class of the site's
    own or one that it has patched, and for credentials that they refuse.
    """
    simplejwt: Any = sys.modules.get("rest_framework_simplejwt.authentication")
    try:
        for authenticator in request.authenticators or ():
            kind, found = type(authenticator), None
            if simplejwt and kind is simplejwt.JWTAuthentication and _is_unpatched(kind):
                found = _access_token(simplejwt.api_settings, authenticator, request)
            elif kind is TokenAuthentication and _is_unpatched(kind):
                found = _token(authenticator, request)
            elif kind is not SessionAuthentication or authenticator.authenticate(request):
                return None
            if found:
                return found
    except (APIException, *CREDENTIAL_ERRORS):
        pass  # Raised again when the request is authenticated.
    return None


def _access_token(settings: Any, authenticator: Any, request: Request) -> tuple[Claim, Any] | None:
    """Return the claim of an access token, or ``None`` without one.

    Raises ``APIException`` for a token that is not valid, or that its user's row can revoke.
    """
    header = authenticator.get_header(request)
    raw_token = None if header is None else authenticator.get_raw_token(header)
    if raw_token is None:
        return None
    token, model = authenticator.get_validated_token(raw_token), authenticator.user_model
    pk = parse_pk(model, str(token[settings.USER_ID_CLAIM]))
    names_key = settings.USER_ID_FIELD in ("pk", model._meta.pk.name)
    # A change of the password revokes tokens: the row tells.
    if settings.CHECK_REVOKE_TOKEN or not names_key or pk is None:
        raise AuthenticationFailed
    return Claim("pk", model._meta.pk.get_prep_value(pk)), token


def _token(authenticator: Any, request: Request) -> tuple[Claim, Any] | None:
    """Return the claim of a key of REST framework's, or ``None`` without one.

    Raises ``APIException`` for one that no row can have, or of a site's own model.
    """
    scheme, *credentials = get_authorization_header(request).split() or [b""]
    if scheme.lower() != authenticator.keyword.lower().encode():
        return None
    is_own = authenticator.model is None and apps.is_installed("rest_framework.authtoken")
    if not is_own or len(credentials) != 1 or not KEY.fullmatch(credentials[0]):
        raise AuthenticationFailed
    model, key = authenticator.get_model(), credentials[0].decode()
    token = SimpleLazyObject(lambda: model.objects.filter(key=key).first())
    return Claim("auth_token__key", key), token


def _is_unpatched(kind: type[Any]) -> bool:
    """Return whether all methods of a class are those of its package."""
    file = getattr(sys.modules[kind.__module__], "__file__", None)
    return all(
        type(each) is FunctionType and each.__code__.co_filename == file
        for each in vars(kind).values()
        if callable(each)
    )
