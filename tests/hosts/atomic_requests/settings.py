"""A site whose every request is a transaction."""

from tests.hosts.common import host

globals().update(host())

DATABASES = {"default": globals()["DATABASES"]["default"] | {"ATOMIC_REQUESTS": True}}
