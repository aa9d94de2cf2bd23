"""The scripts of the example project; tests/docs/test_walks.py runs the real ones."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import DOCS, ROOT, blocks_of, commands_of

SCRIPTS = ROOT / "example_project/scripts"
STEPS = ("install", "build", "migrate", "test", "init-data", "start")

#: Writes down how it was called.
RECORDER = """
import json, os, sys
with open({calls!r}, "a") as calls:
    policy = os.environ.get("ORG_FILES_POLICY")
    calls.write(json.dumps([os.getcwd(), policy, *sys.argv[1:]]) + "\\n")
"""


@pytest.fixture
def clone(tmp_path):
    """A clone whose dev.py and whose Python do nothing but say how they were called."""
    clone = tmp_path / "a clone"
    shutil.copytree(SCRIPTS, clone / "example_project/scripts")
    recorder = RECORDER.format(calls=str(clone / "calls"))
    (clone / "dev.py").write_text(recorder, encoding="utf-8")
    python = clone / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!{sys.executable}\n{recorder}", encoding="utf-8")
    python.chmod(0o755)
    return clone


def call(clone, step, *arguments, **variables):
    """Call a script from the root of the file system; return what it called."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {name: value for name, value in os.environ.items() if name != "ORG_FILES_POLICY"}
    script = clone / "example_project/scripts" / step
    subprocess.run(
        [script, *arguments], cwd="/", env={**env, "PATH": path, **variables}, check=True
    )
    return [json.loads(line) for line in (clone / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("step", "commands"),
    [
        ("build", [["manage.py", "collectstatic", "--no-input", "a b"], ["manage.py", "check"]]),
        ("migrate", [["manage.py", "migrate", "a b"]]),
        ("init-data", [["manage.py", "demo_tenants", "a b"]]),
        ("start", [["-m", "gunicorn", "a b", "example.wsgi:application"]]),
    ],
)
def test_step_of_the_site__runs_in_its_folder_with_all_arguments_once_there_is_an_environment(
    clone, step, commands
):
    folder = clone / "example_project"
    called = call(clone, step, "a b")
    assert called == [[str(folder), "organization", *command] for command in commands]

    shutil.rmtree(clone / ".venv")
    script = folder / "scripts" / step
    refused = subprocess.run([script], cwd="/", capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.strip().endswith(f": {script.parent}/install")


@pytest.mark.parametrize("step", ["install", "test"])
def test_step_of_the_clone__is_one_of_dev(clone, step):
    shutil.rmtree(clone / ".venv")

    [[folder, policy, *command]] = call(clone, step, "-k", "a b", ORG_FILES_POLICY="owner")

    # The policy of the terminal is kept.
    assert (folder, policy, command) == (str(clone), "owner", [step, "-k", "a b"])


def test_steps__are_those_of_the_page_and_of_the_readme():
    page = blocks_of(DOCS / "example-project.rst")
    typed = {command for b in page if b.language == "console" for command, _ in commands_of(b)}
    typed |= {line for b in page if b.language == "text" for line in b.text.splitlines()}
    readme = blocks_of(ROOT / "example_project/README.md")
    steps = {path.name for path in SCRIPTS.iterdir() if os.access(path, os.X_OK)}

    assert steps == set(STEPS)
    assert {f"scripts/{step}" for step in steps - {"test"}} <= typed
    assert {command for b in readme for command, _ in commands_of(b)} <= typed
