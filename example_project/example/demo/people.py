"""The people and organizations of the demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from org_files.models import Role

MUSEUM = "Harbour Museum"
SCHOOL = "Riverside Music School"

ORGANIZATIONS: Mapping[str, str] = {
    MUSEUM: "Collects, restores and shows the ships of the old harbour.",
    SCHOOL: "Lessons, ensembles and concerts for children and grown-ups.",
}

WORDS = """
    amber anchor autumn basalt beacon birch bonfire cactus candle canvas cedar cherry cobalt
    comet copper coral cotton crater dahlia desert ember falcon fennel garnet ginger glacier
    granite harvest hazel heron indigo island ivory jasmine juniper lagoon lantern lemon linen
    magnet maple marble meadow mercury nectar nutmeg oasis olive orchid pepper pigeon planet
    plum quartz raven ribbon saffron silver timber velvet violin walnut winter
""".split()  # noqa: SIM905 - as a list, one line each


@dataclass(frozen=True)
class Person:
    """Somebody who can log in."""

    email: str
    first_name: str
    last_name: str
    roles: Mapping[str, Role]
    is_superuser: bool = False

    @property
    def password(self) -> str:
        """The password: the same each time, and one that nobody knows without SECRET_KEY."""
        digest = salted_hmac("example.demo", self.email, algorithm="sha256").digest()
        number = int.from_bytes(digest[:16], "big")
        words = []
        for _ in range(4):
            number, index = divmod(number, len(WORDS))
            words.append(WORDS[index])
        return f"{'-'.join(words)}-{number % 9000 + 1000}"


ANNA = Person("anna.weber@example.org", "Anna", "Weber", {MUSEUM: Role.ADMIN}, is_superuser=True)
CHLOE = Person("chloe.martin@example.org", "Chloé", "Martin", {SCHOOL: Role.ADMIN})
BORIS = Person(
    "boris.petrov@example.org", "Борис", "Петров", {MUSEUM: Role.MEMBER, SCHOOL: Role.MEMBER}
)
DILAN = Person("dilan.yilmaz@example.org", "Dilan", "Yılmaz", {SCHOOL: Role.VIEWER})  # noqa: RUF001 - Turkish

PEOPLE = (ANNA, CHLOE, BORIS, DILAN)
