"""Ten tenants, each an organization of one user, with files of the same names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from example.demo import documents, pictures
from example.demo.plans import DemoFile, Person, Plan
from org_files.models import Role

COUNT = 10
PRODUCT = {"resource": "product", "resource_id": "1"}
AVATAR = {"resource": "avatar", "resource_id": "1"}


def _name(number: int) -> str:
    return f"Tenant {number}"


def _person(number: int) -> Person:
    name = f"john{number}"
    return Person(f"{name}@example.org", name, "", {_name(number): Role.ADMIN})


def _files(number: int, person: Person, neighbour: Person) -> Iterator[DemoFile]:
    organization = _name(number)

    def data_sheet() -> bytes:
        return documents.pdf(
            "Product 1",
            f"Data sheet, {organization}",
            "",
            f"Length: {120 + 5 * number} mm",
            f"Weight: {340 + 15 * number} g",
            "Housing: aluminium, anodized",
        )

    def price_list(discount: int) -> bytes:
        return documents.table(
            ("Product", "Pieces", "Price in EUR"),
            [(1, pieces, f"{(40 + number) * (100 - discount) / 100:.2f}") for pieces in (1, 10)],
        )

    def manual() -> bytes:
        return documents.text(
            "# Product 1",
            f"What {organization} tells those who install it.",
            "1. Take it out of the box.\n2. Fix it with two screws.\n3. Connect the cable.",
        )

    yield DemoFile(
        organization,
        person,
        "Data sheet.pdf",
        data_sheet,
        {person.email: 1, neighbour.email: 2},
        is_public=True,
        **PRODUCT,
    )
    yield DemoFile(
        organization,
        person,
        "Price list.csv",
        lambda: price_list(0),
        {person.email: number},
        comment="For customers who ask.",
        **PRODUCT,
    )
    yield DemoFile(organization, person, "Manual.md", manual, **PRODUCT)
    yield DemoFile(
        organization,
        person,
        "Summer offer.csv",
        lambda: price_list(20),
        comment="Expired.",
        is_public=True,
        expires_in=-timedelta(days=1),
        **PRODUCT,
    )
    yield DemoFile(
        organization,
        person,
        "Price list of last year.csv",
        lambda: price_list(5),
        comment="In the trash.",
        is_trashed=True,
        **PRODUCT,
    )
    yield DemoFile(
        organization,
        person,
        "Portrait.png",
        lambda: pictures.portrait(number),
        {neighbour.email: 1},
        is_public=True,
        **AVATAR,
    )


def _tenants() -> Plan:
    people = [_person(number) for number in range(1, COUNT + 1)]
    return Plan(
        {_name(number): f"The tenant of john{number}." for number in range(1, COUNT + 1)},
        people,
        [
            file
            for number, person in enumerate(people, start=1)
            for file in _files(number, person, neighbour=people[number % COUNT])
        ],
    )


TENANTS = _tenants()
