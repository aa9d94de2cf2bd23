"""The base of the pages: login, CSRF, and errors."""

import pytest

from org_files.rest.fields import display_name
from org_files.testing.factories import make_stored_file
from org_files.web.checks import check_pages

pytestmark = pytest.mark.django_db


def test_page_without_login_leads_to_login(client):
    answer = client.get("/library/?search=a")

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("?next=%2Flibrary%2F%3Fsearch%3Da")


def test_address_of_the_login__keeps_its_query(client, settings):
    settings.LOGIN_URL = "/in/?by=mail"

    assert client.get("/library/").headers["Location"] == "/in/?by=mail&next=%2Flibrary%2F"


def test_library_has_files_that_the_user_sees(client, stored_file, organization_member):
    hidden = make_stored_file(name="hidden.txt")
    client.force_login(organization_member)

    page = client.get("/library/").content.decode()

    assert stored_file.name in page
    assert hidden.name not in page


def test_malformed_parameter_is_told(client, organization_member):
    client.force_login(organization_member)

    answer = client.get("/library/?organization=abc")

    assert answer.status_code == 400
    assert "This is not a valid id." in answer.content.decode()


def test_pages_stand_in_the_base_template_of_the_site(client, settings, organization_member):
    head = "<title>{% block title %}{% endblock %}</title><nav>Shop</nav>"
    base = f"{head}{{% block content %}}{{% endblock %}}"
    [engine] = settings.TEMPLATES
    loaders = [
        ("django.template.loaders.locmem.Loader", {"mysite/base.html": base}),
        "django.template.loaders.app_directories.Loader",
    ]
    options = {**engine["OPTIONS"], "loaders": loaders}
    settings.TEMPLATES = [{"BACKEND": engine["BACKEND"], "OPTIONS": options}]
    settings.ORG_FILES = {"WEB": {"BASE_TEMPLATE": "mysite/base.html"}}
    client.force_login(organization_member)

    page = client.get("/library/").content.decode()

    assert page.startswith("<title>Files</title><nav>Shop</nav>")
    assert page.count("org-files.css") == page.count("org-files.js") == 1
    assert "<main" not in page
    assert not list(check_pages(None))


def test_base_template_that_does_not_load__is_an_error(settings, tmp_path):
    (tmp_path / "open.html").write_text("{% block title %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    for name in ("open.html", "missing.html"):
        settings.ORG_FILES = {"WEB": {"BASE_TEMPLATE": name}}
        assert [message.id for message in check_pages(None)] == ["org_files.E051"]


def test_app_that_the_pages_need_is_missing__is_an_error(settings):
    settings.INSTALLED_APPS = [
        app for app in settings.INSTALLED_APPS if app != "django.contrib.staticfiles"
    ]
    [message] = check_pages(None)
    assert (message.id, "staticfiles" in message.msg) == ("org_files.E050", True)


def test_account_menu_leads_to_the_profile_the_exit_and_staff_to_the_admin(client, operator):
    menus = []
    for is_staff in (True, False):
        operator.is_staff = is_staff
        operator.save()
        client.force_login(operator)
        page = client.get("/library/").content.decode()
        menus.append(page[page.index("of-account") : page.index("<main")])

    for menu in menus:
        assert display_name(operator) in menu
        assert 'href="/library/profile/"' in menu
        assert '<form method="post" action="/library/log-out/">' in menu
    assert ['href="/admin/"' in menu for menu in menus] == [True, False]
