"""The Dockerfile, and the packages that it installs."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pins import canonical
from tests.docs.blocks import ROOT
from tests.example.compose import DOCUMENT, SECRETS
from tests.servers.site import EXAMPLE_PROJECT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = re.sub(
    r"^#.*\n|\\\n", "", (EXAMPLE_PROJECT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M
)
#: The instructions in capitals, each with its arguments in one line.
INSTRUCTIONS = [tuple(line.split(None, 1)) for line in LINES.splitlines() if line]


def arguments_of(name: str) -> list[str]:
    return [" ".join(rest.split()) for instruction, rest in INSTRUCTIONS if instruction == name]


def test_base_images__are_of_a_version_that_the_package_runs_on():
    [image] = {image.split(" ")[0] for image in arguments_of("FROM")}
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", image)[1]
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_copied_files__are_there_and_not_left_out():
    ignored = (EXAMPLE_PROJECT / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        source
        for arguments in arguments_of("COPY")
        if not arguments.startswith("--from=packages ")
        for source in arguments.split()[:-1]
    ]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert "*" in ignored
    assert {source.split("/")[0] for source in copied} == {
        line[1:] for line in ignored if line.startswith("!")
    }


def test_image__is_run_by_a_user_without_rights_who_owns_the_volumes():
    names = [name for name, _ in INSTRUCTIONS]
    [user] = arguments_of("USER")
    assert user.isdigit()
    assert int(user) > 0
    assert "RUN" not in names[names.index("USER") :]
    [made] = [rest for rest in arguments_of("RUN") if "useradd" in rest]
    owned = made.partition("install --directory --owner site")[2].split()
    mounted = {
        volume.partition(":")[2]
        for service in DOCUMENT["services"].values()
        if "build" in service
        for volume in service["volumes"]
    }
    assert len(mounted) == 2
    assert mounted <= {*owned}


def test_instructions__are_those_that_do_no_harm():
    names = {name for name, _ in INSTRUCTIONS}
    assert names <= {"CMD", "COPY", "ENV", "EXPOSE", "FROM", "RUN", "USER", "WORKDIR"}
    assert not any(SECRETS.search(rest) for rest in arguments_of("ENV"))
    assert all(Path(folder).is_absolute() for folder in arguments_of("WORKDIR"))
    # A shell would keep signals to itself.
    assert json.loads(arguments_of("CMD")[-1])[0] == "gunicorn"
    for command in arguments_of("RUN"):
        words = shlex.split(command)
        assert not {"sudo", "cd", "curl", "wget"} & {*words}
        assert "pip" not in words or "--no-cache-dir" in words


@pytest.mark.parametrize(
    ("file", "parts"),
    [
        ("requirements.txt", ("dependencies", "jwt", "images", "openapi", "demo")),
        ("requirements-tasks.txt", ("celery",)),
    ],
)
def test_requirements__are_those_of_the_package_with_its_pins(file, parts):
    extras = PROJECT["optional-dependencies"]
    asked = [line for part in parts for line in (extras | PROJECT).get(part, ())]
    text = (EXAMPLE_PROJECT / file).read_text(encoding="utf-8")
    pins, *lines = [line for line in text.splitlines() if not line.startswith("#")]

    assert (EXAMPLE_PROJECT / pins.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
    assert {without_version(line) for line in lines} == {
        without_version(line) for line in asked if not line.startswith(PROJECT["name"])
    }


def without_version(line: str) -> tuple[str, frozenset[str], str]:
    requirement = Requirement(line)
    return canonical(requirement.name), frozenset(requirement.extras), str(requirement.marker)


def test_packages_of_the_image__are_pinned_like_those_it_is_built_with():
    variables = arguments_of("ENV")[0].split()

    assert "PIP_CONSTRAINT=/source/constraints.txt" in variables
    assert "PIP_BUILD_CONSTRAINT=/source/constraints.txt" in variables
    assert arguments_of("WORKDIR")[0] == "/source"
    assert arguments_of("COPY")[0] == "constraints.txt ./"
