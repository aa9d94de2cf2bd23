"""Share links, and the wrong passwords that were sent to them."""

import math
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.ids import new_public_id


class LinkState(StrEnum):
    """The state of a share link."""

    ACTIVE = "active"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    REVOKED = "revoked"


class ShareLink(models.Model):
    """A link to one file, or to one height of a picture, written by ``links`` alone.

    It ends with its file and with the account of its creator. The token is not stored: it is
    derived from ``public_id`` and ``SECRET_KEY``, and found by its digest.
    """

    public_id = models.UUIDField(_("public id"), unique=True, default=new_public_id, editable=False)
    token_digest = models.CharField(
        _("SHA-256 of the token"), max_length=64, unique=True, editable=False
    )
    file = models.ForeignKey(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("file"),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("created by"),
    )
    rendition = models.PositiveIntegerField(_("height"), null=True, blank=True)
    label = models.CharField(_("label"), max_length=200, blank=True)
    password = models.CharField(_("password"), max_length=255, blank=True, editable=False)
    max_downloads = models.PositiveBigIntegerField(_("downloads at most"), null=True, blank=True)
    used = models.PositiveBigIntegerField(_("downloads"), default=0, editable=False)
    last_used_at = models.DateTimeField(_("last download"), null=True, editable=False)
    #: When the last download was used, or a lower limit was set.
    exhausted_at = models.DateTimeField(_("used up at"), null=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        indexes = [
            models.Index(fields=["created_by", "created_at"], name="org_files_link_creator"),
            models.Index(fields=["expires_at"], name="org_files_link_expiry"),
        ]

    def __str__(self) -> str:
        return self.label or str(self.public_id)

    def state_at(self, now: datetime) -> LinkState:
        """Return the state at ``now``. Of several the first in this order holds."""
        if self.revoked_at is not None:
            return LinkState.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkState.EXPIRED
        if self.max_downloads is not None and self.used >= self.max_downloads:
            return LinkState.EXHAUSTED
        return LinkState.ACTIVE

    def time_left_at(self, now: datetime) -> int | None:
        """Return the seconds left: 0 for a link that is over, ``None`` for one without end."""
        if self.state_at(now) is not LinkState.ACTIVE:
            return 0
        if self.expires_at is None:
            return None
        return math.ceil((self.expires_at - now).total_seconds())


def in_state(state: LinkState, now: datetime) -> Q:
    """Return the condition of links whose ``state_at(now)`` is ``state``."""
    is_revoked = Q(revoked_at__isnull=False)
    is_expired = Q(expires_at__isnull=False, expires_at__lte=now)
    is_used_up = Q(max_downloads__isnull=False, used__gte=F("max_downloads"))
    match state:
        case LinkState.REVOKED:
            return is_revoked
        case LinkState.EXPIRED:
            return ~is_revoked & is_expired
        case LinkState.EXHAUSTED:
            return ~is_revoked & ~is_expired & is_used_up
        case LinkState.ACTIVE:
            return ~is_revoked & ~is_expired & ~is_used_up


class PasswordAttempts(models.Model):
    """The number of wrong passwords that one address sent for one link, and since when."""

    key = models.CharField(_("link and address"), max_length=64, primary_key=True)
    link = models.ForeignKey(
        ShareLink, on_delete=models.CASCADE, related_name="+", verbose_name=_("share link")
    )
    failed = models.PositiveIntegerField(_("wrong passwords"), default=0)
    #: Passwords that are being checked, including right ones. They expire a minute after the
    #: latest began, since a killed process does not count them down.
    trying = models.PositiveIntegerField(_("passwords being tried"), default=0)
    booked_at = models.DateTimeField(_("latest try"), null=True)
    began_at = models.DateTimeField(_("began at"), db_index=True)

    class Meta:
        verbose_name = _("password attempts")
        verbose_name_plural = _("password attempts")

    def __str__(self) -> str:
        return self.key
