"""Errors of pages, and their sentences."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, PermissionDenied

from org_files.rest.errors import Denied, NotFound
from org_files.web.views.calls import messages_of


class LoginNeeded(Exception):
    """A page that needs a login, and a requester without one."""


class StaleForm(PermissionDenied):
    """A form without the CSRF token of the session: the page was opened before a login."""

    default_code = "csrf_failed"

    def __init__(self) -> None:
        super().__init__(_("The page was open for too long. Load it again, and repeat the change."))


def sentences_of(answer: APIException) -> Sequence[str]:
    """Return what the page of the error ``answer`` says. An API needs fewer words."""
    if type(answer) is NotFound:
        return [_("It does not exist, or you are not allowed to see it.")]
    if type(answer) is Denied:
        return [_("Your role does not allow this. An admin of the organization can help.")]
    return messages_of(answer)
