"""Pages of one's own account, on sites that have the accounts of the package."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException

from org_files.accounts.exceptions import RegistrationClosed
from org_files.accounts.profile import login_field
from org_files.accounts.registration import get_registration
from org_files.accounts.serializers import PasswordSerializer
from org_files.accounts.views import profile as api
from org_files.tiers import has_pillow
from org_files.web.forms import FormField, fields_of
from org_files.web.views.base import Page


class EntrancePage(Page):
    """Base of the pages that begin a session. They lead on to ``next``, a URL of this site."""

    needs_login = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return self.onward()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return self.onward()
        return super().post(request, *args, **kwargs)

    @property
    def is_registration_open(self) -> bool:
        """Whether people may register."""
        try:
            get_registration().prepare()
        except RegistrationClosed:
            return False
        return True

    def onward(self) -> HttpResponseBase:
        """Return the redirect to ``next``, or to the library."""
        return self.to_url(self.next_url())

    def log_in(self) -> None:
        """Begin a session by the login name and the password of the form."""
        self.call(api.LoginView, "POST")


class LoginPage(EntrancePage):
    """Log in."""

    title = gettext_lazy("Log in")
    template_name = "org_files_web/login.html"

    @property
    def fields(self) -> list[FormField]:
        """The fields of the form."""
        name = login_field()
        field: Any = get_user_model()._meta.get_field(name)
        changes = {
            name: {"label": capfirst(field.verbose_name), "autocomplete": "username"},
            "password": {"autocomplete": "current-password"},
        }
        serializer = self.api_view(api.LoginView).get_serializer()
        return fields_of(self, serializer, **changes)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.log_in()
        return self.onward()


class LogoutPage(Page):
    """Log out. A GET asks, because a link of another site could lead here."""

    title = gettext_lazy("Log out")
    template_name = "org_files_web/logout.html"
    # After the session has ended, the button leads to the login and not back here.
    needs_login = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.to("login")
        return super().get(request, *args, **kwargs)

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        if self.request.user.is_authenticated:
            self.call(api.LogoutView, "POST")
            self.say(_("You are logged out."))
        return self.to("login")


class RegistrationPage(EntrancePage):
    """Register, and log in."""

    title = gettext_lazy("Register")
    template_name = "org_files_web/register.html"

    @property
    def fields(self) -> list[FormField]:
        """The fields of the form: those of a profile, and the password."""
        serializer = self.api_view(api.RegistrationView).get_serializer()
        return fields_of(self, serializer, password=_new_password(_("Password")))

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.RegistrationView, "POST")
        try:
            self.log_in()
        except APIException:  # Another login of the site may have to approve the account first.
            self.say(_("The account is created. You can log in now."))
            return self.to("login")
        return self.onward()


class ProfilePage(Page):
    """One's own profile, and the organizations that one belongs to."""

    title = gettext_lazy("Profile")
    section = "profile"
    template_name = "org_files_web/profile.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        view = self.api_view(api.ProfileView)
        user = view.get_object()
        return super().get_context_data(
            fields=fields_of(self, view.get_serializer(user)),
            memberships=user.shown_memberships,
            has_avatar=user.has_avatar,
            has_pictures=has_pillow(),
            **kwargs,
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.ProfileView, "PATCH")
        self.say(_("The profile is saved."))
        return self.to("profile")


class AvatarPage(ProfilePage):
    """The profile, to which a new picture is sent."""

    file_fields = ("avatar",)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            return super().get(request, *args, **kwargs)
        return self.to("profile")

    @property
    def max_upload_size(self) -> int | None:
        return api.AvatarView().max_upload_size

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        if self.request.POST.get("action") == "remove":
            self.call(api.AvatarView, "DELETE")
            self.say(_("Your picture is removed."))
        else:
            self.call(api.AvatarView, "PUT")
            self.say(_("Your picture is changed."))
        return self.to("profile")


class PasswordPage(Page):
    """One's own password."""

    title = gettext_lazy("Change the password")
    section = "profile"
    template_name = "org_files_web/password.html"

    @property
    def fields(self) -> list[FormField]:
        """The fields of the form."""
        old = {"label": _("Old password")}
        return fields_of(
            self,
            PasswordSerializer(),
            old_password=old,
            new_password=_new_password(_("New password")),
        )

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.PasswordView, "POST")
        self.say(_("The password is changed. Other sessions of yours have ended."))
        return self.to("profile")


class AccountRemovalPage(Page):
    """The question whether to delete one's own account."""

    title = gettext_lazy("Delete the account")
    section = "profile"
    template_name = "org_files_web/account_removal.html"

    def submit(self, **kwargs: Any) -> HttpResponseBase:
        self.call(api.ProfileView, "DELETE")
        self.say(_("Your account is deleted."))
        return self.to("login")


def _new_password(label: str) -> dict[str, Any]:
    """Return the attributes of a field for a new password, with the rules of the site."""
    rules = " ".join(map(str, password_validators_help_texts()))
    return {"label": label, "autocomplete": "new-password", "help": rules}
