"""Settings of the example project, as its environment variables make them."""

import json
import os
import re
import runpy
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from example import environment

from tests.servers.site import EXAMPLE_PROJECT, LiveSite

KEY = "a-key-for-tests-alone-with-more-than-fifty-characters-in-it"
REDIS_FORM = "must be of the form redis://"

#: What only a process of its own shows.
PROCESS = """
import json, logging, sys
from concurrent.futures import ThreadPoolExecutor
import django
from django.conf import settings
from django.core.management import call_command

django.setup()
imported = sorted({"celery", "redis"} & {*sys.modules})
logging.getLogger("org_files.files").info("stored")
logging.getLogger("elsewhere").info("chatter")
call_command("check", fail_level="WARNING")
# Of installed versions: the oldest that the package allows are tested, too.
settings.SILENCED_SYSTEM_CHECKS = ["org_files.W021"]
call_command("check", deploy=True, tags=["org_files"], fail_level="WARNING")

settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
import example.celery
example.celery.app.loader.import_default_modules()

def look():
    from celery import current_app
    tasks = sorted(name for name in current_app.tasks if name.startswith("org_files."))
    return current_app.conf.broker_url, *tasks

with ThreadPoolExecutor() as threads:
    print(json.dumps([imported, threads.submit(look).result()]))
"""


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "0"}, "SECRET_KEY is not set"),
        ({"HTTPS": "tls"}, "HTTPS must be one of 1, on, true, yes, or of 0, "),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of debug, info, warning, error, not 'loud'"),
        ({"MAX_FILE_SIZE": "0"}, "MAX_FILE_SIZE must be a whole number, 1 or more"),
        ({"LINK_KEEP_DAYS": "-1"}, "LINK_KEEP_DAYS must be a whole number, 0 or more"),
        ({"NUM_PROXIES": "-1"}, "NUM_PROXIES must be a whole number, 0 or more"),
        ({"CSRF_TRUSTED_ORIGINS": "files.example.org"}, "CSRF_TRUSTED_ORIGINS must hold origins"),
        ({"DATABASE_URL": "files.sqlite3"}, "DATABASE_URL must be of the form"),
        ({"DATABASE_URL": "postgres://me:hush@host:port/name"}, "DATABASE_URL must be of the form"),
        ({"CACHE_URL": "127.0.0.1:6379"}, f"CACHE_URL {REDIS_FORM}"),
        ({"CACHE_URL": "redis://me:hush@host:port/1"}, f"CACHE_URL {REDIS_FORM}"),
        ({"CACHE_URL": "redis://127.0.0.1:6379/abc"}, f"CACHE_URL {REDIS_FORM}"),
        ({"CACHE_URL": "rediss://127.0.0.1?db=abc"}, f"CACHE_URL {REDIS_FORM}"),
        ({"CELERY_BROKER_URL": "sqs://me:hush@host"}, f"CELERY_BROKER_URL {REDIS_FORM}"),
        ({"CELERY_BROKER_URL": "amqp://"}, f"CELERY_BROKER_URL {REDIS_FORM}"),
        ({"REGISTRATION": "join"}, "REGISTRATION=join needs JOIN_ORGANIZATION"),
        ({"LOG_DIR": "manage.py"}, "LOG_DIR must be a folder"),
        ({"STORAGE": "disk"}, "STORAGE must be one of local, s3, not 'disk'"),
        ({"STORAGE": "s3"}, "STORAGE=s3 needs AWS_STORAGE_BUCKET_NAME"),
        ({"DELIVERY": "nginx"}, "DELIVERY must be one of stream, xaccel, xsendfile, redirect, ngi"),
        ({"DELIVERY": "nginx-s3"}, "DELIVERY=nginx-s3 does not fit STORAGE=local"),
        ({"DELIVERY": "xaccel", "STORAGE": "s3"}, "DELIVERY=xaccel does not fit STORAGE=s3"),
    ],
)
def test_invalid_variable__is_refused_in_a_sentence_without_its_password(
    settings_of, variables, sentence
):
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(sentence)}") as refused:
        settings_of(**variables)

    assert "hush" not in str(refused.value)


def test_without_variables__the_site_serves_this_computer_alone(settings_of):
    settings = settings_of()
    assert settings["DEBUG"] is True
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["ORG_FILES"] == {
        "POLICY": {"BACKEND": "org_files.access.OpenPolicy"},
        "REGISTRATION": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"},
        "ORGANIZATION_CREATION": "anyone",
        "DEFAULT_TIER": None,
        "MAX_FILE_SIZE": None,
        "LINK_LANDING": True,
        "LINK_KEEP_DAYS": 7,
        "STORAGE": "org_files",
        "RENDITION_STORAGE": "org_files",
        "DELIVERY": {"BACKEND": "org_files.delivery.StreamDelivery"},
        "TASKS": {"BACKEND": "org_files.queues.NoQueue"},
    }
    assert settings["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    assert settings["REST_FRAMEWORK"]["NUM_PROXIES"] == 0
    assert "DEFAULT_THROTTLE_CLASSES" in settings["REST_FRAMEWORK"]
    assert "SESSION_ENGINE" not in settings
    assert not [name for name in settings if name.startswith("CELERY_")]
    assert "SECURE_PROXY_SSL_HEADER" not in settings
    assert (settings["SESSION_COOKIE_SECURE"], settings["CSRF_COOKIE_SECURE"]) == (False, False)


def test_variables__set_what_they_name(settings_of, tmp_path):
    standard = settings_of()
    settings = settings_of(
        ALLOWED_HOSTS="files.example.org,localhost",
        SECRET_KEY=KEY,
        HTTPS="1",
        ORG_FILES_POLICY="OWNER",
        ORGANIZATION_CREATION="operators",
        DEFAULT_TIER="Basic",
        REGISTRATION="join",
        JOIN_ORGANIZATION="Acme",
        PASSWORD_RULES="strict",
        NUM_PROXIES="2",
        THROTTLES="off",
        MEDIA_ROOT=str(tmp_path / "bytes"),
    )

    # Another host switches DEBUG off.
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["files.example.org", "localhost"]
    assert settings["SECRET_KEY"] == KEY
    assert (settings["SESSION_COOKIE_SECURE"], settings["CSRF_COOKIE_SECURE"]) == (True, True)
    assert settings["SECURE_HSTS_SECONDS"] == 0
    chosen = settings["ORG_FILES"]
    assert chosen["POLICY"] == {"BACKEND": "org_files.access.OwnerPolicy"}
    assert (chosen["ORGANIZATION_CREATION"], chosen["DEFAULT_TIER"]) == ("operators", "Basic")
    assert chosen["REGISTRATION"] == {
        "BACKEND": "org_files.accounts.registration.JoinOrganization",
        "OPTIONS": {"organization": "Acme"},
    }
    added = settings["AUTH_PASSWORD_VALIDATORS"][len(standard["AUTH_PASSWORD_VALIDATORS"]) :]
    assert [rule["NAME"].rpartition(".")[2] for rule in added] == [
        "UpperCaseValidator",
        "DigitAndSpecialCharacterValidator",
    ]
    assert settings["REST_FRAMEWORK"]["NUM_PROXIES"] == 2
    assert "DEFAULT_THROTTLE_CLASSES" not in settings["REST_FRAMEWORK"]
    # Stored bytes have a folder of their own.
    stores = settings["STORAGES"]
    assert stores["org_files"]["OPTIONS"] == {"location": str(tmp_path / "bytes")}
    assert stores["default"]["OPTIONS"]["location"] != str(tmp_path / "bytes")


def test_sqlite__waits_for_other_writers(settings_of, tmp_path):
    url = f"sqlite:///{tmp_path}/some%20folder/db.sqlite3"
    database = settings_of(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["NAME"] == f"{tmp_path}/some folder/db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20


def test_database_server__keeps_connections_except_under_asgi(settings_of, monkeypatch):
    url = "postgres://me:p%40ss@127.0.0.1:5432/files"
    database = settings_of(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["PASSWORD"] == "p@ss"
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (600, True)

    monkeypatch.setattr("org_files.http.asgi.get_asgi_application", object)
    monkeypatch.setenv("CONN_MAX_AGE", "")
    monkeypatch.delenv("CONN_MAX_AGE")
    runpy.run_path(str(EXAMPLE_PROJECT / "example/asgi.py"))
    age = os.environ["CONN_MAX_AGE"]
    database = settings_of(DATABASE_URL=url, CONN_MAX_AGE=age)["DATABASES"]["default"]
    assert database["CONN_MAX_AGE"] == 0


def test_every_policy_and_registration__exists(settings_of):
    for choice in ("open", "organization", "owner"):
        import_string(settings_of(ORG_FILES_POLICY=choice)["ORG_FILES"]["POLICY"]["BACKEND"])
    for choice in ("personal", "none", "closed"):
        import_string(settings_of(REGISTRATION=choice)["ORG_FILES"]["REGISTRATION"]["BACKEND"])


@pytest.mark.parametrize("database", ["", "/", "/15", "?db=1"])
def test_cache__is_shared_by_its_url_and_sessions_outlive_it(settings_of, database):
    url = f"redis://:p%40ss@127.0.0.1:6379{database}"
    settings = settings_of(CACHE_URL=url)
    cache = settings["CACHES"]["default"]
    assert (cache["BACKEND"], cache["LOCATION"]) == ("example.cache.SharedCache", url)
    assert cache["OPTIONS"]["socket_connect_timeout"] == 2
    assert settings["SESSION_ENGINE"] == "django.contrib.sessions.backends.cached_db"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "amqps://me:p%40ss@127.0.0.1/files"])
def test_broker__brings_workers_and_the_jobs_of_beat(settings_of, url):
    settings = settings_of(CELERY_BROKER_URL=url)
    assert settings["CELERY_BROKER_URL"] == url
    assert settings["ORG_FILES"]["TASKS"]["BACKEND"] == "org_files.queues.CeleryQueue"
    jobs = {task["args"][0] for task in settings["CELERY_BEAT_SCHEDULE"].values()}
    assert jobs == {"fold", "links", "expire", "purge", "uploads", "eventlog"}


@pytest.mark.parametrize("name", ["stream", "xaccel", "xsendfile"])
def test_delivery__is_one_of_the_package(settings_of, name):
    given = settings_of(DELIVERY=name)["ORG_FILES"]["DELIVERY"]
    assert list(import_string(given["BACKEND"])(**given.get("OPTIONS", {})).check()) == []


def test_bucket_without_its_package__is_refused(settings_of, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    sentence = "AWS_STORAGE_BUCKET_NAME is set, but django-storages is not installed"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings_of(AWS_STORAGE_BUCKET_NAME="files")


@pytest.mark.parametrize(
    ("name", "package"), [("CELERY_BROKER_URL", "celery"), ("CACHE_URL", "redis")]
)
def test_server_whose_package_is_missing__is_refused(settings_of, monkeypatch, name, package):
    monkeypatch.setattr(environment, "find_spec", lambda wanted: None if wanted == package else 1)

    sentence = f"{name} is set, but {package} is not installed"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings_of(**{name: "redis://127.0.0.1:1/0"})


def test_process_of_the_site__logs_to_a_file_passes_all_checks_and_imports_celery_on_demand(
    tmp_path,
):
    site = LiveSite(folder=tmp_path)
    (tmp_path / "media").mkdir()

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROCESS],
        cwd=EXAMPLE_PROJECT,
        env=site.environment(),
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr
    imported, found = json.loads(ran.stdout.splitlines()[-1])
    assert imported == []
    # In every thread, though Celery's current app is that of one.
    tasks = ["org_files.hash_file", "org_files.make_renditions", "org_files.run_job"]
    assert found == ["redis://127.0.0.1:1/0", *tasks]
    written = (tmp_path / "log" / "example.log").read_text(encoding="utf-8")
    for output in (written, ran.stderr):
        assert "INFO org_files.files: stored" in output
        assert "chatter" not in output


@pytest.mark.parametrize(
    ("level", "ours", "of_others"),
    [("debug", "DEBUG", "WARNING"), ("", "INFO", "WARNING"), ("error", "ERROR", "ERROR")],
)
def test_log_level__is_where_the_log_begins(settings_of, level, ours, of_others):
    logging = settings_of(LOG_LEVEL=level)["LOGGING"]

    assert logging["loggers"]["org_files"] == {"level": ours}
    assert logging["root"]["level"] == of_others
