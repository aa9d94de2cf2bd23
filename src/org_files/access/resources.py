"""Objects of the site that files are attached to: who sees their files, and who decides which."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull

from org_files import get_file_model
from org_files.access.base import Policy
from org_files.access.policies import OrganizationPolicy
from org_files.db.exact import Exactly, has_exactly
from org_files.db.keys import KeyOfText, key_field, parse_pk
from org_files.db.rows import all_rows, hidden_row_models
from org_files.exceptions import ConfigurationError, ResourceNotYours
from org_files.labels import find_label
from org_files.models import Download, Tombstone

#: Objects of one label whose files a list finds by their keys.
FEW_OBJECTS = 200

#: Returns the objects that a user sees, or may change.
Objects = Callable[[Any], QuerySet[Any]]


class ResourcePolicy(Policy):
    """Mixin of policies by which those who see an object of the site see its files.

    ::

        class ShopPolicy(ResourcePolicy, OrganizationPolicy):
            resources = {"shop.product": lambda user: Product.objects.visible_to(user)}

    For files with a label of ``resources``, the mapping replaces the rule of the other policy: only
    those who see the object see its files, whatever organization they belong to. Operators see
    everything. For a model with ``Attachments`` whose organization is a path, these are the files
    of the object's organization alone. Querysets must not be sliced.

    In the ledger, users see other people's downloads of these files only while they see the object.
    The name of a file that is removed for good is shown to those who have downloaded it: its object
    is not recorded any more.
    """

    #: The objects that a user sees, by resource label.
    resources: Mapping[str, Objects] = {}
    #: The objects that a user may change, by resource label: they attach and detach files. For
    #: other labels, Django's permissions decide.
    changeable: Mapping[str, Objects] = {}

    def readable_files(self, user: AbstractBaseUser) -> Q:
        readable = super().readable_files(user)  # type: ignore[safe-super]
        if self.is_operator(user):
            return readable
        of_objects = [self._files_of_visible(user, label) for label in self.resources]
        for label in self.resources:
            readable &= _is_without(label)
        for condition in of_objects:
            readable |= condition
        return readable

    def _listed(self, user: AbstractBaseUser, **asked: bool) -> Q:
        listed = super()._listed(user, **asked)
        if self.is_operator(user) or not listed:  # Without a condition, all is listed.
            return listed
        for label in self.resources:
            listed |= has_exactly(resource=label)
        return listed

    def visible_downloads(self, user: AbstractBaseUser) -> QuerySet[Download]:
        rows = super().visible_downloads(user)  # type: ignore[safe-super]
        if self.is_operator(user) or not self.resources:
            return rows
        hidden = Q()
        for label in self.resources:
            hidden |= has_exactly(resource=label) & ~self._files_of_visible(user, label)
        files = all_rows(get_file_model()).filter(hidden, public_id=OuterRef("file_public_id"))
        return rows.filter(Q(user=user.pk) | ~Exists(files))

    def visible_tombstones(self, user: AbstractBaseUser) -> QuerySet[Tombstone]:
        removed = super().visible_tombstones(user)
        if self.is_operator(user) or not self.resources:
            return removed
        # A tombstone does not say which object the file belonged to.
        own = Download.objects.filter(user=user.pk, file_public_id=OuterRef("file_public_id"))
        return removed.filter(Exists(own))

    def visible_objects(self, user: AbstractBaseUser, resource: str) -> QuerySet[Any] | None:
        objects = self.resources.get(resource)
        return None if objects is None else objects(user)

    def may_change_object(self, user: AbstractBaseUser, resource: str, obj: Any) -> bool:
        objects = self.changeable.get(resource)
        if objects is None or self.is_operator(user):
            return super().may_change_object(user, resource, obj)
        return objects(user).filter(pk=obj.pk).exists()

    def lists_by_organization(self, user: AbstractBaseUser) -> bool:
        """Return whether the plain list is that of ``OrganizationPolicy`` with files of objects."""
        cls = type(self)
        listing = [each for each in cls.__mro__ if "_listed" in vars(each)]
        inherited: Any = ("listed_files", "_of_mine", "_own_organizations")
        return (
            not self.is_operator(user)
            and listing[:2] == [ResourcePolicy, OrganizationPolicy]
            and all(getattr(cls, each) is getattr(OrganizationPolicy, each) for each in inherited)
        )

    def _files_of_visible(self, user: AbstractBaseUser, resource: str) -> Q:
        """Return the condition of files with a label whose object ``user`` sees."""
        objects = self.resources[resource](user)
        field = key_field(objects.model)
        if field is None:
            raise ConfigurationError(
                f"The keys of {objects.model._meta.label} are no integers, UUIDs or texts: "
                f"no file can have the label {resource!r}."
            )
        key = KeyOfText(OuterRef("resource_id"), field=field)
        # MariaDB keeps the answer for texts that its collation takes for equal. The key of the file
        # keeps its rows apart.
        objects = objects.filter(Exactly(F("pk"), key), IsNull(OuterRef("pk"), False))
        label = find_label(resource)
        if label is not None and label.organization_lookup is not None:
            objects = objects.filter(**{label.organization_lookup: OuterRef("organization")})
        return has_exactly(resource=resource) & Q(Exists(objects))


def require_resource(
    policy: Policy,
    user: AbstractBaseUser,
    *,
    organization: Any,
    resource: str,
    resource_id: str,
    is_left: bool = False,
    is_cleared: bool = False,
) -> None:
    """Raise ``ResourceNotYours`` unless ``user`` may decide which files an object has.

    The object must exist, and its organization must have the key ``organization``. With ``is_left``
    the file is detached from it, which operators may do for any object. With ``is_cleared`` it
    names no other object then, which is allowed for one that certainly does not exist. All other
    labels than those of models with ``Attachments`` and of the policy are free.
    """
    label, objects = find_label(resource), policy.visible_objects(user, resource)
    is_operator = policy.is_operator(user)
    if (label is None and objects is None) or (is_left and is_operator):
        return
    model = label.model if label is not None else objects.model  # type: ignore[union-attr]
    if is_cleared and _is_gone(model, resource_id):
        return
    if objects is None or is_operator:  # who see all of them
        objects = model._default_manager.all()
    key = parse_pk(objects.model, resource_id)
    obj = None if key is None else objects.filter(pk=key).first()
    if (
        obj is None
        # Databases may take a key of text for another one that differs in case.
        or str(obj.pk) != resource_id
        or (label is not None and label.organization_key_of(obj) != organization)
        or not policy.may_change_object(user, resource, obj)
    ):
        raise ResourceNotYours


def _is_gone(model: type[Model], text: str) -> bool:
    """Return whether no object has a key. ``False`` where row-level security may hide objects."""
    key, rows = parse_pk(model, text), all_rows(model)
    exists = key is not None and rows.filter(pk=key).exists()
    return not (exists or hidden_row_models([model], rows.db))


def list_parts(policy: Policy, user: AbstractBaseUser, *, few: int) -> list[Q]:
    """Return conditions of disjoint parts of ``user``'s plain list, each of which an index finds.

    There are none if the policy may list other files, or if the user has more than ``few``
    organizations or sees more than ``FEW_OBJECTS`` objects of a label. The conditions only help the
    database: the list asks the policy all the same.
    """
    if not isinstance(policy, ResourcePolicy) or not policy.lists_by_organization(user):
        return []
    memberships = policy._own_organizations(user).order_by()
    own = list(memberships.values_list("organization", flat=True)[: few + 1])
    others, labelled = Q(), []
    for label in policy.resources:
        objects: Any = policy.visible_objects(user, label)
        keys = list(objects.order_by().values_list("pk", flat=True)[: FEW_OBJECTS + 1])
        if len(keys) > FEW_OBJECTS:
            return []
        labelled.append(has_exactly(resource=label) & Q(resource_id__in=list(map(str, keys))))
        others &= _is_without(label)
    return [] if len(own) > few else [*(Q(organization=pk) & others for pk in own), *labelled]


def _is_without(resource: str) -> Q:
    """Return the condition of files that do not have a label."""
    condition = ~has_exactly(resource=resource)
    # A site's own model may allow NULL, which is equal to nothing and different from nothing.
    is_nullable = get_file_model()._meta.get_field("resource").null
    return condition | Q(resource=None) if is_nullable else condition
