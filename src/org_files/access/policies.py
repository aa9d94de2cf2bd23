"""The three policies of the package; docs/policies.rst has their table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from org_files.access.base import EVERYTHING, UPLOADERS, Policy
from org_files.models import AbstractFile, AbstractOrganization, Download, Membership, Role

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class OpenPolicy(Policy):
    """A shared library: each user who is logged in reads everything."""

    def visible_organizations(self, user: AbstractBaseUser) -> QuerySet[AbstractOrganization]:
        """Return all organizations."""
        return self._organizations()

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """Return all users."""
        return self._users()

    def readable_files(self, user: AbstractBaseUser) -> Q:
        """Return no condition: every file."""
        return EVERYTHING

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        """Return the whole ledger."""
        return Download.objects.all()

    def sees_downloads_of(self, user: AbstractBaseUser, other_pk: Any) -> bool:
        """Return True."""
        return True


class _ClosedPolicy(Policy):
    """Base of policies that show a user's own organizations alone."""

    def visible_organizations(self, user: AbstractBaseUser) -> QuerySet[AbstractOrganization]:
        """Return the organizations that the user belongs to."""
        organizations = self._organizations()
        if self.is_operator(user):
            return organizations
        return organizations.filter(pk__in=self._own_organizations(user))


class OrganizationPolicy(_ClosedPolicy):
    """Tenants: members read what their organizations hold, and what others made public."""

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """Return oneself and those who share an organization."""
        users = self._users()
        if self.is_operator(user):
            return users
        return users.filter(Q(pk=user.pk) | Q(self._sharing(user)))

    def readable_files(self, user: AbstractBaseUser) -> Q:
        """Return the condition: public, or of one of the user's organizations."""
        return EVERYTHING if self.is_operator(user) else Q(is_public=True) | self._of_mine(user)

    def _listed(self, user: AbstractBaseUser, *, is_public: bool, by_owner: bool) -> Q:
        return EVERYTHING if is_public or self.is_operator(user) else self._of_mine(user)

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        """Return one's own rows, and those of organizations that one is an admin of."""
        downloads = Download.objects.all()
        if self.is_operator(user):
            return downloads
        return downloads.filter(
            Q(user=user.pk) | Q(organization__in=self._own_organizations(user, Role.ADMIN))
        )

    def sees_downloads_of(self, user: AbstractBaseUser, other_pk: Any) -> bool:
        """Return whether the other one belongs to an organization that ``user`` is an admin of."""
        return (
            super().sees_downloads_of(user, other_pk)
            or Membership.objects.filter(
                user=other_pk, organization__in=self._own_organizations(user, Role.ADMIN)
            ).exists()
        )

    def _of_mine(self, user: AbstractBaseUser) -> Q:
        return Q(organization__in=self._own_organizations(user))


class OwnerPolicy(_ClosedPolicy):
    """A personal cloud: users read the files that they own in organizations they belong to."""

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """Return oneself."""
        users = self._users()
        return users if self.is_operator(user) else users.filter(pk=user.pk)

    def readable_files(self, user: AbstractBaseUser) -> Q:
        """Return the condition: owned by the user, in one of the user's organizations."""
        return EVERYTHING if self.is_operator(user) else self._owned(user)

    def _listed(self, user: AbstractBaseUser, *, is_public: bool, by_owner: bool) -> Q:
        return EVERYTHING if by_owner else Q(owner=user.pk)

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        """Return one's own rows."""
        downloads = Download.objects.all()
        return downloads if self.is_operator(user) else downloads.filter(user=user.pk)

    def _managed(self, user: AbstractBaseUser) -> Q:
        return self._owned(user, *UPLOADERS)

    def _manages(self, user: AbstractBaseUser, file: AbstractFile) -> bool:
        return file.owner_id == user.pk and super()._manages(user, file)
