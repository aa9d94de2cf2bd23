"""What every event says."""

from __future__ import annotations

import re
from typing import Any

REQUEST_ID = re.compile(r"[0-9a-f]{32}")


def assert_says(
    record: Any,
    *,
    obj: Any = "",
    kind: str = "",
    organization: Any = "",
    actor: Any = "",
    outcome: str = "ok",
    level: str = "INFO",
    in_request: bool = True,
    **details: Any,
) -> None:
    """Assert all that ``record`` says: who, what, where, how it ended."""
    assert record.outcome == outcome
    assert record.levelname == level
    assert (record.object_type, record.object_id) == (kind, str(obj))
    assert record.organization == str(organization)
    assert record.actor == str(actor)
    assert record.address == ("127.0.0.1" if in_request else "")
    assert bool(REQUEST_ID.fullmatch(record.request_id)) == in_request
    assert record.details == details
    line = record.getMessage()
    assert line.startswith(f"{record.event} {outcome}")
    assert str(obj) in line
    assert record.request_id in line
