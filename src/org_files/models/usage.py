"""How much each organization stores, for its quota."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from org_files import conf

__all__ = ["Usage"]


class Usage(models.Model):
    """What the files of one organization take, those in the trash included.

    ``files.quotas`` alone writes it. Made with the first upload or removal; ``is_counted`` says
    that the sums hold, which they do from then on.
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
    is_counted = models.BooleanField(_("counted"), default=False)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.bytes_stored}"
