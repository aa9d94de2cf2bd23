"""compose.yaml, read as Compose would read it."""

import re
import runpy

import pytest

from tests.docs.blocks import ROOT
from tests.example.compose import VariableMissing, filled_in, read, services, variables
from tests.servers.site import EXAMPLE_PROJECT

SITE = ("migrate", "web", "worker", "beat")
#: Those that the site does without while they are down, and the one that it needs.
SPARED = ("broker", "cache")
SERVERS = ("database", *SPARED)
GIVEN = {"SECRET_KEY": "a-key", "POSTGRES_PASSWORD": "hush"}

#: What each process of the site is run by, and the least that it waits for.
COMMANDS = {
    "migrate": ("python", "manage.py", "migrate"),
    "web": ("gunicorn",),
    "worker": ("celery", "-A", "example", "worker"),
    "beat": ("celery", "-A", "example", "beat"),
}
CONDITIONS = {"service_healthy", "service_completed_successfully", "service_started"}
KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init"),
    *("ports", "restart", "security_opt", "stop_grace_period", "volumes"),
}
SECRETS = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")


def test_services__are_those_of_a_site_with_workers():
    assert {*services(GIVEN)} == {*SITE, *SERVERS}


@pytest.mark.parametrize("name", [*SITE, *SERVERS])
def test_service__has_keys_that_compose_knows(name):
    assert services(GIVEN)[name].keys() <= KEYS


@pytest.mark.parametrize("name", SITE)
def test_process_of_the_site__is_of_one_image_with_one_environment(name):
    service, web = services(GIVEN)[name], services(GIVEN)["web"]
    assert (service["image"], service["build"]) == (web["image"], web["build"])
    assert service["environment"] == web["environment"]
    assert (*service["command"][: len(COMMANDS[name])],) == COMMANDS[name]
    assert service["cap_drop"] == ["ALL"]


def test_build__begins_where_the_package_is():
    build = read()["services"]["web"]["build"]
    context = EXAMPLE_PROJECT / build["context"]
    assert (context / "pyproject.toml").resolve() == ROOT / "pyproject.toml"
    assert (context / build["dockerfile"]).is_file()


def test_what_services_wait_for__is_there_and_can_be():
    found = services(GIVEN)
    for service in found.values():
        for other, condition in service.get("depends_on", {}).items():
            assert condition["condition"] in CONDITIONS
            if condition["condition"] == "service_healthy":
                assert found[other]["healthcheck"]["test"]
            if condition["condition"] == "service_completed_successfully":
                assert found[other]["restart"] == "no"


def test_site__begins_once_its_tables_are_there():
    found = services(GIVEN)
    assert {*found["migrate"]["depends_on"]} == {"database"}
    for name in ("web", "worker", "beat"):
        waits = found[name]["depends_on"]
        assert waits["migrate"]["condition"] == "service_completed_successfully"
        assert {name for name, how in waits.items() if how["condition"] == "service_healthy"} == {
            "database"
        }
        assert {name for name, how in waits.items() if how["condition"] == "service_started"} == {
            *SPARED
        }


@pytest.mark.parametrize("name", [name for name in (*SITE, *SERVERS) if name != "migrate"])
def test_what_runs_on__says_whether_it_is_well(name):
    service = services(GIVEN)[name]
    kind, *command = service["healthcheck"]["test"]
    assert kind in ("CMD", "CMD-SHELL")
    assert command
    assert len(command) == 1 or kind == "CMD"
    assert service["healthcheck"].keys() >= {"interval", "timeout"}
    assert service["restart"] == "unless-stopped"


def test_volumes__are_declared_and_used():
    document = read()
    mounted = {
        volume.partition(":")[0]
        for service in document["services"].values()
        for volume in service.get("volumes", [])
    }
    assert mounted == {*document["volumes"]}


def test_bytes__are_seen_by_all_who_write_them():
    for name in ("migrate", "web", "worker"):
        service = services(GIVEN)[name]
        assert f"media:{service['environment']['MEDIA_ROOT']}" in service["volumes"]


def test_servers__are_of_a_version_and_reached_by_their_names():
    found = services(GIVEN)
    for name in SERVERS:
        assert re.search(r":\d", found[name]["image"])
        assert "ports" not in found[name]
    environment = found["web"]["environment"]
    assert "@database:5432/" in environment["DATABASE_URL"]
    assert environment["CACHE_URL"].startswith("redis://cache:6379/")
    assert environment["CELERY_BROKER_URL"].startswith("redis://broker:6379/")


def options_of(service):
    words = iter(service["command"][1:])
    return dict(zip(words, words, strict=True))


def test_broker__drops_nothing_and_cache_keeps_nothing():
    found = services(GIVEN)
    broker, cache = options_of(found["broker"]), options_of(found["cache"])
    assert (broker["--appendonly"], broker["--maxmemory-policy"]) == ("yes", "noeviction")
    assert "broker:/data" in found["broker"]["volumes"]
    assert (cache["--appendonly"], cache["--save"]) == ("no", "")
    assert cache["--maxmemory-policy"] == "allkeys-lru"
    assert "volumes" not in found["cache"]


def test_password__is_the_one_that_the_database_has():
    found = services(GIVEN)
    database = found["database"]["environment"]
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]
    url = f"postgres://{user}:{database['POSTGRES_PASSWORD']}@database:5432/{name}"
    assert found["web"]["environment"]["DATABASE_URL"] == url


def test_site__is_published_on_this_computer_alone():
    found = services(GIVEN)
    assert found["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert [name for name, service in found.items() if "ports" in service] == ["web"]
    assert "--bind=0.0.0.0:8000" in found["web"]["command"]


def test_proxy__is_believed_as_far_as_it_is_named(settings_of, monkeypatch):
    named = {"NUM_PROXIES": "1", "FORWARDED_ALLOW_IPS": "172.18.0.1"}
    for given, number, addresses in ((named, 1, "172.18.0.1"), ({}, 0, "")):
        environment = services(GIVEN | given)["web"]["environment"]
        assert settings_of(**environment)["REST_FRAMEWORK"]["NUM_PROXIES"] == number
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", environment["FORWARDED_ALLOW_IPS"])
        options = runpy.run_path(str(EXAMPLE_PROJECT / "gunicorn.conf.py"))
        assert options["forwarded_allow_ips"] == addresses


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_secret_that_is_not_given__stops_compose(name):
    with pytest.raises(VariableMissing, match=name):
        services(GIVEN | {name: ""})


def test_no_secret__is_written_down():
    for service in read()["services"].values():
        for name, value in service.get("environment", {}).items():
            if SECRETS.search(name):
                assert value.startswith("${"), name
    example = dict(lines_of_the_example())
    assert not [name for name, value in example.items() if SECRETS.search(name) and value]


def lines_of_the_example():
    for line in (EXAMPLE_PROJECT / ".env.example").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def test_example_of_the_variables__has_them_all_with_their_defaults():
    example = dict(lines_of_the_example())
    assert example.keys() == variables().keys()
    for name, rest in variables().items():
        assert example[name] == (rest[1:] if rest.startswith("-") else "")


def test_file_of_secrets__stays_out_of_repository_and_image():
    for name, line in (
        (".gitignore", "/.env"),
        ("Dockerfile.dockerignore", "example_project/.env"),
    ):
        assert line in (EXAMPLE_PROJECT / name).read_text(encoding="utf-8").splitlines()


def test_settings__take_what_compose_gives(settings_of):
    environment = services(GIVEN | {"SITE_HOST": "files.example.org"})["web"]["environment"]
    settings = settings_of(**environment)
    assert settings["DEBUG"] is False
    assert settings["REST_FRAMEWORK"]["NUM_PROXIES"] == 0
    assert settings["ALLOWED_HOSTS"] == ["localhost", "files.example.org"]
    assert settings["DATABASES"]["default"]["HOST"] == "database"
    assert settings["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"
    assert settings["CELERY_BROKER_URL"] == "redis://broker:6379/0"
    assert settings["ORG_FILES"]["TASKS"]["BACKEND"] == "org_files.queues.CeleryQueue"


def test_variables__are_filled_in_as_compose_does():
    values = ["$$HOME", "${SET}", "${UNSET:-else}", "${SET:-else}", "${EMPTY:-else}", "${EMPTY}"]
    assert filled_in(values, {"SET": "x", "EMPTY": ""}) == ["$HOME", "x", "else", "x", "else", ""]
