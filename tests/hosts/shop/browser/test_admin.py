"""Photos of a product on its admin page, in Chromium."""

import base64
import os

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.test import Client

from org_files import get_file_model
from org_files.testing.factories import (
    join,
    make_organization,
    make_stored_file,
    make_user,
)
from tests.hosts.shop.goods.models import Product, Store
from tests.pictures.stored import photo
from tests.web.browser.person import launch

pytestmark = [pytest.mark.web, pytest.mark.django_db(transaction=True)]

DROP = """
async (files) => {
  const transfer = new DataTransfer();
  for (const {name, base64} of files) {
    const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {type: "image/jpeg"}));
  }
  const area = document.querySelector("#org-files-photos-group [data-org-files-drop]");
  for (const type of ["dragover", "drop"]) {
    const options = {bubbles: true, cancelable: true, dataTransfer: transfer};
    area.dispatchEvent(new DragEvent(type, options));
  }
}
"""
PICTURES = "#org-files-photos-group .org-files-list img"


@pytest.fixture
def without_pages(settings):
    """A site that has not installed ``org_files.web``."""
    settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != "org_files.web"]


@pytest.fixture
def browser(monkeypatch):
    from playwright.sync_api import sync_playwright

    # The browser keeps an event loop in this thread.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def session_of(browser, live_server, user):
    """Return a page of a browser in which ``user`` is logged in."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(base_url=live_server.url)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
    context.add_cookies([{**cookie, "url": live_server.url}])
    return context.new_page()


@pytest.fixture
def acme():
    return make_organization("Acme")


@pytest.fixture
def seller(acme):
    return member(acme, "seller")


def member(company, name):
    """Return a member of a company who may change products in the admin."""
    user = make_user(name, is_staff=True)
    join(company, user)
    names = ("view_product", "change_product")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    return user


@pytest.fixture
def product(acme):
    return Product.objects.create(store=Store.objects.create(company=acme), name="Lamp")


def path_of(product):
    return f"/admin/goods/product/{product.pk}/change/"


@pytest.fixture
def page(browser, live_server, seller, product):
    """The product's admin page, of which the console and all answers are clean."""
    page = session_of(browser, live_server, seller)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    page.goto(path_of(product))
    yield page
    # Pictures that the server still sends would miss their reader.
    page.wait_for_load_state("networkidle")
    assert complaints == []


def drop(page, *names):
    """Drop photos on the area of photos."""
    content = base64.b64encode(photo()).decode()
    page.evaluate(DROP, [{"name": name, "base64": content} for name in names])


def save(page):
    """Save the page and wait for it to come back."""
    with page.expect_navigation():
        page.click("[name=_continue]")


def names_of(files):
    return sorted(files.values_list("name", flat=True))


PHOTOS = ["one.jpg", "three.jpg", "two.jpg"]
UPLOADS = "#org-files-photos-group org-files-upload"


def test_three_photos__are_sent_dropped_saved_removed_and_restored(
    page, product, browser, live_server
):
    drop(page, *PHOTOS)
    page.wait_for_selector(f"li:nth-child(3) > {UPLOADS.split()[-1]}[data-state=done] img")
    page.wait_for_selector(f"{UPLOADS}:not([data-state=done])", state="detached")
    assert [bar.evaluate("(bar) => bar.value") for bar in page.query_selector_all("progress")] == [
        *(1, 1, 1)
    ]
    # Stored, and not attached before the page is saved.
    assert (names_of(get_file_model().objects), product.photos.count()) == (PHOTOS, 0)
    save(page)
    assert names_of(product.photos) == PHOTOS
    for picture in page.query_selector_all(PICTURES):
        picture.scroll_into_view_if_needed()
        page.wait_for_function("(img) => img.complete && img.naturalHeight > 0", arg=picture)

    page.check("[name=org-files-photos-0-DELETE]")
    save(page)
    assert len(page.query_selector_all(PICTURES)) == product.photos.count() == 2
    page.click("#org-files-photos-group .org-files-trash summary")
    page.check("[name=org-files-photos-restore]")
    save(page)
    page.wait_for_selector("#org-files-photos-group .org-files-list li:nth-child(3)")
    assert names_of(product.photos) == PHOTOS

    other = session_of(browser, live_server, member(make_organization("Globex"), "rival"))
    other.goto(path_of(product))
    assert other.query_selector(PICTURES) is None
    file = product.photos.first()
    assert other.request.get(f"{live_server.url}{file.url}").status == 404


def test_form_that_is_sent_early__waits_for_its_uploads(page, product):
    held = []
    page.route("**/library/uploads/", lambda route: held.append(route))
    drop(page, *PHOTOS)
    page.wait_for_selector(f"{UPLOADS}[data-state=sending]")
    page.locator(UPLOADS).nth(2).get_by_role("button", name="Pause").click()
    page.click("[name=_continue]")
    page.wait_for_selector("text=An upload is not complete.")
    page.locator(UPLOADS).nth(2).get_by_role("button", name="Cancel").click()
    page.click("[name=_continue]")
    page.wait_for_selector("text=The form is sent when the uploads are complete.")
    assert product.photos.count() == 0

    page.unroute("**/library/uploads/")
    with page.expect_navigation():
        for route in held:
            route.continue_()
    assert names_of(product.photos) == ["one.jpg", "three.jpg"]


def test_stored_files__are_found_by_name_attached_and_chosen(page, product, acme, seller):
    for name in ("price list.txt", "manual 1.txt", "manual 2.txt"):
        make_stored_file(acme, seller, name=name)
    drawings = page.locator("#org-files-drawings-group")
    drawings.get_by_text("Attach stored files").click()
    drawings.get_by_label("Find by name").fill("list")
    drawings.get_by_role("option", name="price list.txt").wait_for()
    drawings.get_by_label("Stored files").select_option(label="price list.txt")
    column = page.locator(".field-manual")
    column.get_by_label("Find by name").fill("manual")
    column.get_by_text("Files found: 2").wait_for()
    column.locator("select").select_option(label="manual 2.txt")
    save(page)
    product.refresh_from_db()
    assert (names_of(product.drawings), product.manual.name) == (["price list.txt"], "manual 2.txt")

    for name in ("old.txt", "new.txt"):
        column.locator("[type=file]").set_input_files(
            {"name": name, "mimeType": "text/plain", "buffer": name.encode()}
        )
        row = column.locator("org-files-upload[data-state=done]")
        row.get_by_role("link", name=name).wait_for()
    save(page)
    product.refresh_from_db()
    assert product.manual.name == "new.txt"
    # The second took the place of the first.
    assert get_file_model()._base_manager.get(name="old.txt").deleted_at is not None


def test_text_of_a_search_that_was_answered__attaches_and_chooses_no_file(
    page, product, acme, seller
):
    make_stored_file(acme, seller, name="manual.txt")
    page.get_by_text("Attach stored files").nth(1).click()
    for group in (".field-manual", "#org-files-drawings-group"):
        box = page.locator(group)
        box.get_by_label("Find by name").fill("manual")
        box.get_by_text("Files found: 1").wait_for()
    save(page)
    product.refresh_from_db()
    assert (product.drawings.count(), product.manual) == (0, None)


def test_upload_that_is_removed_from_a_column__brings_back_the_last_choice(
    page, product, acme, seller
):
    names = ("one.txt", "two.txt")
    stored = [make_stored_file(acme, seller, name=name) for name in names]
    page.reload()
    column = page.locator(".field-manual")
    for file in stored:
        column.locator("select").select_option(label=file.name)
        column.locator("[type=file]").set_input_files(
            {"name": "new.txt", "mimeType": "text/plain", "buffer": file.name.encode()}
        )
        column.locator("org-files-upload[data-state=done]").get_by_text("Remove").click()
        assert column.locator("select").input_value() == str(file.pk)


def test_photos_on_a_site_without_pages__are_dropped_beside_those_that_a_refused_form_chose(
    without_pages, page, product, acme, seller
):
    kept = product.photos.add(ContentFile(photo(), name="kept.jpg"), by=seller)
    product.photos.unlink(kept)
    page.reload()
    page.get_by_text("Attach stored files").nth(0).click()
    page.get_by_label("Stored files").nth(0).select_option(label="kept.jpg")
    page.fill("[name=name]", "")
    save(page)
    page.fill("[name=name]", "Lamp")
    drop(page, "one.jpg")
    drop(page, "two.jpg", "three.jpg")
    page.get_by_role("button", name="Remove: two.jpg").click()
    page.get_by_text("New files: 2").wait_for()
    save(page)
    assert names_of(product.photos) == ["kept.jpg", "one.jpg", "three.jpg"]
