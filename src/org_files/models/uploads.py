"""Upload sessions."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Expression, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files import conf
from org_files.ids import new_secret_id
from org_files.models.files import NAME_MAX_LENGTH
from org_files.models.organizations import STORAGE_ALIAS, StorageAliasField


def open_uploads(now: datetime | Expression | None = None) -> Q:
    """Return the condition of sessions that have not ended."""
    return Q(expires_at__gt=now or timezone.now())


class Upload(models.Model):
    """One upload, over any number of requests, written by ``uploads`` alone.

    Until it is complete, the quota of the organization is reserved for ``length`` bytes and one
    file; while the length is not known, for the bytes that have arrived.
    """

    # The URL is a secret of the owner.
    public_id = models.CharField(
        _("public id"), max_length=32, unique=True, default=new_secret_id, editable=False
    )
    organization = models.ForeignKey(
        conf.organization_model_label(),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("organization"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("owner"),
    )
    name = models.CharField(pgettext_lazy("of a file", "name"), max_length=NAME_MAX_LENGTH)
    comment = models.TextField(_("comment"), blank=True)
    resource = models.CharField(_("resource"), max_length=100, blank=True)
    resource_id = models.CharField(_("resource id"), max_length=100, blank=True)
    is_public = models.BooleanField(_("public"), default=False)
    file_expires_at = models.DateTimeField(_("file expires at"), null=True, blank=True)
    length = models.PositiveBigIntegerField(_("length in bytes"), null=True, blank=True)
    #: Bytes that are on disk.
    offset = models.PositiveBigIntegerField(_("bytes received"), default=0)
    is_complete = models.BooleanField(_("complete"), default=False)
    #: The Repr-Digest that the client has promised.
    digest = models.CharField(_("promised digest"), max_length=255, blank=True)
    #: The algorithm of the Repr-Digest that the client wants.
    wanted_digest = models.CharField(_("wanted digest"), max_length=20, blank=True)
    #: The Upload-Metadata of tus, which its clients get back.
    metadata = models.TextField(_("metadata"), blank=True, editable=False)
    #: The number of the latest request that writes. What others write does not count.
    writer = models.PositiveBigIntegerField(_("writer"), default=0, editable=False)
    #: Whether another request waits until the one that writes has ended.
    is_wanted = models.BooleanField(_("wanted"), default=False, editable=False)
    storage_alias = StorageAliasField(**STORAGE_ALIAS)
    #: Of the bytes, until there is the file.
    key = models.CharField(_("key"), max_length=255, blank=True, editable=False)
    #: In S3: the multipart upload, its parts that count, and the key of the object to be.
    stored = models.JSONField(_("multipart upload"), default=dict, blank=True, editable=False)
    #: Bytes of the object under ``key``, if they are not all bytes of the session.
    tail_size = models.PositiveBigIntegerField(
        _("bytes of the tail"), null=True, blank=True, editable=False
    )
    file = models.ForeignKey(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("file"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self) -> str:
        return self.name

    @property
    def reserved_bytes(self) -> int:
        """Bytes of the quota that are reserved."""
        if self.is_complete:
            return 0
        return self.offset if self.length is None else self.length
