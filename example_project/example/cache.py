"""The cache that processes share, which may be down as every server may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from org_files.exceptions import StorageUnavailable


def _answered(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except RedisError as error:
            raise StorageUnavailable from error

    return call


class SharedCache(RedisCache):
    """Django's, whose failure the API answers with 503, as that of a storage, and not with 500.

    Nothing goes uncounted meanwhile: limits on login are no limits if a cache that is down lifts
    them.
    """

    add = _answered(RedisCache.add)
    get = _answered(RedisCache.get)
    set = _answered(RedisCache.set)
    touch = _answered(RedisCache.touch)
    delete = _answered(RedisCache.delete)
    has_key = _answered(RedisCache.has_key)
    incr = _answered(RedisCache.incr)
    get_many = _answered(RedisCache.get_many)
    set_many = _answered(RedisCache.set_many)
    delete_many = _answered(RedisCache.delete_many)
    clear = _answered(RedisCache.clear)
