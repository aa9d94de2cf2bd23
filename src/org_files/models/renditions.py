"""Renditions of pictures, and claims to decode them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.ids import new_public_id


class Rendition(models.Model):
    """One height of a picture, in ``RENDITION_STORAGE``, written by ``pictures`` alone."""

    public_id = models.UUIDField(_("public id"), unique=True, default=new_public_id, editable=False)
    file = models.ForeignKey(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        related_name="+",
        # The constraint below begins with it.
        db_index=False,
        verbose_name=_("file"),
    )
    #: The requested height; a lower picture keeps its own.
    height = models.PositiveIntegerField(_("height"))
    # Unique: removing a row removes its bytes.
    key = models.CharField(_("key"), max_length=255, unique=True)
    content_type = models.CharField(_("content type"), max_length=50)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(fields=["file", "height"], name="org_files_rendition_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}: {self.height}"


class Decoding(models.Model):
    """The claim of one process to decode a picture, or the failure to decode it."""

    file = models.OneToOneField(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("file"),
    )
    #: The process that wrote it decodes.
    claim = models.UUIDField(_("claim"))
    until = models.DateTimeField(_("until"))
    #: The code of the error of the last attempt.
    failure = models.CharField(_("failure"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("decoding")
        verbose_name_plural = _("decodings")

    def __str__(self) -> str:
        return str(self.file_id)
