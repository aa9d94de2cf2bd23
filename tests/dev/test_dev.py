"""dev.py's own decisions, with fakes where it would install or serve."""

import ast
import json
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import dev
import pins
from tests.servers.postgresql import PostgreSQL, ServerMissing


class FakeRun:
    """Stands in for dev.run: commands that contain a word of `failing` fail, with that output."""

    def __init__(self, failing=None):
        self.failing = failing or {}
        self.commands = []
        self.environments = []

    def __call__(self, command, *, quiet=False, cwd=None, env=None):
        self.commands.append([str(part) for part in command])
        self.environments.append(dict(env or {}))
        if str(command[0]) == str(dev.PYTHON) and not dev.PYTHON.exists():
            return 127, "no such file"
        if "--without-pip" in command or "--seed" in command:
            dev.PYTHON.parent.mkdir(parents=True)
            dev.PYTHON.touch()
        for word, output in self.failing.items():
            if any(word in part for part in self.commands[-1]):
                return 1, output
        return 0, platform.python_version()

    def installed(self):
        return [command for command in self.commands if "install" in command and "-e" in command]

    def variables(self, word):
        """The environment variables of each command that has that word."""
        pairs = zip(self.commands, self.environments, strict=True)
        return [env for command, env in pairs if word in command]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project with an environment that works and no stamp yet."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "DEMO", tmp_path / ".demo")
    monkeypatch.setattr(dev, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(dev, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(dev, "CONSTRAINTS", tmp_path / "constraints.txt")
    dev.CONSTRAINTS.write_text("ruff==1.0\n")
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\nlint = ["ruff>=1"]\n')
    dev.PYTHON.parent.mkdir(parents=True)
    dev.PYTHON.touch()
    return tmp_path


@pytest.fixture
def run(monkeypatch):
    fake = FakeRun()
    monkeypatch.setattr(dev, "run", fake)
    return fake


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_an_old_python__can_read_the_file_and_is_told_what_is_needed(monkeypatch):
    ast.parse(Path(dev.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
    monkeypatch.setattr(dev.sys, "version_info", (3, 8, 18))

    with pytest.raises(SystemExit, match=r"^dev.py: Python 3\.11 or newer is needed, this is "):
        dev.main(["demo"])


def test_nothing_outside_the_standard_library_is_imported():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(dev.__file__).parent)!r}); "
        "before = set(sys.modules); import dev; print(*set(sys.modules) - before)"
    )
    modules = subprocess.check_output([sys.executable, "-I", "-c", code], text=True)

    names = {name.partition(".")[0] for name in modules.split()}
    assert names - set(sys.stdlib_module_names) == {"dev"}


def test_arguments__are_those_of_pytest_in_their_order_or_a_port():
    arguments = ["--port", "-k", "a or b", "tests/dev", "-x", "--", "--no-input"]

    assert dev.parse(["test", *arguments]).passed_on == arguments
    assert dev.parse(["demo"]).port == 8000
    assert dev.parse(["demo", "--port", "9"]).port == 9


@pytest.mark.parametrize("argv", [[], ["dance"], ["demo", "--port", "x"], ["demo", "extra"]])
def test_arguments_that_mean_nothing__are_refused(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        dev.main(argv)

    assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "-1", "taken"])
def test_port_that_cannot_be_served__is_one_sentence(port, taken_port, capsys):
    port, problem = (taken_port, "of 127.0.0.1 is taken") if port == "taken" else (port, "")

    assert dev.main(["demo", "--no-input", f"--port={port}"]) == 1

    [sentence] = capsys.readouterr().err.splitlines()
    assert sentence.startswith(
        f"dev.py: port {port} {problem}" if problem else f"dev.py: {port} is"
    )


@pytest.mark.parametrize("answer", ["", "y", "Yes "])
def test_taken_port__the_next_free_one_is_offered(taken_port, answer, monkeypatch):
    questions = []
    monkeypatch.setattr("builtins.input", lambda text: questions.append(text) or answer)

    port = dev.choose_port(taken_port, ask=True)

    assert port > taken_port
    assert f"port {port}?" in questions[0]


def test_environment__is_reused_and_keeps_what_another_command_put_into_it(project, run):
    assert not dev.main(["install"])
    assert run.commands[-1] == run.installed()[-1]
    dev.prepare_environment("demo")
    dev.prepare_environment("test", "lint")
    dev.prepare_environment("demo")

    assert [command[-3:] for command in run.installed()] == [
        ["off", "-e", ".[demo]"],
        ["-e", ".[demo,test]", "ruff>=1"],
    ]
    assert json.loads(dev.STAMP.read_text())["installed"] == ["demo", "lint", "test"]


@pytest.mark.parametrize(
    "change",
    [
        lambda project: (project / "pyproject.toml").write_text("[dependency-groups]\nlint = []\n"),
        lambda project: dev.CONSTRAINTS.write_text("ruff==1.1\n"),
        lambda project: dev.STAMP.write_text("{broken"),
        lambda project: dev.STAMP.unlink(),
    ],
    ids=["pyproject.toml", "constraints.txt", "broken stamp", "no stamp"],
)
def test_environment_is_updated_after_a_change(project, run, change):
    dev.prepare_environment("demo")
    change(project)
    dev.prepare_environment("demo")

    assert len(run.installed()) == 2
    assert not any("venv" in command for command in run.commands)


@pytest.mark.parametrize("change", [{"root": "/elsewhere"}, {"python": "3.11.0"}])
def test_environment_of_another_folder_or_python__is_made_anew(project, run, monkeypatch, change):
    dev.prepare_environment("demo")
    stamp = json.loads(dev.STAMP.read_text())
    dev.STAMP.write_text(json.dumps({**stamp, **change}))
    answers = iter([(0, "3.11.0")] if "python" in change else [])
    monkeypatch.setattr(dev, "run", lambda *args, **kwargs: next(answers, None) or run(*args))

    dev.prepare_environment("demo")

    assert any("venv" in command for command in run.commands)


def test_failed_installation__leaves_no_stamp_and_shows_the_end_of_the_output(project, run):
    dev.prepare_environment("demo")
    lines = [f"line {n}" for n in range(50)]
    run.failing["[demo,test]"] = "\n".join(lines)

    with pytest.raises(dev.Failure) as failure:
        dev.prepare_environment("demo", "test")

    assert "pip could not install" in str(failure.value)
    assert "line 49" in str(failure.value)
    assert "line 30" not in str(failure.value)
    assert not dev.STAMP.exists()


def test_installation__takes_the_versions_of_constraints_txt(project, run, monkeypatch):
    monkeypatch.delenv("PIP_CONSTRAINT", raising=False)
    monkeypatch.setenv("PIP_BUILD_CONSTRAINT", "/own.txt")

    dev.prepare_environment("demo", "lint")

    [env] = run.variables("install")
    url = (project / "constraints.txt").as_uri()
    assert env["PIP_CONSTRAINT"] == url
    assert env["PIP_BUILD_CONSTRAINT"] == f"/own.txt {url}"


def test_pins_that_do_not_install_on_a_newer_python__are_left_out(
    project, run, monkeypatch, capsys
):
    monkeypatch.setattr(pins, "pairs", lambda: {"3.9": "4.2", "3.10": "5.2"})
    monkeypatch.setattr(dev, "run", lambda *args, env=None, **options: fails_with_pins(env))
    tried = []

    def fails_with_pins(env):
        tried.append(bool(env))
        return (1, "no wheel") if env else (0, platform.python_version())

    dev.prepare_environment("demo")

    assert tried[-2:] == [True, False]
    assert "no pins" in capsys.readouterr().out
    assert dev.STAMP.exists()


def test_pin_that_fails__is_a_sentence_and_installs_nothing(project, run, monkeypatch, capsys):
    def renew(pip):
        raise pins.Unresolved("Python 3.12 is not on this machine.")

    monkeypatch.setattr(pins, "renew", renew)

    assert dev.main(["pin"]) == 1

    assert capsys.readouterr().err == "dev.py: Python 3.12 is not on this machine.\n"
    assert not run.installed()


@pytest.fixture
def ways(project, tmp_path, monkeypatch):
    """All ways of a machine that has everything."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "pip-99.0-py3-none-any.whl").touch()
    monkeypatch.setattr(dev.sysconfig, "get_config_var", {"WHEEL_PKG_DIR": str(wheels)}.get)
    monkeypatch.setattr(dev.shutil, "which", lambda tool: f"/tools/{tool}")
    return dict(dev.ways_to_make_environment())


def test_ways__from_the_most_ordinary_to_the_least(ways):
    names = list(ways)

    assert names[0] == "venv"
    assert any(name.endswith("pip-99.0-py3-none-any.whl") for name in names[1:-3])
    assert names[-3:] == ["venv and pip", "uv", "virtualenv"]


def test_pip_that_refuses__is_followed_by_uv(ways, run, monkeypatch):
    run.failing = {"--no-index": "broken wheel", "--python": "externally managed"}
    works = []
    monkeypatch.setattr(
        dev, "environment_works", lambda: works.append(1) or len(works) == len(ways) - 1
    )

    dev.make_environment()

    assert run.commands[-1][0] == "/tools/uv"


def test_no_way_works__says_what_to_install(ways, run, monkeypatch, capsys):
    monkeypatch.setattr(dev, "environment_works", lambda: False)
    run.failing = {"venv": "no ensurepip here"}

    assert dev.main(["demo", "--no-input", "--port", str(free_port())]) == 1

    error = capsys.readouterr().err
    assert "apt-get install python3-venv" in error
    assert "no ensurepip here" in error


def free_port():
    return next(port for port in range(20000, 30000) if dev.is_free(port))


@pytest.fixture
def served(project, run, monkeypatch):
    calls = []
    monkeypatch.setattr(dev.os, "execve", lambda *args: calls.append(args))
    monkeypatch.setattr(dev.os, "chdir", lambda path: None)
    return calls


@pytest.mark.skipif(os.name != "posix", reason="gunicorn, file modes")
def test_demo__migrates_then_makes_data_then_serves_with_one_private_key(
    served, run, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", "postgres://someone@elsewhere/precious")
    monkeypatch.delenv("DEBUG", raising=False)
    port = free_port()

    for _ in range(2):
        dev.main(["demo", "--no-input", "--port", str(port)])

    managed = [command[2:] for command in run.commands if command[1] == "manage.py"]
    assert [command[0] for command in managed] == ["migrate", "demo_data"] * 2
    assert managed[1][-2:] == ["--site", f"http://127.0.0.1:{port}"]
    for _, command, env in served:
        assert f"127.0.0.1:{port}" in command
        assert env["DATABASE_URL"].startswith("sqlite:///")
        assert env["DEBUG"] == "1"
    [key] = {env["SECRET_KEY"] for _, _, env in served}
    assert len(key) > 50
    assert (dev.DEMO / "secret_key").stat().st_mode & 0o777 == 0o600
    assert f"http://127.0.0.1:{port}/api/docs/\n" in capsys.readouterr().out


def test_demo__a_command_that_fails_is_a_sentence(served, run, capsys):
    run.failing["migrate"] = "django: no such table"

    assert dev.main(["demo", "--no-input", "--port", str(free_port())]) == 1

    error = capsys.readouterr().err
    assert error.startswith("dev.py: `manage.py migrate` failed (exit code 1).")
    assert "no such table" in error
    assert served == []


@pytest.fixture
def databases(project, run, monkeypatch):
    monkeypatch.delenv("TEST_DATABASE", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(PostgreSQL, "find", lambda: None)
    return lambda: sorted(env["TEST_DATABASE"] for env in run.variables("pytest"))


def test_tests__run_on_sqlite_and_on_postgresql_or_on_the_named_one(databases, run, monkeypatch):
    assert dev.main(["test", "-k", "word"]) == 0

    assert databases() == ["postgresql", "sqlite"]
    shown, beside = sorted(run.commands[-2:], key=len)
    assert shown[1:] == ["-m", "pytest", *dev.WORKERS.split(), "-k", "word"]
    assert (beside[:-4], beside[-2:]) == (shown[:-2], shown[-2:])
    monkeypatch.setenv("TEST_DATABASE", "mariadb")
    dev.main(["test"])
    assert databases() == ["mariadb", "postgresql", "sqlite"]


def test_exit_code_is_the_worst(databases, monkeypatch):
    codes = {"sqlite": 2, "postgresql": 1}
    real = dev.run
    monkeypatch.setattr(
        dev,
        "run",
        lambda *args, env=None, **options: (
            (codes[env["TEST_DATABASE"]], "") if "pytest" in args[0] else real(*args, **options)
        ),
    )

    assert dev.main(["test"]) == 2


@pytest.mark.parametrize(("under_ci", "tested"), [(False, ["sqlite"]), (True, [])])
def test_no_postgresql__is_said_and_fails_under_ci(
    databases, monkeypatch, capsys, under_ci, tested
):
    def find():
        raise ServerMissing("PostgreSQL is not installed; `apt-get install postgresql` does it.")

    monkeypatch.setattr(PostgreSQL, "find", find)
    monkeypatch.setenv("CI", str(under_ci).lower())

    assert dev.main(["test"]) == int(under_ci)

    assert databases() == tested
    output = capsys.readouterr()
    assert "apt-get install postgresql" in (output.err or output.out.splitlines()[-1])


@pytest.fixture
def tox(project, run):
    (project / "pyproject.toml").write_text('[dependency-groups]\ntox = ["tox>=4"]\n')
    return run


def test_check__runs_the_environments_with_that_label_and_fails_where_tox_does(tox):
    assert dev.main(["check"]) == 0
    assert tox.commands[-1] == [str(dev.PYTHON), "-m", "tox", "run", "-m", "check"]

    tox.failing["check"] = "lint: FAIL"
    assert dev.main(["check"]) == 1


def test_tox__gets_all_arguments_and_the_environment_holds_nothing_else(tox):
    assert dev.main(["tox", "run", "-e", "hosts", "--", "-k", "stock", "--port"]) == 0

    assert tox.commands[-1][3:] == ["run", "-e", "hosts", "--", "-k", "stock", "--port"]
    [installation] = [command for command in tox.commands if "install" in command]
    assert installation[-1] == "tox>=4"
    assert "-e" not in installation


def test_run__returns_code_and_output():
    command = [sys.executable, "-c", "print('said'); raise SystemExit(3)"]

    assert dev.run(command, quiet=True) == (3, f"said{os.linesep}")
    code, output = dev.run(["no-such-program"], quiet=True)
    assert code == 127
    assert output.startswith("no-such-program: ")
