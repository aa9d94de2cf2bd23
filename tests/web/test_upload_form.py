"""The form of the library that uploads files."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from org_files import get_file_model
from org_files.exceptions import StorageUnavailable
from org_files.models import Role
from org_files.testing.factories import join, make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, organization_member, org_files_storage):
    client.force_login(organization_member)
    return organization_member


def send(client, *names, content=b"A report.", **fields):
    files = [SimpleUploadedFile(name, content) for name in names]
    return client.post("/library/", {"file": files, **fields})


def stored():
    return list(get_file_model()._base_manager.order_by("pk"))


def test_files__are_stored_with_the_fields_of_all(client, member, organization, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    # As a browser sends the form of a checkbox, and a time without its zone.
    fields = {"is_public": ["false", "true"], "expires_at": "2100-01-31T12:00", "comment": "New"}

    answer = send(client, "a.txt", "b.txt", organization=organization.pk, **fields)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/library/")
    assert "2 files were uploaded." in client.get("/library/").content.decode()
    for file, name in zip(stored(), ("a.txt", "b.txt"), strict=True):
        assert (file.name, file.organization, file.owner) == (name, organization, member)
        assert (file.is_public, file.comment) == (True, "New")
        assert file.expires_at.isoformat() == "2100-01-31T03:00:00+00:00"


def test_only_organization__need_not_be_named(client, member, organization):
    assert send(client, "a.txt", expires_at="", organization="").status_code == 303
    assert stored()[0].organization == organization


def test_wrong_fields__are_told_beside_them_and_nothing_is_stored(client, member):
    answer = send(client, "a.txt", comment="Kept", expires_at="1999-01-01T12:00")

    text = answer.content.decode()
    assert answer.status_code == 400
    assert "The time must lie in the future." in text
    assert 'value="1999-01-01T12:00"' in text
    assert ">Kept</textarea>" in text
    assert not stored()


def test_refused_file__leaves_the_others_stored(client, member, settings):
    settings.ORG_FILES = {"ALLOWED_TYPES": ["text/*"]}

    answer = send(client, "a.txt", "b.exe", "c.txt")

    text = answer.content.decode()
    assert answer.status_code == 415
    assert "2 files were uploaded." in text
    assert "<li>b.exe: Files of this type are not accepted here.</li>" in text
    assert [file.name for file in stored()] == ["a.txt", "c.txt"]


def test_store_that_is_down__is_not_tried_for_each_file(client, member, monkeypatch):
    def fail(*args):
        raise StorageUnavailable

    monkeypatch.setattr("org_files.files.services.write_blob", fail)

    answer = send(client, "a.txt", "b.txt", "c.txt")

    assert answer.status_code == 503
    assert "2 more files were not tried." in answer.content.decode()


@pytest.mark.parametrize("fields", [{}, {"file": "a text"}])
def test_form_without_a_file__is_refused(client, member, fields):
    answer = client.post("/library/", fields)

    assert answer.status_code == 400
    assert "No file was submitted." in answer.content.decode()


def test_file_that_is_too_large__is_refused_before_it_is_stored(client, member, settings):
    settings.ORG_FILES = {"MAX_FILE_SIZE": 5}

    answer = send(client, "a.txt")

    assert answer.status_code == 413
    assert "The file is larger than this site accepts." in answer.content.decode()


def test_more_files_than_a_form_may_have__are_refused(client, member, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1

    answer = send(client, "a.txt", "b.txt")

    assert answer.status_code == 400
    assert "Too many files at once." in answer.content.decode()


def test_organizations__are_those_that_one_may_upload_to(client, member, organization):
    globex, initech = make_organization("Globex"), make_organization("Initech")
    join(globex, member, Role.VIEWER)
    join(initech, member)

    text = client.get(f"/library/?organization={initech.pk}").content.decode()
    form = text.partition("<org-files-uploader")[2].partition("</org-files-uploader>")[0]
    assert f'<option value="{initech.pk}" selected>Initech</option>' in form
    assert f'<option value="{organization.pk}">Acme</option>' in form
    assert "Globex" not in form

    assert send(client, "a.txt", organization=globex.pk).status_code == 403
    needed = send(client, "a.txt")
    assert needed.status_code == 400
    assert "Needed: you belong to several organizations." in needed.content.decode()
    assert not stored()


def test_next__is_a_path_of_this_site(client, member):
    for sent, led_to in (
        ("/library/?view=grid", "/library/?view=grid"),
        ("http://testserver/x/", "http://testserver/x/"),
        ("https://evil.example/", "/library/"),
        ("//evil.example/", "/library/"),
        ("javascript:alert(1)", "/library/"),
    ):
        assert send(client, "a.txt", next=sent).headers["Location"] == led_to


def test_throttle_of_uploads__counts_each_file(client, member, settings):
    cache.clear()
    rates = {"org_files_upload": "2/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}

    refused = send(client, "a.txt", "b.txt", "c.txt", "d.txt")

    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "1 more file was not tried." in refused.content.decode()
    assert [file.name for file in stored()] == ["a.txt", "b.txt"]
    cache.clear()
