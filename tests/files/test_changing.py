"""Changes of files: the named columns, and no others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.exceptions import InvalidField, TypeNotAllowed
from org_files.files import change_file
from org_files.models import AbstractFile
from org_files.signals import file_changed
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_stored_file

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def row_of(file: AbstractFile) -> dict[str, Any]:
    return dict(get_file_model()._base_manager.filter(pk=file.pk).values().get())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "minutes.txt"),
        ("resource", "invoice"),
        ("is_public", True),
        ("expires_at", timezone.now() + timedelta(days=3)),
        ("expires_at", None),
    ],
)
def test_change__writes_the_column_and_the_time(column: str, value: Any) -> None:
    with stopped_clock() as clock:
        file = make_stored_file(expires_at=clock.now() + timedelta(days=1))
        before = row_of(file)
        clock.advance(minutes=5)

        assert change_file(file=file, **{column: value}) is file

        assert row_of(file) == before | {column: value, "updated_at": clock.now()}
        assert getattr(file, column) == value


def test_two_who_change_different_columns__both_do() -> None:
    first = make_stored_file()
    second = get_file_model()._base_manager.get(pk=first.pk)

    change_file(file=first, name="first.txt")
    change_file(file=second, comment="second")

    row = row_of(first)
    assert (row["name"], row["comment"]) == ("first.txt", "second")


def test_change_of_nothing__writes_nothing() -> None:
    file = make_stored_file()
    before = row_of(file)

    with stopped_clock() as clock:
        clock.advance(minutes=5)
        change_file(file=file)

    assert row_of(file) == before


def test_name__obeys_the_rule_for_names() -> None:
    file = make_stored_file()

    change_file(file=file, name="../../e\u0301.txt")
    with pytest.raises(InvalidField) as refused:
        change_file(file=file, name="..")

    assert refused.value.field == "name"
    assert row_of(file)["name"] == "\u00e9.txt"


@pytest.mark.parametrize(
    ("name", "content", "renamed", "content_type"),
    [
        ("a.txt", b"text", "a.pdf", "application/pdf"),
        ("a.pdf", b"text", "a", "application/octet-stream"),
        # Pictures are what their content says, under whatever name.
        ("a.png", PNG, "a.txt", "image/png"),
        ("a.png", b"no picture", "a.jpg", "application/octet-stream"),
        ("a.txt", b"text", "a.png", "application/octet-stream"),
    ],
)
def test_content_type__goes_with_the_name(
    name: str, content: bytes, renamed: str, content_type: str
) -> None:
    file = make_stored_file(name=name, content=content)

    change_file(file=file, name=renamed)

    assert row_of(file)["content_type"] == content_type


def test_name_of_a_type_that_is_not_accepted__is_refused(settings: Any) -> None:
    file, old = make_stored_file(name="a.pdf"), make_stored_file(name="a.exe")
    settings.ORG_FILES = {"ALLOWED_TYPES": ["application/pdf"]}
    before = row_of(file)

    with pytest.raises(TypeNotAllowed):
        change_file(file=file, name="a.exe")
    # Older than the setting: of the type that it has already.
    change_file(file=old, name="b.exe")

    assert row_of(file) == before
    assert row_of(old)["name"] == "b.exe"


@pytest.mark.parametrize("column", ["expires_at", "deleted_at"])
def test_change_of_a_file_that_is_over__does_not_take_place(column: str) -> None:
    file = make_stored_file()
    rows = get_file_model()._base_manager.filter(pk=file.pk)
    rows.update(**{column: timezone.now()})
    before = row_of(file)

    with pytest.raises(get_file_model().DoesNotExist):
        change_file(file=file, comment="Too late.")
    assert row_of(file) == before

    # Of those that the caller means.
    change_file(file=file, among=rows, comment="In time.", expires_at=None)
    assert row_of(file)["comment"] == "In time."


@pytest.mark.parametrize(("column", "value"), [("resource", "a/b"), ("resource_id", "..")])
def test_resource_that_no_path_can_contain__is_refused(column: str, value: str) -> None:
    file = make_stored_file()
    before = row_of(file)

    with pytest.raises(InvalidField) as refused:
        change_file(file=file, **{column: value})

    assert refused.value.field == column
    assert row_of(file) == before


def test_change_of_a_file_that_is_gone__does_not_bring_it_back() -> None:
    file = make_stored_file()
    get_file_model()._base_manager.get(pk=file.pk).delete()

    with pytest.raises(get_file_model().DoesNotExist):
        change_file(file=file, comment="Too late.")

    assert not get_file_model()._base_manager.exists()


@pytest.mark.django_db(transaction=True)
def test_signal__names_what_was_changed() -> None:
    heard: list[Any] = []

    def hear(sender: Any, file: AbstractFile, changed: list[str], **kwargs: Any) -> None:
        heard.append((sender, file.pk, changed))

    file = make_stored_file(name="a.txt")
    file_changed.connect(hear, sender=get_file_model())
    try:
        change_file(file=file, name="a.csv", comment="More.")
        change_file(file=file)
        with pytest.raises(InvalidField):
            change_file(file=file, name="")
    finally:
        file_changed.disconnect(hear, sender=get_file_model())

    assert heard == [(get_file_model(), file.pk, ["comment", "content_type", "name"])]
