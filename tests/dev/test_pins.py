"""constraints.txt: complete, for every Python, and used by every environment but `latest`."""

import configparser
import re
import sys
import tomllib
from importlib import metadata
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import pins

LINE = re.compile(r"[a-z0-9-]+==\d[a-z0-9.]*(; python_version [<>]=? \"3\.\d+\"( and .*)?)?")
COMMAND = "bring it up to date with `python3 dev.py pin`"

PLATFORMS = [
    {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
    {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
    {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
]
MACHINES = [
    {**platform, "python_version": version, "python_full_version": f"{version}.{patch}"}
    for platform, version, patch in product(PLATFORMS, pins.pairs(), (0, 9))
]


@pytest.fixture(scope="module")
def constraints():
    text = pins.FILE.read_text(encoding="utf-8")
    return [Requirement(line) for line in text.splitlines() if not line.startswith("#")]


def versions_of(name, constraints, python):
    """The versions that a package is pinned to for that Python."""
    return [
        str(item.specifier).removeprefix("==")
        for item in constraints
        if item.name == name
        and (item.marker is None or item.marker.evaluate({"python_version": python}))
    ]


def test_constraints__are_names_and_versions_alone():
    lines = pins.FILE.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#") and not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("python", [*pins.pairs(), "3.14"])
def test_every_requirement__has_one_version_and_django_that_of_tox(python, constraints):
    for line in pins.requirements():
        requirement = Requirement(line)
        [version] = versions_of(pins.canonical(requirement.name), constraints, python)
        assert requirement.specifier.contains(version), f"{line}: {COMMAND}"
        if requirement.name == "Django" and python in pins.pairs():
            assert version.startswith(f"{pins.pairs()[python]}.")


def required_somewhere(requirement, extras):
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate({**machine, "extra": extra}) for machine in MACHINES for extra in extras
    )


def test_all_that_installed_packages_require_on_any_machine__is_pinned(constraints):
    pinned = {item.name for item in constraints}
    wanted = {
        (pins.canonical(item.name), extra)
        for item in map(Requirement, pins.requirements())
        for extra in {"", *item.extras}
    }
    looked_at = set()
    while wanted:
        name, extra = wanted.pop()
        looked_at.add((name, extra))
        assert name in pinned, COMMAND
        try:
            lines = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another group than those of this environment
        for item in map(Requirement, lines):
            if required_somewhere(item, {extra}):
                found = {(pins.canonical(item.name), other) for other in {"", *item.extras}}
                wanted |= found - looked_at
    assert len(looked_at) > 50


def test_pre_commit__has_the_pinned_ruff(constraints):
    [version] = versions_of("ruff", constraints, "3.13")

    hooks = pins.PRE_COMMIT.read_text(encoding="utf-8")
    assert {*re.findall(r"\"(ruff.*)\"", hooks)} == {f"ruff=={version}"}


#: The extras of sites.
EXTRAS = ("jwt", "images", "s3", "celery", "openapi")


@pytest.fixture(scope="module")
def tox():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(pins.ROOT / "tox.ini", encoding="utf-8")
    return parser


def test_every_environment_of_tox_but_latest_and_lowest__is_pinned(tox):
    for name in ("testenv", "pkgenv"):
        assert tox[name]["constraints"].strip() == "!latest: constraints.txt"
    for_builds = "!latest: PIP_BUILD_CONSTRAINT = constraints.txt"
    assert for_builds in tox["testenv"]["set_env"].splitlines()
    changing = {"constraints", "install_command", "runner", "pylock"}
    for name, section in tox.items():
        if not name.startswith("testenv:"):
            continue
        # The oldest versions are pins of their own.
        assert not section.keys() & changing or name == "testenv:lowest", name
        assert "PIP_" not in section.get("set_env", ""), name
        # Such as the environment that the package is built in.
        assert name == "testenv:latest" or "latest" not in "".join(section.values()), name
        # These build packages.
        if {"mariadb", "benchmarks"} & {*section.get("dependency_groups", "").split()}:
            assert "{[testenv]set_env}" in section.get("set_env", "{[testenv]set_env}"), name


def test_every_python_that_the_metadata_names__has_an_environment(tox):
    project = tomllib.loads((pins.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {name.rpartition(" ")[2] for name in project["classifiers"] if "Python :: 3." in name}

    optional = re.findall(r"testenv:py(\d)(\d+)-", " ".join(tox))
    assert named == {*pins.pairs(), *(f"{major}.{minor}" for major, minor in optional)}


def test_merge__has_one_version_for_each_python_older_and_newer_ones_included():
    resolved = {
        "3.11": {"a": "1", "b": "1"},
        "3.12": {"a": "2", "b": "2"},
        "3.13": {"a": "3", "b": "2"},
    }

    lines = [Requirement(line) for line in pins.merge(resolved)]

    found = [
        [*versions_of("a", lines, python), *versions_of("b", lines, python)]
        for python in ("3.9", "3.11", "3.12", "3.13", "3.14")
    ]
    assert found == [["1", "1"], ["1", "1"], ["2", "2"], ["3", "2"], ["3", "2"]]


# Stands in for pip: it finds a Django for each line, and says things that belong into no file.
FAKE_PIP = """
import json, sys
print("WARNING: Location 'file:///srv/mirror/' is ignored", file=sys.stderr)
if "index" in sys.argv:
    print("mysqlclient (2.2.7)\\nAvailable versions: 2.2.7, 2.2.6")
    sys.exit()
[django] = [word for word in sys.argv if word.startswith("Django==")]
versions = {"Django": django[8:].replace("*", "7"), "Py_YAML": "6.0+local", "ruff": "1.2"}
items = [
    {"metadata": {"name": name, "version": version}, "download_info": {"url": "https://mirror/x"}}
    for name, version in versions.items()
]
with open(sys.argv[sys.argv.index("--report") + 1], "w") as file:
    json.dump({"install": items}, file)
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files to write instead of the project's, and the command of a fake pip."""
    monkeypatch.setattr(pins, "find_python", lambda version: sys.executable)
    monkeypatch.setattr(pins, "FILE", tmp_path / "constraints.txt")
    monkeypatch.setattr(pins, "PRE_COMMIT", tmp_path / "hooks.yaml")
    pins.PRE_COMMIT.write_text('needs: ["ruff>=0.12"]\n')
    script = tmp_path / "pip.py"
    script.write_text(FAKE_PIP)
    return [sys.executable, str(script)]


def test_renew__writes_the_same_file_each_time_with_nothing_of_this_machine(files):
    for _ in range(2):
        pins.renew(files)

        lines = pins.FILE.read_text().splitlines()
        assert [line for line in lines if not line.startswith("#")] == [
            'django==5.2.7; python_version < "3.12"',
            'django==6.0.7; python_version >= "3.12" and python_version < "3.13"',
            'django==6.1.7; python_version >= "3.13"',
            "mysqlclient==2.2.7",
            "py-yaml==6.0",
            "ruff==1.2",
        ]
        assert pins.PRE_COMMIT.read_text() == 'needs: ["ruff==1.2"]\n'


def test_renew_without_a_python_or_a_distribution__changes_nothing_and_says_why(files, monkeypatch):
    Path(files[1]).write_text("raise SystemExit('No matching distribution')")
    with pytest.raises(pins.Unresolved, match="No matching distribution"):
        pins.renew(files)

    monkeypatch.setattr(pins, "find_python", {"3.11": "python"}.get)
    with pytest.raises(pins.Unresolved, match=r"^Python 3\.12, 3\.13 is not on this machine\."):
        pins.renew(files)
    assert not pins.FILE.exists()


def test_lowest__has_the_oldest_version_that_each_requirement_allows(tox):
    project = tomllib.loads((pins.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = dict(line.split("==") for line in tox["testenv:lowest"]["deps"].split())
    oldest = {
        pins.name_of(line): line.partition(">=")[2].partition(";")[0].strip()
        for part in (project["dependencies"], *map(project["optional-dependencies"].get, EXTRAS))
        for line in part
    }

    found = {pins.canonical(name): version for name, version in pinned.items()}
    assert {name: found.get(name) for name in oldest} == oldest
