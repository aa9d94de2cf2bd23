"""Two web servers do as one: bytes, counts and limits, and a restart of one after the other."""

import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.live.conftest import manage, path_of
from tests.live.visitor import Visitor, downloads
from tests.two_servers.conftest import can_unshare

pytestmark = pytest.mark.two_servers

CLIENTS = 4


@pytest.fixture
def visitors(hosts, token):
    """A client of each server, with the same login."""
    with ExitStack() as stack:
        yield [stack.enter_context(Visitor(host.url, token)) for host in hosts]


def at_both(visitors, call, times):
    """Let all clients call at once, in turns; return how often there was each status."""
    with ThreadPoolExecutor(times) as threads:
        answers = threads.map(lambda number: call(visitors[number % 2]), range(times))
        return Counter(answer.status_code for answer in answers)


def test_servers__have_process_ids_memory_and_folders_of_their_own(hosts):
    if can_unshare():
        for kind in ("pid", "mnt"):
            spaces = {Path(f"/proc/{host.master}/ns/{kind}").readlink() for host in hosts}
            assert len(spaces) == 2
    for name in ("TMPDIR", "HOME", "MEDIA_ROOT", "LOG_DIR"):
        assert len({host.environment()[name] for host in hosts}) == 2


def test_upload_on_one__is_downloaded_changed_and_removed_on_the_other(hosts, visitors):
    for here, there in (visitors, reversed(visitors)):
        content = secrets.token_bytes(3 * 1024 * 1024)
        file = here.upload(content, "a.bin")
        path = f"/api/files/{file['id']}/"

        assert there.get(f"{path}content/").content == content
        assert there.get(f"{path}content/", headers={"Range": "bytes=5-9"}).content == content[5:10]
        assert there.patch(path, json={"name": "b.bin"}).status_code == 200
        assert here.json(path)["name"] == "b.bin"
        assert here.json(path)["download_count"] == 1
        assert there.delete(f"{path}?permanent=true").status_code == 204
        assert here.get(f"{path}content/").status_code == 404
    assert [host.left_uploads() for host in hosts] == [[], []]


def test_last_downloads_of_a_link__are_given_by_both_together(visitors):
    file = visitors[0].upload(b"some bytes", "a.txt")
    values = {"expires_in": 3600, "max_downloads": 15}
    link = visitors[0].post(f"/api/files/{file['id']}/links/", json=values).json()

    answered = at_both(visitors, lambda visitor: visitor.get(path_of(link["url"])), 40)

    assert answered == {200: 15, 404: 25}
    assert visitors[1].json(f"/api/files/{file['id']}/")["download_count"] == 15


def test_quota__is_filled_by_both_together(visitors):
    def upload(visitor):
        return visitor.post("/api/files/", files={"file": ("a.txt", b"some bytes")})

    assert at_both(visitors, upload, 30) == {201: 12, 413: 18}
    assert [visitor.json("/api/files/")["count"] for visitor in visitors] == [12, 12]


def test_logins__are_counted_by_both_together(visitors):
    wrong = {"email": "nobody@example.com", "password": "wrong"}
    # They are counted for each minute of the clock.
    if (left := 60 - time.time() % 60) < 20:
        time.sleep(left)

    answered = at_both(visitors, lambda visitor: visitor.post("/api/token/", json=wrong), 40)

    assert answered == {401: 20, 429: 20}


def test_downloads_from_both_while_both_fold__are_counted_exactly(hosts, visitors):
    file = visitors[0].upload(b"some bytes", "a.txt")

    for host in hosts:
        assert at_both(visitors, lambda visitor: visitor.get(path_of(file["content_url"])), 30) == {
            200: 30
        }
        manage(host, "org_files_maintenance", "fold")

    for visitor in visitors:
        assert visitor.json(f"/api/files/{file['id']}/")["download_count"] == 60


def test_rolling_restart_under_load__fails_no_download(hosts, front, visitors, token):
    made = [secrets.token_bytes(1 + secrets.randbelow(200_000)) for _ in range(8)]
    contents = {visitors[0].upload(content)["id"]: content for content in made}

    def wait_for_more(number=60):
        deadline = time.monotonic() + 60
        wanted = sum(len(answered) for _, answered in loads) + number
        while sum(len(answered) for _, answered in loads) < wanted:
            assert time.monotonic() < deadline, loads
            time.sleep(0.02)

    with ExitStack() as stack:
        loads = [stack.enter_context(downloads(front, token, contents)) for _ in range(CLIENTS)]
        wait_for_more()
        for host in hosts:
            host.end_process()
            wait_for_more()
            host.launch()
            wait_for_more()
        # New workers under the same master, as after a change of the code.
        for host in hosts:
            host.reload()
            wait_for_more()

    assert [wrong for wrong, _ in loads] == [[]] * CLIENTS
    counted = [visitors[1].json(f"/api/files/{id}/")["download_count"] for id in contents]
    assert sum(counted) == sum(len(answered) for _, answered in loads)
    # It fails where it finds something.
    hosts[0].manage("org_files_verify", "--deep")
