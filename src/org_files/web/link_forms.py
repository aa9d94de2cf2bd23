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
KEEP, NEVER, OTHER = "keep", "never", "other"


@dataclass(frozen=True)
class LinkForm:
    """The fields of a form."""

    #: A choice, and the number and unit of another time.
    expiry: FormField
    number: FormField
    unit: FormField
    more: Sequence[FormField]

    @property
    def times(self) -> Sequence[FormField]:
        """The fields of the time that the link lasts."""
        return self.expiry, self.number, self.unit

    @property
    def shows_more(self) -> bool:
        """Whether one of the fields that are hidden at first has an error."""
        return any(each.messages for each in self.more)


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
    match data.get("expires_in"):
        case "keep":
            del data["expires_in"]
        case "never":
            data["expires_in"] = None  # type: ignore[assignment]
        case "other":
            number, unit = data.get("expires_number", ""), data.get("expires_unit", "")
            is_number = re.fullmatch("[0-9]{1,9}", number, re.ASCII)
            is_valid = is_number and unit in map(str, UNITS)
            # The API says what is wrong with anything else.
            data["expires_in"] = str(int(number) * int(unit)) if is_valid else "?"
    return data


def _texts() -> dict[str, dict[str, Any]]:
    return {
        "label": {"help": _("Only you and those who manage the file see it.")},
        "max_downloads": {"help": _("Empty for no limit.")},
        "password": {"help": _("Empty for none."), "autocomplete": "new-password"},
    }


def _form(
    page: Any, file: AbstractFile, fields: Sequence[FormField], *, first: list[Any]
) -> LinkForm:
    bounds, typed = bounds_of(file), page.typed
    times = offered(bounds)
    choices = [*first, *((str(each), duration(each)) for each in times)]
    if bounds.allow_permanent:
        choices.append((NEVER, _("Without an end")))
    choices.append((OTHER, _("Another time")))
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
    other = replace(
        expiry,
        name="expires_number",
        label=_("Another time"),
        kind="number",
        value=typed.get("expires_number", ""),
        messages=(),
        required=False,
        help="",
    )
    unit = replace(
        other,
        name="expires_unit",
        label=_("Unit"),
        kind="select",
        choices=[(str(seconds), text) for seconds, text in UNITS.items()],
        value=typed.get("expires_unit", str(DAY)),
    )
    return LinkForm(expiry, other, unit, list(found.values()))
