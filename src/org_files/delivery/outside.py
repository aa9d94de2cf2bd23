"""Delivery by a server in front of Django, or by the object store itself."""

import inspect
import re
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from org_files.delivery.base import (
    CACHE_CONTROL,
    Deliverable,
    DeliveryBackend,
    StreamDelivery,
)
from org_files.delivery.conditional import Plan
from org_files.delivery.names import content_disposition
from org_files.exceptions import StorageUnavailable
from org_files.storage import UnusableStorage
from org_files.storage.known import possible_storages
from org_files.storage.s3 import os_errors

#: A range that every server reads in one way.
PLAIN_RANGE = re.compile("bytes=([0-9]{0,18})-([0-9]{0,18})")

#: Seconds within which a signed URL gives the bytes again without being counted.
MAX_UNCOUNTED = 60
#: The longest life of a signed URL of S3, in seconds.
MAX_EXPIRES = 7 * 24 * 60 * 60


class _FrontServerDelivery(StreamDelivery):
    """Base of backends that name the content to the server in front of Django.

    That server evaluates conditions and ranges again. Where it may come to another answer, Django
    sends the bytes itself: with If-Match, If-Unmodified-Since and a date in If-Range, and with a
    Range that it ignores or that has long numbers. So it does with an empty content, and with one
    in a storage out of that server's reach, to which files may be moved.
    """

    header: ClassVar[str]

    @abstractmethod
    def reaches(self, storage: Storage) -> bool:
        """Return whether the server in front of Django can send contents of ``storage``."""

    @abstractmethod
    def target(self, item: Deliverable) -> str:
        """Return the value of ``header``."""

    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        headers = request.headers
        wanted = headers.get("Range")
        is_plain = wanted is None or (plan.range and PLAIN_RANGE.fullmatch(wanted))
        # A date is no strong validator to Apache while it is young.
        is_dated = not headers.get("If-Range", '"').startswith('"')
        has_match = "If-Match" in headers or "If-Unmodified-Since" in headers
        is_evaluated_alike = is_plain and not is_dated and not has_match
        if not item.size or not is_evaluated_alike or not self.reaches(item.storage):
            return super().respond(request, item, plan)
        # Lost or damaged bytes are found before the download is counted.
        item.open().close()
        return HttpResponse(headers={self.header: self.target(item)})


class XSendfileDelivery(_FrontServerDelivery):
    """Delivery of local files by Apache with ``mod_xsendfile``, by the header ``X-Sendfile``."""

    header = "X-Sendfile"

    def reaches(self, storage: Storage) -> bool:
        return _folder(storage) is not None

    def target(self, item: Deliverable) -> str:
        return quote(item.storage.path(item.key))

    def check(self) -> Iterator[CheckMessage]:
        """Yield an error for each storage without paths."""
        for storage in _storages():
            if _folder(storage) is None:
                yield _no_paths(self, storage)


class XAccelDelivery(_FrontServerDelivery):
    """Delivery of local files by nginx, by the header ``X-Accel-Redirect``.

    ``internal_prefix`` is the path of an internal location, such as ``"/protected/"``, whose
    ``alias`` is the folder of the storage. With storages in several folders ``root`` names a folder
    above all of them, which is then the ``alias``.
    """

    header = "X-Accel-Redirect"

    def __init__(self, internal_prefix: str, root: str | None = None) -> None:
        self.internal_prefix = internal_prefix
        self.root = root

    def reaches(self, storage: Storage) -> bool:
        folder = _folder(storage)
        return folder is not None and _is_below(folder, self.root or folder)

    def target(self, item: Deliverable) -> str:
        path = Path(item.storage.path(item.key))
        root = self.root or item.storage.path("")
        return self.internal_prefix + quote(path.relative_to(root).as_posix())

    def deliver(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        response = super().deliver(request, item, plan)
        if self.header in response.headers and plan.range is None:
            del response.headers["Accept-Ranges"]  # nginx adds its own to a whole file.
        return response

    def check(self) -> Iterator[CheckMessage]:
        """Yield errors for a wrong prefix, storages without paths, and folders out of reach."""
        yield from _check_prefix(self.internal_prefix)
        folders = set()
        for storage in _storages():
            folder = _folder(storage)
            if folder is None:
                yield _no_paths(self, storage)
            else:
                folders.add(folder)
        outside = [folder for folder in folders if self.root and not _is_below(folder, self.root)]
        if outside or (len(folders) > 1 and not self.root):
            yield Error(
                f"XAccelDelivery cannot reach all storages: {', '.join(sorted(folders))}.",
                hint='Set "root" in OPTIONS to a folder above them, the alias of the location.',
                id="org_files.E025",
            )


class XAccelStorageDelivery(_FrontServerDelivery):
    """Delivery out of an object store by nginx, by the header ``X-Accel-Redirect``.

    ``internal_prefix`` is the path of an internal location, such as ``"/store/"``, that passes
    requests to the store. It is followed by path and query of a URL that the storage signs and that
    is good for ``expires`` seconds.
    """

    header = "X-Accel-Redirect"

    def __init__(self, internal_prefix: str, expires: int = 60) -> None:
        self.internal_prefix = internal_prefix
        self.expires = expires

    def reaches(self, storage: Storage) -> bool:
        return _signs(storage)

    def target(self, item: Deliverable) -> str:
        url = urlsplit(_signed_url(item, self.expires))
        return f"{self.internal_prefix}{url.path.removeprefix('/')}?{url.query}"

    def check(self) -> Iterator[CheckMessage]:
        """Yield errors for a wrong prefix, and for storages that sign no URLs."""
        yield from _check_prefix(self.internal_prefix)
        yield from _check_signing(self, self.expires)


class RedirectDelivery(DeliveryBackend):
    """Delivery by the object store, to whose signed URL the client is redirected.

    The URL is good for ``expires`` seconds. It sets Content-Type, Content-Disposition and
    Cache-Control of the store's answer, which has no header of security. A content is therefore
    always an attachment. Django streams contents of a storage that signs no URLs.
    """

    shows_inline = False

    def __init__(self, expires: int = 60) -> None:
        self.expires = expires

    def respond(self, request: HttpRequest, item: Deliverable, plan: Plan) -> HttpResponseBase:
        if not _signs(item.storage):
            return StreamDelivery().respond(request, item, plan)
        # Lost or damaged bytes are found before the download is counted.
        item.open().close()
        headers = {
            "ResponseContentType": item.content_type_header,
            "ResponseContentDisposition": content_disposition(item.name),
            "ResponseCacheControl": CACHE_CONTROL,
        }
        return HttpResponseRedirect(_signed_url(item, self.expires, parameters=headers))

    def check(self) -> Iterator[CheckMessage]:
        """Yield errors for storages that sign no URLs, and a warning for a long life."""
        yield from _check_signing(self, self.expires)


def _signed_url(item: Deliverable, seconds: int, **options: Any) -> str:
    url: Any = item.storage.url
    try:
        with os_errors():
            return str(url(item.key, expire=seconds, **options))
    except (OSError, SuspiciousFileOperation) as error:
        raise StorageUnavailable from error


def _storages() -> list[Storage]:
    """Return the storages that can be used; another check reports the others."""
    found = dict.fromkeys(possible_storages().values())
    return [storage for storage in found if not isinstance(storage, UnusableStorage)]


def _folder(storage: Storage) -> str | None:
    """Return the folder of a storage, ``None`` if its contents have no paths."""
    with suppress(NotImplementedError, OSError):
        return storage.path("")
    return None


def _signs(storage: Storage) -> bool:
    """Return whether a storage makes signed URLs."""
    try:
        inspect.signature(storage.url).bind("key", parameters={}, expire=1)
    except TypeError:
        return False
    return True


def _is_below(folder: str, root: str) -> bool:
    return Path(folder).is_relative_to(root)


def _no_paths(backend: DeliveryBackend, storage: Storage) -> CheckMessage:
    return Error(
        f"{type(backend).__name__} needs files on a local disk, and {type(storage).__name__} has "
        "no paths.",
        hint="Use FileSystemStorage, or RedirectDelivery, XAccelStorageDelivery or StreamDelivery.",
        id="org_files.E025",
    )


def _check_prefix(prefix: Any) -> Iterator[CheckMessage]:
    is_path = isinstance(prefix, str) and prefix[:1] == prefix[-1:] == "/" and len(prefix) > 1
    parts = prefix.strip("/").split("/") if is_path else []
    if not is_path or quote(prefix) != prefix or {"", ".", ".."}.intersection(parts):
        yield Error(
            f"internal_prefix is no path of an internal location of nginx: {prefix!r}.",
            hint='A slash at both ends: "/protected/".',
            id="org_files.E025",
        )


def _check_signing(backend: DeliveryBackend, expires: Any) -> Iterator[CheckMessage]:
    name = type(backend).__name__
    for storage in _storages():
        if not _signs(storage):
            yield Error(
                f"{name} needs signed URLs, which {type(storage).__name__} does not make.",
                hint="Use the S3 storage of django-storages, or another DELIVERY.",
                id="org_files.E025",
            )
    if type(expires) is not int or not 1 <= expires <= MAX_EXPIRES:
        yield Error(
            f"expires is no number of seconds from 1 to {MAX_EXPIRES}: {expires!r}.",
            hint=f'"expires": {MAX_UNCOUNTED}',
            id="org_files.E025",
        )
    elif expires > MAX_UNCOUNTED:
        yield CheckWarning(
            f"{name} gives out URLs that work for {expires} seconds without rights, limits or "
            "counts.",
            hint=f'"expires": {MAX_UNCOUNTED}',
            id="org_files.W025",
        )
