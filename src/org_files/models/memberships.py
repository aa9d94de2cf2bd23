"""Memberships of users in organizations."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from org_files import conf


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
