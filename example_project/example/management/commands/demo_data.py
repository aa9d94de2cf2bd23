"""``manage.py demo_data``: people, organizations, files and downloads to click through."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.db.models import Sum

from example.demo.files import FILES
from example.demo.people import ORGANIZATIONS, PEOPLE, Person
from org_files import counters, get_file_model, get_organization_model
from org_files.files import store_file
from org_files.models import Download, Membership


class Command(BaseCommand):
    """Creates the demo once; prints ``email password`` of each person each time."""

    help = (
        "Creates two organizations, four people and a dozen files with downloads behind them, "
        "once, and prints e-mail address and password of each person on a line of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add ``--json``."""
        parser.add_argument("--json", action="store_true", help="print one JSON document instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing, and print the logins."""
        self.quiet = options["json"]
        # Passwords come last: where somebody of the demo has one, the demo is complete, and
        # whatever was changed, renamed or removed since stays as it is.
        if any(user.has_usable_password() for user in _users().values()):
            self.say("The demo data is here already; it stays as it is.")
        else:
            self.create()
        self.print_logins(as_json=options["json"])

    def say(self, sentence: str) -> None:
        """Tell the person at the terminal what goes on."""
        if not self.quiet:
            self.stdout.write(sentence)
            self.stdout.flush()

    def create(self) -> None:
        """Create the demo, or what a run that was interrupted left to do."""
        with transaction.atomic():
            organizations = {name: _organization(name) for name in ORGANIZATIONS}
            users = {person.email: _user(person) for person in PEOPLE}
            for person in PEOPLE:
                for name, role in person.roles.items():
                    Membership.objects.get_or_create(
                        user=users[person.email],
                        organization=organizations[name],
                        defaults={"role": role},
                    )
        for name, organization in organizations.items():
            self.say(f"Storing the files of {name}")
            _store(organization, users)
            _download(organization, users)
        with transaction.atomic():
            for person in PEOPLE:
                users[person.email].set_password(person.password)
                users[person.email].save(update_fields=["password"])

    def print_logins(self, *, as_json: bool) -> None:
        """Print what there is, and how people log in."""
        users = _users()
        # Who was removed, or has another password by now, cannot log in with ours.
        people = [
            person
            for person in PEOPLE
            if person.email in users and users[person.email].check_password(person.password)
        ]
        organizations = _totals()
        if as_json:
            document = {"people": list(map(_login, people)), "organizations": organizations}
            self.stdout.write(json.dumps(document, indent=2))
            return
        for organization in organizations:
            self.say(
                f"{organization['name']}: {organization['files']} files, "
                f"{organization['bytes']:,} bytes, {organization['downloads']} downloads"
            )
        for person in PEOPLE:
            if person in people:
                self.say(f"{person.email} {person.password}")
            else:
                self.say(f"{person.email} was removed, or has another password by now.")
        for person in people:
            if person.is_superuser:
                self.say(f"The admin is for staff: {person.email}")


def _users() -> dict[str, Any]:
    users = get_user_model().objects.filter(email__in=[person.email for person in PEOPLE])
    return {user.email: user for user in users}


def _user(person: Person) -> Any:
    user, _ = get_user_model().objects.get_or_create(
        email=person.email,
        defaults={
            "first_name": person.first_name,
            "last_name": person.last_name,
            "is_staff": person.is_superuser,
            "is_superuser": person.is_superuser,
            "password": make_password(None),
        },
    )
    return user


def _organization(name: str) -> Any:
    organizations = get_organization_model().objects
    # Names of organizations need not be unique.
    return organizations.filter(name=name).order_by("pk").first() or organizations.create(
        name=name, description=ORGANIZATIONS[name]
    )


def _store(organization: Any, users: dict[str, Any]) -> None:
    stored = set(
        get_file_model().objects.filter(organization=organization).values_list("name", flat=True)
    )
    for planned in FILES:
        if planned.organization == organization.name and planned.name not in stored:
            store_file(
                organization=organization,
                owner=users[planned.owner.email],
                upload=ContentFile(planned.make()),
                name=planned.name,
                comment=planned.comment,
                resource=planned.resource,
                resource_id=planned.resource_id,
                is_public=planned.is_public,
            )


def _download(organization: Any, users: dict[str, Any]) -> None:
    files = {file.name: file for file in get_file_model().objects.filter(organization=organization)}
    # All of them or none, so that an interrupted run records nothing twice.
    with transaction.atomic():
        if Download.objects.filter(organization=organization).exists():
            return
        left = [
            (
                files[planned.name],
                [users[email] for email, count in planned.downloads.items() for _ in range(count)],
            )
            for planned in FILES
            if planned.organization == organization.name
        ]
        # In turns, as it would happen, not file by file.
        while left := [(file, rest) for file, rest in left if rest]:
            for file, rest in left:
                counters.record_download(file=file, user=rest.pop())


def _login(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "password": person.password,
        "is_staff": person.is_superuser,
        "organizations": [{"name": name, "role": role} for name, role in person.roles.items()],
    }


def _totals() -> list[dict[str, Any]]:
    organizations = get_organization_model().objects.filter(name__in=ORGANIZATIONS)
    totals = []
    for organization in counters.with_totals(organizations).order_by("pk"):
        files = get_file_model().objects.filter(organization=organization)
        totals.append(
            {
                "name": organization.name,
                "files": files.count(),
                "bytes": files.aggregate(total=Sum("size", default=0))["total"],
                "downloads": organization.download_count,
            }
        )
    return totals
