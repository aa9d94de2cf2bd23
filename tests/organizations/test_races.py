"""Members and organizations that come and go at once: an admin stays, and nothing half done."""

from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Barrier, local
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.deletion import Collector

from org_files import get_file_model, get_organization_model, organizations
from org_files.accounts.views import profile
from org_files.files import services as file_services
from org_files.models import Membership, Role
from org_files.rest.views import organizations as views
from org_files.storage import original_storage
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.threads import PATIENCE, at_once
from tests.files.storages import blobs
from tests.organizations.calls import Answer, caller

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held(count, *places):
    """Have ``count`` threads wait for each other where one comes to the first of ``places``."""
    barrier = Barrier(count)
    past = local()

    def holding(call):
        def wait(*args, **kwargs):
            if not getattr(past, "barrier", False):
                past.barrier = True
                barrier.wait(PATIENCE)
            return call(*args, **kwargs)

        return wait

    with ExitStack() as stack:
        for owner, name in places:
            patch = mock.patch.object(owner, name, holding(getattr(owner, name)))
            stack.enter_context(patch)
        yield


#: Behind who is allowed to, in front of what is done.
SERVICES = (
    (organizations, "change_role"),
    (organizations, "remove_member"),
    (profile, "remove_user"),
)


class Team:
    """Admins of one organization, and a viewer."""

    def __init__(self, admins):
        self.organization = make_organization()
        self.admins = [make_user(f"admin{number}") for number in range(admins)]
        for user in self.admins:
            join(self.organization, user, Role.ADMIN)
        join(self.organization, make_user("viewer"), Role.VIEWER)
        self.callers = [caller(user) for user in self.admins]

    def left(self):
        rows = Membership.objects.filter(organization=self.organization, role=Role.ADMIN)
        return set(rows.values_list("user", flat=True))

    def ways_out(self, number):
        """Requests that end the role of an admin, by the admin or by the next one."""
        user, who = self.admins[number], self.callers[number]
        other = self.callers[(number + 1) % len(self.callers)]
        path = f"organizations/{self.organization.pk}/members/{user.pk}/"
        return {
            "steps down": lambda: who.patch(path, {"role": "member"}),
            "leaves": lambda: who.delete(path),
            "is demoted": lambda: other.patch(path, {"role": "viewer"}),
            "is removed": lambda: other.delete(path),
            "ends the account": lambda: who.delete("users/me/"),
        }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("steps down", "leaves"),
        ("is demoted", "is removed"),
        ("leaves", "ends the account"),
    ],
)
def test_two_admins_who_go_at_once__are_one_who_goes(first, second):
    team = Team(2)
    acts = [team.ways_out(0)[first], team.ways_out(1)[second]]

    with held(2, *SERVICES):
        answers = at_once(acts)

    done, refused = sorted(answers, key=lambda answer: answer.status)
    assert done.status in (200, 204)
    assert (refused.status, refused.code) == (409, "last_admin")
    stays = team.admins[answers.index(refused)]
    assert team.left() == {stays.pk}


@pytest.mark.parametrize("way", ["is removed", "ends the account"])
def test_several_admins_who_go_at_once__leave_one(way):
    team = Team(4)
    acts = [team.ways_out(number)[way] for number in range(4)]

    with held(4, *SERVICES):
        answers = at_once(acts)

    assert sorted(answer.status for answer in answers)[-1] == 409
    assert [answer.code for answer in answers if answer.status >= 400] == ["last_admin"]
    assert len(team.left()) == 1


def test_two_who_go_from_two_organizations_each__wait_for_each_other_in_one_order():
    # Joined the other way round, so that their rows are in both orders.
    first, second = make_user("first"), make_user("second")
    teams = [make_organization("A"), make_organization("B")]
    for organization, users in zip(teams, ((first, second), (second, first)), strict=True):
        for user in users:
            join(organization, user, Role.ADMIN)
        join(organization, make_user(), Role.VIEWER)

    with held(2, *SERVICES):
        answers = at_once([partial(caller(user).delete, "users/me/") for user in (first, second)])

    assert sorted(answer.status for answer in answers) == [204, 409]
    assert Membership.objects.filter(role=Role.ADMIN).count() == 2


def test_promotion_and_departure_at_once__leave_an_admin():
    team = Team(1)
    user = make_user("member")
    join(team.organization, user)
    path = f"organizations/{team.organization.pk}/members/"
    admin = team.callers[0]

    with held(2, *SERVICES):
        promoted, left = at_once(
            [
                partial(admin.patch, f"{path}{user.pk}/", {"role": "admin"}),
                partial(admin.delete, f"{path}{team.admins[0].pk}/"),
            ]
        )

    assert promoted.status == 200
    assert left.status in (204, 409)
    assert team.left() == {user.pk} | ({team.admins[0].pk} if left.status == 409 else set())


def test_one_user_added_by_many_at_once__is_a_member_once():
    organization, user = make_organization(), make_user()
    operator = caller(make_user("operator", is_staff=True))
    path = f"organizations/{organization.pk}/members/"

    with held(4, (organizations, "add_member")):
        body = {"user": user.pk, "role": "member"}
        answers = at_once([partial(operator.post, path, body)] * 4)

    assert sorted(answer.status for answer in answers) == [201] + [400] * 3
    assert {answer.content for answer in answers if answer.status == 400} == {
        b'{"user":["Belongs to the organization already."]}'
    }
    assert Membership.objects.count() == 1


# Deletion of the organization.


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


def upload(who, organization):
    data = {"file": SimpleUploadedFile("a.txt", b"bytes"), "organization": str(organization.pk)}
    return Answer(who.client.post("/api/files/", data))


@pytest.mark.parametrize(
    "behind",
    [(get_organization_model(), "delete"), (Collector, "delete")],
    ids=["whether there are files", "whatever Django looks at"],
)
def test_upload_and_deletion_at_once__one_of_them_wins_and_nothing_is_half_done(behind):
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
    left = (is_there(organization), members, files, len(blobs(original_storage())))
    if deleted.status == 204:
        assert uploaded.status == 400
        assert uploaded.body == {"organization": ["There is no such organization."]}
        assert left == (False, 0, 0, 0)
    else:
        assert uploaded.status == 201
        assert (deleted.status, deleted.code) == (409, "organization_not_empty")
        assert left == (True, 2, 1, 1)


def test_upload_and_removal_of_the_uploader_at_once__leave_a_whole_file_or_none():
    team = Team(1)
    join(team.organization, user := make_user("uploader"))
    who = caller(user)

    with held(2, (Collector, "delete"), (file_services, "keep_blob_of_row")):
        uploaded, ended = at_once(
            [partial(upload, who, team.organization), partial(who.delete, "users/me/")]
        )

    files = list(get_file_model()._base_manager.filter(organization=team.organization))
    assert ended.status in (204, 409), ended
    assert len(blobs(original_storage())) == len(files) == (uploaded.status == 201)
    if files and ended.status == 204:
        assert files[0].owner_id is None
