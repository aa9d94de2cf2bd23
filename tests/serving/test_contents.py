"""Files and renditions as contents to deliver."""

from datetime import UTC, datetime

import pytest

from org_files import get_file_model
from org_files.models import Rendition
from org_files.serving import original, rendition_of

AT = datetime(2024, 2, 29, tzinfo=UTC)


def test_original__has_what_the_row_says():
    model = get_file_model()
    file = model(name="a.txt", content="1/2/key", size=3, sha256="ab", content_type="text/plain")
    file.created_at = AT

    item = original(file, inline=True)

    assert (item.key, item.name, item.size, item.etag) == ("1/2/key", "a.txt", 3, '"ab"')
    assert (item.content_type, item.last_modified, item.inline) == ("text/plain", AT, True)


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
    assert (item.key, item.etag, item.inline) == ("1/r", '"cd"', False)
