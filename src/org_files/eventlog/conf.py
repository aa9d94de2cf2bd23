"""Settings of the event log, keys of ``ORG_FILES``."""

from __future__ import annotations

from org_files.conf import number, register

#: Days that entries are kept; ``None`` is for ever.
eventlog_days = register("EVENTLOG_DAYS", 90, number, "a number of days or None")
