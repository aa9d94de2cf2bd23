"""What a site says of its own API does not reach ours."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection, connections
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import include, path
from rest_framework.throttling import BaseThrottle

from org_files.models import Download
from org_files.testing.factories import join, make_organization, make_stored_file, make_user
from tests.rest.requests import browser_of
from tests.rest.routes import ROUTES

HERE = Path(__file__).parent

#: What shows parsers, renderers, paging, filters, errors, formats of time, and the pages.
SAME_TESTS = [
    "test_uploads.py::test_upload__is_answered_with_the_file",
    "test_uploads.py::test_missing_file__is_400_at_the_field",
    "test_visibility.py::test_moments__are_in_utc_whatever_the_zone_of_the_site",
    "test_browsable_api.py::test_errors__are_pages_too",
    "test_browsable_api.py::test_upload_form__uploads",
    "test_list_filters.py::test_parameter__finds",
    "test_errors.py::test_media_type_that_there_is_not__is_415_in_json",
    "test_errors.py::test_representation_that_there_is_not__is_406_in_json",
    "test_paging.py::test_numbered_pages__are_linked_and_counted",
    "test_paging.py::test_page_sizes__are_50_by_default_and_200_at_most",
]


def test_site_of_other_opinions__has_the_same_contract() -> None:
    tests = [str(HERE / test) for test in SAME_TESTS]
    command = [sys.executable, "-m", "pytest", "--ds=tests.rest.opinionated", "-q"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", *tests],
        cwd=HERE.parents[1],
        # Which database it is makes no difference to this.
        env=os.environ | {"TEST_DATABASE": "sqlite"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr


def control(request: HttpRequest) -> JsonResponse:
    """A view of the site's own."""
    return JsonResponse({"in_atomic_block": connection.in_atomic_block})


urlpatterns = [path("control/", control), path("", include("tests.urls"))]


@pytest.mark.django_db(transaction=True)
def test_atomic_requests__hold_no_transaction_open_around_a_transfer(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    user = make_user()
    join(make_organization(), user)
    browser = browser_of(user)
    seen: list[bool] = []
    storage = storages["org_files"]
    save, open_ = storage._save, storage.open

    def saving(*args: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return save(*args)

    def opening(*args: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return open_(*args)

    monkeypatch.setattr(storage, "_save", saving)
    monkeypatch.setattr(storage, "open", opening)

    stored = browser.post(
        "/api/files/", {"file": BytesIO(b"x"), "name": "a.txt", "csrfmiddlewaretoken": "c" * 32}
    )
    url = f"/api/files/{stored.json()['id']}/content/"
    for headers in ({}, {"Range": "bytes=0-0"}):
        assert browser.get(url, headers=headers).getvalue() == b"x"

    # The owner object is written and read, the content is written, and read twice.
    assert seen == [False] * 5
    assert Client().get("/control/").json() == {"in_atomic_block": True}


@pytest.mark.django_db(transaction=True)
def test_download_of_a_site_with_atomic_requests__is_committed_before_the_first_byte(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    user = make_user()
    organization = make_organization()
    join(organization, user)
    file = make_stored_file(organization)

    response = browser_of(user).get(f"/api/files/{file.public_id}/content/")

    assert not connection.in_atomic_block
    assert Download.objects.count() == 1
    assert response.getvalue() == b"A report."


class Never(BaseThrottle):
    """Lets nobody through."""

    def allow_request(self, request: Any, view: Any) -> bool:
        return False

    def wait(self) -> float:
        return 6.5


def test_throttles_of_the_site__reach_every_view(settings: Any, insider: Client) -> None:
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {
        "DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Never"]
    }

    for route in ROUTES:
        response = insider.generic(route.usual_method, route.path())

        assert response.status_code == 429, route
        assert response.json()["code"] == "throttled"
        assert response.headers["Retry-After"] == "7"
