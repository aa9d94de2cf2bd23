"""Files and bytes of organizations by their counted usage, less the files that have ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import connections, router
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    Func,
    Manager,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from org_files import get_file_model, get_organization_model
from org_files.db.rows import hidden_row_models
from org_files.models import Membership, Usage, live

ModelT = TypeVar("ModelT", bound=Model)

#: Files of organizations with more than that are not counted one by one.
COUNTED_EACH_TIME = 100


def with_usage(organizations: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Annotate organizations with ``file_count`` and ``bytes_stored``.

    The bytes include the trash. The numbers are those of ``Usage``, less the files in the trash or
    expired. Files are counted if there are few, if they never were, or if this role or the site's
    manager may see others than those that were counted.
    """
    manager, now = get_file_model()._default_manager, timezone.now()
    usage = Usage.objects.filter(organization=OuterRef("pk"))
    usage = usage.filter(_sees_all_files(organizations.db)).filter(
        is_counted=True, file_count__gt=COUNTED_EACH_TIME
    )
    ended = _ended(manager.filter(organization=OuterRef("organization")), now)
    left = usage.annotate(org_files_left=Greatest(F("file_count") - ended, Value(0)))
    files = manager.filter(organization=OuterRef("pk"))
    annotated: Any = organizations.annotate(
        file_count=Coalesce(
            Subquery(left.values("org_files_left")), _number(files.filter(live(now)))
        ),
        bytes_stored=Coalesce(Subquery(usage.values("bytes_stored")), _number(files, Sum("size"))),
    )
    return cast("QuerySet[ModelT]", annotated)


def count_live_files(organizations: QuerySet[Any] | Sequence[Any]) -> int | None:
    """Return how many live files the organizations with these keys have, by their counted usage.

    One statement, whose cost is that of the files in the trash or expired. ``None`` if the files of
    an organization were never counted, or if row-level security may hide rows.
    """
    file_model, organization_model = get_file_model(), get_organization_model()
    files, alias = file_model._base_manager.all(), router.db_for_read(file_model)
    if hidden_row_models([file_model, organization_model, Usage, Membership], alias):
        return None
    counted = Usage.objects.using(alias).filter(is_counted=True)
    uncounted = organization_model._base_manager.filter(
        ~Exists(counted.filter(organization=OuterRef("pk"))),
        Exists(files.filter(organization=OuterRef("pk"))),
        pk__in=organizations,
    )
    ended = _ended(files.filter(organization__in=organizations), timezone.now())
    found = counted.filter(organization__in=organizations).aggregate(
        live=Case(When(Exists(uncounted), then=None), default=Sum("file_count") - ended)
    )
    count: int | None = found["live"]
    return count


def _sees_all_files(alias: str) -> Q:
    """Return the condition that no manager and no row-level security hides files from this role.

    ``hidden_row_models`` as a part of a statement, so that a list asks no other one.
    """
    model: Any = get_file_model()
    if type(model._default_manager) is not Manager:
        return Q(pk__in=[])
    condition = Q()
    if connections[alias].vendor == "postgresql":
        for each in (model, *model._meta.get_parent_list()):
            table = connections[alias].ops.quote_name(each._meta.db_table)
            condition &= ~Q(_RowSecurity(Value(table)))
    return condition


class _RowSecurity(Func):
    """Whether row-level security of PostgreSQL binds this role at a table."""

    template = "row_security_active(to_regclass(%(expressions)s))"
    output_field = BooleanField()


def _ended(files: QuerySet[Any], now: datetime) -> Any:
    """Return how many of ``files`` are in the trash or expired: two ranges of one index."""
    trashed = _number(files.filter(deleted_at__isnull=False))
    return trashed + _number(files.filter(deleted_at=None, expires_at__lte=now))


def _number(files: QuerySet[Any], value: Any = None) -> Coalesce:
    """Return the number of ``files``, or another aggregate of them."""
    # Our prefix: a site's file model may have a column of any other name. All columns are counted,
    # so that an index alone can tell.
    rows = files.order_by().annotate(org_files_all=Value(1)).values("org_files_all")
    rows = rows.annotate(org_files_number=value or Count("*"))
    return Coalesce(Subquery(rows.values("org_files_number")), Value(0))
