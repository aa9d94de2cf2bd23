"""A private Redis or Valkey: `with Redis() as server: ... server.url`."""

import os
import shutil
import socket

from tests.servers.process import ServerMissing, ServerProcess, private_folder

PROGRAMS = ("redis-server", "valkey-server")


class Redis(ServerProcess):
    """A private server, or the one that runs already where REDIS_URL names one."""

    start_timeout = 20.0

    def __init__(self):
        super().__init__()
        self.given_url = os.environ.get("REDIS_URL", "")

    @classmethod
    def find(cls):
        """The program; None where REDIS_URL makes it needless.

        Raises:
            ServerMissing: it is not installed.
        """
        if os.environ.get("REDIS_URL"):
            return None
        for name in PROGRAMS:
            if program := shutil.which(name):
                return program
        raise ServerMissing("Redis is not installed; `apt-get install redis-server` installs it.")

    @property
    def url(self):
        return self.given_url or f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        if self.given_url:
            return self
        self.find()
        return super().start()

    def make_folder(self):
        return private_folder("redis-")

    def command(self):
        program = self.find()
        assert program is not None
        options = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder)}
        options |= {"save": "", "appendonly": "no", "daemonize": "no"}
        return [program, *(word for name in options for word in (f"--{name}", options[name]))]

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
