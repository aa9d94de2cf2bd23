"""Smaller pictures made of pictures, and who makes them at the moment."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files import conf
from org_files.ids import new_public_id

__all__ = ["Decoding", "Rendition"]


class Rendition(models.Model):
    """One height of a picture, in ``RENDITION_STORAGE``. ``pictures`` alone writes it."""

    public_id = models.UUIDField(_("public id"), unique=True, default=new_public_id, editable=False)
    file = models.ForeignKey(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        related_name="+",
        # The constraint below begins with it.
        db_index=False,
        verbose_name=_("file"),
    )
    #: What was asked for; a picture that is lower stays as high as it is.
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
    """That somebody decodes a picture, so that nobody else does; or that it cannot be decoded."""

    file = models.OneToOneField(
        conf.file_model_label(),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("file"),
    )
    #: Whoever wrote this one decodes.
    claim = models.UUIDField(_("claim"))
    until = models.DateTimeField(_("until"))
    #: The code of the error that it ended with.
    failure = models.CharField(_("failure"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("decoding")
        verbose_name_plural = _("decodings")

    def __str__(self) -> str:
        return str(self.file_id)
