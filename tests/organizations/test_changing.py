"""PATCH and DELETE of organizations/{id}/: what was sent is written; only an empty one goes."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from org_files import counters, get_file_model, get_organization_model
from org_files.models import Download, Membership, PendingDownload
from org_files.rest import serializers
from org_files.testing.factories import join, make_file, make_organization
from tests.organizations.calls import ORGANIZATIONS


@pytest.fixture
def path(acme):
    return f"organizations/{acme.pk}/"


def row_of(organization):
    return dict(get_organization_model().objects.filter(pk=organization.pk).values().get())


@pytest.mark.parametrize("body", [{"description": "Rockets"}, {"name": "A", "description": ""}, {}])
def test_admin__changes_what_was_sent(admin, acme, path, body):
    before = row_of(acme)
    shown = admin.get(path, expand="members").body
    unknown = {"id": 4711471147, "tier": "Enterprise", "members": [], "no_such_field": 1}
    unknown |= {"download_count": 99, "folded_download_count": 99, "file_count": 99}
    unknown |= {"bytes_stored": 99, "created_at": "1999-01-01T00:00:00Z"}

    answer = admin.patch(f"{path}?expand=members", unknown | body)

    assert (answer.status, answer.body) == (200, shown | body)
    assert row_of(acme) == before | body


def test_body_that_does_not_validate__changes_nothing(admin, acme, path):
    before = row_of(acme)

    answer = admin.patch(path, {"name": "a\0b", "description": "fine"})

    assert (answer.status, list(answer.body)) == (400, ["name"])
    assert row_of(acme) == before


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something happen after the organization was read, and before it is written."""

    def happens(what):
        change = serializers.change_organization

        def change_afterwards(**values):
            what()
            return change(**values)

        monkeypatch.setattr(serializers, "change_organization", change_afterwards)

    return happens


def test_fold_at_the_same_moment__loses_no_count(admin, acme, path, meanwhile):
    file = make_file(acme)
    for _ in range(3):
        counters.record_download(file=file)
    meanwhile(counters.fold)

    answer = admin.patch(path, {"name": "Ajax"})

    assert (answer.body["name"], answer.body["download_count"]) == ("Ajax", 3)
    assert not PendingDownload.objects.exists()
    assert row_of(acme)["folded_download_count"] == 3
    assert counters.verify().findings == []


@pytest.mark.parametrize("body", [{"name": "Ajax"}, {}])
def test_organization_that_goes_at_the_same_moment__is_not_found_and_stays_gone(
    admin, acme, path, meanwhile, body
):
    def delete():
        Membership.objects.all().delete()
        get_organization_model().objects.filter(pk=acme.pk).delete()

    meanwhile(delete)
    missing = admin.get("organizations/4711471147/")

    answer = admin.patch(path, body)

    assert (answer.status, answer.content) == (404, missing.content)
    assert not get_organization_model().objects.exists()


# Deletion.


def state():
    """Every row that a deletion could touch."""
    models = [get_organization_model(), get_file_model(), get_user_model()]
    models += [Membership, Download]
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def test_admin__deletes_it_with_its_memberships(admin, member, acme, path):
    other = make_organization("Globex")
    join(other, member.user)

    answer = admin.delete(path)

    assert (answer.status, answer.content) == (204, b"")
    assert [row.organization for row in Membership.objects.all()] == [other]
    assert get_user_model().objects.count() == 2
    for again in (admin.get(path), admin.delete(path)):
        assert (again.status, again.code) == (404, "not_found")
    assert admin.get(ORGANIZATIONS).body["count"] == 0


LONG_AGO = timezone.now() - timedelta(days=365)


@pytest.mark.parametrize(
    "fields", [{}, {"deleted_at": LONG_AGO, "expires_at": LONG_AGO}], ids=["live", "over"]
)
def test_one_that_holds_a_file__stays(admin, operator, acme, path, fields):
    file = make_file(acme, **fields)
    counters.record_download(file=file, user=admin.user)
    before = state()

    for who in (admin, operator):
        answer = who.delete(path)
        assert (answer.status, answer.code) == (409, "organization_not_empty")
    assert state() == before

    get_file_model().objects.filter(pk=file.pk).delete()
    assert admin.delete(path).status == 204
    # The log of downloads outlives it, and only operators see the name of the file now.
    [row] = admin.get("downloads/").body["results"]
    assert row["organization"] is None
    assert row["file"] == {"id": str(file.public_id), "name": None}
    counters.fold()
    [row] = operator.get(f"users/{admin.user.pk}/downloads/").body["results"]
    assert row["file"]["name"] == file.name
