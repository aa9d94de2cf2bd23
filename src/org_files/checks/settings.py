"""System checks of settings and of the backends that they name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage
from django.db import DatabaseError, connections, router
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from org_files import conf
from org_files.access import get_policy
from org_files.backends import Backend, load_class
from org_files.counters import get_counters
from org_files.delivery import get_delivery
from org_files.exceptions import ConfigurationError
from org_files.models import Tier
from org_files.queues import get_queue
from org_files.storage import UnusableStorage, named_storage

BACKENDS: dict[str, Callable[[], Backend]] = {
    "POLICY": get_policy,
    "COUNTERS": get_counters,
    "DELIVERY": get_delivery,
    "TASKS": get_queue,
}
CLASSES = ("FILE_SERIALIZER", "FILE_FILTER_SET", "ORGANIZATION_SERIALIZER")

#: Top-level packages that a site's settings may name, and the extra that brings each.
EXTRAS = {"rest_framework_simplejwt": "jwt", "drf_spectacular": "openapi", "storages": "s3"}

STORAGE = (
    '{"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": "..."}}'
)


@register("org_files")
def check_settings(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check ``settings.ORG_FILES``."""
    try:
        unknown = conf.user_settings().keys() - conf.SETTINGS.keys()
    except ConfigurationError as error:
        yield Error(str(error), hint="ORG_FILES = {}", id="org_files.E010")
        return
    for key in sorted(unknown):
        yield Error(
            f'ORG_FILES has no setting "{key}".',
            hint=f"There are {', '.join(sorted(conf.SETTINGS))}. Optional apps add their own "
            "where they are installed.",
            id="org_files.E010",
        )
    for key, setting in conf.SETTINGS.items():
        if setting.clean is conf.backend or key in CLASSES:
            continue  # These are loaded, too.
        try:
            setting()
        except ConfigurationError as error:
            yield Error(str(error), hint=_default(key), id="org_files.E010")
    yield from _check_user_name()
    for key, load in BACKENDS.items():
        yield from check_backend(key, load)
    for key in CLASSES:
        # The defaults need no check, and importing the modules of views takes time.
        if key in conf.user_settings():
            try:
                load_class(key, import_string(conf.SETTINGS[key].default))
            except ConfigurationError as error:
                yield Error(str(error), hint=_default(key), id="org_files.E011")
    if not settings.USE_TZ:
        yield Error(
            "The timestamps of files, links and downloads need time zones.",
            hint="USE_TZ = True",
            id="org_files.E015",
        )
    yield from _check_storages()


def _check_storages() -> Iterator[CheckMessage]:
    aliases: dict[str, str] = {}
    wrong: dict[str, None] = {}
    for key, alias_of in (
        ("RENDITION_STORAGE", conf.rendition_storage_alias),
        ("STORAGE", conf.storage_alias),
    ):
        try:
            aliases[alias_of()] = key
        except ConfigurationError as error:
            wrong[str(error)] = None
    for message in wrong:
        hint = (
            "A function that takes an organization, or None for avatars, and returns an alias of "
            "STORAGES."
        )
        yield Error(message, hint=hint, id="org_files.E012")
    for alias, key in aliases.items():
        yield from _check_storage(key, alias, named_storage(alias))


def _check_storage(key: str, alias: str, storage: Storage) -> Iterator[CheckMessage]:
    """Yield an error if the storage that ``ORG_FILES[key]`` names cannot be used."""
    if alias not in settings.STORAGES:
        message = f'ORG_FILES["{key}"] names {alias!r}, which STORAGES does not have.'
    elif isinstance(storage, UnusableStorage):
        message = f'STORAGES["{alias}"] cannot be used: {storage.error}'
    else:
        return
    yield Error(message, hint=f'STORAGES["{alias}"] = {STORAGE}', id="org_files.E012")


def check_backend(key: str, load: Callable[[], Backend]) -> Iterator[CheckMessage]:
    """Yield an error if the backend ``ORG_FILES[key]`` cannot be loaded, or its own messages."""
    try:
        backend = load()
    except ConfigurationError as error:
        yield Error(str(error), hint=_default(key), id="org_files.E011")
    else:
        yield from backend.check()


def _default(key: str) -> str:
    """Return a line of settings that works."""
    return f'ORG_FILES["{key}"] = {conf.SETTINGS[key].default!r}'


@register(Tags.database)
def check_database(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """Check that the counters work with the database."""
    try:
        counters = get_counters()
    except ConfigurationError:  # check_settings reports it
        return ()
    return counters.check_database() if counters.connection.alias in (databases or ()) else ()


@register("org_files")
def check_extras(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check that the packages of our extras that the settings name are installed."""
    framework: Any = getattr(settings, "REST_FRAMEWORK", {})
    storages: Any = settings.STORAGES
    named = [
        *framework.get("DEFAULT_AUTHENTICATION_CLASSES", ()),
        framework.get("DEFAULT_SCHEMA_CLASS", ""),
        *(storage.get("BACKEND", "") for storage in storages.values()),
    ]
    for path in named:
        package = path.partition(".")[0] if isinstance(path, str) else ""
        if package in EXTRAS and find_spec(package) is None:
            yield Error(
                f"The settings name {path}, but {package} is not installed.",
                hint=f'pip install "django-org-files[{EXTRAS[package]}]"',
                id="org_files.E013",
            )


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
        if Tier._meta.db_table not in connection.introspection.table_names():
            return True
        if tiers.filter(name=name).exists():
            return True
        executor = MigrationExecutor(connection)
    except DatabaseError:  # no database yet, as when an image is built
        return True
    except (CircularDependencyError, NodeNotFoundError):  # migrate reports it
        return True
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _check_user_name() -> Iterator[CheckMessage]:
    with suppress(ConfigurationError, ImproperlyConfigured):  # reported by other checks
        name, model = conf.user_name(), get_user_model()
        try:
            found = name is None or (
                callable(import_string(name)) if "." in name else hasattr(model, name)
            )
        except ImportError:
            found = False
        if not found:
            yield Error(
                f'ORG_FILES["USER_NAME"]: "{name}" is no attribute of {model.__name__}, and no '
                "function.",
                hint=_default("USER_NAME"),
                id="org_files.E010",
            )
