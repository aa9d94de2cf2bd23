"""The site's own app: pages, templates, demo data."""

from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate

from example import environment as env


class ExampleConfig(AppConfig):
    """The example site."""

    name = "example"

    def ready(self) -> None:
        """Create the administrator of the environment after migrations."""
        # Django sends this signal for apps with models only.
        post_migrate.connect(ensure_admin, sender=apps.get_app_config("org_files_accounts"))


def ensure_admin(using: str, verbosity: int = 1, **kwargs: Any) -> None:
    """Create the superuser of DJANGO_SUPERUSER_EMAIL, unless there is one."""
    from django.contrib.auth import get_user_model

    table = get_user_model()._meta.db_table
    # The table may be missing if one app is migrated alone, or back.
    tables = connections[using].introspection.table_names()
    named = env.text("DJANGO_SUPERUSER_EMAIL") and env.text("DJANGO_SUPERUSER_PASSWORD")
    if named and table in tables:
        call_command("ensure_admin", verbosity=verbosity)
