"""The data that the matrix is asked about, and its requests."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from org_files import counters, get_file_model
from org_files.accounts.models import Avatar
from org_files.links import token_of
from org_files.models import Role
from org_files.organizations import change_role, remove_member
from org_files.pictures import make_renditions
from org_files.rest.tickets import new_ticket
from org_files.storage import original_storage
from org_files.testing.factories import join, make_link, make_user
from org_files.testing.world import make_world
from org_files.uploads.services import create_upload
from tests.pictures.stored import photo
from tests.rest.requests import MISSING_ID, MULTIPART, bearer, closed, part

CONTENT = b"A report."
PASSWORD = "correct horse battery staple"
UPLOAD_OF_AVATAR, UPLOAD_OF_FILE = object(), object()

#: Names of files in the table, and in the world.
FILES = {
    "file": "home member",
    "demoteds": "home demoted",
    "formers": "home former",
    "formers_public": "home former public",
    "former_admins": "home former_admin",
    "public": "home nobody public",
    "trashed": "home member trashed",
    "demoteds_trashed": "home demoted trashed",
    "formers_trashed": "home former trashed",
    "expired": "home member expired",
}
#: Names of pictures in the table, and in the world; a file that is in the same state.
PICTURES = {
    "picture": ("home member picture", "file"),
    "demoteds_picture": ("home demoted picture", "demoteds"),
    "formers_picture": ("home former picture", "formers"),
    "public_picture": ("home nobody picture", "public"),
    "trashed_picture": ("home member trashed picture", "trashed"),
    "expired_picture": ("home member expired picture", "expired"),
}
HEIGHT = 200
#: Names of links in the table: the file, the creator, and other fields.
LINKS = {
    "link": ("file", "member", {}),
    "demoteds_link": ("demoteds", "demoted", {}),
    "formers_link": ("formers", "former", {}),
    "formers_public_link": ("formers_public", "former", {}),
    "former_admins_link": ("file", "former_admin", {}),
    "public_link": ("public", "admin", {}),
    "trashed_link": ("trashed", "member", {}),
    "expired_link": ("expired", "member", {}),
}
#: Likewise, of links that the table asks for by their tokens only.
MORE_LINKS = {
    "revoked_link": ("file", "member", {"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    "spent_link": ("file", "member", {"max_downloads": 1, "used": 1}),
    "locked_link": ("file", "member", {"password": PASSWORD}),
}
MORE_LINKS |= {
    f"{name}_link": (name, maker, {"rendition": HEIGHT})
    for name, maker in {
        "picture": "member",
        "demoteds_picture": "demoted",
        "formers_picture": "former",
        "public_picture": "admin",
        "trashed_picture": "member",
        "expired_picture": "member",
    }.items()
}
#: Names of tickets in the table: the file, the user, and the height.
TICKETS = {
    "ticket": ("file", "member", None),
    "ticket_200": ("picture", "member", HEIGHT),
    "demoteds_ticket": ("demoteds", "demoted", None),
    "formers_ticket": ("formers", "former", None),
}
TOKENS = {name: name.replace("link", "token") for name in (*LINKS, *MORE_LINKS)}

#: Bodies, by method and path without its query; names in braces stand for ids.
BODIES = {
    "POST uploads/{upload}/complete/": {"parts": [{"number": 1, "etag": "a"}]},
    "POST auth/register/": {"email": "new@example.com", "password": PASSWORD},
    "PATCH users/me/": {"first_name": "New"},
    "PUT users/me/avatar/": UPLOAD_OF_AVATAR,
    "PATCH users/{member}/": {"is_active": False},
    "POST organizations/": {"name": "New"},
    "PATCH organizations/{home}/": {"description": "New"},
    "POST organizations/{home}/members/": {"user": "{newcomer}", "role": "viewer"},
    "PATCH organizations/{home}/members/{member}/": {"role": "admin"},
    "POST files/": UPLOAD_OF_FILE,
    **{f"PATCH files/{{{name}}}/": {"comment": "New"} for name in FILES},
    **{f"POST files/{{{name}}}/links/": {"expires_in": 60} for name in FILES},
    **{
        f"POST files/{{{name}}}/links/": {"expires_in": 60, "rendition": HEIGHT}
        for name in PICTURES
    },
    **{f"POST files/{{{name}}}/ticket/": {"height": HEIGHT} for name in PICTURES},
    **{f"PATCH links/{{{name}}}/": {"label": "New"} for name in LINKS},
    "POST shared/{locked_token}/": {"password": "wrong"},
}

#: For each name an id that does not exist.
MISSING = dict.fromkeys((*FILES, *PICTURES, *LINKS, "upload"), MISSING_ID)
MISSING |= dict.fromkeys((*TOKENS.values(), *TICKETS), "nothing")
MISSING |= dict.fromkeys(("home", "member", "former", "demoted", "newcomer"), "987654321")
MISSING["resource"] = "nothing"


@dataclass(frozen=True)
class Query:
    """A request: all of it that the answer may depend on."""

    caller: str
    method: str
    path: str
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Reply:
    """An answer: all of it that a client can see."""

    status: int
    content: bytes
    headers: tuple[tuple[str, str], ...]

    def __repr__(self):
        return f"{self.status} {self.content[:80]!r}"


class Tenants:
    """The world, with an id for each name of the table."""

    #: Begins every path.
    prefix = "/api/"

    def __init__(self):
        world = make_world()
        memberships = self._add_leaving(world)
        self.users = world.users
        self.ids = {
            "home": world.organizations["home"].pk,
            **{name: world.users[name].pk for name in ("member", "former", "demoted")},
            "newcomer": make_user("newcomer").pk,
            "resource": "project",
        }
        for name, key in FILES.items():
            self.ids[name] = str(world.files[key].public_id)
            original_storage().save(world.files[key].content.name, ContentFile(CONTENT))
        linked = [world.files[FILES[name]].pk for name in ("file", "trashed", "expired")]
        get_file_model()._base_manager.filter(pk__in=linked).update(
            resource="project", resource_id="7"
        )
        self._add_pictures(world)
        self._add_avatar()
        self._add_links(world)
        upload = create_upload(
            organization=world.organizations["home"], owner=self.users["member"], name="a.txt"
        )
        self.ids["upload"] = str(upload.public_id)
        self._download(world.files["home member"])
        for name, membership in memberships.items():
            if name == "demoted":
                change_role(membership=membership, role=Role.VIEWER)
            else:
                remove_member(membership=membership)
        #: Answers for ids that do not exist. They are the same for each call with the same path.
        self._missing = {}
        self._cookies = {name: self._log_in(user) for name, user in self.users.items()}

    def _add_leaving(self, world):
        """Return the memberships, by user, that end once files and links are there."""
        home = world.organizations["home"]
        roles = {"former": Role.MEMBER, "former_admin": Role.ADMIN, "demoted": Role.MEMBER}
        for name in ("former_admin", "demoted"):
            world.users[name] = make_user(name)
            world.add_file(f"home {name}")
        world.add_file("home demoted trashed", is_public=True, deleted_at=timezone.now())
        return {name: join(home, world.users[name], role) for name, role in roles.items()}

    def _add_avatar(self):
        key = original_storage().save("avatars/picture", ContentFile(CONTENT))
        Avatar.objects.create(
            user=self.users["member"],
            key=key,
            size=len(CONTENT),
            sha256="0" * 64,
            content_type="image/png",
        )

    def _add_pictures(self, world):
        content = photo(120, 90)
        for name, (key, like) in PICTURES.items():
            other = world.files[FILES[like]]
            fields = ("is_public", "deleted_at", "expires_at")
            file = world.add_file(
                key,
                content=content,
                content_type="image/jpeg",
                **{field: getattr(other, field) for field in fields},
            )
            original_storage().save(file.content.name, ContentFile(content))
            # Ahead, since what a cell makes is undone.
            make_renditions(file=file)
            self.ids[name] = str(file.public_id)

    def _add_links(self, world):
        files = {name: world.files[key] for name, key in FILES.items()}
        files |= {name: world.files[key] for name, (key, _like) in PICTURES.items()}
        for name, (file, maker, fields) in {**LINKS, **MORE_LINKS}.items():
            link = make_link(files[file], self.users[maker], **fields)
            self.ids |= {name: str(link.public_id), TOKENS[name]: token_of(link)}
        for name, (file, user, height) in TICKETS.items():
            query, _until = new_ticket(user=self.users[user], file=files[file], height=height)
            self.ids[name] = query.removeprefix("ticket=")

    def _download(self, file):
        for name in ("member", "admin"):
            counters.record_download(file=file, user=self.users[name])

    def _log_in(self, user):
        browser = Client()
        browser.force_login(user)
        return browser.cookies

    @property
    def secrets(self):
        """Beginnings of JSON about "home" that must not reach other organizations."""
        names = [self.users[name].get_username() for name in ("viewer", "member")]
        return [b'"home', *(f'"{name}'.encode() for name in names)]

    def query(self, call, caller, *, method="", **ids):
        """Return the request of a call, by another ``method`` or with other ``ids`` if given."""
        values = {**self.ids, **ids}
        path = f"{self.prefix}{call.path.format(**values)}"
        return Query(caller, method or call.method, path, *self._body(call, values))

    def ask(self, query):
        """Return the answer to a request."""
        # A new client each time: some calls log out.
        client = Client(headers=self._credentials(query.caller))
        if query.caller in self.users:
            client.cookies.update(self._cookies[query.caller])
        response = client.generic(
            query.method, query.path, query.body, content_type=query.content_type
        )
        headers = tuple(sorted(dict(response.headers).items()))
        return Reply(response.status_code, response.getvalue(), headers)

    def ask_missing(self, call, caller, name, *, method=""):
        """Return the answer to a call whose id of that name does not exist."""
        query = self.query(call, caller, method=method, **{name: MISSING[name]})
        if query not in self._missing:
            with undone():
                self._missing[query] = self.ask(query)
        return self._missing[query]

    def _credentials(self, caller):
        if caller == "holder":
            return {"Authorization": f"Bearer {self.ids['token']}"}
        return bearer(self.users[caller]) if caller in self.users else None

    def ids_of(self, call):
        """Return the names of the ids in the call, in the order of the URL."""
        sent = _body_of(call)
        text = call.path + ("{home}" if sent is UPLOAD_OF_FILE else str(sent))
        found = {text.find(f"{{{name}}}"): name for name in MISSING if f"{{{name}}}" in text}
        return [found[place] for place in sorted(found)]

    def _body(self, call, values):
        body = _body_of(call)
        if body is UPLOAD_OF_AVATAR:
            return closed(part("avatar", b"no picture", "a.txt")), MULTIPART
        if body is UPLOAD_OF_FILE:
            organization = part("organization", str(values["home"]))
            return closed(part("file", CONTENT, "a.txt"), organization), MULTIPART
        filled = {
            key: value.format(**values) if isinstance(value, str) else value
            for key, value in body.items()
        }
        return json.dumps(filled).encode(), "application/json"


@contextmanager
def undone():
    """Roll back what the block changes in the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _body_of(call):
    return BODIES.get(f"{call.method} {call.path.partition('?')[0]}", {})
