"""Settings of the package: typed, and read anew at each access.

Everything lives in one dictionary, ``settings.ORG_FILES``, but for the two labels of swappable
models, which Django's migrations need to find on ``settings`` themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError

from org_files.exceptions import ConfigurationError
from org_files.picture_types import PICTURE_TYPES
from org_files.validators import validate_heights

__all__ = [
    "DEFAULTS",
    "FILE_MODEL_SETTING",
    "ORGANIZATION_MODEL_SETTING",
    "BackendSpec",
    "allowed_types",
    "backend",
    "browsable_api",
    "class_path",
    "default_tier",
    "eventlog_days",
    "file_model_label",
    "heights",
    "inline_types",
    "link_keep_days",
    "link_preview_agents",
    "max_file_size",
    "organization_creation",
    "organization_model_label",
    "profile_fields",
    "quota_bytes",
    "quota_files",
    "rendition_storage_alias",
    "storage_alias",
    "store_owner",
    "swappable_model",
    "ticket_seconds",
    "trash_days",
]

ORGANIZATION_MODEL_SETTING = "ORG_FILES_ORGANIZATION_MODEL"
FILE_MODEL_SETTING = "ORG_FILES_FILE_MODEL"

ANYONE, OPERATORS = "anyone", "operators"

SWAPPABLE_DEFAULTS = {
    ORGANIZATION_MODEL_SETTING: "org_files.Organization",
    FILE_MODEL_SETTING: "org_files.File",
}

DEFAULTS: Mapping[str, Any] = {
    "POLICY": {"BACKEND": "org_files.access.OrganizationPolicy"},
    "COUNTERS": {"BACKEND": "org_files.counters.LedgerCounters"},
    "DELIVERY": {"BACKEND": "org_files.delivery.StreamDelivery"},
    # An alias of settings.STORAGES; "default" where the site has none of this name.
    "STORAGE": "org_files",
    # The same for smaller pictures made of pictures.
    "RENDITION_STORAGE": "org_files",
    # A text that names the database that owns the bytes; None compares the database itself.
    "STORE_OWNER": None,
    # Heights, in pixels, that pictures of organizations without a tier come in.
    "HEIGHTS": (200, 400),
    # Bytes; None is no limit of ours.
    "MAX_FILE_SIZE": None,
    # What each organization may store, in bytes and in files; None is no limit of ours.
    "QUOTA_BYTES": None,
    "QUOTA_FILES": None,
    # Who may create organizations by the API: "anyone" who is logged in, or "operators".
    "ORGANIZATION_CREATION": "anyone",
    # The name of the tier that new organizations get; None is no tier.
    "DEFAULT_TIER": None,
    # Days that a file stays in the trash; None is forever.
    "TRASH_DAYS": 30,
    # Days that share links are kept that are over; None is forever.
    "LINK_KEEP_DAYS": 7,
    # Parts of the User-Agent of messengers and the like, which fetch links to show a preview of
    # them: no download, and no bytes.
    "LINK_PREVIEW_AGENTS": (
        "Discordbot",
        "facebookexternalhit",
        "Googlebot",
        "LinkedInBot",
        "Mattermost-Bot",
        "redditbot",
        "SkypeUriPreview",
        "Slackbot",
        "TelegramBot",
        "Twitterbot",
        "vkShare",
        "WhatsApp/",
    ),
    # Seconds that the URL of a ticket opens a file.
    "TICKET_SECONDS": 300,
    # Days that entries of org_files.eventlog are kept; None is forever.
    "EVENTLOG_DAYS": 90,
    # Content types, "image/*" allowed; None is every type.
    "ALLOWED_TYPES": None,
    # What a browser may show in place. Nothing in which a script could run.
    "INLINE_TYPES": (
        *PICTURE_TYPES,
        "application/pdf",
        "text/plain",
        "audio/*",
        "video/*",
    ),
    "BROWSABLE_API": True,
    # Who does what nobody waits for, such as smaller pictures of an upload.
    "TASKS": {"BACKEND": "org_files.queues.NoQueue"},
    # Subclasses of ours, with the columns that a site's own models add.
    "FILE_SERIALIZER": "org_files.rest.serializers.FileSerializer",
    "FILE_FILTER_SET": "org_files.rest.filters.FileFilterSet",
    "ORGANIZATION_SERIALIZER": "org_files.rest.serializers.OrganizationSerializer",
    # What follows when somebody registers.
    "REGISTRATION": {"BACKEND": "org_files.accounts.registration.NoOrganization"},
    # Columns of the site's user model that profiles have beside those that we know of.
    "PROFILE_FIELDS": (),
}


@dataclass(frozen=True)
class BackendSpec:
    """One ``{"BACKEND": dotted path, "OPTIONS": {...}}`` of the settings."""

    setting: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


def user_settings() -> Mapping[str, Any]:
    """Return what the site wrote in ``settings.ORG_FILES``, or nothing."""
    value = getattr(settings, "ORG_FILES", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError("ORG_FILES must be a dictionary.")
    return value


def _get(key: str) -> Any:
    return user_settings().get(key, DEFAULTS[key])


def organization_model_label() -> str:
    """Return the label of the organization model, ``"app_label.Model"``."""
    return _label(ORGANIZATION_MODEL_SETTING)


def file_model_label() -> str:
    """Return the label of the file model, ``"app_label.Model"``."""
    return _label(FILE_MODEL_SETTING)


def _label(setting: str) -> str:
    return str(getattr(settings, setting, SWAPPABLE_DEFAULTS[setting]))


def swappable_model(setting: str) -> Any:
    """Return the model class that ``setting`` names.

    Raises ``ImproperlyConfigured`` where the label is malformed or names no installed model.
    """
    label = _label(setting)
    try:
        return apps.get_model(label, require_ready=False)
    except ValueError:
        raise ImproperlyConfigured(
            f"{setting} must be of the form 'app_label.model_name', not {label!r}."
        ) from None
    except LookupError:
        raise ImproperlyConfigured(
            f"{setting} refers to model {label!r}, which is not installed."
        ) from None


def backend(key: str) -> BackendSpec:
    """Return the backend that ``ORG_FILES[key]`` names.

    Raises ``ConfigurationError`` where it is not ``{"BACKEND": dotted path, "OPTIONS": {...}}``.
    """
    value = _get(key)
    if (
        not isinstance(value, Mapping)
        or not isinstance(value.get("BACKEND"), str)
        or not isinstance(value.get("OPTIONS", {}), Mapping)
        or value.keys() - {"BACKEND", "OPTIONS"}
    ):
        raise ConfigurationError(
            f'ORG_FILES["{key}"] must be {{"BACKEND": "dotted.path", "OPTIONS": {{...}}}}.'
        )
    return BackendSpec(key, value["BACKEND"], value.get("OPTIONS", {}))


def class_path(key: str) -> str:
    """Return the dotted path of the class that ``ORG_FILES[key]`` names.

    Raises ``ConfigurationError`` where it is no text.
    """
    value = _get(key)
    if not isinstance(value, str):
        raise ConfigurationError(f'ORG_FILES["{key}"] must be the dotted path of a class.')
    return value


def storage_alias() -> str:
    """Return the alias in ``settings.STORAGES`` under which original files are kept."""
    return _alias("STORAGE")


def rendition_storage_alias() -> str:
    """Return the alias in ``settings.STORAGES`` under which smaller pictures are kept."""
    return _alias("RENDITION_STORAGE")


def _alias(key: str) -> str:
    alias = str(_get(key))
    if key not in user_settings() and alias not in settings.STORAGES:
        return "default"
    return alias


def store_owner() -> str | None:
    """Return the site's own name for the owner of its storages, ``None`` for its database.

    Raises ``ConfigurationError`` where it is neither a text nor ``None``.
    """
    value = _get("STORE_OWNER")
    if value is not None and not (isinstance(value, str) and value):
        raise ConfigurationError('ORG_FILES["STORE_OWNER"] must be a text like "mysite" or None.')
    return value


def heights() -> Sequence[int]:
    """Return the heights, in pixels, of pictures whose organization has no tier, lowest first.

    Raises ``ConfigurationError`` where they are no list of heights that a tier could have.
    """
    value = _get("HEIGHTS")
    try:
        found = sorted(set(value)) if isinstance(value, (list, tuple)) else value
        validate_heights(found)
    except (TypeError, ValidationError) as error:
        reason = f" {error.messages[0]}" if isinstance(error, ValidationError) else ""
        raise ConfigurationError(
            f'ORG_FILES["HEIGHTS"] must be a list like [200, 400].{reason}'
        ) from error
    return found


def max_file_size() -> int | None:
    """Return the largest file accepted, in bytes, or ``None`` for no limit.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    return _positive("MAX_FILE_SIZE", "of bytes")


def quota_bytes() -> int | None:
    """Return how many bytes an organization may store, or ``None`` for no limit.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    return _positive("QUOTA_BYTES", "of bytes")


def quota_files() -> int | None:
    """Return how many files an organization may store, or ``None`` for no limit.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    return _positive("QUOTA_FILES", "of files")


def organization_creation() -> str:
    """Return who may create organizations by the API: ``"anyone"`` or ``"operators"``.

    Raises ``ConfigurationError`` for anything else.
    """
    value = _get("ORGANIZATION_CREATION")
    if value not in (ANYONE, OPERATORS):
        raise ConfigurationError(
            f'ORG_FILES["ORGANIZATION_CREATION"] must be "{ANYONE}" or "{OPERATORS}".'
        )
    return str(value)


def default_tier() -> str | None:
    """Return the name of the tier that new organizations get, or ``None`` for no tier.

    Raises ``ConfigurationError`` where it is neither ``None`` nor a text.
    """
    value = _get("DEFAULT_TIER")
    if value is not None and (not isinstance(value, str) or not value):
        raise ConfigurationError('ORG_FILES["DEFAULT_TIER"] must be the name of a tier or None.')
    return value


def trash_days() -> int | None:
    """Return how many days a file stays in the trash, or ``None`` for ever.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    return _positive("TRASH_DAYS", "of days")


def link_keep_days() -> int | None:
    """Return how many days share links are kept that are over, or ``None`` for ever.

    Raises ``ConfigurationError`` where it is no whole number, or below 0.
    """
    return _positive("LINK_KEEP_DAYS", "of days", least=0)


def link_preview_agents() -> Sequence[str]:
    """Return parts of the User-Agent of whoever fetches share links without being asked to.

    Raises ``ConfigurationError`` where they are no list of texts.
    """
    value = _get("LINK_PREVIEW_AGENTS")
    if isinstance(value, str) or not all(isinstance(name, str) and name for name in value):
        raise ConfigurationError(
            'ORG_FILES["LINK_PREVIEW_AGENTS"] must be a list like ["Slackbot"].'
        )
    return tuple(value)


def ticket_seconds() -> int:
    """Return how many seconds a ticket opens a file.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    value = _positive("TICKET_SECONDS", "of seconds")
    if value is None:
        raise ConfigurationError('ORG_FILES["TICKET_SECONDS"] must be a number of seconds.')
    return value


def eventlog_days() -> int | None:
    """Return how many days entries of the event log are kept, or ``None`` for ever.

    Raises ``ConfigurationError`` where it is no positive whole number.
    """
    return _positive("EVENTLOG_DAYS", "of days")


def _positive(key: str, what: str, *, least: int = 1) -> int | None:
    value = _get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationError(f'ORG_FILES["{key}"] must be a number {what} or None.')
    return value


def allowed_types() -> Sequence[str] | None:
    """Return the content types accepted (``"image/*"`` stands for a family), ``None`` for all."""
    value = _get("ALLOWED_TYPES")
    return None if value is None else _types("ALLOWED_TYPES", value)


def inline_types() -> Sequence[str]:
    """Return the content types that a browser may be told to show in place."""
    return _types("INLINE_TYPES", _get("INLINE_TYPES"))


def _types(key: str, value: Any) -> Sequence[str]:
    if isinstance(value, str) or not all(isinstance(item, str) and "/" in item for item in value):
        raise ConfigurationError(f'ORG_FILES["{key}"] must be a list like ["image/*"].')
    return tuple(value)


def browsable_api() -> bool:
    """Return whether HTML pages of the API are served to browsers.

    Raises ``ConfigurationError`` where it is neither true nor false.
    """
    value = _get("BROWSABLE_API")
    if not isinstance(value, bool):
        raise ConfigurationError('ORG_FILES["BROWSABLE_API"] must be True or False.')
    return value


def profile_fields() -> Sequence[str]:
    """Return the names of further columns of the user model that profiles have.

    Raises ``ConfigurationError`` where it is no list of names.
    """
    value = _get("PROFILE_FIELDS")
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise ConfigurationError('ORG_FILES["PROFILE_FIELDS"] must be a list like ["department"].')
    return tuple(value)
