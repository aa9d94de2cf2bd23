"""Services that record downloads, and take them back."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from org_files.counters.base import Counters, get_counters
from org_files.counters.rows import new_row
from org_files.db.prepared import PreparedQuery
from org_files.db.rows import all_rows, lazy_user
from org_files.events import record_on_commit
from org_files.models import AbstractFile, Download, ShareLink
from org_files.signals import file_downloaded


def record_download(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    address: str = "",
    user_agent: str = "",
) -> Download:
    """Record one download of ``file``, by ``user`` or through the share link ``link``.

    Ranges that the same requester asks for within an hour belong to it. A requester is a user, or
    for a link the client at ``address`` with ``user_agent``.

    Call it before the first byte is sent. It runs in one transaction, or joins an open one and is
    undone with it. It does not ask the policy. Returns the ledger's row. Raises ``DatabaseError``
    if the download could not be recorded; do not send the content then.
    """
    backend, row = get_counters(), new_row(file=file, user=user, link=link)
    row = backend.record_whole(row, **_request(file, address, user_agent))
    _announce(backend, file, row, user)
    return row


def grant_download(
    files: QuerySet[AbstractFile] | PreparedQuery, *, user: Any = None
) -> tuple[AbstractFile, Download] | None:
    """Find the one file in ``files`` and record that ``user`` downloads it.

    PostgreSQL does both in one statement. ``files`` are those that the user may read, narrowed to
    the file asked for. Returns the file and the ledger's row, or ``None`` without such a file.
    """
    backend = get_counters()
    granted = backend.grant(files, user=user)
    if granted is not None:
        pk = granted[1].user_id
        _announce(backend, *granted, lazy_user(pk) if user is None and pk is not None else user)
    return granted


def grant_downloads(
    files: QuerySet[AbstractFile], *, number: int, user: Any = None
) -> list[tuple[AbstractFile, Download]]:
    """Record that ``user`` downloads each of ``files``, if there are ``number`` of them.

    One statement on PostgreSQL, elsewhere one transaction: if there are more files or fewer, none
    is recorded and the list is empty. Returns each file and its row of the ledger, in any order.
    """
    backend = get_counters()
    alias = backend.connection.alias
    # None comes twice, whatever a policy joins.
    keys = files.using(alias).order_by().values("pk")
    rows = all_rows(files.model).using(alias).filter(pk__in=keys)
    granted = backend.bulk_grant(rows, number=number, user=user)
    for file, download in granted:
        _announce(backend, file, download, user)
    return granted


def record_range(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    address: str = "",
    user_agent: str = "",
) -> Download | None:
    """Record a request for a range of ``file``, unless it belongs to a download under way.

    It belongs to the one that the same requester, as of ``record_download``, began on the same
    content within the last hour. Returns the ledger's row if this request begins a download, else
    ``None``.
    """
    backend, begun = get_counters(), new_row(file=file, user=user, link=link)
    row = backend.record_range(begun, **_request(file, address, user_agent))
    if row is not None:
        _announce(backend, file, row, user, part=True)
    return row


def is_under_way(
    *,
    file: AbstractFile,
    user: Any = None,
    link: ShareLink | None = None,
    height: int | None = None,
    address: str = "",
    user_agent: str = "",
) -> bool:
    """Return whether a range of ``file``, or of one height of it, would belong to an earlier use.

    That is what the same requester began by a range, or through a link, within the last hour.
    """
    row = new_row(file=file, user=user, link=link)
    return get_counters().is_under_way(row, **_request(file, address, user_agent, height))


def claim_use(
    *,
    file: AbstractFile,
    link: ShareLink,
    height: int,
    is_partial: bool,
    address: str = "",
    user_agent: str = "",
) -> bool:
    """Return whether a request for one height of a picture begins a use of ``link``.

    The use is remembered for an hour. It is no download of the file: the ledger gets no row.
    """
    row, request = new_row(file=file, link=link), _request(file, address, user_agent, height)
    return get_counters().claim_use(row, is_partial=is_partial, **request)


def withdraw_download(download: Download) -> None:
    """Take back a recorded download whose content the store could not deliver.

    If row-level security hides a total that contains it, it stays in the ledger and is logged.
    """
    backend = get_counters()
    backend.withdraw(download)
    _announce_failure(backend, download)


def withdraw_downloads(downloads: Sequence[Download]) -> None:
    """Do for each of ``downloads`` what ``withdraw_download`` does, in fewer statements."""
    backend = get_counters()
    backend.bulk_withdraw(downloads)
    for download in downloads:
        _announce_failure(backend, download)


def _request(
    file: AbstractFile, address: str, user_agent: str, height: int | None = None
) -> dict[str, str]:
    content = f"{file.content.name}" if height is None else f"{file.content.name}@{height}"
    return {"content": content, "address": address, "user_agent": user_agent}


def _announce(
    backend: Counters, file: AbstractFile, download: Download, user: Any, *, part: bool = False
) -> None:
    alias = backend.connection.alias
    if file_downloaded.has_listeners(type(file)):
        send = partial(file_downloaded.send_robust, sender=type(file))
        transaction.on_commit(partial(send, file=file, download=download, user=user), using=alias)
    record_on_commit(
        "file.downloaded",
        using=alias,
        obj=file,
        organization=file.organization_id,
        actor=user,
        part=part,
    )


def _announce_failure(backend: Counters, download: Download) -> None:
    record_on_commit(
        "file.downloaded",
        using=backend.connection.alias,
        level=logging.ERROR,
        outcome="failed",
        obj=download.file_public_id,
        organization=download.organization_id,
        actor=download.user_id,
    )
