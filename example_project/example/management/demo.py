"""Base of the commands that create a demo."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from example.demo.building import (
    create,
    is_complete,
    open_links_of,
    people_who_can_log_in,
    totals_of,
)
from example.demo.plans import Person, Plan
from org_files.access import get_policy


class DemoCommand(BaseCommand):
    """Creates a demo once; prints ``email password`` of each user each time."""

    plan: Plan

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON document instead")
        parser.add_argument(
            "--site",
            default="",
            metavar="URL",
            help="where the site is served, without a slash at the end, to print whole addresses",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.quiet, self.site = options["json"], options["site"]
        if is_complete(self.plan):
            self.say("The demo data is here already; it stays as it is.")
            # Removed users, and those with another password, cannot log in with ours.
            people = people_who_can_log_in(self.plan)
        else:
            with _without_events():
                create(self.plan, self.say)
            people = list(self.plan.people)
        if self.quiet:
            document = {
                "policy": self.policy,
                "people": list(map(_login, people)),
                "organizations": totals_of(self.plan),
                "links": [
                    {"file": link.name, "label": link.label, "url": self.site + path}
                    for link, path in open_links_of(self.plan)
                ],
            }
            self.stdout.write(json.dumps(document, indent=2))
            return
        for sentence in self.report(people):
            self.say(sentence)

    @property
    def policy(self) -> str:
        """The name of the policy of this site."""
        return type(get_policy()).__name__

    def say(self, sentence: str) -> None:
        """Print a sentence, unless the output is JSON."""
        if not self.quiet:
            self.stdout.write(sentence)
            self.stdout.flush()

    def report(self, people: list[Person]) -> Iterator[str]:
        """Yield the sentences to print, with the logins of ``people``."""
        for total in totals_of(self.plan):
            yield (
                f"{total['name']}: {total['files']} files, {total['bytes']:,} bytes, "
                f"{total['downloads']} downloads"
            )
        for person in self.plan.people:
            if person in people:
                yield f"{person.email} {person.password}"
            else:
                yield f"{person.email} was removed, or has another password by now."
        for person in people:
            if person.is_superuser:
                yield f"The admin is for staff: {person.email}"
        for _, path in open_links_of(self.plan)[:1]:
            yield f"A share link, which needs no login: {self.site}{path}"


@contextmanager
def _without_events() -> Iterator[None]:
    # No user did this, and a hundred lines would hide the passwords.
    logger = logging.getLogger("org_files")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _login(person: Person) -> dict[str, Any]:
    return {
        "email": person.email,
        "password": person.password,
        "is_staff": person.is_superuser,
        "organizations": [{"name": name, "role": role} for name, role in person.roles.items()],
    }
