"""Task queues: work that no request waits for."""

import logging
import time
from abc import abstractmethod
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from org_files.backends import Backend, load

__all__ = ["CeleryQueue", "NoQueue", "TaskQueue", "get_queue"]

logger = logging.getLogger("org_files.queues")

#: Seconds of each wait: for a free connection, for the connection, and for each answer.
BROKER_TIMEOUT = 1.0

#: Seconds after a failure in which tasks are dropped before the broker is tried again.
PAUSE = 30.0

#: One more try at once: with the next broker of a list, or with a new connection in place of a
#: pooled one that the broker closed.
RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

#: Transport options where the site's CELERY_BROKER_TRANSPORT_OPTIONS have none: kombu tries again
#: and waits without end. The first two are of Redis, the next two of AMQP.
TIMEOUTS = ("socket_connect_timeout", "socket_timeout", "read_timeout", "write_timeout")
TRANSPORT_OPTIONS: dict[str, Any] = dict.fromkeys(TIMEOUTS, BROKER_TIMEOUT) | RETRY_POLICY

#: What a dropped task means to the site, and what helps.
REMEDY = (
    "Start the broker, or correct the broker URL of the Celery app; until then renditions are "
    "created on demand."
)

# By dotted path of an app: when a broker that failed is tried again, and what failed.
_pauses: dict[str, tuple[float, str]] = {}


class TaskQueue(Backend):
    """Base of queues."""

    @abstractmethod
    def enqueue(self, task: str, *arguments: str) -> None:
        """Have a worker run ``task``, a name of ``org_files.tasks``, at some time.

        Called in requests, after commit. Must not raise, nor wait for long.
        """

    def ping(self) -> bool | None:
        """Return whether the queue takes tasks, ``None`` if it cannot tell; for ``health/``.

        May raise any error in place of returning ``False``. Must not wait for long.
        """
        return None


class NoQueue(TaskQueue):
    """Drops tasks: what they would do is done on demand."""

    def enqueue(self, task: str, *arguments: str) -> None:
        """Do nothing."""


class CeleryQueue(TaskQueue):
    """Sends tasks to the workers of the site's Celery app.

    A task is dropped where the broker fails twice or does not answer within a second, and so are
    those of the next 30 seconds in the same process. Under ``task_always_eager`` of the app a task
    runs at once, in the request, and raises its error only under ``task_eager_propagates``.

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
        """Send a task, or log that it was dropped."""
        name = f"org_files.{task}"
        until, failed = _pauses.get(self.app, (0.0, ""))
        if time.monotonic() < until:
            logger.warning("Task %s was dropped: %s failed before. %s", name, failed, REMEDY)
            return
        broker = "the Celery app"
        try:
            app = self._celery_app()
            is_eager = app.conf.task_always_eager
            if not is_eager:
                connection = app.connection_for_write(connect_timeout=BROKER_TIMEOUT)
                broker = f"the broker {_address_of(connection)}"
                _send(app, connection, name, arguments)
        except Exception as error:  # noqa: BLE001, errors of transports have no common class
            _pauses[self.app] = time.monotonic() + PAUSE, broker
            kind = type(error).__name__
            logger.warning("Task %s was dropped: %s of %s. %s", name, kind, broker, REMEDY)
            return
        if is_eager:
            # By name: layers above this one have the tasks.
            import_module("org_files.tasks")
            app.tasks[name].apply(arguments)

    def ping(self) -> bool | None:
        """Return whether a broker takes a connection within a second or two."""
        app = self._celery_app()
        if app.conf.task_always_eager:
            return None
        with app.connection_for_write(connect_timeout=BROKER_TIMEOUT) as connection:
            _bound(connection)
            connection.ensure_connection(**RETRY_POLICY)
        return True

    def _celery_app(self) -> Any:
        from celery import current_app

        return import_string(self.app) if self.app else current_app


def _send(app: Any, connection: Any, name: str, arguments: tuple[str, ...]) -> None:
    from kombu.pools import producers

    options = _bound(connection)
    policy = {key: options[key] for key in RETRY_POLICY}
    with producers[connection].acquire(block=True, timeout=BROKER_TIMEOUT) as producer:
        # Raises where no broker answers; publishing would try to connect once more.
        producer.connection.ensure_connection(**policy)
        app.send_task(
            name,
            args=arguments,
            producer=producer,
            retry=True,
            retry_policy=policy,
            timeout=BROKER_TIMEOUT,
            ignore_result=True,
        )


def _bound(connection: Any) -> Any:
    """Bound each wait of ``connection``; return its transport options."""
    connection.transport_options = TRANSPORT_OPTIONS | connection.transport_options
    return connection.transport_options


def _address_of(connection: Any) -> str:
    """Return the URLs of the connection's brokers, without users, passwords and parameters."""
    from kombu.utils.url import url_to_parts

    parts = [url_to_parts(url) for url in connection.alt or [connection.as_uri()]]
    return ", ".join(
        f"{part.scheme}://{part.hostname or ''}" + (f":{part.port}" if part.port else "")
        for part in parts
    )


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
