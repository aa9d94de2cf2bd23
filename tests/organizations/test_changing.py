"""PATCH organizations/{id}/: what was sent is written, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from org_files import counters, get_organization_model
from org_files.models import AbstractOrganization, Membership, PendingDownload
from org_files.rest import serializers
from org_files.testing.factories import make_file
from tests.organizations.calls import Caller


@pytest.fixture
def path(acme: AbstractOrganization) -> str:
    return f"organizations/{acme.pk}/"


def row_of(organization: AbstractOrganization) -> dict[str, Any]:
    rows = get_organization_model().objects.filter(pk=organization.pk).values()
    return dict(rows.get())


@pytest.mark.parametrize(
    "body", [{"name": "Ajax"}, {"description": "Rockets"}, {"name": "A", "description": ""}, {}]
)
def test_admin__changes_what_was_sent(
    admin: Caller, acme: AbstractOrganization, path: str, body: dict[str, str]
) -> None:
    before = row_of(acme)
    shown = admin.get(path).body

    answer = admin.patch(path, body)

    assert (answer.status, answer.body) == (200, shown | body)
    assert row_of(acme) == before | body


def test_unknown_and_read_only_fields__are_ignored(
    admin: Caller, acme: AbstractOrganization, path: str
) -> None:
    before = row_of(acme)
    shown = admin.get(path, expand="members").body

    answer = admin.patch(
        f"{path}?expand=members",
        {
            "id": 4711471147,
            "tier": "Enterprise",
            "download_count": 99,
            "folded_download_count": 99,
            "file_count": 99,
            "bytes_stored": 99,
            "created_at": "1999-01-01T00:00:00Z",
            "members": [],
            "no_such_field": 1,
        },
    )

    assert (answer.status, answer.body) == (200, shown)
    assert row_of(acme) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\0b", "description": "fine"}, "name"),
        ({"name": "fine", "description": "\ud800"}, "description"),
    ],
)
def test_body_that_does_not_validate__changes_nothing(
    admin: Caller, acme: AbstractOrganization, path: str, body: Any, field: str
) -> None:
    before = row_of(acme)

    answer = admin.patch(path, body)

    assert (answer.status, list(answer.body)) == (400, [field])
    assert row_of(acme) == before


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen after the organization was read, and before it is written."""

    def happens(what: Callable[[], Any]) -> None:
        change = serializers.change_organization

        def change_afterwards(**values: Any) -> Any:
            what()
            return change(**values)

        monkeypatch.setattr(serializers, "change_organization", change_afterwards)

    return happens


def test_fold_at_the_same_moment__loses_no_count(
    admin: Caller, acme: AbstractOrganization, path: str, meanwhile: Any
) -> None:
    file = make_file(acme)
    for _ in range(3):
        counters.record_download(file=file)
    meanwhile(counters.fold)

    answer = admin.patch(path, {"name": "Ajax"})

    assert (answer.body["name"], answer.body["download_count"]) == ("Ajax", 3)
    assert not PendingDownload.objects.exists()
    assert row_of(acme)["folded_download_count"] == 3
    assert row_of(acme)["folded_last_downloaded_at"] is not None
    assert counters.verify().findings == []


@pytest.mark.parametrize("body", [{"name": "Ajax"}, {}])
def test_organization_that_goes_at_the_same_moment__is_not_found_and_stays_gone(
    admin: Caller, acme: AbstractOrganization, path: str, meanwhile: Any, body: dict[str, str]
) -> None:
    def delete() -> None:
        Membership.objects.all().delete()
        get_organization_model().objects.filter(pk=acme.pk).delete()

    meanwhile(delete)
    missing = admin.get("organizations/4711471147/")

    answer = admin.patch(path, body)

    assert (answer.status, answer.content) == (404, missing.content)
    assert not get_organization_model().objects.exists()
