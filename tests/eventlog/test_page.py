"""The page on events: complete, and its LOGGING works."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from org_files.events import EVENTS, record
from tests.docs.blocks import DOCS, ROOT, blocks_of
from tests.docs.test_reference import literals, rows_of
from tests.eventlog.conftest import Heard


def test_page__has_every_event_and_no_other() -> None:
    listed = [row[0].strip("`") for row in rows_of("events.rst")]

    assert {name for name in listed if "." in name} == set(EVENTS)


def test_page__has_every_attribute(heard: Heard) -> None:
    listed = [name for row in rows_of("events.rst") for name in literals(row[0])]
    record("job.ran", obj="fold", level=logging.ERROR)
    [made] = heard.records

    # Formatters add the message, filters the mark.
    others = vars(logging.makeLogRecord({})).keys() | {"message", "is_masked"}
    ours = vars(made).keys() - others
    assert ours == {name for name in listed if "." not in name}


SITE = """
import json, logging, sys
from pathlib import Path
from django.conf import settings

values = {"BASE_DIR": Path(sys.argv[1]), "INSTALLED_APPS": [
    "django.contrib.contenttypes", "django.contrib.auth", "org_files"]}
for text in json.loads(sys.argv[2]):
    exec(text, values)
settings.configure(
    SECRET_KEY="x" * 50,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": values["BASE_DIR"] / "db.sqlite3"}},
    ROOT_URLCONF="org_files.urls",
    **{name: values[name] for name in ("INSTALLED_APPS", "LOGGING", "MIDDLEWARE")},
)
import django
django.setup()
from django.core.management import call_command
call_command("check", fail_level="WARNING")
call_command("migrate", verbosity=0)
from org_files.events import record
record("file.stored", name="password=hunter2")
record("file.downloaded")
logging.shutdown()
from org_files.eventlog.models import LogEntry
print(list(LogEntry.objects.values_list("message", flat=True)))
"""


def test_logging_of_the_page__goes_to_all_three(tmp_path: Path) -> None:
    python = [b for b in blocks_of(DOCS / "events.rst") if b.language == "python"]
    texts = json.dumps([block.text for block in python[:3]])

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SITE, str(tmp_path), texts],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    file = (tmp_path / "mysite.log").read_text(encoding="utf-8")
    assert ran.stdout.splitlines()[-1] == str(["file.stored ok name='password=***'"])
    for written in (ran.stderr, file):
        assert "INFO org_files.files: file.stored ok name='password=***" in written
        assert "file.downloaded ok" in written
        assert "hunter2" not in written
