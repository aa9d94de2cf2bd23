"""PATCH and DELETE links/{id}/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from org_files.models import ShareLink
from org_files.testing.factories import make_link
from tests.rest.contents import CONTENT
from tests.rest.requests import MISSING_ID, signed_in
from tests.rest.shares import FORM, ask, fetch, url


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


def test_form_without_seconds__is_400_and_no_link_without_an_end(
    client: Client, link: ShareLink
) -> None:
    before = values_of(link)

    response = client.patch(path_of(link), "expires_in=", content_type=FORM)

    assert response.status_code == 400
    assert list(response.json()) == ["expires_in"]
    assert values_of(link) == before


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
        *(("expires_in", value) for value in (0, -1, 1.5, "abc", "", "\uff16\uff10", True, 10**30)),
        *(("max_downloads", value) for value in (0, -1, "abc", "\uff12", 2**63)),
        *(("label", value) for value in ("x" * 201, "\0", [])),
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


def test_revoked_link__gives_no_more_parts_either(client: Client, link: ShareLink) -> None:
    fetch(link)
    assert fetch(link, Range="bytes=0-9") == (206, CONTENT[:10])

    client.delete(path_of(link))

    assert fetch(link, Range="bytes=10-19")[0] == 404
    assert ask(link, method="HEAD").status_code == 404


def test_other_links_to_the_file__are_not_revoked_along(client: Client, link: ShareLink) -> None:
    other = make_link(link.file)

    client.delete(path_of(link))

    assert fetch(other) == (200, CONTENT)


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_link_of_others__answers_as_if_there_were_none(
    stranger: Any, link: ShareLink, method: str
) -> None:
    client = signed_in(stranger)

    answers = [
        getattr(client, method)(f"/api/links/{id}/") for id in (link.public_id, MISSING_ID, "abc")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert fetch(link) == (200, CONTENT)


@pytest.mark.parametrize("id", ["{token}", "{pk}", "{id}%0A", "%00", "x" * 8000])
def test_odd_id__is_404(client: Client, link: ShareLink, id: str) -> None:
    token = url(link).split("/")[-2]

    path = f"/api/links/{id.format(token=token, pk=link.pk, id=link.public_id)}/"

    assert client.get(path).status_code == 404


def test_file_as_a_link__is_404(client: Client, link: ShareLink) -> None:
    assert client.get(f"/api/links/{link.file.public_id}/").status_code == 404
