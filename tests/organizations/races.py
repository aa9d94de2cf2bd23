"""Races, held open until all are past what they look at first."""

from collections.abc import Callable
from contextlib import contextmanager
from threading import Barrier, local
from unittest import mock

from org_files import organizations
from org_files.accounts.views import profile
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.threads import PATIENCE
from tests.organizations.calls import Answer, caller

Act = Callable[[], Answer]


@contextmanager
def held(count, *places):
    """Have ``count`` threads wait for each other where one comes to the first of ``places``."""
    barrier = Barrier(count)
    past = local()

    def holding(call):
        def wait(*args, **kwargs):
            if not getattr(past, "barrier", False):
                past.barrier = True
                barrier.wait(PATIENCE)
            return call(*args, **kwargs)

        return wait

    patches = [
        mock.patch.object(owner, name, holding(getattr(owner, name))) for owner, name in places
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


#: Behind who is allowed to, in front of what is done.
SERVICES = (
    (organizations, "change_role"),
    (organizations, "remove_member"),
    (profile, "remove_user"),
)


class Team:
    """Admins of one organization, and a viewer."""

    def __init__(self, admins):
        self.organization = make_organization()
        self.admins = [make_user(f"admin{number}") for number in range(admins)]
        for user in self.admins:
            join(self.organization, user, Role.ADMIN)
        join(self.organization, make_user("viewer"), Role.VIEWER)
        self.callers = [caller(user) for user in self.admins]

    def left(self):
        rows = Membership.objects.filter(organization=self.organization, role=Role.ADMIN)
        return set(rows.values_list("user", flat=True))

    def ways_out(self, number):
        """How the admin of that number ceases to be one: by themselves, or by the next one."""
        user, who = self.admins[number], self.callers[number]
        other = self.callers[(number + 1) % len(self.callers)]
        path = f"organizations/{self.organization.pk}/members/{user.pk}/"
        return {
            "steps down": lambda: who.patch(path, {"role": "member"}),
            "leaves": lambda: who.delete(path),
            "is demoted": lambda: other.patch(path, {"role": "viewer"}),
            "is removed": lambda: other.delete(path),
            "ends the account": lambda: who.delete("users/me/"),
        }
