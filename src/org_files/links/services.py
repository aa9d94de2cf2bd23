"""Share-link services: create, change, revoke, remove. Callers ask the policy first.

Tokens are derived from the public id and ``SECRET_KEY``, and never stored.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import ModelSignal
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from org_files.db.rows import change_row, conflicts, writing
from org_files.events import record_on_commit
from org_files.exceptions import HeightNotInTier, InvalidField, LinksNotInTier, OriginalNotInTier
from org_files.links.passwords import normal_password
from org_files.models import AbstractFile, LinkState, ShareLink, in_state
from org_files.signals import link_created, link_revoked
from org_files.tiers import allows_original, heights_of, tier_of_file

SALT = "org_files.links.token"
BATCH_SIZE = 500


@dataclass(frozen=True)
class LinkBounds:
    """Limits on the duration of links."""

    #: Seconds.
    shortest: int = 1
    #: Seconds; ``None`` is no limit.
    longest: int | None = None
    #: Whether a link may last without end.
    allow_permanent: bool = True


def bounds_of(file: AbstractFile) -> LinkBounds:
    """Return the limits on links to ``file``. Raises ``LinksNotInTier``."""
    tier = tier_of_file(file)
    if tier is None:
        return LinkBounds()
    if not tier.allow_links:
        raise LinksNotInTier
    return LinkBounds(tier.link_min_seconds, tier.link_max_seconds, tier.allow_permanent_links)


def check_shared(file: AbstractFile, rendition: int | None) -> None:
    """Check that the tier of ``file`` allows to share this height of it, or the original.

    Raises ``InvalidField`` for a height of a file that is no picture, ``LinksNotInTier``,
    ``HeightNotInTier`` or ``OriginalNotInTier``.
    """
    if rendition is not None and not file.is_picture:
        raise InvalidField("rendition", _("This file is no picture."))
    bounds_of(file)
    if rendition is None:
        if not allows_original(file):
            raise OriginalNotInTier
    elif rendition not in heights_of(file):
        raise HeightNotInTier


def create_link(
    *,
    file: AbstractFile,
    user: Any,
    expires_in: int | None,
    max_downloads: int | None = None,
    password: str = "",
    label: str = "",
    rendition: int | None = None,
) -> ShareLink:
    """Create a link of ``user`` to ``file``, or to one height of it.

    It lasts ``expires_in`` seconds (``None``: without end) and for ``max_downloads``. Raises
    ``InvalidField`` if that is out of bounds, the errors of ``check_shared``, and ``Conflict`` if
    the file or the user was deleted meanwhile.
    """
    check_shared(file, rendition)
    model: Any = ShareLink
    link: ShareLink = model(
        file=file,
        created_by=user,
        rendition=rendition,
        label=label,
        password=make_password(normal_password(password)) if password else "",
        max_downloads=max_downloads,
        expires_at=_end_of(file, expires_in),
    )
    link.token_digest = digest_of(_token(link, settings.SECRET_KEY))
    with conflicts(), writing(ShareLink):
        link.save(force_insert=True)
    announce(link_created, "link.created", link, user=user)
    return link


def token_of(link: ShareLink) -> str | None:
    """Return the token of ``link`` by ``SECRET_KEY`` or one of ``SECRET_KEY_FALLBACKS``.

    ``None`` if it was made with another key.
    """
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(link, secret)
        if hmac.compare_digest(digest_of(token), link.token_digest):
            return token
    return None


def digest_of(token: str) -> str:
    """Return the hexadecimal SHA-256 of ``token``, which the database stores."""
    return hashlib.sha256(token.encode()).hexdigest()


def change_link(*, link: ShareLink, **values: Any) -> None:
    """Change ``label``, ``max_downloads`` or, counted from now, ``expires_in`` of a link.

    Raises the errors of ``create_link``, and ``DoesNotExist`` if the link is gone.
    """
    if "expires_in" in values:
        values["expires_at"] = _end_of(link.file, values.pop("expires_in"))
    if "max_downloads" in values:
        # When the new limit is reached, the last use sets it again.
        values["exhausted_at"] = timezone.now()
    change_row(link, values)


def revoke_link(*, link: ShareLink) -> None:
    """End ``link`` at once. A link that is revoked already stays as it is."""
    now = timezone.now()
    if ShareLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=now):
        link.revoked_at = now
        announce(link_revoked, "link.revoked", link)


def remove_ended_links(
    *, before: datetime, on_batch: Callable[[int], None] = lambda _: None
) -> int:
    """Remove links that ended at ``before`` or earlier; return how many."""
    ended, removed = ended_links(before), 0
    while keys := list(ended.values_list("pk", flat=True)[:BATCH_SIZE]):
        # Asked again: one of them may have got more time.
        _rows, by_model = ended.filter(pk__in=keys).delete()
        count = by_model.get(ShareLink._meta.label, 0)
        removed += count
        on_batch(count)
    return removed


def ended_links(before: datetime) -> QuerySet[ShareLink]:
    """Return links that ended at ``before`` or earlier."""
    is_used_up = in_state(LinkState.EXHAUSTED, before) & Q(exhausted_at__lte=before)
    has_ended = Q(revoked_at__lte=before) | Q(expires_at__lte=before)
    return ShareLink.objects.filter(has_ended | is_used_up)


def announce(signal: ModelSignal, event: str, link: ShareLink, **arguments: Any) -> None:
    """Send ``signal`` and record ``event`` on commit."""
    using, file = link._state.db, link.file
    send = partial(signal.send_robust, sender=ShareLink, link=link, **arguments)
    transaction.on_commit(send, using=using)
    place: Any = {"organization": file.organization_id, "file": str(file.public_id)}
    record_on_commit(event, using=using, obj=link, **place)


def _token(link: ShareLink, secret: str | bytes) -> str:
    """Return the token of ``link`` by a key: 256 bits in base64url (RFC 4648 §5)."""
    code = salted_hmac(SALT, link.public_id.bytes, secret=secret, algorithm="sha256")
    return urlsafe_b64encode(code.digest()).rstrip(b"=").decode()


def _end_of(file: AbstractFile, seconds: int | None) -> datetime | None:
    bounds = bounds_of(file)
    if seconds is None:
        if bounds.allow_permanent:
            return None
        message = _("Links need an end here.")
    elif seconds < bounds.shortest:
        message = _("At least %(number)d seconds.") % {"number": bounds.shortest}
    elif bounds.longest is not None and seconds > bounds.longest:
        message = _("At most %(number)d seconds.") % {"number": bounds.longest}
    else:
        with suppress(OverflowError):
            end = timezone.now() + timedelta(seconds=seconds)
            if end.year < 9999:
                return end
        message = _("The time is out of range.")
    raise InvalidField("expires_in", message)
