"""What follows when somebody registers: ``ORG_FILES["REGISTRATION"]``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.checks import CheckMessage, Error

from org_files import get_organization_model
from org_files.accounts import conf
from org_files.accounts.exceptions import RegistrationClosed
from org_files.backends import Backend, load
from org_files.exceptions import Conflict
from org_files.models import AbstractOrganization, Role
from org_files.organizations import add_member, create_organization
from org_files.rest.names import display_name

__all__ = [
    "ClosedRegistration",
    "JoinOrganization",
    "NoOrganization",
    "PersonalOrganization",
    "Registration",
    "get_registration",
]


#: Of a personal organization, where the column has no limit.
MAX_NAME_LENGTH = 255


class Registration(Backend):
    """Base of what follows registration."""

    def prepare(self) -> None:
        """Look whether anybody can register now. Raises ``RegistrationClosed``."""

    def registered(self, user: Any) -> None:
        """Do what follows. In the transaction that makes ``user``: what fails here undoes both."""


class NoOrganization(Registration):
    """Nothing follows: somebody else makes the user a member."""


class ClosedRegistration(Registration):
    """Nobody registers: operators make the accounts."""

    def prepare(self) -> None:
        """Raise ``RegistrationClosed``."""
        raise RegistrationClosed


class PersonalOrganization(Registration):
    """Each user gets an organization of their own, and is its admin: own storage for everybody."""

    def registered(self, user: Any) -> None:
        """Create the organization, which is called as the user is."""
        longest = get_organization_model()._meta.get_field("name").max_length or MAX_NAME_LENGTH
        name = display_name(user)
        try:
            create_organization(admin=user, name=name[:longest])
        # The site's names are unique, and a namesake was here before.
        except Conflict:
            suffix = f" {user.pk}"
            create_organization(admin=user, name=name[: longest - len(suffix)] + suffix)


class JoinOrganization(Registration):
    """Each user joins one organization: the oldest of the name ``organization``, in ``role``.

    While there is none, nobody can register.
    """

    def __init__(self, organization: str, role: str = Role.MEMBER.value) -> None:
        self.organization = organization
        self.role = role

    def check(self) -> Iterable[CheckMessage]:
        """Yield an error for a role that there is not."""
        if self.role not in Role.values:
            yield Error(
                f'ORG_FILES["REGISTRATION"]: there is no role {self.role!r}.',
                hint=f"There are {', '.join(Role.values)}.",
                id="org_files.E016",
            )

    def prepare(self) -> None:
        """Raise ``RegistrationClosed`` while there is no such organization."""
        self._find()

    def registered(self, user: Any) -> None:
        """Make ``user`` a member."""
        add_member(organization=self._find(), user=user, role=self.role)

    def _find(self) -> AbstractOrganization:
        organizations = get_organization_model()._default_manager.filter(name=self.organization)
        found = organizations.order_by("created_at", "pk").first()
        if found is None:
            raise RegistrationClosed
        return found


def get_registration() -> Registration:
    """Return the backend that ``ORG_FILES["REGISTRATION"]`` names."""
    return load(conf.registration.key, Registration)
