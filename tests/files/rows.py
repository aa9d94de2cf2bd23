"""Rows of files and their usage, and receivers of signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from org_files import get_file_model
from org_files.models import AbstractOrganization, Usage


def rows(**filters: Any) -> Any:
    return get_file_model()._base_manager.filter(**filters)


def used(organization: AbstractOrganization) -> tuple[int, int]:
    """Return bytes and files, as counted."""
    usage = Usage.objects.get(organization=organization.pk)
    assert usage.is_counted
    return usage.bytes_stored, usage.file_count


@contextmanager
def connected(signal: Any, receiver: Callable[..., None]) -> Iterator[None]:
    """Have ``receiver`` hear of the site's files."""
    signal.connect(receiver, sender=get_file_model())
    try:
        yield
    finally:
        signal.disconnect(receiver, sender=get_file_model())
