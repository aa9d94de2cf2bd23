"""The tombstone of a file that was removed for good."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.models.downloads import ledger_key
from org_files.models.files import NAME_MAX_LENGTH
from org_files.models.organizations import FoldedTotals

__all__ = ["Tombstone"]


class Tombstone(FoldedTotals):
    """The name and the totals of a file that was removed, kept for the ledger.

    Downloads that are pending when the file is removed are folded into this row. The name is empty
    where the file's row was removed without Django and the tombstone was made from the ledger.
    """

    # The primary key that the file had. The database can give it to another file.
    file = ledger_key(conf.file_model_label(), _("file"))
    organization = ledger_key(conf.organization_model_label(), _("organization"), db_index=True)
    file_public_id = models.UUIDField(_("public id of the file"), unique=True)
    name = models.CharField(_("name"), max_length=NAME_MAX_LENGTH)
    purged_at = models.DateTimeField(_("purged at"), default=timezone.now)

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")

    def __str__(self) -> str:
        return self.name or str(self.file_public_id)
