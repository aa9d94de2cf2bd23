"""System checks that settings alone provoke, and the import of the views that they protect."""

import re
from pathlib import Path

import pytest
from celery import Celery
from django.core.checks import Error, Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder

import org_files
from org_files import conf
from org_files.checks import require_importable_views
from org_files.checks.deployment import SAFE_RELEASES, _security_release
from org_files.delivery import StreamDelivery
from org_files.storage import original_storage
from org_files.testing.factories import make_tier

CELERY_QUEUE = "org_files.queues.CeleryQueue"

celery_app = Celery("checks", set_as_current=False)

#: Ids that a backend reports, too, of errors that only the backend knows.
ALSO_OF_BACKENDS = {"org_files.E011": {"queues.py"}, "org_files.E013": {"queues.py"}}


# Django's checks of JSON columns ask the database what it can do.
pytestmark = pytest.mark.django_db


def messages(wanted="", *, tags=("org_files",), **kwargs):
    """Return the messages of our checks whose id ends with ``wanted``."""
    found = run_checks(tags=list(tags), **kwargs)
    return [each for each in found if each.id.startswith("org_files.") and wanted in each.id]


def ids(**kwargs):
    return [message.id for message in messages(**kwargs)]


def test_default_host__has_nothing_to_report():
    assert run_checks() == []


def backend(key, path, **options):
    return {key: {"BACKEND": path, "OPTIONS": options}}


def line(key):
    """Return the hint to use the default of a setting."""
    return f'ORG_FILES["{key}"] = {conf.SETTINGS[key].default!r}'


APP = '"OPTIONS": {"app": "mysite.celery.app"}'
DEFAULT_ORGANIZATION = 'ORG_FILES_ORGANIZATION_MODEL = "org_files.Organization"'
COUNTERS = "org_files.counters.LedgerCounters"
JOIN = "org_files.accounts.registration.JoinOrganization"
BOSS = {"organization": "Acme", "role": "boss"}
KEYS = f"There are {', '.join(sorted(conf.SETTINGS))}."


@pytest.mark.parametrize(
    ("id", "setting", "value", "message", "hint"),
    [
        ("E001", "ORG_FILES_ORGANIZATION_MODEL", "Company", "'Company'", DEFAULT_ORGANIZATION),
        (
            "E001",
            "ORG_FILES_ORGANIZATION_MODEL",
            "no.Company",
            "'no.Company'",
            DEFAULT_ORGANIZATION,
        ),
        (
            "E002",
            "ORG_FILES_FILE_MODEL",
            "sessions.Session",
            "",
            "class Session(AbstractFile): ...",
        ),
        ("E005", "ORG_FILES_ORGANIZATION_MODEL", "org_files.File", "both name org_files.File", ""),
        ("E010", "ORG_FILES", ["POLICY"], "must be a dictionary", "ORG_FILES = {}"),
        ("E010", "ORG_FILES", {"STORAGES": "x"}, '"STORAGES"', KEYS),
        ("E010", "ORG_FILES", {"HEIGHTS": [0]}, "HEIGHTS", line("HEIGHTS")),
        ("E010", "ORG_FILES", {"PROFILE_FIELDS": "phone"}, "", line("PROFILE_FIELDS")),
        ("E010", "ORG_FILES", {"EVENTLOG_DAYS": 0}, "", line("EVENTLOG_DAYS")),
        ("E010", "ORG_FILES", {"USER_NAME": "nickname"}, '"nickname"', line("USER_NAME")),
        ("E010", "ORG_FILES", {"USER_NAME": "nowhere.name"}, '"nowhere', line("USER_NAME")),
        ("E011", "ORG_FILES", {"POLICY": "org_files.access.OpenPolicy"}, "", line("POLICY")),
        ("E011", "ORG_FILES", backend("COUNTERS", "org_files.nowhere.X"), "", line("COUNTERS")),
        ("E011", "ORG_FILES", backend("COUNTERS", COUNTERS, fold_evry=10), "fold_evry", ""),
        ("E011", "ORG_FILES", backend("DELIVERY", "datetime.datetime"), "", line("DELIVERY")),
        ("E011", "ORG_FILES", backend("TASKS", 3), "", line("TASKS")),
        ("E011", "ORG_FILES", backend("TASKS", CELERY_QUEUE, app="org_files"), "org_files", APP),
        ("E011", "ORG_FILES", backend("TASKS", CELERY_QUEUE, app="nowhere.app"), "nowhere", APP),
        ("E011", "ORG_FILES", backend("REGISTRATION", COUNTERS), "", line("REGISTRATION")),
        ("E011", "ORG_FILES", {"FILE_SERIALIZER": "nowhere.Thing"}, "", line("FILE_SERIALIZER")),
        ("E011", "ORG_FILES", {"FILE_FILTER_SET": "datetime.date"}, "", line("FILE_FILTER_SET")),
        ("E011", "ORG_FILES", {"ORGANIZATION_SERIALIZER": 3}, "", line("ORGANIZATION_SERIALIZER")),
        ("E012", "ORG_FILES", {"STORAGE": "vault"}, '["STORAGE"]', 'STORAGES["vault"] = {'),
        ("E012", "ORG_FILES", {"RENDITION_STORAGE": "v"}, "RENDITION_STORAGE", 'STORAGES["v"] = {'),
        ("E015", "USE_TZ", False, "time zones", "USE_TZ = True"),
        ("E016", "ORG_FILES", backend("REGISTRATION", JOIN, **BOSS), "boss", ""),
        ("E017", "ORG_FILES", {"PROFILE_FIELDS": ["phone", "is_superuser"]}, "is_superuser", ""),
    ],
)
def test_mistake__is_reported_once_and_named_with_a_hint(
    settings, id, setting, value, message, hint
):
    setattr(settings, setting, value)
    [error] = messages(id) if setting != "ORG_FILES" else messages()
    assert error.id == f"org_files.{id}"
    assert message in error.msg
    assert (error.hint or "").startswith(hint)


def test_queue_of_celery__finds_its_app(settings):
    for options in ({}, {"app": f"{__name__}.celery_app"}):
        settings.ORG_FILES = backend("TASKS", CELERY_QUEUE, **options)
        assert ids() == []


def test_queue_of_celery_without_celery__is_e013_with_the_command(settings, monkeypatch):
    monkeypatch.setattr("org_files.queues.find_spec", lambda name: None)
    settings.ORG_FILES = backend("TASKS", CELERY_QUEUE, app="mysite.app")
    [error] = messages()
    assert error.id == "org_files.E013"
    assert error.hint == 'pip install "django-org-files[celery]"'


@pytest.mark.parametrize(
    ("values", "storages"),
    [
        ({"STORAGE": "vault", "RENDITION_STORAGE": "vault"}, {}),
        ({"RENDITION_STORAGE": "small"}, {"small": "nowhere.Storage"}),
        ({}, {"org_files": "org_files.storage.Vault"}),
        (["STORAGE"], {}),
    ],
)
def test_unusable_storage__is_reported_once_and_refuses_every_use(settings, values, storages):
    settings.ORG_FILES = values
    settings.STORAGES = settings.STORAGES | {
        alias: {"BACKEND": path} for alias, path in storages.items()
    }
    [error] = messages("E01")
    assert error.id == ("org_files.E010" if isinstance(values, list) else "org_files.E012")
    if "small" in storages:
        assert error.msg.startswith('STORAGES["small"] cannot be used')
        return
    for use in (
        lambda storage: storage.open("key"),
        lambda storage: storage.save("key", ContentFile(b"-")),
        lambda storage: storage.delete("key"),
        lambda storage: storage.exists("key"),
        lambda storage: storage.size("key"),
        lambda storage: storage.listdir(""),
        lambda storage: storage.get_modified_time("key"),
    ):
        with pytest.raises(ImproperlyConfigured):
            use(original_storage())


def test_missing_extra__is_e013_with_the_command(settings, monkeypatch):
    require_importable_views()
    settings.STORAGES = settings.STORAGES | {"s3": {"BACKEND": "storages.backends.s3.S3Storage"}}
    monkeypatch.setattr("org_files.checks.settings.find_spec", lambda name: None)
    hints = {error.hint for error in messages("E013")}
    assert 'pip install "django-org-files[s3]"' in hints
    assert 'pip install "django-org-files[jwt]"' in hints
    with pytest.raises(SystemCheckError, match=r"org_files\.E013.*\n.*django-org-files\[jwt\]"):
        require_importable_views()


def test_model_that_is_not_installed__is_told_before_the_views_are_imported(settings):
    settings.ORG_FILES_FILE_MODEL = "acme.Document"
    with pytest.raises(SystemCheckError, match=r"org_files\.E001.*acme\.Document"):
        require_importable_views()


class Pedantic(StreamDelivery):
    def check(self):
        yield Error("Never content.", id="tests.E001")


def test_backend__reports_by_its_own_check(settings):
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": f"{__name__}.Pedantic"}}
    assert [message.id for message in run_checks(tags=["org_files"])] == ["tests.E001"]


def test_database_without_returning__is_e014(monkeypatch):
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    assert ids(tags=[Tags.database], databases=[]) == []
    [error] = messages("E014", tags=[Tags.database], databases=["default"])
    assert "org_files.counters.DirectCounters" in error.hint


def test_missing_default_tier__is_e021_with_the_existing_tiers(settings):
    make_tier("Starter")
    settings.ORG_FILES = {"DEFAULT_TIER": "Nowhere"}
    [error] = messages(databases=["default"])
    assert error.id == "org_files.E021"
    assert "'Nowhere'" in error.msg
    assert "'Starter'" in error.hint
    # An error would stop makemigrations.
    assert ids() == ["org_files.W012"]
    for name in ("Starter", None):
        settings.ORG_FILES = {"DEFAULT_TIER": name}
        assert ids(databases=["default"]) == []


def test_default_tier__may_follow_by_a_migration_or_with_the_database(settings, monkeypatch):
    def no_database():
        raise OperationalError

    settings.ORG_FILES = {"DEFAULT_TIER": "Studio"}
    assert ids(databases=["default"]) == ["org_files.E021"]
    for table_names in (no_database, list):
        with monkeypatch.context() as patch:
            patch.setattr(connection.introspection, "table_names", table_names)
            assert ids(databases=["default"]) == []
    MigrationRecorder(connection).migration_qs.filter(app="org_files_eventlog").delete()
    assert ids(databases=["default"]) == []


def test_public_default_storage__is_w002_on_deployment(settings):
    settings.STORAGES = {
        name: value for name, value in settings.STORAGES.items() if name != "org_files"
    }
    settings.MEDIA_URL = "/media/"
    assert "org_files.W002" in ids(include_deployment_checks=True)
    assert ids() == []


WAL = "PRAGMA synchronous=NORMAL; PRAGMA journal_mode = WAL;"


@pytest.mark.parametrize(
    ("vendor", "changes", "expected"),
    [
        ("postgresql", {"CONN_MAX_AGE": 0, "OPTIONS": {}}, "W003"),
        ("postgresql", {"CONN_MAX_AGE": None, "OPTIONS": {}}, None),
        ("postgresql", {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": True}}, None),
        ("sqlite", {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}, "W004"),
        (
            "sqlite",
            {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": WAL}},
            None,
        ),
    ],
)
def test_connections__are_advised_on_deployment(monkeypatch, settings, vendor, changes, expected):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 0}

    class Connection:
        alias = "default"
        settings_dict = changes

    Connection.vendor = vendor
    monkeypatch.setattr("org_files.checks.deployment.connections", {"default": Connection()})
    # Under the oldest versions there is also advice about these.
    found = [id for id in ids(include_deployment_checks=True) if id != "org_files.W021"]
    assert found == ([f"org_files.{expected}"] if expected else [])


@pytest.mark.parametrize(
    ("module", "id"), [("checks.deployment", "W006"), ("accounts.checks", "W005")]
)
def test_site_without_pillow__is_advised_on_deployment(monkeypatch, module, id):
    assert messages(id, include_deployment_checks=True) == []
    monkeypatch.setattr(f"org_files.{module}.find_spec", lambda name: None)
    [warning] = messages(id, include_deployment_checks=True)
    assert warning.hint == 'pip install "django-org-files[images]"'
    assert messages(id) == []


@pytest.mark.parametrize(
    ("framework", "hint"),
    [
        (None, 'REST_FRAMEWORK = {"NUM_PROXIES": 1}'),
        ({"NUM_PROXIES": None}, 'REST_FRAMEWORK["NUM_PROXIES"] = 1'),
    ],
    ids=str,
)
def test_unknown_number_of_proxies__is_w020_on_deployment(settings, framework, hint):
    if framework is None:
        del settings.REST_FRAMEWORK
    else:
        settings.REST_FRAMEWORK = framework

    [warning] = messages("W020", include_deployment_checks=True)

    assert "X-Forwarded-For" in warning.msg
    assert warning.hint.partition("  #")[0] == hint
    assert messages("W020") == []
    # The hint works.
    names = {} if framework is None else {"REST_FRAMEWORK": dict(framework)}
    exec(warning.hint, names)
    settings.REST_FRAMEWORK = names["REST_FRAMEWORK"]
    assert messages("W020", include_deployment_checks=True) == []


@pytest.mark.parametrize("key", ["class", "()"])
def test_log_without_its_app__is_e018(settings, key):
    settings.LOGGING = {
        "version": 1,
        "handlers": {"table": {key: "org_files.eventlog.handlers.DatabaseHandler"}},
    }
    assert messages("E018") == []
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if "eventlog" not in app]
    [error] = messages("E018")
    assert error.hint == 'INSTALLED_APPS += ["org_files.eventlog"]'


def ids_of_the_source():
    """Return the files that report each id."""
    where = {}
    for path in Path(org_files.__file__).parent.rglob("*.py"):
        for check_id in re.findall(r'id="(org_files\.[EW]\d{3})"', path.read_text()):
            if path.name not in ALSO_OF_BACKENDS.get(check_id, ()):
                where.setdefault(check_id, set()).add(path.name)
    return where


def test_ids__are_unique():
    where = ids_of_the_source()
    assert len(where) > 10
    assert {check_id: files for check_id, files in where.items() if len(files) > 1} == {}


@pytest.mark.sweep
def test_every_check__is_provoked_by_a_test():
    names = ("attachments", "checks", "delivery", "hosts/shop/suite", "s3", "web")
    folders = [Path(__file__).parents[1] / name for name in names]
    tests = "".join(path.read_text() for each in folders for path in each.glob("test_*.py"))
    assert [each for each in ids_of_the_source() if each[-4:] not in tests] == []


@pytest.mark.parametrize(
    ("package", "installed", "wanted"),
    [
        ("djangorestframework", "3.15.2", "3.18.2"),
        ("djangorestframework", "3.18.2", None),
        ("Django", "5.2", "5.2.16"),
        ("Django", "5.2.19", None),
        ("Django", "6.0.6", "6.0.7"),
        ("Django", "6.1", None),
    ],
)
def test_release_with_known_security_issues__is_w021_on_deployment(
    monkeypatch, package, installed, wanted
):
    monkeypatch.setattr(
        "org_files.checks.deployment.version", lambda name: installed if name == package else "99"
    )
    hints = [message.hint for message in messages("W021", include_deployment_checks=True)]
    assert hints == ([f'pip install "{package}>={wanted}"'] if wanted else [])
    assert messages("W021") == []


def test_pinned_versions__have_no_known_security_issue():
    pins = (Path(__file__).parents[2] / "constraints.txt").read_text(encoding="utf-8")
    for package, releases in SAFE_RELEASES.items():
        found = re.findall(rf"^{package.lower()}==([\d.]+)", pins, re.M)
        assert found
        assert [each for each in found if _security_release(each, releases)] == []
