"""Upload sessions of the pages: tus, with the session of the browser and its CSRF token."""

from base64 import b64encode

import pytest
from django.test import Client
from rest_framework.settings import api_settings

from org_files import get_file_model
from org_files.models import Upload

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/library/uploads/"


class Browser:
    """A browser with the library open: requests have the token of its form."""

    def __init__(self, user):
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)
        self.client.get("/library/")
        self.headers = {"X-CSRFToken": self.client.cookies["csrftoken"].value}

    def send(self, method, path, data=b"", **headers):
        headers = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        kind = "application/offset+octet-stream" if method == "PATCH" else ""
        kind = headers.pop("Content-Type", kind)
        return self.client.generic(
            method, path, data, content_type=kind, headers={**self.headers, **headers}
        )

    def tus(self, method, path, data=b"", **headers):
        return self.send(method, path, data, Tus_Resumable="1.0.0", **headers)

    def create(self, length, **fields):
        pairs = [f"{key} {b64encode(text.encode()).decode()}" for key, text in fields.items()]
        return self.tus("POST", PATH, Upload_Length=length, Upload_Metadata=",".join(pairs))


@pytest.fixture
def browser(organization_member):
    return Browser(organization_member)


def test_file_arrives_in_parts__and_the_answers_lead_to_pages(browser, organization_member):
    created = browser.create(6, filename="a.txt", comment="Hello", is_public="true")
    session = created.headers["Location"]
    assert (created.status_code, session.startswith(PATH)) == (201, True)

    browser.tus("PATCH", session, b"abc", Upload_Offset=0)
    offset = browser.tus("HEAD", session).headers["Upload-Offset"]
    last = browser.tus("PATCH", session, b"def", Upload_Offset=offset)

    file = get_file_model().objects.get()
    assert (file.name, file.comment, file.is_public) == ("a.txt", "Hello", True)
    assert file.owner == organization_member
    assert last.headers["Org-Files-Location"] == f"/library/files/{file.public_id}/"
    with file.content.open() as content:
        assert content.read() == b"abcdef"


def test_request_without_the_token__is_told_to_load_the_page_again(browser):
    browser.headers = {}

    answer = browser.create(3)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert "Load it again" in answer.json()["detail"]
    assert not Upload.objects.exists()


def test_authenticators_of_the_api__are_not_asked(browser, settings, organization_member):
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"]
    }
    assert browser.create(3).status_code == 201

    organization_member.set_password("secret")
    organization_member.save()
    login = b64encode(f"{organization_member.get_username()}:secret".encode()).decode()
    stranger = Client(headers={"Authorization": f"Basic {login}"})
    answer = stranger.post(PATH, headers={"Tus-Resumable": "1.0.0", "Upload-Length": "3"})
    assert answer.status_code == 401
    assert "Basic" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "headers", [{"Upload_Complete": "?1"}, {"Content_Type": "application/json"}, {}]
)
def test_other_protocols__are_those_of_the_api_alone(browser, headers):
    answer = browser.send("POST", PATH, b'{"method": "parts", "name": "a", "size": 1}', **headers)

    assert (answer.status_code, answer.json()["code"]) == (412, "tus_version")
    assert browser.send("GET", PATH).status_code == 405
    assert not Upload.objects.exists()


def test_limits_and_throttles_of_the_site_hold(browser, settings, monkeypatch):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 5}
    assert browser.send("OPTIONS", PATH).headers["Tus-Max-Size"] == "5"
    assert browser.create(6).json()["code"] == "file_too_large"

    rates = {**api_settings.DEFAULT_THROTTLE_RATES, "org_files_upload": "1/min"}
    monkeypatch.setattr(api_settings, "DEFAULT_THROTTLE_RATES", rates)
    assert [browser.create(1).status_code for _ in range(2)] == [201, 429]


def test_time_of_the_form__is_of_the_current_zone(browser, settings):
    settings.TIME_ZONE = "Asia/Tokyo"

    assert browser.create(0, filename="a.txt", expires_at="2090-01-01T12:30").status_code == 201

    file = get_file_model().objects.get()
    assert file.expires_at.isoformat() == "2090-01-01T03:30:00+00:00"
    refused = browser.create(0, filename="a.txt", expires_at="tomorrow")
    assert refused.json().keys() == {"expires_at"}
