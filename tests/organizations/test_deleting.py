"""DELETE organizations/{id}/: only one that holds nothing goes, and all that is its own with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.utils import timezone

from org_files import counters, get_file_model, get_organization_model
from org_files.models import AbstractOrganization, Download, Membership
from org_files.testing.factories import join, make_file, make_organization
from tests.organizations.calls import ORGANIZATIONS, Caller


@pytest.fixture
def path(acme: AbstractOrganization) -> str:
    return f"organizations/{acme.pk}/"


def state() -> list[list[dict[str, Any]]]:
    """Every row that a deletion could touch."""
    models: list[type[Model]] = [
        get_organization_model(),
        get_file_model(),
        Membership,
        get_user_model(),
        Download,
    ]
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_admin__deletes_it_with_its_memberships(
    admin: Caller, member: Caller, acme: AbstractOrganization, path: str
) -> None:
    other = make_organization("Globex")
    join(other, member.user)

    answer = admin.delete(path)

    assert (answer.status, answer.content) == (204, b"")
    assert [row.organization for row in Membership.objects.all()] == [other]
    assert get_user_model().objects.count() == 2
    for again in (admin.get(path), admin.delete(path), member.get(path)):
        assert (again.status, again.code) == (404, "not_found")
    assert admin.get(ORGANIZATIONS).body["count"] == 0


LONG_AGO = timezone.now() - timedelta(days=365)


@pytest.mark.parametrize(
    "fields",
    [{}, {"deleted_at": LONG_AGO}, {"expires_at": LONG_AGO}, {"is_public": True}],
    ids=["live", "in the trash", "expired", "public"],
)
def test_one_that_holds_a_file__stays(
    admin: Caller, operator: Caller, acme: AbstractOrganization, path: str, fields: dict[str, Any]
) -> None:
    file = make_file(acme, **fields)
    before = state()

    for who in (admin, operator):
        answer = who.delete(path)
        assert (answer.status, answer.code) == (409, "organization_not_empty")
    assert state() == before

    get_file_model().objects.filter(pk=file.pk).delete()
    assert admin.delete(path).status == 204


def test_log_of_downloads__outlives_it(
    admin: Caller, operator: Caller, acme: AbstractOrganization, path: str
) -> None:
    file = make_file(acme)
    counters.record_download(file=file, user=admin.user)
    get_file_model().objects.filter(pk=file.pk).delete()

    assert admin.delete(path).status == 204

    [row] = admin.get("downloads/").body["results"]
    assert row["organization"] is None
    # Nobody but operators sees the organization of the removed file now.
    assert row["file"] == {"id": str(file.public_id), "name": None}
    counters.fold()
    [row] = operator.get(f"users/{admin.user.pk}/downloads/").body["results"]
    assert row["file"]["name"] == file.name
