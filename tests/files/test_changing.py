"""Changes of files: the named columns, and no others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from org_files import get_file_model
from org_files.exceptions import InvalidField, TypeNotAllowed
from org_files.files import change_file
from org_files.signals import file_changed
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import make_stored_file
from tests.files.rows import connected, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folder")]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


def row_of(file):
    return dict(rows(pk=file.pk).values().get())


def test_change__writes_the_named_columns_and_the_time():
    with stopped_clock() as clock:
        file = make_stored_file(expires_at=clock.now() + timedelta(days=1))
        another = rows().get()
        before = row_of(file)
        clock.advance(minutes=5)

        change_file(file=file)
        assert row_of(file) == before
        values = {"name": "minutes.txt", "resource": "invoice", "expires_at": None}
        assert change_file(file=file, **values) is file
        # Of two who change different columns, both do.
        change_file(file=another, comment="second")

        expected = before | values | {"comment": "second", "updated_at": clock.now()}
        assert row_of(file) == expected
        assert (file.name, file.resource, file.expires_at) == ("minutes.txt", "invoice", None)


@pytest.mark.parametrize(
    ("name", "content", "renamed", "content_type"),
    [
        ("a.txt", b"text", "../../e\u0301.pdf", "application/pdf"),
        ("a.pdf", b"text", "a", "application/octet-stream"),
        # Pictures are what their content says, under whatever name.
        ("a.png", PNG, "a.txt", "image/png"),
        ("a.txt", b"text", "a.png", "application/octet-stream"),
    ],
)
def test_content_type__goes_with_the_name(name, content, renamed, content_type):
    file = make_stored_file(name=name, content=content)

    change_file(file=file, name=renamed)

    assert row_of(file)["content_type"] == content_type
    assert row_of(file)["name"] == renamed.removeprefix("../../").replace("e\u0301", "\u00e9")


def test_name_of_a_type_that_is_not_accepted__is_refused(settings):
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
def test_change_of_a_file_that_is_over__does_not_take_place(column):
    file = make_stored_file()
    chosen = rows(pk=file.pk)
    chosen.update(**{column: timezone.now()})
    before = row_of(file)

    with pytest.raises(get_file_model().DoesNotExist):
        change_file(file=file, comment="Too late.")
    assert row_of(file) == before

    # Of those that the caller means.
    change_file(file=file, among=chosen, comment="In time.", expires_at=None)
    assert row_of(file)["comment"] == "In time."
    chosen.get().delete()
    with pytest.raises(get_file_model().DoesNotExist):
        change_file(file=file, among=chosen, comment="Too late.")
    assert not rows().exists()


@pytest.mark.parametrize(
    ("column", "value"), [("name", ".."), ("resource", "a/b"), ("resource_id", "..")]
)
def test_invalid_value__is_refused(column, value):
    file = make_stored_file()
    before = row_of(file)

    with pytest.raises(InvalidField) as refused:
        change_file(file=file, **{column: value})

    assert refused.value.field == column
    assert row_of(file) == before


@pytest.mark.django_db(transaction=True)
def test_signal__names_what_was_changed():
    heard = []

    def hear(sender, file, changed, **kwargs):
        heard.append((sender, file.pk, changed))

    file = make_stored_file(name="a.txt")
    with connected(file_changed, hear):
        change_file(file=file, name="a.csv", comment="More.")
        change_file(file=file)

    assert heard == [(get_file_model(), file.pk, ["comment", "content_type", "name"])]
