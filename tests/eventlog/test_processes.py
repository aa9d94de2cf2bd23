"""The handler in processes that begin and end, with settings of their own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

Run = Callable[[str], tuple[list[str], str]]

SETTINGS = """
import atexit, logging, sys, time
import django
from django.apps import apps
from django.conf import settings
from django.utils.log import configure_logging

files = logging.getLogger("org_files.files")
TABLE = {"class": "org_files.eventlog.handlers.DatabaseHandler", "interval": 0.05}
settings.configure(
    SECRET_KEY="x" * 50,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "org_files"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"table": TABLE, "stderr": {"class": "logging.StreamHandler"}},
        "loggers": {"org_files": {"handlers": ["table"], "level": "INFO"}},
    },
)

def create_table():
    from django.db import connection
    from org_files.eventlog.models import LogEntry
    with connection.schema_editor() as editor:
        editor.create_model(LogEntry)
"""
INSTALLED = 'settings.INSTALLED_APPS += ["org_files.eventlog"]\n'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a script; return the messages in the table, and what was written to stderr."""

    def run(script: str) -> tuple[list[str], str]:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", SETTINGS + textwrap.dedent(script)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
            if not database.execute("SELECT 1 FROM sqlite_master").fetchall():
                return [], ran.stderr
            rows = database.execute("SELECT message FROM org_files_eventlog_logentry ORDER BY id")
            return [message for (message,) in rows], ran.stderr

    return run


def test_process_that_fails__has_written_everything_since_before_apps_were_loaded(
    run: Run,
) -> None:
    messages, errors = run(
        f"""
        {INSTALLED}
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        files.info("early")
        time.sleep(0.2)
        apps.populate(settings.INSTALLED_APPS)
        create_table()
        for number in range(1500):
            files.info("%d", number)
        raise ZeroDivisionError
        """
    )

    assert messages == ["early", *map(str, range(1500))]
    assert "org_files.eventlog:" not in errors
    assert "ZeroDivisionError" in errors


def test_message_at_exit__is_written_also_by_the_handler_of_the_root(run: Run) -> None:
    messages, errors = run(
        f"""
        {INSTALLED}
        settings.LOGGING = {{
            # Disables the loggers that exist already.
            "version": 1,
            "handlers": {{"table": TABLE}},
            "root": {{"handlers": ["table"], "level": "INFO"}},
        }}
        django.setup()
        create_table()
        from org_files.events import record
        atexit.register(record, "job.ran")
        """
    )

    assert (messages, errors) == (["job.ran ok"], "")


def test_site_without_the_app__is_told_by_a_check_and_logs_nothing(run: Run) -> None:
    messages, errors = run(
        """
        django.setup()
        from django.core.management import CommandError, call_command
        files.info("one")
        try:
            call_command("check")
        except CommandError as error:
            assert "org_files.E018" in str(error)
        else:
            raise AssertionError
        """
    )

    assert (messages, errors) == ([], "")
