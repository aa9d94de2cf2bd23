import base64
from hashlib import sha256

import pytest

from org_files.models import Upload, Usage


def encoded(**values):
    """Return an Upload-Metadata."""
    pairs = [f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()]
    return ",".join(pairs)


def digest(data):
    """Return a Repr-Digest."""
    return f"sha-256=:{base64.b64encode(sha256(data).digest()).decode()}:"


class Api:
    """Requests of one user in both protocols. Each returns the response."""

    def __init__(self, client):
        self.client = client

    def send(self, method, path, data=b"", *, content_type="application/octet-stream", **headers):
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        path = path if path.startswith(("/", "http")) else f"/api/{path}"
        return self.client.generic(method, path, data, content_type=content_type, headers=named)

    def tus(self, method, path, data=b"", **headers):
        kind = "application/offset+octet-stream" if data or method == "PATCH" else ""
        headers = {"Tus_Resumable": "1.0.0", **headers}
        return self.send(method, path, data, content_type=headers.pop("type", kind), **headers)

    def create(self, length=None, **headers):
        """Create a session by tus and return its path."""
        length = {"Upload_Defer_Length": 1} if length is None else {"Upload_Length": length}
        response = self.tus("POST", "uploads/", **length, **headers)
        assert response.status_code == 201, response.content
        return response.headers["Location"].removeprefix("http://testserver")

    def append(self, path, offset, data, **headers):
        return self.tus("PATCH", path, data, Upload_Offset=offset, **headers)

    def draft(self, method, path, data=b"", *, version=8, **headers):
        kind = "application/partial-upload" if method == "PATCH" else "application/octet-stream"
        if version is not None:
            headers["Upload_Draft_Interop_Version"] = version
        return self.send(method, path, data, content_type=headers.pop("type", kind), **headers)


@pytest.fixture
def api(organization_member, org_files_client):
    return Api(org_files_client(organization_member))


@pytest.fixture
def reserved(organization):
    """Returns what is reserved of the quota, and what is stored: bytes and files."""

    def read():
        usage = Usage.objects.get(organization=organization)
        return (
            (usage.bytes_reserved, usage.files_reserved),
            (usage.bytes_stored, usage.file_count),
        )

    return read


def session(path):
    """Return the row of the session with that path."""
    return Upload.objects.get(public_id=path.rstrip("/").rpartition("/")[2])
