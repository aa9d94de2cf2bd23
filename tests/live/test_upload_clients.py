"""tus-js-client and tuspy through a proxy that cuts connections: `tox -e uploads`, by hand."""

import importlib.util
import os
import random
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.live.visitor import Visitor
from tests.servers.cutting import CuttingProxy

# The site begins with a copy of the suite's database.
pytestmark = [pytest.mark.uploads, pytest.mark.django_db]

SIZE = int(os.environ.get("UPLOAD_MIB", "12")) * 1024 * 1024
PACKAGE = "tus-js-client@4.3.1"
SCRIPT = Path(__file__).with_name("upload.js")

TUSPY = """
import sys
from tusclient.client import TusClient
endpoint, path, token = sys.argv[1:]
client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
uploader = client.uploader(
    path, chunk_size=4194304, retries=30, retry_delay=0.05, metadata={"filename": "film.bin"}
)
uploader.upload()
print(uploader.url)
"""


@pytest.fixture(scope="module")
def tus_js(tmp_path_factory):
    """The command of tus-js-client, which npm installs unless NODE_PATH has it."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed: apt-get install nodejs npm")
    if not os.environ.get("NODE_PATH"):
        folder = tmp_path_factory.mktemp("node")
        npm = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), PACKAGE]
        subprocess.run(npm, check=True, capture_output=True, timeout=300)
        os.environ["NODE_PATH"] = str(folder / "node_modules")
    return ["node", str(SCRIPT)]


@pytest.fixture(scope="module")
def tuspy():
    if importlib.util.find_spec("tusclient") is None:
        pytest.skip("tuspy is not installed: pip install --group uploads")
    return [sys.executable, "-c", TUSPY]


@pytest.mark.parametrize("client", ["tus_js", "tuspy"])
def test_upload_that_is_cut_ten_times__is_resumed(client, request, site, people, tmp_path):
    command, person = request.getfixturevalue(client), next(people("Globex"))
    content = random.Random(client).randbytes(SIZE)
    (tmp_path / "film.bin").write_bytes(content)
    with CuttingProxy(site.port, SIZE // 12) as proxy:
        arguments = [f"{proxy.url}/api/uploads/", str(tmp_path / "film.bin"), person.token]
        ran = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=500, check=False
        )

        assert ran.returncode == 0, ran.stderr
        assert proxy.made == 10
        assert proxy.received <= 1.1 * SIZE
        print(f"{client}: {proxy.received / SIZE:.3f} of {SIZE} bytes sent, {proxy.made} cuts")
    with Visitor(site.url, person.token) as visitor:
        [stored] = visitor.json("/api/files/?page_size=1&ordering=-created_at")["results"]
        assert (stored["size"], stored["sha256"]) == (SIZE, sha256(content).hexdigest())
