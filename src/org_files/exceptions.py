"""The errors of this package, each with a stable ``code``.

What a caller did wrong descends from :class:`OrgFilesError`; what the site's configuration gets
wrong descends from Django's ``ImproperlyConfigured``, so that nobody catches it by accident.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

__all__ = [
    "ConfigurationError",
    "ContentUnavailable",
    "FileTooLarge",
    "InvalidField",
    "OrgFilesError",
    "StorageFull",
    "StorageUnavailable",
    "TypeNotAllowed",
]


class ConfigurationError(ImproperlyConfigured):
    """A setting of ORG_FILES is malformed, unknown or names something of the wrong kind."""


class OrgFilesError(Exception):
    """Something asked for cannot be done; ``code`` is stable and part of the HTTP contract."""

    code = "error"
    message = "The request could not be carried out."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.message
        super().__init__(self.message)


class InvalidField(OrgFilesError):
    """One value is not acceptable; ``field`` names it."""

    code = "invalid"

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class FileTooLarge(OrgFilesError):
    """More bytes than ``MAX_FILE_SIZE``."""

    code = "file_too_large"
    message = "The file is larger than this site accepts."


class TypeNotAllowed(OrgFilesError):
    """A content type that ``ALLOWED_TYPES`` does not list."""

    code = "type_not_allowed"
    message = "Files of this type are not accepted here."


class StorageUnavailable(OrgFilesError):
    """The store did not take or give the bytes; trying again later may help."""

    code = "storage_unavailable"
    message = "The file store cannot be reached at the moment."


class ContentUnavailable(StorageUnavailable):
    """The store answers, but does not have the bytes of this file."""

    code = "content_unavailable"
    message = "The bytes of this file cannot be read at the moment."


class StorageFull(OrgFilesError):
    """The store has no room left."""

    code = "storage_full"
    message = "The file store is full."
