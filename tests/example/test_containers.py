"""compose.yaml and Dockerfile, read as Docker would; tests/ways_out runs their commands."""

import json
import re
import runpy
import shlex
import tomllib

import pytest
from packaging.requirements import Requirement

from pins import canonical
from tests.docs.blocks import ROOT
from tests.example.compose import DOCUMENT, TEXT, VARIABLE, services
from tests.servers.site import EXAMPLE_PROJECT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SECRETS = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")
GIVEN = {
    "SECRET_KEY": "a-key",
    "POSTGRES_PASSWORD": "hush",
    "AWS_ACCESS_KEY_ID": "somebody",
    "AWS_SECRET_ACCESS_KEY": "hush",
}
FOUND = services(GIVEN)
WEB = FOUND["web"]
#: The processes of the site, and the servers that it needs.
SITE = ("migrate", "bucket", "web", "worker", "beat")
SERVERS = ("database", "broker", "cache", "nginx", "store")
ONCE = ("migrate", "bucket")


def lines_of(name):
    return (EXAMPLE_PROJECT / name).read_text(encoding="utf-8").splitlines()


DOCKERFILE = re.sub(r"(?m)^#.*\n|\\\n", "", "\n".join(lines_of("Dockerfile")))
#: The instructions in capitals, each with its arguments in one line.
INSTRUCTIONS = [
    (name, " ".join(rest.split()))
    for name, rest in (line.split(None, 1) for line in DOCKERFILE.splitlines() if line)
]


def arguments_of(name):
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


# compose.yaml


def test_services__are_a_site_with_workers_and_the_servers_that_it_needs():
    assert {*FOUND} == {*SITE, *SERVERS}
    for name in SITE:
        assert FOUND[name]["cap_drop"] == ["ALL"]
        for key in ("image", "build", "environment"):
            assert FOUND[name][key] == WEB[key]
    context = EXAMPLE_PROJECT / WEB["build"]["context"]
    assert (context / "pyproject.toml").resolve() == ROOT / "pyproject.toml"
    assert (context / WEB["build"]["dockerfile"]).is_file()
    for name in FOUND.keys() - {*ONCE}:
        assert FOUND[name]["healthcheck"].keys() >= {"test", "interval", "timeout"}
        assert FOUND[name]["restart"] == "unless-stopped"


def test_site__begins_once_its_tables_are_there_and_does_without_broker_and_cache():
    def waits(name):
        return {other: how["condition"] for other, how in FOUND[name]["depends_on"].items()}

    assert waits("migrate") == {"database": "service_healthy"}
    assert waits("bucket") == {"store": "service_healthy"}
    assert waits("nginx") == {"web": "service_healthy"}
    assert {FOUND[name]["restart"] for name in ONCE} == {"no"}
    for name in ("web", "worker", "beat"):
        assert waits(name) == {
            "migrate": "service_completed_successfully",
            "bucket": "service_completed_successfully",
            "database": "service_healthy",
            "broker": "service_started",
            "cache": "service_started",
        }


def test_volumes__are_declared_and_hold_the_bytes_of_all_processes():
    volumes = [volume for service in FOUND.values() for volume in service.get("volumes", [])]
    named = {volume.partition(":")[0] for volume in volumes}
    files = {name for name in named if name.startswith(".")}
    assert named - files == {*DOCUMENT["volumes"]}
    assert all((EXAMPLE_PROJECT / name).is_file() for name in files)
    assert "media:/data/media:ro" in FOUND["nginx"]["volumes"]
    for name in ("migrate", "web", "worker"):
        media = FOUND[name]["environment"]["MEDIA_ROOT"]
        assert f"media:{media}" in FOUND[name]["volumes"]


def test_servers__are_of_a_version_and_the_broker_drops_nothing_and_the_cache_keeps_nothing():
    assert all(re.search(r":\d", FOUND[name]["image"]) for name in SERVERS)
    given = FOUND["database"]["environment"]
    user, name, password = (given[f"POSTGRES_{key}"] for key in ("USER", "DB", "PASSWORD"))
    url = f"postgres://{user}:{password}@database:5432/{name}"
    assert WEB["environment"]["DATABASE_URL"] == url

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
    assert [service["ports"] for service in FOUND.values() if "ports" in service] == [
        ["127.0.0.1:8000:8080"]
    ]
    assert FOUND["nginx"]["ports"]
    assert "--bind=0.0.0.0:8000" in WEB["command"]


@pytest.mark.parametrize("number", [None, 2])
def test_settings__take_what_compose_gives(settings_of, monkeypatch, number):
    proxy = {"NUM_PROXIES": str(number)} if number else {}
    local = {"STORAGE": "local", "DELIVERY": "xaccel"}
    given = GIVEN | proxy | local | {"SITE_HOST": "files.example.org"}
    environment = services(given)["web"]["environment"]
    settings = settings_of(**environment)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", environment["FORWARDED_ALLOW_IPS"])
    options = runpy.run_path(str(EXAMPLE_PROJECT / "gunicorn.conf.py"))

    # nginx is believed, and what stands before it as far as it is named.
    assert settings["REST_FRAMEWORK"]["NUM_PROXIES"] == (number or 1)
    assert options["forwarded_allow_ips"] == "*"
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "files.example.org"]
    assert settings["DATABASES"]["default"]["HOST"] == "database"
    assert settings["CACHES"]["default"]["LOCATION"] == "redis://cache:6379/0"
    assert settings["CELERY_BROKER_URL"] == "redis://broker:6379/0"


def test_example_of_the_variables__has_them_all_with_their_defaults_and_no_secret():
    lines = [line for line in lines_of(".env.example") if line and not line.startswith("#")]
    example = {name: value for name, _, value in (line.partition("=") for line in lines)}
    found = {name: (operator, rest) for _, name, operator, rest in VARIABLE.findall(TEXT) if name}
    assert example == {name: rest * (sign == "-") for name, (sign, rest) in found.items()}
    # Without these Compose stops.
    assert {name for name, (sign, _) in found.items() if sign == "?"} == {*GIVEN}
    assert not [name for name, value in example.items() if SECRETS.search(name) and value]
    secrets = DOCUMENT["configs"]["store"]["content"]
    assert len(re.findall(r'Key": "\$\{AWS_[A-Z_]+:\?', secrets)) == 2
    for service in DOCUMENT["services"].values():
        for name, value in service.get("environment", {}).items():
            assert value.startswith("${") or not SECRETS.search(name), name
    assert "/.env" in lines_of(".gitignore")
    assert "example_project/.env" in lines_of("Dockerfile.dockerignore")


# Dockerfile


def test_base_images__are_of_a_version_that_the_package_runs_on():
    [image] = {image.split(" ")[0] for image in arguments_of("FROM")}
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", image)[1]
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_copied_files__are_there_and_not_left_out():
    copies = [line.split() for line in arguments_of("COPY") if not line.startswith("--from=")]
    copied = [source for *sources, _ in copies for source in sources]
    ignored = lines_of("Dockerfile.dockerignore")
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert "*" in ignored
    assert {source.split("/")[0] for source in copied} == {
        line[1:] for line in ignored if line.startswith("!")
    }


def test_image__is_run_by_a_user_without_rights_who_owns_the_volumes():
    names = [name for name, _ in INSTRUCTIONS]
    [user] = arguments_of("USER")
    assert int(user) > 0
    assert "RUN" not in names[names.index("USER") :]
    [made] = [rest for rest in arguments_of("RUN") if "useradd" in rest]
    owned = made.partition("install --directory --owner site")[2].split()
    volumes = [volume for name in SITE for volume in FOUND[name]["volumes"]]
    assert {volume.partition(":")[2] for volume in volumes} <= {*owned}


def test_instructions__are_those_that_do_no_harm():
    names = {name for name, _ in INSTRUCTIONS}
    assert names <= {"CMD", "COPY", "ENV", "EXPOSE", "FROM", "RUN", "USER", "WORKDIR"}
    assert not any(SECRETS.search(rest) for rest in arguments_of("ENV"))
    # A shell would keep signals to itself.
    assert json.loads(arguments_of("CMD")[-1])[0] == "gunicorn"
    for command in arguments_of("RUN"):
        words = shlex.split(command)
        assert not {"sudo", "cd", "curl", "wget"} & {*words}
        assert "pip" not in words or "--no-cache-dir" in words


def test_packages_of_the_image__are_those_of_the_package_with_its_pins():
    def asked(line):
        requirement = Requirement(line)
        return canonical(requirement.name), {*requirement.extras}, str(requirement.marker)

    extras = PROJECT["optional-dependencies"] | {"": PROJECT["dependencies"]}
    for file, parts in (
        ("requirements.txt", ("", "jwt", "images", "openapi", "demo")),
        ("requirements-tasks.txt", ("celery",)),
        ("requirements-s3.txt", ("s3",)),
    ):
        pins, *lines = [line for line in lines_of(file) if not line.startswith("#")]
        wanted = [line for part in parts for line in extras[part]]
        assert (EXAMPLE_PROJECT / pins.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
        assert sorted(map(asked, lines), key=str) == sorted(
            (asked(line) for line in wanted if not line.startswith(PROJECT["name"])), key=str
        )
    variables = arguments_of("ENV")[0].split()
    assert "PIP_CONSTRAINT=/source/constraints.txt" in variables
    assert "PIP_BUILD_CONSTRAINT=/source/constraints.txt" in variables
    assert (arguments_of("WORKDIR")[0], arguments_of("COPY")[0]) == (
        "/source",
        "constraints.txt ./",
    )
