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


SITE = """
import atexit, json, logging, sys, time
from pathlib import Path
from django.conf import settings

values = {"BASE_DIR": Path.cwd(), "LOGGING": None, "MIDDLEWARE": [], "INSTALLED_APPS": [
    "django.contrib.contenttypes", "django.contrib.auth", "org_files"]}
for text in json.loads(sys.argv[1]):
    exec(text, values)
settings.configure(
    SECRET_KEY="x" * 50,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    ROOT_URLCONF="org_files.urls",
    **{name: values[name] for name in ("INSTALLED_APPS", "LOGGING", "MIDDLEWARE")},
)

import django
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils.log import configure_logging

def create_table():
    from django.db import connection
    from org_files.eventlog.models import LogEntry
    with connection.schema_editor() as editor:
        editor.create_model(LogEntry)
"""

#: Parts of settings: the app, and a handler that disables the loggers that exist already.
INSTALLED = 'INSTALLED_APPS += ["org_files.eventlog"]'
ROOT = """
TABLE = {"class": "org_files.eventlog.handlers.DatabaseHandler", "interval": 0.05}
LOGGING = {
    "version": 1,
    "handlers": {"table": TABLE},
    "root": {"handlers": ["table"], "level": "INFO"},
}
"""


def run(folder, settings, script):
    """Run a script of a site; return the messages in its table, its stderr and its exit code."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", SITE + script, json.dumps(settings)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        if not database.execute("SELECT 1 FROM sqlite_master").fetchall():
            return [], ran.stderr, ran.returncode
        rows = database.execute("SELECT message FROM org_files_eventlog_logentry ORDER BY id")
        return [message for (message,) in rows], ran.stderr, ran.returncode


def test_logging_of_the_page__goes_to_all_three(tmp_path):
    python = [b for b in blocks_of(DOCS / "events.rst") if b.language == "python"]

    messages, console, code = run(
        tmp_path,
        [block.text for block in python[:3]],
        """
django.setup()
call_command("check", fail_level="WARNING")
create_table()
from org_files.events import record
record("file.stored", name="password=hunter2")
record("file.downloaded")
""",
    )

    assert code == 0, console
    assert messages == ["file.stored ok name='password=***'"]
    for written in (console, (tmp_path / "mysite.log").read_text(encoding="utf-8")):
        assert "INFO org_files.files: file.stored ok name='password=***" in written
        assert "file.downloaded ok" in written
        assert "hunter2" not in written


def test_process_that_fails__has_written_everything_since_before_apps_were_loaded(tmp_path):
    messages, errors, _code = run(
        tmp_path,
        [INSTALLED, ROOT],
        """
configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
files = logging.getLogger("org_files.files")
files.info("early")
time.sleep(0.2)
apps.populate(settings.INSTALLED_APPS)
create_table()
for number in range(1500):
    files.info("%d", number)
from org_files.events import record
atexit.register(record, "job.ran")
raise ZeroDivisionError
""",
    )

    assert messages == ["early", *map(str, range(1500)), "job.ran ok"]
    assert "org_files.eventlog:" not in errors
    assert "ZeroDivisionError" in errors


def test_site_without_the_app__is_told_by_a_check_and_logs_nothing(tmp_path):
    messages, errors, code = run(
        tmp_path,
        [ROOT],
        """
django.setup()
logging.getLogger("org_files.files").warning("one")
try:
    call_command("check")
except CommandError as error:
    assert "org_files.E018" in str(error)
else:
    raise AssertionError
""",
    )

    assert (messages, errors, code) == ([], "", 0)
