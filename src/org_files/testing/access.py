"""The contract of policies."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone

from org_files import counters, get_file_model, get_organization_model
from org_files.access import Action, Policy, file_query, get_policy
from org_files.models import Download, Membership, Role, ShareLink
from org_files.testing.factories import make_user
from org_files.testing.pages import Names, PolicyPages, is_by

FILE_ACTIONS = (Action.CHANGE, Action.DELETE, Action.LINK, Action.VIEW_DOWNLOADS)
ORGANIZATION_ACTIONS: tuple[Action, ...] = tuple(
    action for action in Action if action is not Action.LINK
)

PUBLIC, BY_OWNER = {"is_public": True}, {"by_owner": True}
#: Arguments of ``listed_files``.
LISTS: tuple[dict[str, bool], ...] = ({}, PUBLIC, BY_OWNER, PUBLIC | BY_OWNER)

#: The admin of each organization of the world.
ADMINS = {"home": "admin", "away": "foreigner", "empty": None}


class PolicyContract(PolicyPages):
    """Tests that hold for every policy, whatever it shows.

    ::

        class TestMyPolicy(PolicyContract, TestCase):
            backend = {"BACKEND": "mysite.policies.MyPolicy"}

    They ask about a :class:`~org_files.testing.world.World`, by the policy's methods and through
    the site's own URLs.
    """

    def allowed(self, action: Action, user: Any, things: Mapping[str, Model]) -> Names:
        """Return the names of ``things`` that ``user`` may do ``action`` to."""
        answers = {name: self.policy.allows(action, user, thing) for name, thing in things.items()}
        self.assertLessEqual({type(answer) for answer in answers.values()}, {bool})
        names = {name for name, answer in answers.items() if answer}
        together = self.policy.allowed(action, user, list(things.values()))
        self.assertEqual(together, {things[name].pk for name in names}, (action, user))
        return names

    def _files(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: self.world.files[name] for name in names}

    def _uploads_to(self, user: Any) -> Names:
        """Return the names of the organizations in which ``user`` has a role that may upload."""
        rows = Membership.objects.filter(user=user.pk, role__in=(Role.ADMIN, Role.MEMBER))
        pks = {row.organization_id for row in rows}
        return {name for name, row in self.world.organizations.items() if row.pk in pks}

    def _managed(self, role: str) -> Names:
        """Return the names of the files that the user manages as an admin or as their owner."""
        uploads_to = self._uploads_to(self.world.users[role])
        return {
            name
            for name in self.world.files
            for organization, owner, *_ in [name.split()]
            if ADMINS[organization] == role or (owner == role and organization in uploads_to)
        }

    def test_what_is_seen__is_querysets_of_the_models_in_use(self) -> None:
        policy = self.policy
        for role, user in self.world.users.items():
            for queryset, model in (
                (policy.visible_files(user), get_file_model()),
                (policy.listed_files(user), get_file_model()),
                (policy.visible_organizations(user), get_organization_model()),
                (policy.visible_users(user), get_user_model()),
                (policy.visible_memberships(user), Membership),
                (policy.visible_downloads(user), Download),
                (policy.visible_links(user), ShareLink),
            ):
                self.assertIs(queryset.model, model, role)
                self.assertEqual(queryset.count(), len({row.pk for row in queryset}), role)

    def test_lists__are_a_part_of_what_is_seen_and_that_is_live(self) -> None:
        world = self.world
        for role, user in world.users.items():
            seen = world.names(world.files, self.policy.visible_files(user))
            self.assertLessEqual(seen, world.live_files, role)
            for asked in LISTS:
                listed = world.names(world.files, self.policy.listed_files(user, **asked))
                self.assertLessEqual(listed, seen, role)

    def test_each_user__sees_themselves_and_their_own_downloads(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)
            self.assertIn(role, seen["users"])
            self.assertLessEqual({f"home {role}", f"away {role}"}, seen["downloads"])
            self.assertIs(self.policy.sees_downloads_of(user, user.pk), True, role)

    def test_memberships__are_seen_of_organizations_that_are(self) -> None:
        for role, user in self.world.users.items():
            organizations = {row.pk for row in self.policy.visible_organizations(user)}
            rows = self.policy.visible_memberships(user)
            seen = [(row.organization_id, row.user_id) for row in rows]
            own = Membership.objects.filter(user=user.pk, organization__in=organizations)
            self.assertEqual(len(seen), len(set(seen)), role)
            self.assertLessEqual({organization for organization, _ in seen}, organizations, role)
            self.assertLessEqual({(row.organization_id, user.pk) for row in own}, set(seen), role)
        everything = self.policy.visible_memberships(self.world.users["operator"])
        self.assertEqual(everything.count(), Membership.objects.count())

    def test_operator__sees_and_does_everything(self) -> None:
        world, policy, operator = self.world, self.policy, self.world.users["operator"]
        operators = {role for role, user in world.users.items() if policy.is_operator(user)}
        self.assertEqual(operators, {"operator"})
        self.assertEqual(
            self.seen(policy, operator),
            {
                "files": world.live_files,
                "organizations": set(world.organizations),
                "users": set(world.users),
                "downloads": set(world.downloads),
                "links": {n for n in world.links if _file_of(n) in world.live_files},
            },
        )
        by_owner = policy.listed_files(operator, **BY_OWNER)
        self.assertEqual(world.names(world.files, by_owner), world.live_files)
        for user in world.users.values():
            self.assertIs(policy.sees_downloads_of(operator, user.pk), True)
        for action in ORGANIZATION_ACTIONS:
            allowed = self.allowed(action, operator, world.organizations)
            self.assertEqual(allowed, set(world.organizations))
        for action in FILE_ACTIONS:
            self.assertEqual(self.allowed(action, operator, world.files), set(world.files))

    def test_former_member__sees_what_a_user_sees_who_never_was_one(self) -> None:
        never, former = make_user("never"), self.world.users["former"]
        expected = self.seen(self.policy, never)
        # Themselves and their own downloads; neither files that they own nor links that they made.
        expected["users"] |= {"former"}
        expected["downloads"] |= {"home former", "away former"}
        self.assertEqual(self.seen(self.policy, former), expected)

    def test_action__is_for_those_who_see_own_or_manage_the_thing(self) -> None:
        # Views ask only about files that the user sees, so a policy may answer yes to owners and
        # admins without asking whether they see the file.
        world, live = self.world, self._files(self.world.live_files)
        for role, user in world.users.items():
            seen = self.seen(self.policy, user)
            for action in ORGANIZATION_ACTIONS:
                allowed = self.allowed(action, user, world.organizations)
                self.assertLessEqual(allowed, seen["organizations"], (role, action))
            for action in FILE_ACTIONS:
                allowed = self.allowed(action, user, live)
                self.assertLessEqual(allowed, seen["files"] | self._managed(role), (role, action))

    def test_ownership__gives_no_right_without_a_role_that_may_upload(self) -> None:
        # The owner may do no more than they may do to the same file without an owner.
        world = self.world
        for role, user in world.users.items():
            own = {name for name in world.files if name.split()[1] == role}
            for name in sorted(own - self._managed(role)):
                organization, _, *state = name.split()
                other = " ".join([organization, "nobody", *state])
                if other in world.files:
                    files = self._files((name, other))
                    rights = {str(act): self.allowed(act, user, files) for act in FILE_ACTIONS}
                    rights["remove"] = world.names(files, self.policy.removable_files(user))
                    for right, names in rights.items():
                        self.assertLessEqual(name in names, other in names, f"{right}: {name}")

    def test_removable_files__are_those_seen_that_one_may_delete(self) -> None:
        world, policy, now, live = self.world, self.policy, timezone.now(), self.world.live_files
        trashed = {
            name
            for name, file in world.files.items()
            if file.deleted_at is not None and (file.expires_at is None or file.expires_at > now)
        }
        for role, user in world.users.items():
            allowed = self.allowed(Action.DELETE, user, world.files)
            removable = world.names(world.files, policy.removable_files(user))
            listed = world.names(world.files, policy.listed_files(user, trashed=True))
            self.assertEqual(removable & live, allowed & self.seen(policy, user)["files"], role)
            self.assertLessEqual(removable - live, allowed & trashed, role)
            self.assertLessEqual(listed, removable & trashed, role)

    def test_link__is_made_and_opens_while_its_creator_may_share_the_file(self) -> None:
        for role, user in self.world.users.items():
            allowed = self.allowed(Action.LINK, user, self.world.files)
            uploads_to = self._uploads_to(user)
            for name in () if self.policy.is_operator(user) else allowed & self.world.live_files:
                self.assertIn(name.split()[0], uploads_to, f"{role}: {name}")
            opens = {n for n, file in self.world.files.items() if self.policy.may_share(user, file)}
            self.assertEqual(opens, allowed & self.seen(self.policy, user)["files"], role)

    def test_links__are_seen_of_visible_files_that_one_manages_or_may_share(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)
            linked = {_file_of(name) for name in seen["links"]}
            self.assertLessEqual(linked, seen["files"], role)
            others = self._files(linked - self._managed(role))
            allowed = {n for action in FILE_ACTIONS for n in self.allowed(action, user, others)}
            self.assertEqual(allowed, set(others), role)
            own = {n for n in self.world.links if is_by(role, n) and _file_of(n) in seen["files"]}
            shared = self.allowed(Action.LINK, user, self._files(map(_file_of, own)))
            self.assertLessEqual({n for n in own if _file_of(n) in shared}, seen["links"], role)

    def test_answers__depend_on_no_user_who_asked_before(self) -> None:
        def answers(policy: Policy, user: Any) -> dict[str, Names]:
            listed = self.world.names(self.world.files, policy.listed_files(user))
            return self.seen(policy, user) | {"listed": listed}

        users = list(self.world.users.items())
        alone = {role: answers(get_policy(), user) for role, user in users}
        for role, user in (*users, *reversed(users)):
            self.assertEqual(answers(self.policy, user), alone[role], role)

    def test_download__is_granted_of_what_is_seen_by_the_statement_of_others_too(self) -> None:
        # The first user's statement may serve the others.
        for role, user in self.world.users.items():
            granted = set()
            for name, file in self.world.files.items():
                query = file_query(self.policy, user, file.public_id)
                if found := counters.grant_download(query, user=user):
                    self.assertEqual((found[0], found[1].user_id), (file, user.pk))
                    granted.add(name)
            self.assertEqual(granted, self.seen(self.policy, user)["files"], role)

    def test_totals__are_right_for_each_reader(self) -> None:
        downloaded = {"home", "away", "home foreigner", "away foreigner"}
        things: dict[str, Any] = {**self.world.files, **self.world.organizations}
        names = {(type(thing), thing.pk): name for name, thing in things.items()}
        for role, user in self.world.users.items():
            rows: Any
            for rows in (self.policy.visible_files(user), self.policy.visible_organizations(user)):
                for row in counters.with_totals(rows):
                    name = names[type(row), row.pk]
                    expected = len(self.world.users) if name in downloaded else 0
                    self.assertEqual(row.download_count, expected, f"{role}: {name}")


def _file_of(link: str) -> str:
    return link.rpartition(" by ")[0]
