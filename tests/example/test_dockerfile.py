"""The Dockerfile, read as those who look for mistakes in one would, and what it installs."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pins import canonical
from tests.docs.blocks import ROOT
from tests.example.compose import read
from tests.servers.site import EXAMPLE_PROJECT

SECRETS = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in capitals, each with its arguments in one line."""
    text = (EXAMPLE_PROJECT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    pairs = [line.split(None, 1) for line in joined.splitlines()]
    return [(name.upper(), " ".join(rest.split())) for name, rest in pairs]


def arguments_of(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def test_base_images__are_of_a_version_that_the_package_runs_on():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    images = [image.split(" ")[0] for image in arguments_of("FROM")]
    assert len({*images}) == 1
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", images[0])
    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]


def test_what_is_copied__is_there_and_not_left_out():
    stages = {image.split(" AS ")[1] for image in arguments_of("FROM") if " AS " in image}
    ignored = (EXAMPLE_PROJECT / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    copied = set()
    for arguments in arguments_of("COPY"):
        words = arguments.split()
        if words[0].startswith("--from="):
            assert words[0].partition("=")[2] in stages
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            copied.add(source.split("/")[0])
    assert copied == let_through


def test_image__is_run_by_somebody_without_rights():
    after_last_stage = instructions()[
        max(i for i, (name, _) in enumerate(instructions()) if name == "FROM") :
    ]
    [user] = [rest for name, rest in after_last_stage if name == "USER"]
    assert user.isdigit()
    assert int(user) > 0
    following = [name for name, _ in after_last_stage]
    assert "RUN" not in following[following.index("USER") :]


def test_folders_of_volumes__belong_to_whom_the_image_is_run_by():
    [made] = [rest for rest in arguments_of("RUN") if "useradd" in rest]
    owned = made.partition("install --directory --owner site")[2].split()
    mounted = {
        volume.partition(":")[2]
        for service in read()["services"].values()
        if "build" in service
        for volume in service["volumes"]
    }
    assert len(mounted) == 2
    assert mounted <= {*owned}


def test_instructions__are_those_that_do_no_harm():
    names = {name for name, _ in instructions()}
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
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [line for part in parts for line in (extras | project).get(part, ())]
    path = EXAMPLE_PROJECT / file
    pins, *lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]

    assert (path.parent / pins.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
    assert {without_version(line) for line in lines} == {
        without_version(line) for line in asked if not line.startswith(project["name"])
    }


def without_version(line: str) -> tuple[str, frozenset[str], str]:
    requirement = Requirement(line)
    return canonical(requirement.name), frozenset(requirement.extras), str(requirement.marker)


def test_packages_of_the_image__are_pinned_like_those_it_is_built_with():
    [variables, _] = arguments_of("ENV")
    copied = arguments_of("COPY")

    assert "PIP_CONSTRAINT=/source/constraints.txt" in variables.split()
    assert "PIP_BUILD_CONSTRAINT=/source/constraints.txt" in variables.split()
    assert arguments_of("WORKDIR")[0] == "/source"
    assert copied[0] == "constraints.txt ./"
