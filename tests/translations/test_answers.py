"""What clients are told in the language of the site or of the reader, and what never changes."""

import re

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from org_files.models import Download
from org_files.testing.factories import make_organization, make_stored_file, make_user
from tests.rest.openapi.test_errors import CASES
from tests.rest.requests import MISSING_ID, signed_in

RUSSIAN = {"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}


def is_russian(text):
    """Whether people read Russian there: names of parameters and the like stay as they are."""
    return re.search("[а-яё]", text) is not None


@pytest.mark.parametrize(("status", "code"), CASES)
def test_error__is_said_in_russian_and_keeps_its_code(status, code, world, russian_site):
    response = CASES[status, code](world)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert is_russian(response.json()["detail"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?page_size=0", "page_size"),
        ("?ordering=secret", "ordering"),
        ("?cursor=x", "cursor"),
        ("?cursor=&page=1", "cursor"),
        ("?cursor=&ordering=download_count", "ordering"),
        ("?colour=red", "colour"),
        ("?search=" + "x" * 300, "search"),
        ("?search=%00", "search"),
        ("?min_size=x", "min_size"),
        ("?created_after=x", "created_after"),
        ("?is_public=x", "is_public"),
        ("?organization=x", "organization"),
    ],
)
def test_parameter_at_fault__is_explained_in_russian(query, field, client, russian_site):
    response = client.get(f"/api/files/{query}")
    assert response.status_code == 400
    assert response.json().keys() == {field}
    assert all(map(is_russian, response.json()[field]))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "file"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 300}, "name"),
        ({"expires_at": "x"}, "expires_at"),
        ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"is_public": "x"}, "is_public"),
        ({"organization": "0"}, "organization"),
    ],
)
def test_field_at_fault__is_explained_in_russian(values, field, client, russian_site, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"A report.")
    with path.open("rb") as content:
        files = {"file": content} if values else {}
        response = client.post("/api/files/", values | files)
    assert response.status_code == 400
    assert response.json().keys() == {field}
    assert all(map(is_russian, response.json()[field]))


def test_reader__is_answered_in_their_language(client, reader_decides):
    english = client.get(f"/api/files/{MISSING_ID}/")
    russian = client.get(f"/api/files/{MISSING_ID}/", headers=RUSSIAN)
    assert english.json() == {"detail": "Not found.", "code": "not_found"}
    assert russian.json() == {"detail": "Не найдено.", "code": "not_found"}
    assert "Accept-Language" in russian.headers["Vary"]


def test_language_without_translations__is_english(db, reader_decides):
    response = Client().get("/api/files/", headers={"Accept-Language": "eo"})
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }


def test_refusal_before_the_view__is_in_the_readers_language(client, reader_decides):
    response = client.get(
        "/api/files/",
        headers=RUSSIAN | {"Transfer-Encoding": "chunked", "Content-Length": ""},
    )
    assert response.json() == {
        "detail": "В запросе должен быть заголовок Content-Length.",
        "code": "length_required",
    }


@pytest.mark.parametrize("language", ["en", "ru", "de"])
@pytest.mark.parametrize("path", ["", "content/", "downloads/"])
def test_foreign_file__is_answered_byte_for_byte_as_a_missing_one(
    language, path, stranger, reader_decides
):
    file = make_stored_file(make_organization("Elsewhere"), make_user("else"))
    asking = signed_in(stranger)
    foreign, missing = (
        asking.get(f"/api/files/{id}/{path}", headers={"Accept-Language": language})
        for id in (file.public_id, MISSING_ID)
    )
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert foreign.headers == missing.headers
    assert is_russian(foreign.content.decode()) == (language == "ru")


def test_token_that_is_none__is_refused_in_russian(db, russian_site):
    response = Client(headers={"Authorization": "Bearer x"}).get("/api/files/")
    assert response.json() == {
        "detail": "Переданный токен недействителен",
        "code": "token_not_valid",
    }


def test_download__looks_no_text_up(client, file, reader_decides, monkeypatch):
    asked = []

    def spy(name):
        original = getattr(trans_real, name)

        def look_up(*args, **kwargs):
            asked.append(args)
            return original(*args, **kwargs)

        return look_up

    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(translation._trans, name, spy(name))

    url = f"/api/files/{file.public_id}/content/"
    response = client.get(url, headers=RUSSIAN)
    assert response.getvalue() == b"A report, stored by a member."
    assert asked == []
    assert Download.objects.count() == 1

    assert client.get(f"{url}?disposition=x", headers=RUSSIAN).status_code == 400
    assert ("Takes attachment or inline.",) in asked


def test_json__has_the_same_keys_and_values_in_every_language(client, file, reader_decides):
    english, russian = (
        client.get("/api/files/", headers={"Accept-Language": language}).json()
        for language in ("en", "ru")
    )
    assert english == russian
    assert english["count"] == 1
