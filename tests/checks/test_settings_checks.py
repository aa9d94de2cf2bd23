"""One test for each check that settings alone can provoke."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from celery import Celery
from django.core.checks import Error, Tags, run_checks
from django.db import connection

import org_files
from org_files.delivery import StreamDelivery

CELERY_QUEUE = "org_files.queues.CeleryQueue"

celery_app = Celery("checks", set_as_current=False)

#: Reported by a backend of its own, too, of which only that one can know.
ALSO_OF_BACKENDS = {"org_files.E011": {"queues.py"}, "org_files.E013": {"queues.py"}}


def ids(**kwargs):
    return [message.id for message in run_checks(**kwargs) if message.id.startswith("org_files.")]


def messages(wanted, **kwargs):
    return [message for message in run_checks(**kwargs) if message.id == f"org_files.{wanted}"]


def test_default_host__has_nothing_to_report():
    assert ids() == []


@pytest.mark.parametrize("label", ["Company", "a.b.c", "nowhere.Company"])
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
    "value",
    [
        {"STORAGES": "x"},
        {"MAX_FILE_SIZE": "10 MB"},
        {"MAX_FILE_SIZE": 0},
        {"MAX_FILE_SIZE": True},
        {"LINK_KEEP_DAYS": -1},
        {"LINK_KEEP_DAYS": 1.5},
        {"LINK_KEEP_DAYS": False},
        {"TICKET_SECONDS": 0},
        {"TICKET_SECONDS": None},
        {"TICKET_SECONDS": "300"},
        {"LINK_PREVIEW_AGENTS": "Slackbot"},
        {"LINK_PREVIEW_AGENTS": ["Slackbot", ""]},
        {"LINK_PREVIEW_AGENTS": [7]},
        {"LINK_PREVIEW_AGENTS": None},
        {"ALLOWED_TYPES": "image/*"},
        {"ALLOWED_TYPES": 7},
        {"INLINE_TYPES": ["png"]},
        {"STORE_OWNER": ""},
        {"STORE_OWNER": 1},
        {"HEIGHTS": "200"},
        {"HEIGHTS": 200},
        {"HEIGHTS": None},
        {"HEIGHTS": ["200"]},
        {"HEIGHTS": [0]},
        {"HEIGHTS": [-200]},
        {"HEIGHTS": [200.0]},
        {"HEIGHTS": [True]},
        {"HEIGHTS": {"small": 200}},
        {"HEIGHTS": [65_501]},
        {"HEIGHTS": [*range(1, 22)]},
        {"ORGANIZATION_CREATION": "nobody"},
        {"ORGANIZATION_CREATION": None},
        {"DEFAULT_TIER": ""},
        {"DEFAULT_TIER": 3},
        ["POLICY"],
    ],
)
def test_unknown_or_malformed_setting__is_e010(settings, value):
    settings.ORG_FILES = value
    assert ids() == ["org_files.E010"]


@pytest.mark.parametrize(
    "value",
    [
        {"LINK_KEEP_DAYS": 0},
        {"LINK_KEEP_DAYS": None},
        {"LINK_PREVIEW_AGENTS": []},
        {"LINK_PREVIEW_AGENTS": ["Slackbot"]},
        {"TICKET_SECONDS": 1},
    ],
)
def test_bounds_of_settings__are_no_error(settings, value):
    settings.ORG_FILES = value
    assert ids() == []


@pytest.mark.parametrize("key", ["POLICY", "COUNTERS", "DELIVERY", "TASKS"])
@pytest.mark.parametrize(
    "value",
    [
        "org_files.access.OpenPolicy",
        {"BACKEND": "org_files.nowhere.Thing"},
        {"BACKEND": "datetime.datetime"},
        {"BACKEND": 3},
        {"OPTIONS": {}},
        {"BACKEND": "org_files.access.OpenPolicy", "OPTION": {}},
    ],
)
def test_backend_that_cannot_be_loaded__is_e011(settings, key, value):
    settings.ORG_FILES = {key: value}
    assert ids() == ["org_files.E011"]


@pytest.mark.parametrize("key", ["FILE_SERIALIZER", "FILE_FILTER_SET", "ORGANIZATION_SERIALIZER"])
@pytest.mark.parametrize("value", ["org_files.nowhere.Thing", "datetime.datetime", 3])
def test_class_of_the_wrong_kind__is_e011(settings, key, value):
    settings.ORG_FILES = {key: value}
    assert ids() == ["org_files.E011"]


@pytest.mark.parametrize("heights", [[], [200], (800, 200, 200), [65_500]])
def test_heights_that_are_a_list_of_pixels__are_in_order(settings, heights):
    settings.ORG_FILES = {"HEIGHTS": heights}
    assert ids() == []


def test_queue_of_celery__is_in_order_where_it_finds_the_app(settings):
    for options in ({}, {"app": f"{__name__}.celery_app"}):
        settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": options}}
        assert ids() == []


@pytest.mark.parametrize("app", ["nowhere.celery.app", "org_files", "datetime.datetime"])
def test_queue_of_celery_without_the_app__is_e011(settings, app):
    settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": {"app": app}}}
    [error] = messages("E011")
    assert app in error.msg
    assert error.hint == '"OPTIONS": {"app": "mysite.celery.app"}'


def test_queue_of_celery_without_celery__is_e013_with_the_command(settings, monkeypatch):
    monkeypatch.setattr("org_files.queues.find_spec", lambda name: None)
    settings.ORG_FILES = {"TASKS": {"BACKEND": CELERY_QUEUE, "OPTIONS": {"app": "mysite.app"}}}
    [error] = run_checks(tags=["org_files"])
    assert error.id == "org_files.E013"
    assert error.hint == 'pip install "django-org-files[celery]"'


def test_site_without_time_zones__is_e015(settings):
    settings.USE_TZ = False
    assert "org_files.E015" in ids()


def test_unknown_option__is_e011_and_named(settings):
    settings.ORG_FILES = {
        "COUNTERS": {
            "BACKEND": "org_files.counters.LedgerCounters",
            "OPTIONS": {"fold_evry": 10},
        }
    }
    [error] = messages("E011")
    assert "fold_evry" in error.msg


@pytest.mark.parametrize("key", ["STORAGE", "RENDITION_STORAGE"])
def test_unknown_storage__is_e012_with_a_line_to_paste(settings, key):
    settings.ORG_FILES = {key: "vault"}
    [error] = messages("E012")
    assert f'ORG_FILES["{key}"]' in error.msg
    assert error.hint.startswith('STORAGES["vault"] = {"BACKEND": ')


def test_one_unknown_storage_for_both__is_reported_once(settings):
    settings.ORG_FILES = {"STORAGE": "vault", "RENDITION_STORAGE": "vault"}
    assert len(messages("E012")) == 1


def test_storage_of_renditions_that_cannot_be_made__is_e012(settings):
    settings.STORAGES = settings.STORAGES | {"small": {"BACKEND": "nowhere.Storage"}}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    [error] = messages("E012")
    assert error.msg.startswith('STORAGES["small"] cannot be used')


def test_missing_extra__is_e013_with_the_command(settings, monkeypatch):
    monkeypatch.setattr("org_files.checks.settings.find_spec", lambda name: None)
    settings.STORAGES = settings.STORAGES | {"s3": {"BACKEND": "storages.backends.s3.S3Storage"}}
    hints = {error.hint for error in messages("E013")}
    assert 'pip install "django-org-files[s3]"' in hints
    assert 'pip install "django-org-files[jwt]"' in hints


class Pedantic(StreamDelivery):
    def check(self):
        yield Error("Never content.", id="tests.E001")


def test_backend__reports_by_its_own_check(settings):
    settings.ORG_FILES = {"DELIVERY": {"BACKEND": f"{__name__}.Pedantic"}}
    assert "tests.E001" in [message.id for message in run_checks()]


@pytest.mark.django_db
def test_database_without_returning__is_e014(monkeypatch):
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)
    [error] = messages("E014", tags=[Tags.database], databases=["default"])
    assert "org_files.counters.DirectCounters" in error.hint


def test_database_checks__do_not_run_without_their_database():
    assert ids(tags=[Tags.database], databases=[]) == []


def test_public_default_storage__is_w002_on_deployment(settings):
    settings.STORAGES = {
        name: value for name, value in settings.STORAGES.items() if name != "org_files"
    }
    settings.MEDIA_URL = "/media/"
    assert "org_files.W002" in ids(include_deployment_checks=True)
    assert "org_files.W002" not in ids()


@pytest.mark.parametrize(
    ("vendor", "changes", "expected"),
    [
        ("postgresql", {"CONN_MAX_AGE": 0, "OPTIONS": {}}, "W003"),
        ("mysql", {"CONN_MAX_AGE": 0, "OPTIONS": {}}, "W003"),
        ("postgresql", {"CONN_MAX_AGE": 60, "OPTIONS": {}}, None),
        ("postgresql", {"CONN_MAX_AGE": None, "OPTIONS": {}}, None),
        ("postgresql", {"CONN_MAX_AGE": 0, "OPTIONS": {"pool": True}}, None),
        ("sqlite", {"OPTIONS": {}}, "W004"),
        ("sqlite", {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20}}, "W004"),
        (
            "sqlite",
            {
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 30,
                    "init_command": "PRAGMA synchronous=NORMAL; PRAGMA journal_mode = WAL;",
                }
            },
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
    found = ids(tags=["org_files"], include_deployment_checks=True)
    assert found == ([f"org_files.{expected}"] if expected else [])


def test_pictures_without_pillow__are_w006_on_deployment(settings, monkeypatch):
    assert messages("W006", include_deployment_checks=True) == []
    monkeypatch.setattr("org_files.checks.deployment.find_spec", lambda name: None)
    [warning] = messages("W006", include_deployment_checks=True)
    assert warning.hint == 'pip install "django-org-files[images]"'
    assert messages("W006") == []


@pytest.mark.parametrize(
    ("framework", "hint"),
    [
        (None, 'REST_FRAMEWORK = {"NUM_PROXIES": 1}'),
        ({"NUM_PROXIES": None}, 'REST_FRAMEWORK["NUM_PROXIES"] = 1'),
        ({"DEFAULT_THROTTLE_RATES": {}}, 'REST_FRAMEWORK["NUM_PROXIES"] = 1'),
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
    # The line works.
    names = {} if framework is None else {"REST_FRAMEWORK": dict(framework)}
    exec(warning.hint, names)
    settings.REST_FRAMEWORK = names["REST_FRAMEWORK"]
    assert messages("W020", include_deployment_checks=True) == []


def test_known_number_of_proxies__is_no_w020(settings):
    for number in (0, 1):
        settings.REST_FRAMEWORK = {"NUM_PROXIES": number}
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


def test_ids__are_unique():
    """No two places in the package report under one id, but for the same kind of fault."""
    package = Path(org_files.__file__).parent
    where = {}
    for path in package.rglob("*.py"):
        for check_id in re.findall(r'id="(org_files\.[EW]\d{3})"', path.read_text()):
            if path.name not in ALSO_OF_BACKENDS.get(check_id, ()):
                where.setdefault(check_id, set()).add(path.name)
    assert len(where) > 10
    assert {check_id: files for check_id, files in where.items() if len(files) > 1} == {}


def test_every_check__is_provoked_in_this_folder():
    package = Path(org_files.__file__).parent
    ours = set()
    for path in package.rglob("*.py"):
        ours |= set(re.findall(r'id="org_files\.([EW]\d{3})"', path.read_text()))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {check_id for check_id in ours if check_id not in tests} == set()


def test_checks__are_registered_by_the_app():
    assert import_module("org_files.checks").check_models in _registered()


def _registered():
    from django.core.checks.registry import registry

    return registry.get_checks(include_deployment_checks=True)
