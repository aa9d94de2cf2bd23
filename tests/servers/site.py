"""The example project as a running site: `with LiveSite() as site: ... site.url`."""

import contextlib
import http.client
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from tests.servers.process import ServerFailed, ServerProcess, private_folder

EXAMPLE_PROJECT = Path(__file__).resolve().parents[2] / "example_project"
#: Everything that the site reads from the environment.
VARIABLES = {"FORWARDED_ALLOW_IPS"}.union(
    *(
        re.findall(r"\benv\.\w+\(\s*\"([A-Z_]+)\"", path.read_text(encoding="utf-8"))
        for path in (EXAMPLE_PROJECT / "example").rglob("*.py")
    )
)


class LiveSite(ServerProcess):
    """Gunicorn with threads, or uvicorn, over the example project, migrated and answering.

    Args:
        env: environment variables of the site. Its database, media and log are in a temporary
            folder unless DATABASE_URL, MEDIA_ROOT or LOG_DIR say otherwise here; what the
            surrounding environment says of the site is not heard.
        asgi: serve `example.asgi:application` by uvicorn.
        application: serve this one instead.
        workers: processes. threads: threads of each, of no meaning with `asgi`.
        folder: use and keep this folder, as after `kill()`, instead of a new temporary one.
        server_options: further command-line arguments of gunicorn or uvicorn.
    """

    #: The databases that this process has migrated, and the bytes of an empty one of SQLite.
    migrated = set()
    empty_database = b""

    def __init__(
        self,
        env=None,
        *,
        asgi=False,
        application="",
        workers=1,
        threads=8,
        folder=None,
        server_options=(),
    ):
        super().__init__()
        self.given_environment = dict(env or {})
        self.asgi = asgi
        self.application = application or f"example.{'asgi' if asgi else 'wsgi'}:application"
        self.workers = workers
        self.threads = threads
        self.server_options = server_options
        self.folder = folder
        self.owns_folder = folder is None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def make_folder(self):
        return private_folder("site-")

    def working_folder(self):
        return EXAMPLE_PROJECT

    def environment(self):
        assert self.folder is not None
        return {
            **{name: value for name, value in os.environ.items() if name not in VARIABLES},
            "DJANGO_SETTINGS_MODULE": "example.settings",
            "DATABASE_URL": "sqlite:///" + quote(str(self.folder / "db.sqlite3")),
            "MEDIA_ROOT": str(self.folder / "media"),
            "LOG_DIR": str(self.folder / "log"),
            "SECRET_KEY": "a-key-of-a-site-that-lives-for-one-test-only-0123456789",
            "DEBUG": "0",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "THROTTLES": "off",
            **self.given_environment,
        }

    def command(self):
        if self.asgi:
            options = ["--host", "127.0.0.1", "--port", str(self.port)]
            options += ["--workers", str(self.workers), "--log-level", "warning"]
            server = ["uvicorn", self.application, *options]
        else:
            options = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread"]
            options += ["--workers", str(self.workers), "--threads", str(self.threads)]
            # By default all gunicorns of one user share a single control socket.
            options += ["--no-control-socket", "--graceful-timeout", "5"]
            server = ["gunicorn", self.application, *options]
        return [sys.executable, "-m", *server, *self.server_options]

    def launch(self):
        environment = self.environment()
        for name in ("MEDIA_ROOT", "LOG_DIR"):
            Path(environment[name]).mkdir(parents=True, exist_ok=True)
        self.migrate(environment)
        super().launch()

    def migrate(self, environment):
        """Migrate the database, or take that of an earlier site, which is quicker."""
        assert self.folder is not None
        url, database = environment["DATABASE_URL"], self.folder / "db.sqlite3"
        names_admin = "DJANGO_SUPERUSER_EMAIL" in environment
        is_empty = not (
            names_admin or "DATABASE_URL" in self.given_environment or database.exists()
        )
        if is_empty and LiveSite.empty_database:
            database.write_bytes(LiveSite.empty_database)
        elif names_admin or url not in self.migrated:
            self.manage("migrate", "--verbosity", "0")
            if is_empty:
                with contextlib.closing(sqlite3.connect(database)) as connection:
                    LiveSite.empty_database = connection.serialize()
        self.migrated.add(url)

    def manage(self, *arguments):
        """Run a management command in the site's environment; return what it wrote to stdout."""
        ran = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=EXAMPLE_PROJECT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if ran.returncode:
            wrote = ran.stdout + ran.stderr
            raise ServerFailed(f"manage.py {' '.join(arguments)} failed:\n{wrote}")
        return ran.stdout

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with (
            contextlib.closing(connection),
            contextlib.suppress(OSError, http.client.HTTPException),
        ):
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        return False

    def pids(self):
        """The processes that run the application: all workers, or the only process there is."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                # A helper that multiprocessing starts beside uvicorn's workers is none.
                is_helper = b"resource_tracker" in (folder / "cmdline").read_bytes()
                if int(status_of(folder.name)["PPid"]) == self.pid and not is_helper:
                    found.append(int(folder.name))
        return sorted(found) or [self.pid]

    def memory(self, field="VmRSS"):
        """Bytes that all workers hold together now, or held at most with "VmHWM"."""
        return sum(int(status_of(pid)[field].split()[0]) * 1024 for pid in self.pids())


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
