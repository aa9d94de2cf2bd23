"""A reader who does what a page says: writes its files, types its commands, compares what comes."""

import os
import re
import secrets
import signal
import subprocess
import sys
import sysconfig
import time
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from typing import IO

from tests.docs.blocks import Block, commands_of
from tests.servers.process import free_port

# What the tests' own environment has done already.
INSTALLATION = (
    "python -m venv .venv",
    ". .venv/bin/activate",
    'python -m pip install "django-org-files[jwt]"',
)
PRINTED_ADDRESS = "127.0.0.1:8000"
RUNSERVER = "python manage.py runserver"
AT_THE_END = " (at the end)"

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
    """Works in one folder, with one shell whose variables last, and one server at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        self.server: subprocess.Popen[str] | None = None
        self.shell = self._start("sh", stdin=subprocess.PIPE)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exception: object) -> None:
        self._end(self.shell)
        if self.server is not None:
            self._end(self.server)

    def follow(self, blocks: list[Block]) -> None:
        for block in blocks:
            if block.language == "console":
                for command, printed in commands_of(block):
                    self._compare(block, command, printed, self.run(command, printed))
            elif block.language == "pycon":
                self._python_shell(block)
            elif block.caption:
                self.write(block)
            elif block.language != "text":
                raise Differs(f"{block}: the page does not say what to do with this.")

    def write(self, block: Block) -> None:
        """Write the file that the caption names, or add to its end."""
        path = self.folder / block.caption.removesuffix(AT_THE_END)
        before = ""
        if block.caption.endswith(AT_THE_END):
            before = path.read_text(encoding="utf-8") + "\n"
        path.write_text(before + block.text, encoding="utf-8")

    def run(self, command: str, printed: str = "") -> str:
        """Type one command; return what it wrote."""
        if command in INSTALLATION:
            return printed
        if command == RUNSERVER:
            return self._serve(printed)
        return self._type(command.replace(PRINTED_ADDRESS, self.address))

    def _type(self, command: str) -> str:
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
        if line.split()[-1] != "0":
            raise Differs(f"$ {command}\nended with {line.split()[-1]}:\n{output}")
        return output

    def _serve(self, printed: str) -> str:
        # The reloader would be one process more to end.
        options = ("--noreload", self.address)
        # Into a file: a pipe that nobody reads any more would fill up.
        log = self.folder / "runserver.log"
        with log.open("w", encoding="utf-8") as file:
            self.server = self._start(*RUNSERVER.split(), *options, stdout=file)
        output, deadline = "", time.monotonic() + 60
        while time.monotonic() < deadline and self.server.poll() is None:
            output = log.read_text(encoding="utf-8").replace(self.address, PRINTED_ADDRESS)
            if "CONTROL-C" in output:
                return output
            time.sleep(0.05)
        raise Differs(f"{RUNSERVER} did not start:\n{output}")

    def _python_shell(self, block: Block) -> None:
        """Type into ``manage.py shell``; doctest compares, which knows how Python answers."""
        (self.folder / "typed.txt").write_text(block.text, encoding="utf-8")
        script = (
            "import doctest; failed = doctest.testfile('typed.txt', module_relative=False, "
            "optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).failed"
        )
        output = self._type(f'python manage.py shell -v 0 -c "{script}"')
        if "Failed example" in output:
            raise Differs(f"{block}\n{output}")

    def _compare(self, block: Block, command: str, printed: str, came: str) -> None:
        for pattern, name in VARYING.items():
            printed, came = re.sub(pattern, name, printed), re.sub(pattern, name, came)
        options = ELLIPSIS | NORMALIZE_WHITESPACE
        if printed and not OutputChecker().check_output(printed, came, options):
            raise Differs(f"{block}\n$ {command}\nThe page says:\n{printed}\nWhat came:\n{came}")

    def _start(
        self,
        *command: str,
        stdin: int = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.PIPE,
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(),
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _end(self, process: "subprocess.Popen[str]") -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def environment() -> dict[str, str]:
    """What a new terminal has, with ``python`` and ``django-admin`` those of this environment."""
    ours = {"DJANGO_SETTINGS_MODULE", "PYTHONWARNINGS", "COLUMNS", "DJANGO_COLORS"}
    scripts = os.pathsep.join((str(Path(sys.executable).parent), sysconfig.get_path("scripts")))
    return {
        **{name: value for name, value in os.environ.items() if name not in ours},
        "PATH": scripts + os.pathsep + os.environ.get("PATH", ""),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }
