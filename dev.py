#!/usr/bin/env python3
"""Runs this project from its folder, with nothing but Python to begin with.

commands:
  install  the environment alone, with all that the example site needs
  demo [--port N] [--no-input]
           the example site with demo data, kept in .demo/ whatever DATABASE_URL says
  test [arguments of pytest]
           pytest on SQLite and PostgreSQL at once. TEST_DATABASE (sqlite, postgresql, mariadb)
           names the only one to run, DATABASE_URL=postgres://... a server that runs already
  check    lint, types, migrations and documentation: what tox.ini has under the label "check"
  tox [arguments of tox]
           any environment of tox.ini, such as `tox run -e hosts`; `tox list` names them all
  pin      write constraints.txt anew, with the newest versions that work together

All but pin make the environment .venv or bring it up to date, with the versions of
constraints.txt; pip's variables (PIP_...) count.
"""

# The grammar stays that of Python 3.8, so that an old Python can say which one is needed.
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent
EXAMPLE = ROOT / "example_project"
DEMO = ROOT / ".demo"
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "dev-stamp.json"
CONSTRAINTS = ROOT / "constraints.txt"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
EXTRAS = {"demo", "test"}  # every other name is a dependency group
PIP = "-m pip install --quiet --disable-pip-version-check --progress-bar off"
PAGES = {"pages": "/", "admin": "/admin/", "docs": "/api/docs/", "API": "/api/"}
# At most four of each database, which is what a machine of eight cores keeps busy.
WORKERS = "-n auto --maxprocesses 4 --dist worksteal"
GUNICORN = "-m gunicorn --worker-class gthread --workers 2 --threads 8 --no-control-socket"
# The processes that have not ended yet.
RUNNING = set()


class Failure(Exception):
    """An error with a message for the user."""


def say(text):
    print("==> " + text, flush=True)


def tail(output, lines=15):
    return "".join("\n    " + line for line in output.strip().splitlines()[-lines:])


def run(command, *, quiet=False, cwd=ROOT, env=None):
    """Run `command` to its end; return its exit code and, if `quiet`, all that it wrote."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    command = [str(part) for part in command]
    try:
        process = subprocess.Popen(command, cwd=str(cwd), env=env, **(streams if quiet else {}))
    except OSError as error:
        return 127, f"{command[0]}: {error.strerror}"
    RUNNING.add(process)
    try:
        output = (process.communicate()[0] or b"").decode("utf-8", "replace")
    except (KeyboardInterrupt, SystemExit):
        process.wait()
        raise
    finally:
        RUNNING.discard(process)
    return abs(process.returncode), output


def stop(number, frame):
    """Pass a SIGTERM on: a terminal sends Ctrl-C to child processes, but SIGTERM reaches one."""
    for process in list(RUNNING):
        process.terminate()
    sys.exit(128 + number)


def ways_to_make_environment():
    """Pairs of a name and the commands that should end in an environment with pip in it."""
    # Inside an environment sys.executable may be the one that is about to be replaced.
    base = getattr(sys, "_base_executable", None) or sys.executable
    bare = [base, "-m", "venv", "--without-pip", ENVIRONMENT]
    yield "venv", [[base, "-m", "venv", ENVIRONMENT]]
    # The wheels that a distribution ships for ensurepip.
    shipped = {sysconfig.get_config_var("WHEEL_PKG_DIR"), "/usr/share/python-wheels"} - {None, ""}
    for wheel in sorted(wheel for folder in shipped for wheel in Path(folder).glob("pip-*.whl")):
        install = [PYTHON, wheel / "pip", "install", "--no-index", "--no-deps", wheel]
        yield f"venv and {wheel}", [bare, install]
    # With --python pip works inside the new environment, also where it refuses to work outside one.
    yield "venv and pip", [bare, [base, "-m", "pip", "--python", PYTHON, "install", "pip"]]
    for tool, arguments in (("uv", ["venv", "--seed"]), ("virtualenv", [])):
        if shutil.which(tool):
            yield tool, [[shutil.which(tool), *arguments, "--python", base, ENVIRONMENT]]


def environment_works():
    script = "import pip, platform; print(platform.python_version())"
    code, output = run([PYTHON, "-c", script], quiet=True)
    return code == 0 and output.split()[-1:] == [platform.python_version()]


def make_environment():
    said = ""
    for name, commands in ways_to_make_environment():
        say(f"Making the environment .venv with {name}")
        if ENVIRONMENT.exists():
            shutil.rmtree(str(ENVIRONMENT))
        for command in commands:
            code, output = run(command, quiet=True)
            said += f"{name}: {output.strip()}\n"
            if code:
                break
        if environment_works():
            return
    advice = "`apt-get install python3-venv` helps on Debian and Ubuntu"
    raise Failure(f"no environment with pip could be made; {advice}. Tried:{tail(said, 40)}")


def requirements(names):
    import tomllib  # absent from the old Pythons that main() turns away

    with (ROOT / "pyproject.toml").open("rb") as file:
        groups = tomllib.load(file)["dependency-groups"]
    extras = sorted(EXTRAS & names)
    package = ["-e", f".[{','.join(extras)}]"] if extras else []
    return [*package, *(line for name in sorted(names - EXTRAS) for line in groups[name])]


def pinned():
    """Return the environment variables that make pip install the versions of constraints.txt."""
    # pip splits the variables at spaces, which a URL does not have. It reads the first one where it
    # installs and, up to pip 25.2, where it builds a package; newer ones read the second one there.
    names = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT")
    pins = CONSTRAINTS.as_uri()
    return {**os.environ, **{n: f"{os.environ.get(n, '')} {pins}".strip() for n in names}}


def pip_install(names):
    """Install what `names` ask for, pinned; return pip's exit code and what it wrote."""
    from pins import pairs  # not for old Pythons either

    command = [PYTHON, *PIP.split(), *requirements(names)]
    code, output = run(command, quiet=True, env=pinned())
    newest = max(tuple(map(int, version.split("."))) for version in pairs())
    if code and sys.version_info[:2] > newest:
        # The pinned versions may have no wheels for it.
        say(f"The pinned versions do not install on Python {platform.python_version()}: no pins")
        return run(command, quiet=True)
    return code, output


def prepare_environment(*names):
    """Make .venv hold the extras and dependency groups in `names`, and those it held before."""
    wanted, stamp = set(names), {}
    # Scripts and editable installs hold the folder's path.
    now = {"python": platform.python_version(), "root": str(ROOT)}
    for file in (ROOT / "pyproject.toml", CONSTRAINTS):
        now[file.stem] = hashlib.sha256(file.read_bytes()).hexdigest()
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    if stamp.get("root", now["root"]) == now["root"] and environment_works():
        wanted |= set(stamp.get("installed", []))
        if stamp == {**now, "installed": sorted(wanted)}:
            return say("Using the environment .venv")
    else:
        make_environment()
    # Until the end of the installation there is no telling what the environment holds.
    STAMP.unlink(missing_ok=True)
    say(f"Installing into .venv for {', '.join(sorted(wanted))} (a minute or so the first time)")
    code, output = pip_install(wanted)
    if code:
        raise Failure(f"pip could not install what is needed. It said:{tail(output)}")
    return STAMP.write_text(json.dumps({**now, "installed": sorted(wanted)}), encoding="utf-8")


def manage(*arguments, env, quiet=False):
    code, output = run([PYTHON, "manage.py", *arguments], cwd=EXAMPLE, env=env, quiet=quiet)
    if code:
        raise Failure(f"`manage.py {arguments[0]}` failed (exit code {code}).{tail(output)}")


def example_environment(folder, **variables):
    """Environment variables that keep all that the example project writes in `folder`."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    (folder / "log").mkdir(exist_ok=True)
    return {
        "DEBUG": "1",
        "THROTTLES": "off",
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example.settings",
        "DATABASE_URL": "sqlite:///" + quote((folder / "db.sqlite3").as_posix()),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_DIR": str(folder / "log"),
        **variables,
    }


def is_free(port):
    with socket.socket() as probe:
        # As the server does: connections of an earlier run may still be in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(port, *, ask):
    if not 0 < port < 65536:
        raise Failure(f"{port} is not a port, which is a number from 1 to 65535.")
    if is_free(port):
        return port
    other = next((n for n in range(port + 1, min(port + 100, 65536)) if is_free(n)), None)
    if ask and other:
        answer = input(f"Port {port} of 127.0.0.1 is taken. Serve on port {other}? [Y/n] ")
        if answer.strip().lower() in ("", "y", "yes"):
            return other
    raise Failure(f"port {port} of 127.0.0.1 is taken or reserved; choose another one with --port.")


def demo(arguments):
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    port = choose_port(arguments.port, ask=at_terminal and not arguments.no_input)
    prepare_environment("demo")
    env = example_environment(DEMO)
    key = DEMO / "secret_key"
    key.touch(mode=0o600)
    key.write_text(key.read_text() or secrets.token_urlsafe(50))
    env["SECRET_KEY"] = key.read_text()
    say("Bringing the database up to date")
    manage("migrate", "--verbosity", "0", env=env, quiet=True)
    address = f"127.0.0.1:{port}"
    say("Demo data; each person's e-mail address and password, and a link that needs neither:")
    manage("demo_data", "--site", f"http://{address}", env=env)
    say(f"Serving; Ctrl-C ends it, {DEMO.name}/ keeps the data. Where to click:")
    for what, path in PAGES.items():
        print(f"    {what:<8}http://{address}{path}", flush=True)
    if os.name != "posix":
        return manage("runserver", "--noreload", address, env=env)
    os.chdir(str(EXAMPLE))
    # The server takes this process over, so that a signal to it reaches the server: no orphans.
    server = [str(PYTHON), *GUNICORN.split(), "--bind", address, "example.wsgi:application"]
    return os.execve(server[0], server, env)


def install(arguments):
    prepare_environment("demo")


def test(arguments):
    from tests.servers.postgresql import PostgreSQL, ServerMissing  # not for old Pythons either

    databases, missing = [os.environ.get("TEST_DATABASE") or "sqlite"], None
    if not os.environ.get("TEST_DATABASE"):
        try:
            PostgreSQL.find()
            databases.append("postgresql")
        except ServerMissing as error:
            missing = str(error)
            if os.environ.get("CI") == "true":
                raise Failure(missing) from None
    prepare_environment("demo", "test")
    # The shell may have a settings module for another project.
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    # Without bytecode each of the many processes would compile the package and the tests anew.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [PYTHON, "-m", "pytest", *WORKERS.split()]
    # What depends on the database is less than half of the tests.
    fewer = ["-n", str(max((os.cpu_count() or 1) // 2, 1))]
    shown, *others = [{**env, "TEST_DATABASE": database} for database in databases]
    say(f"Tests on {', and at the same time on '.join(databases)}")
    with ThreadPoolExecutor() as pool:
        beside = [
            pool.submit(run, [*command, *fewer, *arguments.passed_on], quiet=True, env=other)
            for other in others
        ]
        codes = [run([*command, *arguments.passed_on], env=shown)[0]]
        for database, ended in zip(databases[1:], beside, strict=True):
            say(f"Tests on {database}")
            code, output = ended.result()
            print(output, end="", flush=True)
            codes.append(code)
    if missing:
        say(f"Tested on SQLite only: {missing}")
    return max(codes)


def tox(arguments):
    prepare_environment("tox")
    return run([PYTHON, "-m", "tox", *arguments.passed_on])[0]


def check(arguments):
    return tox(argparse.Namespace(passed_on=["run", "-m", "check"]))


def pin(arguments):
    import pins  # not for old Pythons either

    # Its pip alone is needed, so an installation that fails with the present pins does not matter.
    if not environment_works():
        make_environment()
    say(f"Resolving the versions for Python {', '.join(pins.pairs())} (a few minutes)")
    try:
        pins.renew([str(PYTHON), "-m", "pip", "--disable-pip-version-check"])
    except pins.Unresolved as error:
        raise Failure(str(error)) from None
    say(f"Wrote {CONSTRAINTS.name}. Run `dev.py test` and `dev.py check` before you commit it.")


COMMANDS = {
    "install": install,
    "demo": demo,
    "test": test,
    "check": check,
    "tox": tox,
    "pin": pin,
}


def parse(argv):
    if argv[:1] in (["test"], ["tox"]) and argv[1:] not in (["-h"], ["--help"]):
        # Not through argparse, which would take some of the other's arguments for its own.
        return argparse.Namespace(command=argv[0], passed_on=argv[1:])
    parser = argparse.ArgumentParser("dev.py", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-input", action="store_true", help="fail instead of asking")
    return parser.parse_args(argv)


def main(argv):
    if sys.version_info < (3, 11):  # noqa: UP036 - anybody may start this file with any Python
        sys.exit(f"dev.py: Python 3.11 or newer is needed, this is {platform.python_version()}.")
    arguments = parse(argv)
    signal.signal(signal.SIGTERM, stop)
    try:
        return COMMANDS[arguments.command](arguments)
    except Failure as failure:
        print(f"dev.py: {failure}", file=sys.stderr)
    except OSError as error:
        print(f"dev.py: {error.filename or 'system'}: {error.strerror or error}", file=sys.stderr)
    except (KeyboardInterrupt, EOFError):
        print("dev.py: stopped.", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
