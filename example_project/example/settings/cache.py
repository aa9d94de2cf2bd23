"""The cache of throttles, ``usage/`` and sessions."""

from typing import Any

from example import environment as env

CACHES: dict[str, Any] = {
    # Memory of each process. A site of several processes needs a shared cache for exact limits.
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

if cache_url := env.url(
    "CACHE_URL", ("redis", "rediss"), form="redis://:password@host:6379/1", package="redis"
):
    CACHES["default"] = {
        "BACKEND": "example.cache.SharedCache",
        "LOCATION": cache_url,
        "KEY_PREFIX": "org_files_example",
        # Seconds to wait for a server that does not answer.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
    # Sessions are read from the cache and kept in the database: clearing the cache ends none.
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
