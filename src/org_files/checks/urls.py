"""System check of the site's URLs."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as CheckWarning
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize

from org_files.checks.models import check_models
from org_files.checks.settings import check_extras

#: Ids that a site's routes may accept: numbers, UUIDs and words.
SAMPLES = ("1", "00000000-0000-4000-8000-000000000000", "sample")

PARAMETER = re.compile(r"%\(\w+\)s")


@register("org_files", Tags.urls)
def check_urls(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn of routes of the package that another view answers."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return
    messages = [*check_extras(None), *check_models(None)]
    if any(message.is_serious() for message in messages):  # the views cannot be imported
        return
    resolver = get_resolver()
    patterns = resolver.url_patterns
    # By name: a route may be shadowed for some ids alone.
    shadowed: dict[str, CheckMessage] = {}
    for sample in SAMPLES:
        for name, view, url in _our_routes(patterns, sample):
            answer = _answering_view(resolver, url)
            if answer is not None and not _is_or_extends(answer, view):
                shadowed.setdefault(name, _warning(name, view, url, answer))
    yield from shadowed.values()


def _warning(name: str, view: Any, url: str, answer: Any) -> CheckMessage:
    return CheckWarning(
        f"{url} is answered by {_dotted(answer)}, not by {_dotted(view)} of the route {name}: "
        "another route of the site comes first.",
        hint="Include the package's URLs before the other route, or under a prefix of their own.",
        id="org_files.W013",
    )


def _our_routes(
    patterns: Iterable[URLPattern | URLResolver], sample: str, before: str = "/", space: str = ""
) -> Iterator[tuple[str, Any, str]]:
    """Yield name, view and URL of the package's routes, with ``sample`` as each id."""
    for each in patterns:
        if (part := _sample_of(each.pattern, sample)) is None:
            continue
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from _our_routes(each.url_patterns, sample, before + part, inner)
        elif _is_ours(view := _view_of(each.callback)):
            yield f"{space}{each.name}", view, before + part


def _sample_of(pattern: Any, sample: str) -> str | None:
    """Return a part of a path that ``pattern`` matches, ``None`` if no sample of an id does."""
    for text, _names in normalize(pattern.regex.pattern)[:1]:
        for id in (sample, *SAMPLES):
            part = PARAMETER.sub(id, text)
            if pattern.match(part) is not None:
                return part
    return None


def _answering_view(resolver: URLResolver, url: str) -> Any:
    try:
        return _view_of(resolver.resolve(url).func)
    except Resolver404:
        return None


def _view_of(callback: Any) -> Any:
    """Return the class of a view, or the function that it is."""
    return getattr(callback, "cls", None) or getattr(callback, "view_class", callback)


def _is_ours(view: Any) -> bool:
    return isinstance(view, type) and view.__module__.startswith("org_files.")


def _is_or_extends(answer: Any, view: Any) -> bool:
    return answer is view or (isinstance(answer, type) and issubclass(answer, view))


def _dotted(view: Any) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__qualname__)}"
