"""Sessions of unfinished uploads, kept in a folder for the next run."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

#: Seconds after which a session is forgotten: no site keeps one for so long.
MAX_AGE = 30 * 24 * 3600


def cache_folder() -> Path:
    """Return the folder of this client in the cache of the user."""
    variables = ("XDG_CACHE_HOME", "LOCALAPPDATA")
    found = next((os.environ[name] for name in variables if os.environ.get(name)), "")
    return (Path(found) if found else Path.home() / ".cache") / "org-files"


class State:
    """The URL of the session of one upload.

    It is found again for the same site, path, size, time of change and fields. The URL is a secret,
    so that other users cannot read the file.
    """

    def __init__(self, folder: Path, *parts: object) -> None:
        digest = sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()
        self.path = folder / f"{digest}.json"

    def load(self) -> str:
        """Return the URL, empty where there is none."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(self.path.read_text(encoding="utf-8"))["session"])
        return ""

    def save(self, session: str) -> None:
        """Keep the URL, and remove those that are too old. Raises ``OSError``."""
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - MAX_AGE:
                    path.unlink()
        new = self.path.with_suffix(f".{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump({"session": session}, file)
        new.replace(self.path)

    def forget(self) -> None:
        """Remove the URL."""
        with suppress(OSError):
            self.path.unlink()
