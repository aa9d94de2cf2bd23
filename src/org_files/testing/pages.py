"""Contract of a policy with the URLs of the site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from rest_framework.test import APIClient

from org_files import get_file_model
from org_files.access import Policy, get_policy
from org_files.ids import new_public_id
from org_files.rest.urls import urlpatterns
from org_files.testing.contract import Contract
from org_files.testing.factories import make_organization, make_user
from org_files.testing.world import World, make_world
from org_files.validators import MAX_HEIGHT

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

#: Routes that each look an id up in a way of their own.
LOOKED_UP = ("file", "file-content", "organization", "user", "link")

#: One that no tier has: who sees the picture is told so, whether or not one could be made here.
HEIGHT = MAX_HEIGHT + 1

#: The arguments of ``listed_files`` for a plain list.
PLAIN: dict[str, bool] = {}


class PolicyPages(Contract):
    """Tests of lists and details over a world and a policy."""

    setting = "POLICY"
    #: Fields of a user that make them an operator under the policy.
    operator: ClassVar[Mapping[str, Any]] = {"is_staff": True}
    world: World
    policy: Policy

    @classmethod
    def setUpTestData(cls) -> None:
        """Make the world."""
        super().setUpTestData()
        cls.world = make_world(operator=cls.operator)
        cls.add_files(cls.world)
        cls.world.add_downloads()
        cls.world.add_links()

    @classmethod
    def add_files(cls, world: World) -> None:
        """Add files with properties that the policy reads, by ``world.add_file``."""

    def setUp(self) -> None:
        """Switch the throttles of the site off."""
        super().setUp()
        rest_framework = {**getattr(settings, "REST_FRAMEWORK", {}), "DEFAULT_THROTTLE_CLASSES": []}
        self.enterContext(override_settings(REST_FRAMEWORK=rest_framework))
        self.policy = get_policy()

    def log_in(self, user: Any) -> APIClient:
        """Return a client of ``user``, for any way to log in."""
        client = APIClient()
        if apps.is_installed("django.contrib.sessions"):
            client.force_login(user)
        client.force_authenticate(user)
        return client

    def seen(self, policy: Policy, user: Any) -> dict[str, set[str]]:
        """Return the names of the rows that ``policy`` shows to ``user``, by kind."""
        world = self.world
        return {
            "files": world.names(world.files, policy.visible_files(user)),
            "organizations": world.names(world.organizations, policy.visible_organizations(user)),
            "users": world.names(world.users, policy.visible_users(user)),
            "downloads": world.names(world.downloads, policy.visible_downloads(user)),
            "links": world.names(world.links, policy.visible_links(user)),
        }

    def test_lists__show_what_the_policy_lists(self) -> None:
        world = self.world
        for role, user in world.users.items():
            client, seen = self.log_in(user), self.seen(self.policy, user)
            listed = {str(file.public_id) for file in self.policy.listed_files(user, **PLAIN)}
            organizations = {str(world.organizations[name].pk) for name in seen["organizations"]}
            own = {str(world.downloads[f"{name} {role}"].pk) for name in ("home", "away")}
            with self.subTest(role):
                self.assertEqual(self.ids(client, "file-list"), listed)
                self.assertEqual(self.ids(client, "organization-list"), organizations)
                self.assertEqual(self.ids(client, "download-list"), own)

    def test_list_of_links__shows_those_of_ones_own_that_the_policy_shows(self) -> None:
        world = self.world
        for role, user in world.users.items():
            own = {name for name in self.seen(self.policy, user)["links"] if is_by(role, name)}
            listed = {str(world.links[name].public_id) for name in own}
            with self.subTest(role):
                self.assertEqual(self.ids(self.log_in(user), "link-list"), listed)

    def test_members__are_those_that_the_policy_shows(self) -> None:
        for role, user in self.world.users.items():
            client = self.log_in(user)
            organizations = [str(row.pk) for row in self.policy.visible_organizations(user)]
            seen: dict[str, set[str]] = {id: set() for id in organizations}
            for row in self.policy.visible_memberships(user):
                seen[str(row.organization_id)].add(str(row.user_id))
            expanded = {
                str(row["id"]): {str(member["id"]) for member in row["members"]}
                for row in self.rows(client, "organization-list", expand="members")
            }
            listed = {id: self.ids(client, "member-list", id=id) for id in organizations}
            with self.subTest(role):
                self.assertEqual(expanded, seen)
                self.assertEqual(listed, seen)

    def ids(self, client: APIClient, route: str, **kwargs: str) -> set[str]:
        """Return the ids that a list shows."""
        return {str(row["id"]) for row in self.rows(client, route, kwargs)}

    def rows(
        self, client: APIClient, route: str, kwargs: Mapping[str, str] = {}, **parameters: str
    ) -> list[dict[str, Any]]:
        """Return the rows of a list."""
        url = reverse(f"org_files:{route}", kwargs=dict(kwargs))
        response = client.get(url, {"page_size": "200", **parameters})
        self.assertEqual(response.status_code, 200)
        rows: list[dict[str, Any]] = response.json()["results"]
        return rows

    def test_file__is_found_by_those_who_see_it(self) -> None:
        for role, user in self.world.users.items():
            client = self.log_in(user)
            status = {
                name: self.ask(client, "GET", "file", file.public_id)[0]
                for name, file in self.world.files.items()
            }
            seen = self.seen(self.policy, user)["files"]
            with self.subTest(role):
                self.assertEqual(status, {name: 200 if name in seen else 404 for name in status})

    def test_height_of_a_picture__is_for_those_who_see_the_file(self) -> None:
        get_file_model()._base_manager.update(content_type="image/jpeg")
        for role, user in self.world.users.items():
            client = self.log_in(user)
            status = {
                name: self.ask(client, "GET", "rendition", file.public_id)[0]
                for name, file in self.world.files.items()
            }
            seen = self.seen(self.policy, user)["files"]
            with self.subTest(role):
                self.assertEqual(status, {name: 403 if name in seen else 404 for name in status})

    def test_what_is_not_seen__answers_byte_for_byte_as_if_it_did_not_exist(self) -> None:
        gone, removed = make_organization("gone"), make_user("gone")
        missing = {"files": new_public_id(), "organizations": gone.pk, "users": removed.pk}
        missing["links"] = new_public_id()
        gone.delete()
        removed.delete()
        world = self.world
        for role, user in world.users.items():
            client, seen = self.log_in(user), self.seen(self.policy, user)
            restorable = world.names(world.files, self.policy.removable_files(user))
            for kind, ids in (
                ("files", {name: file.public_id for name, file in world.files.items()}),
                ("organizations", {name: row.pk for name, row in world.organizations.items()}),
                ("users", {name: row.pk for name, row in world.users.items()}),
                ("links", {name: link.public_id for name, link in world.links.items()}),
            ):
                for route in routes_of(kind):
                    known = seen[kind] | (restorable if route == "file-restore" else set())
                    hidden = [id for name, id in ids.items() if name not in known]
                    with self.subTest(role, route=route):
                        # Who asks makes no difference to the other methods.
                        methods = METHODS if role == "former" else ("GET",)
                        for method in methods:
                            self.check_hidden(client, method, route, missing[kind], hidden)

    def check_hidden(
        self, client: APIClient, method: str, route: str, missing: Any, hidden: list[Any]
    ) -> None:
        """Check that ``route`` answers for each of ``hidden`` as it does for ``missing``."""
        if hidden:
            status, content, headers = self.ask(client, method, route, missing)
            self.assertIn(status, (404, 405))
            # The views under one thing look it up alike: one id is enough for most of them.
            is_thing = method == "GET" and route in LOOKED_UP
            for id in hidden if is_thing else hidden[:1]:
                answer = self.ask(client, method, route, id)
                self.assertEqual(answer[:2], (status, content))
                if answer[2] == headers:
                    continue
                # What a middleware says anew with each answer tells nothing.
                again = self.ask(client, method, route, missing)[2]
                same = {name for name in headers if again.get(name) == headers[name]}
                self.assertEqual(answer[2].keys(), headers.keys())
                self.assertEqual({n: answer[2][n] for n in same}, {n: headers[n] for n in same})

    def ask(
        self, client: APIClient, method: str, route: str, id: Any
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, content and headers of an answer."""
        kwargs = {"id": str(id)} | ({"height": str(HEIGHT)} if route == "rendition" else {})
        url = reverse(f"org_files:{route}", kwargs=kwargs)
        response = client.generic(method, url, content_type="application/json")
        return response.status_code, response.getvalue(), dict(response.items())


def file_of(link: str) -> str:
    """Return the name of the file that the link of that name is to."""
    return link.rpartition(" by ")[0]


def is_by(role: str, name: str) -> bool:
    """Return whether the link of that name is of the user in that role."""
    return name.endswith(f" by {role}")


def routes_of(kind: str) -> list[str]:
    """Return the names of the routes under one object of a kind: its id, or also a height."""
    return [
        str(route.name)
        for route in urlpatterns
        if str(route.pattern).startswith(f"{kind}/<")
        and route.pattern.converters.keys() <= {"id", "height"}
    ]
