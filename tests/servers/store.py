"""A small object store that signs URLs, with the parameters of django-storages' S3 storage."""

import contextlib
import hmac
import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.core.files.storage import FileSystemStorage, Storage

from org_files.delivery import Unsatisfiable, parse_range

SECRET = b"a secret of the store"

#: What a signed URL may set in the answer.
OVERRIDES = ("Content-Type", "Content-Disposition", "Cache-Control")


def signature(path, values):
    text = f"{unquote(path)}?{urlencode(sorted(values.items()))}"
    return hmac.new(SECRET, text.encode(), sha256).hexdigest()


class SigningStorage(Storage):
    """Contents without paths, which ``store`` gives to those who have a signed URL."""

    def __init__(self, location, endpoint="http://store.example.com"):
        self.files = FileSystemStorage(location)
        self.endpoint = endpoint
        for name in ("_open", "_save", "delete", "exists", "listdir", "size"):
            setattr(self, name, getattr(self.files, name))

    def url(self, name, parameters=None, expire=3600, http_method=None):
        headers = {f"Response{header.replace('-', '')}": header.lower() for header in OVERRIDES}
        values = {f"response-{headers[key]}": value for key, value in (parameters or {}).items()}
        values["X-Amz-Expires-At"] = str(int(time.time()) + expire)
        path = f"/bucket/{quote(name)}"
        values["X-Amz-Signature"] = signature(path, values)
        return f"{self.endpoint}{path}?{urlencode(values, quote_via=quote)}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        values = dict(parse_qsl(url.query))
        given = values.pop("X-Amz-Signature", "")
        path = self.server.location / unquote(url.path).removeprefix("/bucket/")
        if "Authorization" in self.headers:
            return self.answer(400, b"<Error><Code>InvalidArgument</Code></Error>")
        is_signed = hmac.compare_digest(given, signature(url.path, values))
        if not is_signed or int(values["X-Amz-Expires-At"]) < time.time():
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if not path.is_file():
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        size = path.stat().st_size
        etag = f'"{sha256(f"{path}{size}".encode()).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "x-amz-request-id": "1"}
        headers |= {"Content-Type": "binary/octet-stream", "Content-Disposition": "inline"}
        for header in OVERRIDES:
            if value := values.get(f"response-{header.lower()}"):
                headers[header] = value
        if etag in self.headers.get("If-None-Match", ""):
            return self.answer(304, b"", headers)
        wanted = self.headers.get("Range")
        if self.headers.get("If-Range", etag) != etag:
            wanted = None
        try:
            part = parse_range(wanted, size)
        except Unsatisfiable:
            return self.answer(416, b"<Error><Code>InvalidRange</Code></Error>")
        with path.open("rb") as file:
            if part is None:
                return self.answer(200, file.read(), headers)
            headers["Content-Range"] = part.content_range
            file.seek(part.start)
            return self.answer(206, file.read(part.length), headers)

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "application/xml"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):  # The client is gone.
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@contextmanager
def store(location):
    """Serve a folder; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.location = Path(location)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
