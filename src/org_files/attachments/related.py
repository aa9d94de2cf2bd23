"""The files that are attached to one object, or prefetched for many."""

from __future__ import annotations

from typing import Any

from org_files.labels import Label


class AttachedFiles:
    """What ``product.attachments`` is: a manager of live files in the order of their uploads."""

    label: Label
    instance: Any

    def add(self, upload: Any, *, by: Any = None, name: str | None = None, **fields: Any) -> Any:
        """Store ``upload`` as a file of the object; ``by`` becomes its owner."""
        raise NotImplementedError

    def link(self, file: Any) -> Any:
        """Attach a file of the object's organization that is stored already."""
        raise NotImplementedError

    def unlink(self, file: Any) -> Any:
        """Detach a file, which stays stored. ``remove`` is another name of it."""
        raise NotImplementedError


def related_files(label: Label, instance: Any) -> AttachedFiles:
    """Return the manager of the files of ``instance``."""
    raise NotImplementedError
