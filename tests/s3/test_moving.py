"""A move of all files from disk to S3 while the site serves, with the process killed on its way."""

import os
import secrets
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.conftest import say
from tests.live.conftest import SETTINGS, create_people
from tests.live.visitor import Visitor, downloads
from tests.servers.site import EXAMPLE_PROJECT, LiveSite

pytestmark = pytest.mark.s3

#: How many files are moved; a larger number measures.
FILES = int(os.environ.get("MOVED_FILES", "30"))
TO_S3 = ("org_files_move_storage", "--to=s3")


def kill_when_moved(site, count, number):
    """Begin to move files, and kill the process when ``number`` of them are in the bucket."""
    command = [sys.executable, "manage.py", *TO_S3]
    process = subprocess.Popen(
        command, cwd=EXAMPLE_PROJECT, env=site.environment(), stdout=subprocess.DEVNULL
    )
    while count() < number:
        assert process.poll() is None, "it was quicker than this test"
        time.sleep(0.2)
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_move__survives_its_death_and_every_download_is_answered(request, s3_server):
    storage = s3_server.new_storage()
    bucket = s3_server.variables(storage.bucket_name)

    def count():
        return sum(1 for each in storage.bucket.objects.all() if not each.key.startswith("."))

    with ExitStack() as stack:
        site = stack.enter_context(LiveSite({**SETTINGS, **bucket}))
        say(request, f"A site at {site.url}")
        token = create_people(site, ("Globex", None, "admin"))[0].token
        visitor = stack.enter_context(Visitor(site.url, token))
        made = [secrets.token_bytes(1 + secrets.randbelow(20_000)) for _ in range(FILES)]
        contents = {visitor.upload(content)["id"]: content for content in made}
        began = time.monotonic()
        with downloads(site, token, contents) as (wrong, answered):
            kill_when_moved(site, count, FILES // 3)
            kill_when_moved(site, count, FILES * 2 // 3)
            assert "0 removed" in site.manage(*TO_S3)
            assert count() == FILES
            # The site keeps its setting: each file names its storage.
            told = site.manage(*TO_S3, "--delete", "--grace=1")
            assert f"{FILES} removed from the old storage" in told
            assert f"{FILES} files" in site.manage("org_files_verify", "--deep")
            before = len(answered)
            while len(answered) < before + FILES:
                time.sleep(0.05)
        assert wrong == []
    seconds = time.monotonic() - began
    say(request, f"{FILES} files moved in {seconds:.0f} s, {len(answered)} downloads meanwhile")
