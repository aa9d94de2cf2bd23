"""System checks of accounts: settings, and the user model."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from org_files.accounts import conf
from org_files.accounts.base_user import AbstractEmailUser
from org_files.accounts.profile import is_plain
from org_files.accounts.registration import get_registration
from org_files.checks.fields import Leeway, check_fields, check_reserved
from org_files.checks.settings import check_backend
from org_files.conf import user_settings
from org_files.exceptions import ConfigurationError

#: Differences from the base that a site's user model may have: profiles adapt to the model.
LEEWAY = Leeway(
    removed={"phone", "date_joined"},
    shorter={"email", "first_name", "last_name", "phone"},
    nullable={"phone"},
    wider={"email": (models.EmailField,)},
)

#: Names of values that views of the app compute for each user.
COMPUTED = ("has_avatar", "shown_memberships", "file_count", "bytes_stored", "storage_paths")


@register("org_files")
def check_accounts(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the backend of registration and the columns of profiles."""
    try:
        user_settings()
        names = conf.profile_fields()
    except ConfigurationError:  # check_settings reports it
        return
    yield from check_backend(conf.registration.key, get_registration)
    for name in names:
        if not is_plain(name):
            yield Error(
                f'ORG_FILES["PROFILE_FIELDS"]: "{name}" is no column of the user model that '
                "people may fill in themselves.",
                hint="Neither references to other rows, nor passwords and privileges.",
                id="org_files.E017",
            )


@register("org_files")
def check_user_model(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Check the fields of the site's user model."""
    try:
        model: Any = get_user_model()
    except ImproperlyConfigured:  # Django reports it
        return
    yield from check_reserved(model, COMPUTED)
    if issubclass(model, AbstractEmailUser):
        yield from check_fields(model, AbstractEmailUser, LEEWAY)


@register("org_files", deploy=True)
def check_pictures(app_configs: Any, **kwargs: Any) -> Iterator[CheckMessage]:
    """Warn if users cannot upload a picture."""
    if not find_spec("PIL"):
        yield CheckWarning(
            "Without Pillow there is no route to upload one's picture.",
            hint='pip install "django-org-files[images]"',
            id="org_files.W005",
        )
