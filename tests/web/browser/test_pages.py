"""Every page: accessible in both themes on a phone and a desktop, and light to transfer."""

import json
import os
import re
from contextlib import ExitStack
from importlib.resources import files

import pytest

from tests.example.conftest import logins
from tests.servers.site import LiveSite
from tests.web.browser.person import Person

pytestmark = pytest.mark.web

#: The rules of WCAG 2.2, levels A and AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = f"async () => (await axe.run({{runOnly: {json.dumps(TAGS)}}})).violations"
WIDTHS = {"phone": 360, "desktop": 1280}
#: Bytes of a page with all that it loads, but for pictures.
MAX_WEIGHT = 100_000

SETTINGS = """
from example.settings import *

# As in production: collected once, compressed, and under names that change with the content.
STORAGES |= {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
WHITENOISE_USE_FINDERS = False
STATIC_ROOT = __import__("os").environ["LOG_DIR"] + "/static"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE.insert(1, "django.middleware.gzip.GZipMiddleware")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The example site with its demo data, and static files as in production."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "page_settings.py").write_text(SETTINGS)
    variables = {
        "DJANGO_SETTINGS_MODULE": "page_settings",
        "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
    }
    with ExitStack() as stack:
        site = LiveSite(variables)
        site.folder = site.make_folder()
        site.manage("collectstatic", "--no-input", "--verbosity", "0")
        site.manage("migrate", "--verbosity", "0")
        site.logins = logins(site.manage("demo_data"))
        yield stack.enter_context(site)


@pytest.fixture(scope="module")
def admin(site, chromium):
    """The administrator of the site, logged in."""
    person = Person(chromium, site, bypass_csp=True)
    person.open("/log-in/")
    # The first is the administrator.
    email, password = next(iter(site.logins.items()))
    person.page.get_by_label("E-mail").fill(email)
    person.page.get_by_label("Password").fill(password)
    person.press("Log in")
    yield person
    person.context.close()


@pytest.fixture(scope="module")
def addresses(admin):
    """The address of every page that an administrator sees."""
    page, found = admin.page, ["/", "/?view=grid", "/?search=nothing-has-this-name"]
    links = []
    for start in ("/?view=list", "/links/", "/organizations/", "/people/"):
        admin.open(start)
        links += page.locator("#of-main a").evaluate_all("(all) => all.map((a) => a.pathname)")
    single = [
        next(each for each in links if re.fullmatch(f"/{kind}/[^/]+/", each))
        for kind in ("files", "links", "organizations", "people")
    ]
    file, link, organization, person = single
    found += single
    found += [f"{file}{name}/" for name in ("links", "downloads", "remove")]
    found += [f"{organization}{name}/" for name in ("members", "downloads", "delete")]
    found += ["/links/", f"{link}revoke/", "/downloads/", "/organizations/", "/people/", "/trash/"]
    found += [f"{person}delete/", "/profile/", "/profile/password/", "/profile/delete/"]
    return [*found, "/log-out/", "/about/", "/no/such/page/"]


def complaints_of(person, address, width):
    """Return the violations of axe on a page, and whether it is wider than the window."""
    page = person.page
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.add_script_tag(path=files("axe_playwright_python") / "axe.min.js")
    found = [f"{each['id']}: {each['nodes'][0]['html']}" for each in page.evaluate(RUN)]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("wider than the window")
    return found


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(theme, width, admin, addresses):
    admin.page.emulate_media(color_scheme=theme, reduced_motion="reduce")

    found = {address: complaints_of(admin, address, width) for address in addresses}

    assert {address: each for address, each in found.items() if each} == {}


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_entrance_pages_are_accessible(theme, width, site, chromium):
    outsider = Person(chromium, site, bypass_csp=True, color_scheme=theme)

    found = {path: complaints_of(outsider, path, width) for path in ("/log-in/", "/register/")}

    assert {path: each for path, each in found.items() if each} == {}
    outsider.close()


def test_pages_are_light(admin, addresses):
    page = admin.page
    session = admin.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds, weights = {}, {}
    session.on(
        "Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda event: weights.update({event["requestId"]: event["encodedDataLength"]}),
    )

    found = {}
    for address in addresses:
        kinds.clear()
        weights.clear()
        page.goto(address, wait_until="networkidle")
        found[address] = sum(
            weight for each, weight in weights.items() if kinds.get(each) not in ("Image", "Media")
        )

    assert all(0 < weight < MAX_WEIGHT for weight in found.values()), found
