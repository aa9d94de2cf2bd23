"""Two web servers that share a database, a cache and an object store, and nginx before both."""

import os
import shutil
import signal
import subprocess
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import say
from tests.live.conftest import SETTINGS, create_people
from tests.servers.nginx import Nginx
from tests.servers.process import ServerMissing, free_port
from tests.servers.site import LiveSite

#: Runs a command with process ids and shared memory of its own.
UNSHARE = (
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"),
    *("sh", "-c", 'mount -t tmpfs own /dev/shm && exec "$0" "$@"'),
)

#: A server that ends is left out for no longer than the request that finds it gone.
BOTH = """\
upstream both {{
    server 127.0.0.1:{} max_fails=0;
    server 127.0.0.1:{} max_fails=0;
}}
# Files on a local disk"""


@cache
def can_unshare():
    """Whether a process may have them, which takes root."""
    program = shutil.which(UNSHARE[0])
    return program and not subprocess.run([*UNSHARE, "true"], capture_output=True).returncode


class Host(LiveSite):
    """A gunicorn master as on a machine of its own: process ids, folders, and a port for life."""

    def __init__(self, env):
        super().__init__(env, workers=2, server_options=("--graceful-timeout", "15"))
        self.own_port = free_port()

    def make_folder(self):
        folder = super().make_folder()
        for name in ("tmp", "home"):
            (folder / name).mkdir()
        return folder

    def environment(self):
        home = f"{self.folder}/home"
        own = {"TMPDIR": f"{self.folder}/tmp", "HOME": home, "XDG_CACHE_HOME": f"{home}/.cache"}
        return super().environment() | own

    def command(self):
        self.port = self.own_port
        return [*(UNSHARE if can_unshare() else ()), *super().command()]

    @property
    def master(self):
        """The process id of gunicorn, which unshare starts as its only child."""
        if not can_unshare():
            return self.pid
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return int(children) if children else self.pid

    def end_process(self):
        """End gunicorn in order: unshare itself does not pass signals on."""
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.master, signal.SIGTERM)
            try:
                self.process.wait(self.stop_timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def reload(self):
        os.kill(self.master, signal.SIGHUP)

    def left_uploads(self):
        return [*Path(f"{self.folder}/tmp").rglob("*.org-files")]


@pytest.fixture(scope="session")
def hosts(request, postgresql_server, redis_server, s3_server):
    storage = s3_server.new_storage()
    with postgresql_server.new_database() as url:
        variables = {
            **SETTINGS,
            "DJANGO_SETTINGS_MODULE": "tests.two_servers.settings",
            "DATABASE_URL": url,
            "CACHE_URL": redis_server.url,
            "ORG_FILES_POLICY": "organization",
            "STORAGE": "s3",
            **s3_server.variables(storage.bucket_name),
        }
        with Host(variables) as one, Host(variables) as other:
            kinds = "PID space, shared memory" if can_unshare() else "process group"
            for host in (one, other):
                say(request, f"gunicorn at {host.url} with {kinds} and folders of its own")
            yield one, other


@pytest.fixture(scope="session")
def front(request, hosts):
    """nginx, which asks the other server where one is gone."""
    replaced = {
        "# Files on a local disk": BOTH.format(*(host.own_port for host in hosts)),
        "http://127.0.0.1:8000": "http://both",
    }
    try:
        with Nginx("local", replaced) as front:
            say(request, f"nginx at {front.url} before both")
            yield front
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def token(hosts):
    """The login of the admin of an organization that has nothing yet."""
    return create_people(hosts[0], (uuid4().hex, None, "admin"))[0].token
