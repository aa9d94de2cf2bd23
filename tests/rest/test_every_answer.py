"""What holds for the answers of every route: repeated parameters, and caching."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from org_files.links import token_of
from org_files.models import Role, ShareLink
from org_files.testing.factories import join, make_link, make_stored_file, make_user
from tests.rest.requests import signed_in
from tests.rest.routes import ROUTES

CALLS = [(route, method) for route in ROUTES for method in sorted(route.methods)]


@pytest.fixture
def client(organization: Any) -> Client:
    """The client of somebody who may do everything."""
    root = make_user("root", is_staff=True, is_superuser=True)
    join(organization, root, Role.ADMIN)
    return signed_in(root)


@pytest.fixture
def link(organization: Any, user: Any) -> ShareLink:
    """A link without a password."""
    return make_link(make_stored_file(organization, user))


@pytest.fixture
def paths(organization: Any, user: Any, link: ShareLink) -> dict[str, str]:
    """The path of each route, to things that are there."""
    things = {
        "organizations": organization.pk,
        "users": user.pk,
        "files": link.file.public_id,
        "links": link.public_id,
        "shared": token_of(link),
    }
    return {route.text: route.path(things) for route in ROUTES}


def test_parameter_given_twice__is_400_on_every_route_by_every_method(
    client: Client, paths: dict[str, str], unchanged: None
) -> None:
    for route, method in CALLS:
        for query in ("expand=members&expand=members", "days=30&days=30", "x=1&y=2&x="):
            response = client.generic(method, f"{paths[route.text]}?{query}")

            assert response.status_code == 400, (method, route.text)
            assert list(response.json()) == [query.partition("=")[0]]


def test_parameter_given_twice__is_400_beside_a_ticket(
    client: Client, paths: dict[str, str]
) -> None:
    url = client.post(paths["files/<str:id>/ticket/"]).json()["url"]
    assert b"".join(Client().get(url))

    for query in ("disposition=inline&disposition=attachment", "ticket=x", "ticket="):
        assert Client().get(f"{url}&{query}").status_code == 400, query


def test_json__is_private_and_kept_nowhere(client: Client, paths: dict[str, str]) -> None:
    for route in ROUTES:
        if route.text.startswith("shared/"):
            continue
        path = paths[route.text]
        # Objects, lists, refusals of every kind, and for browsers.
        answers = [
            client.generic(route.usual_method, path),
            client.generic(route.missing_method, path),
            client.generic(route.usual_method, path, HTTP_ACCEPT="text/html"),
            client.generic(route.usual_method, f"{path}?x=1&x=2"),
            client.options(path),
            Client().generic(route.usual_method, path),
            client.generic(route.usual_method, route.path()),
        ]
        for answer in answers:
            if route.sends_bytes and answer.status_code == 200:
                b"".join(answer)
            else:
                assert answer.headers["Cache-Control"] == "private, no-store", (path, answer)


def test_range_that_is_refused__is_kept_nowhere(client: Client, paths: dict[str, str]) -> None:
    path = paths["files/<str:id>/content/"]

    answer = client.get(path, HTTP_RANGE="bytes=1000000-")

    assert answer.status_code == 416
    assert answer.headers["Cache-Control"] == "private, no-store"
