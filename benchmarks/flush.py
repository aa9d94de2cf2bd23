"""A disk that takes its time: every flush of PostgreSQL's log lasts some milliseconds longer.

The honest way is a second cluster whose fdatasync(2) is delayed, by strace. Where there is no
strace, ``commit_delay`` has to do. README.md says how far the two are apart.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from benchmarks.environment import SERVER, Environment, connected_to, database
from tests.servers.postgresql import PostgreSQL

DELAY = 2000  # microseconds

# With seccomp's filter nothing but the calls named here stops for the tracer. -D makes that a
# grandchild, so that the server keeps the process id by which it is stopped.
STRACE = ("strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", os.devnull)
INJECT = ("-e", "trace=fdatasync", "-e", f"inject=fdatasync:delay_exit={DELAY}")


@dataclass(frozen=True)
class SlowFlush:
    """A database with a slow flush, and the environment of a site that uses it."""

    environment: Environment
    method: str

    @property
    def label(self) -> str:
        """The name of this case in a figure."""
        return f"{DELAY / 1000:g} ms per flush by {self.method}"


class SlowPostgreSQL(PostgreSQL):
    """A cluster over a slow disk."""

    def command(self) -> list[str]:
        """Run the server under the tracer."""
        return [*STRACE, *INJECT, *super().command()]


@contextmanager
def slow_flush(environment: Environment, *, quick: bool) -> Iterator[SlowFlush]:
    """Have every flush take ``DELAY`` longer, for Django here and for sites started meanwhile.

    What was in the database is there afterwards, but perhaps not meanwhile.
    """
    if not quick and environment.is_private and _can_trace():
        with _slow_cluster(environment) as slow:
            yield SlowFlush(slow, "strace")
    else:
        with _commit_delay():
            yield SlowFlush(environment, "commit_delay")


def _can_trace() -> bool:
    if shutil.which(STRACE[0]) is None:
        return False
    # Many containers forbid it.
    return subprocess.run([*STRACE, *INJECT, "true"], capture_output=True).returncode == 0


@contextmanager
def _slow_cluster(environment: Environment) -> Iterator[Environment]:
    with ExitStack() as stack:
        # It would take the server that is named there for the one to use.
        url = os.environ.pop("DATABASE_URL")
        stack.callback(os.environ.__setitem__, "DATABASE_URL", url)
        server = stack.enter_context(SlowPostgreSQL(fsync=True, settings=SERVER))
        slow_url = stack.enter_context(database(server.url))
        stack.enter_context(connected_to(slow_url))
        call_command("migrate", verbosity=0)
        yield Environment({**environment.variables, "DATABASE_URL": slow_url}, is_private=True)


@contextmanager
def _commit_delay() -> Iterator[None]:
    def settings(**values: str) -> None:
        with connection.cursor() as cursor:
            for name, value in values.items():
                cursor.execute(f"ALTER SYSTEM SET {name} = {value}")
            cursor.execute("SELECT pg_reload_conf()")
        # Sessions take the settings over with the next statement after the signal.
        time.sleep(0.2)

    # Without siblings: a lone client waits for its disk too.
    settings(commit_delay=str(DELAY), commit_siblings="0")
    try:
        yield
    finally:
        settings(commit_delay="DEFAULT", commit_siblings="DEFAULT")
