"""The swappable organization model."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files.models.fields import FoldedCountField, FoldedMomentField


class FoldedTotals(models.Model):
    """Folded download totals; ``counters.with_totals`` adds pending downloads."""

    folded_download_count = FoldedCountField(_("folded download count"), default=0, editable=False)
    folded_last_downloaded_at = FoldedMomentField(
        _("folded last download"), null=True, editable=False
    )

    class Meta:
        abstract = True


class AbstractOrganization(FoldedTotals):
    """Base of the model that ``ORG_FILES_ORGANIZATION_MODEL`` names."""

    name = models.CharField(pgettext_lazy("of an organization", "name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        abstract = True
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        indexes = [models.Index(fields=["name"]), models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.name


class Organization(AbstractOrganization):
    """The default organization model."""

    class Meta(AbstractOrganization.Meta):
        swappable = "ORG_FILES_ORGANIZATION_MODEL"

    id: Any
