import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import ServerMissing
from tests.servers.redis import Redis

pytest_plugins = ["org_files.testing.fixtures"]

# The fixture whose server each value of TEST_DATABASE needs; SQLite needs none.
SERVER_FIXTURES = {"postgresql": "postgresql_server", "mariadb": "mariadb_server"}


def start_or_skip(server):
    try:
        return server.start()
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    server = start_or_skip(PostgreSQL(fsync=False))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    server = start_or_skip(MariaDB(fsync=False))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    server = start_or_skip(Redis())
    yield server
    server.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix):
    from django.db import connections

    fixture = SERVER_FIXTURES.get(os.environ.get("TEST_DATABASE", "sqlite"))
    if fixture:
        server = request.getfixturevalue(fixture)
        connections["default"].settings_dict.update(server.django_settings())


@pytest.fixture(autouse=True)
def _empty_storages() -> Iterator[None]:
    """Nothing stored by one test is there in the next."""
    yield
    from django.conf import settings

    folder = getattr(settings, "TEST_FOLDER", None)
    if folder is None:
        return
    for options in settings.STORAGES.values():
        location = options.get("OPTIONS", {}).get("location")
        # Only below the suite's own folder, whatever a test made of the setting.
        if location and Path(folder) in Path(location).parents:
            shutil.rmtree(location, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def _forget_relations() -> None:
    """What models know of those that refer to them is looked up anew in each module: tests that
    make models of their own, or change INSTALLED_APPS, leave old answers behind."""
    from django.apps import apps

    apps.clear_cache()


# What has no database, or one of its own, or does not care which: beside the tests on SQLite alone.
RUN_ONCE = (
    "access/test_doing.py",
    "access/test_links.py",
    "access/test_seeing.py",
    "checks",
    "delivery",
    "dev",
    "docs",
    "eventlog/test_live.py",
    "eventlog/test_masking.py",
    "eventlog/test_processes.py",
    "example",
    "files/test_left_uploads.py",
    "live/test_picture_tiers.py",
    "live/test_workers.py",
    "matrix",
    "renditions",
    "rest/openapi",
    "rest/test_content.py",
    "rest/test_openapi.py",
    "rest/test_renditions.py",
    "rest/test_renditions_failures.py",
    "rest/test_renditions_shared.py",
    "rest/test_shared_page.py",
    "rest/test_site_settings.py",
    "rest/test_tickets.py",
    "serving/test_contents.py",
    "tasks",
    "testing",
    "translations",
)


def pytest_collection_modifyitems(config, items):
    database = os.environ.get("TEST_DATABASE", "sqlite")
    paths = [Path(__file__).parent / name for name in RUN_ONCE if database != "sqlite"]
    left = [
        item
        for item in items
        if any(item.path.is_relative_to(path) for path in paths)
        or (database != "postgresql" and item.get_closest_marker("postgresql"))
    ]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_configure(config):
    # Without this a SIGTERM would leave servers and folders behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def skipped_in_ci(config) -> list[str]:
    """The tests that did not run though they had to: a skipped suite is not a green one."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return []
    return sorted({report.nodeid for report in reporter.stats.get("skipped", [])})


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and skipped_in_ci(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if skipped := skipped_in_ci(config):
        terminalreporter.write_line(
            f"Failed, because nothing may be skipped under CI=true: {', '.join(skipped)}", red=True
        )
