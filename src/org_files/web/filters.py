"""The form that filters and sorts a list of files."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from org_files.access import Policy
from org_files.files.kinds import Kind
from org_files.models import AbstractOrganization
from org_files.web import choices
from org_files.web.moments import start_of_day

#: Values and labels of a select.
Pairs = Sequence[tuple[str, Any]]

#: Parameters of the pages, which lists of the API do not know.
OWN = ("view", "selected")

#: Parameters that leave no file out.
NEUTRAL = (*OWN, "ordering", "page_size", "cursor")

#: Fields of the form that can leave files out.
FIELDS = (
    *("search", "organization", "kind", "owner", "is_public"),
    *("created_after", "created_before", "min_size", "max_size"),
)

DEFAULT_ORDERING = "-created_at"

ORDERINGS: Pairs = (
    ("-created_at", _("Newest first")),
    ("created_at", _("Oldest first")),
    ("name", _("By name, A to Z")),
    ("-name", _("By name, Z to A")),
    ("-size", _("Largest first")),
    ("size", _("Smallest first")),
    ("-download_count", _("Most downloads first")),
    ("-last_downloaded_at", _("Last downloaded first")),
)

SIZES = tuple(1024**2 * number for number in (1, 10, 100, 1024))

#: The smallest difference of two moments: the API compares without equality.
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def api_query(query: QueryDict) -> QueryDict:
    """Return the parameters of the API for those of a page: days become moments."""
    found = query.copy()
    # The trash has a page of its own.
    for name in (*OWN, "trashed"):
        found.pop(name, None)
    for name, offset in (("created_after", -INSTANT), ("created_before", DAY)):
        if moment := start_of_day(found.get(name) or "", offset=offset):
            found[name] = moment.isoformat()
    return found


class FileFilters:
    """The fields of the form, with what the user may choose and what is chosen."""

    def __init__(self, query: QueryDict, *, policy: Policy, user: Any) -> None:
        self.query, self.policy, self.user = query, policy, user

    def __getitem__(self, name: str) -> str:
        """Return what is chosen in a field. Templates look it up as an attribute."""
        if name not in FIELDS:
            raise KeyError(name)
        return self.query.get(name) or ""

    @property
    def is_used(self) -> bool:
        """Whether files may be left out."""
        return any(text for name, text in self.query.items() if name not in NEUTRAL)

    @property
    def others(self) -> Pairs:
        """Parameters that the form sends on, such as those that a link of the site has."""
        left = {*FIELDS, *OWN, "ordering", "cursor"}
        return [(name, text) for name, text in self.query.items() if name not in left]

    @property
    def is_open(self) -> bool:
        """Whether a field is used that is not always shown."""
        return any(self[name] for name in FIELDS if name != "search")

    @cached_property
    def visible_organizations(self) -> Sequence[AbstractOrganization]:
        """The organizations that the user sees."""
        return choices.visible_organizations(self.policy, self.user, self["organization"])

    @property
    def chosen_organization(self) -> AbstractOrganization | None:
        """The organization that is chosen, or the only one."""
        rows = self.visible_organizations
        if self["organization"]:
            return next((row for row in rows if str(row.pk) == self["organization"]), None)
        return rows[0] if len(rows) == 1 else None

    @property
    def organizations(self) -> Pairs:
        """The choices of an organization."""
        rows = self.visible_organizations
        return [("", _("All organizations")), *((str(row.pk), row.name) for row in rows)]

    @property
    def kinds(self) -> Pairs:
        """The choices of a kind of files."""
        return [("", _("All kinds")), *Kind.choices]

    @cached_property
    def owners(self) -> Pairs:
        """The choices of an owner."""
        people = choices.visible_people(self.policy, self.user, self["owner"])
        return [("", _("Everybody")), (str(self.user.pk), _("Me")), *people]

    @property
    def visibilities(self) -> Pairs:
        """The choices of public files or others."""
        return [("", _("All")), ("true", _("Public")), ("false", _("Not public"))]

    @property
    def sizes(self) -> Pairs:
        """The choices of a smallest or a largest size."""
        # An address may have any size.
        chosen = {self["min_size"], self["max_size"]} - {""}
        known = {*SIZES, *(int(text) for text in chosen)}
        return [("", _("Any size")), *((str(each), filesizeformat(each)) for each in sorted(known))]

    @property
    def ordering(self) -> str:
        """The ordering of the list."""
        return self.query.get("ordering") or DEFAULT_ORDERING

    @property
    def orderings(self) -> Pairs:
        """The choices of an ordering."""
        return ORDERINGS
