"""A private MariaDB: `with MariaDB() as server: ... server.url`."""

import os
import shutil
from pathlib import Path

from tests.servers.database import DatabaseServer
from tests.servers.process import ServerMissing, as_nobody, is_root, private_folder


class MariaDB(DatabaseServer):
    schemes = ("mysql", "mariadb")
    user = "root"
    database = "org_files"

    @classmethod
    def find(cls):
        if cls.serves(os.environ.get("DATABASE_URL", "")):
            return None
        # Debian keeps the server out of an ordinary user's PATH.
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
        server = shutil.which("mariadbd", path=path)
        if server is None or shutil.which("mariadb-install-db") is None:
            raise ServerMissing(
                "MariaDB is not installed; `apt-get install mariadb-server` installs it."
            )
        return Path(server).parent

    def make_folder(self):
        folder = private_folder("mariadb-", for_nobody=True)
        (folder / "create.sql").write_text(
            f"CREATE DATABASE IF NOT EXISTS {self.database} CHARACTER SET utf8mb4;\n"
        )
        options = ["--no-defaults", f"--datadir={folder / 'data'}", f"--tmpdir={folder}"]
        options += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        options += ["--user=nobody"] if is_root() else []
        self.fill(folder, ["mariadb-install-db", *options])
        return folder

    def command(self):
        programs = self.find()
        assert programs is not None
        assert self.folder is not None
        settings = {
            "datadir": str(self.folder / "data"),
            # Of two servers on one machine each removes the other's temporary tables, at its start.
            "tmpdir": str(self.folder),
            "bind-address": "127.0.0.1",
            "port": str(self.port),
            "socket": str(self.folder / "socket"),
            "pid-file": str(self.folder / "pid"),
            "init-file": str(self.folder / "create.sql"),
            "character-set-server": "utf8mb4",
            "max-connections": "200",
        }
        if not self.fsync:
            settings |= {"innodb-flush-log-at-trx-commit": "0", "sync-binlog": "0"}
            # Tables are made and dropped by the hundred; "loose" as not every version has these.
            settings |= {"loose-debug-no-sync": "1", "loose-innodb-file-per-table": "0"}
        options = [f"--{name}={value}" for name, value in (settings | self.settings).items()]
        return as_nobody(
            [programs / "mariadbd", "--no-defaults", *options], signal_if_orphaned="TERM"
        )

    def is_ready(self):
        # Written once the server accepts connections, after the init file.
        return "ready for connections" in self.output()
