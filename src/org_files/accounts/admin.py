"""The admin page of e-mail users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    UserChangeForm,
)
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from org_files.accounts.models import User
from org_files.accounts.services import change_password, remove_user
from org_files.admin.base import ServicesMixin
from org_files.admin.memberships import MembershipsMixin, UserMembershipInline

if TYPE_CHECKING:
    AnyUserAdmin = UserAdmin[Any]
    AnyCreationForm = AdminUserCreationForm[Any]
    AnyChangeForm = UserChangeForm[Any]
    AnyPasswordForm = AdminPasswordChangeForm[Any]
else:  # Django's own classes take no parameters
    AnyUserAdmin = UserAdmin
    AnyCreationForm, AnyChangeForm = AdminUserCreationForm, UserChangeForm
    AnyPasswordForm = AdminPasswordChangeForm

#: Fields that only superusers change.
PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


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


class EmailUserPasswordForm(AnyPasswordForm):
    """A new password, given by another user."""

    def save(self, commit: bool = True) -> Any:
        """Save the password, usable or not, and end the tokens of the user."""
        data = self.cleaned_data
        password = data["password1"] if data["set_usable_password"] else None
        while not change_password(user=self.user, password=password):
            self.user.refresh_from_db(fields=["password"])  # changed at the same moment
        return self.user


class EmailUserAdmin(ServicesMixin, MembershipsMixin, AnyUserAdmin):
    """Users without a username, with their memberships. Superusers alone give privileges."""

    form = EmailUserChangeForm
    add_form = EmailUserCreationForm
    change_password_form = EmailUserPasswordForm
    inlines = (UserMembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "phone")}),
        (
            _("Permissions"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        (None, {"fields": ("memberships",)}),
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
    readonly_fields = ("last_login", "date_joined", "memberships")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Return the inlines; none for a new user."""
        return super().get_inlines(request, obj) if obj is not None else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the fields that the requester cannot change."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields] if request.user.is_superuser else [*fields, *PRIVILEGES]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the requester has the permission, and may change superusers."""
        return super().has_change_permission(request, obj) and not _is_above(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the requester has the permission, and may change superusers."""
        return super().has_delete_permission(request, obj) and not _is_above(obj, request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove an account; files stay with their organizations."""
        remove_user(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Remove accounts; files stay with their organizations."""
        for user in queryset:
            remove_user(user=user)


def _is_above(user: Any, requester: Any) -> bool:
    """Return whether only superusers may change ``user``, and ``requester`` is none."""
    return user is not None and user.is_superuser and not requester.is_superuser


# A site with its own user model registers that.
if not User._meta.swapped:
    admin.site.register(User, EmailUserAdmin)
