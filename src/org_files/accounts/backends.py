"""Login by a password in any form of Unicode, for user models other than ``AbstractEmailUser``."""

from inspect import signature
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, get_backends, get_user_model, load_backend
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied

from org_files.accounts.base_user import AbstractEmailUser
from org_files.accounts.fields import normal_password

__all__ = ["NormalPasswordBackend"]


def typed_forms(password: Any) -> list[Any]:
    """Return the forms in which to try a password: as it was typed, then in NFC.

    An ``AbstractEmailUser`` tries both itself.
    """
    if issubclass(get_user_model(), AbstractEmailUser):
        return [password]
    return list(dict.fromkeys((password, normal_password(password))))


class NormalPasswordBackend(ModelBackend):
    """Django's backend, which tries a password as it was typed, then in NFC.

    An unknown user costs as many hashes as a wrong password.
    """

    def authenticate(
        self, request: Any, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        for form in typed_forms(password):
            user = super().authenticate(request, username, form, **kwargs)
            if user is not None:
                return user
        return None

    async def aauthenticate(
        self, request: Any, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        for form in typed_forms(password):
            user = await super().aauthenticate(request, username, form, **kwargs)
            if user is not None:
                return user
        return None


def authenticate_typed(request: Any, *, password: str, **login: Any) -> Any:
    """Return the user with this login name and password, or ``None``.

    The password is tried as it was typed, then in NFC, also without ``NormalPasswordBackend``.
    Django's signal of a failed login is sent once.
    """
    *earlier, last = typed_forms(password)
    if any(isinstance(backend, NormalPasswordBackend) for backend in get_backends()):
        earlier, last = [], password
    for form in earlier:
        user = _authenticate_silently(request, password=form, **login)
        if user is not None:
            return user
    return authenticate(request, password=last, **login)


def _authenticate_silently(request: Any, **credentials: Any) -> Any:
    """Do as Django's ``authenticate`` does, without its signal."""
    for path in settings.AUTHENTICATION_BACKENDS:
        backend: Any = load_backend(path)
        try:
            signature(backend.authenticate).bind(request, **credentials)
        except TypeError:  # It takes other credentials.
            continue
        try:
            user = backend.authenticate(request, **credentials)
        except PermissionDenied:
            return None
        if user is not None:
            user.backend = path
            return user
    return None
