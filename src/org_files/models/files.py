"""The swappable file model, renditions of pictures, and claims to decode them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage
from django.db import models
from django.db.models import Expression, Q
from django.db.models.fields.files import FieldFile
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from org_files import conf
from org_files.ids import new_public_id
from org_files.models.indexes import KeyedIndex
from org_files.models.organizations import STORAGE_ALIAS, FoldedTotals, StorageAliasField
from org_files.picture_types import PICTURE_TYPES
from org_files.storage import content_key, original_storage, storage_of
from org_files.storage.blobs import open_blob

#: The longest name, in characters.
NAME_MAX_LENGTH = 255


def live(now: datetime | Expression | None = None) -> Q:
    """Return the condition of files that are neither in the trash nor expired."""
    return Q(deleted_at=None) & unexpired(now)


def is_live(file: Any) -> bool:
    """Return whether ``live`` holds now for a file that was read."""
    return file.deleted_at is None and (file.expires_at is None or file.expires_at > timezone.now())


def unexpired(now: datetime | Expression | None = None) -> Q:
    """Return the condition of files that have not expired."""
    return Q(expires_at=None) | Q(expires_at__gt=now or timezone.now())


class ContentFieldFile(FieldFile):
    """The content of a file, in the storage that its row names."""

    @property
    def storage(self) -> Storage:
        return storage_of(self.instance)

    @storage.setter
    def storage(self, storage: Storage) -> None:
        """Do nothing: Django sets the storage of the settings when the model was loaded."""


@dataclass(frozen=True)
class FileRendition:
    """One height of a picture."""

    file: Any
    #: Pixels.
    height: int

    @property
    def url(self) -> str:
        """The path in the API, for those who may read the file."""
        return reverse("org_files:rendition", args=[self.file.public_id, self.height])


class FileAccess:
    """Attributes of files for code of the site, whose own model may use the names otherwise."""

    @property
    def url(self: Any) -> str:
        """The path of the content in the API, for those who may read the file.

        Raises ``NoReverseMatch`` unless the site includes ``org_files.urls``.
        """
        return reverse("org_files:file-content", args=[self.public_id])

    def open(self: Any) -> Any:
        """Return the content, open for reading in bytes at its first one. Close it after use.

        No download is counted. Raises ``StorageUnavailable``.
        """
        return open_blob(storage_of(self), self.content.name or "", self.size)

    def rendition(self, height: int) -> FileRendition:
        """Return the rendition of a picture with ``height`` pixels, which is made when it is read.

        The organization's tier decides which heights there are: ``tiers.heights_of``.
        """
        return FileRendition(self, height)


class AbstractFile(FileAccess, FoldedTotals):
    """Base of the model that ``ORG_FILES_FILE_MODEL`` names."""

    public_id = models.UUIDField(_("public id"), unique=True, default=new_public_id, editable=False)
    organization = models.ForeignKey(
        conf.organization_model_label(),
        on_delete=models.PROTECT,
        # The indexes below begin with it.
        db_index=False,
        verbose_name=_("organization"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("owner"),
    )
    name = models.CharField(pgettext_lazy("of a file", "name"), max_length=NAME_MAX_LENGTH)
    # Unique: removing a file removes its bytes, so no two rows may share them.
    content = models.FileField(
        _("content"),
        storage=original_storage,
        upload_to=content_key,
        max_length=255,
        unique=True,
        editable=False,
    )
    content.attr_class = ContentFieldFile
    storage_alias = StorageAliasField(**STORAGE_ALIAS)
    size = models.PositiveBigIntegerField(_("size in bytes"), editable=False)
    content_type = models.CharField(_("content type"), max_length=255, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    # "utf-8", or empty for anything else. NULL where the content has not been read for it.
    charset = models.CharField(  # noqa: DJ001
        _("charset"), max_length=20, null=True, editable=False
    )
    comment = models.TextField(_("comment"), blank=True)
    resource = models.CharField(_("resource"), max_length=100, blank=True)
    resource_id = models.CharField(_("resource id"), max_length=100, blank=True)
    is_public = models.BooleanField(_("public"), default=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["organization", "created_at"]),
            KeyedIndex(fields=["name"]),
            KeyedIndex(fields=["organization", "name"]),
            KeyedIndex(fields=["size"]),
            KeyedIndex(fields=["organization", "size"]),
            KeyedIndex(fields=["folded_download_count"]),
            KeyedIndex(fields=["organization", "folded_download_count"]),
            KeyedIndex(fields=["folded_last_downloaded_at"]),
            KeyedIndex(fields=["organization", "folded_last_downloaded_at"]),
            models.Index(fields=["owner", "created_at"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["organization", "resource", "resource_id"]),
            # Counts of an organization's files read no row of the table.
            models.Index(fields=["organization", "deleted_at", "expires_at", "size"]),
            models.Index(fields=["resource", "resource_id"]),
            models.Index(fields=["resource_id"]),
            models.Index(fields=["expires_at"]),
            models.Index(fields=["deleted_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        """Whether the content is a picture of which the package makes renditions."""
        return self.content_type in PICTURE_TYPES


class File(AbstractFile):
    """The default file model."""

    class Meta(AbstractFile.Meta):
        swappable = "ORG_FILES_FILE_MODEL"

    id: Any


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
    storage_alias = StorageAliasField(**STORAGE_ALIAS)
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
