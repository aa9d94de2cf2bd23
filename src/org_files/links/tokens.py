"""Tokens of share links, derived from the public id and ``SECRET_KEY``, never stored."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils.crypto import salted_hmac

from org_files.models import ShareLink

SALT = "org_files.links.token"


def new_token(link: ShareLink) -> str:
    """Return the token of ``link`` by ``SECRET_KEY``: 256 bits in base64url (RFC 4648 §5)."""
    return _derived(link, settings.SECRET_KEY)


def token_of(link: ShareLink) -> str | None:
    """Return the token of ``link`` by ``SECRET_KEY`` or one of ``SECRET_KEY_FALLBACKS``.

    ``None`` if it was made with another key.
    """
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _derived(link, secret)
        if hmac.compare_digest(digest_of(token), link.token_digest):
            return token
    return None


def digest_of(token: str) -> str:
    """Return the hexadecimal SHA-256 of ``token``, which the database stores."""
    return hashlib.sha256(token.encode()).hexdigest()


def _derived(link: ShareLink, secret: str | bytes) -> str:
    code = salted_hmac(SALT, link.public_id.bytes, secret=secret, algorithm="sha256")
    return urlsafe_b64encode(code.digest()).rstrip(b"=").decode()
