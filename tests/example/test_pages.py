"""Pages and addresses of the running site."""

import re

import httpx
import pytest

from org_files.storage.owners import OWNER
from tests.example.conftest import ADMIN, log_in
from tests.servers.site import LiveSite


@pytest.fixture
def client(site):
    with httpx.Client(base_url=site.url) as client:
        yield client


def linked(page):
    """The stylesheets, scripts and pictures that a page needs."""
    return set(re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"', page))


def test_landing_page__leads_everywhere(client):
    page = client.get("/").text
    assert "All users see every organization and every file." in page
    links = set(re.findall(r'<a\b[^>]*?href="([^"?]+)', page))
    assert links == {
        "/admin/",
        "/api-auth/login/",
        "/api/docs/",
        "/api/downloads/",
        "/api/files/",
        "/api/organizations/",
        "/api/schema/",
    }
    for link in links:
        accept = {"Accept": "text/html,*/*;q=0.8"}
        answer = client.get(link, headers=accept, follow_redirects=True)
        # The lists ask people to log in, on a page that says how.
        assert answer.status_code in (200, 401), link


def test_administrator__logs_in_over_plain_http_opens_the_admin_and_logs_out(client):
    answer = log_in(client)
    assert all("secure" not in cookie.lower() for cookie in answer.headers.get_list("Set-Cookie"))
    for path in (
        *("", "authtoken/tokenproxy/", "token_blacklist/outstandingtoken/"),
        *("org_files/download/", "org_files/file/", "org_files/membership/"),
        *("org_files/organization/", "org_files_accounts/user/"),
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path

    page = client.get("/").text
    assert ADMIN["email"] in page
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    action = re.search(r'<form action="([^"]+)"', page)[1]
    answer = client.post(action, data={"csrfmiddlewaretoken": token})
    assert answer.headers["Location"] == "/"
    assert ADMIN["email"] not in client.get("/").text


def test_pages__find_their_styles_scripts_and_icon_here(client):
    for path in ("/", "/admin/login/", "/api/", "/api/docs/", "/api/files/", "/api-auth/login/"):
        resources = linked(client.get(path, headers={"Accept": "text/html"}).text)
        assert any(".css" in resource for resource in resources), path
        for resource in resources:
            assert resource.startswith("/static/"), resource
            assert client.get(resource).status_code == 200, resource
    icon = client.get("/favicon.ico", follow_redirects=True)
    assert icon.headers["Content-Type"] == "image/svg+xml"


def test_schema_and_docs__are_public(client):
    client.headers["Authorization"] = "Bearer stale"
    schema = client.get("/api/schema/", params={"format": "json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/files/" in schema["paths"]
    assert "/api/schema/" not in schema["paths"]
    assert client.get("/api/docs/").status_code == 200


def test_stored_bytes__are_alone_in_their_folder_and_have_no_address_of_their_own(client, site):
    log_in(client)
    client.post("/api/organizations/", json={"name": "Acme"})
    stored = client.post("/api/files/", files={"file": ("a.txt", b"-")})
    assert stored.status_code == 201, stored.text

    media = site.folder / "media"
    files = {path.name: path for path in media.rglob("*") if path.is_file()}
    assert OWNER in files
    assert [name for name in files if re.fullmatch("[0-9a-f]{32}", name)]
    assert [name for name in files if not re.fullmatch("[0-9a-f]{32}", name)] == [OWNER]
    for path in files.values():
        for prefix in ("/", "/media/", "/public/", "/static/"):
            address = prefix + path.relative_to(media).as_posix()
            assert client.get(address).status_code == 404


def test_untrusted_headers__change_no_address(client, site):
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    assert client.get("/api/", headers=spoofed).json()["files"] == f"{site.url}/api/files/"
    foreign = {"Host": "elsewhere.example"}
    answer = client.get("/api/files/", headers=foreign)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert client.get("/", headers=foreign).status_code == 400


def test_address_without_its_slash__redirects_readers_only(client):
    assert client.get("/api/docs").headers["Location"] == "/api/docs/"
    assert client.post("/api/token", json={}).status_code == 404


@pytest.mark.walks
def test_throttled_site__makes_a_stranger_wait(site):
    codes = []
    with (
        LiveSite({"THROTTLES": "on"}, folder=site.folder) as throttled,
        httpx.Client(base_url=throttled.url) as client,
    ):
        for number in range(61):
            # What a client claims of its address does not give it another turn.
            claimed = {"X-Forwarded-For": f"192.0.2.{number}"}
            answer = client.post("/api/token/", json={}, headers=claimed)
            codes.append(answer.status_code)
    assert codes == [400] * 60 + [429]
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.walks
def test_asgi_site__serves_pages_and_static_files_without_a_warning(site):
    with LiveSite(asgi=True, folder=site.folder) as served:
        written = len(served.output())
        with httpx.Client(base_url=served.url) as client:
            for resource in linked(client.get("/api/docs/").text):
                answer = client.get(resource)
                assert answer.status_code == 200
                assert len(answer.content) == int(answer.headers["Content-Length"])
            log_in(client)
            client.post("/api/organizations/", json={"name": "Globex"})
            organization = client.get("/api/organizations/").json()["results"][0]["id"]
            content = b"0" * 1_000_000
            answer = client.post(
                "/api/files/",
                data={"organization": organization},
                files={"file": ("b.bin", content)},
            )
            assert client.get(answer.json()["content_url"]).content == content
        assert "Warning" not in served.output()[written:]
