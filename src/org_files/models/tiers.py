"""Tiers of organizations, and the usage that their quotas limit."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.validators import validate_heights


class Tier(models.Model):
    """Limits and rights of organizations. Without a tier the defaults of ``ORG_FILES`` hold."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    heights = models.JSONField(
        _("heights"),
        default=list,
        blank=True,
        validators=[validate_heights],
        help_text=_("In pixels: a list such as [200, 400]."),
    )
    allow_original = models.BooleanField(_("original pictures"), default=False)
    allow_links = models.BooleanField(_("share links"), default=False)
    link_min_seconds = models.PositiveIntegerField(
        _("shortest link in seconds"), default=300, validators=[MinValueValidator(1)]
    )
    link_max_seconds = models.PositiveIntegerField(
        _("longest link in seconds"), default=30_000, validators=[MinValueValidator(1)]
    )
    allow_permanent_links = models.BooleanField(_("links without an end"), default=False)
    max_file_size = models.PositiveBigIntegerField(
        _("largest file in bytes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty for no other limit than that of the site."),
    )
    quota_bytes = models.PositiveBigIntegerField(
        _("room in bytes"),
        null=True,
        blank=True,
        help_text=_("Of an organization with all its files. Empty for that of the site."),
    )
    quota_files = models.PositiveBigIntegerField(
        _("number of files"),
        null=True,
        blank=True,
        help_text=_("Of an organization. Empty for that of the site."),
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ``ValidationError`` if the shortest link is longer than the longest."""
        # A form without heights gives None.
        self.heights = self.heights or []
        shortest, longest = self.link_min_seconds, self.link_max_seconds
        if shortest is not None and longest is not None and shortest > longest:
            raise ValidationError({"link_max_seconds": _("Shorter than the shortest link.")})

    @property
    def sorted_heights(self) -> Sequence[int]:
        """The heights, the lowest first."""
        return sorted(self.heights)


class Subscription(models.Model):
    """The tier of an organization."""

    organization = models.OneToOneField(
        conf.organization_model_label(),
        on_delete=models.CASCADE,
        primary_key=True,
        # Files are joined to their tier by this name.
        related_name="org_files_subscription",
        verbose_name=_("organization"),
    )
    tier = models.ForeignKey(
        Tier, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("tier")
    )

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.tier}"


class Usage(models.Model):
    """Bytes and number of an organization's files, including the trash, for its quota.

    Only ``files.quotas`` writes it, from the first upload or removal on. The sums are valid if
    ``is_counted``.
    """

    organization = models.OneToOneField(
        conf.organization_model_label(),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("organization"),
    )
    bytes_stored = models.PositiveBigIntegerField(_("bytes stored"), default=0)
    file_count = models.PositiveBigIntegerField(_("number of files"), default=0)
    #: For upload sessions that are not complete, each of which becomes a file.
    bytes_reserved = models.PositiveBigIntegerField(_("bytes reserved"), default=0, db_default=0)
    files_reserved = models.PositiveBigIntegerField(_("files reserved"), default=0, db_default=0)
    is_counted = models.BooleanField(_("counted"), default=False)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.bytes_stored}"
