"""The base class of policies, which views ask what a user sees and may do."""

from abc import abstractmethod
from collections.abc import Collection
from enum import StrEnum
from typing import Any, TypeVar

from django.contrib.auth import get_permission_codename, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, Q, QuerySet

from org_files import get_file_model, get_organization_model
from org_files.access.deprecated import DeprecatedMethods
from org_files.backends import Backend
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    Membership,
    Role,
    ShareLink,
    Tombstone,
    live,
    unexpired,
)

RowT = TypeVar("RowT", bound=Model)


class Action(StrEnum):
    """Actions on an organization or a file that the user sees."""

    UPLOAD = "upload"
    MANAGE = "manage"
    CHANGE = "change"
    DELETE = "delete"
    LINK = "link"
    VIEW_DOWNLOADS = "view_downloads"


EVERYTHING = Q()

#: Roles that may upload. Only in these roles does a user have the rights of an owner or a creator.
UPLOADERS = (Role.ADMIN, Role.MEMBER)


class Policy(DeprecatedMethods, Backend):
    """Base class of policies: subclasses define what a user sees.

    The ``visible_*`` methods return querysets of the rows that a logged-in user may know to exist.
    Views answer for any other row as if it did not exist. The querysets use no joins that could
    return a row twice.

    Rights come from the membership that the user has now: owning a file, or having made a link to
    it, gives no right without a role that may upload.
    """

    def is_operator(self, user: AbstractBaseUser) -> bool:
        """Return whether ``user`` sees and does everything, by default ``is_staff``."""
        return bool(getattr(user, "is_staff", False))

    @abstractmethod
    def visible_organizations(self, user: AbstractBaseUser) -> QuerySet[AbstractOrganization]:
        """Return the organizations that ``user`` may know of."""

    @abstractmethod
    def visible_users(self, user: AbstractBaseUser) -> QuerySet[Any]:
        """Return the users that ``user`` may know of."""

    def visible_memberships(self, user: AbstractBaseUser) -> QuerySet[Membership]:
        """Return who belongs to which organization, as far as ``user`` may know.

        Of organizations seen, the members seen; an admin knows every member of theirs.
        """
        return self._narrowed(
            user,
            Membership.objects.all(),
            Q(organization__in=self.visible_organizations(user).values("pk")),
            Q(user__in=self.visible_users(user).values("pk"))
            | Q(organization__in=self._own_organizations(user, Role.ADMIN)),
        )

    @abstractmethod
    def readable_files(self, user: AbstractBaseUser) -> Q:
        """Return the condition of files that ``user`` may read, wherever they are in their life."""

    @abstractmethod
    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        """Return the rows of the ledger that ``user`` may read, their own among them."""

    def visible_tombstones(self, user: AbstractBaseUser) -> QuerySet[Tombstone]:
        """Return the removed files whose names ``user`` may read in the ledger."""
        organizations = self.visible_organizations(user).values("pk")
        removed = Tombstone.objects.all()
        return self._narrowed(user, removed, Q(organization__in=organizations))

    def visible_files(self, user: AbstractBaseUser) -> QuerySet[AbstractFile]:
        """Return the files that ``user`` may read: neither in the trash nor expired."""
        return self._files().filter(live(), self.readable_files(user))

    def removable_files(self, user: AbstractBaseUser) -> QuerySet[AbstractFile]:
        """Return the unexpired files, in the trash or not, that ``user`` reads and may delete."""
        files = self._files().filter(unexpired(), self.readable_files(user))
        return self._narrowed(user, files, self._managed(user))

    def may_share(self, user: AbstractBaseUser, file: AbstractFile) -> bool:
        """Return whether ``user`` could make a share link to ``file`` now.

        Called for the creator of a link each time it is used. With the package's own rules this is
        one statement for every user, so that the response time tells nothing about the creator.
        """
        seen = self.visible_files(user).filter(pk=file.pk)
        if overrides(self, "allows"):
            return seen.exists() and self.allows(Action.LINK, user, file)
        if not self.is_operator(user):
            own = self._own_organizations(user, *UPLOADERS)
            seen = seen.filter(self._managed(user), organization__in=own)
        return seen.exists()

    def visible_links(self, user: AbstractBaseUser) -> QuerySet[ShareLink]:
        """Return the share links, of any creator, to files that ``user`` sees and manages."""
        links = ShareLink.objects.filter(file__in=self.visible_files(user).values("pk"))
        if self.is_operator(user):
            return links
        managed = Q(file__in=self._files().filter(self._managed(user)).values("pk"))
        if overrides(self, "allows"):
            own = links.exclude(managed).filter(created_by=user.pk)
            linked = self._files().filter(pk__in=own.values("file"))
            pks = [file.pk for file in linked if self.allows(Action.LINK, user, file)]
            managed |= Q(created_by=user.pk, file__in=pks)
        return links.filter(managed)

    def listed_files(
        self,
        user: AbstractBaseUser,
        *,
        is_public: bool = False,
        by_owner: bool = False,
        trashed: bool = False,
    ) -> QuerySet[AbstractFile]:
        """Return the files of ``user``'s plain list; a part of ``visible_files``.

        ``is_public`` and ``by_owner`` say that the list was asked for public files, or for those
        of a certain owner, which may widen it; ``trashed``, that it is the list of the trash.
        """
        if not trashed:
            files = self.visible_files(user)
        elif overrides(self, "trashed_files"):
            files = self.trashed_files(user)
        else:
            files = self.removable_files(user).filter(deleted_at__isnull=False)
        return files.filter(self._listed(user, is_public=is_public, by_owner=by_owner))

    def allows(self, action: Action, user: AbstractBaseUser, obj: Model) -> bool:
        """Return whether ``user`` may do ``action`` to ``obj``, which they are known to see."""
        if self.is_operator(user):
            return True
        if isinstance(obj, get_organization_model()):
            return self._belongs(user, obj.pk, *_roles_for(action))
        if isinstance(obj, get_file_model()):
            if action is Action.LINK and not self._belongs(user, obj.organization_id, *UPLOADERS):
                # A subclass may let others manage the file: that does not let them share it.
                return False
            return self._manages(user, obj)
        return False

    def allowed(self, action: Action, user: AbstractBaseUser, rows: Collection[Model]) -> set[Any]:
        """Return the primary keys of those ``rows`` that ``allows`` lets ``user`` do ``action`` to.

        ``rows`` are files, or organizations, which the user is known to see. One statement for all
        of them, unless the site's policy has its own ``allows``.
        """
        if overrides(self, "allows"):
            return {row.pk for row in rows if self.allows(action, user, row)}
        pks = {row.pk for row in rows}
        if self.is_operator(user) or not pks:
            return pks
        if isinstance(next(iter(rows)), get_organization_model()):
            own = self._own_organizations(user, *_roles_for(action)).filter(organization__in=pks)
            return set(own.values_list("organization", flat=True))
        files = get_file_model()._base_manager.filter(self._managed(user), pk__in=pks)
        if action is Action.LINK:
            files = files.filter(organization__in=self._own_organizations(user, *UPLOADERS))
        return set(files.values_list("pk", flat=True))

    def visible_objects(self, user: AbstractBaseUser, resource: str) -> QuerySet[Any] | None:
        """Return the objects of the site with this label that ``user`` sees.

        ``None`` if the policy has no rule for it: ``ResourcePolicy`` has.
        """
        return None

    def may_change_object(self, user: AbstractBaseUser, resource: str, obj: Any) -> bool:
        """Return whether ``user`` may attach files to ``obj``, an object of the site, and detach.

        Operators may, and users with Django's permission to change the object, or else its model.
        """
        has_perm = getattr(user, "has_perm", None)
        if self.is_operator(user) or has_perm is None:
            return self.is_operator(user)
        opts = obj._meta
        permission = f"{opts.app_label}.{get_permission_codename('change', opts)}"
        return bool(has_perm(permission, obj) or has_perm(permission))

    def sees_downloads_of(self, user: AbstractBaseUser, other_pk: Any) -> bool:
        """Return whether ``user`` may ask for the downloads of the user ``other_pk`` at all."""
        return self.is_operator(user) or user.pk == other_pk

    # Building blocks of the package's own policies.

    def _listed(self, user: AbstractBaseUser, *, is_public: bool, by_owner: bool) -> Q:
        """Return the condition of visible files that are in the plain list."""
        return EVERYTHING

    def _managed(self, user: AbstractBaseUser) -> Q:
        """Return the condition of files that ``allows`` lets ``user`` change and delete."""
        return self._owned(user, *UPLOADERS) | Q(
            organization__in=self._own_organizations(user, Role.ADMIN)
        )

    def _manages(self, user: AbstractBaseUser, file: AbstractFile) -> bool:
        """Return whether ``_managed`` holds for ``file``, by a query of memberships alone."""
        roles = UPLOADERS if file.owner_id == user.pk else (Role.ADMIN,)
        return self._belongs(user, file.organization_id, *roles)

    def _owned(self, user: AbstractBaseUser, *roles: Role) -> Q:
        """Return the condition of files that ``user`` owns in organizations they belong to.

        With ``roles``, only of organizations where they have one of these.
        """
        return Q(owner=user.pk, organization__in=self._own_organizations(user, *roles))

    def _narrowed(
        self, user: AbstractBaseUser, rows: QuerySet[RowT], *conditions: Q
    ) -> QuerySet[RowT]:
        """Return all ``rows`` for an operator, and those with ``conditions`` for other users."""
        return rows if self.is_operator(user) else rows.filter(*conditions)

    def _belongs(self, user: AbstractBaseUser, organization_pk: Any, *roles: Role) -> bool:
        own = self._own_organizations(user, *roles)
        return own.filter(organization=organization_pk).exists()

    def _files(self) -> QuerySet[AbstractFile]:
        return get_file_model()._default_manager.all()

    def _organizations(self) -> QuerySet[AbstractOrganization]:
        return get_organization_model()._default_manager.all()

    def _users(self) -> QuerySet[Any]:
        return get_user_model()._default_manager.all()

    def _own_organizations(self, user: AbstractBaseUser, *roles: Role) -> QuerySet[Membership, Any]:
        """Return the organizations that ``user`` belongs to, in any role or in one of ``roles``."""
        memberships = Membership.objects.filter(user=user.pk)
        if roles:
            memberships = memberships.filter(role__in=roles)
        return memberships.values("organization")


def _roles_for(action: Action) -> tuple[Role, ...]:
    """Return the roles in which a user may do ``action`` to an organization."""
    return UPLOADERS if action is Action.UPLOAD else (Role.ADMIN,)


def overrides(policy: Policy, name: str) -> bool:
    """Return whether the site's policy has a method of its own under this name."""
    return getattr(type(policy), name) is not getattr(Policy, name)
