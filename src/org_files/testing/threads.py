"""Threads that start together."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

#: Seconds after which threads that wait for each other give up.
PATIENCE = 60


def at_once(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run ``calls`` in threads that start together, each with its own connection.

    Returns the results in order; raises what one of them raised.
    """
    calls = list(calls)
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(PATIENCE)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(run, call) for call in calls]]
