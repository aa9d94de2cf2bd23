"""The three policies of the package, and the query of one download under a policy."""

from collections.abc import Hashable
from copy import copy
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, Manager, OuterRef, Q, QuerySet
from django.utils import timezone

from org_files import get_file_model, get_organization_model
from org_files.access.base import EVERYTHING, UPLOADERS, Policy, overrides
from org_files.db.prepared import PreparedQuery, Slot
from org_files.models import AbstractFile, AbstractOrganization, Download, Membership, Role, live


class OpenPolicy(Policy):
    """A shared library: each user who is logged in reads everything."""

    def visible_organizations(self, user: AbstractBaseUser) -> QuerySet[AbstractOrganization]:
        return self._organizations()

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        return self._users()

    def readable_files(self, user: AbstractBaseUser) -> Q:
        return EVERYTHING

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        return Download.objects.all()

    def sees_downloads_of(self, user: AbstractBaseUser, other_pk: Any) -> bool:
        return True


class _ClosedPolicy(Policy):
    """Base of policies that show a user's own organizations alone."""

    def visible_organizations(self, user: AbstractBaseUser) -> QuerySet[AbstractOrganization]:
        own = Q(pk__in=self._own_organizations(user))
        return self._narrowed(user, self._organizations(), own)


class OrganizationPolicy(_ClosedPolicy):
    """Tenants: members read what their organizations hold, and what others made public."""

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        own = self._own_organizations(user)
        shared = Exists(Membership.objects.filter(user=OuterRef("pk"), organization__in=own))
        return self._narrowed(user, self._users(), Q(pk=user.pk) | Q(shared))

    def readable_files(self, user: AbstractBaseUser) -> Q:
        return EVERYTHING if self.is_operator(user) else Q(is_public=True) | self._of_mine(user)

    def _listed(self, user: AbstractBaseUser, *, is_public: bool, by_owner: bool) -> Q:
        return EVERYTHING if is_public or self.is_operator(user) else self._of_mine(user)

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        mine = Q(user=user.pk) | Q(organization__in=self._own_organizations(user, Role.ADMIN))
        return self._narrowed(user, Download.objects.all(), mine)

    def sees_downloads_of(self, user: AbstractBaseUser, other_pk: Any) -> bool:
        own = self._own_organizations(user, Role.ADMIN)
        return (
            super().sees_downloads_of(user, other_pk)
            or Membership.objects.filter(user=other_pk, organization__in=own).exists()
        )

    def _of_mine(self, user: AbstractBaseUser) -> Q:
        return Q(organization__in=self._own_organizations(user))


class OwnerPolicy(_ClosedPolicy):
    """A personal cloud: users read the files that they own in organizations they belong to."""

    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        return self._narrowed(user, self._users(), Q(pk=user.pk))

    def readable_files(self, user: AbstractBaseUser) -> Q:
        return EVERYTHING if self.is_operator(user) else self._owned(user)

    def _listed(self, user: AbstractBaseUser, *, is_public: bool, by_owner: bool) -> Q:
        return EVERYTHING if by_owner else Q(owner=user.pk)

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        return self._narrowed(user, Download.objects.all(), Q(user=user.pk))

    def _managed(self, user: AbstractBaseUser) -> Q:
        return self._owned(user, *UPLOADERS)

    def _manages(self, user: AbstractBaseUser, file: AbstractFile) -> bool:
        return file.owner_id == user.pk and super()._manages(user, file)


OWN_POLICIES = (OpenPolicy, OrganizationPolicy, OwnerPolicy)


def file_query(
    policy: Policy, user: AbstractBaseUser, public_id: UUID
) -> PreparedQuery | QuerySet[AbstractFile]:
    """Return the query of the visible file with that id, for ``counters.grant_download``.

    It is compiled once for all users where that is safe.
    """
    if overrides(policy, "prepared_file"):
        return policy.prepared_file(user, public_id)

    def visible() -> QuerySet[AbstractFile]:
        return policy.visible_files(user).filter(public_id=public_id)

    overridden = overrides(policy, "statement_key")
    key = policy.statement_key(user) if overridden else statement_key(policy, user)
    if key is None or overrides(policy, "visible_files") or not has_plain_files():
        return visible()

    def template() -> QuerySet[AbstractFile]:
        any_user: Any = copy(user)
        any_user.pk = Slot("user")
        return any_file(policy, any_user)

    pk = user._meta.pk.get_prep_value(user.pk)
    values = {"user": pk, "public_id": public_id, "now": timezone.now()}
    return PreparedQuery((type(policy), key), values, template, visible)


def has_plain_files() -> bool:
    """Return whether files have Django's manager. A site's own may filter by the request."""
    return type(get_file_model()._default_manager) is Manager


def any_file(policy: Policy, user: Any) -> QuerySet[AbstractFile]:
    """Return the queryset, with slots, of a file that ``user`` sees."""
    files = get_file_model()._default_manager.filter(public_id=Slot("public_id"))
    return files.filter(live(Slot("now")), policy.readable_files(user))


def statement_key(policy: Policy, user: AbstractBaseUser) -> Hashable | None:
    """Return what the SQL of ``readable_files`` depends on besides the key of ``user``.

    ``None`` for a site's own policy, which may ask for anything.
    """
    return policy.is_operator(user) if type(policy) in OWN_POLICIES else None


def whole_organizations(
    policy: Policy, user: AbstractBaseUser
) -> QuerySet[AbstractOrganization] | None:
    """Return the organizations whose live files are the plain list of ``user``.

    ``None`` if the list may be another: that of single owners, or of a site's policy or manager.
    """
    managers = (model._default_manager for model in (get_file_model(), get_organization_model()))
    if type(policy) not in (OpenPolicy, OrganizationPolicy) or any(
        type(manager) is not Manager for manager in managers
    ):
        return None
    return policy.visible_organizations(user)
