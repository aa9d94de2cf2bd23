import re

import httpx
import pytest

from org_files.storage.owners import OWNER
from tests.servers.site import LiveSite

ANNA = "anna.weber@example.org"
CHLOE = "chloe.martin@example.org"
DILAN = "dilan.yilmaz@example.org"


@pytest.fixture
def client(site):
    with httpx.Client(base_url=site.url) as client:
        yield client


def log_in(client, passwords, email):
    answer = client.post("/api/auth/login/", json={"email": email, "password": passwords[email]})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return answer


def linked(page):
    """The stylesheets, scripts and pictures that a page needs."""
    return set(re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"', page))


def test_landing_page__leads_everywhere(client):
    page = client.get("/").text
    assert "Everybody who is logged in sees every organization and every file." in page
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


def test_landing_page__greets_and_logs_out(client, passwords):
    log_in(client, passwords, CHLOE)
    page = client.get("/").text
    assert "Chloé Martin" in page
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    action = re.search(r'<form action="([^"]+)"', page)[1]
    answer = client.post(action, data={"csrfmiddlewaretoken": token})
    assert answer.headers["Location"] == "/"
    assert "Chloé Martin" not in client.get("/").text


@pytest.mark.parametrize(
    "path", ["/", "/admin/login/", "/api/", "/api/docs/", "/api/files/", "/api-auth/login/"]
)
def test_page__finds_its_styles_and_scripts_here(client, path):
    page = client.get(path, headers={"Accept": "text/html"})
    resources = linked(page.text)
    assert any(".css" in resource for resource in resources)
    for resource in resources:
        assert resource.startswith("/static/"), resource
        assert client.get(resource).status_code == 200, resource


def test_favicon__is_found(client):
    assert (
        client.get("/favicon.ico", follow_redirects=True).headers["Content-Type"] == "image/svg+xml"
    )


def test_schema_and_docs__are_public(client):
    client.headers["Authorization"] = "Bearer stale"
    schema = client.get("/api/schema/", params={"format": "json"}).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/files/" in schema["paths"]
    assert "/api/schema/" not in schema["paths"]
    assert client.get("/api/docs/").status_code == 200


def test_stored_bytes__have_no_address_of_their_own(client, site, passwords):
    keys = [path for path in (site.folder / "media").rglob("*") if path.is_file()]
    assert any(path.name == OWNER for path in keys)
    assert keys
    for prefix in ("/", "/media/", "/public/", "/static/"):
        key = keys[0].relative_to(site.folder / "media").as_posix()
        assert client.get(prefix + key).status_code == 404


def test_folder_of_stored_bytes__holds_nothing_else(site, passwords):
    files = [path for path in (site.folder / "media").rglob("*") if path.is_file()]
    names = {path.name for path in files} - {OWNER}
    assert names
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_session_login_over_plain_http__works_without_debug(client, passwords):
    answer = log_in(client, passwords, ANNA)
    assert all("secure" not in cookie.lower() for cookie in answer.headers.get_list("Set-Cookie"))
    assert client.get("/api/files/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_admin_pages__open(client, passwords):
    log_in(client, passwords, ANNA)
    for path in (
        *("", "authtoken/tokenproxy/", "token_blacklist/outstandingtoken/"),
        *("org_files/download/", "org_files/file/", "org_files/membership/"),
        *("org_files/organization/", "org_files_accounts/user/"),
    ):
        assert client.get(f"/admin/{path}").status_code == 200, path


def test_headers_of_nobody_trusted__change_no_address(client, site):
    spoofed = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    assert client.get("/api/", headers=spoofed).json()["files"] == f"{site.url}/api/files/"
    assert client.get("/api/", headers={"Host": "evil.example"}).status_code == 400


def test_host_that_there_is_not__is_refused_in_the_language_of_the_caller(client):
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
def test_asgi_site__serves_pages_and_static_files_without_a_warning(site, passwords):
    with LiveSite(asgi=True, folder=site.folder) as served:
        written = len(served.output())
        with httpx.Client(base_url=served.url) as client:
            for resource in linked(client.get("/api/docs/").text):
                answer = client.get(resource)
                assert answer.status_code == 200
                assert len(answer.content) == int(answer.headers["Content-Length"])
            log_in(client, passwords, CHLOE)
            file = client.get("/api/files/", params={"ordering": "-size"}).json()["results"][0]
            assert len(client.get(file["content_url"]).content) == file["size"]
        assert "Warning" not in served.output()[written:]
