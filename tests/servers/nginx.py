"""nginx with a configuration of docs/nginx: `with Nginx("local", {...}) as server: ...`."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from tests.servers.process import ServerMissing, ServerProcess, is_root, private_folder

DOCUMENTED = Path(__file__).resolve().parents[2] / "docs" / "nginx"

MAIN = """\
{user}
pid {folder}/pid;
worker_processes 2;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include site.conf;
}}
"""


def program(name, package):
    """The path of a server's program, which Debian keeps out of an ordinary user's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissing(f"{name} is not installed; `apt-get install {package}` installs it.")
    return found


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nginx(ServerProcess):
    """nginx in front of a site, with a documented configuration.

    Args:
        name: the file of docs/nginx.
        replaced: what is written in place of its addresses and folders.
    """

    def __init__(self, name, replaced):
        super().__init__()
        self.name = name
        self.replaced = replaced

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def make_folder(self):
        program("nginx", "nginx-light")
        return private_folder("nginx-")

    def command(self):
        assert self.folder is not None
        # The folders of the tests are private to their user.
        user = "user root;" if is_root() else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))
        for part in ("headers", "store"):
            shutil.copy(DOCUMENTED / f"{part}.conf", self.folder / f"org_files_{part}.conf")
        text = (DOCUMENTED / f"{self.name}.conf").read_text(encoding="utf-8")
        for old, new in {"listen 80;": f"listen 127.0.0.1:{self.port};", **self.replaced}.items():
            assert old in text, old
            text = text.replace(old, new)
        (self.folder / "site.conf").write_text(text)
        return [*self.program(), "-g", "daemon off;"]

    def program(self):
        return [
            program("nginx", "nginx-light"),
            *("-p", str(self.folder), "-e", "stderr", "-c", f"{self.folder}/nginx.conf"),
        ]

    def test_configuration(self):
        """What `nginx -t` says of the configuration."""
        tested = subprocess.run([*self.program(), "-t"], capture_output=True, text=True)
        return tested.returncode, tested.stderr

    def is_ready(self):
        return accepts(self.port)
