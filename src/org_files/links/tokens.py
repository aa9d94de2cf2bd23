"""Tokens of share links: derived from what is stored and a key that is not, never stored."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils.crypto import salted_hmac

from org_files.models import ShareLink

__all__ = ["digest_of", "new_token", "token_of"]

SALT = "org_files.links.token"


def new_token(link: ShareLink) -> str:
    """Return the token of ``link`` by ``SECRET_KEY``: 256 bits in base64url (RFC 4648 §5)."""
    return _derived(link, settings.SECRET_KEY)


def token_of(link: ShareLink) -> str | None:
    """Return the token by which ``link`` was made, ``None`` where its key is known no more.

    ``SECRET_KEY``, then ``SECRET_KEY_FALLBACKS``.
    """
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _derived(link, secret)
        if hmac.compare_digest(digest_of(token), link.token_digest):
            return token
    return None


def digest_of(token: str) -> str:
    """Return the SHA-256 of ``token``, in hexadecimal: what the database knows of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _derived(link: ShareLink, secret: str | bytes) -> str:
    code = salted_hmac(SALT, link.public_id.bytes, secret=secret, algorithm="sha256")
    return urlsafe_b64encode(code.digest()).rstrip(b"=").decode()
