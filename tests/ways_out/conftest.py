"""Sites that send their files in each way, behind real servers."""

import json
import shutil
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest

from tests.live.conftest import SETTINGS, create_people
from tests.servers.apache import Apache
from tests.servers.nginx import Nginx
from tests.servers.process import ServerMissing, private_folder
from tests.servers.site import LiveSite
from tests.servers.store import store

#: The backend of each way out, with its options.
DELIVERIES = {
    "stream": ("StreamDelivery", {}),
    "asgi": ("StreamDelivery", {}),
    "xaccel": ("XAccelDelivery", {"internal_prefix": "/protected/"}),
    "xsendfile": ("XSendfileDelivery", {}),
    "redirect": ("RedirectDelivery", {}),
    "proxied": ("XAccelStorageDelivery", {"internal_prefix": "/store/"}),
}


class Way:
    """A running site, the address at which clients reach it, and a member's login."""

    def __init__(self, site, front, media, delivery):
        self.site = site
        self.front = front
        self.url = front.url if front else site.url
        self.media = media
        self.delivery = delivery
        person = create_people(site, ("Globex", None, "admin"))[0]
        self.login = {"Authorization": f"Bearer {person.token}"}


@contextmanager
def way_out(kind):
    name, options = DELIVERIES[kind]
    with ExitStack() as stack:
        # Apache does not run as root.
        media = private_folder("media-", for_nobody=True)
        stack.callback(shutil.rmtree, media, ignore_errors=True)
        delivery = {"BACKEND": f"org_files.delivery.{name}", "OPTIONS": options}
        variables = {
            **SETTINGS,
            "DJANGO_SETTINGS_MODULE": "tests.ways_out.settings",
            "TEST_DELIVERY": json.dumps(delivery),
            "MEDIA_ROOT": str(media),
        }
        endpoint = ""
        if kind in ("redirect", "proxied"):
            endpoint = stack.enter_context(store(media))
            storage = {
                "BACKEND": "tests.servers.store.SigningStorage",
                "OPTIONS": {"location": str(media), "endpoint": endpoint},
            }
            variables["TEST_STORAGE"] = json.dumps(storage)
        site = stack.enter_context(LiveSite(variables, asgi=kind == "asgi"))
        address = {"http://127.0.0.1:8000": site.url}
        front = {
            "xaccel": lambda: Nginx("local", address | {"/srv/mysite/files/": f"{media}/"}),
            "proxied": lambda: Nginx("s3", address | {"https://s3.example.com/": f"{endpoint}/"}),
            "xsendfile": lambda: Apache(address | {"/srv/mysite/files": str(media)}),
        }.get(kind)
        yield Way(site, stack.enter_context(front()) if front else None, media, delivery)


@pytest.fixture(scope="session")
def ways(request):
    """Return the site of each kind, which starts at its first use."""
    with ExitStack() as stack:

        @cache
        def started(kind):
            try:
                return stack.enter_context(way_out(kind))
            except ServerMissing as error:
                pytest.skip(str(error))

        yield started
