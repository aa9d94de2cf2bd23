"""Tokens of share links: derived, never stored."""

import hmac
from base64 import urlsafe_b64decode
from hashlib import sha256

import pytest
from django.db import connection
from django.test import Client

from org_files.links import find_link, token_of
from org_files.links.services import SALT, digest_of
from org_files.models import ShareLink
from org_files.testing.factories import make_link

pytestmark = pytest.mark.django_db

PASSWORD = "a-password-of-a-share-link"


def everything():
    """Return each value in each table, as text."""
    values = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            values += [value for row in cursor.fetchall() for value in row]
    binary = (bytes, memoryview)
    return [bytes(v).decode("latin-1") if isinstance(v, binary) else str(v) for v in values]


def test_token__has_256_bits_by_hmac_of_the_public_id(settings):
    link = make_link()

    token = token_of(link) or ""

    assert len(urlsafe_b64decode(token + "=")) == 32
    # NIST SP 800-108: a key of its own for each purpose, then the code.
    key = sha256(SALT.encode() + settings.SECRET_KEY.encode()).digest()
    code = hmac.digest(key, link.public_id.bytes, "sha256")
    assert urlsafe_b64decode(token + "=") == code
    assert link.token_digest == sha256(token.encode()).hexdigest()


def test_token__is_nowhere_in_the_database():
    link = make_link(password=PASSWORD)
    token = token_of(link) or ""
    client = Client()
    client.get(f"/api/shared/{token}/")
    client.post(f"/api/shared/{token}/", {"password": "another-password"})
    answer = client.post(f"/api/shared/{token}/", {"password": PASSWORD})
    assert b"".join(client.get(answer.headers["Location"]))

    values = everything()

    assert link.token_digest in values
    raw = urlsafe_b64decode(token + "=")
    secrets = {token, token.lower(), raw.hex(), raw.decode("latin-1"), PASSWORD, "another-password"}
    for value in values:
        assert not any(secret in value for secret in secrets)


def test_link__is_found_by_its_token_alone():
    link = make_link()
    other = make_link(link.file)
    token = token_of(link) or ""

    assert find_link(token) == link
    assert find_link(token_of(other) or "") == other
    for wrong in ("", token[:-1], token + "=", token.swapcase(), link.token_digest):
        assert find_link(wrong) is None
    # A digest of no token finds none.
    ShareLink.objects.filter(pk=link.pk).update(token_digest=digest_of("chosen")[:-1] + "g")
    assert find_link("chosen") is None
    assert token_of(ShareLink.objects.get(pk=link.pk)) is None


def test_token__is_that_of_the_key_it_was_made_by(settings):
    old, link = settings.SECRET_KEY, make_link()
    token = token_of(link)
    settings.SECRET_KEY = "another-key-with-more-than-thirty-two-bytes-in-it"
    assert token_of(link) is None

    newer = make_link()
    settings.SECRET_KEY_FALLBACKS = [old]

    assert token_of(link) == token
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = old
    assert token_of(newer) not in (None, token)
