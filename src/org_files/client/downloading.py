"""Downloads that go on where they broke off."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from org_files.client.connection import CUT, Answer, ClientError, Patience, Site

BLOCK_SIZE = 256 * 1024
RETRIES = 12

ID = re.compile(r"[0-9A-Za-z-]{1,64}")
RANGE = re.compile(r"bytes (\d{1,18})-")

#: What some system takes for more than a letter in the name of a file, and its devices.
SPECIAL = re.compile(r'[\x00-\x1f/\\:*?"<>|]')
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)

Progress = Callable[[int, int], None]


def download_file(
    site: Site,
    file: str,
    target: str | os.PathLike[str] = ".",
    *,
    replace: bool = False,
    retries: int = RETRIES,
    progress: Progress = lambda _done, _size: None,
) -> Path:
    """Download a file of the API and return its path.

    Args:
        file: its id, or its URL on this site.
        target: a path, or a folder in which the file gets its own name.
        replace: whether a file that is there is replaced.
        retries: attempts without progress after which it gives up.
        progress: called with the bytes that are there, and those of the file.

    The bytes are in ``.org-files-....part`` beside the path until all of them are there and have
    the digest that the API tells; another call goes on with it. Raises ``ClientError``, and
    ``OSError`` if the path cannot be written.
    """
    patience = Patience(retries)
    details = site.details(f"{site.url}files/{_id_of(site, file)}/", patience)
    target = Path(target)
    if target.is_dir():
        target /= safe_name(str(details.get("name", "")))
    if target.exists() and not replace:
        raise ClientError(f"{target} is there already.")
    part = _Part(site, details, target.parent, progress)
    while not part.is_whole:
        before = part.done
        error, wait = part.fetch()
        if error is not None:
            if part.done > before:
                patience.reset()
            patience.wait(error, wait)
    part.path.replace(target)
    return target


def safe_name(name: str) -> str:
    """Return a name of a file, in any folder of any system, for the name ``name`` of the site."""
    safe = SPECIAL.sub("_", name).rstrip(". ")
    return f"_{safe}" if DEVICE.match(safe) else safe or "download"


def _id_of(site: Site, file: str) -> str:
    """Return the id of a file that is given by its id, its URL, or that of its content."""
    prefix = f"{site.url}files/"
    id = file.removeprefix(prefix).removesuffix("/").removesuffix("/content")
    if not ID.fullmatch(id):
        raise ClientError(f"{file} is neither an id nor an address below {prefix}")
    return id


def _write(file: BinaryIO, block: bytes) -> None:
    try:
        file.write(block)
    except OSError as error:  # which is not one of the connection
        raise ClientError(f"The file cannot be written: {error}") from error


class _Part:
    """The bytes of a file that are there already."""

    def __init__(
        self, site: Site, details: dict[str, Any], folder: Path, progress: Progress
    ) -> None:
        id, size = details["id"], details.get("size")
        if not ID.fullmatch(str(id)) or not isinstance(size, int):
            raise ClientError("The site answered with the JSON of no file.")
        self.site = site
        self.size = size
        self.sha256 = str(details.get("sha256") or "")
        self.progress = progress
        self.url = f"{site.url}files/{id}/content/"
        # Another content of the same file is another part.
        self.path = folder / f".org-files-{id}-{self.sha256[:16] or self.size}.part"
        self.done = 0
        self._digest = sha256()
        self._is_tried = False
        if self.path.exists():
            with self.path.open("rb") as file:
                while block := file.read(BLOCK_SIZE):
                    self._count(block)

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are there. Raises ``ClientError`` if they are others."""
        if not (self._is_tried or self.done) or self.done < self.size:
            return False
        if self.done > self.size or (self.sha256 and self._digest.hexdigest() != self.sha256):
            self.path.unlink()
            raise ClientError("The bytes that arrived are not those of the file; try again.")
        return True

    def fetch(self) -> tuple[Exception | None, str]:
        """Fetch what is missing. Returns an error after which to try again, and a Retry-After."""
        headers = {"Range": f"bytes={self.done}-"} if self.done else {}
        try:
            with self.site.opened(self.url, headers) as answer:
                start = RANGE.match(answer.headers.get("Content-Range", ""))
                is_next = answer.status == 206 and start and int(start[1]) == self.done
                if not is_next and answer.status != 200:
                    found = Answer(answer.status, answer.headers, answer.read(BLOCK_SIZE))
                    if not self.site.is_passing(found):
                        raise found.error()
                    return found.error(), answer.headers.get("Retry-After", "")
                if not is_next:
                    self.done, self._digest = 0, sha256()
                self._is_tried = True
                with self.path.open("ab" if is_next else "wb") as file:
                    while block := answer.read1(BLOCK_SIZE):
                        _write(file, block)
                        self._count(block)
        except CUT as error:
            return error, ""
        is_cut = self.done < self.size
        return ConnectionError("the answer ended early") if is_cut else None, ""

    def _count(self, block: bytes) -> None:
        self.done += len(block)
        self._digest.update(block)
        self.progress(self.done, self.size)
