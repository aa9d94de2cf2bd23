"""Parameters of lists: what they take, and that nothing else reaches the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.test import Client

from org_files.rest.filters import ByteCountFilter, FlagFilter, KeyFilter, MomentFilter

LISTS = ["files/", "organizations/", "downloads/"]


LONG = "9" * 5000


@pytest.mark.parametrize(
    "page_size",
    ["0", "201", "abc", LONG, "", "\uff11", "1\n"],
)
def test_page_size_that_is_none__is_400(client: Client, page_size: str) -> None:
    for path in LISTS:
        response = client.get(f"/api/{path}", {"page_size": page_size})

        assert response.status_code == 400
        assert list(response.json()) == ["page_size"]


@pytest.mark.parametrize(
    "page",
    ["0", "-1", "2", "abc", LONG, "", "\uff11", "1\n", "last"],
)
def test_page_that_there_is_not__is_404(client: Client, page: str) -> None:
    for path in LISTS:
        response = client.get(f"/api/{path}", {"page": page})

        assert response.status_code == 404
        assert response.json()["code"] == "not_found"


def test_first_page_of_nothing__is_empty(client: Client) -> None:
    assert client.get("/api/files/").json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }


@pytest.mark.parametrize(
    "ordering",
    [
        "owner__password",
        "pk",
        "?",
        "--created_at",
        "created_at,",
        "created_at,owner__password",
        " created_at",
        "x" * 100_000,
    ],
)
def test_ordering_by_another_field__is_400(client: Client, ordering: str) -> None:
    for path in LISTS:
        response = client.get(f"/api/{path}", {"ordering": ordering})

        assert response.status_code == 400
        assert list(response.json()) == ["ordering"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("organization", "abc"),
        ("owner", "01"),
        ("is_picture", "yes"),
        ("is_public", "1"),
        ("min_size", "1.0"),
        ("max_size", LONG),
        ("created_after", "2024-01-01T00:00:00"),
        ("created_before", "9999-12-31T23:59:59-23:59"),
        ("search", "x" * 100_000),
        ("cursor", LONG),
    ],
)
def test_malformed_value__is_400_at_its_parameter(client: Client, name: str, value: str) -> None:
    response = client.get("/api/files/", {name: value})

    assert response.status_code == 400
    assert list(response.json()) == [name]


@pytest.mark.parametrize(
    "name",
    ["_connector", "pk", "owner__password__startswith", "name__regex", "x" * 5000, "\x00", "Page"],
)
def test_unknown_parameter__is_400(client: Client, name: str) -> None:
    for path in LISTS:
        response = client.get(f"/api/{path}", {name: "OR"})

        assert response.status_code == 400
        assert list(response.json()) == [name[:100]]


def test_parameter_of_another_list__is_unknown(client: Client) -> None:
    for path in LISTS:
        name = "resource" if path != "files/" else "user"

        assert client.get(f"/api/{path}", {name: "1"}).status_code == 400


@pytest.mark.parametrize(
    "name",
    ["search", "name", "organization", "cursor", "page"],
)
def test_nul__is_400(client: Client, name: str) -> None:
    response = client.get("/api/files/", {name: "a\x00b"})

    assert response.status_code == 400
    assert list(response.json()) == [name]


@pytest.mark.parametrize(
    "query",
    [
        "search=%ED%A0%80",
        "search=%FF%FE",
        "&&&&",
        "ordering=" + ",".join(["created_at,-created_at,name"] * 3000),
        "search=" + "%22" * 200,
        "search=" + "%5C" * 256,
        "search=" + "%25" * 256,
        "name=" + "x" * 100_000,
    ],
)
def test_odd_but_harmless_query__is_answered(client: Client, query: str) -> None:
    assert client.get(f"/api/files/?{query}").status_code == 200


@pytest.mark.parametrize("count", [1100, 20_000])
def test_too_many_parameters__are_400(client: Client, count: int) -> None:
    assert client.get("/api/files/?" + "&".join(["search=x"] * count)).status_code == 400


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (KeyFilter(model=get_user_model), ["-", "1 ", "1.0", "\uff11", LONG, "0x1", "null"]),
        (FlagFilter(), ["0", "null", "truee", " true"]),
        (ByteCountFilter(), ["abc", "-1", "1e3", "\uff11", " 1", "9223372036854775808"]),
        (
            MomentFilter(),
            [
                "abc",
                "2024-01-01",
                "2024-13-01T00:00:00Z",
                "0001-01-01T00:00:00+23:59",
                "2024-01-01T00:00:00+99:99",
                "1704067200",
            ],
        ),
    ],
    ids=["key", "flag", "bytes", "moment"],
)
def test_field_of_a_filter__refuses_what_is_malformed(field: Any, values: list[str]) -> None:
    for value in values:
        with pytest.raises(ValidationError):
            field.field.clean(value)
