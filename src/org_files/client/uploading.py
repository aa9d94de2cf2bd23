"""Uploads by tus 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from hashlib import file_digest
from io import BufferedReader
from pathlib import Path
from typing import Any

from org_files.client.connection import CUT, Answer, ClientError, Patience, Site
from org_files.client.state import State, cache_folder

#: Bytes of one request, at most: Django's own ASGI handler takes no more than 64 MiB.
PART_SIZE = 32 * 1024 * 1024
#: The smallest part that is tried where larger ones are refused, or do not arrive.
SMALLEST_PART = 512 * 1024
BLOCK_SIZE = 256 * 1024
RETRIES = 12

VERSION = {"Tus-Resumable": "1.0.0"}
BODY = {"Content-Type": "application/offset+octet-stream"}

Progress = Callable[[int, int], None]


def upload_file(
    site: Site,
    path: str | os.PathLike[str],
    *,
    name: str = "",
    fields: Mapping[str, str] | None = None,
    part_size: int = PART_SIZE,
    retries: int = RETRIES,
    folder: Path | None = None,
    progress: Progress = lambda _done, _size: None,
) -> dict[str, Any]:
    """Upload a file and return its JSON, as of ``GET files/{id}/``.

    Args:
        name: of the new file; that of ``path`` by default.
        fields: ``organization``, ``comment``, ``resource``, ``resource_id``, ``is_public`` and
            ``expires_at`` of the file.
        part_size: bytes of one request, at most.
        retries: attempts without progress after which it gives up.
        folder: where the session is kept for another run, a folder in the user's cache by default.
        progress: called with the bytes that have arrived, and those of the file.

    Raises ``ClientError``, and ``OSError`` if ``path`` cannot be read. In both cases the same call
    goes on with the same session later, unless the site has ended it.
    """
    path = Path(path)
    with path.open("rb") as file:
        values = {"filename": name or path.name, **(fields or {})}
        return _Upload(site, file, values, part_size, folder, progress).run(Patience(retries))


class _Upload:
    def __init__(
        self,
        site: Site,
        file: BufferedReader,
        values: Mapping[str, str],
        part_size: int,
        folder: Path | None,
        progress: Progress,
    ) -> None:
        self.site = site
        self.file = file
        self.values = values
        self.part_size = part_size
        self.progress = progress
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ClientError("It is not a regular file: its size is not known.")
        self.size = status.st_size
        known = sorted(values.items()), Path(file.name).resolve()
        self.state = State(
            folder or cache_folder(), site.url, *known, self.size, status.st_mtime_ns
        )
        self.session = site.here(session) if (session := self.state.load()) else ""
        self.offset: int | None = None
        #: The offset of a request that was cut.
        self.cut_at: int | None = None
        self.arrived = 0
        self.has_restarted = False

    def run(self, patience: Patience) -> dict[str, Any]:
        while True:
            try:
                answer = self._ask()
            except CUT as error:
                if self.offset is not None:
                    self.cut_at, self.offset = self.offset, None
                patience.wait(error)
                continue
            if answer.status in (200, 201, 204):
                if self._take(answer):
                    patience.reset()
                if location := answer.headers.get("Org-Files-Location"):
                    return self._completed(self.site.here(location), patience)
            elif self._is_refused_part(answer):
                self._halve_parts()
            else:
                self._refused(answer)
                patience.wait(answer.error(), answer.headers.get("Retry-After", ""))

    def _ask(self) -> Answer:
        """Send the request that is due: for a session, for its offset, or with bytes."""
        if not self.session:
            metadata = ",".join(
                f"{key} {b64encode(text.encode(errors='surrogateescape')).decode()}"
                for key, text in self.values.items()
            )
            headers = {"Upload-Length": str(self.size), "Upload-Metadata": metadata}
            answer = self.site.request("POST", f"{self.site.url}uploads/", VERSION | headers)
            if answer.status == 201 and (location := answer.headers.get("Location")):
                self.session = self.site.here(location)
                # Without it, this run alone can go on.
                with suppress(OSError):
                    self.state.save(self.session)
            return answer
        if self.offset is None:
            return self.site.request("HEAD", self.session, VERSION)
        length = min(self.size - self.offset, self.part_size)
        headers = VERSION | BODY | {"Upload-Offset": str(self.offset)}
        blocks = self._blocks(self.offset, length)
        return self.site.request("PATCH", self.session, headers, blocks=blocks, length=length)

    def _blocks(self, offset: int, length: int) -> Iterator[bytes]:
        self.file.seek(offset)
        end = offset + length
        while offset < end:
            try:
                block = self.file.read(min(BLOCK_SIZE, end - offset))
            except OSError as error:  # which is not one of the connection
                raise ClientError(f"The file cannot be read: {error}") from error
            if not block:
                raise ClientError("The file has become shorter while it was sent.")
            yield block
            offset += len(block)
            self.progress(offset, self.size)

    def _take(self, answer: Answer) -> bool:
        """Take the offset of an answer, and return whether more has arrived than before."""
        self.offset = answer.number
        if self.offset is None or self.offset > self.size:
            raise ClientError("The site answered with an offset that cannot be.")
        if self.offset == self.cut_at:
            # A server in front, or an ASGI handler, passes on whole requests alone.
            self._halve_parts()
        self.cut_at = None
        is_more, self.arrived = self.offset > self.arrived, self.offset
        self.progress(self.offset, self.size)
        return is_more

    def _halve_parts(self) -> None:
        sent = min(self.part_size, self.size - (self.offset or 0))
        self.part_size = min(self.part_size, max(SMALLEST_PART, sent // 2))

    def _is_refused_part(self, answer: Answer) -> bool:
        """Return whether a server in front refuses so large a body."""
        is_foreign = answer.status == 413 and not answer.code
        return is_foreign and self.offset is not None and self.part_size > SMALLEST_PART

    def _refused(self, answer: Answer) -> None:
        """Prepare for another attempt, or raise the error of ``answer``."""
        is_known = bool(self.session)
        if is_known and answer.status in (404, 410) and not self.has_restarted:
            self.state.forget()
            self.session, self.arrived, self.has_restarted = "", 0, True
        elif answer.code == "upload_superseded":
            raise ClientError("Another process sends the same file.", code=answer.code)
        elif not (is_known and answer.status == 409) and not self.site.is_passing(answer):
            raise answer.error()
        self.offset = None

    def _completed(self, url: str, patience: Patience) -> dict[str, Any]:
        """Return the JSON of the file, once its digest is that of ours."""
        details = self.site.details(url, patience)
        self.state.forget()
        self.file.seek(0)
        stored = details.get("sha256")
        if stored and file_digest(self.file, "sha256").hexdigest() != stored:
            raise ClientError(f"The file has changed while it was sent: {url} has other bytes.")
        return details
