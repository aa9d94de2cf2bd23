"""Loader of classes that settings name by a dotted path."""

import inspect
from abc import ABC
from collections.abc import Iterable
from functools import cache
from typing import TypeVar

from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from org_files import conf
from org_files.exceptions import ConfigurationError


class Backend(ABC):
    """Base of all backends. OPTIONS of the settings become keyword arguments."""

    def check(self) -> Iterable[CheckMessage]:
        """Yield the errors and warnings about this backend, for ``manage.py check``."""
        return ()


BackendT = TypeVar("BackendT", bound=Backend)
ClassT = TypeVar("ClassT")


def load(key: str, base: type[BackendT]) -> BackendT:
    """Return the backend that ``ORG_FILES[key]`` names, an instance of ``base``.

    Raises ``ConfigurationError`` if the path cannot be imported, is no subclass of ``base``, or
    does not accept one of the OPTIONS.
    """
    spec: conf.BackendSpec = conf.SETTINGS[key]()
    cls = _import(key, spec.path, base)
    try:
        _bind(cls, frozenset(spec.options))
    except TypeError as error:
        raise ConfigurationError(f'ORG_FILES["{key}"]["OPTIONS"]: {error}.') from error
    return cls(**spec.options)


@cache
def _bind(cls: type, names: frozenset[str]) -> None:
    """Raise ``TypeError`` unless ``cls`` accepts keyword arguments of these names."""
    inspect.signature(cls).bind(**dict.fromkeys(names))


def load_class(key: str, base: type[ClassT]) -> type[ClassT]:
    """Return the class that ``ORG_FILES[key]`` names, a subclass of ``base``.

    Raises ``ConfigurationError`` if the path cannot be imported or is no subclass of ``base``.
    """
    return _import(key, conf.SETTINGS[key](), base)


def _import(key: str, path: str, base: type[ClassT]) -> type[ClassT]:
    try:
        cls = import_string(path)
    except ImportError as error:
        raise ConfigurationError(
            f'ORG_FILES["{key}"]: {path!r} cannot be imported: {error}'
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise ConfigurationError(
            f'ORG_FILES["{key}"]: {path!r} is not a subclass of '
            f"{base.__module__}.{base.__qualname__}."
        )
    return cls
