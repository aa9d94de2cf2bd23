"""Base of user models that log in by e-mail. Importable without the app."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from org_files.accounts.fields import NormalizedEmailField, normal_password, normalize_email


class EmailUserManager(BaseUserManager["AbstractEmailUser"]):
    """Creates users by e-mail address."""

    use_in_migrations = True

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> AbstractEmailUser:
        """Create a user; without a password the account cannot log in.

        Raises ``ValueError`` without an address, ``IntegrityError`` where it is taken.
        """
        if not normalize_email(email or ""):
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> AbstractEmailUser:
        """Create a user who may do everything."""
        return self.create_user(
            email, password, **fields | {"is_staff": True, "is_superuser": True}
        )


class AbstractEmailUser(AbstractBaseUser, PermissionsMixin):
    """Base of user models that log in by e-mail and have no username."""

    email = NormalizedEmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("A user with this e-mail address exists already.")},
    )
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    phone = models.CharField(
        _("phone"),
        max_length=16,
        blank=True,
        help_text=_("In the form of E.164, such as +4930123456."),
        validators=[
            RegexValidator(r"\A\+[1-9][0-9]{1,14}\Z", _("Not a number of the form E.164."))
        ],
    )
    is_staff = models.BooleanField(
        _("staff status"),
        default=False,
        help_text=_("May log in to the admin site and manage every organization."),
    )
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear this instead of deleting an account.")
    )
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now, editable=False)

    objects = EmailUserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        abstract = True
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def set_password(self, raw_password: str | None) -> None:
        """Store the hash of the password in NFC; ``None`` is an unusable password.

        Django hashes the password for an unknown login name, so that it takes as long as a known
        one. Where a known one takes two hashes, so does this.
        """
        normal = normal_password(raw_password)
        if normal != raw_password:
            make_password(raw_password)
        super().set_password(normal)

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password, as it was typed or in NFC."""
        if super().check_password(raw_password):
            return True
        normal = normal_password(raw_password)
        return normal != raw_password and super().check_password(normal)

    async def acheck_password(self, raw_password: str | None) -> bool:
        """See ``check_password``."""
        if await super().acheck_password(raw_password):
            return True
        normal = normal_password(raw_password)
        return normal != raw_password and await super().acheck_password(normal)

    def get_full_name(self) -> str:
        """Return first and last name, which may be empty."""
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        """Return the first name, which may be empty."""
        return self.first_name
