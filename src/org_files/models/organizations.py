"""The swappable organization model, its memberships, and the stored totals of downloads."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from org_files import conf

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
    CountField = models.PositiveBigIntegerField[int, int]
    AliasField = models.CharField[str, str]
    MomentField = models.DateTimeField[Any, Any]
else:  # Django's own classes take no parameters
    AnyField = models.Field
    CountField, MomentField = models.PositiveBigIntegerField, models.DateTimeField
    AliasField = models.CharField


class _KeptBySaving(AnyField):
    """Mixin for a column that ``QuerySet.update`` writes, and ``save`` does in new rows alone.

    Saving an instance that was read earlier would otherwise overwrite a total that was folded
    since, or the storage to which the bytes were moved.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else models.F(self.name)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        # Migrations do not depend on this class.
        name, _path, args, kwargs = super().deconstruct()
        plain = type(self).__bases__[-1]
        return name, f"django.db.models.{plain.__name__}", list(args), dict(kwargs)


class FoldedCountField(_KeptBySaving, CountField):
    """A number of downloads, written by ``counters`` alone."""


class FoldedMomentField(_KeptBySaving, MomentField):
    """A time, written by ``counters`` alone."""


class StorageAliasField(_KeptBySaving, AliasField):
    """The alias in ``STORAGES`` under which the bytes of a row are kept.

    It is empty in rows that were stored before they had the column.
    """


#: Arguments of a column of the alias. Its name is the same in every language.
STORAGE_ALIAS: Any = {
    "verbose_name": "STORAGES",
    "max_length": 100,
    "default": "",
    # Processes that do not know the column go on inserting rows while a site is upgraded.
    "db_default": "",
    "blank": True,
    "editable": False,
}


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


class Role(models.TextChoices):
    """Roles of members; docs/policies.rst lists their rights."""

    ADMIN = "admin", pgettext_lazy("role", "admin")
    MEMBER = "member", pgettext_lazy("role", "member")
    VIEWER = "viewer", pgettext_lazy("role", "viewer")


class Membership(models.Model):
    """One user in one organization."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        # The constraint's index begins with it.
        db_index=False,
        verbose_name=_("user"),
    )
    organization = models.ForeignKey(
        conf.organization_model_label(),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("organization"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"], name="org_files_membership_once"
            )
        ]

    def __str__(self) -> str:
        return gettext("%(user)s in %(organization)s: %(role)s") % {
            "user": self.user,
            "organization": self.organization,
            "role": self.get_role_display(),
        }
