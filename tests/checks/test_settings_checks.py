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
from org_files.delivery import StreamDelivery
from org_files.storage import original_storage
from org_files.testing.factories import make_tier

CELERY_QUEUE = "org_files.queues.CeleryQueue"

celery_app = Celery("checks", set_as_current=False)

#: Ids that a backend reports, too, of errors that only the backend knows.
ALSO_OF_BACKENDS = {"org_files.E011": {"queues.py"}, "org_files.E013": {"queues.py"}}


@pytest.fixture(scope="module", autouse=True)
def _known_database(django_db_setup, django_db_blocker):
    """Django's checks of JSON columns ask the database once what it can do.

    Before any test changes settings, under which the tables could not be made.
    """
    with django_db_blocker.unblock():
        assert connection.features.supports_json_field


def messages(wanted="", *, tags=("org_files",), **kwargs):
    """Return the messages of our checks whose id ends with ``wanted``."""
    found = run_checks(tags=list(tags), **kwargs)
    return [each for each in found if each.id.startswith("org_files.") and wanted in each.id]


def ids(**kwargs):
    return [message.id for message in messages(**kwargs)]


def test_default_host__has_nothing_to_report():
    assert run_checks() == []


@pytest.mark.parametrize("label", ["Company", "nowhere.Company"])
def test_malformed_or_missing_model__is_e001(settings, label):
    settings.ORG_FILES_ORGANIZATION_MODEL = label
    [error] = messages("E001")
    assert error.hint == 'ORG_FILES_ORGANIZATION_MODEL = "org_files.Organization"'


def test_model_that_does_not_inherit__is_e002(settings):
    settings.ORG_FILES_FILE_MODEL = "sessions.Session"
    [error] = messages("E002")
    assert error.hint == "class Session(AbstractFile): ..."


def test_one_model_for_both__is_e005(settings):
    settings.ORG_FILES_ORGANIZATION_MODEL = "org_files.File"
    assert "org_files.E005" in ids()


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (["POLICY"], "ORG_FILES = {}"),
        ({"STORAGES": "x"}, f"There are {', '.join(sorted(conf.SETTINGS))}."),
        ({"HEIGHTS": [0]}, 'ORG_FILES["HEIGHTS"] = (200, 400)'),
        ({"PROFILE_FIELDS": "phone"}, 'ORG_FILES["PROFILE_FIELDS"] = ()'),
        ({"EVENTLOG_DAYS": 0}, 'ORG_FILES["EVENTLOG_DAYS"] = 90'),
    ],
)
def test_unknown_or_malformed_setting__is_e010_with_a_hint(settings, value, hint):
    settings.ORG_FILES = value
    [error] = messages()
    assert error.id == "org_files.E010"
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("POLICY", "org_files.access.OpenPolicy"),
        ("COUNTERS", {"BACKEND": "org_files.nowhere.Thing"}),
        ("DELIVERY", {"BACKEND": "datetime.datetime"}),
        ("TASKS", {"BACKEND": 3}),
        ("REGISTRATION", {"BACKEND": "org_files.access.OpenPolicy"}),
        ("FILE_SERIALIZER", "org_files.nowhere.Thing"),
        ("FILE_FILTER_SET", "datetime.datetime"),
        ("ORGANIZATION_SERIALIZER", 3),
    ],
)
def test_class_that_cannot_be_loaded__is_e011_with_the_default(settings, key, value):
    settings.ORG_FILES = {key: value}
    [error] = messages()
    assert error.id == "org_files.E011"
    assert error.hint == f'ORG_FILES["{key}"] = {conf.SETTINGS[key].default!r}'


def test_unknown_option__is_e011_and_named(settings):
    options = {"fold_evry": 10}
    settings.ORG_FILES = {
        "COUNTERS": {"BACKEND": "org_files.counters.LedgerCounters", "OPTIONS": options}
    }
    [error] = messages("E011")
    assert "fold_evry" in error.msg


def test_queue_of_celery__needs_an_app_that_it_finds(settings):
    for options in ({}, {"app": f"{__name__}.celery_app"}):
        settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": options}}
        assert ids() == []
    for app in ("nowhere.celery.app", "org_files"):
        settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": {"app": app}}}
        [error] = messages("E011")
        assert app in error.msg
        assert error.hint == '"OPTIONS": {"app": "mysite.celery.app"}'


def test_queue_of_celery_without_celery__is_e013_with_the_command(settings, monkeypatch):
    monkeypatch.setattr("org_files.queues.find_spec", lambda name: None)
    settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": {"app": "mysite.app"}}}
    [error] = messages()
    assert error.id == "org_files.E013"
    assert error.hint == 'pip install "django-org-files[celery]"'


def test_site_without_time_zones__is_e015(settings):
    settings.USE_TZ = False
    assert "org_files.E015" in ids()


@pytest.mark.parametrize("key", ["STORAGE", "RENDITION_STORAGE"])
def test_unknown_storage__is_e012_with_a_line_to_paste(settings, key):
    settings.ORG_FILES = {key: "vault"}
    [error] = messages("E012")
    assert f'ORG_FILES["{key}"]' in error.msg
    assert error.hint.startswith('STORAGES["vault"] = {"BACKEND": ')


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


def test_database_without_returning__is_e014(db, monkeypatch):
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    assert ids(tags=[Tags.database], databases=[]) == []
    [error] = messages("E014", tags=[Tags.database], databases=["default"])
    assert "org_files.counters.DirectCounters" in error.hint


def test_missing_default_tier__is_e021_with_the_existing_tiers(settings, db):
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


def test_default_tier__may_follow_by_a_migration_or_with_the_database(settings, db, monkeypatch):
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
    monkeypatch.setattr("org_files.checks.settings.connections", {"default": Connection()})
    found = ids(include_deployment_checks=True)
    assert found == ([f"org_files.{expected}"] if expected else [])


@pytest.mark.parametrize(
    ("module", "id"), [("checks.settings", "W006"), ("accounts.checks", "W005")]
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


def test_unknown_role_of_registration__is_e016_and_named(settings):
    path = "org_files.accounts.registration.JoinOrganization"
    options = {"organization": "Acme", "role": "boss"}
    settings.ORG_FILES = {"REGISTRATION": {"BACKEND": path, "OPTIONS": options}}
    [error] = messages()
    assert error.id == "org_files.E016"
    assert "boss" in error.msg


def test_privilege_among_the_profile_fields__is_e017_and_named(settings):
    settings.ORG_FILES = {"PROFILE_FIELDS": ["first_name", "is_superuser"]}
    [error] = messages()
    assert error.id == "org_files.E017"
    assert "is_superuser" in error.msg


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
def test_every_check__is_provoked_in_this_folder():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [each for each in ids_of_the_source() if each[-4:] not in tests] == []
