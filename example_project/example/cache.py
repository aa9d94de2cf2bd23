"""The cache that processes share, without which the site goes on when it is down."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
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
    """What the threads of a process know of a server that is down."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ask_at = 0.0
        self._warn_at = 0.0

    def may_ask(self) -> bool:
        """Return whether the server is to be asked: always, or by one thread after each pause."""
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
        """Take note of what the server answered, or that it did not."""
        with self._lock:
            now = time.monotonic()
            # One that refuses a command answers at once, and may take the next.
            if isinstance(error, (NoConnection, NoAnswer)):
                self._ask_at = now + PAUSE
            if now < self._warn_at:
                return
            self._warn_at = now + QUIET
        # Its message names the server.
        log.warning("The shared cache is down, and done without: %s.", type(error).__name__)

    def is_over(self) -> None:
        """Take note of an answer."""
        self._ask_at = 0.0


class SharedCache(RedisCache):
    """Django's, of which a server that is down makes one that is empty and keeps nothing.

    Sessions come from the database then, ``usage/`` is computed, and throttles let requests pass.
    ``clear()`` alone fails with the error of Redis: whoever asks for it relies on it.
    """

    # Each thread has an instance; what one has waited for, the others need not.
    outage = Outage()

    def _asked(self, call: Callable[[], Any], otherwise: Any, *, always: bool = False) -> Any:
        if not (self.outage.may_ask() or always):
            return otherwise
        try:
            answer = call()
        except RedisError as error:
            self.outage.goes_on(error)
            return otherwise
        self.outage.is_over()
        return answer

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """Set what is not there yet; True without the server."""
        return self._asked(lambda: RedisCache.add(self, key, value, timeout, version), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return a value; ``default`` without the server."""
        return self._asked(lambda: RedisCache.get(self, key, default, version), default)

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Set a value; nothing is done without the server."""
        self._asked(lambda: RedisCache.set(self, key, value, timeout, version), None)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> Any:
        """Set the time that a value is kept; False without the server."""
        return self._asked(lambda: RedisCache.touch(self, key, timeout, version), False)

    def delete(self, key: Any, version: int | None = None) -> Any:
        """Remove a value; False without the server.

        It is asked even in a pause: a session that was ended is not to be there after it.
        """
        return self._asked(lambda: RedisCache.delete(self, key, version), False, always=True)

    def has_key(self, key: Any, version: int | None = None) -> Any:
        """Return whether there is a value; False without the server."""
        return self._asked(lambda: RedisCache.has_key(self, key, version), False)

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> Any:
        """Add to a number.

        Raises:
            ValueError: there is none, as without the server.
        """
        answer = self._asked(lambda: RedisCache.incr(self, key, delta, version), None)
        if answer is None:
            raise ValueError(f"Key '{key}' not found.")
        return answer

    def get_many(self, keys: Any, version: int | None = None) -> Any:
        """Return the values that are there by key; none without the server."""
        return self._asked(lambda: RedisCache.get_many(self, keys, version), {})

    def set_many(
        self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> Any:
        """Set values, and return the keys of those that were not: all without the server."""
        return self._asked(lambda: RedisCache.set_many(self, data, timeout, version), [*data])

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        """Remove values, even in a pause; nothing is done without the server."""
        names = [*keys]
        self._asked(lambda: RedisCache.delete_many(self, names, version), None, always=True)
