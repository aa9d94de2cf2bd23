"""Settings of the package: typed, and read at each access.

All are keys of one dictionary, ``settings.ORG_FILES``, except the two labels of swappable models,
which Django's migrations look for on ``settings``. An optional app registers its own keys when it
is ready.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.module_loading import import_string

from org_files.exceptions import ConfigurationError
from org_files.picture_types import PICTURE_TYPES
from org_files.validators import validate_heights

ORGANIZATION_MODEL_SETTING = "ORG_FILES_ORGANIZATION_MODEL"
FILE_MODEL_SETTING = "ORG_FILES_FILE_MODEL"

SWAPPABLE_DEFAULTS = {
    ORGANIZATION_MODEL_SETTING: "org_files.Organization",
    FILE_MODEL_SETTING: "org_files.File",
}

ANYONE, OPERATORS = "anyone", "operators"

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One key of ``ORG_FILES``."""

    key: str
    default: Any
    #: Returns the value to use. Raises ``TypeError``, ``ValueError`` or ``ValidationError``.
    clean: Callable[[Any], T]
    #: Completes the sentence 'ORG_FILES["KEY"] must be ...'.
    expected: str

    def __call__(self) -> T:
        """Return the site's value, or the default.

        Raises ``ConfigurationError`` if the value is malformed.
        """
        value = user_settings().get(self.key, self.default)
        try:
            return self.clean(value)
        except (TypeError, ValueError, ValidationError) as error:
            reason = f" {error.messages[0]}" if isinstance(error, ValidationError) else ""
            raise ConfigurationError(
                f'ORG_FILES["{self.key}"] must be {self.expected}.{reason}'
            ) from error


#: All registered settings, by key.
SETTINGS: dict[str, Setting[Any]] = {}


def register(key: str, default: Any, clean: Callable[[Any], T], expected: str) -> Setting[T]:
    """Add a key to ``ORG_FILES`` and return its setting, a callable that returns the value."""
    setting = SETTINGS[key] = Setting(key, default, clean, expected)
    return setting


def user_settings() -> Mapping[str, Any]:
    """Return ``settings.ORG_FILES``, empty if the site has none."""
    value = getattr(settings, "ORG_FILES", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError("ORG_FILES must be a dictionary.")
    return value


class BackendSpec(NamedTuple):
    """The value of a backend's setting: a dotted path, and keyword arguments of the class."""

    path: str
    options: Mapping[str, Any]


def whole_number(value: Any, *, minimum: int = 1) -> int:
    """Return ``value`` if it is a whole number of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise ValueError(value)
    return value


def text(value: Any) -> str:
    """Return ``value`` if it is a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    return value


def texts(value: Any) -> Sequence[str]:
    """Return a tuple of the texts in ``value``."""
    if isinstance(value, str):
        raise TypeError(value)
    return tuple(map(text, value))


def optional(clean: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Return ``clean`` for a setting that may be ``None``."""
    return lambda value: None if value is None else clean(value)


def backend(value: Any) -> BackendSpec:
    """Return the backend that ``{"BACKEND": dotted path, "OPTIONS": {...}}`` describes."""
    options = value.get("OPTIONS", {}) if isinstance(value, Mapping) else None
    if not isinstance(options, Mapping) or value.keys() - {"BACKEND", "OPTIONS"}:
        raise ValueError(value)
    return BackendSpec(text(value.get("BACKEND")), options)


def _content_types(value: Any) -> Sequence[str]:
    types = texts(value)
    if not all("/" in item for item in types):
        raise ValueError(value)
    return types


def _heights(value: Any) -> Sequence[int]:
    heights = sorted(set(value)) if isinstance(value, (list, tuple)) else value
    validate_heights(heights)
    return list(heights)


def _preview_agents() -> Sequence[str]:
    """Return the parts that the data file lists, beside examples that prove them."""
    text = Path(__file__).with_name("preview_agents.toml").read_text(encoding="utf-8")
    return tuple(agent["part"] for agent in tomllib.loads(text)["agent"])


def _choice(choices: tuple[T, ...], value: Any) -> T:
    # 1 equals True, but is of another type.
    if not isinstance(value, type(choices[0])) or value not in choices:
        raise ValueError(value)
    return value


#: The forms of values that more than one setting has.
BACKEND = (backend, '{"BACKEND": "dotted.path", "OPTIONS": {...}}')
CLASS = (text, "the dotted path of a class")
CONTENT_TYPES = 'a list like ["image/*"]'
number = optional(whole_number)

register("POLICY", {"BACKEND": "org_files.access.OrganizationPolicy"}, *BACKEND)
register("COUNTERS", {"BACKEND": "org_files.counters.LedgerCounters"}, *BACKEND)
register("DELIVERY", {"BACKEND": "org_files.delivery.StreamDelivery"}, *BACKEND)
#: Takes the work that no request waits for, such as the renditions of an upload.
register("TASKS", {"BACKEND": "org_files.queues.NoQueue"}, *BACKEND)
#: Subclasses of these three add the columns of a site's own models.
register("FILE_SERIALIZER", "org_files.rest.serializers.FileSerializer", *CLASS)
register("FILE_FILTER_SET", "org_files.rest.filters.FileFilterSet", *CLASS)
register("ORGANIZATION_SERIALIZER", "org_files.rest.serializers.OrganizationSerializer", *CLASS)

#: Aliases of ``settings.STORAGES``, or dotted paths of functions that return one.
_storage = register("STORAGE", "org_files", str, "an alias of STORAGES")
_rendition_storage = register("RENDITION_STORAGE", "org_files", str, "an alias of STORAGES")
#: The name of the database that owns the bytes; ``None`` compares the database itself.
store_owner = register("STORE_OWNER", None, optional(text), 'a text like "mysite" or None')

#: Bytes of one file; ``None`` is no limit.
max_file_size = register("MAX_FILE_SIZE", None, number, "a number of bytes or None")
#: Storage of each organization, in bytes and in files; ``None`` is no limit.
quota_bytes = register("QUOTA_BYTES", None, number, "a number of bytes or None")
quota_files = register("QUOTA_FILES", None, number, "a number of files or None")
#: Content types accepted; ``None`` is every type.
allowed_types = register("ALLOWED_TYPES", None, optional(_content_types), CONTENT_TYPES)
#: Content types that browsers may show in place: none in which a script could run.
inline_types = register(
    "INLINE_TYPES",
    (*PICTURE_TYPES, "application/pdf", "text/plain", "audio/*", "video/*"),
    _content_types,
    CONTENT_TYPES,
)
#: Heights of renditions, in pixels, lowest first, for organizations without a tier.
heights = register("HEIGHTS", (200, 400), _heights, "a list like [200, 400]")
#: Pixels of a picture that is decoded; a JPEG is decoded in a smaller size where that suffices.
max_picture_pixels = register("MAX_PICTURE_PIXELS", 40_000_000, whole_number, "a number of pixels")

#: Who may create organizations by the API: ``ANYONE`` who is logged in, or ``OPERATORS``.
organization_creation = register(
    "ORGANIZATION_CREATION",
    ANYONE,
    partial(_choice, (ANYONE, OPERATORS)),
    f'"{ANYONE}" or "{OPERATORS}"',
)
#: The name of the tier that new organizations get.
default_tier = register("DEFAULT_TIER", None, optional(text), "the name of a tier or None")

#: Days that a file stays in the trash; ``None`` is for ever.
trash_days = register("TRASH_DAYS", 30, number, "a number of days or None")
#: Days that ended share links are kept; ``None`` is for ever.
link_keep_days = register(
    "LINK_KEEP_DAYS", 7, optional(partial(whole_number, minimum=0)), "a number of days or None"
)
#: Parts of the User-Agent of clients that fetch links to show a preview: they get no bytes. One
#: with "^" begins the User-Agent.
link_preview_agents = register(
    "LINK_PREVIEW_AGENTS", _preview_agents(), texts, 'a list like ["Slackbot"]'
)
#: Whether browsers get a page with a button before the content of a link.
link_landing = register("LINK_LANDING", False, partial(_choice, (True, False)), "True or False")
#: Seconds that the URL of a ticket opens a file.
ticket_seconds = register("TICKET_SECONDS", 300, whole_number, "a number of seconds")
#: Whether browsers get HTML pages of the API.
browsable_api = register("BROWSABLE_API", True, partial(_choice, (True, False)), "True or False")
#: Begins the tag of each operation in the OpenAPI description, before a colon.
openapi_tag = register(
    "OPENAPI_TAG", "Org files", lambda value: text(value).rstrip(": "), 'a text like "Documents"'
)
#: What people are called: an attribute or a method of the user model, or a function's dotted path.
user_name = register("USER_NAME", None, optional(text), 'a text like "nickname" or None')


def _alias(setting: Setting[str], organization: Any = None) -> str:
    """Return the alias; "default" if the site neither sets it nor has a storage of its name."""
    if setting is _rendition_storage and setting.key not in user_settings() and _is_path(_storage):
        setting = _storage
    alias = setting()
    if _is_path(setting):
        return _alias_by_function(setting.key, alias, organization)
    if setting.key not in user_settings() and alias not in settings.STORAGES:
        return "default"
    return alias


def _is_path(setting: Setting[str]) -> bool:
    return "." in setting() and setting() not in settings.STORAGES


def _alias_by_function(key: str, path: str, organization: Any) -> str:
    named = f'ORG_FILES["{key}"] names {path!r}, which'
    try:
        function = import_string(path)
    except ImportError as error:
        message = f"{named} is no alias of STORAGES and cannot be imported: {error}"
        raise ConfigurationError(message) from error
    try:
        alias = function(organization)
    except Exception as error:
        if organization is None:  # as of a check
            message = f"{named} fails for None: {type(error).__name__}: {error}"
            raise ConfigurationError(message) from error
        raise
    if not isinstance(alias, str) or alias not in settings.STORAGES:
        argument = "None" if organization is None else f"the organization {organization.pk}"
        raise ConfigurationError(
            f"{named} returns {alias!r} for {argument}: STORAGES does not have that alias."
        )
    return alias


#: Return the aliases of the storages of new original files, and new renditions, of an organization.
storage_alias = partial(_alias, _storage)
rendition_storage_alias = partial(_alias, _rendition_storage)


def has_storages_by_organization() -> bool:
    """Return whether a function chooses the storage of an organization."""
    with suppress(ConfigurationError):  # Models ask while they load; a check reports it.
        return _is_path(_storage) or _is_path(_rendition_storage)
    return False


def _label(setting: str) -> str:
    return str(getattr(settings, setting, SWAPPABLE_DEFAULTS[setting]))


#: Return the labels of the two swappable models, ``"app_label.Model"``.
organization_model_label = partial(_label, ORGANIZATION_MODEL_SETTING)
file_model_label = partial(_label, FILE_MODEL_SETTING)


def swappable_model(setting: str) -> Any:
    """Return the model class that ``setting`` names.

    Raises ``ImproperlyConfigured`` if the label is malformed or names no installed model.
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
