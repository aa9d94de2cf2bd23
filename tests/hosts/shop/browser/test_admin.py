"""Photos of a product on its admin page, in Chromium."""

import base64
import os

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from org_files.testing.factories import join, make_organization, make_user
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


def test_three_photos__are_dropped_saved_removed_and_restored(browser, live_server):
    acme, globex = make_organization("Acme"), make_organization("Globex")
    seller, rival = (make_user(name, is_staff=True) for name in ("seller", "rival"))
    for user, company in ((seller, acme), (rival, globex)):
        join(company, user)
        names = ("view_product", "change_product")
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
    product = Product.objects.create(store=Store.objects.create(company=acme), name="Lamp")
    path = f"/admin/goods/product/{product.pk}/change/"
    content = base64.b64encode(photo()).decode()
    page = session_of(browser, live_server, seller)
    page.goto(path)

    page.evaluate(DROP, [{"name": f"{n}.jpg", "base64": content} for n in ("one", "two", "three")])
    page.wait_for_selector("#org-files-photos-group .org-files-new li:nth-child(3) img")
    page.click("[name=_continue]")
    page.wait_for_selector(PICTURES)
    assert sorted(product.photos.values_list("name", flat=True)) == [
        *("one.jpg", "three.jpg", "two.jpg")
    ]
    for picture in page.query_selector_all(PICTURES):
        picture.scroll_into_view_if_needed()
        page.wait_for_function("(img) => img.complete && img.naturalHeight > 0", arg=picture)
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/photos.png", full_page=True)

    page.check("[name=org-files-photos-0-DELETE]")
    page.click("[name=_continue]")
    page.wait_for_selector("#org-files-photos-group details")
    assert len(page.query_selector_all(PICTURES)) == product.photos.count() == 2
    page.click("#org-files-photos-group summary")
    page.check("[name=org-files-photos-restore]")
    page.click("[name=_continue]")
    page.wait_for_selector("#org-files-photos-group .org-files-list li:nth-child(3)")
    assert product.photos.count() == 3

    other = session_of(browser, live_server, rival)
    other.goto(path)
    assert other.query_selector(PICTURES) is None
    file = product.photos.first()
    assert other.request.get(f"{live_server.url}{file.url}").status == 404
