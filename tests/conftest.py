import contextlib
import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from tests.servers.database import DatabaseServer
from tests.servers.mariadb import MariaDB
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import ServerMissing
from tests.servers.redis import Redis
from tests.servers.s3 import S3

SERVER_URL = pytest.StashKey[str]()

pytest_plugins = ["org_files.testing.fixtures"]

DATABASE = os.environ.get("TEST_DATABASE") or "sqlite"
# The server that each value of TEST_DATABASE needs; SQLite needs none.
SERVERS = {"postgresql": PostgreSQL, "mariadb": MariaDB}


def start_or_skip(server, request):
    # A worker of pytest-xdist is given the server that its run shares.
    url = getattr(request.config, "workerinput", {}).get("database_url", "")
    if isinstance(server, DatabaseServer) and server.serves(url):
        server.given_url = url
    try:
        with server:
            parts = urlsplit(server.url)
            # Without the login, which a server that runs already may have in its URL.
            address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
            runs = ", which runs already" if server.given_url else ""
            say(request, f"{server.title} at {address}{runs}")
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


def say(request, line):
    """Write a line to the terminal, which says what was started."""
    plugins = request.config.pluginmanager
    # A worker of pytest-xdist has no terminal.
    if reporter := plugins.get_plugin("terminalreporter"):
        # Else a line that is flushed at once would be taken for output of the test.
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            reporter.ensure_newline()
            reporter.write_line(line)
            reporter.flush()


@pytest.fixture(scope="session")
def postgresql_server(request):
    yield from start_or_skip(PostgreSQL(fsync=False), request)


@pytest.fixture(scope="session")
def mariadb_server(request):
    yield from start_or_skip(MariaDB(fsync=False), request)


@pytest.fixture(scope="session")
def redis_server(request):
    yield from start_or_skip(Redis(), request)


@pytest.fixture(scope="session")
def s3_server(request):
    yield from start_or_skip(S3(), request)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix):
    from django.db import connections

    if DATABASE in SERVERS:
        server = request.getfixturevalue(f"{DATABASE}_server")
        connections["default"].settings_dict.update(server.django_settings())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Make a flush quick, by DELETE instead of TRUNCATE, and restore what migrations have made."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType
    from django.core.management.commands import flush
    from django.db import connection

    from org_files.models import Tier

    with django_db_blocker.unblock():
        saved = [
            (model._base_manager, list(model._base_manager.all()))
            for model in (ContentType, Permission, Tier)
        ]

    def restore(verbosity, interactive, database, **kwargs):
        ContentType.objects.clear_cache()
        for manager, rows in saved:
            manager.using(database).bulk_create(rows)

    def deletions(style, tables, **options):
        deletions = [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]
        # The other databases check foreign keys when the transaction is committed.
        if DATABASE == "mariadb":
            return ["SET FOREIGN_KEY_CHECKS = 0", *deletions, "SET FOREIGN_KEY_CHECKS = 1"]
        return deletions

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", restore)
        patch.setattr(connection.ops, "sql_flush", deletions)
        yield


@pytest.fixture(scope="session")
def doomed(django_db_setup):
    """Processes that are killed while they work on the tests' database and store."""
    from tests.victims import victims

    with victims() as child:
        yield child


@pytest.fixture(autouse=True)
def _empty_storages():
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
def _forget_relations():
    """Clear the cached relations of models before each module: tests that create models or change
    INSTALLED_APPS leave old ones behind."""
    from django.apps import apps

    apps.clear_cache()


@pytest.fixture(scope="session", autouse=True)
def _no_fold_by_chance():
    """One download in ``fold_every`` folds by itself: none does here, but for every one."""
    from org_files.counters import ledger

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "random", SimpleNamespace(random=lambda: 0.5))
        yield


@pytest.fixture(scope="session", autouse=True)
def _count_syncs():
    """Syncs take the disk its time. Here they are counted: the inodes of what would be synced."""
    counted = []

    def count(descriptor):
        counted.append(os.fstat(descriptor).st_ino)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", count)
        patch.setattr(os, "fdatasync", count, raising=False)
        yield counted


@pytest.fixture
def syncs(_count_syncs):
    """The inodes of the files and folders that this test syncs, in order."""
    _count_syncs.clear()
    return _count_syncs


@pytest.fixture(scope="session", autouse=True)
def _forget_swapped_models():
    """Clear the list of installed models when a test changes a setting that swaps one of them."""
    from django.apps import apps
    from django.test.signals import setting_changed

    def forget(*, setting, **kwargs):
        if setting in ("ORG_FILES_FILE_MODEL", "ORG_FILES_ORGANIZATION_MODEL"):
            apps.clear_cache()

    setting_changed.connect(forget)
    yield
    setting_changed.disconnect(forget)


# What has no database, or one of its own, or does not care which: beside the tests on SQLite alone.
RUN_ONCE = (
    "access/test_doing.py",
    "access/test_links.py",
    "access/test_seeing.py",
    "accounts/test_administration.py",
    "accounts/test_avatars.py",
    "accounts/test_gone_users.py",
    "accounts/test_login.py",
    "accounts/test_other_user_models.py",
    "accounts/test_password_change.py",
    "accounts/test_password_rules.py",
    "accounts/test_profile.py",
    "accounts/test_registration.py",
    "accounts/test_registration_backends.py",
    "accounts/test_throttles.py",
    "accounts/test_users.py",
    "admin",
    "attachments/test_definitions.py",
    "attachments/test_labels.py",
    "benchmarks",
    "checks",
    "client",
    "commands/test_export.py",
    "commands/test_links.py",
    "commands/test_maintenance.py",
    "commands/test_move_storage.py",
    "commands/test_verify.py",
    "counters/test_signals.py",
    "delivery",
    "dev",
    "docs",
    "eventlog/test_account_events.py",
    "eventlog/test_events.py",
    "eventlog/test_file_events.py",
    "eventlog/test_handler.py",
    "eventlog/test_link_events.py",
    "eventlog/test_live.py",
    "eventlog/test_masking.py",
    "eventlog/test_page.py",
    "eventlog/test_refusals.py",
    "example",
    "files/test_changing.py",
    "files/test_content.py",
    "files/test_durability.py",
    "files/test_failures.py",
    "files/test_filenames.py",
    "files/test_left_uploads.py",
    "files/test_removal.py",
    "files/test_storing.py",
    "files/test_verification.py",
    "links/test_passwords.py",
    "links/test_signals.py",
    "links/test_tokens.py",
    "live/test_draft_client.py",
    "live/test_picture_tiers.py",
    "live/test_scripts.py",
    "live/test_site.py",
    "matrix",
    "models/test_accessors.py",
    "models/test_folded_totals.py",
    "models/test_ids.py",
    "models/test_imports.py",
    "models/test_lives.py",
    "organizations/test_changing.py",
    "organizations/test_creating.py",
    "organizations/test_last_admin.py",
    "organizations/test_privacy.py",
    "organizations/test_usage.py",
    "patterns",
    "pictures/test_making.py",
    "pictures/test_removal.py",
    "renditions",
    "rest/openapi",
    "rest/test_browsable_api.py",
    "rest/test_content.py",
    "rest/test_errors.py",
    "rest/test_failing_store.py",
    "rest/test_fields.py",
    "rest/test_file_changes.py",
    "rest/test_file_names.py",
    "rest/test_file_trash.py",
    "rest/test_health.py",
    "rest/test_late_bodies.py",
    "rest/test_links.py",
    "rest/test_links_lists.py",
    "rest/test_login_needed.py",
    "rest/test_multipart.py",
    "rest/test_parsers.py",
    "rest/test_refused_calls.py",
    "rest/test_renditions.py",
    "rest/test_renditions_failures.py",
    "rest/test_renditions_shared.py",
    "rest/test_resources.py",
    "rest/test_shared.py",
    "rest/test_site_settings.py",
    "rest/test_tickets.py",
    "rest/test_tiers.py",
    "rest/test_uploads.py",
    "rest/test_visibility.py",
    "serving",
    "tasks",
    "testing",
    "tiers",
    "translations",
    "ways_out",
    "web",
)


def pytest_ignore_collect(collection_path):
    paths = (Path(__file__).parent / name for name in RUN_ONCE if DATABASE != "sqlite")
    return True if collection_path in paths else None


def pytest_collection_modifyitems(config, items):
    left = [item for item in items if item.get_closest_marker("postgresql")]
    if left and DATABASE != "postgresql":
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_configure(config):
    # Without this a SIGTERM would leave servers and folders behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker of pytest-xdist the address of the database server, which all workers share."""
    if DATABASE not in SERVERS:
        return
    config = node.config
    if SERVER_URL not in config.stash:
        config.stash[SERVER_URL] = ""
        server = SERVERS[DATABASE](fsync=False)
        # Where it is not installed, the workers skip their tests and say so.
        with contextlib.suppress(ServerMissing):
            config.stash[SERVER_URL] = server.start().url
            config.add_cleanup(server.stop)
    node.workerinput["database_url"] = config.stash[SERVER_URL]


def skipped_in_ci(config):
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
