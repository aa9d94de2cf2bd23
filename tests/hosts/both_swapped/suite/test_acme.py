"""Replaceable parts of the package, as a site replaces them."""

import pytest
from django.test import Client

from org_files import get_file_model, get_organization_model
from org_files.signals import file_downloaded
from tests.hosts.suite.test_host import download, logged_in, people, upload

__all__ = ["people"]


@pytest.fixture
def folders(people):
    anna = logged_in(people[0])
    plain, secret = upload(anna, "plain.txt"), upload(anna, "secret.txt")
    get_file_model().objects.filter(public_id=secret["id"]).update(folder="board")
    return plain, secret


def test_columns_of_the_site__are_shown(people):
    file = upload(logged_in(people[0]))
    assert (file["folder"], file["approved_at"]) == ("", None)
    get_organization_model().objects.update(vat_number="DE 1")
    organizations = logged_in(people[0]).get("/api/organizations/").json()["results"]
    assert organizations[0]["vat_number"] == "DE 1"


def test_columns_of_the_site__filter(people, folders):
    anna = logged_in(people[0])
    listed = anna.get("/api/files/?folder=board").json()["results"]
    assert [file["id"] for file in listed] == [folders[1]["id"]]
    assert anna.get("/api/files/?shelf=board").status_code == 400


def test_policy_of_the_site__decides_in_lists_and_downloads(people, folders):
    anna, bela, _carl = map(logged_in, people)
    _plain, secret = folders
    assert bela.get("/api/files/").json()["count"] == 1
    assert download(bela, secret)[0] == 404
    assert bela.get(f"/api/files/{secret['id']}/").status_code == 404
    assert download(anna, secret)[0] == 200


def test_delivery_of_the_site__takes_its_options(people):
    anna = logged_in(people[0])
    response = anna.get(upload(anna)["content_url"])
    assert response.headers["X-Sold-By"] == "Acme"
    assert b"".join(response.streaming_content) == b"as plain as day"


def test_view_of_the_site__counts_by_the_same_counters(people):
    file = upload(logged_in(people[0]))
    client = Client()
    client.force_login(people[0])
    assert client.get(f"/preview/{file['id']}/").json() == {"name": "report.txt", "downloads": 1}
    api = logged_in(people[0])
    assert api.get(f"/api/files/{file['id']}/").json()["download_count"] == 1
    assert api.get("/api/downloads/").json()["count"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_label", [False, True])
def test_signal__comes_from_the_model_of_the_site(people, settings, by_label):
    wanted = settings.ORG_FILES_FILE_MODEL if by_label else get_file_model()
    heard = []

    def listen(sender, file, download, user, **kwargs):
        heard.append((sender, file.name, user.pk))

    file = upload(logged_in(people[0]))
    file_downloaded.connect(listen, sender=wanted)
    try:
        download(logged_in(people[1]), file)
    finally:
        file_downloaded.disconnect(listen, sender=wanted)
    assert heard == [(get_file_model(), "report.txt", people[1].pk)]
