"""Registration backends: ``ORG_FILES["REGISTRATION"]``."""

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
from org_files.rest.fields import display_name

__all__ = [
    "ClosedRegistration",
    "JoinOrganization",
    "NoOrganization",
    "PersonalOrganization",
    "Registration",
    "get_registration",
]

#: Limit of the name of a personal organization if the column has none.
MAX_NAME_LENGTH = 255


class Registration(Backend):
    """Base of registration backends."""

    def prepare(self) -> None:
        """Raise ``RegistrationClosed`` if registration is closed. Called first."""

    def registered(self, user: Any) -> None:
        """Act on the new ``user``, within its transaction: an error undoes the registration."""


class NoOrganization(Registration):
    """Nothing follows: an admin makes the user a member later."""


class ClosedRegistration(Registration):
    """Registration is closed: operators create the accounts."""

    def prepare(self) -> None:
        raise RegistrationClosed


class PersonalOrganization(Registration):
    """Each user becomes the admin of a new organization: storage of their own."""

    def registered(self, user: Any) -> None:
        longest = get_organization_model()._meta.get_field("name").max_length or MAX_NAME_LENGTH
        name = display_name(user)
        try:
            create_organization(admin=user, name=name[:longest])
        except Conflict:  # The site's names are unique, and this one is taken.
            suffix = f" {user.pk}"
            create_organization(admin=user, name=name[: longest - len(suffix)] + suffix)


class JoinOrganization(Registration):
    """Each user joins the oldest organization with the name ``organization``, in ``role``.

    Registration is closed while there is none.
    """

    def __init__(self, organization: str, role: str = Role.MEMBER.value) -> None:
        self.organization = organization
        self.role = role

    def check(self) -> Iterable[CheckMessage]:
        if self.role not in Role.values:
            yield Error(
                f'ORG_FILES["REGISTRATION"]: there is no role {self.role!r}.',
                hint=f"There are {', '.join(Role.values)}.",
                id="org_files.E016",
            )

    def prepare(self) -> None:
        self._find()

    def registered(self, user: Any) -> None:
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
