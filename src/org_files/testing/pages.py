"""The part of the contract of policies that asks through the URLs of the site."""

from collections.abc import Iterable, Iterator, Mapping
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

Names = set[str]

#: Methods of HTTP, each with the method of the view that answers it.
METHODS = {name.upper(): name for name in ("get", "post", "put", "patch", "delete")}
METHODS["HEAD"] = "get"

#: Routes that are asked for a file in each state. The others look it up as one of these does.
LOOKED_UP = ("file", "file-content")

#: No tier has it, so a user who sees the picture gets 403 whether or not it could be made.
HEIGHT = MAX_HEIGHT + 1


class PolicyPages(Contract):
    """Tests of lists and details over a world and a policy."""

    setting = "POLICY"
    #: Fields of a user that make them an operator under the policy.
    operator: ClassVar[Mapping[str, Any]] = {"is_staff": True}
    world: World
    policy: Policy

    @classmethod
    def setUpTestData(cls) -> None:
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

    def seen(self, policy: Policy, user: Any) -> dict[str, Names]:
        """Return the names of the rows that ``policy`` shows to ``user``, by kind."""
        world = self.world
        return {
            "files": world.names(world.files, policy.visible_files(user)),
            "organizations": world.names(world.organizations, policy.visible_organizations(user)),
            "users": world.names(world.users, policy.visible_users(user)),
            "downloads": world.names(world.downloads, policy.visible_downloads(user)),
            "links": world.names(world.links, policy.visible_links(user)),
        }

    def log_in(self, user: Any) -> APIClient:
        """Return a client of ``user``, for any way to log in."""
        client = APIClient()
        if apps.is_installed("django.contrib.sessions"):
            client.force_login(user)
        client.force_authenticate(user)
        return client

    def test_lists__show_what_the_policy_lists(self) -> None:
        world, policy = self.world, self.policy
        for role, user in world.users.items():
            client = self.log_in(user)
            members = {str(row.pk): set[str]() for row in policy.visible_organizations(user)}
            for row in policy.visible_memberships(user):
                members[str(row.organization_id)].add(str(row.user_id))
            links = (n for n in self.seen(policy, user)["links"] if is_by(role, n))
            downloads = (world.downloads[f"{name} {role}"] for name in ("home", "away"))
            expected = {
                "file-list": {str(file.public_id) for file in policy.listed_files(user)},
                "link-list": {str(world.links[name].public_id) for name in links},
                "download-list": {str(row.pk) for row in downloads},
            }
            shown = {route: set(self._list(client, route)) for route in expected}
            self.assertEqual(shown, expected, role)
            rows = self._list(client, "organization-list", expand="members")
            expanded = {id: {str(m["id"]) for m in row["members"]} for id, row in rows.items()}
            self.assertEqual(expanded, members, role)
            for id in sorted(members)[:1]:
                self.assertEqual(set(self._list(client, "member-list", id)), members[id], role)

    def test_file_and_its_heights__are_found_by_those_who_see_it(self) -> None:
        get_file_model()._base_manager.update(content_type="image/jpeg")
        for role, user in self.world.users.items():
            client = self.log_in(user)
            for name in _samples(self.seen(self.policy, user)["files"]):
                id = self.world.files[name].public_id
                found = [self._ask(client, "GET", to, id)[0] for to in ("file", "rendition")]
                self.assertEqual(found, [200, 403], f"{role}: {name}")

    def test_what_is_not_seen__answers_byte_for_byte_as_if_it_did_not_exist(self) -> None:
        get_file_model()._base_manager.update(content_type="image/jpeg")
        world, gone, removed = self.world, make_organization("gone"), make_user("gone")
        missing = {"files": new_public_id(), "organizations": gone.pk, "users": removed.pk}
        missing["links"] = new_public_id()
        gone.delete()
        removed.delete()
        for role, user in world.users.items():
            client, seen = self.log_in(user), self.seen(self.policy, user)
            removable = world.names(world.files, self.policy.removable_files(user))
            for kind, route, methods in _routes():
                rows: dict[str, Any] = getattr(world, kind)
                known = seen[kind] | (removable if route == "file-restore" else set())
                hidden = _samples(rows.keys() - known)
                names = hidden if route in LOOKED_UP else hidden[:1]
                key = "public_id" if kind in ("files", "links") else "pk"
                ids = [getattr(rows[name], key) for name in names]
                for method in methods:
                    if ids and method == "GET":
                        self._check_hidden(client, method, route, missing[kind], ids)
                    elif ids and role == "former":
                        # The other methods look it up as GET does, for each user alike.
                        self._check_hidden(client, method, route, missing[kind], ids[:1])

    def _check_hidden(
        self, client: APIClient, method: str, route: str, missing: Any, hidden: list[Any]
    ) -> None:
        """Check that ``route`` answers for each of ``hidden`` as it does for ``missing``."""
        status, content, headers = self._ask(client, method, route, missing)
        self.assertEqual(status, 404, f"{method} {route}")
        for id in hidden:
            answer = self._ask(client, method, route, id)
            self.assertEqual(answer[:2], (status, content), f"{method} {route}")
            if answer[2] != headers:
                # What a middleware says anew with each answer tells nothing.
                again = self._ask(client, method, route, missing)[2]
                same = {name for name in headers if again.get(name) == headers[name]}
                self.assertEqual(answer[2].keys(), headers.keys())
                self.assertEqual({n: answer[2][n] for n in same}, {n: headers[n] for n in same})

    def _ask(
        self, client: APIClient, method: str, route: str, id: Any
    ) -> tuple[int, bytes, dict[str, str]]:
        kwargs = {"id": str(id)} | ({"height": str(HEIGHT)} if route == "rendition" else {})
        url = reverse(f"org_files:{route}", kwargs=kwargs)
        response = client.generic(method, url, content_type="application/json")
        return response.status_code, response.getvalue(), dict(response.items())

    def _list(
        self, client: APIClient, route: str, id: str = "", **parameters: str
    ) -> dict[str, dict[str, Any]]:
        url = reverse(f"org_files:{route}", kwargs={"id": id} if id else {})
        response = client.get(url, {"page_size": "200", **parameters})
        self.assertEqual(response.status_code, 200)
        return {str(row["id"]): row for row in response.json()["results"]}


def is_by(role: str, name: str) -> bool:
    return name.endswith(f" by {role}")


def _samples(names: Iterable[str]) -> list[str]:
    """Return one of ``names`` for each state of files."""
    return list({tuple(name.split()[2:3]): name for name in sorted(names)}.values())


def _routes() -> Iterator[tuple[str, str, list[str]]]:
    """Yield kind, name and methods of each route under an object: its id, or also a height.

    No policy decides about upload sessions: each is seen by the user who began it alone.
    """
    for route in urlpatterns:
        kind, _, id = str(route.pattern).partition("/<")
        is_row = kind != "uploads" and route.pattern.converters.keys() <= {"id", "height"}
        if id and is_row:
            view: Any = route.callback
            methods = [m for m, name in METHODS.items() if hasattr(view.view_class, name)]
            yield kind, str(route.name), methods
