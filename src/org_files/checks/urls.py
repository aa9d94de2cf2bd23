"""System check of the site's URLs."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.http import Http404
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from org_files.checks.models import check_models
from org_files.checks.settings import check_extras

#: Ids that a site's routes may accept: numbers, UUIDs and words.
SAMPLES = ("1", "00000000-0000-4000-8000-000000000000", "sample")

PARAMETER = re.compile(r"%\(\w+\)s")


@register("org_files", Tags.urls)
def check_urls(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn of routes of the package that another view answers, and the reverse."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return
    messages = [*check_extras(None), *check_models(None)]
    if any(message.is_serious() for message in messages):  # the views cannot be imported
        return
    resolver = get_resolver()
    # By name: a route may be shadowed for some ids alone.
    shadowed: dict[str, CheckMessage] = {}
    for sample in SAMPLES:
        routes = [*_routes(resolver.url_patterns, sample)]
        prefixes = tuple({route.prefix for route in routes if _is_ours(route.view)})
        for route in routes:
            if not route.url.startswith(prefixes):  # spares most of a large site
                continue
            answer = _answering_view(resolver, route.url)
            if answer is None or _is_or_extends(answer, route.view):
                continue
            if _is_ours(route.view) or _is_ours(answer):
                shadowed.setdefault(route.name, _warning(route, answer))
    yield from shadowed.values()


class _Route(NamedTuple):
    name: str
    view: Any
    #: The path at which the URLs are included.
    prefix: str
    #: With a sample of each id.
    url: str


def _warning(route: _Route, answer: Any) -> CheckMessage:
    ours = _is_ours(route.view)
    place = " before the other route, or" if ours else ""
    return CheckWarning(
        f"{route.url} is answered by {_dotted(answer)}, not by {_dotted(route.view)} of the route "
        f"{route.name}: another route {'of the site' if ours else 'of the package'} comes first.",
        hint=f"Include the package's URLs{place} under a prefix of their own.",
        id="org_files.W013",
    )


def _routes(
    patterns: Iterable[URLPattern | URLResolver], sample: str, prefix: str = "/", space: str = ""
) -> Iterator[_Route]:
    """Yield the routes of a site, with ``sample`` as each id."""
    for each in patterns:
        if (part := _sample_of(each.pattern, sample)) is None:
            continue
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _routes(each.url_patterns, sample, prefix + part, inner)
        else:
            name = f"{space}{each.name or each.pattern}"
            yield _Route(name, _view_of(each.callback), prefix, prefix + part)


def _sample_of(pattern: Any, sample: str) -> str | None:
    """Return a part of a path that ``pattern`` matches, ``None`` if no sample of an id does."""
    for text, _names in normalize(pattern.regex.pattern)[:1]:
        for id in (sample, *SAMPLES):
            part = PARAMETER.sub(id, text)
            # Without converters, which may ask a database.
            if pattern.regex.search(part):
                return part
    return None


def _answering_view(resolver: URLResolver, url: str) -> Any:
    try:
        return _view_of(resolver.resolve(url).func)
    # The last two are of converters, for a sample or before the first migration.
    except (Http404, ObjectDoesNotExist, DatabaseError):
        return None


def _view_of(callback: Any) -> Any:
    """Return the class of a view, or the function that it is."""
    return getattr(callback, "cls", None) or getattr(callback, "view_class", callback)


def _is_ours(view: Any) -> bool:
    return str(getattr(view, "__module__", "")).startswith("org_files.")


def _is_or_extends(answer: Any, view: Any) -> bool:
    if isinstance(answer, type) and isinstance(view, type):
        return issubclass(answer, view)
    return bool(answer == view)


def _dotted(view: Any) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
