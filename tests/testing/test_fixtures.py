"""The fixtures: who is who, and where bytes are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from org_files.access import get_policy
from org_files.models import Membership
from org_files.testing import fixtures
from tests.docs.blocks import DOCS

Login = Callable[[Any], Any]


def test_people__are_what_their_names_say(
    organization,
    organization_admin,
    organization_member,
    organization_viewer,
    outsider,
    operator,
):
    roles = dict(Membership.objects.filter(organization=organization).values_list("user", "role"))

    assert roles == {
        organization_admin.pk: "admin",
        organization_member.pk: "member",
        organization_viewer.pk: "viewer",
    }
    assert Membership.objects.exclude(organization=organization).get().user == outsider
    assert get_policy().is_operator(operator)


def test_stored_file__is_the_members_and_in_memory(
    organization,
    organization_member,
    org_files_storage,
    stored_file,
):
    assert (stored_file.organization, stored_file.owner) == (organization, organization_member)
    assert org_files_storage.exists(stored_file.content.name or "")
    assert not [*Path(settings.TEST_FOLDER).rglob(Path(stored_file.content.name).name)]


def test_client__is_logged_in_as_whom_it_is_asked_for(
    org_files_client, organization_member, outsider, stored_file
):
    url = f"/api/files/{stored_file.public_id}/content/"

    member, stranger = org_files_client(organization_member), org_files_client(outsider)

    assert member.get(url).getvalue() == b"A report."
    assert stranger.get(url).status_code == 404
    assert organization_member.is_authenticated
    assert "_auth_user_id" in member.session


def test_upload_of_a_client__goes_to_memory(
    org_files_client, organization_member, org_files_storage
):
    upload = SimpleUploadedFile("a.txt", b"bytes")

    response = org_files_client(organization_member).post("/api/files/", {"file": upload})

    assert response.status_code == 201
    [organization] = org_files_storage.listdir("")[0]
    [owner] = org_files_storage.listdir(organization)[0]
    assert len(org_files_storage.listdir(f"{organization}/{owner}")[1]) == 1


def test_fixtures__are_described_in_the_reference():
    text = (DOCS / "reference" / "testing.rst").read_text(encoding="utf-8")
    kind = type(fixtures.organization)
    public = {n for n, value in vars(fixtures).items() if isinstance(value, kind) and n[0] != "_"}

    assert len(public) > 8
    assert {name for name in public if f"\n``{name}``\n" not in text} == set()
