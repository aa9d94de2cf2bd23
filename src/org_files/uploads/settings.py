"""The settings ``ORG_FILES["UPLOADS"]`` and ``ORG_FILES["DIRECT_HASH"]``."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from org_files.conf import optional, register, whole_number


class UploadSettings(NamedTuple):
    """Limits of upload sessions."""

    #: Seconds after which a session that is not complete ends.
    max_age: int
    #: Sessions that a user has at once; ``None`` is no limit.
    max_per_user: int | None
    #: Bytes a second; a slower request is ended. ``None`` is no limit.
    min_rate: int | None


DEFAULTS = {"MAX_AGE": 86_400, "MAX_PER_USER": 100, "MIN_RATE": None}


def _clean(value: Any) -> UploadSettings:
    if not isinstance(value, Mapping):
        raise TypeError(value)
    cleaners: dict[str, Any] = {
        "MAX_AGE": whole_number,
        "MAX_PER_USER": optional(whole_number),
        "MIN_RATE": optional(whole_number),
    }
    if value.keys() - cleaners.keys():
        raise ValueError(value)
    values = {**DEFAULTS, **value}
    return UploadSettings(**{key.lower(): cleaners[key](each) for key, each in values.items()})


upload_settings = register(
    "UPLOADS",
    DEFAULTS,
    _clean,
    'a dictionary with some of "MAX_AGE", "MAX_PER_USER" and "MIN_RATE"',
)


def _when(value: Any) -> str:
    if value not in ("now", "task"):
        raise ValueError(value)
    return str(value)


#: When the digest of a direct upload is made.
direct_hash = register("DIRECT_HASH", "now", _when, '"now" or "task"')
