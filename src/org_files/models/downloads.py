"""The ledger, pending downloads, range grants and tombstones, written by ``counters`` alone."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.models.files import NAME_MAX_LENGTH
from org_files.models.organizations import FoldedTotals


def _ledger_key(
    to: str, verbose_name: Any, *, db_index: bool = False, to_field: str | None = None
) -> Any:
    """Return a foreign key with the host's column type, without a constraint and a cascade.

    Nullable, so that a join to a removed row keeps the ledger's row.
    """
    return models.ForeignKey(
        to,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=db_index,
        to_field=to_field,
        related_name="+",
        verbose_name=verbose_name,
    )


class Download(models.Model):
    """One granted download: a row of the append-only ledger.

    ``file_public_id`` identifies the file. ``file`` is its primary key at that time, which the
    database can give to another file after a purge.
    """

    file = _ledger_key(conf.file_model_label(), _("file"))
    file_public_id = models.UUIDField(_("public id of the file"))
    organization = _ledger_key(conf.organization_model_label(), _("organization"))
    user = _ledger_key(settings.AUTH_USER_MODEL, _("user"))
    # The public id, which the log shows after the link was removed.
    link = _ledger_key("org_files.ShareLink", _("share link"), to_field="public_id")
    downloaded_at = models.DateTimeField(_("downloaded at"))

    #: Key of the range grant that was made with it, on the instance that was just recorded.
    grant_key: str | None = None

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        indexes = [
            models.Index(
                fields=["file_public_id", "downloaded_at"], name="org_files_download_public"
            ),
            models.Index(fields=["organization", "downloaded_at"], name="org_files_download_org"),
            models.Index(fields=["user", "downloaded_at"], name="org_files_download_user"),
        ]

    def __str__(self) -> str:
        return gettext("%(file)s at %(moment)s") % {
            "file": self.file_public_id,
            "moment": f"{self.downloaded_at:%Y-%m-%d %H:%M:%S}",
        }


class PendingDownload(models.Model):
    """A row of the ledger that no stored total contains yet; folding deletes it."""

    download_id = models.BigIntegerField(_("download"), primary_key=True)
    file = _ledger_key(conf.file_model_label(), _("file"))
    # Empty in rows of processes that still run the version before this column; a fold fills it in.
    file_public_id = models.UUIDField(_("public id of the file"), null=True)
    organization = _ledger_key(conf.organization_model_label(), _("organization"))
    downloaded_at = models.DateTimeField(_("downloaded at"))

    class Meta:
        verbose_name = _("pending download")
        verbose_name_plural = _("pending downloads")
        indexes = [
            models.Index(
                fields=["file_public_id", "downloaded_at"], name="org_files_pending_public"
            ),
            models.Index(fields=["organization", "downloaded_at"], name="org_files_pending_org"),
        ]

    def __str__(self) -> str:
        return str(self.download_id)


class DailyDownloads(models.Model):
    """Folded downloads from an organization on one day in UTC; pending ones are not in it.

    In the same transactions ``counters`` adds them to the organization's total. Where the sum of
    its days is another number, a process that keeps no days has folded: the ledger is read then.
    """

    organization = _ledger_key(conf.organization_model_label(), _("organization"))
    day = models.DateField(_("day"))
    download_count = models.PositiveBigIntegerField(_("folded download count"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("daily downloads")
        constraints = [
            models.UniqueConstraint(fields=["organization", "day"], name="org_files_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}, {self.day}: {self.download_count}"


class RangeGrant(models.Model):
    """The last time that a requester began a download of one content by a range."""

    requester_key = models.CharField(_("requester key"), max_length=64, primary_key=True)
    began_at = models.DateTimeField(_("began at"), db_index=True)

    class Meta:
        verbose_name = _("range grant")
        verbose_name_plural = _("range grants")

    def __str__(self) -> str:
        return self.requester_key


class Tombstone(FoldedTotals):
    """The name and the totals of a removed file, kept for the ledger.

    Downloads that are pending when the file is removed are folded into this row. The name is empty
    if the file's row was removed without Django and the tombstone was made from the ledger.
    """

    # The primary key that the file had. The database can give it to another file.
    file = _ledger_key(conf.file_model_label(), _("file"))
    organization = _ledger_key(conf.organization_model_label(), _("organization"), db_index=True)
    file_public_id = models.UUIDField(_("public id of the file"), unique=True)
    name = models.CharField(_("name"), max_length=NAME_MAX_LENGTH)
    purged_at = models.DateTimeField(_("purged at"), default=timezone.now)

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")

    def __str__(self) -> str:
        return self.name or str(self.file_public_id)
