"""The admin page of e-mail users."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from org_files.accounts.models import User
from org_files.accounts.services import change_password, remove_user
from org_files.admin.base import ServicesMixin
from org_files.admin.organizations import MembershipsMixin, UserMembershipInline

#: Fields that only superusers change.
PRIVILEGES = ("is_staff", "is_superuser", "groups", "user_permissions")


class EmailUserPasswordForm(AdminPasswordChangeForm):
    """A new password, given by another user. It ends the tokens of the user."""

    def save(self, commit: bool = True) -> Any:
        data = self.cleaned_data
        password = data["password1"] if data["set_usable_password"] else None
        while not change_password(user=self.user, password=password):
            self.user.refresh_from_db(fields=["password"])  # changed at the same moment
        return self.user


class EmailUserAdmin(ServicesMixin, MembershipsMixin, UserAdmin):
    """Users without a username, with their memberships. Superusers alone give privileges."""

    change_password_form = EmailUserPasswordForm
    inlines = (UserMembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Personal info"), {"fields": ("first_name", "last_name", "phone")}),
        (_("Permissions"), {"fields": ("is_active", *PRIVILEGES)}),
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
        return super().get_inlines(request, obj) if obj is not None else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, *PRIVILEGES]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_above(obj, request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_above(obj, request.user)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_user(user=obj)


def _is_above(user: Any, requester: Any) -> bool:
    """Return whether only superusers may change ``user``, and ``requester`` is none."""
    return user is not None and user.is_superuser and not requester.is_superuser


# A site with its own user model registers that.
if not User._meta.swapped:
    admin.site.register(User, EmailUserAdmin)
