"""Base of the database servers."""

import os
import shutil
import subprocess
from abc import abstractmethod
from urllib.parse import unquote, urlsplit

from tests.servers.process import ServerFailed, ServerProcess, as_nobody


class DatabaseServer(ServerProcess):
    """A private server, or the one that runs already where DATABASE_URL names one of its kind.

    Args:
        fsync: off only where nothing is measured and nothing killed.
        settings: further server settings, by name.
    """

    def __init__(self, *, fsync=True, settings=None):
        super().__init__()
        self.fsync = fsync
        self.settings = settings or {}
        given = os.environ.get("DATABASE_URL", "")
        self.given_url = given if self.serves(given) else ""

    @classmethod
    def serves(cls, url):
        return urlsplit(url).scheme in cls.schemes

    @classmethod
    @abstractmethod
    def find(cls):
        """The folder of the programs; None where DATABASE_URL makes them needless.

        Raises:
            ServerMissing: they are not installed.
        """

    @staticmethod
    def fill(folder, command):
        """Run the program that makes the files of a new server, or remove the folder."""
        made = subprocess.run(
            as_nobody(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise ServerFailed(f"{command[0]} failed:\n{made.stdout}")

    @property
    def url(self):
        if self.given_url:
            return self.given_url
        return f"{self.schemes[0]}://{self.user}@127.0.0.1:{self.port}/{self.database}"

    def django_settings(self):
        """The part of settings.DATABASES["default"] that names this server."""
        parts = urlsplit(self.url)
        return {
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "NAME": unquote(parts.path[1:]),
        }

    def start(self):
        return self if self.given_url else super().start()
