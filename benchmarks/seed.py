"""Files to download, and their users."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.test import Client

from org_files import get_organization_model
from org_files.counters.rows import new_pending, new_row
from org_files.files import store_file
from org_files.models import AbstractFile, Download, Membership, PendingDownload

CONTENT_SIZE = 16 * 1024  # bytes

_numbers = count(1)


@dataclass(frozen=True)
class Hot:
    """One file of one organization, and a member of that."""

    file: AbstractFile
    user: Any


def make_hot(*, files: int = 1, size: int = CONTENT_SIZE) -> Hot:
    """Create so many files of ``size`` bytes, in a new organization with one member."""
    number = next(_numbers)
    model: Any = get_user_model()
    email = f"member-{number}@example.com"
    user = model._default_manager.create_user(email=email)  # without a password to hash
    organization: Any = get_organization_model()._default_manager.create(name=f"Hot {number}")
    Membership.objects.create(organization=organization, user=user)
    stored = [
        store_file(
            organization=organization,
            owner=None,
            upload=ContentFile(secrets.token_bytes(size)),
            name="hot.bin",
        )
        for _ in range(files)
    ]
    return Hot(stored[0], user)


def make_pending(hot: Hot, number: int) -> None:
    """Put so many downloads of the file into the ledger and beside the totals."""
    rows = (new_row(file=hot.file, user=hot.user) for _ in range(number))
    PendingDownload.objects.bulk_create(
        new_pending(row) for row in Download.objects.bulk_create(rows)
    )


def session_cookie(user: Any) -> dict[str, str]:
    """Log in; return the header of a request in the session."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return {"Cookie": f"{name}={client.cookies[name].value}"}


def drf_token(user: Any) -> dict[str, str]:
    """Return the header of a request with a token of DRF."""
    from rest_framework.authtoken.models import Token

    return {"Authorization": f"Token {Token.objects.create(user=user).key}"}


def access_token(user: Any) -> dict[str, str]:
    """Return the header of a request with a JWT, which is valid for five minutes."""
    from rest_framework_simplejwt.tokens import AccessToken

    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}
