"""Filters and search of lists: literal characters, on every database."""

from datetime import UTC, datetime
from unicodedata import normalize

import pytest

from org_files import get_file_model
from org_files.files.kinds import Kind, kind_of
from org_files.testing.factories import make_file

#: Texts that some collation takes for one another.
ALIKE = {
    "resource": ["product", "Product", "prod\u00fcct", "product "],
    "resource_id": ["aB3", "Ab3", "\u00e4b3", "aB3 "],
    "content_type": ["text/plain", "TEXT/plain"],
    "name": ["report.pdf", "Report.pdf", "r\u00e9port.pdf", "report.pdf "],
}


@pytest.fixture
def files(organization, user, admin):
    first = {"name": "a%b.txt", "content": b"1", "comment": "first", "content_type": "text/plain"}
    second = {"name": "a_b.txt", "content": b"22", "comment": "50% off", "is_public": True}
    third = {"name": "axb.txt", "content": b"333", "comment": "back\\slash under_score's"}
    invoice = {"resource": "invoice", "content_type": "application/pdf"}
    days = [datetime(2024, 1, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    return {
        "a": make_file(organization, user, created_at=days[0], **invoice | first, resource_id="7"),
        "b": make_file(organization, admin, created_at=days[1], content_type="image/png", **second),
        "c": make_file(organization, None, created_at=days[2], resource_id="8", **invoice, **third),
    }


def found(client, files, path="files/", **parameters):
    """Return the keys of the files found, in the order of the list."""
    response = client.get(f"/api/{path}", parameters)
    assert response.status_code == 200, response.content
    keys = {str(file.public_id): key for key, file in files.items()}
    return [keys[row["id"]] for row in response.json()["results"]]


def test_parameters__find(client, files, user, organization):
    for parameters, expected in (
        ({}, "cba"),
        ({"ordering": "size"}, "abc"),
        ({"ordering": "download_count,-size"}, "cba"),
        ({"ordering": "last_downloaded_at,size"}, "abc"),
        ({"name": "a_b.txt"}, "b"),
        ({"resource": "invoice", "resource_id": "8"}, "c"),
        ({"content_type": "image/png"}, "b"),
        ({"is_picture": "true"}, "b"),
        ({"kind": "picture"}, "b"),
        ({"kind": "document"}, "ca"),
        ({"kind": "other"}, ""),
        ({"is_public": "FALSE"}, "ca"),
        ({"min_size": "2", "max_size": "2"}, "b"),
        ({"created_after": "2024-01-02T12:00:00Z"}, "c"),
        ({"created_before": "2024-01-02T12:00:00Z"}, "a"),
        ({"created_after": "2024-01-02T13:00:00 02:00"}, "cb"),
        ({"search": "FIRST"}, "a"),
        ({"search": "off 50%"}, "b"),
        # What would be wildcards are characters.
        ({"search": "%"}, "ba"),
        ({"search": "_"}, "cb"),
        ({"search": "a%b"}, "a"),
        ({"search": "\\_"}, ""),
        # So are quotation marks and commas without a word.
        ({"search": "'"}, "c"),
        ({"search": "''"}, ""),
        ({"search": '"'}, ""),
        ({"search": ","}, ""),
        ({"search": 'first ""'}, "a"),
        # As the form of a browser sends what was left empty.
        ({"organization": "", "owner": "", "is_public": "", "min_size": "", "search": ""}, "cba"),
        ({"organization": "987654321"}, ""),
        ({"organization": str(organization.pk), "owner": str(user.pk)}, "a"),
        ({"page": "002", "page_size": "2", "format": "json"}, "a"),
    ):
        assert "".join(found(client, files, **parameters)) == expected, parameters


def test_kinds__of_the_filter_are_those_of_the_files(client, organization):
    types = ["image/svg+xml", "text/csv", "application/vnd.oasis.opendocument.text", "audio/ogg"]
    files = {
        each: make_file(organization, content_type=each)
        for each in (*types, "video/webm", "application/pdf", "application/zip", "video")
    }
    for kind in Kind:
        expected = {each for each in files if kind_of(each) is kind}
        assert set(found(client, files, kind=kind)) == expected
        assert expected


def test_rows_without_a_value__come_last_in_both_directions(client, files):
    for key, day in (("a", 1), ("b", 2)):
        rows = get_file_model()._base_manager.filter(pk=files[key].pk)
        rows.update(folded_last_downloaded_at=datetime(2024, 2, day, tzinfo=UTC))

    assert found(client, files, ordering="last_downloaded_at") == ["a", "b", "c"]
    assert found(client, files, ordering="-last_downloaded_at") == ["b", "a", "c"]


def test_same_filters__hold_under_an_organization(client, files, organization):
    make_file(name="elsewhere.txt", is_public=True)
    path = f"organizations/{organization.pk}/files/"

    assert len(found(client, files, path)) == 3
    assert found(client, files, path, resource="invoice") == ["c", "a"]
    assert found(client, files, path, organization="987654321") == []
    for wrong in ({"min_size": "abc"}, {"name__regex": "a"}):
        assert client.get(f"/api/{path}", wrong).status_code == 400


def test_public_files_of_other_organizations__are_listed_where_asked_for(client, files):
    files["public"] = make_file(is_public=True)

    assert found(client, files, is_public="true") == ["public", "b"]
    assert "public" not in found(client, files)


def test_text__is_found_by_its_very_characters(client, user, organization):
    thing = {"resource": "thing", "resource_id": "1"}
    files = {
        (column, text): make_file(organization, user, **thing | {column: text})
        for column, texts in ALIKE.items()
        for text in texts
    }
    for column, text in files:
        # Others have the factory's own name and type.
        expected = {key for key, file in files.items() if getattr(file, column) == text}
        assert set(found(client, files, **{column: text})) == expected, text
    everything = {"resource": "", "resource_id": "", "page_size": "200"}
    assert len(found(client, files, **everything)) == len(files)
    assert found(client, files, resource="Thing", resource_id="Ab3") == []

    assert found(client, files, "resources/Product/1/files/") == [("resource", "Product")]
    path = "resources/thing/Ab3/files/"
    assert found(client, files, path) == [("resource_id", "Ab3")]
    assert client.delete(f"/api/{path}").json() == {"deleted": 1}
    [trashed] = get_file_model()._base_manager.exclude(deleted_at=None)
    assert trashed == files["resource_id", "Ab3"]


def test_name__is_found_in_either_form_of_unicode(client, user, organization):
    name = normalize("NFC", "re\u0301sume\u0301.txt")
    files = {"a": make_file(organization, user, name=name)}

    for asked in (name, normalize("NFD", name)):
        assert found(client, files, name=asked) == ["a"]
        assert found(client, files, search=asked) == ["a"]
        assert found(client, files, search=f"txt {asked[:3]}") == ["a"]
