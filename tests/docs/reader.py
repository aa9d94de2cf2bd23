"""A reader who does what a page says: writes its files, types its commands, compares what comes."""

import os
import re
import secrets
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from tests.docs.blocks import commands_of
from tests.servers.process import free_port
from tests.servers.site import VARIABLES

# What the tests' own environment has done already.
INSTALLATION = (
    "python -m venv .venv",
    ". .venv/bin/activate",
    "python -m pip install django-org-files",
    'python -m pip install "django-org-files[jwt]"',
    'python -m pip install "django-org-files[images]"',
    'python -m pip install "django-org-files[celery]"',
    'python -m pip install "django-org-files[jwt,images,celery]" "psycopg[binary]" gunicorn',
    "python -m pip install uvicorn",
    "python -m pip install gunicorn uvicorn",
    "python -m pip install --upgrade django-org-files",
    "python -m pip install -r requirements.txt -e ..",
)
PRINTED_ADDRESS = "127.0.0.1:8000"
# Servers that a page starts: how each is told where to listen, and what it says once it does. The
# reloader would be one process more to end.
SERVERS = {
    "python manage.py runserver": (("--noreload", "{address}"), "CONTROL-C"),
    "gunicorn example.wsgi:application": (("--bind", "{address}"), "Listening at"),
    # By default all gunicorns of one user share a single control socket.
    "gunicorn mysite.wsgi:application": (
        ("--bind", "{address}", "--no-control-socket"),
        "Listening at",
    ),
    "uvicorn mysite.asgi:application": (("--port", "{port}"), "Uvicorn running"),
    "scripts/start": (("--bind", "{address}"), "Listening at"),
}
AT_THE_END = " (at the end)"
# The class of a block whose last command is meant to fail.
REFUSED = "refused"

# What differs each time, in what a page prints and in what comes.
VARYING = {
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "<id>",
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "<time>",
    # One record in a thousand folds by itself.
    r"\bfold: \d+ downloads": "fold: <n> downloads",
}


class Differs(AssertionError):
    """Something else came out than the page says."""


class Reader:
    """Works in one folder, with one shell whose variables last, and one server at a time.

    ``variables`` are those of the terminal, and ``done`` the commands that are not typed because
    their work is done already.
    """

    def __init__(
        self,
        folder,
        *,
        variables=None,
        done=INSTALLATION,
    ):
        self.folder = folder
        self.variables = environment() if variables is None else variables
        self.done = done
        self.address = f"127.0.0.1:{free_port()}"
        self.server = None
        self.shell = self._start("sh", stdin=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._end(self.shell)
        if self.server is not None:
            self._end(self.server)

    def follow(self, blocks):
        for block in blocks:
            if block.language == "console":
                self._type_all(block)
            elif block.language == "pycon":
                self._python_shell(block)
            elif block.caption:
                self.write(block)
            elif block.language != "text":
                raise Differs(f"{block}: the page does not say what to do with this.")

    def _type_all(self, block):
        commands = commands_of(block)
        for number, (command, printed) in enumerate(commands, start=1):
            refused = block.options.get("class") == REFUSED and number == len(commands)
            came = self.run(command, printed, refused=refused)
            if printed and not answers(printed, came):
                said = f"The page says:\n{printed}\nWhat came:\n{came}"
                raise Differs(f"{block}\n$ {command}\n{said}")

    def write(self, block):
        """Write the file that the caption names, or add to its end."""
        path = self.folder / block.caption.removesuffix(AT_THE_END)
        before = ""
        if block.caption.endswith(AT_THE_END):
            before = path.read_text(encoding="utf-8") + "\n"
        path.write_text(before + block.text, encoding="utf-8")

    def run(self, command, printed="", *, refused=False):
        """Type one command; return what it wrote."""
        if command in self.done:
            return printed
        if command in SERVERS:
            return self._serve(command)
        return self._type(command.replace(PRINTED_ADDRESS, self.address), refused=refused)

    def _type(self, command, *, refused=False):
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        end = f"end-{secrets.token_hex(8)}"
        self.shell.stdin.write(f"{command}\nprintf '\\n%s %d\\n' {end} $?\n")
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            if line.startswith(end):
                break
            lines.append(line)
        output = "".join(lines).replace(self.address, PRINTED_ADDRESS)
        if (line.split()[-1] != "0") is not refused:
            raise Differs(f"$ {command}\nended with {line.split()[-1]}:\n{output}")
        return output

    def _serve(self, command):
        if self.server is not None:
            self._end(self.server)
        # A second terminal, opened in the folder and with the environment of the first.
        folder, path = self._type('printf \'%s\\n%s\' "$PWD" "$PATH"').splitlines()
        options, ready = SERVERS[command]
        # Into a file: a pipe without a reader would fill up.
        log = self.folder / "server.log"
        with log.open("w", encoding="utf-8") as file:
            here = {"address": self.address, "port": self.address.rpartition(":")[2]}
            words = [*command.split(), *(option.format(**here) for option in options)]
            self.server = self._start(*words, folder=Path(folder), path=path, stdout=file)
        output, deadline = "", time.monotonic() + 60
        while time.monotonic() < deadline and self.server.poll() is None:
            output = log.read_text(encoding="utf-8").replace(self.address, PRINTED_ADDRESS)
            if ready in output:
                return output
            time.sleep(0.05)
        raise Differs(f"{command} did not start:\n{output}")

    def _python_shell(self, block):
        """Type into ``manage.py shell``; doctest compares, which knows how Python answers."""
        (self.folder / "typed.txt").write_text(block.text, encoding="utf-8")
        script = (
            "import doctest; failed = doctest.testfile('typed.txt', module_relative=False, "
            "optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed"
        )
        output = self._type(f'python manage.py shell -v 0 -c "{script}"')
        if "Failed example" in output:
            raise Differs(f"{block}\n{output}")

    def _start(
        self,
        *command,
        folder=None,
        path="",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ):
        return subprocess.Popen(
            command,
            cwd=folder or self.folder,
            env={**self.variables, "PATH": path or self.variables["PATH"]},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _end(self, process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def answers(printed, came):
    """Return whether ``came`` is what ``printed`` says.

    ``...`` stands for anything within a line, and on a line of its own for any lines or none. How
    far a line is indented, and empty lines, make no difference.
    """
    pattern = ""
    for line in _lines(printed):
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(came))) is not None


def _lines(text):
    for varying, name in VARYING.items():
        text = re.sub(varying, name, text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def environment():
    """The variables of a new terminal, with ``python`` and ``django-admin`` of this environment."""
    ours = {"DJANGO_SETTINGS_MODULE", "PYTHONWARNINGS", "COLUMNS", "DJANGO_COLORS", *VARIABLES}
    scripts = os.pathsep.join((str(Path(sys.executable).parent), sysconfig.get_path("scripts")))
    return {
        **{name: value for name, value in os.environ.items() if name not in ours},
        "PATH": scripts + os.pathsep + os.environ.get("PATH", ""),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
