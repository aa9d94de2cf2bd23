"""Settings of a site's own API, which do not apply to ours."""

from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.db import connection, connections
from django.http import JsonResponse
from django.test import Client
from django.urls import include, path
from rest_framework import filters, generics, negotiation, pagination, views
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from org_files.models import Download
from org_files.rest.views.direct import DirectView
from org_files.rest.views.uploads import UploadView
from org_files.testing.factories import join, make_organization, make_user
from tests.rest.pages import HTML, fill_in, page_of
from tests.rest.requests import browser_of
from tests.rest.routes import ROUTES


class NoNegotiation(negotiation.BaseContentNegotiation):
    """Must never be asked."""


def handle(error, context):
    """Must never be asked."""
    raise AssertionError


#: Unlike ours in every respect that REST_FRAMEWORK has a setting for.
REST = "rest_framework"
OPINIONS = {
    "DEFAULT_RENDERER_CLASSES": [f"{REST}.renderers.StaticHTMLRenderer"],
    "DEFAULT_PARSER_CLASSES": [f"{REST}.parsers.FileUploadParser"],
    "DEFAULT_PERMISSION_CLASSES": [f"{REST}.permissions.IsAdminUser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": f"{__name__}.NoNegotiation",
    "DEFAULT_VERSIONING_CLASS": f"{REST}.versioning.QueryParameterVersioning",
    "DEFAULT_PAGINATION_CLASS": f"{REST}.pagination.LimitOffsetPagination",
    "EXCEPTION_HANDLER": f"{__name__}.handle",
    **dict.fromkeys(("DEFAULT_METADATA_CLASS", "UNAUTHENTICATED_USER", "DEFAULT_FILTER_BACKENDS")),
    "PAGE_SIZE": 1,
    "ALLOWED_VERSIONS": ["7"],
    "VERSION_PARAM": "page",
    "SEARCH_PARAM": "q",
    "ORDERING_PARAM": "sort",
    "NON_FIELD_ERRORS_KEY": "errors",
    "UPLOADED_FILES_USE_URL": False,
    "DATETIME_FORMAT": "%d.%m.%Y",
    "DATETIME_INPUT_FORMATS": ["%d.%m.%Y"],
}

#: Settings that classes of Django REST framework have read when they were imported.
READ_AT_IMPORT = {
    views.APIView: (
        *("renderer_classes", "parser_classes", "permission_classes"),
        *("content_negotiation_class", "metadata_class", "versioning_class"),
    ),
    generics.GenericAPIView: ("pagination_class", "filter_backends"),
    pagination.PageNumberPagination: ("page_size",),
    filters.SearchFilter: ("search_param",),
    filters.OrderingFilter: ("ordering_param",),
}


def answers(browser):
    """Return what shows parsers, renderers, paging, filters, errors and formats of time."""
    form = {"file": BytesIO(b"x"), "name": "b.txt"}
    for response in (
        *(browser.get(f"/api/{kind}/") for kind in ("files", "organizations", "users/me")),
        *(browser.get(f"/api/files/?{query}") for query in ("page=1", "search=a", "ordering=x")),
        browser.get("/api/files/?cursor=&page_size=1"),
        browser.get("/api/files/", headers={"Accept": "application/xml"}),
        browser.get("/api/files/", headers={"Content-Encoding": "gzip"}),
        Client().get("/api/files/"),
        browser.options("/api/files/"),
        browser.post("/api/files/", form | {"expires_at": "01.01.2999"}),
        browser.post("/api/files/", {"name": "b.txt"}, content_type="application/json"),
    ):
        yield response.status_code, response.headers["Content-Type"], response.json()


def test_site_of_other_opinions__has_the_same_contract(insider, file, settings, monkeypatch):
    usual = list(answers(insider))

    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | OPINIONS
    for cls, attributes in READ_AT_IMPORT.items():
        for name in map(str.upper, attributes):
            setting = name if name in OPINIONS else f"DEFAULT_{name}"
            monkeypatch.setattr(cls, name.lower(), getattr(api_settings, setting))
    settings.TIME_ZONE = "Asia/Kolkata"
    settings.APPEND_SLASH = False
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

    assert list(answers(insider)) == usual
    content = BytesIO(b"some bytes")
    content.name = "a.txt"
    page_of(fill_in(insider, "/api/files/", file=content), 201)
    page_of(insider.get("/api/files/?page=9", headers=HTML), 404)


def control(request):
    """A view of the site's own."""
    return JsonResponse({"in_atomic_block": connection.in_atomic_block})


urlpatterns = [path("control/", control), path("", include("tests.urls"))]


@pytest.mark.django_db(transaction=True)
def test_atomic_requests__hold_no_transaction_open_around_a_transfer(settings, monkeypatch):
    settings.ROOT_URLCONF = __name__
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    user = make_user()
    join(make_organization(), user)
    browser = browser_of(user)
    seen = []
    storage = storages["org_files"]

    def watched(method):
        def watch(*args):
            seen.append(connection.in_atomic_block)
            return method(*args)

        return watch

    monkeypatch.setattr(storage, "_save", watched(storage._save))
    monkeypatch.setattr(storage, "open", watched(storage.open))

    stored = browser.post(
        "/api/files/", {"file": BytesIO(b"x"), "name": "a.txt", "csrfmiddlewaretoken": "c" * 32}
    )
    for headers in ({}, {"Range": "bytes=0-0"}):
        response = browser.get(f"/api/files/{stored.json()['id']}/content/", headers=headers)
        # Counted, and committed, before the first byte.
        assert not connection.in_atomic_block
        assert Download.objects.count() == 1
        assert response.getvalue() == b"x"

    # The owner object is written and read, the content is written, and read twice.
    assert seen == [False] * 5
    assert Client().get("/control/").json() == {"in_atomic_block": True}


class Never(BaseThrottle):
    """Refuses every request."""

    def allow_request(self, request, view):
        return False

    def wait(self):
        return 6.5


def test_throttles_of_the_site__reach_every_view(settings, insider):
    throttles = {"DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Never"]}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | throttles

    for route in ROUTES:
        if route.text == "health/":  # throttles need the cache
            continue
        response = insider.generic(route.usual_method, route.path())
        if issubclass(route.view, (UploadView, DirectView)):  # sessions are counted, not parts
            assert response.status_code in (400, 404)
            continue

        assert response.status_code == 429, route
        assert response.json()["code"] == "throttled"
        assert response.headers["Retry-After"] == "7"
