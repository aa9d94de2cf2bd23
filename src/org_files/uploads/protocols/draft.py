"""Headers and problems of draft-ietf-httpbis-resumable-upload, interop versions 3, 5, 6 and 8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from org_files.uploads.protocols.fields import FieldError, parse_item, write, write_dictionary

#: Of interim answers.
INTERIM_STATUS, INTERIM_REASON = 104, "Upload Resumption Supported"

#: Versions of which an interim answer is sent. Requests without one follow the latest.
VERSIONS = (3, 5, 6, 8)
LATEST = VERSIONS[-1]

INTEROP = "Upload-Draft-Interop-Version"
CONTENT_TYPE = "application/partial-upload"
PROBLEM_TYPE = "application/problem+json"

#: Fields that a request for the offset, or to cancel, must not have, up to version 6.
FIELDS_OF_APPEND = ("Upload-Offset", "Upload-Complete", "Upload-Incomplete", "Upload-Length")

PROBLEMS = "https://iana.org/assignments/http-problem-types#"


@dataclass(frozen=True)
class Intent:
    """The fields of a request."""

    version: int
    #: Whether the client can be sent an interim answer.
    takes_interim: bool
    #: Whether the content is the end of the upload; ``None`` where the request does not say.
    completes: bool | None
    offset: int | None
    length: int | None

    @property
    def needs_media_type(self) -> bool:
        """Whether an append has the media type of its own, since version 6."""
        return self.version >= 6

    @property
    def is_strict(self) -> bool:
        """Whether fields of an append are refused elsewhere, up to version 6."""
        return self.version <= 6

    @property
    def appended_status(self) -> int:
        """The status of an answer to an append that does not complete the upload."""
        return 201 if self.version <= 5 else 204

    def state(self, *, complete: bool, offset: int | None) -> dict[str, str]:
        """Return the headers that tell the state of an upload."""
        name, value = (
            ("Upload-Incomplete", not complete)
            if self.version == 3
            else ("Upload-Complete", complete)
        )
        headers = {name: write(value)}
        if offset is not None:
            headers["Upload-Offset"] = write(offset)
        return headers


def parse_intent(headers: Mapping[str, str]) -> Intent:
    """Return the fields of a request. Those with a value of another type are ignored."""
    sent = _value(headers, INTEROP, int)
    version = sent if sent in VERSIONS else LATEST
    completes = _value(headers, "Upload-Complete", bool)
    incomplete = _value(headers, "Upload-Incomplete", bool)
    if version == 3 or (sent is None and completes is None):
        completes = None if incomplete is None else not incomplete
        version = version if incomplete is None else 3
    return Intent(
        version=version,
        takes_interim=sent in VERSIONS,
        completes=completes,
        offset=_value(headers, "Upload-Offset", int),
        length=_value(headers, "Upload-Length", int),
    )


def starts_upload(headers: Mapping[str, str]) -> bool:
    """Return whether a request to another resource asks for a resumable upload."""
    return ("Upload-Complete" in headers or "Upload-Incomplete" in headers) and (
        parse_intent(headers).completes is not None
    )


def _value(headers: Mapping[str, str], name: str, kind: type) -> Any:
    try:
        value, _parameters = parse_item(headers.get(name, ""))
    except FieldError:
        return None
    is_negative = kind is int and type(value) is int and value < 0
    return value if type(value) is kind and not is_negative else None


def write_limits(limits: Mapping[str, int | None]) -> str:
    """Return the value of Upload-Limit, without the limits that are ``None``."""
    known = {key: value for key, value in limits.items() if value is not None}
    return write_dictionary(known or {"min-size": 0})


def interim_head(headers: Mapping[str, str]) -> bytes:
    """Return an interim answer, as HTTP/1.1 sends it."""
    status = f"HTTP/1.1 {INTERIM_STATUS} {INTERIM_REASON}"
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([status, *lines, "", ""]).encode()


def mismatching_offset(expected: int, provided: int) -> dict[str, Any]:
    """Return the problem of an append at another offset than that of the upload."""
    return {
        "type": f"{PROBLEMS}mismatching-upload-offset",
        "title": "The offset of the request is not that of the upload.",
        "expected-offset": expected,
        "provided-offset": provided,
    }


def inconsistent_length() -> dict[str, Any]:
    """Return the problem of lengths that differ."""
    return {
        "type": f"{PROBLEMS}inconsistent-upload-length",
        "title": "The lengths of the upload are inconsistent.",
    }


def completed_upload() -> dict[str, Any]:
    """Return the problem of an append to an upload that is complete."""
    return {
        "type": f"{PROBLEMS}completed-upload",
        "title": "The upload is already complete.",
    }
