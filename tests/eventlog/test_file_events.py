"""Events of files, quotas, members, refusals and jobs."""

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from org_files import counters, get_file_model
from org_files.exceptions import QuotaExceeded
from org_files.files import quotas, store_file
from org_files.maintenance import run_job
from org_files.models import Membership
from org_files.organizations import change_role, create_organization, remove_member
from org_files.testing.factories import join, make_file, make_user
from tests.accounts.clients import call
from tests.eventlog.conftest import assert_refused, assert_says
from tests.rest.requests import MISSING_ID, browser_of, post_file, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_commits")]


def about(file):
    """Return the fields that every event of ``file`` has."""
    return {"obj": file.public_id, "kind": "file", "organization": file.organization_id}


def about_organization(organization):
    """Return the fields of an event whose object is ``organization``."""
    return {"obj": organization.pk, "kind": "organization", "organization": organization.pk}


def assert_denied(record, **says):
    assert_refused(record, **{"status": 403, "code": "permission_denied"} | says)


def test_life_of_a_file__is_recorded(heard, organization, user):
    client = signed_in(user)
    stored = post_file(client, b"some bytes", "report.txt").json()
    path = f"/api/files/{stored['id']}/"
    assert call(path, by=client, method="PATCH", comment="new").status_code == 200
    assert client.delete(path).status_code == 204
    assert client.post(f"{path}restore/").status_code == 200
    assert client.delete(f"{path}?permanent=true").status_code == 204

    says = {"kind": "file", "organization": organization.pk, "actor": user.pk}
    says |= {"obj": stored["id"], "name": "report.txt"}
    assert_says(heard.one("file.stored"), **says, size=10, content_type="text/plain")
    assert_says(heard.one("file.changed"), **says, changed=["comment"])
    assert_says(heard.one("file.trashed"), **says)
    assert_says(heard.one("file.restored"), **says)
    assert_says(heard.one("file.purged"), **says, size=10)
    assert len({record.request_id for record in heard.records if record.request_id}) == 5


@pytest.mark.parametrize("ranges", [[""], ["bytes=0-1", "bytes=2-3", "bytes=4-5"]])
def test_download__is_recorded_once(heard, file, user, ranges):
    client = signed_in(user)
    for value in ranges:
        headers = {"Range": value} if value else {}
        client.get(f"/api/files/{file.public_id}/content/", headers=headers).getvalue()

    is_part = ranges != [""]
    assert_says(heard.one("file.downloaded"), **about(file), actor=user.pk, part=is_part)


def test_download_whose_bytes_are_gone__is_recorded_as_failed(heard, file, user):
    file.content.storage.delete(file.content.name)

    assert signed_in(user).get(f"/api/files/{file.public_id}/content/").status_code == 503

    granted, failed = heard.of("file.downloaded")
    assert_says(failed, **about(file), actor=user.pk, outcome="failed", level="ERROR")
    assert granted.request_id == failed.request_id


def test_what_the_site_itself_does__is_recorded(heard, file):
    user = make_user()
    counters.record_download(file=file, user=user)
    get_file_model()._base_manager.filter(pk=file.pk).delete()

    says = {**about(file), "in_request": False}
    assert_says(heard.one("file.downloaded"), **says, actor=user.pk, part=False)
    assert_says(heard.one("file.purged"), **says, name=file.name, size=9)


def test_members__are_recorded_as_they_come_change_and_go(heard, organization, operator):
    newcomer = make_user()
    path = f"/api/organizations/{organization.pk}/members/"
    client = signed_in(operator)
    assert call(path, by=client, user=str(newcomer.pk), role="viewer").status_code == 201
    path += f"{newcomer.pk}/"
    assert call(path, by=client, method="PATCH", role="member").status_code == 200
    assert client.delete(path).status_code == 204

    records = [r for r in heard.of("member.changed") if r.object_id == str(newcomer.pk)]
    expected = [("added", "viewer"), ("role", "member"), ("removed", "member")]
    says = {"obj": newcomer.pk, "kind": "user", "organization": organization.pk}
    for record, (change, role) in zip(records, expected, strict=True):
        assert_says(record, **says, actor=operator.pk, change=change, role=role)


def test_members_that_no_service_changes__are_recorded(heard):
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


def test_changes_of_members_that_do_not_take_place__are_not_recorded(heard, organization):
    membership = join(organization, admin := make_user(), "admin")
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


def test_anonymous_request_and_bad_token__are_denied(heard):
    path, token = "/api/files/", "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoiMSJ9.x"
    assert Client().get(f"{path}?search=x").status_code == 401
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get(path).status_code == 401

    anonymous, bad = heard.of("access.denied")
    assert_denied(anonymous, status=401, code="not_authenticated", method="GET", path=path)
    assert_denied(bad, status=401, code="token_not_valid", method="GET", path=path)
    assert token not in bad.getMessage()


def test_upload_of_a_viewer__is_denied_to_the_organization(heard, organization, viewer):
    assert post_file(signed_in(viewer)).status_code == 403

    says = {"method": "POST", "path": "/api/files/", **about_organization(organization)}
    assert_denied(heard.one("access.denied"), actor=viewer.pk, **says)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("DELETE", "files/{file}/?permanent=true", "file"),
        ("POST", "files/{file}/restore/", "file"),
        ("GET", "files/{file}/downloads/", "file"),
        ("POST", "files/{file}/links/", "file"),
        ("GET", "downloads/?user={user}", "user"),
        ("GET", "users/{user}/downloads/", "user"),
        ("PATCH", "users/{user}/", "user"),
    ],
)
def test_action_of_a_viewer__is_denied_to_its_object(heard, file, user, viewer, method, path, kind):
    path = f"/api/{path.format(file=file.public_id, user=user.pk)}"
    assert call(path, by=signed_in(viewer), method=method).status_code == 403

    says = about(file) if kind == "file" else {"obj": user.pk, "kind": "user"}
    says |= {"method": method, "path": path.partition("?")[0]}
    assert_denied(heard.one("access.denied"), actor=viewer.pk, **says)


@pytest.mark.parametrize("path", ["/api/files/", "/api/auth/logout/"])
def test_session_without_its_csrf_token__is_denied_with_its_user(heard, user, path):
    assert browser_of(user).post(path).status_code == 403

    assert_denied(heard.one("access.denied"), actor=user.pk, method="POST", path=path)


def test_missing_and_invisible_files__are_not_denials(heard, user):
    foreign = make_file()
    for id in (foreign.public_id, MISSING_ID):
        assert signed_in(user).get(f"/api/files/{id}/").status_code == 404

    assert heard.of("access.denied") == []


def test_upload_beyond_the_quota__is_recorded_even_if_it_loses_a_race(
    heard, settings, organization, user, monkeypatch
):
    settings.ORG_FILES = {"QUOTA_BYTES": 5}
    assert post_file(signed_in(user), b"six by").status_code == 413
    monkeypatch.setattr(
        "org_files.files.services.refuse_early", lambda pk, size, **options: quotas.quota_of(pk)
    )
    with pytest.raises(QuotaExceeded):
        store_file(organization=organization, owner=None, upload=ContentFile(b"seven b"), name="b")

    early, late = heard.of("quota.refused")
    assert_refused(early, **about_organization(organization), actor=user.pk, size=6)
    assert late.details == {"size": 7}
    assert heard.of("file.stored") == []


def test_job__is_recorded_with_its_counts_or_its_error(heard, file, monkeypatch):
    def fail(**kwargs):
        raise TimeoutError("of the store")

    counters.record_download(file=file)
    run_job("fold")
    run_job("purge", dry_run=True)
    monkeypatch.setattr("org_files.maintenance.counters.fold", fail)
    with pytest.raises(TimeoutError):
        run_job("fold")

    fold, purge, failed = heard.of("job.ran")
    assert fold.details.pop("seconds") >= 0
    assert failed.details.pop("seconds") >= 0
    says = {"obj": "fold", "kind": "job", "in_request": False, "dry_run": False}
    assert_says(fold, **says, counted={"downloads": 1, "range_grants": 0})
    assert purge.details["dry_run"] is True
    assert_says(failed, **says, outcome="failed", level="ERROR", error="TimeoutError")
