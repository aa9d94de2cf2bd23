"""An organization that goes while something else is done to it: one of the two is done, whole."""

from functools import partial
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.deletion import Collector

from org_files import get_file_model, get_organization_model, organizations
from org_files.files import services as file_services
from org_files.models import Membership
from org_files.rest.views import organizations as views
from org_files.storage.owners import OWNER
from org_files.testing.factories import join, make_user
from org_files.testing.threads import at_once
from tests.organizations.calls import Answer, caller
from tests.organizations.races import Team, held

pytestmark = pytest.mark.django_db(transaction=True)


def is_there(organization):
    return get_organization_model().objects.filter(pk=organization.pk).exists()


def count(model, organization):
    return int(model._base_manager.filter(organization=organization.pk).count())


def test_one_organization_deleted_by_many_at_once__is_deleted_once():
    team = Team(1)
    path = f"organizations/{team.organization.pk}/"

    with held(4, (views, "delete_organization")):
        answers = at_once([lambda: team.callers[0].delete(path)] * 4)

    assert sorted(answer.status for answer in answers) == [204] + [404] * 3
    assert not is_there(team.organization)


def test_organization_changed_and_deleted_at_once__is_gone():
    team = Team(1)
    path, admin = f"organizations/{team.organization.pk}/", team.callers[0]

    changed, deleted = at_once(
        [partial(admin.patch, path, {"name": "New"}), partial(admin.delete, path)]
    )

    assert deleted.status == 204
    # 403 where the membership went between two looks.
    assert changed.status in (200, 403, 404)
    assert not is_there(team.organization)


def test_member_added_and_organization_deleted_at_once__leave_all_or_nothing():
    team = Team(1)
    operator = caller(make_user("operator", is_staff=True))
    user = make_user()
    path = f"organizations/{team.organization.pk}/"

    with held(2, (Collector, "delete"), (organizations, "add_member")):
        added, deleted = at_once(
            [
                partial(operator.post, f"{path}members/", {"user": user.pk, "role": "viewer"}),
                partial(team.callers[0].delete, path),
            ]
        )

    # Added before, and gone with it; after, and not found; or in between, and kept.
    assert (added.status, deleted.status) in ((201, 204), (404, 204), (201, 409))
    left = (is_there(team.organization), count(Membership, team.organization))
    assert left == ((False, 0) if deleted.status == 204 else (True, 3))


@pytest.fixture
def blobs(settings):
    location = Path(settings.STORAGES["org_files"]["OPTIONS"]["location"])
    return lambda: [path for path in location.rglob("*") if path.is_file() and path.name != OWNER]


def upload(who, organization):
    data = {"file": SimpleUploadedFile("a.txt", b"bytes"), "organization": str(organization.pk)}
    return Answer(who.client.post("/api/files/", data))


@pytest.mark.parametrize(
    "behind",
    [(get_organization_model(), "delete"), (Collector, "delete")],
    ids=["whether there are files", "whatever Django looks at"],
)
def test_upload_and_deletion_at_once__one_of_them_wins_and_nothing_is_half_done(blobs, behind):
    team = Team(1)
    who, organization = team.callers[0], team.organization

    with held(2, behind, (file_services, "keep_blob_of_row")):
        uploaded, deleted = at_once(
            [
                partial(upload, who, organization),
                partial(who.delete, f"organizations/{organization.pk}/"),
            ]
        )

    members, files = count(Membership, organization), count(get_file_model(), organization)
    left = (is_there(organization), members, files, len(blobs()))
    if deleted.status == 204:
        assert uploaded.status == 400
        assert uploaded.body == {"organization": ["There is no such organization."]}
        assert left == (False, 0, 0, 0)
    else:
        assert uploaded.status == 201
        assert (deleted.status, deleted.code) == (409, "organization_not_empty")
        assert left == (True, 2, 1, 1)


def test_upload_and_removal_of_the_uploader_at_once__leave_a_whole_file_or_none(blobs):
    team = Team(1)
    join(team.organization, user := make_user("uploader"))
    who = caller(user)

    with held(2, (Collector, "delete"), (file_services, "keep_blob_of_row")):
        uploaded, ended = at_once(
            [partial(upload, who, team.organization), partial(who.delete, "users/me/")]
        )

    files = list(get_file_model()._base_manager.filter(organization=team.organization))
    assert ended.status in (204, 409), ended
    assert len(blobs()) == len(files) == (uploaded.status == 201)
    if files and ended.status == 204:
        assert files[0].owner_id is None
