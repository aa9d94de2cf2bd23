"""Members who come and go at once: somebody always stays who may let others in."""

from functools import partial
from random import Random

import pytest

from org_files import organizations
from org_files.models import Membership, Role
from org_files.testing.factories import join, make_organization, make_user
from org_files.testing.threads import at_once
from tests.organizations.calls import caller
from tests.organizations.races import SERVICES, Team, held

pytestmark = pytest.mark.django_db(transaction=True)


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


@pytest.mark.sweep
def test_many_who_go_in_every_way_at_once__leave_an_admin_everywhere():
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
        acts = []
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
