"""System check of routes that another view answers."""

import re

import pytest
from django.core.checks import run_checks
from django.db import OperationalError
from django.urls import include, path, re_path, register_converter
from django.urls.converters import StringConverter
from rest_framework import routers, views, viewsets

from org_files.rest.views.files import FileListView


class UserViewSet(viewsets.ViewSet):
    def list(self, request): ...

    def retrieve(self, request, pk): ...


class Page(views.APIView):
    """Answers every path that consists of words."""


def page(request): ...


class RowConverter(StringConverter):
    """Finds a row, as converters of some sites do, while there may be no table yet."""

    def to_python(self, value):
        raise OperationalError


register_converter(RowConverter, "row")


class OwnFileListView(FileListView):
    """A list of files that the site has extended."""


router = routers.DefaultRouter()
router.register("users", UserViewSet, basename="user")

OURS = [
    path("api/", include("org_files.urls")),
    path("api/", include("org_files.accounts.urls")),
]
ROUTER = [path("api/", include(router.urls))]
NUMBERED = [path("api/users/<int:pk>/", UserViewSet.as_view({"get": "retrieve"}))]
PAGES = [re_path(r"^((?:[\w\-]+/)*)$", Page.as_view())]


@pytest.fixture
def warnings(settings):
    """Return the texts of the check under the given patterns, by the name of the route."""

    def check(patterns):
        settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": patterns})
        texts = [each.msg for each in run_checks(tags=["urls"]) if each.id == "org_files.W013"]
        return {re.search(r"of the route (\S+): another", text)[1]: text for text in texts}

    return check


SITE_USERS = {"user-list", "user-detail"}
USERS = {f"org_files_accounts:{name}" for name in ("user-list", "profile", "user")}


@pytest.mark.parametrize(
    ("patterns", "shadowed"),
    [
        (OURS + PAGES, set()),
        (OURS + ROUTER + PAGES, SITE_USERS),
        (ROUTER + OURS, USERS),
        # In front of a function, and in front of a class.
        ([path("api/files/", page), *OURS], {"org_files:file-list"}),
        ([*OURS, path("api/files/", page, name="page")], {"page"}),
        # Nothing is known of "/api/users/".
        ([path("<row:row>/<str:name>/", page), *OURS, *ROUTER], {"user-detail"}),
        # Of ids, numbers only.
        (NUMBERED + OURS, {"org_files_accounts:user"}),
        ([path("<slug:tenant>/", include(ROUTER + OURS))], USERS),
        ([path("old/", include(ROUTER)), *OURS], set()),
        ([*OURS, path("api/", include((router.urls, "site")))], {f"site:{n}" for n in SITE_USERS}),
        ([path("api/files/", OwnFileListView.as_view()), *OURS], set()),
    ],
)
def test_route_of_the_package_or_the_site_that_the_other_answers__is_w013(
    warnings, patterns, shadowed
):
    assert warnings(patterns).keys() == shadowed


def test_shadowed_route__is_told_with_the_view_that_answers(warnings):
    text = warnings(ROUTER + OURS)["org_files_accounts:user-list"]
    assert f"/api/users/ is answered by {__name__}.UserViewSet" in text
    assert "not by org_files.accounts.views.users.UserListView" in text


def test_route_of_the_site_behind_the_package__is_told_with_our_view(warnings):
    text = warnings(OURS + ROUTER)["user-list"]
    assert "/api/users/ is answered by org_files.accounts.views.users.UserListView" in text
    assert f"not by {__name__}.UserViewSet" in text


def test_catch_all_before_the_package__shadows_all_of_it(warnings):
    everything = warnings(PAGES + OURS)
    assert {"org_files:file-list", "org_files:file", "org_files_accounts:login"} <= {*everything}
    assert f"{__name__}.Page" in everything["org_files:file"]
