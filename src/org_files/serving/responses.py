"""Files, renditions and share links as contents to deliver, and the responses with their bytes."""

from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar
from uuid import UUID

from django.http.response import HttpResponseBase

from org_files import conf, counters
from org_files.access import file_query, get_policy
from org_files.access.claims import Claim, claimed_file_query, takes_claims
from org_files.db.rows import is_moved
from org_files.delivery import (
    Deliverable,
    DeliveryBackend,
    asks_range,
    get_delivery,
    is_conditional,
)
from org_files.events.addresses import address_of
from org_files.exceptions import ContentUnavailable, OriginalNotInTier, StorageUnavailable
from org_files.links import check_use, redeem
from org_files.models import AbstractFile, Download, Rendition, ShareLink
from org_files.picture_types import PICTURE_SUFFIXES, PICTURES
from org_files.pictures import get_rendition
from org_files.storage import storage_of
from org_files.storage.blobs import storage_errors
from org_files.tiers import TIER, allows_original, original_allowed

T = TypeVar("T")

ORIGINAL_ALLOWED = original_allowed()


def serve_file(
    request: Any,
    file: AbstractFile,
    *,
    user: Any = None,
    height: int | None = None,
    inline: bool = False,
    delivery: DeliveryBackend | None = None,
) -> HttpResponseBase:
    """Return the response to a GET or HEAD for ``file``, and count the download.

    The caller has checked that the requester may read the file. ``request`` is Django's or
    Django REST framework's. Its ranges and conditions are answered with 206, 304, 412 and 416.

    An original counts as a download of ``user`` before the first byte leaves, as in the API:
    each GET without a range; one with a range only where it belongs to no download of the last
    hour. HEAD and answers without content don't count, nor does the rendition of a picture with
    ``height`` pixels. A requester without a login is known by address and user agent. ``inline``
    asks for a content that is shown in place, which ``INLINE_TYPES`` may be. ``delivery`` replaces
    the backend of the setting ``DELIVERY``.

    Raises ``OriginalNotInTier`` if the organization's tier excludes the original,
    ``HeightNotInTier`` for a height that the file does not come in, ``NotAPicture``,
    ``RenditionsBusy`` or ``StorageFull`` if a rendition cannot be made, ``StorageUnavailable`` if
    the storage cannot give the bytes, and ``DoesNotExist`` if the file was removed meanwhile.
    Nothing is counted then.
    """
    if height is not None:
        return _serve_height(request, file, height, inline=inline, delivery=delivery)
    if not allows_original(file):
        raise OriginalNotInTier

    def count(*, is_partial: bool) -> None:
        record = counters.record_range if is_partial else counters.record_download
        record(
            file=file,
            user=user if getattr(user, "pk", None) is not None else None,
            **requester_of(request),
        )

    return _serve_original(request, file, inline=inline, count=count, delivery=delivery)


def read_beginning(file: AbstractFile, size: int) -> bytes:
    """Return the first ``size`` bytes of the original of ``file``, or all if there are fewer.

    For a preview that a page makes of them. Like a rendition, it is no download. Raises
    ``OriginalNotInTier``, ``StorageUnavailable`` and ``DoesNotExist`` as ``serve_file`` does.
    """
    if not allows_original(file):
        raise OriginalNotInTier

    def read() -> bytes:
        with storage_errors(), closing(original(file).open()) as content:
            beginning: bytes = content.read(size)
            return beginning

    return _where_it_is(file, read)


def serve_visible_file(
    request: Any,
    public_id: UUID,
    *,
    user: Any,
    inline: bool = False,
    delivery: DeliveryBackend | None = None,
) -> HttpResponseBase:
    """Return the response with the original of the file that has ``public_id``, and count it.

    The site's policy decides whether ``user`` sees the file. A GET of the whole finds and counts it
    in one statement where the database can. Raises ``DoesNotExist`` for a file that the user
    doesn't see, and otherwise as ``serve_file``.
    """
    policy = get_policy()
    is_whole = request.method == "GET" and not is_conditional(request.headers)
    if is_whole:
        files = file_query(policy, user, public_id).filter(ORIGINAL_ALLOWED)
        granted = counters.grant_download(files, user=user)
        if granted is not None:
            return serve_granted(request, *granted, inline=inline, delivery=delivery)
    visible = policy.visible_files(user).select_related("organization", TIER)
    found = visible.filter(public_id=public_id).first()
    if found is None:
        raise visible.model.DoesNotExist
    if is_whole:
        # The statement that counts has decided. This query may have read a replica.
        raise visible.model.DoesNotExist if allows_original(found) else OriginalNotInTier
    return serve_file(request, found, user=user, inline=inline, delivery=delivery)


def can_grant_claimed() -> bool:
    """Return whether ``grant_claimed`` may be called: one statement reads the user and counts."""
    backend = counters.get_counters()
    return backend.grants_at_once and takes_claims(get_policy(), backend.connection.alias)


def grant_claimed(public_id: UUID, claim: Claim) -> tuple[AbstractFile, Download] | None:
    """Record a download of the original that has ``public_id`` by the user whom ``claim`` names.

    Returns what ``serve_granted`` takes, or ``None`` if the user is not active, or sees no such
    file without the rights of an operator: authenticate then, and call ``serve_visible_file``.
    """
    files = claimed_file_query(get_policy(), claim, public_id)
    return counters.grant_download(files.filter(ORIGINAL_ALLOWED))


def serve_granted(
    request: Any, file: AbstractFile, download: Download, **options: Any
) -> HttpResponseBase:
    """Return the response with the original of ``file``, whose ``download`` is recorded.

    ``options`` are ``inline`` and ``delivery``, as of ``serve_file``. If the storage can't give the
    bytes, the download is withdrawn.
    """
    try:
        return _serve_original(request, file, **options)
    except (StorageUnavailable, type(file).DoesNotExist):
        counters.withdraw_download(download)
        raise


def serve_link(request: Any, link: ShareLink, *, inline: bool = False) -> HttpResponseBase:
    """Return the response with what ``link`` shares, and count the use of the link.

    The caller has opened the link by ``open_link``, which checks the tier, and has asked for the
    password of a link that has one. Raises ``LinkOver`` if the link has ended by now, and otherwise
    as ``serve_file`` does for content that the tier includes.
    """
    options: dict[str, Any] = {
        "check": partial(check_use, link),
        "count": partial(redeem, link=link, **requester_of(request)),
        "inline": inline,
    }
    if link.rendition is None:
        return _serve_original(request, link.file, **options)
    return _serve_height(request, link.file, link.rendition, **options)


def serve_content(
    request: Any,
    item: Deliverable,
    *,
    check: Callable[..., object] | None = None,
    count: Callable[..., object] | None = None,
    delivery: DeliveryBackend | None = None,
) -> HttpResponseBase:
    """Return the response with ``item``, without a right or a tier being checked.

    ``check`` is called before the content is opened, and ``count`` once it is open and about to be
    sent; where it raises, nothing is sent. Both are told by ``is_partial`` whether the request is
    for a range, also for one that spans the whole or gets it since ``If-Range`` is stale.
    Raises ``StorageUnavailable`` where the store can't give the bytes.
    """
    # Backends are given Django's request.
    request = getattr(request, "_request", request)
    plan = item.plan(request)
    is_partial = request.method == "GET" and asks_range(request.headers)
    if check is not None:
        check(is_partial=is_partial)
    response = (delivery or get_delivery()).deliver(request, item, plan)
    if count is not None and plan.has_content and request.method == "GET":
        try:
            count(is_partial=is_partial)
        except Exception:
            response.close()
            raise
    return response


def original(file: AbstractFile, *, inline: bool = False) -> Deliverable:
    """Return the original of ``file``."""
    key = file.content.name or ""
    values: dict[str, Any] = {"storage": storage_of(file), "key": key, "inline": inline}
    return _content(file, file, file.name, charset=file.charset, **values)


def rendition_of(file: AbstractFile, rendition: Rendition, *, inline: bool = False) -> Deliverable:
    """Return one height of ``file``, under the file's name with an ending that fits."""
    suffixes, path = PICTURES[rendition.content_type].suffixes, PurePath(file.name)
    name, suffix = file.name, path.suffix.lower()
    if suffix not in suffixes:
        name = (path.stem if suffix in PICTURE_SUFFIXES else file.name) + suffixes[0]
    storage = storage_of(rendition, conf.rendition_storage_alias)
    return _content(rendition, file, name, storage=storage, key=rendition.key, inline=inline)


def _content(
    row: AbstractFile | Rendition, file: AbstractFile, name: str, **values: Any
) -> Deliverable:
    return Deliverable(
        name=name,
        size=row.size,
        digest=row.sha256,
        # A new name changes what the headers say.
        last_modified=max(row.created_at, file.updated_at or row.created_at),
        content_type=row.content_type,
        **values,
    )


def requester_of(request: Any) -> dict[str, Any]:
    """Return what tells apart requesters without a login."""
    agent = request.headers.get("User-Agent", "")
    return {"address": address_of(request), "user_agent": agent}


def _serve_original(
    request: Any, file: AbstractFile, *, inline: bool = False, **options: Any
) -> HttpResponseBase:
    return _where_it_is(
        file, lambda: serve_content(request, original(file, inline=inline), **options)
    )


def _where_it_is(file: AbstractFile, use: Callable[[], T]) -> T:
    """Return what ``use`` returns; call it again if the bytes were moved at this moment."""
    try:
        return use()
    except ContentUnavailable:
        # Moved or removed with its file at this moment, or lost.
        try:
            if not is_moved(file):
                raise
        except type(file).DoesNotExist as gone:
            raise gone from None
    return use()


def _serve_height(
    request: Any, file: AbstractFile, height: int, *, inline: bool, **options: Any
) -> HttpResponseBase:
    rendition = get_rendition(file=file, height=height)
    try:
        return serve_content(request, rendition_of(file, rendition, inline=inline), **options)
    except ContentUnavailable:
        # Moved or removed at this moment, or lost; then it can be made again.
        with suppress(Rendition.DoesNotExist):
            if not is_moved(rendition):
                rendition.delete()
    rendition = get_rendition(file=file, height=height)
    return serve_content(request, rendition_of(file, rendition, inline=inline), **options)
