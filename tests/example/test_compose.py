"""compose.yaml, read as Compose would read it."""

import re
import runpy

import pytest

from tests.docs.blocks import ROOT
from tests.example.compose import (
    DOCUMENT,
    SECRETS,
    TEXT,
    VARIABLE,
    VariableMissing,
    filled_in,
    services,
)
from tests.servers.site import EXAMPLE_PROJECT

GIVEN = {"SECRET_KEY": "a-key", "POSTGRES_PASSWORD": "hush"}
FOUND = services(GIVEN)
WEB = FOUND["web"]
#: The command of each process of the site.
COMMANDS = {
    "migrate": ["python", "manage.py", "migrate"],
    "web": ["gunicorn"],
    "worker": ["celery", "-A", "example", "worker"],
    "beat": ["celery", "-A", "example", "beat"],
}
SERVERS = ("database", "broker", "cache")
KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "init"),
    *("ports", "restart", "security_opt", "stop_grace_period", "volumes"),
}


def lines_of(name):
    return (EXAMPLE_PROJECT / name).read_text(encoding="utf-8").splitlines()


def test_services__are_a_site_with_workers_and_the_servers_that_it_needs():
    assert {*FOUND} == {*COMMANDS, *SERVERS}
    assert all(service.keys() <= KEYS for service in FOUND.values())
    for name, command in COMMANDS.items():
        service = FOUND[name]
        assert service["command"][: len(command)] == command
        assert service["cap_drop"] == ["ALL"]
        for key in ("image", "build", "environment"):
            assert service[key] == WEB[key]
    context = EXAMPLE_PROJECT / WEB["build"]["context"]
    assert (context / "pyproject.toml").resolve() == ROOT / "pyproject.toml"
    assert (context / WEB["build"]["dockerfile"]).is_file()


def test_site__begins_once_its_tables_are_there_and_does_without_broker_and_cache():
    def waits(name):
        return {other: how["condition"] for other, how in FOUND[name]["depends_on"].items()}

    assert waits("migrate") == {"database": "service_healthy"}
    assert FOUND["migrate"]["restart"] == "no"
    for name in ("web", "worker", "beat"):
        assert waits(name) == {
            "migrate": "service_completed_successfully",
            "database": "service_healthy",
            "broker": "service_started",
            "cache": "service_started",
        }


@pytest.mark.parametrize("name", [*COMMANDS.keys() - {"migrate"}, *SERVERS])
def test_service_that_runs_on__has_a_health_check(name):
    service = FOUND[name]
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD" or (kind == "CMD-SHELL" and len(command) == 1)
    assert command
    assert service["healthcheck"].keys() >= {"interval", "timeout"}
    assert service["restart"] == "unless-stopped"


def test_volumes__are_declared_and_hold_the_bytes_of_all_processes():
    volumes = [volume for service in FOUND.values() for volume in service.get("volumes", [])]
    assert {volume.partition(":")[0] for volume in volumes} == {*DOCUMENT["volumes"]}
    for name in ("migrate", "web", "worker"):
        media = FOUND[name]["environment"]["MEDIA_ROOT"]
        assert f"media:{media}" in FOUND[name]["volumes"]


def test_servers__are_of_a_version_and_reached_by_their_names():
    for name in SERVERS:
        assert re.search(r":\d", FOUND[name]["image"])
    given = FOUND["database"]["environment"]
    user, name, password = (given[f"POSTGRES_{key}"] for key in ("USER", "DB", "PASSWORD"))
    environment = WEB["environment"]
    assert environment["DATABASE_URL"] == f"postgres://{user}:{password}@database:5432/{name}"
    assert environment["CACHE_URL"].startswith("redis://cache:6379/")
    assert environment["CELERY_BROKER_URL"].startswith("redis://broker:6379/")


def test_broker__drops_nothing_and_cache_keeps_nothing():
    def options(name):
        words = iter(FOUND[name]["command"][1:])
        return dict(zip(words, words, strict=True))

    broker, cache = options("broker"), options("cache")
    assert (broker["--appendonly"], broker["--maxmemory-policy"]) == ("yes", "noeviction")
    assert "broker:/data" in FOUND["broker"]["volumes"]
    assert (cache["--appendonly"], cache["--save"]) == ("no", "")
    assert cache["--maxmemory-policy"] == "allkeys-lru"
    assert "volumes" not in FOUND["cache"]


def test_site__is_published_on_this_computer_alone():
    assert WEB["ports"] == ["127.0.0.1:8000:8000"]
    assert [name for name, service in FOUND.items() if "ports" in service] == ["web"]
    assert "--bind=0.0.0.0:8000" in WEB["command"]


@pytest.mark.parametrize("named", [True, False])
def test_settings__take_what_compose_gives(settings_of, monkeypatch, named):
    proxy = {"NUM_PROXIES": "1", "FORWARDED_ALLOW_IPS": "172.18.0.1"} if named else {}
    given = GIVEN | proxy | {"SITE_HOST": "files.example.org"}
    environment = services(given)["web"]["environment"]
    settings = settings_of(**environment)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", environment["FORWARDED_ALLOW_IPS"])
    options = runpy.run_path(str(EXAMPLE_PROJECT / "gunicorn.conf.py"))

    # A proxy is believed as far as it is named.
    assert settings["REST_FRAMEWORK"]["NUM_PROXIES"] == int(named)
    assert options["forwarded_allow_ips"] == proxy.get("FORWARDED_ALLOW_IPS", "")
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "files.example.org"]
    assert settings["DATABASES"]["default"]["HOST"] == "database"
    assert settings["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"
    assert settings["CELERY_BROKER_URL"] == "redis://broker:6379/0"


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD"])
def test_secret_that_is_not_given__stops_compose(name):
    with pytest.raises(VariableMissing, match=name):
        services(GIVEN | {name: ""})


def test_example_of_the_variables__has_them_all_with_their_defaults_and_no_secret():
    lines = [line for line in lines_of(".env.example") if line and not line.startswith("#")]
    example = {name: value for name, _, value in (line.partition("=") for line in lines)}
    written = {
        name: rest if operator == "-" else ""
        for _, name, operator, rest in VARIABLE.findall(TEXT)
        if name
    }
    assert example == written
    assert not [name for name, value in example.items() if SECRETS.search(name) and value]
    for service in DOCUMENT["services"].values():
        for name, value in service.get("environment", {}).items():
            assert value.startswith("${") or not SECRETS.search(name), name
    assert "/.env" in lines_of(".gitignore")
    assert "example_project/.env" in lines_of("Dockerfile.dockerignore")


def test_variables__are_filled_in_as_compose_does():
    values = ["$$HOME", "${SET}", "${UNSET:-else}", "${SET:-else}", "${EMPTY:-else}", "${EMPTY}"]
    assert filled_in(values, {"SET": "x", "EMPTY": ""}) == ["$HOME", "x", "else", "x", "else", ""]
