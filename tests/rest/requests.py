"""Requests as clients make them, byte by byte where a well-behaved client would not."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

BOUNDARY = "a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
UPLOAD = "/api/files/"
CSRF_TOKEN = "c" * 32
MISSING_ID = "0192f0c1-2d3e-7000-8000-000000000000"


def bearer(user):
    """Return the header of a client that holds an access token of ``user``."""
    return {"Authorization": f"Bearer {AccessToken.for_user(user)}"}


def signed_in(user, **options):
    """Return a client that sends an access token of ``user``."""
    return Client(headers=bearer(user), **options)


def browser_of(user):
    """Return a client with a session of ``user``, of whom ``CSRF_TOKEN`` is asked."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    browser.cookies["csrftoken"] = CSRF_TOKEN
    return browser


def part(name, content, filename=None, *headers):
    """Return one part of a multipart body (RFC 7578), its delimiter in front."""
    name = name.encode() if isinstance(name, str) else name
    disposition = b'form-data; name="' + name + b'"'
    if filename is not None:
        raw = filename.encode() if isinstance(filename, str) else filename
        disposition += b'; filename="' + raw + b'"'
    lines = [b"Content-Disposition: " + disposition, *(header.encode() for header in headers)]
    content = content.encode() if isinstance(content, str) else content
    return f"--{BOUNDARY}\r\n".encode() + b"\r\n".join(lines) + b"\r\n\r\n" + content + b"\r\n"


def closed(*parts):
    """Return a whole multipart body."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def post_file(client, content=b"some bytes", name="a.txt", /, **data):
    """Upload a file as a well-behaved client does."""
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)} | data)


class CutStream(BytesIO):
    """A connection on which no more comes after what is there."""

    def read(self, size=-1):
        block = super().read(size)
        if not block and size != 0:
            raise ConnectionResetError(104, "Connection reset by peer")
        return block


def send(
    client,
    path,
    body=b"",
    *,
    content_type=MULTIPART,
    method="POST",
    content_length=None,
    cut=False,
    stream=None,
    **headers,
):
    """Send ``body`` as it is, or ``stream`` in its place.

    ``content_length`` is what the header claims; with ``cut`` the connection then breaks.
    """
    stream = stream or (CutStream(body) if cut else BytesIO(body))
    length = len(stream.getvalue()) if content_length is None else content_length
    return client.generic(
        method,
        path,
        b"",
        content_type=content_type,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": stream},
    )


def code_of(response):
    """Return the status of a refusal, and its code."""
    return response.status_code, response.json().get("code")
