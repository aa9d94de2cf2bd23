"""What a site says of its own API does not reach ours."""

from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.db import connection, connections
from django.http import JsonResponse
from django.test import Client
from django.urls import include, path
from rest_framework import filters, generics, negotiation, pagination, renderers, views
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from org_files.models import Download
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
OPINIONS = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.StaticHTMLRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FileUploadParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": f"{__name__}.NoNegotiation",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.QueryParameterVersioning",
    "ALLOWED_VERSIONS": ["7"],
    "VERSION_PARAM": "page",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "DEFAULT_FILTER_BACKENDS": [],
    "PAGE_SIZE": 1,
    "SEARCH_PARAM": "q",
    "ORDERING_PARAM": "sort",
    "EXCEPTION_HANDLER": f"{__name__}.handle",
    "NON_FIELD_ERRORS_KEY": "errors",
    "DATETIME_FORMAT": "%d.%m.%Y",
    "DATETIME_INPUT_FORMATS": ["%d.%m.%Y"],
    "COMPACT_JSON": False,
    "UPLOADED_FILES_USE_URL": False,
    "UNAUTHENTICATED_USER": None,
}

#: Settings that classes of Django REST framework have read when they were imported.
READ_AT_IMPORT = {
    views.APIView: {
        "renderer_classes": "DEFAULT_RENDERER_CLASSES",
        "parser_classes": "DEFAULT_PARSER_CLASSES",
        "permission_classes": "DEFAULT_PERMISSION_CLASSES",
        "content_negotiation_class": "DEFAULT_CONTENT_NEGOTIATION_CLASS",
        "metadata_class": "DEFAULT_METADATA_CLASS",
        "versioning_class": "DEFAULT_VERSIONING_CLASS",
    },
    generics.GenericAPIView: {
        "pagination_class": "DEFAULT_PAGINATION_CLASS",
        "filter_backends": "DEFAULT_FILTER_BACKENDS",
    },
    pagination.PageNumberPagination: {"page_size": "PAGE_SIZE"},
    filters.SearchFilter: {"search_param": "SEARCH_PARAM"},
    filters.OrderingFilter: {"ordering_param": "ORDERING_PARAM"},
    renderers.JSONRenderer: {"compact": "COMPACT_JSON"},
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
        for attribute, name in attributes.items():
            monkeypatch.setattr(cls, attribute, getattr(api_settings, name))
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
    for count, headers in enumerate(({}, {"Range": "bytes=0-0"}), start=1):
        response = browser.get(f"/api/files/{stored.json()['id']}/content/", headers=headers)
        # Counted, and committed, before the first byte.
        assert not connection.in_atomic_block
        assert Download.objects.count() == count
        assert response.getvalue() == b"x"

    # The owner object is written and read, the content is written, and read twice.
    assert seen == [False] * 5
    assert Client().get("/control/").json() == {"in_atomic_block": True}


class Never(BaseThrottle):
    """Lets nobody through."""

    def allow_request(self, request, view):
        return False

    def wait(self):
        return 6.5


def test_throttles_of_the_site__reach_every_view(settings, insider):
    throttles = {"DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Never"]}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | throttles

    for route in ROUTES:
        response = insider.generic(route.usual_method, route.path())

        assert response.status_code == 429, route
        assert response.json()["code"] == "throttled"
        assert response.headers["Retry-After"] == "7"
