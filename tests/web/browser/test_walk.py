"""The walk of a newcomer, under each policy, with scripts and without."""

import base64
import io
import re
import zipfile
from uuid import uuid4

import pytest
from PIL import Image

from tests.web.browser.person import Person

pytestmark = pytest.mark.web

MIB = 1024 * 1024
LARGE = {"name": "film.bin", "size": 24 * MIB, "letter": "f"}
#: Bytes a second that the browser sends while a large file is on its way.
SLOW = 4 * MIB


def picture(name, color):
    content = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(content, "PNG")
    return {"name": name, "base64": base64.b64encode(content.getvalue()).decode()}


PICTURES = [picture("red.png", "#a00"), picture("green.png", "#0a0"), picture("blue.png", "#00a")]
NOTE = {"name": "note.txt", "size": 20, "letter": "n"}
FILES = [*PICTURES, NOTE]


def content_of(file):
    if "base64" in file:
        return base64.b64decode(file["base64"])
    return file["letter"].encode() * file["size"]


def upload_with_scripts(person):
    """Drop five files. One is paused, and goes on after the page was loaded again."""
    page = person.open("/").page
    session = person.context.new_cdp_session(page)
    network = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", network | {"uploadThroughput": SLOW})
    person.drop(LARGE, *FILES)
    row = page.locator("org-files-upload", has_text=LARGE["name"])
    person.wait_for(
        "[...document.querySelectorAll('org-files-upload')].some("
        f"(row) => row.name === '{LARGE['name']}' && row.bar.value > 0.1)"
    )
    row.get_by_role("button", name="Pause").click()
    for file in FILES:
        done = page.locator("org-files-upload[data-state=done]", has_text=file["name"])
        done.wait_for(timeout=60_000)

    page.reload()

    session.send("Network.emulateNetworkConditions", network | {"uploadThroughput": -1})
    row.locator("text=Unfinished").wait_for()
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "PATCH" else None)
    person.drop(LARGE)
    page.locator("org-files-upload[data-state=done]", has_text=LARGE["name"]).wait_for()
    # It went on, and did not begin anew.
    assert int(sent[0].headers["upload-offset"]) > 0


def upload_by_form(person):
    """Choose files in the form, and send it."""
    person.open("/").page.set_input_files(
        "#of-upload-file",
        [
            {
                "name": file["name"],
                "mimeType": "application/octet-stream",
                "buffer": content_of(file),
            }
            for file in (LARGE, *FILES)
        ],
    )
    person.press("Upload")


def share(person, name):
    """Share a file with a password, for one download; return the URL."""
    page = person.open("/").page
    page.locator(".of-table").get_by_role("link", name=name, exact=True).click()
    page.locator("#of-links summary").click()
    page.locator("[name=password]").fill("secret words")
    page.locator("[name=max_downloads]").fill("1")
    person.press("Make a link")
    if "/links/" not in page.url:
        page.locator("#of-links").get_by_role("link", name="Link without a label").click()
    return page.locator("input[readonly]").first.input_value()


def total_of(person, name):
    """Return the downloads that the page of a file shows, and those of its chart."""
    page = person.open("/").page
    page.locator(".of-table").get_by_role("link", name=name, exact=True).click()
    shown = page.locator(".of-details dt", has_text=re.compile("^Downloads$"))
    count = shown.locator("xpath=following-sibling::dd[1]").inner_text()
    return int(count), page.locator("#of-downloads .of-chart").count()


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("policy", ["open", "organization", "owner"])
def test_newcomer(policy, javascript, sites, chromium):
    site = sites(policy)
    ada = Person(chromium, site, javascript=javascript)
    page, email = ada.page, f"ada-{uuid4().hex[:8]}@example.com"
    ada.register(email)
    ada.log_out()
    ada.log_in(email)

    (upload_with_scripts if javascript else upload_by_form)(ada)

    ada.open("/?view=grid")
    assert page.locator(".of-grid img").count() == len(PICTURES)
    if javascript:
        ada.wait_for(
            "[...document.querySelectorAll('.of-grid img')].every((each) => each.naturalWidth)"
        )
    ada.open("/?view=list")

    url = share(ada, "red.png")
    assert total_of(ada, "red.png")[0] == 0
    stranger = Person(chromium, site, javascript=javascript)
    stranger.open(url)
    assert "red.png" in stranger.text()
    stranger.page.locator("input[type=password]").fill("secret words")
    saved = stranger.download(lambda: stranger.page.get_by_role("button", name="Download").click())
    assert saved == ("red.png", content_of(PICTURES[0]))
    assert stranger.context.request.get(url).status == 404
    stranger.close()
    assert total_of(ada, "red.png") == (1, 1)

    ada.press("To the trash")
    assert page.locator(".of-table").get_by_text("red.png").count() == 0
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    ada.open("/")
    assert page.locator(".of-table").get_by_text("red.png").count() > 0

    for file in PICTURES:
        page.get_by_label(f"Select {file['name']}").check()
    name, archive = ada.download(lambda: page.get_by_role("button", name="Download as ZIP").click())
    assert name.endswith(".zip")
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        read = {each: members.read(each) for each in members.namelist()}
    assert read == {file["name"]: content_of(file) for file in PICTURES}
    ada.open("/downloads/")
    assert page.locator("tbody tr").count() == len(PICTURES)

    invitation, guest = invite(ada)
    grace = Person(chromium, site, javascript=javascript)
    grace.register(guest)
    grace.open(invitation).press("Join the organization")
    looks_on(ada, grace, policy)
    grace.close()
    ada.close()


def invite(person):
    """Make an organization and invite a viewer; return the URL and whom it is for."""
    page, guest = person.page, f"grace-{uuid4().hex[:8]}@example.com"
    person.open("/organizations/")
    page.get_by_label("Name").fill("Friends")
    person.press("Create")
    if "/members/" not in page.url:
        if page.url.endswith("/organizations/"):
            page.get_by_role("link", name="Friends").first.click()
        person.press("Members")
    page.get_by_label("E-mail address or login name").fill(guest)
    page.get_by_label("Role").select_option("viewer")
    person.press("Add or invite")
    return page.locator("input[readonly]").input_value(), guest


def looks_on(owner, viewer, policy):
    """A viewer reads a file of the organization, as far as the policy lets, and changes nothing."""
    page = owner.open("/").page
    choice = page.locator("#of-uploader select[name=organization]")
    choice.select_option(label="Friends")
    content = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"A plan."}
    page.set_input_files("#of-upload-file", [content])
    if owner.javascript:
        page.locator("org-files-upload[data-state=done]").wait_for()
    else:
        owner.press("Upload")
    owner.open("/").page.locator(".of-table").get_by_role(
        "link", name="plan.txt", exact=True
    ).click()
    address = page.url
    assert page.get_by_role("button", name="To the trash").count() == 1

    is_seen = policy != "owner"
    assert viewer.context.request.get(address).status == (200 if is_seen else 404)
    if is_seen:
        viewer.open(address)
        assert "plan.txt" in viewer.page.title()
        for name in ("To the trash", "Save", "Make a link"):
            assert viewer.page.get_by_role("button", name=name).count() == 0
    [cookie] = [each for each in viewer.context.cookies() if each["name"] == "csrftoken"]
    answer = viewer.context.request.post(
        f"{address}trash/", form={"csrfmiddlewaretoken": cookie["value"]}
    )
    assert answer.status == (403 if is_seen else 404)
