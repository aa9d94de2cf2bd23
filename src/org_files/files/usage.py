"""Files and bytes of organizations, as annotations of a list of them."""

from typing import Any, TypeVar, cast

from django.db import connections
from django.db.models import (
    BooleanField,
    Count,
    F,
    Func,
    Manager,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from org_files import get_file_model
from org_files.models import Usage, live

ModelT = TypeVar("ModelT", bound=Model)

#: Files of organizations with more than that are not counted one by one.
COUNTED_EACH_TIME = 100


def with_usage(organizations: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """Annotate organizations with ``file_count`` and ``bytes_stored``.

    The bytes include the trash. The numbers are those of ``Usage``, less the files in the trash or
    expired. Files are counted if there are few, if they never were, or if this role or the site's
    manager may see others than those that were counted.
    """
    manager = get_file_model()._default_manager
    files, now = manager.order_by().filter(organization=OuterRef("pk")), timezone.now()
    usage = _valid_usage(organizations.db) if type(manager) is Manager else Usage.objects.none()
    ended = manager.order_by().filter(organization=OuterRef("organization"))
    # Two ranges of one index.
    trashed = _number(ended.filter(deleted_at__isnull=False))
    expired = _number(ended.filter(deleted_at=None, expires_at__lte=now))
    left = usage.annotate(org_files_left=Greatest(F("file_count") - trashed - expired, Value(0)))
    annotated: Any = organizations.annotate(
        file_count=Coalesce(
            Subquery(left.values("org_files_left")), _number(files.filter(live(now)))
        ),
        bytes_stored=Coalesce(Subquery(usage.values("bytes_stored")), _number(files, Sum("size"))),
    )
    return cast("QuerySet[ModelT]", annotated)


def _valid_usage(alias: str) -> QuerySet[Usage]:
    """Return the usage of the outer organization, if its numbers are all that this role sees."""
    model: Any = get_file_model()
    usage = Usage.objects.filter(organization=OuterRef("pk"), is_counted=True)
    usage = usage.filter(file_count__gt=COUNTED_EACH_TIME)
    if connections[alias].vendor == "postgresql":
        for each in (model, *model._meta.get_parent_list()):
            table = connections[alias].ops.quote_name(each._meta.db_table)
            usage = usage.exclude(_RowSecurity(Value(table)))
    return usage


class _RowSecurity(Func):
    """Whether row-level security of PostgreSQL binds this role at a table."""

    template = "row_security_active(to_regclass(%(expressions)s))"
    output_field = BooleanField()


def _number(files: QuerySet[Any], value: Any = None) -> Coalesce:
    """Return the number of ``files`` of one organization, or another aggregate of them."""
    # Our prefix: a site's file model may have a column of any other name. All columns are counted,
    # so that an index alone can tell.
    rows = files.values("organization").annotate(org_files_number=value or Count("*"))
    return Coalesce(Subquery(rows.values("org_files_number")), Value(0))
