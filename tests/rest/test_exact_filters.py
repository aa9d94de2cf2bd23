"""Filters of text: the very characters, on every database."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest

from org_files import get_file_model
from org_files.models import AbstractFile, AbstractOrganization
from org_files.testing.factories import make_file
from tests.organizations.calls import Caller, caller

#: Texts that some collation takes for one another.
ALIKE = {
    "resource": ["product", "Product", "prod\u00fcct", "product ", " product"],
    "resource_id": ["aB3", "Ab3", "ab3", "\u00e4b3", "aB3 "],
    "content_type": ["text/plain", "TEXT/plain", "text/pl\u00e4in", "text/plain "],
    "name": ["report.pdf", "Report.pdf", "r\u00e9port.pdf", "report.pdf "],
}

NFC = normalize("NFC", "re\u0301sume\u0301.txt")
NFD = normalize("NFD", NFC)


@pytest.fixture
def me(user: Any) -> Caller:
    return caller(user)


@pytest.fixture
def files(organization: AbstractOrganization, user: Any) -> dict[tuple[str, str], AbstractFile]:
    """A file for each of the texts that are alike, by the column and the text."""
    return {
        (column, text): make_file(
            organization, user, **{"resource": "thing", "resource_id": "1", column: text}
        )
        for column, texts in ALIKE.items()
        for text in texts
    }


def ids(me: Caller, path: str = "files/", **parameters: str) -> list[str]:
    answer = me.get(path, **parameters)
    assert answer.status == 200, answer
    return [row["id"] for row in answer.body["results"]]


@pytest.mark.parametrize("column", ALIKE)
def test_filter__finds_the_very_text(
    files: dict[tuple[str, str], AbstractFile], me: Caller, column: str
) -> None:
    for text in ALIKE[column]:
        # Others have the factory's own name and type.
        expected = {str(file.public_id) for file in files.values() if getattr(file, column) == text}

        assert set(ids(me, **{column: text})) == expected, text


@pytest.mark.parametrize("text", ALIKE["resource_id"][1:3])
def test_files_of_a_thing__are_those_of_its_very_id(
    files: dict[tuple[str, str], AbstractFile], me: Caller, text: str
) -> None:
    file = files["resource_id", text]
    path = f"resources/thing/{text}/files/"

    assert ids(me, path) == [str(file.public_id)]
    assert me.delete(path).body == {"deleted": 1}

    trashed = get_file_model()._base_manager.exclude(deleted_at=None)
    assert [row.pk for row in trashed] == [file.pk]


@pytest.mark.parametrize("text", ALIKE["resource"][:2])
def test_files_of_a_kind_of_thing__are_those_of_the_very_kind(
    files: dict[tuple[str, str], AbstractFile], me: Caller, text: str
) -> None:
    assert ids(me, f"resources/{text}/1/files/") == [str(files["resource", text].public_id)]


def test_filters_together__all_hold(files: dict[tuple[str, str], AbstractFile], me: Caller) -> None:
    file = files["resource_id", "Ab3"]

    assert ids(me, resource="thing", resource_id="Ab3") == [str(file.public_id)]
    assert ids(me, resource="Thing", resource_id="Ab3") == []
    assert len(ids(me, resource="", resource_id="", page_size="200")) == len(files)


@pytest.mark.parametrize("asked", [NFC, NFD], ids=["NFC", "NFD"])
def test_name__is_found_in_either_form_of_unicode(
    organization: AbstractOrganization, user: Any, me: Caller, asked: str
) -> None:
    file = make_file(organization, user, name=NFC)
    make_file(organization, user, name="resume.txt")

    assert ids(me, name=asked) == [str(file.public_id)]
    assert str(file.public_id) in ids(me, search=asked)
    assert str(file.public_id) in ids(me, search=f"txt {asked[:3]}")
