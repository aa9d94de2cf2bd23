"""The query of one download, compiled once for all users where that is safe."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Manager, QuerySet
from django.utils import timezone

from org_files import get_file_model
from org_files.access.base import Policy, overrides
from org_files.access.policies import OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.db.prepared import PreparedQuery, Slot
from org_files.models import AbstractFile, live

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

OWN_POLICIES = (OpenPolicy, OrganizationPolicy, OwnerPolicy)


def file_query(
    policy: Policy, user: AbstractBaseUser, public_id: UUID
) -> PreparedQuery | QuerySet[AbstractFile]:
    """Return the query of the visible file with that id, for ``counters.grant_download``."""
    if overrides(policy, "prepared_file"):
        return policy.prepared_file(user, public_id)

    def visible() -> QuerySet[AbstractFile]:
        return policy.visible_files(user).filter(public_id=public_id)

    overridden = overrides(policy, "statement_key")
    key = policy.statement_key(user) if overridden else statement_key(policy, user)
    # A manager of the site's may filter by the tenant of the request.
    has_plain_manager = type(get_file_model()._default_manager) is Manager
    if key is None or overrides(policy, "visible_files") or not has_plain_manager:
        return visible()

    def template() -> QuerySet[AbstractFile]:
        any_user: Any = copy(user)
        any_user.pk = Slot("user")
        files = get_file_model()._default_manager.filter(public_id=Slot("public_id"))
        return files.filter(live(Slot("now")), policy.readable_files(any_user))

    pk = user._meta.pk.get_prep_value(user.pk)
    values = {"user": pk, "public_id": public_id, "now": timezone.now()}
    return PreparedQuery((type(policy), key), values, template, visible)


def statement_key(policy: Policy, user: AbstractBaseUser) -> Hashable | None:
    """Return what the SQL of ``readable_files`` depends on besides the key of ``user``.

    ``None`` for a site's own policy, which may ask for anything.
    """
    return policy.is_operator(user) if type(policy) in OWN_POLICIES else None
