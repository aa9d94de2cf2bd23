"""PATCH of a file: what was sent is changed, and nothing else."""

from datetime import datetime, timedelta

import pytest

from org_files import get_file_model
from org_files.models import Role
from org_files.rest.serializers import FileChangeSerializer
from org_files.testing.clock import stopped_clock
from org_files.testing.factories import join, make_organization, make_stored_file
from tests.organizations.calls import caller
from tests.rest.requests import MISSING_ID


@pytest.fixture
def mine(organization, user):
    """A file of the member's own."""
    return make_stored_file(organization, user, name="mine.txt", content=b"the same")


@pytest.fixture
def me(user):
    """The member."""
    return caller(user)


def path_of(file):
    return f"files/{file.public_id}/"


@pytest.fixture
def change(me, mine):
    """Change the member's file to these values, as sent in JSON."""
    return lambda **values: me.patch(path_of(mine), values)


def row_of(file):
    return dict(get_file_model()._base_manager.filter(pk=file.pk).values().get())


def test_field__is_changed_alone(mine, change):
    end = "2998-01-31T10:00:00Z"
    for field, sent, shown in (
        ("name", "../../e\u0301.txt", "\u00e9.txt"),
        ("comment", "Read this.\n  At once. ", "Read this.\n  At once. "),
        ("comment", "\U0001f600" * 10_000, "\U0001f600" * 10_000),
        ("resource", "\u5831" * 100, "\u5831" * 100),
        ("resource_id", 4711, "4711"),
        ("is_public", True, True),
        ("expires_at", "2998-01-31T12:00:00+02:00", end),
        ("expires_at", None, None),
    ):
        before = row_of(mine)
        answer = change(**{field: sent})
        assert (answer.status, answer.body[field]) == (200, shown), answer
        after = row_of(mine)
        assert after["updated_at"] > before["updated_at"]
        stored = datetime.fromisoformat(end) if shown == end else shown
        assert after == before | {field: stored, "updated_at": after["updated_at"]}


def test_what_the_site_decides__is_ignored(mine, change, admin, user):
    before = row_of(mine)
    other = make_organization()
    join(other, user, Role.ADMIN)
    moments = dict.fromkeys(("created_at", "updated_at", "deleted_at"), "2020-01-01T00:00:00Z")
    content = {"size": 1, "sha256": "0" * 64, "content": "elsewhere", "content_type": "text/html"}
    keys = {"id": MISSING_ID, "pk": 1, "public_id": MISSING_ID, "owner": admin.pk}
    counts = {"download_count": 1000, "folded_download_count": 1000, "nonsense": True}

    answer = change(organization=other.pk, **keys, **moments, **content, **counts)

    assert answer.status == 200
    assert row_of(mine) == before


def test_moment__lies_in_the_future_by_the_clock_of_the_server(change):
    with stopped_clock() as clock:
        now = clock.now()
        assert change(expires_at=now.isoformat()).status == 400
        assert change(expires_at=(now + timedelta(microseconds=1)).isoformat()).status == 200
    assert change(expires_at="9998-12-31T23:59:59.999999Z").status == 404  # expired meanwhile


def test_value_that_a_field_does_not_take__is_400_and_changes_nothing(mine, change):
    before = row_of(mine)

    for field, value in (
        ("expires_at", "2020-01-31T12:00:00Z"),
        ("name", None),
        ("name", ""),
        ("name", "\ud800.txt"),
        ("comment", None),
        ("comment", "a\x00b"),
        ("resource", "x" * 101),
        ("resource", "a/b"),
        ("resource_id", ".."),
        ("resource_id", {"id": 1}),
        ("is_public", None),
        ("is_public", 2),
    ):
        answer = change(**{"comment": "New.", "resource_id": "1", field: value})
        assert (answer.status, list(answer.body)) == (400, [field])
    assert row_of(mine) == before


def test_renamed_file__leaves_under_its_new_name(mine, me):
    before = me.get(path_of(mine)).body

    after = me.patch(path_of(mine), {"name": "new.pdf"}).body

    response = me.client.get(f"/api/{path_of(mine)}content/")
    assert response.headers["Content-Disposition"] == 'attachment; filename="new.pdf"'
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.getvalue() == b"the same"
    assert [after[name] == before[name] for name in ("id", "sha256", "content_url")] == [True] * 3


def test_file_removed_at_the_same_moment__is_404(mine, change, monkeypatch):
    is_valid = FileChangeSerializer.is_valid

    def remove_first(self, **options):
        get_file_model()._base_manager.filter(pk=mine.pk).delete()
        return is_valid(self, **options)

    monkeypatch.setattr(FileChangeSerializer, "is_valid", remove_first)

    answer = change(comment="New.")

    assert (answer.status, answer.code) == (404, "not_found")
    assert not get_file_model()._base_manager.exists()
