"""``manage.py demo_tenants``: ten separate tenants of one site."""

from __future__ import annotations

from collections.abc import Iterator

from example.demo.plans import Person
from example.demo.tenants import TENANTS
from example.management.demo import DemoCommand
from org_files.access import OrganizationPolicy, get_policy


class Command(DemoCommand):
    """Creates the tenants once; prints ``email password`` of each user each time."""

    help = (
        "Creates ten organizations of one person each, with files linked to product/1 and "
        "avatar/1, once, and prints e-mail address and password of each person on a line of its "
        "own. ORG_FILES_POLICY=organization keeps them apart."
    )
    plan = TENANTS

    def report(self, people: list[Person]) -> Iterator[str]:
        yield from super().report(people)
        if not isinstance(get_policy(), OrganizationPolicy):
            yield self.style.WARNING(
                f"Tenants are kept apart by OrganizationPolicy, and this site runs under "
                f"{self.policy}: start it with ORG_FILES_POLICY=organization."
            )
