"""Plans of demos: people, files, downloads and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.crypto import salted_hmac

from org_files.models import Role

WORDS = """
    amber anchor autumn basalt beacon birch bonfire cactus candle canvas cedar cherry cobalt
    comet copper coral cotton crater dahlia desert ember falcon fennel garnet ginger glacier
    granite harvest hazel heron indigo island ivory jasmine juniper lagoon lantern lemon linen
    magnet maple marble meadow mercury nectar nutmeg oasis olive orchid pepper pigeon planet
    plum quartz raven ribbon saffron silver timber velvet violin walnut winter
""".split()  # noqa: SIM905 - as a list, one line each


@dataclass(frozen=True)
class Person:
    """A user who can log in."""

    email: str
    first_name: str
    last_name: str
    roles: Mapping[str, Role]
    is_superuser: bool = False
    #: Of the picture of the profile.
    portrait: int | None = None

    @property
    def password(self) -> str:
        """The password, derived from SECRET_KEY."""
        digest = salted_hmac("example.demo", self.email, algorithm="sha256").digest()
        number = int.from_bytes(digest[:16], "big")
        words = []
        for _ in range(4):
            number, index = divmod(number, len(WORDS))
            words.append(WORDS[index])
        return f"{'-'.join(words)}-{number % 9000 + 1000}"


@dataclass(frozen=True)
class DemoFile:
    """A file, and its number of downloads by e-mail address of the user."""

    organization: str
    owner: Person
    name: str
    make: Callable[[], bytes]
    downloads: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    resource: str = ""
    resource_id: str = ""
    is_public: bool = False
    #: Counted from the upload; negative for an expired file.
    expires_in: timedelta | None = None
    is_trashed: bool = False
    #: Days since the upload. Downloads are of the last month of them.
    age: float = 0
    #: Whether to create the renditions of the tier.
    has_renditions: bool = False


@dataclass(frozen=True)
class DemoLink:
    """A share link to a file of the demo."""

    organization: str
    creator: Person
    name: str
    label: str
    #: ``None`` for a link without an end.
    expires_in: timedelta | None = None
    max_downloads: int | None = None
    is_revoked: bool = False
    password: str = ""
    #: Downloads through it.
    uses: int = 0


@dataclass(frozen=True)
class Plan:
    """A demo. Names of files are unique in an organization, labels of links for a file."""

    #: Descriptions, by name.
    organizations: Mapping[str, str]
    people: Sequence[Person]
    files: Sequence[DemoFile]
    links: Sequence[DemoLink] = ()
    #: Names of tiers, by the name of the organization.
    tiers: Mapping[str, str] = field(default_factory=dict)
    #: Limits of tiers that no migration makes, by name.
    own_tiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
