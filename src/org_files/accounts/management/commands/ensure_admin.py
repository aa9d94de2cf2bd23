"""``manage.py ensure_admin``: a superuser from environment variables."""

import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from org_files.db.rows import conflicts
from org_files.exceptions import Conflict
from org_files.http.encoding import UNDECODED


class Command(BaseCommand):
    """Runs ``createsuperuser --noinput`` unless a user has that login name.

    An existing user is not changed: the password may have been changed since.
    """

    help = (
        "Create the superuser whom DJANGO_SUPERUSER_PASSWORD and DJANGO_SUPERUSER_<FIELD> describe "
        "(the login field and the required fields of the user model), unless there is one."
    )

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        model: Any = get_user_model()
        fields = [model.USERNAME_FIELD, "password", *model.REQUIRED_FIELDS]
        variables = [f"DJANGO_SUPERUSER_{field.upper()}" for field in fields]
        if missing := [name for name in variables if not os.environ.get(name)]:
            raise CommandError(f"Not set: {', '.join(missing)}.")
        # Python keeps other bytes as surrogates.
        if undecoded := [name for name in variables if UNDECODED.search(os.environ[name])]:
            raise CommandError(f"Not valid UTF-8: {', '.join(undecoded)}.")
        login = os.environ[variables[0]]
        # In the stored form: an address in another case is the same user.
        try:
            name = model._meta.get_field(model.USERNAME_FIELD).clean(login, None)
        except ValidationError as error:
            raise CommandError(f"{variables[0]}: {' '.join(error.messages)}") from error
        found = model._default_manager.filter(**{model.USERNAME_FIELD: name})
        created = not found.exists()
        if created:
            try:
                with conflicts():
                    call_command("createsuperuser", interactive=False, verbosity=0)
            except (Conflict, CommandError):
                if not found.exists():
                    raise
                created = False  # by another process meanwhile
        # A manager that normalizes logins may have stored another form of a new one.
        if not created and not found.filter(is_superuser=True).exists():
            raise CommandError(f"There is a user {login} already, who is no superuser.")
        if verbosity:
            success = self.style.SUCCESS(f"Created the superuser {login}.")
            self.stdout.write(success if created else f"There is a superuser {login} already.")
