"""The indexes of files serve what is asked of them, as PostgreSQL plans it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from org_files import get_file_model, get_organization_model
from org_files.access import OpenPolicy, OrganizationPolicy, OwnerPolicy
from org_files.counters import with_totals
from org_files.models import Membership, PendingDownload
from org_files.testing.factories import join, make_file, make_organization, make_user

pytestmark = pytest.mark.django_db

ORGANIZATIONS, FILES = 40, 4000


@pytest.fixture
def user(db):
    """A member of one organization of forty, each with a hundred files; one in twenty is over."""
    organizations = [make_organization(f"Organization {n}") for n in range(ORGANIZATIONS)]
    owners = [make_user() for _ in range(ORGANIZATIONS)]
    join(organizations[0], owners[0])
    template = make_file(organizations[0], owners[0])
    now = timezone.now()

    def row(number):
        which = number % ORGANIZATIONS
        old = now - timedelta(days=100) if number % 20 == 7 else None
        return get_file_model()(
            organization=organizations[which],
            owner=owners[which],
            name=f"{number}.txt",
            content=f"key {number}",
            size=number,
            content_type="text/plain",
            sha256=template.sha256,
            resource="product",
            resource_id=str(number % 50),
            created_at=now - timedelta(minutes=number),
            expires_at=old if number % 3 else None,
            deleted_at=old if number % 3 == 0 else None,
        )

    get_file_model()._base_manager.bulk_create(row(number) for number in range(FILES))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return owners[0]


def columns_of(name):
    """Return the columns of an index."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, get_file_model()._meta.db_table)
    return list(found[name]["columns"])


def asked_by(user):
    """Return what lists and jobs ask for, with the columns that an index begins with then."""
    now = timezone.now()
    listed, newest = OrganizationPolicy().listed_files(user), ("-created_at", "-pk")
    files = get_file_model()._base_manager.all()
    of_mine = listed.filter(organization=Membership.objects.get(user=user).organization)
    missing = "0192f0c1-2d3e-7000-8000-000000000000"
    visible = OrganizationPolicy().visible_files(user)
    return {
        "my organizations": (listed, ["organization_id"]),
        "newest of one": (of_mine.order_by(*newest)[:50], ["organization_id"]),
        "linked to a thing": (
            of_mine.filter(resource="product", resource_id="7"),
            ["organization_id", "resource", "resource_id"],
        ),
        "of a name": (of_mine.filter(name="40.txt"), ["organization_id", "name"]),
        "of a thing's id": (
            OpenPolicy().listed_files(user).filter(resource_id="7"),
            ["resource_id"],
        ),
        "all by name": (listed.order_by("name", "pk")[:5], ["name", "id"]),
        "all by size": (
            OpenPolicy().listed_files(user).order_by("-size", "-pk")[:5],
            ["size", "id"],
        ),
        "pages by name": (
            of_mine.filter(name__gte="5").order_by("name", "pk")[:5],
            ["organization_id", "name"],
        ),
        "pages by size": (
            of_mine.filter(size__gte=3990).order_by("size", "pk")[:5],
            ["organization_id", "size"],
        ),
        "my own newest": (
            OwnerPolicy().listed_files(user).order_by(*newest)[:50],
            ["owner_id", "created_at"],
        ),
        "newest of all": (OpenPolicy().listed_files(user).order_by(*newest)[:50], ["created_at"]),
        "one by its id": (visible.filter(public_id=missing), ["public_id"]),
        "expired": (files.filter(expires_at__lte=now), ["expires_at"]),
        "long in the trash": (
            files.filter(deleted_at__lte=now - timedelta(days=30)),
            ["deleted_at"],
        ),
    }


def test_common_queries__use_an_index(user):
    # One world for all: it takes a second to make.
    for name, (queryset, columns) in asked_by(user).items():
        plan = queryset.explain()
        scans = re.findall(r"Index (?:Only )?Scan (?:Backward )?(?:using|on) (\w+)", plan)
        used = [columns_of(scan) for scan in scans if scan.startswith("org_files_f")]
        assert columns in [index[: len(columns)] for index in used], f"{name}:\n{plan}"
        assert "Seq Scan on org_files_file" not in plan, f"{name}:\n{plan}"


def test_pending_downloads_of_few_files__are_found_by_the_index(user):
    files = list(get_file_model()._base_manager.order_by("pk")[:2])
    PendingDownload.objects.bulk_create(
        PendingDownload(
            download_id=number,
            file_public_id=files[number % 2].public_id,
            organization_id=files[number % 2].organization_id,
            downloaded_at=timezone.now(),
        )
        for number in range(10_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    listed = OrganizationPolicy().listed_files(user).order_by("-created_at")[:50]

    for rows in (listed, get_organization_model()._base_manager.all()):
        plan = with_totals(rows).explain()
        assert "Seq Scan on org_files_pendingdownload" not in plan, plan
