"""Processes that are killed while they work on the tests' own database.

One child process has Django ready and forks for each case another, which does one thing and kills
itself with SIGKILL at the moment asked for: after its so-many-th statement, or at a logged step.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KILLED, FINISHED = "killed", "finished"


class Victims:
    """The test's side: starts the child process, and has it run one case after the other."""

    def __init__(self, *, database: dict[str, Any], storages: dict[str, Any]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.victims"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._send({"DATABASES": {"default": database}, "STORAGES": storages})

    def run(self, do: str, **case: Any) -> str:
        """Run one case and return ``KILLED`` or ``FINISHED``. Raises what it wrote otherwise."""
        self._send({"do": do, **case})
        assert self.process.stdout is not None
        answer = self.process.stdout.readline().strip()
        if answer not in (KILLED, FINISHED):
            raise RuntimeError(f"{do}: {answer or 'the child process is gone'}")
        return answer

    def close(self) -> None:
        """End the child process."""
        self.process.communicate(timeout=10)

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message, default=str) + "\n")
        self.process.stdin.flush()


@contextmanager
def victims() -> Iterator[Victims]:
    """Start the child process on the database and the stores of the tests."""
    from django.conf import settings
    from django.db import connection

    child = Victims(database=connection.settings_dict, storages=settings.STORAGES)
    try:
        yield child
    finally:
        child.close()


def die() -> None:
    """End this process at once, as by ``kill -9``."""
    os.kill(os.getpid(), signal.SIGKILL)


class DieAtStep(logging.Handler):
    """Ends the process where ``org_files.files`` logs the step."""

    def __init__(self, step: str) -> None:
        super().__init__(logging.DEBUG)
        self.step = step

    def emit(self, record: logging.LogRecord) -> None:
        """End the process where the record is the one."""
        if getattr(record, "step", None) == self.step:
            die()


class DieAtStepInFile(logging.Handler):
    """Ends the process at the step that ``path`` holds, once: the file goes before the process."""

    def __init__(self, path: str) -> None:
        super().__init__(logging.DEBUG)
        self.path = Path(path)

    def emit(self, record: logging.LogRecord) -> None:
        """End the process where the record is the one."""
        if self.path.exists() and getattr(record, "step", None) == self.path.read_text():
            self.path.unlink()
            die()


def die_at(step: str) -> None:
    """End the process at a step of ``store_file``."""
    logger = logging.getLogger("org_files.files")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(DieAtStep(step))


def _do(do: str, *, file: Any = None, statement: int = 0, step: str = "", **case: Any) -> None:
    from django.contrib.auth import get_user_model
    from django.core.files.base import ContentFile
    from django.db import connection

    from org_files import counters, get_file_model, get_organization_model, links, pictures
    from org_files.files import purge_file, store_file
    from org_files.links import passwords
    from org_files.models import Download, ShareLink
    from org_files.signals import file_deleted

    files = get_file_model()._base_manager.filter(pk=file)

    def record() -> None:
        counters.record_download(file=files.get())

    def grant() -> None:
        counters.grant_download(files)

    def record_range() -> None:
        counters.record_range(file=files.get(), address="192.0.2.1", user_agent=case["reader"])

    def withdraw() -> None:
        counters.withdraw_download(Download.objects.filter(file=file).latest("pk"))

    def fold() -> None:
        counters.fold()

    def repair() -> None:
        counters.verify(repair=True)

    def store() -> None:
        store_file(
            organization=get_organization_model()._base_manager.get(pk=case["organization"]),
            owner=get_user_model()._default_manager.get(pk=case["owner"]),
            upload=ContentFile(case["content"].encode()),
            name="killed.txt",
        )

    def purge() -> None:
        purge_file(file=files.get())

    def purge_the_row() -> None:
        # The signal comes between the row and the bytes.
        file_deleted.connect(lambda **arguments: die(), weak=False)
        purge()

    def make_renditions() -> None:
        pictures.make_renditions(file=files.get())

    deeds = (record, grant, record_range, withdraw, fold, repair, store, purge, purge_the_row)

    def try_password() -> None:
        # The try is booked before the password is checked.
        passwords.check_password = lambda *arguments: die()
        links.opens(ShareLink.objects.get(pk=case["link"]), "wrong", address=case["address"])

    deeds += (make_renditions, try_password)
    calls: dict[str, Callable[[], None]] = {call.__name__: call for call in deeds}
    if step:
        die_at(step)
    executed = 0

    def count(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        nonlocal executed
        result = execute(sql, *args)
        executed += 1
        if executed == statement:
            die()
        return result

    with connection.execute_wrapper(count):
        calls[do]()


def _main() -> None:
    import django
    from django.conf import settings

    for setting, value in json.loads(sys.stdin.readline()).items():
        setattr(settings, setting, value)
    django.setup()
    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if not child:
            settings.ORG_FILES = case.pop("ORG_FILES", {})
            _do(**case)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            answer = KILLED
        else:
            answer = FINISHED if status == 0 else f"ended with wait status {status}"
        print(answer, flush=True)


if __name__ == "__main__":
    _main()
