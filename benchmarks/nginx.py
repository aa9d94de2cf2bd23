"""A private nginx in front of a site: files of its own, and files to which the site points."""

from __future__ import annotations

import http.client
import shutil
from pathlib import Path

from tests.servers.process import ServerMissing, ServerProcess, is_root, private_folder

CONFIGURATION = """
{user}
worker_processes {workers};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream site {{ server 127.0.0.1:{site}; keepalive 128; }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location /static/ {{ alias {files}/; }}
        location /internal/ {{ internal; alias {files}/; }}
        location / {{
            proxy_pass http://site;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }}
    }}
}}
"""


class Nginx(ServerProcess):
    """Serves ``files`` under /static/, and the site on the port ``site`` at every other path."""

    def __init__(self, files: str, site: int, workers: int) -> None:
        super().__init__()
        self.files, self.site, self.workers = files, site, workers
        self.program = shutil.which(
            "nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
        )
        if self.program is None:
            raise ServerMissing("nginx is not installed; `apt-get install nginx` installs it.")

    @property
    def url(self) -> str:
        """The beginning of its URLs."""
        return f"http://127.0.0.1:{self.port}"

    def make_folder(self) -> Path:
        """Return a new folder."""
        return private_folder("nginx-")

    def command(self) -> list[str]:
        """Write the configuration; return the command."""
        file = self.folder / "nginx.conf"
        # The workers read files that belong to the one who runs the benchmark.
        user = "user root;" if is_root() else ""
        file.write_text(CONFIGURATION.format(user=user, **vars(self)), encoding="utf-8")
        return [self.program, "-e", str(self.folder / "error.log"), "-c", str(file)]

    def is_ready(self) -> bool:
        """Whether it answers."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", "/static/")
            return client.getresponse().status in (403, 404)
        except OSError:
            return False
        finally:
            client.close()
