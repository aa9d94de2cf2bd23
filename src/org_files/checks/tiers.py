"""Database check of the tier that new organizations get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections, router
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor

from org_files import conf
from org_files.exceptions import ConfigurationError
from org_files.models import Tier

__all__ = ["check_default_tier"]


@register(Tags.database)
def check_default_tier(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Check that there is a tier of the name in ``ORG_FILES["DEFAULT_TIER"]``."""
    try:
        name = conf.default_tier()
    except ConfigurationError:  # check_settings has said so
        return []
    alias = router.db_for_read(Tier)
    if name is None or alias not in (databases or ()):
        return []
    # Also runs before the first migration, and before one of the site that makes the tier.
    if _waits_for_migrations(alias) or Tier.objects.using(alias).filter(name=name).exists():
        return []
    names = Tier.objects.using(alias).order_by("pk").values_list("name", flat=True)
    return [
        Error(
            f'ORG_FILES["DEFAULT_TIER"] names {name!r}, but there is no such tier: no organization '
            "can be created.",
            hint=f"There are {', '.join(map(repr, names))}." if names else "There are none.",
            id="org_files.E021",
        )
    ]


def _waits_for_migrations(alias: str) -> bool:
    """Return whether the database lacks a table of ours, or migrations wait to be applied."""
    connection = connections[alias]
    if Tier._meta.db_table not in connection.introspection.table_names():
        return True
    try:
        executor = MigrationExecutor(connection)
    except (CircularDependencyError, NodeNotFoundError):  # which migrate reports by itself
        return True
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
