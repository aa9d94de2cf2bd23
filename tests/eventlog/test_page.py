"""The page on events: complete, and its LOGGING works; processes that begin and end."""

import json
import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

from org_files.events import EVENTS, record
from tests.docs.blocks import DOCS, blocks_of
from tests.docs.test_reference import literals, rows_of


def test_page__has_every_event_and_attribute_and_no_other(heard):
    record("job.ran", obj="fold", level=logging.ERROR)
    [made] = heard.records
    # Formatters add the message, filters the mark.
    others = vars(logging.makeLogRecord({})).keys() | {"message", "is_masked"}

    rows = [row[0] for row in rows_of("events.rst")]
    listed = {name.strip("`") for name in rows if "." in name}
    attributes = {name for row in rows for name in literals(row) if "." not in name}
    assert listed == set(EVENTS)
    assert attributes == vars(made).keys() - others


#: A site with the page's settings, which logs before its apps are loaded and ends by an error.
SITE = """
import atexit, json, logging, sys, time
from pathlib import Path
from django.conf import settings

values = {"BASE_DIR": Path.cwd(), "INSTALLED_APPS": [
    "django.contrib.contenttypes", "django.contrib.auth", "org_files"]}
for text in json.loads(sys.argv[1]):
    exec(text, values)
settings.configure(
    SECRET_KEY="x" * 50,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    ROOT_URLCONF="org_files.urls",
    **{name: values[name] for name in ("INSTALLED_APPS", "LOGGING", "MIDDLEWARE")},
)
settings.LOGGING["handlers"]["table"]["interval"] = 0.05

from django.apps import apps
from django.core.management import call_command
from django.utils.log import configure_logging

configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
files = logging.getLogger("org_files.files")
files.info("early")
time.sleep(0.2)
apps.populate(settings.INSTALLED_APPS)
from django.db import connection
from org_files.eventlog.models import LogEntry
from org_files.events import record
with connection.schema_editor() as editor:
    editor.create_model(LogEntry)
call_command("check", fail_level="WARNING")
record("file.stored", name="password=hunter2")
record("file.downloaded")
for number in range(1500):
    files.info("%d", number)
atexit.register(record, "job.ran")
raise ZeroDivisionError
"""


def test_logging_of_the_page__goes_to_all_three_from_before_the_apps_to_a_failing_end(tmp_path):
    python = [b.text for b in blocks_of(DOCS / "events.rst") if b.language == "python"]

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SITE, json.dumps(python[:3])],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )

    assert "ZeroDivisionError" in ran.stderr
    assert "org_files.eventlog:" not in ran.stderr
    for written in (ran.stderr, (tmp_path / "mysite.log").read_text(encoding="utf-8")):
        assert "INFO org_files.files: file.stored ok name='password=***" in written
        assert "file.downloaded ok" in written
        assert "hunter2" not in written
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        rows = database.execute("SELECT message FROM org_files_eventlog_logentry ORDER BY id")
        messages = [message for (message,) in rows]
    stored = "file.stored ok name='password=***'"
    assert messages == ["early", stored, *map(str, range(1500)), "job.ran ok"]
