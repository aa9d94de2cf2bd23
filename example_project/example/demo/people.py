"""The people and organizations of the demo."""

from __future__ import annotations

from collections.abc import Mapping

from example.demo.plans import Person
from org_files.models import Role

MUSEUM = "Harbour Museum"
SCHOOL = "Riverside Music School"

ORGANIZATIONS: Mapping[str, str] = {
    MUSEUM: "Collects, restores and shows the ships of the old harbour.",
    SCHOOL: "Lessons, ensembles and concerts for children and grown-ups.",
}

TIERS: Mapping[str, str] = {MUSEUM: "Enterprise"}

ANNA = Person("anna.weber@example.org", "Anna", "Weber", {MUSEUM: Role.ADMIN}, is_superuser=True)
CHLOE = Person("chloe.martin@example.org", "Chloé", "Martin", {SCHOOL: Role.ADMIN})
BORIS = Person(
    "boris.petrov@example.org", "Борис", "Петров", {MUSEUM: Role.MEMBER, SCHOOL: Role.MEMBER}
)
DILAN = Person("dilan.yilmaz@example.org", "Dilan", "Yılmaz", {SCHOOL: Role.VIEWER})  # noqa: RUF001 - Turkish

PEOPLE = (ANNA, CHLOE, BORIS, DILAN)
