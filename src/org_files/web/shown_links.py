"""Share links as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import pgettext_lazy

from org_files.models import LinkState, ShareLink
from org_files.rest.fields import display_name
from org_files.rest.link_serializers import LinkSerializer

STATES = {
    LinkState.ACTIVE: pgettext_lazy("a link", "active"),
    LinkState.EXPIRED: pgettext_lazy("a link", "expired"),
    LinkState.EXHAUSTED: pgettext_lazy("a link", "used up"),
    LinkState.REVOKED: pgettext_lazy("a link", "revoked"),
}


@dataclass(frozen=True)
class ShownLink:
    """A link with what a page says of it."""

    #: With its file and its creator joined.
    link: ShareLink
    state: LinkState
    #: ``None`` once the site's key has changed.
    url: str | None

    @property
    def is_active(self) -> bool:
        """Whether the link opens."""
        return self.state is LinkState.ACTIVE

    @property
    def is_revoked(self) -> bool:
        """Whether the link is over for good."""
        return self.state is LinkState.REVOKED

    @property
    def state_text(self) -> Any:
        """The state in the language of the reader."""
        return STATES[self.state]

    @property
    def creator(self) -> str:
        """The name of the user who made it."""
        return display_name(self.link.created_by)


def shown_links(links: Sequence[ShareLink], request: Any) -> list[ShownLink]:
    """Return ``links`` in their order, with the state that they have now."""
    now, serializer = timezone.now(), LinkSerializer(context={"request": request})
    return [ShownLink(link, link.state_at(now), serializer.get_url(link)) for link in links]
