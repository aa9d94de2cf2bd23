"""Claims of requests: the users that tokens name, before their rows are read."""

import re
import sys
from typing import Any

from django.apps import apps
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from org_files.access.claims import Claim
from org_files.rest.base import CREDENTIAL_ERRORS
from org_files.rest.fields import parse_pk

#: Keys of Django REST framework's tokens.
KEY = re.compile(r"[0-9A-Za-z]{1,40}", re.ASCII)


def claim_of(request: Request) -> tuple[Claim, Any] | None:
    """Return the claim of the token of a request, and the token.

    Signature, times and type of an access token are checked; the database is not asked. ``None``
    where only the site's authenticators can tell: for other credentials, for a class of the site's
    own, and for credentials that they refuse.
    """
    simplejwt: Any = sys.modules.get("rest_framework_simplejwt.authentication")
    try:
        for authenticator in request.authenticators or ():
            kind, found = type(authenticator), None
            if simplejwt and kind is simplejwt.JWTAuthentication:
                found = _access_token(simplejwt.api_settings, authenticator, request)
            elif kind is TokenAuthentication:
                found = _token(authenticator, request)
            elif kind is not SessionAuthentication or authenticator.authenticate(request):
                return None
            if found:
                return found
    except (APIException, *CREDENTIAL_ERRORS):
        pass  # Raised again when the request is authenticated.
    return None


def _access_token(settings: Any, authenticator: Any, request: Request) -> tuple[Claim, Any] | None:
    header = authenticator.get_header(request)
    raw_token = None if header is None else authenticator.get_raw_token(header)
    if raw_token is None:
        return None
    token, model = authenticator.get_validated_token(raw_token), authenticator.user_model
    pk = parse_pk(model, str(token[settings.USER_ID_CLAIM]))
    # Only with the row is it known whether a password has revoked the token.
    has_pk = pk is not None and settings.USER_ID_FIELD in ("pk", model._meta.pk.name)
    if settings.CHECK_REVOKE_TOKEN or not has_pk:
        raise AuthenticationFailed
    return Claim("pk", model._meta.pk.get_prep_value(pk)), token


def _token(authenticator: Any, request: Request) -> tuple[Claim, Any] | None:
    scheme, _blank, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != authenticator.keyword.lower():
        return None
    is_own = authenticator.model is None and apps.is_installed("rest_framework.authtoken")
    if not is_own or not KEY.fullmatch(key):
        raise AuthenticationFailed
    model = authenticator.get_model()
    token = SimpleLazyObject(lambda: model.objects.filter(key=key).first())
    return Claim("auth_token__key", key), token
