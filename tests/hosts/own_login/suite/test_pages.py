"""The pages of a site that has no accounts of the package."""

import html
import re
import sys

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from org_files.models import Membership
from org_files.testing.factories import join, make_organization
from org_files.web.urls import urlpatterns
from org_files.web.views.base import Page

pytestmark = pytest.mark.django_db


def browser_of(name):
    user, _is_new = get_user_model().objects.get_or_create(username=name)
    browser = Client()
    browser.force_login(user)
    return browser, user


def test_site_passes_its_checks():
    call_command("check", fail_level="WARNING")


def test_pages_lead_to_the_login_of_the_site():
    answer = Client().get("/library/organizations/")

    assert answer.headers["Location"] == "/admin/login/?next=%2Flibrary%2Forganizations%2F"
    assert Client().get("/library/log-in/").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("org_files_web:login")
    assert not {name for name in sys.modules if name.startswith("org_files.accounts")}


def test_every_page_without_an_id_opens():
    browser, _user = browser_of("ada")
    routes = [str(p.pattern) for p in urlpatterns if issubclass(p.callback.view_class, Page)]
    for route in routes:
        if "<" not in route:
            assert browser.get(f"/library/{route}").status_code < 400, route


def test_person_is_invited_by_user_name():
    admin_browser, admin = browser_of("ada")
    organization = make_organization("Acme")
    join(organization, admin, "admin")
    path = f"/library/organizations/{organization.pk}/members/"

    page = admin_browser.post(path, {"login": "eve", "role": "member"}).content.decode()
    url = html.unescape(re.search(r'readonly value="([^"]+)"', page)[1])
    browser, eve = browser_of("eve")
    other, _mallory = browser_of("Eve")

    assert other.post(url).status_code == 403
    assert browser.post(url).status_code == 303
    assert Membership.objects.get(user=eve).role == "member"
