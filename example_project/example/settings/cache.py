"""The cache, which throttles count in, ``usage/`` is kept in, and sessions are read from."""

from typing import Any

from example import environment as env

CACHES: dict[str, Any] = {
    # Each process has a memory of its own: a site of several, which wants its limits exact, names
    # a cache that they share.
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

if cache_url := env.url(
    "CACHE_URL", ("redis", "rediss"), form="redis://:password@host:6379/1", package="redis"
):
    CACHES["default"] = {
        "BACKEND": "example.cache.SharedCache",
        "LOCATION": cache_url,
        "KEY_PREFIX": "org_files_example",
        # Nobody waits longer for a server that does not answer, in seconds.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
    # Read from the cache, and kept in the database: nobody is logged out when it is emptied.
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
