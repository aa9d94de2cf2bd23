"""People and organizations of the demo of ``manage.py demo_data``."""

from __future__ import annotations

from collections.abc import Mapping

from example.demo.plans import Person
from org_files.models import Role

MUSEUM = "Harbour Museum"
SCHOOL = "Riverside Music School"

ANNA = Person(
    "anna.weber@example.org",
    "Anna",
    "Weber",
    {MUSEUM: Role.ADMIN},
    is_superuser=True,
    portrait=1,
)
CHLOE = Person("chloe.martin@example.org", "Chloé", "Martin", {SCHOOL: Role.ADMIN}, portrait=8)
BORIS = Person(
    "boris.petrov@example.org",
    "Борис",
    "Петров",
    {MUSEUM: Role.MEMBER, SCHOOL: Role.MEMBER},
    portrait=4,
)
DILAN = Person("dilan.yilmaz@example.org", "Dilan", "Yılmaz", {SCHOOL: Role.VIEWER})  # noqa: RUF001 - Turkish
EMMA = Person("emma.larsson@example.org", "Emma", "Larsson", {MUSEUM: Role.MEMBER}, portrait=6)
TOMAS = Person("tomas.novak@example.org", "Tomáš", "Novák", {MUSEUM: Role.VIEWER})

PEOPLE = (ANNA, CHLOE, BORIS, DILAN, EMMA, TOMAS)


def by(*counts: tuple[Person, int]) -> Mapping[str, int]:
    """Return the downloads of people by their e-mail address."""
    return {person.email: count for person, count in counts}
