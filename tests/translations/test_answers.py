"""Answers of the API: texts in the language of the site or of the reader, codes always the same."""

import re

import pytest
from django.test import Client
from django.urls import path
from django.utils import translation
from django.utils.translation import trans_real
from drf_spectacular.views import SpectacularAPIView

from org_files.models import Download
from org_files.testing.factories import make_organization, make_stored_file, make_user
from tests import urls as site
from tests.rest.requests import MISSING_ID, post_file, signed_in

RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}

urlpatterns = [path("schema/", SpectacularAPIView.as_view()), *site.urlpatterns]


def is_russian(text):
    """Return whether there are Russian letters: names of parameters and the like stay Latin."""
    return re.search("[а-яё]", text) is not None


def test_parameter_or_field_at_fault__is_explained_in_russian(client, russian_site):
    def assert_russian(response, field):
        assert (response.status_code, [*response.json()]) == (400, [field])
        assert all(map(is_russian, response.json()[field]))

    # One value for each place that words a refusal: pagination, search, filters.
    for query in (
        *("page_size=0", "ordering=secret", "cursor=x", "colour=red", f"search={'x' * 300}"),
        *("search=%00", "min_size=x", "created_after=x", "is_public=x", "organization=x"),
    ):
        assert_russian(client.get(f"/api/files/?{query}"), query.partition("=")[0])
    assert_russian(client.post("/api/files/"), "file")
    for name, value in (
        ("name", "a\nb"),
        ("name", "x" * 300),
        ("expires_at", "x"),
        ("expires_at", "2001-01-01T00:00:00Z"),
        ("is_public", "x"),
        ("organization", "0"),
    ):
        assert_russian(post_file(client, **{name: value}), name)


def test_reader__is_answered_in_their_language(client, reader_decides):
    english = client.get(f"/api/files/{MISSING_ID}/")
    russian = client.get(f"/api/files/{MISSING_ID}/", headers=RUSSIAN)

    assert english.json() == {"detail": "Not found.", "code": "not_found"}
    assert russian.json() == {"detail": "Не найдено.", "code": "not_found"}
    assert "Accept-Language" in russian.headers["Vary"]
    # A language without translations.
    other = Client().get("/api/files/", headers={"Accept-Language": "eo"})
    assert other.json()["detail"] == "Authentication credentials were not provided."


def test_refusal_before_the_view__is_in_the_readers_language(client, reader_decides):
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": ""}
    response = client.get("/api/files/", headers=RUSSIAN | chunked)

    assert response.json() == {
        "detail": "В запросе должен быть заголовок Content-Length.",
        "code": "length_required",
    }


def test_foreign_file__is_answered_byte_for_byte_as_a_missing_one(stranger, reader_decides):
    file = make_stored_file(make_organization("Elsewhere"), make_user("else"))
    asking = signed_in(stranger)
    for language in ("en", "ru"):
        foreign, missing = (
            asking.get(f"/api/files/{id}/content/", headers={"Accept-Language": language})
            for id in (file.public_id, MISSING_ID)
        )
        assert foreign.status_code == missing.status_code == 404
        assert (foreign.content, foreign.headers) == (missing.content, missing.headers)
        assert is_russian(foreign.content.decode()) == (language == "ru")


def test_token_of_simplejwt__is_refused_in_russian(db, russian_site):
    response = Client(headers={"Authorization": "Bearer x"}).get("/api/files/")

    assert response.json() == {
        "detail": "Переданный токен недействителен",
        "code": "token_not_valid",
    }


def test_download__looks_no_text_up(organization, user, client, reader_decides, monkeypatch):
    file = make_stored_file(organization, user, content=b"A report.")
    asked = []

    def spy(name):
        original = getattr(trans_real, name)
        return lambda *args, **kwargs: asked.append(args) or original(*args, **kwargs)

    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(translation._trans, name, spy(name))
    url = f"/api/files/{file.public_id}/content/"

    assert client.get(url, headers=RUSSIAN).getvalue() == b"A report."
    assert asked == []
    assert Download.objects.count() == 1
    assert client.get(f"{url}?disposition=x", headers=RUSSIAN).status_code == 400
    assert asked != []


@pytest.mark.urls(__name__)
def test_openapi_schema__is_in_english_for_russian_readers(reader_decides):
    schema = Client(headers=RUSSIAN).get("/schema/?lang=ru")

    assert schema.headers["Content-Language"] == "ru"
    assert "/api/files/{id}/content/" in schema.content.decode()
    assert not is_russian(schema.content.decode())
