"""Where work goes that nobody waits for. Without a queue it is done when somebody asks for it."""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from abc import abstractmethod
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from org_files.backends import Backend, load

__all__ = ["CeleryQueue", "NoQueue", "TaskQueue", "get_queue"]

logger = logging.getLogger("org_files.queues")

#: Seconds for a broker to take a connection.
CONNECT_SECONDS = 2

#: Those of kombu that wait for an answer without end, unless the site or this says otherwise.
WAITING_TRANSPORTS = ("redis", "rediss", "valkey", "valkeys")

#: Tasks that wait to be sent; what comes then is dropped.
CAPACITY = 1000

#: Seconds that a process waits at its end for what is still to be sent.
EXIT_SECONDS = 2.0


class TaskQueue(Backend):
    """Base of queues."""

    @abstractmethod
    def enqueue(self, task: str, *arguments: str) -> None:
        """Have a worker run ``task``, by its name in ``org_files.tasks``, sooner or later.

        Neither waits nor raises: nothing may depend on it.
        """


class NoQueue(TaskQueue):
    """Runs nothing ahead."""

    def enqueue(self, task: str, *arguments: str) -> None:
        """Leave it."""


class CeleryQueue(TaskQueue):
    """Sends to the workers of the site's Celery app.

    From a thread of its own, since to find out that a broker is down may take long.

    Args:
        app: dotted path of the site's Celery app, such as ``"mysite.celery.app"``. Without it the
            one whose ``set_default()`` was called; Celery's current app is that of one thread.
    """

    def __init__(self, app: str = "") -> None:
        self.app = app

    def check(self) -> Iterable[CheckMessage]:
        """Report that Celery is missing, or that there is no such app."""
        if find_spec("celery") is None:
            yield Error(
                "ORG_FILES names CeleryQueue, but celery is not installed.",
                hint='pip install "django-org-files[celery]"',
                id="org_files.E013",
            )
        elif self.app and (problem := _problem_of(self.app)):
            yield Error(
                f'ORG_FILES["TASKS"]["OPTIONS"]["app"]: {problem}',
                hint='"OPTIONS": {"app": "mysite.celery.app"}',
                id="org_files.E011",
            )

    def enqueue(self, task: str, *arguments: str) -> None:
        """Put the task where the thread finds it."""
        _sender.put(_Task(f"org_files.{task}", arguments, self.app))


def get_queue() -> TaskQueue:
    """Return the queue that ``ORG_FILES["TASKS"]`` names.

    Raises ``ConfigurationError`` where it cannot be loaded.
    """
    return load("TASKS", TaskQueue)


def _problem_of(path: str) -> str:
    from celery import Celery

    try:
        app = import_string(path)
    except ImportError as error:
        return f"{path!r} cannot be imported: {error}"
    return "" if isinstance(app, Celery) else f"{path!r} is no Celery app."


class _Task(NamedTuple):
    name: str
    arguments: tuple[str, ...]
    app: str


class _Sender:
    def __init__(self) -> None:
        self._waiting: queue.Queue[_Task] = queue.Queue(CAPACITY)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, task: _Task) -> None:
        try:
            self._waiting.put_nowait(task)
        except queue.Full:
            logger.warning("Task %s was dropped: too many wait to be sent.", task.name)
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="org_files_queue", daemon=True
                )
                self._thread.start()

    def finish(self, seconds: float) -> None:
        """Wait until all is sent, or the time is over."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.02)

    def _run(self) -> None:
        while True:
            task = self._waiting.get()
            try:
                _send(task)
            finally:
                self._waiting.task_done()


def _send(task: _Task) -> None:
    from celery import current_app
    from kombu.exceptions import KombuError

    app: Any = import_string(task.app) if task.app else current_app
    try:
        with app.connection_for_write() as connection:
            if connection.transport_cls in WAITING_TRANSPORTS:
                connection.transport_options.setdefault("socket_timeout", CONNECT_SECONDS)
            connection.ensure_connection(
                max_retries=1, interval_start=0, interval_max=0, timeout=CONNECT_SECONDS
            )
            app.send_task(
                task.name,
                args=task.arguments,
                connection=connection,
                retry=False,
                ignore_result=True,
            )
    except (KombuError, OSError) as error:
        logger.warning("Task %s was dropped: %s.", task.name, type(error).__name__)


_sender = _Sender()


def _after_fork() -> None:
    # A forked process has none of its parent's threads, and what it waited for is sent there.
    global _sender
    _sender = _Sender()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

atexit.register(lambda: _sender.finish(EXIT_SECONDS))
