"""python -m org_files.client, through a proxy that cuts connections."""

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256

import pytest

from tests.live.visitor import blocks_of
from tests.servers.cutting import CuttingProxy

# The site begins with a copy of the suite's database.
pytestmark = pytest.mark.django_db

MIB = 1024 * 1024
#: Bytes of the file that is sent and fetched.
SIZE = int(os.environ.get("UPLOAD_MIB", "12")) * MIB


@pytest.fixture
def person(people):
    return next(people("Globex"))


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.bin"
    with path.open("wb") as file:
        file.writelines(blocks_of(SIZE))
    return path


@pytest.fixture
def command(person, tmp_path):
    """Return the arguments and the environment of a command against the site at ``url``."""

    def of(url, name, *arguments):
        words = [sys.executable, "-m", "org_files.client", name, "--json", "--url", f"{url}/api/"]
        env = os.environ | {"ORG_FILES_TOKEN": person.token, "XDG_CACHE_HOME": str(tmp_path / "c")}
        return [*words, *map(str, arguments)], env

    return of


@pytest.fixture
def run(command):
    def run(url, name, *arguments):
        words, env = command(url, name, *arguments)
        ran = subprocess.run(words, env=env, capture_output=True, text=True, timeout=500)
        return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]

    return run


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def test_upload_and_download__go_on_after_cuts(site, run, film, tmp_path):
    with CuttingProxy(site.port, SIZE // 12) as proxy:
        status, [stored] = run(proxy.url, "upload", film, "--comment", "Cut", "--part-size", 4)

        assert status == 0, stored
        assert (proxy.made, stored["comment"]) == (10, "Cut")
        assert stored["sha256"] == digest(film)
        assert proxy.received <= 1.1 * SIZE

    with CuttingProxy(site.port, SIZE // 12) as proxy:
        status, [fetched] = run(proxy.url, "download", stored["id"], "--to", tmp_path / "new.bin")

        assert (status, proxy.made) == (0, 10), fetched
        assert digest(tmp_path / "new.bin") == digest(film)
    assert not list(tmp_path.glob(".org-files*"))


def test_command_that_was_killed__goes_on_when_it_is_run_again(site, command, run, film, tmp_path):
    with CuttingProxy(site.port, 1, cuts=0) as proxy:
        words, env = command(proxy.url, "upload", film, "--part-size", 1)
        first = subprocess.Popen(words, env=env)
        while proxy.received < SIZE // 2 and first.poll() is None:
            time.sleep(0.001)
        first.send_signal(signal.SIGKILL)
        first.wait()
        state = [*(tmp_path / "c").rglob("*.json")]
        assert [path.stat().st_mode & 0o777 for path in state] == [0o600]

        status, [stored] = run(proxy.url, "upload", film, "--part-size", 1)

        assert (status, stored["sha256"]) == (0, digest(film))
        assert proxy.received <= 1.1 * SIZE + 2 * MIB
        assert not [*(tmp_path / "c").rglob("*.json")]


def test_many_files__are_sent_although_one_fails(site, run, tmp_path):
    names = ("a.txt", "missing.txt", "empty.txt", "отчёт.txt")
    for name in set(names) - {"missing.txt"}:
        (tmp_path / name).write_text("" if name == "empty.txt" else name)

    status, found = run(site.url, "upload", *(tmp_path / name for name in names))

    assert status == 1
    assert [each.get("name") for each in found] == ["a.txt", None, "empty.txt", "отчёт.txt"]
    (tmp_path / "new").mkdir()
    ids = [each["id"] for each in found if "id" in each]
    status, _fetched = run(site.url, "download", *ids, "--to", tmp_path / "new")
    assert status == 0
    for path in (tmp_path / "new").iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
    status, [refused] = run(site.url, "download", ids[0], "--to", tmp_path / "new")
    assert (status, "there already" in refused["error"]) == (1, True)


def test_errors_of_the_site__are_told(site, run, film, monkeypatch):
    status, [refused] = run(site.url, "upload", film, "--organization", "not-an-id")
    assert (status, bool(refused["error"])) == (1, True)
    status, [missing] = run(site.url, "download", "0" * 32)
    assert (status, missing["code"]) == (1, "not_found")
