"""System checks, registered when this package is imported; docs/reference lists them all."""

from django.core.management.base import SystemCheckError

from org_files.checks import deployment, s3, urls  # noqa: F401
from org_files.checks.models import check_models
from org_files.checks.settings import check_extras


def require_importable_views() -> None:
    """Refuse settings with which our views, or Django REST framework's, cannot be imported.

    Raises:
        SystemCheckError: a management command shows its text as the outcome of its checks,
            even if it imports the URLs before it runs the checks.
    """
    messages = [*check_extras(None), *check_models(None)]
    if errors := [str(message) for message in messages if message.is_serious()]:
        raise SystemCheckError("\n".join(("System check identified some issues:", *errors)))
