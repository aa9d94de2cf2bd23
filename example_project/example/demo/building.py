"""Creation of a demo by the services that the API calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from example.demo.pictures import portrait
from example.demo.plans import DemoFile, DemoLink, Person, Plan
from org_files import counters, get_file_model, get_organization_model
from org_files.accounts.avatars import set_avatar
from org_files.accounts.models import Avatar
from org_files.counters.base import new_row
from org_files.files import store_file, trash_file
from org_files.links import create_link, revoke_link, token_of
from org_files.models import (
    AbstractFile,
    AbstractOrganization,
    Download,
    LinkState,
    Membership,
    ShareLink,
    Subscription,
    Tier,
    in_state,
    live,
)
from org_files.pictures import make_renditions


def is_complete(plan: Plan) -> bool:
    """Return whether the demo was created, even if it was changed afterwards."""
    # Passwords are set last.
    return any(user.has_usable_password() for user in _users(plan).values())


def create(plan: Plan, say: Callable[[str], None]) -> None:
    """Create the demo, or complete an interrupted run; report progress to ``say``."""
    with transaction.atomic():
        organizations = {
            name: _organization(name, description)
            for name, description in plan.organizations.items()
        }
        _subscribe(organizations, plan)
        users = {person.email: _user(person) for person in plan.people}
        for person in plan.people:
            for name, role in person.roles.items():
                Membership.objects.get_or_create(
                    user=users[person.email],
                    organization=organizations[name],
                    defaults={"role": role},
                )
    for number, (name, organization) in enumerate(organizations.items(), start=1):
        say(f"Storing the files of {name} ({number} of {len(organizations)})")
        planned = [file for file in plan.files if file.organization == name]
        _store(organization, planned, users)
        _download(organization, planned, users)
    _portray(plan.people, users)
    _share(plan.links, users)
    say("Setting the passwords")
    digests = _in_threads(make_password, [person.password for person in plan.people])
    with transaction.atomic():
        for person, digest in zip(plan.people, digests, strict=True):
            users[person.email].password = digest
            users[person.email].save(update_fields=["password"])


def people_who_can_log_in(plan: Plan) -> list[Person]:
    """Return the people whose users exist and have the password of the plan."""
    users = _users(plan)
    there = [person for person in plan.people if person.email in users]
    checked = _in_threads(
        check_password,
        [person.password for person in there],
        [users[person.email].password for person in there],
    )
    return [person for person, fits in zip(there, checked, strict=True) if fits]


def totals_of(plan: Plan) -> list[dict[str, Any]]:
    """Return name, files, bytes and downloads of each organization of the plan."""
    organizations = get_organization_model().objects.filter(name__in=plan.organizations)
    totals = []
    for organization in counters.with_totals(organizations).order_by("pk"):
        files = get_file_model().objects.filter(live(), organization=organization)
        totals.append(
            {
                "name": organization.name,
                "files": files.count(),
                "bytes": files.aggregate(total=Sum("size", default=0))["total"],
                "downloads": organization.download_count,
            }
        )
    return totals


def open_links_of(plan: Plan) -> list[tuple[DemoLink, str]]:
    """Return the active links of the plan, each with its path."""
    links = ShareLink.objects.filter(in_state(LinkState.ACTIVE, timezone.now()))
    opening = []
    for planned in plan.links:
        link = _link(planned, links)
        token = link and token_of(link)
        if token:
            opening.append((planned, reverse("org_files:shared", kwargs={"token": token})))
    return opening


def _in_threads(function: Callable[..., Any], *arguments: list[str]) -> list[Any]:
    # Hashing is slow, and releases the interpreter lock.
    with ThreadPoolExecutor() as threads:
        return list(threads.map(function, *arguments))


def _users(plan: Plan) -> dict[str, Any]:
    emails = [person.email for person in plan.people]
    return {user.email: user for user in get_user_model().objects.filter(email__in=emails)}


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


def _organization(name: str, description: str) -> AbstractOrganization:
    organizations = get_organization_model().objects
    # Names of organizations need not be unique.
    return organizations.filter(name=name).order_by("pk").first() or organizations.create(
        name=name, description=description
    )


def _subscribe(organizations: Mapping[str, AbstractOrganization], plan: Plan) -> None:
    for name, limits in plan.own_tiers.items():
        Tier.objects.get_or_create(name=name, defaults=limits)
    there = {tier.name: tier for tier in Tier.objects.filter(name__in=plan.tiers.values())}
    for name, tier in plan.tiers.items():
        # Tiers of the migrations may have been renamed or removed.
        if tier in there:
            Subscription.objects.get_or_create(
                organization=organizations[name], defaults={"tier": there[tier]}
            )


def _files_of(organization: AbstractOrganization) -> dict[str, AbstractFile]:
    files = get_file_model().objects.filter(organization=organization)
    return {file.name: file for file in files}


def _store(
    organization: AbstractOrganization, files: list[DemoFile], users: dict[str, Any]
) -> None:
    stored = _files_of(organization)
    for planned in files:
        file = stored.get(planned.name) or store_file(
            organization=organization,
            owner=users[planned.owner.email],
            upload=ContentFile(planned.make()),
            name=planned.name,
            comment=planned.comment,
            resource=planned.resource,
            resource_id=planned.resource_id,
            is_public=planned.is_public,
            expires_at=planned.expires_in and timezone.now() + planned.expires_in,
        )
        if planned.name not in stored and planned.age:
            then = timezone.now() - timedelta(days=planned.age)
            rows = type(file)._base_manager.filter(pk=file.pk)
            rows.update(created_at=then, updated_at=then)
        if planned.has_renditions:
            make_renditions(file=file)
        if planned.is_trashed and file.deleted_at is None:
            trash_file(file=file)


def _download(
    organization: AbstractOrganization, files: list[DemoFile], users: dict[str, Any]
) -> None:
    stored = _files_of(organization)
    # In one transaction, so that an interrupted run records nothing twice.
    with transaction.atomic():
        if Download.objects.filter(organization=organization).exists():
            return
        rows = []
        for planned in files:
            people = [
                users[email] for email, count in planned.downloads.items() for _ in range(count)
            ]
            Random(planned.name).shuffle(people)  # noqa: S311 - no secret
            moments = _moments(planned.name, planned.age, len(people))
            rows += [
                _row(moment, file=stored[planned.name], user=user)
                for moment, user in zip(moments, people, strict=True)
            ]
        _record(rows)


def _row(moment: datetime, **values: Any) -> Download:
    row = new_row(**values)
    row.downloaded_at = moment
    return row


def _record(rows: list[Download]) -> None:
    for row in sorted(rows, key=lambda row: row.downloaded_at):
        counters.get_counters().record(row)


def _moments(seed: str, age: float, count: int) -> list[datetime]:
    """Return times of the last month, or of the last ``age`` days, the same for each ``seed``."""
    random, now = Random(seed), timezone.now()  # noqa: S311 - no secret
    days = min(age, 30)
    # More of them are of the last days.
    return sorted(now - timedelta(days=days * random.random() ** 1.5) for _ in range(count))


def _portray(people: Sequence[Person], users: Mapping[str, Any]) -> None:
    for person in people:
        user = users[person.email]
        if person.portrait is not None and not Avatar.objects.filter(user=user).exists():
            picture = ContentFile(portrait(person.portrait, has_number=False))
            set_avatar(user=user, upload=picture)


def _share(links: Sequence[DemoLink], users: dict[str, Any]) -> None:
    for planned in links:
        organization = _organization(planned.organization, "")
        with transaction.atomic():
            if _link(planned, ShareLink.objects.all()):
                continue
            link = create_link(
                file=_files_of(organization)[planned.name],
                user=users[planned.creator.email],
                label=planned.label,
                expires_in=planned.expires_in and round(planned.expires_in.total_seconds()),
                max_downloads=planned.max_downloads,
                password=planned.password,
            )
            moments = _moments(planned.label, 30, planned.uses)
            _record([_row(moment, file=link.file, link=link) for moment in moments])
            if moments:
                used = ShareLink.objects.filter(pk=link.pk)
                used.update(used=F("used") + planned.uses, last_used_at=moments[-1])
            if planned.is_revoked:
                revoke_link(link=link)


def _link(planned: DemoLink, links: QuerySet[ShareLink]) -> ShareLink | None:
    files = get_file_model().objects.filter(
        live(), name=planned.name, organization__name=planned.organization
    )
    found = links.filter(label=planned.label, created_by__email=planned.creator.email)
    return found.filter(file__in=files).order_by("pk").first()
