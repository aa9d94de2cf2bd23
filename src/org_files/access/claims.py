"""The query of one download by a user whose row the same statement reads."""

from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import Exists, Manager, QuerySet, Subquery
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone

from org_files import get_file_model
from org_files.access.base import Policy
from org_files.access.policies import OWN_POLICIES, any_file, has_plain_files
from org_files.db.prepared import REQUESTER, PreparedQuery, Slot
from org_files.models import AbstractFile


@dataclass(frozen=True)
class Claim:
    """Credentials that name a user whose row is not read yet."""

    #: The lookup of the user, and its value as the database takes it.
    lookup: str
    value: Any


def takes_claims(policy: Policy, alias: str) -> bool:
    """Return whether a query on the database ``alias`` may find a user by a claim.

    Not under a site's own policy, nor with users or tokens in another database, from a manager of
    the site's, or with an ``is_active`` that is no column: it could find more than the site does.
    """
    model: Any = get_user_model()
    models = [model]
    if apps.is_installed("rest_framework.authtoken"):
        models.append(apps.get_model("authtoken", "Token"))
    managers: list[Any] = [type(getattr(each, "objects", None)) for each in models]
    return (
        type(policy) in OWN_POLICIES
        and has_plain_files()
        and isinstance(getattr(model, "is_active", None), DeferredAttribute)
        and all(router.db_for_read(each) == alias for each in models)
        and all(map(_looks_up_as_django, managers))
    )


def claimed_file_query(policy: Policy, claim: Claim, public_id: UUID) -> PreparedQuery:
    """Return the query of the file with that id; only where ``takes_claims``.

    It finds the file if the claim names an active user, who sees it without the rights of an
    operator. So it never finds more than ``file_query`` does for that user.
    """

    def template() -> QuerySet[AbstractFile]:
        users = _claimed_users(get_user_model(), claim.lookup)
        # Django 6.1 compares with no query that is not limited to one row.
        pk = Subquery(users[:1])
        user: Any = SimpleNamespace(pk=pk, is_staff=False)
        return any_file(policy, user).filter(Exists(users)).annotate(**{REQUESTER: pk})

    values = {"claim": claim.value, "public_id": public_id, "now": timezone.now()}
    key = (type(policy), claim.lookup)
    return PreparedQuery(key, values, template, get_file_model()._default_manager.none)


@cache
def _claimed_users(model: Any, lookup: str) -> QuerySet[Any]:
    """Return the active user that a claim names: one, or none."""
    users: QuerySet[Any] = model.objects.filter(**{lookup: Slot("claim")}, is_active=True)
    return users.values("pk")


@cache
def _looks_up_as_django(manager: type[Any]) -> bool:
    """Return whether a manager finds rows as Django's do: a site's own may hide some."""
    inherited = ("_queryset_class", "get_queryset", "filter", "get")
    return all(getattr(manager, name, None) is getattr(Manager, name) for name in inherited)
