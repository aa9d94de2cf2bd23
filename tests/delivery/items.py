"""What the tests of delivery deliver."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage

from org_files.delivery import Deliverable

MODIFIED = datetime(2024, 2, 29, 12, 30, 15, 999_999, tzinfo=UTC)


def make_item(
    content: bytes = b"0123456789", *, storage: Storage | None = None, **fields: Any
) -> Deliverable:
    """Store ``content`` and return it as something that may leave."""
    storage = storage or InMemoryStorage()
    values = {"name": "report.pdf", "content_type": "application/pdf"} | fields
    return Deliverable(
        storage=storage,
        key=storage.save("key", ContentFile(content)),
        size=len(content),
        digest=sha256(content).hexdigest(),
        last_modified=MODIFIED,
        **values,
    )
