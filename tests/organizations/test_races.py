"""What several do at once. Each race is held open until all are past what they look at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import combinations_with_replacement
from pathlib import Path
from random import Random
from threading import Barrier, local
from typing import Any
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.db.models.deletion import Collector

from org_files import get_file_model, get_organization_model, organizations
from org_files.accounts.views import profile
from org_files.models import AbstractOrganization, Membership, Role
from org_files.rest.views import organizations as views
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.threads import PATIENCE, at_once
from tests.organizations.calls import Answer, Caller, caller

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[], Answer]


@contextmanager
def held(count: int, *places: tuple[Any, str]) -> Iterator[None]:
    """Have ``count`` threads wait for each other where one comes to the first of ``places``."""
    barrier = Barrier(count)
    past = local()

    def holding(call: Any) -> Any:
        def wait(*args: Any, **kwargs: Any) -> Any:
            if not getattr(past, "barrier", False):
                past.barrier = True
                barrier.wait(PATIENCE)
            return call(*args, **kwargs)

        return wait

    patches = [
        mock.patch.object(owner, name, holding(getattr(owner, name))) for owner, name in places
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


#: Behind who is allowed to, in front of what is done.
SERVICES = (
    (organizations, "change_role"),
    (organizations, "remove_member"),
    (profile, "remove_user"),
)


class Team:
    """Admins of one organization, and a viewer."""

    def __init__(self, admins: int) -> None:
        self.organization = make_organization()
        self.admins = [make_user(f"admin{number}") for number in range(admins)]
        for user in self.admins:
            join(self.organization, user, Role.ADMIN)
        join(self.organization, make_user("viewer"), Role.VIEWER)
        self.callers = [caller(user) for user in self.admins]

    def left(self) -> set[Any]:
        rows = Membership.objects.filter(organization=self.organization, role=Role.ADMIN)
        return set(rows.values_list("user", flat=True))

    def ways_out(self, number: int) -> dict[str, Act]:
        """How the admin of that number ceases to be one: by themselves, or by the next one."""
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


WAYS = ("steps down", "leaves", "is demoted", "is removed", "ends the account")


@pytest.mark.parametrize(("first", "second"), [*combinations_with_replacement(WAYS, 2)])
def test_two_admins_who_go_at_once__are_one_who_goes(first: str, second: str) -> None:
    team = Team(2)
    acts = [team.ways_out(0)[first], team.ways_out(1)[second]]

    with held(2, *SERVICES):
        answers = at_once(acts)

    done, refused = sorted(answers, key=lambda answer: answer.status)
    assert done.status in (200, 204)
    assert (refused.status, refused.code) == (409, "last_admin")
    stays = team.admins[answers.index(refused)]
    assert team.left() == {stays.pk}


@pytest.mark.parametrize("way", WAYS)
def test_eight_admins_who_go_at_once__leave_one(way: str) -> None:
    team = Team(8)
    acts = [team.ways_out(number)[way] for number in range(8)]

    with held(8, *SERVICES):
        answers = at_once(acts)

    assert sorted(answer.status for answer in answers)[-1] == 409
    assert [answer.code for answer in answers if answer.status >= 400] == ["last_admin"]
    assert len(team.left()) == 1


def test_two_who_go_from_two_organizations_each__wait_for_each_other_in_one_order() -> None:
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


def test_many_who_go_in_every_way_at_once__leave_an_admin_everywhere() -> None:
    for seed in range(3):
        dice = Random(seed)
        places = [make_organization() for _ in range(4)]
        people = [caller(make_user()) for _ in range(6)]
        for place in places:
            join(place, make_user("viewer"), Role.VIEWER)
        for who in people:
            # Each comes to them in an order of their own.
            for place in dice.sample(places, len(places)):
                join(place, who.user, Role.ADMIN)
        acts: list[Act] = []
        for who in people:
            members = f"organizations/{dice.choice(places).pk}/members/"
            other = f"{members}{dice.choice(people).user.pk}/"
            acts += [
                partial(who.delete, "users/me/"),
                partial(who.delete, f"{members}{who.user.pk}/"),
                partial(who.patch, other, {"role": "member"}),
            ]

        answers = at_once(acts)

        assert {answer.status for answer in answers} <= {200, 204, 401, 403, 404, 409}
        admins = Membership.objects.filter(role=Role.ADMIN).values_list("organization", flat=True)
        assert {place.pk for place in places} <= {*admins}


def test_promotion_and_departure_at_once__leave_an_admin() -> None:
    for _ in range(5):
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


def test_one_user_added_by_many_at_once__is_a_member_once() -> None:
    organization = make_organization()
    operator = caller(make_user("operator", is_staff=True))
    user = make_user()
    path = f"organizations/{organization.pk}/members/"

    def add() -> Answer:
        return operator.post(path, {"user": user.pk, "role": "member"})

    with held(8, (organizations, "add_member")):
        answers = at_once([add] * 8)

    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert {answer.content for answer in answers if answer.status == 400} == {
        b'{"user":["Belongs to the organization already."]}'
    }
    assert Membership.objects.count() == 1


def test_one_organization_deleted_by_many_at_once__is_deleted_once() -> None:
    team = Team(1)
    path = f"organizations/{team.organization.pk}/"

    with held(8, (views, "delete_organization")):
        answers = at_once([lambda: team.callers[0].delete(path)] * 8)

    assert sorted(answer.status for answer in answers) == [204] + [404] * 7
    assert not get_organization_model().objects.exists()


def test_organization_changed_and_deleted_at_once__is_gone() -> None:
    for _ in range(5):
        team = Team(1)
        path = f"organizations/{team.organization.pk}/"

        changed, deleted = at_once(
            [
                partial(team.callers[0].patch, path, {"name": "New"}),
                partial(team.callers[0].delete, path),
            ]
        )

        assert deleted.status == 204
        # 403 where the membership went between two looks.
        assert changed.status in (200, 403, 404)
        assert not get_organization_model().objects.exists()


def test_member_added_and_organization_deleted_at_once__leave_all_or_nothing() -> None:
    for _ in range(5):
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

        there = get_organization_model().objects.filter(pk=team.organization.pk).exists()
        members = Membership.objects.filter(organization=team.organization.pk).count()
        # Added before, and gone with it; after, and not found; or in between, and kept.
        assert (added.status, deleted.status) in ((201, 204), (404, 204), (201, 409))
        assert (there, members) == ((False, 0) if deleted.status == 204 else (True, 3))


@pytest.fixture
def blobs(settings: Any) -> Callable[[], list[Path]]:
    location = Path(settings.STORAGES["org_files"]["OPTIONS"]["location"])
    return lambda: [path for path in location.rglob("*") if path.is_file()]


def upload(who: Caller, organization: AbstractOrganization) -> Answer:
    data = {"file": SimpleUploadedFile("a.txt", b"bytes"), "organization": str(organization.pk)}
    return Answer(who.client.post("/api/files/", data))


@pytest.mark.parametrize(
    "behind",
    [(get_organization_model(), "delete"), (Collector, "delete")],
    ids=["whether there are files", "whatever Django looks at"],
)
def test_upload_and_deletion_at_once__one_of_them_wins_and_nothing_is_half_done(
    blobs: Callable[[], list[Path]], behind: tuple[Any, str]
) -> None:
    model: type[Model] = get_file_model()
    for _ in range(5):
        team = Team(1)
        who, organization = team.callers[0], team.organization
        path = f"organizations/{organization.pk}/"
        before = len(blobs())

        with held(2, behind, (model, "save")):
            uploaded, deleted = at_once(
                [
                    partial(upload, who, organization),
                    partial(who.delete, path),
                ]
            )

        there = get_organization_model().objects.filter(pk=organization.pk).exists()
        members = Membership.objects.filter(organization=organization.pk).count()
        files = model._default_manager.filter(organization=organization.pk).count()
        if deleted.status == 204:
            assert uploaded.status == 400
            assert uploaded.body == {"organization": ["There is no such organization."]}
            assert (there, members, files, len(blobs()) - before) == (False, 0, 0, 0)
        else:
            assert uploaded.status == 201
            assert (deleted.status, deleted.code) == (409, "organization_not_empty")
            assert (there, members, files, len(blobs()) - before) == (True, 2, 1, 1)


def test_upload_and_removal_of_the_uploader_at_once__leave_a_whole_file_or_none(
    blobs: Callable[[], list[Path]],
) -> None:
    for _ in range(5):
        team = Team(1)
        user = make_user("uploader")
        join(team.organization, user)
        who = caller(user)
        before = len(blobs())
        model: type[Model] = get_file_model()

        with held(2, (Collector, "delete"), (model, "save")):
            uploaded, ended = at_once(
                [
                    partial(upload, who, team.organization),
                    partial(who.delete, "users/me/"),
                ]
            )

        files = list(model._default_manager.filter(organization=team.organization))
        assert ended.status in (204, 409), ended
        assert len(files) == (uploaded.status == 201)
        assert len(blobs()) - before == len(files)
        if uploaded.status == 201 and ended.status == 204:
            assert files[0].owner_id is None
