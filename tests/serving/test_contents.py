"""Files and renditions as contents to deliver."""

from datetime import UTC, datetime, timedelta

import pytest

from org_files import get_file_model
from org_files.models import Rendition
from org_files.serving import original, rendition_of

AT = datetime(2024, 2, 29, tzinfo=UTC)


def file(**changes):
    values = {"name": "a.txt", "content": "1/2/key", "size": 3, "sha256": "ab"}
    values |= {"content_type": "text/plain", "created_at": AT}
    return get_file_model()(**values | changes)


def test_original__has_what_the_row_says():
    item = original(file(), inline=True)

    assert (item.key, item.name, item.size, item.digest) == ("1/2/key", "a.txt", 3, "ab")
    assert (item.content_type, item.last_modified, item.inline) == ("text/plain", AT, True)


def test_validators__change_with_name_and_type():
    rendition = Rendition(key="r", content_type="image/jpeg", size=7, sha256="cd", created_at=AT)
    later = AT + timedelta(seconds=1)
    for content_of in (original, lambda file: rendition_of(file, rendition)):
        before = content_of(file())
        assert content_of(file(updated_at=AT)) == before
        renamed = content_of(file(name="b.txt", updated_at=later))
        assert (renamed.last_modified, renamed.digest) == (later, before.digest)
        assert renamed.etag != before.etag
    assert original(file(content_type="text/csv")).etag != original(file()).etag
    # Also without a digest, which rows of the host's own may lack.
    assert original(file(sha256="", content="k2")).etag != original(file(sha256="")).etag


@pytest.mark.parametrize(
    ("content_type", "charset", "header"),
    [
        ("text/html", "utf-8", "text/html; charset=utf-8"),
        ("text/plain", "", "text/plain"),
        ("text/plain", None, "text/plain"),
        # A row of the host's own, which says it already.
        ("text/plain; charset=koi8-r", "utf-8", "text/plain; charset=koi8-r"),
        # It has no such parameter (RFC 8259 §11).
        ("application/json", "utf-8", "application/json"),
    ],
)
def test_charset__is_told_of_a_text_that_does_not_name_one(content_type, charset, header):
    item = original(file(content_type=content_type, charset=charset))

    assert item.content_type_header == header
    assert item.media_type == content_type.partition(";")[0]


@pytest.mark.parametrize(
    ("content_type", "name", "saved"),
    [
        ("image/jpeg", "a.JPG", "a.JPG"),
        ("image/jpeg", "a.jpe", "a.jpg"),
        ("image/jpeg", "photo", "photo.jpg"),
        ("image/jpeg", ".hidden", ".hidden.jpg"),
        ("image/jpeg", "my.summer.2024.png", "my.summer.2024.jpg"),
        ("image/jpeg", "Mr. Smith", "Mr. Smith.jpg"),
        ("image/png", "logo.webp", "logo.png"),
    ],
)
def test_name_of_a_rendition__ends_as_its_format_does(content_type, name, saved):
    model = get_file_model()
    rendition = Rendition(key="1/r", content_type=content_type, size=7, sha256="cd", created_at=AT)

    item = rendition_of(model(name=name), rendition)

    assert (item.name, item.content_type, item.size) == (saved, content_type, 7)
    assert (item.key, item.digest, item.inline) == ("1/r", "cd", False)
