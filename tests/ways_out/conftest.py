"""Sites that send their files in each way, behind real servers."""

import shutil
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from functools import cache

import pytest
from django.core.files.storage import FileSystemStorage

from tests.conftest import say
from tests.live.conftest import SETTINGS, create_people
from tests.servers.apache import Apache
from tests.servers.nginx import Nginx
from tests.servers.process import ServerMissing, private_folder
from tests.servers.site import LiveSite

#: What the example project needs to know for each way out.
DELIVERIES = {
    "stream": {"DELIVERY": "stream"},
    "asgi": {"DELIVERY": "stream"},
    "xaccel": {"DELIVERY": "xaccel"},
    "xsendfile": {"DELIVERY": "xsendfile"},
    "stream-s3": {"DELIVERY": "stream", "STORAGE": "s3"},
    "asgi-s3": {"DELIVERY": "stream", "STORAGE": "s3"},
    "redirect": {"DELIVERY": "redirect", "STORAGE": "s3"},
    "proxied": {"DELIVERY": "nginx-s3", "STORAGE": "s3", "ORG_FILES_POLICY": "organization"},
}


class Way:
    """A running site, the address at which clients reach it, and a member's login."""

    def __init__(self, site, front, storage):
        self.site = site
        self.front = front
        self.url = front.url if front else site.url
        self.storage = storage
        person = create_people(site, ("Globex", None, "admin"))[0]
        self.login = {"Authorization": f"Bearer {person.token}"}

    @property
    def database(self):
        return closing(sqlite3.connect(self.site.folder / "db.sqlite3"))

    def newest(self):
        """Return the number and the storage key of the newest file."""
        with self.database as database:
            query = "SELECT id, content FROM org_files_file ORDER BY id DESC LIMIT 1"
            return database.execute(query).fetchone()


@contextmanager
def way_out(kind, request):
    with ExitStack() as stack:
        # Apache does not run as root.
        media = private_folder("media-", for_nobody=True)
        stack.callback(shutil.rmtree, media, ignore_errors=True)
        variables = {
            **SETTINGS,
            **DELIVERIES[kind],
            "DJANGO_SETTINGS_MODULE": "tests.ways_out.settings",
            "MEDIA_ROOT": str(media),
        }
        storage, store = FileSystemStorage(media), ""
        if "STORAGE" in variables:
            server = request.getfixturevalue("s3_server")
            storage, store = server.new_storage(), f"{server.url}/"
            variables |= server.variables(storage.bucket_name)
        site = stack.enter_context(LiveSite(variables, asgi=kind.startswith("asgi")))
        address = {"http://127.0.0.1:8000": site.url}
        front = {
            "xaccel": lambda: Nginx("local", address | {"/srv/mysite/files/": f"{media}/"}),
            "proxied": lambda: Nginx("s3", address | {"https://s3.example.com/": store}),
            "xsendfile": lambda: Apache(address | {"/srv/mysite/files": str(media)}),
        }.get(kind)
        way = Way(site, stack.enter_context(front()) if front else None, storage)
        behind = f" behind {way.front.title} at {way.url}" if front else ""
        say(request, f"{kind}: a site at {site.url}{behind}")
        yield way


@pytest.fixture(scope="session")
def ways(request):
    """Return the site of each kind, which starts at its first use."""
    with ExitStack() as stack:

        @cache
        def started(kind):
            try:
                return stack.enter_context(way_out(kind, request))
            except ServerMissing as error:
                pytest.skip(str(error))

        yield started
