"""A large file, up to S3 and back in each way: its bytes, and the memory of the site's worker."""

import os
from hashlib import sha256

import pytest

from tests.conftest import say
from tests.live.visitor import Visitor, blocks_of
from tests.ways_out.conftest import way_out

pytestmark = pytest.mark.walks

MIB = 1024 * 1024
#: Bytes; 1024 MiB measures.
SIZE = int(os.environ.get("LARGE_FILE_MIB", "96")) * MIB
ALLOWED = 64 * MIB


@pytest.mark.parametrize("kind", ["stream-s3", "asgi-s3", "redirect", "proxied"])
def test_large_file__comes_back_and_is_never_in_memory(request, kind):
    sent = sha256()
    for block in blocks_of(SIZE):
        sent.update(block)
    with (
        way_out(kind, request) as way,
        Visitor(way.url, follow_redirects=True) as client,
    ):
        client.headers.update(way.login)
        small = client.upload(b"some bytes")
        client.digest_of(f"/api/files/{small['id']}/content/")
        idle = way.site.memory()

        file = client.upload(SIZE)
        uploaded = way.site.memory("VmHWM")
        path = f"/api/files/{file['id']}/content/"
        assert client.digest_of(path) == sent.hexdigest()
        part = client.get(path, headers={"Range": f"bytes={SIZE - 5}-"})
        downloaded = way.site.memory("VmHWM")

        assert (part.status_code, len(part.content)) == (206, 5), part.text
        figures = [round((peak - idle) / MIB) for peak in (uploaded, downloaded)]
        say(
            request,
            f"{kind}: {SIZE // MIB} MiB with {figures[0]} MiB of memory above {idle // MIB} MiB, "
            f"{figures[1]} after the download",
        )
        assert downloaded - idle <= ALLOWED
