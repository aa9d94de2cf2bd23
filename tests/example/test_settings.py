"""Settings of the example project, as its environment variables make them."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from example import environment

from tests.servers.site import LiveSite

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
KEY = "a-key-for-tests-alone-with-more-than-fifty-characters-in-it"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DEBUG": "0"}, "SECRET_KEY is not set"),
        ({"DEBUG": "perhaps"}, "DEBUG must be one of"),
        ({"HTTPS": "tls"}, "HTTPS must be one of"),
        ({"THROTTLES": "60/min"}, "THROTTLES must be one of"),
        (
            {"ORG_FILES_POLICY": "closed"},
            "ORG_FILES_POLICY must be one of open, organization, owner, not 'closed'",
        ),
        (
            {"ORGANIZATION_CREATION": "nobody"},
            "ORGANIZATION_CREATION must be one of anyone, operators, not 'nobody'",
        ),
        ({"MAX_FILE_SIZE": "10M"}, "MAX_FILE_SIZE must be a whole number"),
        ({"CSRF_TRUSTED_ORIGINS": "files.example.org"}, "CSRF_TRUSTED_ORIGINS must hold origins"),
        ({"DATABASE_URL": "files.sqlite3"}, "DATABASE_URL must be of the form"),
        ({"CACHE_URL": "127.0.0.1:6379"}, "CACHE_URL must be of the form redis://"),
        ({"CACHE_URL": "memcached://127.0.0.1"}, "CACHE_URL must be of the form redis://"),
        ({"CACHE_URL": "redis://127.0.0.1:6379/abc"}, "CACHE_URL must be of the form redis://"),
        ({"CACHE_URL": "rediss://127.0.0.1?db=abc"}, "CACHE_URL must be of the form redis://"),
        ({"CELERY_BROKER_URL": "redis"}, "CELERY_BROKER_URL must be of the form redis://"),
        ({"CELERY_BROKER_URL": "amqp://"}, "CELERY_BROKER_URL must be of the form redis://"),
        ({"LINK_KEEP_DAYS": "-1"}, "LINK_KEEP_DAYS must be a whole number, 0 or more"),
        ({"NUM_PROXIES": "-1"}, "NUM_PROXIES must be a whole number, 0 or more"),
        ({"REGISTRATION": "join"}, "REGISTRATION=join needs JOIN_ORGANIZATION"),
        ({"LOG_DIR": "manage.py"}, "LOG_DIR must be a folder"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of debug, info, warning, error"),
    ],
)
def test_variable_that_makes_no_sense__is_refused_in_a_sentence(settings_of, variables, sentence):
    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(sentence)}"):
        settings_of(**variables)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgres://me:hush@host:port/name"),
        ("CACHE_URL", "redis://me:hush@host:port/1"),
        ("CELERY_BROKER_URL", "sqs://me:hush@host"),
    ],
)
def test_bad_url__keeps_its_password(settings_of, name, url):
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be of the form") as refused:
        settings_of(**{name: url})

    assert "hush" not in str(refused.value)


def test_without_variables__the_site_serves_this_computer_alone(settings_of):
    settings = settings_of()
    assert settings["DEBUG"] is True
    assert settings["ALLOWED_HOSTS"] == LOOPBACK
    assert settings["ORG_FILES"] == {
        "POLICY": {"BACKEND": "org_files.access.OpenPolicy"},
        "REGISTRATION": {"BACKEND": "org_files.accounts.registration.PersonalOrganization"},
        "ORGANIZATION_CREATION": "anyone",
        "DEFAULT_TIER": None,
        "MAX_FILE_SIZE": None,
        "LINK_KEEP_DAYS": 7,
        "TASKS": {"BACKEND": "org_files.queues.NoQueue"},
    }
    assert settings["CACHES"]["default"]["BACKEND"].endswith("LocMemCache")
    assert "SESSION_ENGINE" not in settings
    assert not [name for name in settings if name.startswith("CELERY_")]


def test_other_hosts__switch_debug_off(settings_of):
    settings = settings_of(ALLOWED_HOSTS="files.example.org,localhost", SECRET_KEY=KEY)
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["files.example.org", "localhost"]
    assert settings["SECRET_KEY"] == KEY


def test_policy_tiers_and_registration__are_chosen_by_name(settings_of):
    default = settings_of(ORG_FILES_POLICY="organization")["ORG_FILES"]
    chosen = settings_of(
        ORG_FILES_POLICY="OWNER",
        ORGANIZATION_CREATION="operators",
        DEFAULT_TIER="Basic",
        REGISTRATION="join",
        JOIN_ORGANIZATION="Acme",
    )["ORG_FILES"]

    assert default["POLICY"] == {"BACKEND": "org_files.access.OrganizationPolicy"}
    assert chosen["POLICY"] == {"BACKEND": "org_files.access.OwnerPolicy"}
    assert (default["ORGANIZATION_CREATION"], default["DEFAULT_TIER"]) == ("anyone", None)
    assert (chosen["ORGANIZATION_CREATION"], chosen["DEFAULT_TIER"]) == ("operators", "Basic")
    assert chosen["REGISTRATION"] == {
        "BACKEND": "org_files.accounts.registration.JoinOrganization",
        "OPTIONS": {"organization": "Acme"},
    }
    for name, backend in (("none", "NoOrganization"), ("closed", "ClosedRegistration")):
        registration = settings_of(REGISTRATION=name)["ORG_FILES"]["REGISTRATION"]
        assert registration == {"BACKEND": f"org_files.accounts.registration.{backend}"}


def test_strict_rules__ask_for_kinds_of_characters(settings_of):
    standard = settings_of()["AUTH_PASSWORD_VALIDATORS"]
    strict = settings_of(PASSWORD_RULES="strict")["AUTH_PASSWORD_VALIDATORS"]

    assert [rule["NAME"].rpartition(".")[2] for rule in strict if rule not in standard] == [
        "UpperCaseValidator",
        "DigitAndSpecialCharacterValidator",
    ]


def test_sqlite__waits_for_other_writers(settings_of, tmp_path):
    url = f"sqlite:///{tmp_path}/some%20folder/db.sqlite3"
    database = settings_of(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["NAME"] == f"{tmp_path}/some folder/db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20


def test_database_server__keeps_connections(settings_of):
    url = "postgres://me:p%40ss@127.0.0.1:5432/files"
    database = settings_of(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["PASSWORD"] == "p@ss"
    assert database["CONN_MAX_AGE"] == 600
    assert database["CONN_HEALTH_CHECKS"] is True


def test_asgi__keeps_no_connections(run_python):
    script = (
        "import example.asgi; from django.conf import settings; "
        "print(settings.DATABASES['default']['CONN_MAX_AGE'])"
    )
    ran = run_python(script, DATABASE_URL="postgres://me@127.0.0.1:5432/files")
    assert ran.stdout.strip() == "0", ran.stderr


def test_stored_bytes__have_a_folder_of_their_own(settings_of, tmp_path):
    settings = settings_of(MEDIA_ROOT=str(tmp_path / "bytes"))
    locations = [
        storage["OPTIONS"]["location"]
        for storage in settings["STORAGES"].values()
        if "location" in storage.get("OPTIONS", {})
    ]
    assert settings["STORAGES"]["org_files"]["OPTIONS"] == {"location": str(tmp_path / "bytes")}
    assert len(locations) == len(set(locations))


def test_cookies__are_secure_with_https_only(settings_of):
    for value, expected in (("0", False), ("1", True)):
        settings = settings_of(HTTPS=value)
        assert settings["SESSION_COOKIE_SECURE"] is expected
        assert settings["CSRF_COOKIE_SECURE"] is expected
        assert settings["SECURE_HSTS_SECONDS"] == 0
        assert "SECURE_PROXY_SSL_HEADER" not in settings


def test_cache__is_shared_by_its_url_and_sessions_outlive_it(settings_of):
    settings = settings_of(CACHE_URL="redis://:p%40ss@127.0.0.1:6379/1")
    cache = settings["CACHES"]["default"]
    assert cache["BACKEND"] == "example.cache.SharedCache"
    assert cache["LOCATION"] == "redis://:p%40ss@127.0.0.1:6379/1"
    assert cache["OPTIONS"]["socket_connect_timeout"] == 2
    assert settings["SESSION_ENGINE"] == "django.contrib.sessions.backends.cached_db"


@pytest.mark.parametrize("database", ["", "/", "/15", "?db=1"])
def test_database_of_the_cache__is_the_first_or_a_number(settings_of, database):
    url = f"redis://127.0.0.1:6379{database}"
    assert settings_of(CACHE_URL=url)["CACHES"]["default"]["LOCATION"] == url


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "amqps://me:p%40ss@127.0.0.1/files"])
def test_broker__brings_workers_and_the_jobs_of_beat(settings_of, url):
    settings = settings_of(CELERY_BROKER_URL=url)
    assert settings["CELERY_BROKER_URL"] == url
    assert settings["ORG_FILES"]["TASKS"]["BACKEND"] == "org_files.queues.CeleryQueue"
    jobs = {task["args"][0] for task in settings["CELERY_BEAT_SCHEDULE"].values()}
    assert jobs == {"fold", "links", "expire", "purge", "uploads", "eventlog"}


def test_celery__knows_the_tasks_and_the_broker_in_every_thread(run_python):
    script = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "import example.celery\n"
        "example.celery.app.loader.import_default_modules()\n"
        "def look():\n"
        "    from celery import current_app as app\n"
        "    ours = sorted(name for name in app.tasks if name.startswith('org_files.'))\n"
        "    return app.conf.broker_url, ours\n"
        "with ThreadPoolExecutor() as threads:\n"
        "    print(*threads.submit(look).result())"
    )
    ran = run_python(script, CELERY_BROKER_URL="redis://127.0.0.1:1/0")
    assert ran.stdout.strip() == (
        "redis://127.0.0.1:1/0 ['org_files.make_renditions', 'org_files.run_job']"
    ), ran.stderr


@pytest.mark.parametrize(
    ("name", "package"), [("CELERY_BROKER_URL", "celery"), ("CACHE_URL", "redis")]
)
def test_server_whose_package_is_missing__is_refused(settings_of, monkeypatch, name, package):
    monkeypatch.setattr(environment, "find_spec", lambda wanted: None if wanted == package else 1)

    sentence = f"{name} is set, but {package} is not installed"
    with pytest.raises(ImproperlyConfigured, match=sentence):
        settings_of(**{name: "redis://127.0.0.1:1/0"})


def test_site_without_workers__does_not_import_celery(run_python):
    script = "import sys, django; django.setup(); print({'celery', 'redis'} & {*sys.modules})"
    assert run_python(script).stdout.strip() == "set()"


def test_forwarded_addresses__are_believed_of_as_many_proxies_as_there_are(settings_of):
    for variables, expected in (({}, 0), ({"NUM_PROXIES": "2"}, 2)):
        assert settings_of(**variables)["REST_FRAMEWORK"]["NUM_PROXIES"] == expected


def test_throttles__can_be_switched_off(settings_of):
    assert "DEFAULT_THROTTLE_CLASSES" in settings_of()["REST_FRAMEWORK"]
    assert "DEFAULT_THROTTLE_CLASSES" not in settings_of(THROTTLES="off")["REST_FRAMEWORK"]


def test_log__goes_to_a_file_where_there_is_a_folder(run_python, tmp_path):
    script = (
        "import logging, django; django.setup(); "
        "logging.getLogger('org_files.files').info('stored'); "
        "logging.getLogger('elsewhere').info('chatter')"
    )
    database = f"sqlite:///{tmp_path}/db.sqlite3"
    ran = run_python(script, LOG_DIR=str(tmp_path / "log"), DATABASE_URL=database)
    written = (tmp_path / "log" / "example.log").read_text(encoding="utf-8")
    assert "INFO org_files.files: stored" in written
    assert "INFO org_files.files: stored" in ran.stderr
    assert "chatter" not in written


@pytest.mark.parametrize(
    ("level", "ours", "of_others"),
    [("debug", "DEBUG", "WARNING"), ("", "INFO", "WARNING"), ("error", "ERROR", "ERROR")],
)
def test_log_level__is_where_the_log_begins(settings_of, level, ours, of_others):
    logging = settings_of(LOG_LEVEL=level)["LOGGING"]

    assert logging["loggers"]["org_files"] == {"level": ours}
    assert logging["root"]["level"] == of_others


def test_project_checks__are_clean(tmp_path):
    site = LiveSite(folder=tmp_path)
    for name in ("media", "log"):
        (tmp_path / name).mkdir()
    site.manage("check", "--fail-level", "WARNING")
    site.manage("check", "--deploy", "--tag", "org_files", "--fail-level", "WARNING")
