"""Type, size and digest of contents."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from typing import Any

import pytest

from org_files.exceptions import ConfigurationError, FileTooLarge, TypeNotAllowed
from org_files.files import Fingerprinter, content_type_of, fingerprint

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
GIF = b"GIF89a\x01\x00\x01\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (PNG, "image/png"),
        (GIF, "image/gif"),
        (GIF.replace(b"89a", b"87a"), "image/gif"),
        (WEBP, "image/webp"),
    ],
)
@pytest.mark.parametrize("name", ["photo.png", "page.html"])
def test_picture_type__comes_from_the_content(name: str, head: bytes, content_type: str) -> None:
    assert content_type_of(name, head) == content_type


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.jpg", b""),
        ("a.JPEG", b"\xff\xd8"),
        ("a.png", PNG[:7]),
        ("a.gif", b"<html><script>"),
        ("a.webp", WEBP[:8] + b"WAVE"),
    ],
)
def test_false_picture__is_octets(name: str, head: bytes) -> None:
    assert content_type_of(name, head) == OCTETS


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("REPORT.PDF", "application/pdf"),
        ("page.html", "text/html"),
        ("drawing.svg", "image/svg+xml"),
        (
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("backup.tar.gz", "application/gzip"),
        ("logs.txt.xz", "application/x-xz"),
        ("README", OCTETS),
        ("x.unheardof", OCTETS),
        (".htaccess", OCTETS),
        ("data:text/html,x", OCTETS),
        ("http:evil.txt", "text/plain"),
        ("price €.txt", "text/plain"),
    ],
)
def test_other_type__comes_from_the_name(name: str, content_type: str) -> None:
    assert content_type_of(name, b"<html>") == content_type


@pytest.mark.sweep
def test_tables_of_the_machine__change_nothing(tmp_path: Any) -> None:
    table = tmp_path / "mime.types"
    table.write_text("text/html txt unheardof\n")
    program = (
        "import mimetypes, sys, django\n"
        f"mimetypes.knownfiles[:] = [{str(table)!r}]\n"
        "assert mimetypes.guess_type('a.unheardof')[0] == 'text/html'\n"
        "django.setup()\n"
        "from org_files.files import content_type_of\n"
        "print(content_type_of('a.txt', b''), content_type_of('a.unheardof', b''))\n"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.split() == ["text/plain", OCTETS]


@pytest.mark.parametrize("allowed", [["image/*"], ("image/png", "image/jpeg")])
def test_type_that_is_not_allowed__is_refused(settings: Any, allowed: Any) -> None:
    settings.ORG_FILES = {"ALLOWED_TYPES": allowed}

    assert content_type_of("x", PNG) == "image/png"
    with pytest.raises(TypeNotAllowed):
        content_type_of("x.pdf", b"%PDF-1.7")
    # A picture by its name alone is none.
    with pytest.raises(TypeNotAllowed):
        content_type_of("x.png", b"<html>")


@pytest.mark.parametrize("size", [0, 33, 256 * 1024 + 1])
def test_fingerprint__is_size_digest_and_head(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    stream = io.BytesIO(content)
    stream.seek(size // 2)

    measured = fingerprint(stream)

    assert measured.size == size
    assert measured.sha256 == hashlib.sha256(content).hexdigest()
    assert measured.head == content[:32]
    assert stream.tell() == 0


def test_fingerprint__does_not_depend_on_how_the_bytes_come() -> None:
    content = bytes(range(256)) * 3
    whole, bitwise = Fingerprinter(), Fingerprinter()
    whole.update(content)
    for index in range(len(content)):
        bitwise.update(content[index : index + 1])
    bitwise.update(b"")

    assert bitwise.result() == whole.result() == fingerprint(io.BytesIO(content))


def test_content_at_the_limit__is_taken_and_a_byte_more_is_not(settings: Any) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": 100}

    assert fingerprint(io.BytesIO(b"x" * 100)).size == 100
    with pytest.raises(FileTooLarge):
        fingerprint(io.BytesIO(b"x" * 101))


def test_content_over_the_limit__is_not_read_to_its_end(settings: Any) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}
    stream = io.BytesIO(b"x" * 10_000_000)

    with pytest.raises(FileTooLarge):
        fingerprint(stream)

    assert stream.tell() < 1_000_000


@pytest.mark.parametrize("limit", [0, True, "100"])
def test_limit_that_is_no_number_of_bytes__is_an_error_of_the_site(
    settings: Any, limit: Any
) -> None:
    settings.ORG_FILES = {"MAX_FILE_SIZE": limit}

    with pytest.raises(ConfigurationError):
        fingerprint(io.BytesIO(b"x"))
