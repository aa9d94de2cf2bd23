"""A shared cache without which the site still works."""

from __future__ import annotations

import logging
import time
from threading import Lock
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

log = logging.getLogger(__name__)

#: Seconds for which a server that did not answer is not asked again.
PAUSE = 5.0
#: Seconds between two lines in the log about a server that is down.
QUIET = 60.0


class Outage:
    """The state of a server that is down, for all threads of a process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ask_at = 0.0
        self._warn_at = 0.0

    def may_ask(self) -> bool:
        """Return whether to ask the server: during an outage one thread does after each pause."""
        if not self._ask_at:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._ask_at:
                return False
            if self._ask_at:
                # The others do not wait for the same answer.
                self._ask_at = now + PAUSE
            return True

    def goes_on(self, error: RedisError) -> None:
        """Record an error of the server."""
        with self._lock:
            now = time.monotonic()
            # A server that refuses a command answers at once, and may accept the next.
            if isinstance(error, (NoConnection, NoAnswer)):
                self._ask_at = now + PAUSE
            if now < self._warn_at:
                return
            self._warn_at = now + QUIET
        # Its message names the server.
        log.warning("The shared cache is down, and done without: %s.", type(error).__name__)

    def is_over(self) -> None:
        """Record an answer of the server."""
        self._ask_at = 0.0


class SharedCache(RedisCache):
    """Django's cache, except that a server that is down counts as an empty cache.

    Sessions then come from the database, ``usage/`` is computed, and throttles let requests pass.
    ``clear()`` still fails with the error of Redis, because its callers rely on it.
    """

    # Each thread has an instance; one wait is enough for all of them.
    outage = Outage()

    def _ask(
        self, method: str, otherwise: Any, *args: Any, always: bool = False, **kwargs: Any
    ) -> Any:
        if not (self.outage.may_ask() or always):
            return otherwise
        try:
            answer = getattr(super(), method)(*args, **kwargs)
        except RedisError as error:
            self.outage.goes_on(error)
            return otherwise
        self.outage.is_over()
        return answer

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("add", True, *args, **kwargs)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("touch", False, *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("has_key", False, *args, **kwargs)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        answer = self._ask("incr", None, key, delta, version)
        if answer is None:
            raise ValueError(f"Key '{key}' not found.")
        return answer

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get_many", {}, *args, **kwargs)

    def set_many(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        return self._ask("set_many", [*data], data, *args, **kwargs)

    # The server is asked for these even in a pause: a session that has ended must not come back.

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("delete", False, *args, always=True, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask("delete_many", None, *args, always=True, **kwargs)
