"""The decisions of .ci/matrix.py, with short commands where it would run tox."""

import importlib.util
import re
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / ".ci" / "matrix.py"


@pytest.fixture(scope="module")
def matrix():
    spec = importlib.util.spec_from_file_location("matrix", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["matrix"] = module
    spec.loader.exec_module(module)
    return module


def python(code):
    return sys.executable, "-c", code


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    # A zombie waits for nothing but init.
    return state != "Z"


def test_step__says_how_it_ended_and_what_pytest_said_last(matrix, capsys):
    run = matrix.Matrix()
    lines = ["=== test session starts ===", "=== 3 passed, 1 deselected in 2.50s ==="]

    result = run.step("docs", *python(f"print({chr(10).join(lines)!r})"))

    assert (result.status, result.closing) == ("ok", "3 passed, 1 deselected in 2.50s")
    said = rf"==> docs: ok \(\d s\) {re.escape(result.closing)}\n"
    assert re.fullmatch(said, capsys.readouterr().out)


def test_step_that_hangs__is_ended_with_all_that_it_started(matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(matrix, "LIMIT", 0.3)
    pid = tmp_path / "pid"

    result = matrix.Matrix().step("docs", "sh", "-c", f"sleep 60 & echo $! > '{pid}'; wait")

    assert result.status == "ended after 0 s"
    assert result.seconds < 30
    deadline = time.monotonic() + 10
    while is_running(pid.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_step_after_the_end__is_not_run(matrix):
    run = matrix.Matrix()

    with pytest.raises(SystemExit) as stopped:
        run.stop(15, None)

    assert stopped.value.code == 143
    for ended in (run, matrix.Matrix(total=0)):
        result = ended.step("docs", *python("raise SystemExit(0)"))
        assert result.status == "not run: the time was up"


def test_interpreter__is_found_by_pyenv_and_a_shim_without_one_is_passed_over(
    matrix, tmp_path, monkeypatch
):
    shim = tmp_path / "shims" / "python3.99"
    built = tmp_path / "versions" / "3.99.4" / "bin" / "python3.99"
    for path, script in ((shim, "exit 127"), (built, "echo 399")):
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: str(shim))

    assert matrix.find_python("3.99") == str(built)
    built.unlink()
    assert matrix.find_python("3.99") is None


def test_environments__are_run_where_there_is_an_interpreter_and_not_twice(matrix, monkeypatch):
    monkeypatch.setattr(matrix, "find_python", {"3.11": "/bin/python3.11", "3.12": None}.get)
    names = [
        "lint",
        "py311-django52-sqlite",
        "py311-django52-mariadb",
        "py312-django61-sqlite",
        "migrations-mariadb",
        "latest",
        "hosts",
    ]

    chosen, not_run, pythons = matrix.choose(names, "py311-django52")

    assert chosen == ["hosts", "py311-django52-mariadb", "lint"]
    assert not_run == {
        "py311-django52-sqlite": "`dev.py test` is it",
        "py312-django61-sqlite": "Python 3.12 is not on this machine",
        "migrations-mariadb": "left to be run by hand: there is no time",
        "latest": "left to be run by hand: without pins, its result depends on the day",
    }
    assert pythons == ["/bin/python3.11"]


def test_wheel__is_built_with_pinned_tools(matrix, monkeypatch, tmp_path):
    monkeypatch.setattr(matrix, "WHEELS", tmp_path)
    built = []

    def output_of(*command, env):
        built.append((command, env))
        (tmp_path / "org.whl").touch()

    monkeypatch.setattr(matrix, "output_of", output_of)

    assert matrix.build_wheel() == tmp_path / "org.whl"
    [(command, env)] = built
    assert command[1:4] == ("-m", "pip", "wheel")
    assert env["PIP_CONSTRAINT"].endswith((ROOT / "constraints.txt").as_uri())
    assert env["PIP_BUILD_CONSTRAINT"].endswith((ROOT / "constraints.txt").as_uri())


def test_summary__has_a_line_for_every_environment(matrix):
    run = matrix.Matrix()
    run.results = [
        matrix.Result("py311-django52-mariadb", "ok", 61.2, "9 passed in 55.00s"),
        matrix.Result("lint", "failed (1)", 3.0),
    ]
    run.not_run = {"wheel": "Python 3.12 is not on this machine"}

    assert run.summary().splitlines() == [
        "py311-django52-mariadb     61 s  ok  9 passed in 55.00s",
        "lint                        3 s  failed (1)",
        "wheel                   not run: Python 3.12 is not on this machine",
    ]


@pytest.mark.parametrize(("code", "expected"), [(0, "ok"), (1, "failed (1)")])
def test_environments_of_tox__are_run_each_by_itself(matrix, monkeypatch, code, expected):
    monkeypatch.setattr(matrix, "DEV", python(f"import sys; sys.exit({code})"))
    run = matrix.Matrix()

    run.tox(["lint", "docs"], "--installpkg", "x.whl", at_once=2)

    assert {(result.name, result.status) for result in run.results} == {
        ("lint", expected),
        ("docs", expected),
    }
