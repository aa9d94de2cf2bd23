"""System check of the tier that new organizations get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.db import DatabaseError, connections, router
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet

from org_files import conf
from org_files.exceptions import ConfigurationError
from org_files.models import Tier


@register("org_files")
def check_default_tier(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterator[CheckMessage]:
    """Check that there is a tier of the name in ``ORG_FILES["DEFAULT_TIER"]``.

    An error if the database is checked too, as by ``migrate``. Otherwise a warning: an error would
    stop ``makemigrations``, and with it the migration that creates the tier.
    """
    try:
        name = conf.default_tier()
    except ConfigurationError:  # check_settings reports it
        return
    tiers = Tier.objects.using(router.db_for_read(Tier))
    if name is None or _exists_or_may_follow(tiers, name):
        return
    names = list(tiers.order_by("pk").values_list("name", flat=True))
    message = (
        f'ORG_FILES["DEFAULT_TIER"] names {name!r}, but there is no such tier: no organization '
        "can be created."
    )
    hint = f"There are {', '.join(map(repr, names))}." if names else "There are none."
    if tiers.db in (databases or ()):
        yield Error(message, hint=hint, id="org_files.E021")
    else:
        yield CheckWarning(message, hint=hint, id="org_files.W012")


def _exists_or_may_follow(tiers: QuerySet[Tier], name: str) -> bool:
    """Return whether the tier exists, or a migration may still create it."""
    connection = connections[tiers.db]
    try:
        return (
            Tier._meta.db_table not in connection.introspection.table_names()
            or tiers.filter(name=name).exists()
            or _has_unapplied_migrations(tiers.db)
        )
    except DatabaseError:  # no database yet, as when an image is built
        return True


def _has_unapplied_migrations(alias: str) -> bool:
    """Return whether there are migrations to apply."""
    try:
        executor = MigrationExecutor(connections[alias])
    except (CircularDependencyError, NodeNotFoundError):  # migrate reports it
        return True
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
