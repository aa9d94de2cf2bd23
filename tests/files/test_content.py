"""Type, size and digest of contents."""

import hashlib
import io

import pytest

from org_files.exceptions import ConfigurationError, FileTooLarge, TypeNotAllowed
from org_files.files import Fingerprinter, content_type_of, fingerprint

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
GIF = b"GIF89a\x01\x00\x01\x00"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 "
OCTETS = "application/octet-stream"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("name", "head", "content_type"),
    [
        # Of a picture, the content says what it is.
        ("page.html", JPEG, "image/jpeg"),
        ("photo.jpg", PNG, "image/png"),
        ("photo", GIF, "image/gif"),
        ("photo.png", GIF.replace(b"89a", b"87a"), "image/gif"),
        ("photo.png", WEBP, "image/webp"),
        # A picture by its name alone is none.
        ("a.jpg", b"", OCTETS),
        ("a.png", PNG[:7], OCTETS),
        ("a.gif", b"<html><script>", OCTETS),
        ("a.webp", WEBP[:8] + b"WAVE", OCTETS),
        # Of everything else, the name does.
        ("REPORT.PDF", b"<html>", "application/pdf"),
        ("drawing.svg", b"<html>", "image/svg+xml"),
        ("letter.docx", b"<html>", DOCX),
        ("backup.tar.gz", b"<html>", "application/gzip"),
        ("README", b"<html>", OCTETS),
        ("x.unheardof", b"<html>", OCTETS),
        ("data:text/html,x", b"<html>", OCTETS),
        ("http:evil €.txt", b"<html>", "text/plain"),
    ],
)
def test_type__comes_from_the_content_of_pictures_and_else_from_the_name(name, head, content_type):
    assert content_type_of(name, head) == content_type


def test_type_that_is_not_allowed__is_refused(settings):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["image/*", "application/pdf"]}

    assert content_type_of("x", PNG) == "image/png"
    assert content_type_of("x.pdf", b"%PDF-1.7") == "application/pdf"
    # All pictures by their content, but no drawing unless it is listed by name.
    for name in ("x.txt", "x.png", "x.svg"):
        with pytest.raises(TypeNotAllowed):
            content_type_of(name, b"<html>")
    settings.ORG_FILES = {"ALLOWED_TYPES": ("image/svg+xml",)}
    assert content_type_of("x.svg", b"<svg>") == "image/svg+xml"
    with pytest.raises(TypeNotAllowed):
        content_type_of("x", PNG)


@pytest.mark.parametrize("size", [0, 33, 256 * 1024 + 1])
def test_fingerprint__is_size_digest_and_head(size):
    content = bytes(index % 251 for index in range(size))
    stream = io.BytesIO(content)
    stream.seek(size // 2)

    measured = fingerprint(stream)

    assert (measured.size, measured.head) == (size, content[:32])
    assert measured.sha256 == hashlib.sha256(content).hexdigest()
    assert stream.tell() == 0
    bytewise = Fingerprinter()
    for index in range(min(size, 100)):
        bytewise.update(content[index : index + 1])
    assert bytewise.result() == fingerprint(io.BytesIO(content[:100]))


def test_content_over_the_limit__is_not_read_to_its_end(settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 1000}

    assert fingerprint(io.BytesIO(b"x" * 1000)).size == 1000
    with pytest.raises(FileTooLarge):
        fingerprint(io.BytesIO(b"x" * 1001))
    stream = io.BytesIO(b"x" * 10_000_000)
    with pytest.raises(FileTooLarge):
        fingerprint(stream)

    assert stream.tell() < 1_000_000


def test_limit_that_is_no_number_of_bytes__is_an_error_of_the_site(settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": True}

    with pytest.raises(ConfigurationError):
        fingerprint(io.BytesIO(b"x"))


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"", "utf-8"),
        (b"plain ASCII", "utf-8"),
        ("\ufeffж \U0001f600\n\x1b[1mbold".encode(), "utf-8"),
        ("отчёт".encode()[:-1], ""),
        ("отчёт".encode("windows-1251"), ""),
        ("日本".encode("shift_jis"), ""),
        ("日本".encode("iso2022_jp"), ""),
        ("report".encode("utf-16-le"), ""),
        (b"\xed\xa0\x80", ""),
        (b"\xc0\xaf", ""),
    ],
)
def test_charset__is_found_out_in_blocks_of_any_size(content, charset):
    bytewise = Fingerprinter()
    for value in content:
        bytewise.update(bytes([value]))

    assert bytewise.result().charset == charset
    assert fingerprint(io.BytesIO(content)).charset == charset
