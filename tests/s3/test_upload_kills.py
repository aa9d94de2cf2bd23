"""kill -9 of every worker at random moments of uploads whose parts go to the store itself.

KILLS=200 kills more often.
"""

import json
import os
import random
from contextlib import ExitStack
from urllib.request import Request, urlopen

import pytest

from tests.conftest import say
from tests.live.conftest import SETTINGS, create_people, database_of_its_own
from tests.live.uploader import PRELOADED, Uploader
from tests.servers.site import LiveSite

pytestmark = [pytest.mark.s3, pytest.mark.django_db]

KILLS = int(os.environ.get("KILLS", "3"))
#: Bytes of a part, the fewest that a store takes.
PART = 5 * 1024 * 1024


class PartsUploader(Uploader):
    """Sends the parts to the store, and has the site make the file."""

    largest = 3 * PART

    def upload(self, content, kills):
        body = {"name": "a.bin", "size": len(content), "method": "parts", "part_size": PART}
        path, sent = f"{self.asked('POST', '', body)['id']}/", {}
        # Where a worker is killed, the client asks again.
        with self.killing(kills):
            for part in self.asked("POST", f"{path}parts/", {})["parts"]:
                start = (part["number"] - 1) * PART
                piece = content[start : start + PART]
                with urlopen(Request(part["url"], data=piece, method="PUT")) as answer:
                    sent[part["number"]] = answer.headers["ETag"]
        with self.killing(kills):
            arrived = self.asked("GET", path)["parts"]
            assert {part["number"] for part in arrived} >= sent.keys()
        parts = [{"number": number, "etag": sent[number]} for number in sorted(sent)]
        with self.killing(kills):
            stored = self.asked("POST", f"{path}complete/", {"parts": parts})
        return f"/api/files/{stored['id']}/"

    def asked(self, method, path, data=None):
        headers, content = {"Content-Type": "application/json"}, json.dumps(data).encode()
        return json.loads(self.answered(method, f"/api/uploads/{path}", headers, content)[2])


def test_parts__outlive_kills(request, s3_server):
    bucket = {"STORAGE": "s3"} | s3_server.variables(s3_server.new_storage().bucket_name)
    rng = random.Random(f"parts {KILLS}")
    with ExitStack() as stack:
        variables = SETTINGS | bucket | stack.enter_context(database_of_its_own(request))
        site = stack.enter_context(LiveSite(variables, workers=2, server_options=PRELOADED))
        [person] = create_people(site, ("Killed", None, "admin"))
        files = PartsUploader(site, person.token, "parts", rng).upload_all(KILLS)
        say(request, f"parts: {KILLS} kills, {files} files")
