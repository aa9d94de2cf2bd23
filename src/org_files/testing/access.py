"""The contract of policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone

from org_files import counters, get_file_model, get_organization_model
from org_files.access import Action, Policy, file_query, get_policy
from org_files.models import Download, Membership, Role, ShareLink
from org_files.testing.factories import make_user
from org_files.testing.pages import PLAIN, PolicyPages, file_of, is_by

__all__ = ["PolicyContract"]

FILE_ACTIONS = (Action.CHANGE, Action.DELETE, Action.LINK, Action.VIEW_DOWNLOADS)
ORGANIZATION_ACTIONS = (
    Action.UPLOAD,
    Action.MANAGE,
    Action.CHANGE,
    Action.DELETE,
    Action.VIEW_DOWNLOADS,
)

PUBLIC, BY_OWNER = {"is_public": True}, {"by_owner": True}
LISTS = (PLAIN, PUBLIC, BY_OWNER, PUBLIC | BY_OWNER)

#: The admin of each organization of the world.
ADMINS = {"home": "admin", "away": "foreigner", "empty": None}

Names = set[str]


class PolicyContract(PolicyPages):
    """Tests that hold for every policy, whatever it shows.

    ::

        class TestMyPolicy(PolicyContract, TestCase):
            backend = {"BACKEND": "mysite.policies.MyPolicy"}

    They ask about a :class:`~org_files.testing.world.World`, by the policy's methods and through
    the site's own URLs.
    """

    def check_each_user(self, check: Callable[[str, Any], None]) -> None:
        """Call ``check`` with each role and its user."""
        for role, user in self.world.users.items():
            with self.subTest(role):
                check(role, user)

    def listed(self, policy: Policy, user: Any) -> list[Names]:
        """Return the names of the files of ``user``'s lists, one for each of ``LISTS``."""
        files = self.world.files
        return [self.world.names(files, policy.listed_files(user, **asked)) for asked in LISTS]

    def allowed(self, action: Action, user: Any, things: Mapping[str, Model]) -> Names:
        """Return the names of ``things`` that ``user`` may do ``action`` to."""
        answers = {name: self.policy.allows(action, user, thing) for name, thing in things.items()}
        self.assertEqual({type(answer) for answer in answers.values()}, {bool})
        return {name for name, answer in answers.items() if answer}

    def uploads_to(self, user: Any) -> Names:
        """Return the names of the organizations in which ``user`` has a role that may upload."""
        roles = (Role.ADMIN, Role.MEMBER)
        rows = Membership.objects.filter(user=user.pk, role__in=roles)
        pks = {row.organization_id for row in rows}
        return {name for name, row in self.world.organizations.items() if row.pk in pks}

    def managed(self, role: str) -> Names:
        """Return the names of the files that the user manages as an admin or as their owner."""
        uploads_to = self.uploads_to(self.world.users[role])
        return {
            name
            for name in self.world.files
            for organization, owner, *_ in [name.split()]
            if ADMINS[organization] == role or (owner == role and organization in uploads_to)
        }

    @property
    def live(self) -> dict[str, Any]:
        """The files that are neither in the trash nor expired."""
        return {name: self.world.files[name] for name in self.world.live_files}

    def test_what_is_seen__is_querysets_of_the_models_in_use(self) -> None:
        def check(role: str, user: Any) -> None:
            for queryset, model in (
                (self.policy.visible_files(user), get_file_model()),
                (self.policy.listed_files(user), get_file_model()),
                (self.policy.visible_organizations(user), get_organization_model()),
                (self.policy.visible_users(user), get_user_model()),
                (self.policy.visible_memberships(user), Membership),
                (self.policy.visible_downloads(user), Download),
                (self.policy.visible_links(user), ShareLink),
            ):
                self.assertIs(queryset.model, model)
                self.assertEqual(queryset.count(), len({row.pk for row in queryset}))

        self.check_each_user(check)

    def test_lists__are_a_part_of_what_is_seen_and_that_is_live(self) -> None:
        def check(role: str, user: Any) -> None:
            seen = self.seen(self.policy, user)["files"]
            self.assertLessEqual(seen, self.world.live_files)
            for listed in self.listed(self.policy, user):
                self.assertLessEqual(listed, seen)

        self.check_each_user(check)

    def test_each_user__sees_themselves_and_their_own_downloads(self) -> None:
        def check(role: str, user: Any) -> None:
            seen = self.seen(self.policy, user)
            self.assertIn(role, seen["users"])
            self.assertLessEqual({f"home {role}", f"away {role}"}, seen["downloads"])
            self.assertIs(self.policy.sees_downloads_of(user, user.pk), True)

        self.check_each_user(check)

    def test_memberships__are_seen_of_organizations_that_are(self) -> None:
        def check(role: str, user: Any) -> None:
            organizations = {row.pk for row in self.policy.visible_organizations(user)}
            rows = self.policy.visible_memberships(user)
            seen = [(row.organization_id, row.user_id) for row in rows]
            own = Membership.objects.filter(user=user.pk, organization__in=organizations)
            self.assertEqual(len(seen), len(set(seen)))
            self.assertLessEqual({organization for organization, _ in seen}, organizations)
            self.assertLessEqual({(row.organization_id, user.pk) for row in own}, set(seen))

        self.check_each_user(check)
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
                "links": {n for n in world.links if file_of(n) in world.live_files},
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
        def check(role: str, user: Any) -> None:
            seen = self.seen(self.policy, user)
            for action in ORGANIZATION_ACTIONS:
                allowed = self.allowed(action, user, self.world.organizations)
                self.assertLessEqual(allowed, seen["organizations"], action)
            for action in FILE_ACTIONS:
                allowed = self.allowed(action, user, self.live)
                self.assertLessEqual(allowed, seen["files"] | self.managed(role), action)

        self.check_each_user(check)

    def test_ownership__gives_no_right_without_a_role_that_may_upload(self) -> None:
        # The owner may do no more than they may do to the same file without an owner.
        def check(role: str, user: Any) -> None:
            own = {name for name in self.world.files if name.split()[1] == role}
            for name in sorted(own - self.managed(role)):
                organization, _, *state = name.split()
                other = " ".join([organization, "nobody", *state])
                if other not in self.world.files:
                    continue
                files = {each: self.world.files[each] for each in (name, other)}
                rights = {str(action): self.allowed(action, user, files) for action in FILE_ACTIONS}
                rights["remove"] = self.world.names(files, self.policy.removable_files(user))
                for right, names in rights.items():
                    self.assertLessEqual(name in names, other in names, f"{right}: {name}")

        self.check_each_user(check)

    def test_removable_files__are_those_seen_that_one_may_delete(self) -> None:
        world, policy, now = self.world, self.policy, timezone.now()
        trashed = {
            name
            for name, file in world.files.items()
            if file.deleted_at is not None and (file.expires_at is None or file.expires_at > now)
        }

        def check(role: str, user: Any) -> None:
            allowed = self.allowed(Action.DELETE, user, world.files)
            removable = world.names(world.files, policy.removable_files(user))
            listed = world.names(world.files, policy.listed_files(user, trashed=True))
            self.assertEqual(removable & set(self.live), allowed & self.seen(policy, user)["files"])
            self.assertLessEqual(removable - set(self.live), allowed & trashed)
            self.assertLessEqual(listed, removable & trashed)

        self.check_each_user(check)

    def test_link__is_made_and_opens_while_its_creator_may_share_the_file(self) -> None:
        def check(role: str, user: Any) -> None:
            allowed = self.allowed(Action.LINK, user, self.world.files)
            if not self.policy.is_operator(user):
                for name in allowed & set(self.live):
                    self.assertIn(name.split()[0], self.uploads_to(user), name)
            opens = {n for n, file in self.world.files.items() if self.policy.may_share(user, file)}
            self.assertEqual(opens, allowed & self.seen(self.policy, user)["files"])

        self.check_each_user(check)

    def test_links__are_seen_of_visible_files_that_one_manages_or_may_share(self) -> None:
        def check(role: str, user: Any) -> None:
            seen, managed = self.seen(self.policy, user), self.managed(role)
            for action in FILE_ACTIONS:
                managed |= self.allowed(action, user, self.world.files)
            self.assertLessEqual({file_of(name) for name in seen["links"]}, managed & seen["files"])
            allowed = self.allowed(Action.LINK, user, self.world.files) & seen["files"]
            own = {name for name in self.world.links if is_by(role, name)}
            self.assertLessEqual({n for n in own if file_of(n) in allowed}, seen["links"])

        self.check_each_user(check)

    def test_answers__depend_on_no_user_who_asked_before(self) -> None:
        def answers(policy: Policy, user: Any) -> tuple[Any, ...]:
            return self.seen(policy, user), self.listed(policy, user)

        users = list(self.world.users.items())
        alone = {role: answers(get_policy(), user) for role, user in users}
        for role, user in (*users, *reversed(users)):
            self.assertEqual(answers(self.policy, user), alone[role], role)

    def test_download__is_granted_of_what_is_seen_by_the_statement_of_others_too(self) -> None:
        users = list(self.world.users.items())
        # The first user's statement may serve the others.
        for role, user in (*users, *reversed(users)):
            granted = set()
            for name, file in self.world.files.items():
                query = file_query(self.policy, user, file.public_id)
                found = counters.grant_download(query, user=user)
                if found is not None:
                    self.assertEqual((found[0], found[1].user_id), (file, user.pk))
                    granted.add(name)
            self.assertEqual(granted, self.seen(self.policy, user)["files"], role)

    def test_totals__are_right_for_each_reader(self) -> None:
        downloaded = {"home", "away", "home foreigner", "away foreigner"}

        def check(role: str, user: Any) -> None:
            things: Mapping[str, Model] = {**self.world.files, **self.world.organizations}
            names = {(type(thing), thing.pk): name for name, thing in things.items()}
            seen: list[Any] = [
                self.policy.visible_files(user),
                self.policy.visible_organizations(user),
            ]
            for rows in seen:
                for row in counters.with_totals(rows):
                    name = names[type(row), row.pk]
                    expected = len(self.world.users) if name in downloaded else 0
                    self.assertEqual(row.download_count, expected, name)

        self.check_each_user(check)
