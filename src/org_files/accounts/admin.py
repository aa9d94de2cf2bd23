"""The admin page of e-mail users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from org_files.accounts.models import User

if TYPE_CHECKING:
    AnyUserAdmin = UserAdmin[Any]
    AnyCreationForm = AdminUserCreationForm[Any]
    AnyChangeForm = UserChangeForm[Any]
else:  # Django's own classes take no parameters
    AnyUserAdmin = UserAdmin
    AnyCreationForm, AnyChangeForm = AdminUserCreationForm, UserChangeForm

__all__ = ["EmailUserAdmin"]


class EmailUserCreationForm(AnyCreationForm):
    """A new user."""

    class Meta:
        model = User
        fields = ("email",)


class EmailUserChangeForm(AnyChangeForm):
    """A user."""

    class Meta:
        model = User
        fields = "__all__"


class EmailUserAdmin(AnyUserAdmin):
    """Users without a username."""

    form = EmailUserChangeForm
    add_form = EmailUserCreationForm
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "phone")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    readonly_fields = ("last_login", "date_joined")


# Registered where the model is installed: a host with its own registers that.
if not User._meta.swapped:
    admin.site.register(User, EmailUserAdmin)
