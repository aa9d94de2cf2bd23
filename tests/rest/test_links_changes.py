"""PATCH and DELETE links/{id}/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files.models import ShareLink
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID
from tests.rest.shares import fetch


def path_of(link: ShareLink) -> str:
    return f"/api/links/{link.public_id}/"


def patch(client: Client, link: ShareLink, **values: Any) -> Any:
    return client.patch(path_of(link), values, content_type="application/json")


def values_of(link: ShareLink) -> dict[str, Any]:
    return ShareLink.objects.filter(pk=link.pk).values().get()


def test_change__is_of_what_is_sent_and_of_nothing_else(client: Client, link: ShareLink) -> None:
    before = values_of(link)

    response = patch(client, link, label="New")

    assert response.status_code == 200
    assert response.json()["label"] == "New"
    assert values_of(link) == before | {"label": "New"}
    assert patch(client, link).status_code == 200
    assert values_of(link) == before | {"label": "New"}


def test_more_downloads__open_a_link_that_was_used_up(client: Client, link: ShareLink) -> None:
    patch(client, link, max_downloads=1)
    assert fetch(link) == (200, CONTENT)
    assert fetch(link, address="192.0.2.1")[0] == 404

    assert patch(client, link, max_downloads=2).json()["state"] == "active"
    assert fetch(link, address="192.0.2.1") == (200, CONTENT)
    assert patch(client, link, max_downloads=None).json()["state"] == "active"


def test_fewer_downloads_than_there_were__end_the_link(client: Client, link: ShareLink) -> None:
    for _ in range(3):
        fetch(link)

    assert patch(client, link, max_downloads=2).json()["state"] == "exhausted"
    assert fetch(link)[0] == 404


@pytest.mark.parametrize("label", ["", None])
def test_label__is_taken_away_by_an_empty_one_and_by_null(
    client: Client, link: ShareLink, label: str | None
) -> None:
    patch(client, link, label="For Grace")

    assert patch(client, link, label=label).json()["label"] == ""
    assert values_of(link)["label"] == ""


def test_new_end__is_counted_from_now(client: Client, link: ShareLink) -> None:
    past = timezone.now() - timedelta(days=1)
    ShareLink.objects.update(expires_at=past, created_at=past)
    assert fetch(link)[0] == 404

    body = patch(client, link, expires_in=600).json()

    assert body["state"] == "active"
    assert 590 <= body["time_left"] <= 600
    assert fetch(link) == (200, CONTENT)
    assert patch(client, link, expires_in=None).json()["time_left"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("expires_in", 0),
        ("expires_in", True),
        ("max_downloads", 0),
        ("max_downloads", 2**63),
        ("label", "x" * 201),
    ],
)
def test_odd_change__is_400_and_none(
    client: Client, link: ShareLink, field: str, value: Any
) -> None:
    before = values_of(link)

    response = patch(client, link, **{"label": "New", field: value})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert values_of(link) == before


def test_what_makes_the_link__cannot_be_changed(
    client: Client, link: ShareLink, admin: Any
) -> None:
    before = values_of(link)

    response = patch(
        client,
        link,
        password="new",
        rendition=200,
        file=MISSING_ID,
        created_by=admin.pk,
        download_count=0,
        revoked_at=None,
        url="x",
    )

    assert response.status_code == 200
    assert values_of(link) == before


def test_delete__revokes_and_keeps_the_link_in_the_list(client: Client, link: ShareLink) -> None:
    fetch(link)

    assert client.delete(path_of(link)).status_code == 204

    assert fetch(link)[0] == 404
    [row] = client.get("/api/links/").json()["results"]
    assert (row["state"], row["time_left"], row["download_count"]) == ("revoked", 0, 1)


def test_revoked_link__stays_so_whatever_is_changed(client: Client, link: ShareLink) -> None:
    client.delete(path_of(link))
    revoked_at = values_of(link)["revoked_at"]

    assert client.delete(path_of(link)).status_code == 204
    assert patch(client, link, expires_in=None, max_downloads=None).json()["state"] == "revoked"

    assert values_of(link)["revoked_at"] == revoked_at
    assert fetch(link)[0] == 404
