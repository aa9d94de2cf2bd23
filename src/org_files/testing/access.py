"""The contract of policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.utils import timezone

from org_files import counters, get_file_model, get_organization_model
from org_files.access import Action, Policy, get_policy
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

#: Who is an admin of which organization of the world.
ADMINS = {"home": "admin", "away": "foreigner", "empty": None}


class PolicyContract(PolicyPages):
    """What holds for every policy, whatever it lets be seen.

    ::

        class TestMyPolicy(PolicyContract, TestCase):
            backend = {"BACKEND": "mysite.policies.MyPolicy"}

    Asked about a :class:`~org_files.testing.world.World`, by the policy's methods and through the
    site's own URLs.
    """

    def listed(self, policy: Policy, user: Any) -> list[set[str]]:
        """Return the names of the files of ``user``'s lists, one for each of ``LISTS``."""
        files = self.world.files
        return [self.world.names(files, policy.listed_files(user, **asked)) for asked in LISTS]

    def test_what_is_seen__is_querysets_of_the_models_in_use(self) -> None:
        for role, user in self.world.users.items():
            for queryset, model in (
                (self.policy.visible_files(user), get_file_model()),
                (self.policy.listed_files(user), get_file_model()),
                (self.policy.visible_organizations(user), get_organization_model()),
                (self.policy.visible_users(user), get_user_model()),
                (self.policy.visible_memberships(user), Membership),
                (self.policy.visible_downloads(user), Download),
                (self.policy.visible_links(user), ShareLink),
            ):
                with self.subTest(role):
                    self.assertIs(queryset.model, model)
                    self.assertEqual(queryset.count(), len({row.pk for row in queryset}))

    def test_lists__are_a_part_of_what_is_seen(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)["files"]
            with self.subTest(role):
                for listed in self.listed(self.policy, user):
                    self.assertLessEqual(listed, seen)

    def test_trashed_and_expired_files__are_seen_by_nobody(self) -> None:
        for role, user in self.world.users.items():
            with self.subTest(role):
                self.assertLessEqual(self.seen(self.policy, user)["files"], self.world.live_files)

    def test_everybody__sees_themselves_and_their_own_downloads(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)
            with self.subTest(role):
                self.assertIn(role, seen["users"])
                self.assertLessEqual({f"home {role}", f"away {role}"}, seen["downloads"])
                self.assertIs(self.policy.sees_downloads_of(user, user.pk), True)

    def test_memberships__are_seen_of_organizations_that_are(self) -> None:
        for role, user in self.world.users.items():
            organizations = {row.pk for row in self.policy.visible_organizations(user)}
            seen = [
                (row.organization_id, row.user_id) for row in self.policy.visible_memberships(user)
            ]
            own = Membership.objects.filter(user=user.pk, organization__in=organizations)
            with self.subTest(role):
                self.assertEqual(len(seen), len(set(seen)))
                self.assertLessEqual({organization for organization, _ in seen}, organizations)
                self.assertLessEqual({(row.organization_id, user.pk) for row in own}, set(seen))
        everything = self.policy.visible_memberships(self.world.users["operator"])
        self.assertEqual(everything.count(), Membership.objects.count())

    def test_operator__is_the_one_who_is(self) -> None:
        for role, user in self.world.users.items():
            with self.subTest(role):
                self.assertIs(self.policy.is_operator(user), role == "operator")

    def test_operator__sees_everything(self) -> None:
        world, operator = self.world, self.world.users["operator"]
        self.assertEqual(
            self.seen(self.policy, operator),
            {
                "files": world.live_files,
                "organizations": set(world.organizations),
                "users": set(world.users),
                "downloads": set(world.downloads),
                "links": {n for n in world.links if file_of(n) in world.live_files},
            },
        )
        by_owner = self.policy.listed_files(operator, **BY_OWNER)
        self.assertEqual(world.names(world.files, by_owner), world.live_files)
        asked = {
            role: self.policy.sees_downloads_of(operator, user.pk)
            for role, user in world.users.items()
        }
        self.assertEqual(asked, dict.fromkeys(world.users, True))

    def test_operator__does_everything(self) -> None:
        operator = self.world.users["operator"]
        for things, actions in (
            (self.world.organizations, ORGANIZATION_ACTIONS),
            (self.world.files, FILE_ACTIONS),
        ):
            for action in actions:
                allowed = {
                    name: self.policy.allows(action, operator, thing)
                    for name, thing in things.items()
                }
                with self.subTest(action):
                    self.assertEqual(allowed, dict.fromkeys(things, True))

    def test_former_member__sees_what_somebody_who_never_was_one_sees(self) -> None:
        never, former = make_user("never"), self.world.users["former"]
        expected = self.seen(self.policy, never)
        # Themselves and their own downloads. Files that they own and links that they made are not
        # theirs to see any more.
        expected["users"] |= {"former"}
        expected["downloads"] |= {"home former", "away former"}
        self.assertEqual(self.seen(self.policy, former), expected)

    def test_action_on_an_organization__is_for_those_who_see_it(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)["organizations"]
            for action in ORGANIZATION_ACTIONS:
                with self.subTest(role, action=action):
                    allowed = self.allowed(action, user, self.world.organizations)
                    self.assertLessEqual(allowed, seen)

    def test_action_on_a_file__is_for_those_who_see_own_or_manage_it(self) -> None:
        # Views ask only about files that the user sees, so a policy may answer yes to owners and
        # admins without asking whether they see the file.
        for role, user in self.world.users.items():
            known = self.seen(self.policy, user)["files"] | self.managed(role)
            live = {name: self.world.files[name] for name in self.world.live_files}
            for action in FILE_ACTIONS:
                with self.subTest(role, action=action):
                    self.assertLessEqual(self.allowed(action, user, live), known)

    def test_ownership__gives_no_right_without_a_role_that_may_upload(self) -> None:
        # The owner may do no more than they may do to the same file without an owner.
        for role, user in self.world.users.items():
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
                    with self.subTest(role, right=right):
                        self.assertLessEqual(name in names, other in names, f"{right}: {name}")

    def test_removable_files__are_those_seen_that_one_may_delete(self) -> None:
        world, policy = self.world, self.policy
        live, now = world.live_files, timezone.now()
        trashed = {
            name
            for name, file in world.files.items()
            if file.deleted_at is not None and (file.expires_at is None or file.expires_at > now)
        }
        for role, user in world.users.items():
            allowed = self.allowed(Action.DELETE, user, world.files)
            removable = world.names(world.files, policy.removable_files(user))
            trash = world.names(world.files, policy.trashed_files(user))
            listed = world.names(world.files, policy.listed_files(user, trashed=True))
            with self.subTest(role):
                self.assertEqual(removable & live, allowed & self.seen(policy, user)["files"])
                self.assertEqual(trash, removable - live)
                self.assertLessEqual(trash, allowed & trashed)
                self.assertLessEqual(listed, trash)

    def test_link_to_a_file__is_for_operators_and_roles_that_may_upload(self) -> None:
        live = {name: self.world.files[name] for name in self.world.live_files}
        for role, user in self.world.users.items():
            if self.policy.is_operator(user):
                continue
            theirs = {name for name in live if name.split()[0] in self.uploads_to(user)}
            with self.subTest(role):
                self.assertLessEqual(self.allowed(Action.LINK, user, live), theirs)

    def test_link__opens_while_its_file_is_seen_and_may_be_linked_to(self) -> None:
        for role, user in self.world.users.items():
            seen = {row.pk for row in self.policy.visible_files(user)}
            expected = {
                name
                for name, file in self.world.files.items()
                if file.pk in seen and self.policy.allows(Action.LINK, user, file)
            }
            opened = {
                name for name, file in self.world.files.items() if self.policy.may_share(user, file)
            }
            with self.subTest(role):
                self.assertEqual(opened, expected)

    def test_links__are_seen_of_files_that_are(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)
            files = {file_of(name) for name in seen["links"]}
            with self.subTest(role):
                self.assertLessEqual(files, seen["files"])

    def test_own_links__are_seen_while_they_could_be_made_now(self) -> None:
        for role, user in self.world.users.items():
            seen = self.seen(self.policy, user)
            allowed = self.allowed(Action.LINK, user, self.world.files) & seen["files"]
            own = {name for name in self.world.links if is_by(role, name)}
            with self.subTest(role):
                self.assertLessEqual({n for n in own if file_of(n) in allowed}, seen["links"])

    def test_links__are_seen_by_those_who_manage_the_file(self) -> None:
        for role, user in self.world.users.items():
            managed = self.managed(role)
            for action in FILE_ACTIONS:
                managed |= self.allowed(action, user, self.world.files)
            links = {n for n in self.seen(self.policy, user)["links"] if file_of(n) not in managed}
            with self.subTest(role):
                self.assertEqual(links, set())

    def uploads_to(self, user: Any) -> set[str]:
        """Return the names of the organizations in which ``user`` has a role that may upload."""
        roles = (Role.ADMIN, Role.MEMBER)
        rows = Membership.objects.filter(user=user.pk, role__in=roles)
        pks = {row.organization_id for row in rows}
        return {name for name, row in self.world.organizations.items() if row.pk in pks}

    def managed(self, role: str) -> set[str]:
        """Return the names of the files that the user manages as an admin or as their owner."""
        uploads_to = self.uploads_to(self.world.users[role])
        return {
            name
            for name in self.world.files
            for organization, owner, *_ in [name.split()]
            if ADMINS[organization] == role or (owner == role and organization in uploads_to)
        }

    def allowed(self, action: Action, user: Any, things: Mapping[str, Model]) -> set[str]:
        """Return the names of ``things`` that ``user`` may do ``action`` to."""
        answers = {name: self.policy.allows(action, user, thing) for name, thing in things.items()}
        self.assertEqual({type(answer) for answer in answers.values()}, {bool})
        return {name for name, answer in answers.items() if answer}

    def test_answers__depend_on_nobody_who_asked_before(self) -> None:
        def answers(policy: Policy, user: Any) -> tuple[Any, ...]:
            return self.seen(policy, user), self.listed(policy, user)

        users = list(self.world.users.items())
        alone = {role: answers(get_policy(), user) for role, user in users}
        for role, user in (*users, *reversed(users)):
            with self.subTest(role):
                self.assertEqual(answers(self.policy, user), alone[role])

    def test_download__is_granted_of_what_is_seen__whoever_came_before(self) -> None:
        users = list(self.world.users.items())
        # Forth and back: the first to come makes the statement that the others may use.
        for role, user in (*users, *reversed(users)):
            granted = set()
            for name, file in self.world.files.items():
                prepared = self.policy.prepared_file(user, file.public_id)
                found = counters.grant_download(prepared, user=user)
                if found is not None:
                    self.assertEqual((found[0], found[1].user_id), (file, user.pk))
                    granted.add(name)
            with self.subTest(role):
                self.assertEqual(granted, self.seen(self.policy, user)["files"])

    def test_totals__are_right_for_whoever_reads_them(self) -> None:
        downloaded = {"home", "away", "home foreigner", "away foreigner"}
        for role, user in self.world.users.items():
            seen: list[tuple[Mapping[str, Model], QuerySet[Any]]] = [
                (self.world.files, self.policy.visible_files(user)),
                (self.world.organizations, self.policy.visible_organizations(user)),
            ]
            for things, rows in seen:
                names = {thing.pk: name for name, thing in things.items()}
                counted = {names[row.pk]: row.download_count for row in counters.with_totals(rows)}
                with self.subTest(role):
                    self.assertEqual(
                        counted,
                        {n: len(self.world.users) if n in downloaded else 0 for n in counted},
                    )
