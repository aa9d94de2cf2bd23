"""Models: a user who logs in by e-mail, and avatars of users of any model."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files.accounts.base_user import AbstractEmailUser, EmailUserManager
from org_files.models.organizations import STORAGE_ALIAS

__all__ = ["AbstractEmailUser", "Avatar", "EmailUserManager", "User"]


class User(AbstractEmailUser):
    """The user of a site without its own user model."""

    class Meta(AbstractEmailUser.Meta):
        swappable = "AUTH_USER_MODEL"


class Avatar(models.Model):
    """The picture of a user of any model."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("user"),
    )
    # Not a FileField: neither saving nor deleting this row may use the storage.
    key = models.CharField(_("storage key"), max_length=255, unique=True)
    storage_alias = models.CharField(**STORAGE_ALIAS)
    content_type = models.CharField(_("content type"), max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField("SHA-256", max_length=64)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("avatar")
        verbose_name_plural = _("avatars")

    def __str__(self) -> str:
        return self.key
