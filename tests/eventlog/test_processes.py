"""The handler where processes begin, fork and end."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.servers.site import LiveSite

Run = Callable[..., subprocess.CompletedProcess[str]]

BEGIN = """
import logging, os, sys, threading, time
import django
files = logging.getLogger("org_files.files")
django.setup()
"""


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> LiveSite:
    """The example site, migrated; nobody serves it."""
    site = LiveSite({"LOG_DIR": ""}, folder=tmp_path_factory.mktemp("site"))
    site.given_environment["DATABASE_URL"] = f"sqlite:///{site.folder}/db.sqlite3"
    site.manage("migrate", "--verbosity", "0")
    return site


@pytest.fixture
def run(empty_site: LiveSite) -> Run:
    """Run a script in the environment of the site."""

    def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
            cwd=empty_site.working_folder(),
            env=empty_site.environment() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def written(empty_site: LiveSite) -> Callable[[], list[str]]:
    """The messages in the table, which is empty at first."""
    with closing(sqlite3.connect(f"{empty_site.folder}/db.sqlite3")) as database:
        database.execute("DELETE FROM org_files_eventlog_logentry")
        database.commit()

    def read() -> list[str]:
        with closing(sqlite3.connect(f"{empty_site.folder}/db.sqlite3")) as database:
            rows = database.execute("SELECT message FROM org_files_eventlog_logentry ORDER BY id")
            return [message for (message,) in rows]

    return read


@pytest.mark.parametrize(
    "end",
    ["", "sys.exit(3)", "raise ZeroDivisionError", "logging.shutdown()"],
)
def test_end_of_a_process__loses_nothing(
    run: Run, written: Callable[[], list[str]], end: str
) -> None:
    run(f'{BEGIN}\nfor n in range(1500): files.info("%d", n)\n{end}')

    assert written() == [str(number) for number in range(1500)]


def test_line_of_the_very_end__is_written(run: Run, written: Callable[[], list[str]]) -> None:
    ran = run(f'import atexit\n{BEGIN}\natexit.register(files.warning, "at the end")')

    assert written() == ["at the end"]
    assert "at the end" in ran.stderr


def test_line_before_apps_are_loaded__is_written_once_they_are(
    run: Run, written: Callable[[], list[str]]
) -> None:
    script = """
        import logging, time
        from django.conf import settings
        from django.utils.log import configure_logging
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
        logging.getLogger("org_files.files").info("early")
        time.sleep(0.8)
        from django.apps import apps
        apps.populate(settings.INSTALLED_APPS)
        time.sleep(2)
    """
    ran = run(script)

    assert ran.returncode == 0, ran.stderr
    assert written() == ["early"]
    assert "org_files.eventlog" not in ran.stderr


def test_site_without_the_app__logs_as_if_there_were_no_handler(run: Run, tmp_path: Path) -> None:
    script = """
        import logging, django
        from django.conf import settings
        settings.configure(
            SECRET_KEY="x" * 50,
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "org_files"],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            ROOT_URLCONF="org_files.urls",
            LOGGING={
                "version": 1,
                "handlers": {"table": {"class": "org_files.eventlog.handlers.DatabaseHandler"}},
                "loggers": {"org_files": {"handlers": ["table"], "level": "INFO"}},
            },
        )
        logging.getLogger("org_files.files").info("early")
        django.setup()
        logging.getLogger("org_files.files").info("late")
        from django.core.management import call_command
        try:
            call_command("check")
        except django.core.management.CommandError as error:
            print(error)
    """
    ran = run(script, DJANGO_SETTINGS_MODULE="")

    assert ran.returncode == 0, ran.stderr
    assert "org_files.E018" in ran.stdout
    assert ran.stderr == ""


def test_logging_that_names_the_root_alone__hears_events(
    run: Run, written: Callable[[], list[str]]
) -> None:
    script = """
        import django, example.settings
        # Whatever logger is there already is disabled by this.
        example.settings.LOGGING = {
            "version": 1,
            "handlers": {"table": {"class": "org_files.eventlog.handlers.DatabaseHandler"}},
            "root": {"handlers": ["table"], "level": "INFO"},
        }
        django.setup()
        from org_files.events import record
        record("file.stored")
    """
    ran = run(script)

    assert ran.returncode == 0, ran.stderr
    assert written() == ["file.stored ok"]


def test_fork__writes_each_record_once_in_the_process_that_it_is_of(
    run: Run, written: Callable[[], list[str]]
) -> None:
    script = f"""{BEGIN}
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
for number in range(50):
    files.info("parent %d", number)
children = []
for child in range(3):
    pid = os.fork()
    if not pid:
        for number in range(50):
            files.info("child %d %d", child, number)
        sys.exit()
    children.append(pid)
for pid in children:
    assert os.waitpid(pid, 0)[1] == 0
"""
    ran = run(script)

    assert ran.returncode == 0, ran.stderr
    assert sorted(written()) == sorted(
        [f"parent {number}" for number in range(50)]
        + [f"child {child} {number}" for child in range(3) for number in range(50)]
    )
    assert "lost" not in ran.stderr


def test_table_that_is_not_there__is_said_once_and_harms_nobody(run: Run, tmp_path: Path) -> None:
    database = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}

    ran = run(f'{BEGIN}\nfiles.info("one")\ntime.sleep(1.5)\nfiles.info("two")', **database)

    assert ran.returncode == 0
    said = [line for line in ran.stderr.splitlines() if line.startswith("org_files.eventlog:")]
    assert [line.partition(". ")[0] for line in said] == [
        "org_files.eventlog: entries wait for the database",
        "org_files.eventlog: 2 entries were lost",
    ]
    assert all("no such table" in line for line in said)
