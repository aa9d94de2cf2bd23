"""Errors of the accounts app."""

from django.utils.translation import gettext_lazy as _

from org_files.exceptions import NotAllowed

__all__ = ["RegistrationClosed"]


class RegistrationClosed(NotAllowed):
    """Registration is closed."""

    code = "registration_closed"
    message = _("Registration is closed.")
