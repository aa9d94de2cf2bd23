"""Events of files, quotas, members, refusals and jobs."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client

from org_files import counters, get_file_model
from org_files.events.refusals import refused
from org_files.exceptions import QuotaExceeded
from org_files.files import quotas, store_file
from org_files.maintenance import run_job
from org_files.models import AbstractFile, AbstractOrganization, Membership
from org_files.organizations import add_member, change_role, create_organization, remove_member
from org_files.testing.factories import join, make_file, make_stored_file, make_user
from tests.accounts.clients import call
from tests.eventlog.conftest import Heard
from tests.eventlog.fields import assert_says
from tests.rest.requests import MISSING_ID, browser_of, post_file, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(organization: AbstractOrganization, user: Any) -> AbstractFile:
    """A file of the user's."""
    return make_stored_file(organization, user)


def test_life_of_a_file__is_recorded(
    heard: Heard, organization: AbstractOrganization, user: Any
) -> None:
    client = signed_in(user)
    stored = post_file(client, b"some bytes", "report.txt").json()
    path = f"/api/files/{stored['id']}/"
    assert call(path, by=client, method="PATCH", comment="new").status_code == 200
    assert client.delete(path).status_code == 204
    assert client.post(f"{path}restore/").status_code == 200
    assert client.delete(f"{path}?permanent=true").status_code == 204

    said: dict[str, Any] = {
        "obj": stored["id"],
        "kind": "file",
        "organization": organization.pk,
        "actor": user.pk,
        "name": "report.txt",
    }
    assert_says(heard.one("file.stored"), **said, size=10, content_type="text/plain")
    assert_says(heard.one("file.changed"), **said, changed=["comment"])
    assert_says(heard.one("file.trashed"), **said)
    assert_says(heard.one("file.restored"), **said)
    assert_says(heard.one("file.purged"), **said, size=10)
    assert len({record.request_id for record in heard.records if record.request_id}) == 5


def test_whole_download__is_recorded(heard: Heard, file: AbstractFile, user: Any) -> None:
    response = signed_in(user).get(f"/api/files/{file.public_id}/content/")
    assert response.getvalue() == b"A report."

    assert_says(
        heard.one("file.downloaded"),
        obj=file.public_id,
        kind="file",
        organization=file.organization_id,
        actor=user.pk,
        part=False,
    )


def test_parts_of_a_download__are_recorded_as_the_one_that_they_begin(
    heard: Heard, file: AbstractFile, user: Any
) -> None:
    client = signed_in(user)
    for first in (0, 2, 4):
        headers = {"Range": f"bytes={first}-{first + 1}"}
        client.get(f"/api/files/{file.public_id}/content/", headers=headers).close()

    assert_says(
        heard.one("file.downloaded"),
        obj=file.public_id,
        kind="file",
        organization=file.organization_id,
        actor=user.pk,
        part=True,
    )


def test_download_in_a_view_of_the_site__is_recorded_of_its_user(
    heard: Heard, file: AbstractFile, user: Any
) -> None:
    counters.record_download(file=file, user=user)

    assert_says(
        heard.one("file.downloaded"),
        obj=file.public_id,
        kind="file",
        organization=file.organization_id,
        actor=user.pk,
        in_request=False,
        part=False,
    )


def test_download_whose_bytes_are_gone__is_recorded_as_failed(
    heard: Heard, file: AbstractFile, user: Any
) -> None:
    file.content.storage.delete(file.content.name)

    assert signed_in(user).get(f"/api/files/{file.public_id}/content/").status_code == 503

    granted, failed = heard.of("file.downloaded")
    assert_says(
        failed,
        obj=file.public_id,
        kind="file",
        organization=file.organization_id,
        actor=user.pk,
        outcome="failed",
        level="ERROR",
    )
    assert granted.request_id == failed.request_id


def test_what_is_rolled_back__is_not_recorded(
    heard: Heard, organization: AbstractOrganization, file: AbstractFile
) -> None:
    heard.records.clear()
    with transaction.atomic():
        counters.record_download(file=file)
        add_member(organization=organization, user=make_user())
        make_stored_file(organization)
        file.delete()
        transaction.set_rollback(True)

    assert heard.records == []


def test_file_that_the_admin_or_the_site_deletes__is_recorded(
    heard: Heard, file: AbstractFile
) -> None:
    get_file_model()._base_manager.filter(pk=file.pk).delete()

    assert_says(
        heard.one("file.purged"),
        obj=file.public_id,
        kind="file",
        organization=file.organization_id,
        in_request=False,
        name=file.name,
        size=9,
    )


def test_members__are_recorded_as_they_come_change_and_go(
    heard: Heard, organization: AbstractOrganization, operator: Any
) -> None:
    newcomer = make_user()
    path = f"/api/organizations/{organization.pk}/members/"
    client = signed_in(operator)
    assert call(path, by=client, user=str(newcomer.pk), role="viewer").status_code == 201
    path += f"{newcomer.pk}/"
    assert call(path, by=client, method="PATCH", role="member").status_code == 200
    assert client.delete(path).status_code == 204

    said = [r for r in heard.of("member.changed") if r.object_id == str(newcomer.pk)]
    expected = [("added", "viewer"), ("role", "member"), ("removed", "member")]
    assert len(said) == len(expected)
    for record, (change, role) in zip(said, expected, strict=True):
        assert_says(
            record,
            obj=newcomer.pk,
            kind="user",
            organization=organization.pk,
            actor=operator.pk,
            change=change,
            role=role,
        )


def test_members_that_no_service_changes__are_recorded_too(heard: Heard) -> None:
    creator, other = make_user(), make_user()
    organization = create_organization(admin=creator, name="New")
    membership = join(organization, other)
    membership.role = "viewer"
    membership.save()
    other.delete()
    Membership.objects.filter(user=creator.pk).delete()

    assert [
        (record.object_id, record.details["change"], record.details["role"])
        for record in heard.of("member.changed")
    ] == [
        (str(creator.pk), "added", "admin"),
        (str(membership.user_id), "added", "member"),
        (str(membership.user_id), "role", "viewer"),
        (str(membership.user_id), "removed", "viewer"),
        (str(creator.pk), "removed", "admin"),
    ]


def test_changes_of_members_that_do_not_take_place__are_not_recorded(
    heard: Heard, organization: AbstractOrganization, admin: Any
) -> None:
    membership = Membership.objects.get(user=admin)
    heard.records.clear()
    path = f"/api/organizations/{organization.pk}/members/{admin.pk}/"

    assert signed_in(admin).delete(path).status_code == 409
    change_role(membership=membership, role="admin")
    join(organization, make_user(), "admin")
    remove_member(membership=membership)
    with pytest.raises(Membership.DoesNotExist):
        remove_member(membership=membership)

    changes = [record.details["change"] for record in heard.of("member.changed")]
    assert changes == ["role", "added", "removed"]


def test_who_is_not_logged_in__is_denied(heard: Heard) -> None:
    assert Client().get("/api/files/?search=x").status_code == 401

    assert_says(
        heard.one("access.denied"),
        outcome="refused",
        level="WARNING",
        status=401,
        code="not_authenticated",
        method="GET",
        path="/api/files/",
    )


def test_who_may_not__is_denied(heard: Heard, organization: AbstractOrganization) -> None:
    viewer = make_user()
    join(organization, viewer, "viewer")

    assert post_file(signed_in(viewer)).status_code == 403

    assert_says(
        heard.one("access.denied"),
        actor=viewer.pk,
        outcome="refused",
        level="WARNING",
        status=403,
        code="permission_denied",
        method="POST",
        path="/api/files/",
        obj=organization.pk,
        kind="organization",
        organization=organization.pk,
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "files/{file}/"),
        ("DELETE", "files/{file}/"),
        ("DELETE", "files/{file}/?permanent=true"),
        ("POST", "files/{file}/restore/"),
        ("GET", "files/{file}/downloads/"),
        ("POST", "files/{file}/links/"),
    ],
)
def test_who_may_not_do_that_to_a_file__is_denied_that_file(
    heard: Heard, organization: AbstractOrganization, file: AbstractFile, method: str, path: str
) -> None:
    viewer = make_user()
    join(organization, viewer, "viewer")
    address = f"/api/{path.format(file=file.public_id)}"

    response = signed_in(viewer).generic(method, address, b"{}", content_type="application/json")

    assert response.status_code == 403
    assert_says(
        heard.one("access.denied"),
        actor=viewer.pk,
        obj=file.public_id,
        kind="file",
        organization=organization.pk,
        outcome="refused",
        level="WARNING",
        status=403,
        code="permission_denied",
        method=method,
        path=address.partition("?")[0],
    )


def test_who_may_not_see_anothers_downloads__is_denied_that_user(
    heard: Heard, organization: AbstractOrganization, user: Any
) -> None:
    viewer = make_user()
    join(organization, viewer, "viewer")

    for path in ("downloads/?user={pk}", "users/{pk}/downloads/"):
        heard.records.clear()
        refused.forget()
        assert signed_in(viewer).get(f"/api/{path.format(pk=user.pk)}").status_code == 403

        denied = heard.one("access.denied")
        assert (denied.object_type, denied.object_id, denied.actor) == (
            "user",
            str(user.pk),
            str(viewer.pk),
        )


def test_who_may_not_change_an_account__is_denied_that_user(
    heard: Heard, organization: AbstractOrganization, user: Any
) -> None:
    other = make_user()
    join(organization, other)

    assert call(f"/api/users/{user.pk}/", by=signed_in(other), method="PATCH").status_code == 403

    denied = heard.one("access.denied")
    assert (denied.object_type, denied.object_id) == ("user", str(user.pk))


@pytest.mark.parametrize("path", ["/api/files/", "/api/auth/logout/"])
def test_session_without_its_csrf_token__is_denied_with_whose_it_is(
    heard: Heard, user: Any, path: str
) -> None:
    assert browser_of(user).post(path).status_code == 403

    denied = heard.one("access.denied")
    assert (denied.actor, denied.details["code"]) == (str(user.pk), "permission_denied")
    assert (denied.object_type, denied.object_id) == ("", "")


@pytest.mark.parametrize("token", ["nonsense", "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.x"])
def test_bad_token__is_denied_and_not_written_down(heard: Heard, token: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token}"})

    assert client.get("/api/files/").status_code == 401

    assert heard.one("access.denied").details["code"] == "token_not_valid"
    assert token not in heard.one("access.denied").getMessage()


def test_missing_and_invisible__are_not_denials(heard: Heard, user: Any) -> None:
    foreign = make_file()
    for id in (foreign.public_id, MISSING_ID):
        assert signed_in(user).get(f"/api/files/{id}/").status_code == 404

    assert heard.of("access.denied") == []


def test_upload_beyond_the_quota__is_recorded(
    heard: Heard, settings: Any, organization: AbstractOrganization, user: Any
) -> None:
    settings.ORG_FILES = {"QUOTA_BYTES": 5}

    assert post_file(signed_in(user), b"six by").status_code == 413

    assert_says(
        heard.one("quota.refused"),
        obj=organization.pk,
        kind="organization",
        organization=organization.pk,
        actor=user.pk,
        outcome="refused",
        level="WARNING",
        size=6,
    )
    assert heard.of("file.stored") == []


def test_upload_that_another_one_was_faster_than__is_recorded(
    heard: Heard, settings: Any, organization: AbstractOrganization, monkeypatch: Any
) -> None:
    store_file(organization=organization, owner=None, upload=ContentFile(b"four"), name="a")
    settings.ORG_FILES = {"QUOTA_BYTES": 5}
    monkeypatch.setattr(
        "org_files.files.services.refuse_early", lambda pk, size: quotas.quota_of(pk)
    )

    with pytest.raises(QuotaExceeded):
        store_file(organization=organization, owner=None, upload=ContentFile(b"two"), name="b")

    assert heard.one("quota.refused").details == {"size": 3}
    assert quotas.quota_of(organization.pk).max_bytes == 5


def test_job__is_recorded_with_what_it_counted(heard: Heard, file: AbstractFile) -> None:
    counters.record_download(file=file)

    run_job("fold")
    run_job("purge", dry_run=True)

    fold, purge = heard.of("job.ran")
    assert fold.details.pop("seconds") >= 0
    assert_says(
        fold,
        obj="fold",
        kind="job",
        in_request=False,
        dry_run=False,
        counted={"downloads": 1, "range_grants": 0},
    )
    assert purge.details["dry_run"] is True


def test_job_that_fails__is_recorded_and_raises(heard: Heard, monkeypatch: Any) -> None:
    def fail(**kwargs: Any) -> int:
        raise TimeoutError("of the store")

    monkeypatch.setattr("org_files.maintenance.counters.fold", fail)

    with pytest.raises(TimeoutError):
        run_job("fold")

    record = heard.one("job.ran")
    assert record.details.pop("seconds") >= 0
    assert_says(
        record,
        obj="fold",
        kind="job",
        outcome="failed",
        level="ERROR",
        in_request=False,
        error="TimeoutError",
        dry_run=False,
    )


def test_level__decides_what_is_recorded(heard: Heard, file: AbstractFile, user: Any) -> None:
    logging.getLogger("org_files").setLevel(logging.WARNING)

    counters.record_download(file=file, user=user)
    Client().get("/api/files/")

    assert heard.of("file.downloaded") == []
    assert heard.of("access.denied") != []
