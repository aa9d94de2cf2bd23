"""The package beside the site's own users and API."""

import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.urls import include, path

from tests.hosts.cookiecutter.api import router
from tests.hosts.schemas import schema_of, without_package
from tests.hosts.suite.test_host import logged_in, people, upload

__all__ = ["people"]

HOST = "tests.hosts.cookiecutter"


def test_description_of_the_site__is_the_same_with_the_package():
    before, after = schema_of(f"{HOST}.before"), schema_of(f"{HOST}.site")
    assert "/api/storage/users/" in after["paths"]
    assert without_package(after, "/api/storage/") == before


@pytest.mark.parametrize(("name", "shown"), [("Anna", "Anna"), ("", "anna@site.example")])
def test_owner_without_name_fields__is_called_by_name_or_login(people, name, shown):
    get_user_model().objects.filter(pk=people[0].pk).update(name=name)
    assert upload(logged_in(people[0]))["owner"]["name"] == shown


def test_package_beside_the_router_of_the_site__is_told_what_is_shadowed(settings):
    ours = [path("api/", include(f"org_files.{app}urls")) for app in ("", "accounts.")]
    site = [path("api/", include((router.urls, "api")))]
    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": site + ours})
    texts = [each.msg for each in run_checks() if each.id == "org_files.W013"]
    assert len(texts) == 3
    assert all(f"answered by {HOST}.api.UserViewSet" in text for text in texts)
