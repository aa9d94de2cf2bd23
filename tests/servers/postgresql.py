"""A private PostgreSQL: `with PostgreSQL() as server: ... server.url`."""

import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.servers.database import DatabaseServer
from tests.servers.process import ServerMissing, as_nobody, private_folder


class PostgreSQL(DatabaseServer):
    schemes = ("postgres", "postgresql", "pgsql")
    user = "postgres"
    database = "postgres"
    stop_signal = signal.SIGINT  # its "fast" shutdown: does not wait for clients to leave

    @classmethod
    def find(cls):
        if cls.serves(os.environ.get("DATABASE_URL", "")):
            return None
        folders = sorted(
            Path("/usr/lib/postgresql").glob("[0-9]*/bin"),
            key=lambda folder: float(folder.parent.name),
            reverse=True,
        )
        if config := shutil.which("pg_config"):
            asked = subprocess.run([config, "--bindir"], capture_output=True, text=True)
            folders.insert(0, Path(asked.stdout.strip()))
        if program := shutil.which("initdb"):
            folders.append(Path(program).parent)
        for folder in folders:
            # pg_config comes with the client's headers too, without any server.
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
        raise ServerMissing(
            "PostgreSQL is not installed; `apt-get install postgresql` installs it."
        )

    def make_folder(self):
        programs = self.find()
        assert programs is not None
        folder = private_folder("postgresql-", for_nobody=True)
        # C.UTF-8 rather than C, which leaves letters outside ASCII out of upper() and lower().
        locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
        command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
        self.fill(folder, [*command, "-E", "UTF8", f"--locale={locale}", "--no-sync"])
        return folder

    def command(self):
        programs = self.find()
        assert programs is not None
        assert self.folder is not None
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # Only TCP: a socket's path has at most 107 bytes, a temporary folder's may have more.
            "unix_socket_directories": "",
            "max_connections": "200",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        options = [f"--{name}={value}" for name, value in (settings | self.settings).items()]
        return as_nobody(
            [programs / "postgres", "-D", self.folder / "data", *options],
            signal_if_orphaned="INT",
        )

    def is_ready(self):
        # The line of postmaster.pid that pg_ctl -w waits for.
        assert self.folder is not None
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    @contextmanager
    def new_database(self):
        """Create an empty database and yield its URL; the end removes it."""
        import psycopg

        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                yield self.url.rpartition("/")[0] + f"/{name}"
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
