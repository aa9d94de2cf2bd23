"""Template tags in a page of the site."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.test import Client
from django.urls import include, path

from org_files import get_file_model
from org_files.access import OrganizationPolicy, ResourcePolicy
from org_files.files import trash_file
from org_files.models import Role
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.attachments.catalog.models import Product, Shop
from tests.web.pages import browser_of, queries_of
from tests.web.test_static import Nonce

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

LABEL = "catalog.product"
TAGS = """<!doctype html><title>Lamp</title>{% load org_files_web %}
{% org_files_list resource="catalog.product" resource_id=product.pk limit=limit %}
{% org_files_uploader resource="catalog.product" resource_id=product.pk %}"""
BUTTON = "{% load org_files_web %}{% org_files_button product.manual %}"


class ShopPolicy(ResourcePolicy, OrganizationPolicy):
    """Whoever has staff status changes products."""

    changeable = {
        LABEL: lambda user: Product.objects.all() if user.is_staff else Product.objects.none()
    }


def show(request, pk):
    source = {"tags": TAGS, "twice": TAGS + TAGS, "button": BUTTON}[request.GET.get("show", "tags")]
    values = {"product": Product.objects.get(pk=pk), "limit": 40, "csp_nonce": Nonce()}
    return HttpResponse(Template(source).render(RequestContext(request, values)))


urlpatterns = [path("products/<uuid:pk>/", show), path("", include("tests.urls"))]


@pytest.fixture(autouse=True)
def _policy(org_files_storage, settings):
    settings.ORG_FILES = {"POLICY": {"BACKEND": f"{__name__}.ShopPolicy"}}


@pytest.fixture
def product(organization):
    return Product.objects.create(shop=Shop.objects.create(company=organization))


@pytest.fixture
def page(product):
    return f"/products/{product.pk}/"


@pytest.fixture
def seller(organization_member):
    organization_member.is_staff = True
    organization_member.save()
    return organization_member


@pytest.fixture
def stranger(db):
    user = make_user()
    join(make_organization("Globex"), user, Role.ADMIN)
    return user


def attach(product, organization, name, **values):
    return make_file(organization, name=name, resource=LABEL, resource_id=str(product.pk), **values)


def fields_of(page):
    """Return the hidden fields of the form that uploads."""
    form = re.search(r"<org-files-uploader.*?</form>", page, re.DOTALL)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_list__has_the_files_of_the_object_that_the_user_sees(
    product, page, seller, stranger, organization
):
    attach(product, organization, "lamp.txt")
    attach(product, organization, "shown-to-all.txt", is_public=True)
    trash_file(file=attach(product, organization, "trash.txt"))
    make_file(organization, name="other.txt")
    # Its label is from before the guard, or from the site's own code.
    attach(product, make_organization("Initech"), "foreign.txt", is_public=True)

    seen = {
        user: set(
            re.findall(r"<span>([\w-]+\.txt)</span>", browser_of(user).get(page).content.decode())
        )
        for user in (seller, stranger)
    }

    assert seen == {seller: {"lamp.txt", "shown-to-all.txt"}, stranger: {"shown-to-all.txt"}}


def test_list__takes_as_many_queries_for_many_files(product, page, seller, organization):
    browser = browser_of(seller)
    attach(product, organization, "0.txt")
    few = queries_of(browser, page)
    for number in range(1, 30):
        attach(product, organization, f"{number}.txt")

    assert queries_of(browser, page) == few


def test_upload__is_attached_and_leads_back_to_the_page(product, page, seller, organization):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(seller)
    fields = fields_of(browser.get(page).content.decode())

    answer = browser.post(
        "/library/", {**fields, "file": SimpleUploadedFile("lamp.txt", b"Bright")}
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, page)
    [file] = product.attachments.all()
    assert (file.name, file.organization, file.owner) == ("lamp.txt", organization, seller)
    text = browser.get(page).content.decode()
    assert "lamp.txt was uploaded." in text
    assert f"/library/files/{file.public_id}/content/" in text


def test_user_who_may_not_attach__has_no_form_and_is_told_why(
    product, page, seller, organization, organization_member
):
    fields = fields_of(browser_of(seller).get(page).content.decode())
    other = make_user()
    join(organization, other, Role.MEMBER)
    browser = browser_of(other)

    assert "<org-files-uploader" not in browser.get(page).content.decode()
    answer = browser.post("/library/", {**fields, "file": SimpleUploadedFile("a.txt", b"A")})

    text = answer.content.decode()
    assert answer.status_code == 403
    assert "a.txt: You may not change which files this has." in text
    # Another try goes to the same place, and not into the library unnoticed.
    again = fields_of(text)
    assert {again[name] for name in ("resource", "resource_id", "next")} == {
        LABEL,
        str(product.pk),
        page,
    }
    assert not get_file_model().objects.exists()


def test_button__is_there_for_those_who_see_the_file(product, page, seller, stranger, organization):
    url = f"{page}?show=button"
    assert browser_of(seller).get(url).content == b""
    product.manual = make_file(organization, name="manual.txt", content=b"Switch it on.")
    product.save()

    text = browser_of(seller).get(url).content.decode()

    assert f'href="/library/files/{product.manual.public_id}/content/"' in text
    assert "Download manual.txt (13\xa0bytes)" in text
    assert browser_of(stranger).get(url).content == b""
    assert Client().get(url).content == b""


def test_page_with_many_tags__has_each_style_sheet_script_and_id_once(page, seller, settings):
    [engine] = settings.TEMPLATES
    processors = [
        *engine["OPTIONS"]["context_processors"],
        "tests.web.test_static.nonce_processor",
    ]
    settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": processors}}]

    text = browser_of(seller).get(f"{page}?show=twice").content.decode()

    loaded = re.findall(r'<(?:link|script)\b[^>]*"(/static/[^"]+)"([^>]*)>', text)
    assert len(loaded) == len({url for url, _rest in loaded}) == 4
    assert all('nonce="r4nd0m"' in rest for _url, rest in loaded)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert text.count("<org-files-uploader") == 2
