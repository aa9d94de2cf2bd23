"""Celery apps of the tests' site, each under a name of its own: what one test left to be sent never
reaches the next one."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from celery import Celery


def make_app(broker: str) -> tuple[str, Any]:
    """Return an app with a queue of its own, after its dotted path."""
    made: Any = Celery("tests", broker=broker, set_as_current=False)
    made.conf.task_default_queue = uuid4().hex
    name = f"app_{made.conf.task_default_queue}"
    globals()[name] = made
    return f"{__name__}.{name}", made


def messages_in(made: Any) -> list[tuple[str, list[Any], dict[str, Any]]]:
    """Take what was sent out of the queue: names, positional and named arguments."""
    found = []
    with (
        made.connection_for_read() as connection,
        connection.SimpleQueue(made.conf.task_default_queue) as queue,
    ):
        for _ in range(queue.qsize()):
            message = queue.get(timeout=5)
            message.ack()
            args, kwargs, _options = message.payload
            found.append((message.headers["task"], args, kwargs))
    return found
