"""Forms of share links, whose fields are those of the API but for the time that a link lasts."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from org_files.exceptions import NotAllowed, OriginalNotInTier
from org_files.links import bounds_of
from org_files.models import AbstractFile, ShareLink
from org_files.rest.link_serializers import LinkChangeSerializer, NewLinkSerializer
from org_files.tiers import allows_original, heights_of
from org_files.web.durations import DAY, UNITS, bounds_text, duration, offered, usual
from org_files.web.forms import FormField, fields_of

#: Values of ``expires_in`` that are no number of seconds.
KEEP, NEVER = "keep", "never"


NUMBER = re.compile("[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class LinkForm:
    """The fields of a form."""

    #: A choice of times.
    expiry: FormField
    #: The number and the unit of another time, which count instead of the choice.
    other: Sequence[FormField]
    more: Sequence[FormField]

    @property
    def shows_more(self) -> bool:
        """Whether one of the fields that are hidden at first has an error, or was filled in."""
        return bool(self.other[0].value) or any(each.messages for each in self.more)


def new_link_form(page: Any, file: AbstractFile) -> LinkForm:
    """Return the form of a new link to ``file``.

    Raises ``LinksNotInTier``, or ``OriginalNotInTier`` if the file cannot be shared at any height.
    """
    bounds_of(file)
    high = _("%(height)d pixels high")
    heights = [(str(each), high % {"height": each}) for each in heights_of(file)]
    if allows_original(file):
        heights.insert(0, ("", _("Original")))
    if not heights:
        raise OriginalNotInTier
    changes = _texts() | {"rendition": {"kind": "select", "choices": heights, "help": ""}}
    fields = fields_of(page, NewLinkSerializer(), **changes)
    shown = [each for each in fields if each.name != "rendition" or file.is_picture]
    return _form(page, file, shown, first=[])


def link_form(page: Any, link: ShareLink) -> LinkForm:
    """Return the form that changes ``link``. Raises ``LinksNotInTier``."""
    values = {"label": link.label, "max_downloads": link.max_downloads}
    shown = {name: {"value": page.typed.get(name, value)} for name, value in values.items()}
    changes = {name: text | shown.get(name, {}) for name, text in _texts().items()}
    fields = fields_of(page, LinkChangeSerializer(), **changes)
    return _form(page, link.file, fields, first=[(KEEP, _("As it is"))])


def form_or_reason(make: Callable[[Any, Any], LinkForm], page: Any, row: Any) -> dict[str, Any]:
    """Return the form that ``make`` returns, for a context, or why the tier has no links."""
    try:
        return {"link_form": make(page, row), "links_refused": ""}
    except NotAllowed as error:
        return {"link_form": None, "links_refused": error.message}


def link_data(form: QueryDict) -> QueryDict:
    """Return what the API takes: seconds from now in ``expires_in``, or ``None`` for no end."""
    data = form.copy()
    if number := form.get("expires_number", "").strip():
        unit = form.get("expires_unit", "")
        is_valid = NUMBER.fullmatch(number) and unit in map(str, UNITS)
        # The API says what is wrong with anything else.
        data["expires_in"] = str(int(number) * int(unit)) if is_valid else "?"
    elif data.get("expires_in") == KEEP:
        del data["expires_in"]
    elif data.get("expires_in") == NEVER:
        data["expires_in"] = None  # type: ignore[assignment]
    return data


def _texts() -> dict[str, dict[str, Any]]:
    return {
        "label": {"help": _("Only you and those who manage the file see it.")},
        "max_downloads": {"help": _("Empty for no limit.")},
        # Whoever makes up the password tells it to others, and so has to see it.
        "password": {
            "kind": "text",
            "help": _("Empty for none. It is not shown again."),
            "autocomplete": "off",
        },
    }


def _form(
    page: Any, file: AbstractFile, fields: Sequence[FormField], *, first: list[Any]
) -> LinkForm:
    bounds, typed = bounds_of(file), page.typed
    times = offered(bounds)
    choices = [*first, *((str(each), duration(each)) for each in times)]
    if bounds.allow_permanent:
        choices.append((NEVER, _("Without an end")))
    chosen = first[0][0] if first else str(usual(times) or choices[0][0])
    found = {each.name: each for each in fields}
    expiry = replace(
        found.pop("expires_in"),
        label=_("Ends after"),
        kind="select",
        choices=choices,
        value=typed.get("expires_in", chosen),
        help=bounds_text(bounds),
    )
    number = replace(
        expiry,
        name="expires_number",
        label=_("Or after"),
        kind="number",
        value=typed.get("expires_number", ""),
        messages=(),
        required=False,
        help="",
    )
    unit = replace(
        number,
        name="expires_unit",
        label=_("Unit"),
        kind="select",
        choices=[(str(seconds), text) for seconds, text in UNITS.items()],
        value=typed.get("expires_unit", str(DAY)),
    )
    return LinkForm(expiry, (number, unit), list(found.values()))
