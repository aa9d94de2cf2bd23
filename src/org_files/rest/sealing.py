"""Encryption of text that a client keeps and sends back, such as a cursor.

Neither Django nor the standard library encrypts. The construction is a synthetic IV (as in RFC
5297): a keyed hash of the plaintext is the nonce of the key stream. It never repeats for two texts,
and equal texts have equal results. The receiver encrypts the decrypted text again and compares.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import digest

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "org_files.rest.sealing"

#: Bytes of the nonce, and of the blocks that a text is padded to, so that its length tells little.
#: Both are multiples of three: base64 then has no spare bits that could be changed unnoticed.
NONCE_SIZE = 18
BLOCK_SIZE = 126


def seal(text: str, *, purpose: str, secret: str | bytes | None = None) -> str:
    """Return ``text`` encrypted by ``secret``, or ``SECRET_KEY``, in base64url (RFC 4648 §5)."""
    secret = secret or settings.SECRET_KEY
    padded = text.encode()
    # Zeros can be removed again: the texts, JSON, have none.
    padded += bytes(-len(padded) % BLOCK_SIZE)
    nonce = digest(_key("nonce", purpose, secret), padded, "sha256")[:NONCE_SIZE]
    return urlsafe_b64encode(nonce + _mask(padded, nonce, purpose, secret)).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Return the text that ``seal`` encrypted for ``purpose``. Raises ``ValueError``.

    Keys are ``SECRET_KEY`` and ``SECRET_KEY_FALLBACKS``.
    """
    data = urlsafe_b64decode(sealed.encode("ascii"))
    nonce, encrypted = data[:NONCE_SIZE], data[NONCE_SIZE:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        text = _mask(encrypted, nonce, purpose, secret).rstrip(b"\0").decode(errors="replace")
        if constant_time_compare(seal(text, purpose=purpose, secret=secret), sealed):
            return text
    raise ValueError("This was not sealed here.")


def _mask(data: bytes, nonce: bytes, purpose: str, secret: str | bytes) -> bytes:
    """Return ``data`` XOR the key stream of ``nonce``: SHAKE256 of a secret key and the nonce."""
    stream = hashlib.shake_256(_key("stream", purpose, secret) + nonce).digest(len(data))
    return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))


def _key(use: str, purpose: str, secret: str | bytes) -> bytes:
    return salted_hmac(f"{SALT}.{use}", purpose, secret=secret, algorithm="sha256").digest()
