"""An organization that has admins never loses the last of them to a request."""

import pytest
from django.contrib.auth import get_user_model

from org_files.exceptions import LastAdmin
from org_files.models import Membership, Role
from org_files.organizations import change_role, remove_member
from org_files.testing.factories import join, make_file, make_organization, make_user
from tests.organizations.calls import caller


@pytest.fixture
def path(acme):
    return f"organizations/{acme.pk}/members/"


def refused(answer):
    return (answer.status, answer.body) == (
        409,
        {"detail": "The last admin of an organization cannot go.", "code": "last_admin"},
    )


def admins(organization):
    rows = Membership.objects.filter(organization=organization, role=Role.ADMIN).order_by("pk")
    return [row.user for row in rows]


@pytest.mark.parametrize("with_others", [True, False])
def test_last_admin__is_neither_demoted_nor_removed(
    request, acme, admin, operator, path, with_others
):
    if with_others:
        request.getfixturevalue("member")
    own = f"{path}{admin.user.pk}/"

    for who in (admin, operator):
        assert refused(who.patch(own, {"role": "member"}))
        assert refused(who.delete(own))
    assert admins(acme) == [admin.user]


def test_last_but_one__goes(acme, admin, member, path):
    admin.patch(f"{path}{member.user.pk}/", {"role": "admin"})

    assert admin.patch(f"{path}{admin.user.pk}/", {"role": "viewer"}).status == 200
    assert admins(acme) == [member.user]
    assert refused(member.delete(f"{path}{member.user.pk}/"))
    assert admin.delete(f"{path}{admin.user.pk}/").status == 204
    # One whose account is disabled is an admin still.
    join(acme, other := make_user("other", is_active=False), Role.ADMIN)
    assert member.delete(f"{path}{member.user.pk}/").status == 204
    assert admins(acme) == [other]


def test_members_of_an_organization_without_admins__come_and_go(operator, acme, path):
    users = [make_user() for _ in range(3)]
    for user in users:
        join(acme, user)

    assert operator.patch(f"{path}{users[0].pk}/", {"role": "viewer"}).status == 200
    assert operator.delete(f"{path}{users[0].pk}/").status == 204
    assert caller(users[1]).delete(f"{path}{users[1].pk}/").status == 204
    assert operator.patch(f"{path}{users[2].pk}/", {"role": "admin"}).status == 200
    assert refused(operator.delete(f"{path}{users[2].pk}/"))


def test_account_of_the_last_admin__stays_while_others_belong(acme, admin, viewer):
    file = make_file(acme, admin.user)

    assert refused(admin.delete("users/me/"))

    assert get_user_model().objects.filter(pk=admin.user.pk).exists()
    assert admins(acme) == [admin.user]
    file.refresh_from_db()
    assert file.owner == admin.user
    # That of the only member goes, and leaves the files.
    viewer.delete("users/me/")
    assert admin.delete("users/me/").status == 204
    file.refresh_from_db()
    assert (file.owner, file.organization) == (None, acme)


@pytest.mark.parametrize("is_last", [True, False])
def test_account__stays_for_one_organization_out_of_several(acme, admin, is_last):
    other = make_organization("Globex")
    join(other, make_user(), Role.VIEWER if is_last else Role.ADMIN)
    join(other, admin.user, Role.ADMIN)

    answer = admin.delete("users/me/")

    assert refused(answer) if is_last else answer.status == 204
    assert Membership.objects.filter(user=admin.user.pk).count() == (2 if is_last else 0)


def test_operator__removes_the_account_of_a_last_admin_but_not_their_own(
    acme, admin, viewer, operator
):
    assert operator.delete(f"users/{admin.user.pk}/").status == 204
    assert admins(acme) == []

    join(acme, operator.user, Role.ADMIN)
    for path in ("users/me/", f"users/{operator.user.pk}/"):
        assert refused(operator.delete(path))


@pytest.mark.django_db
def test_membership_that_is_gone_meanwhile__is_told_of(acme):
    join(acme, make_user(), Role.ADMIN)
    membership = join(acme, make_user())
    Membership.objects.filter(pk=membership.pk).delete()

    with pytest.raises(Membership.DoesNotExist):
        change_role(membership=membership, role=Role.VIEWER)
    with pytest.raises(Membership.DoesNotExist):
        remove_member(membership=membership)


@pytest.mark.django_db
def test_membership_read_before_it_became_the_last_admins__is_not_removed(acme):
    first = join(acme, make_user(), Role.ADMIN)
    second = join(acme, make_user())
    stale = Membership.objects.get(pk=second.pk)
    change_role(membership=second, role=Role.ADMIN)
    remove_member(membership=first)

    for act in (
        lambda: remove_member(membership=stale),
        lambda: change_role(membership=stale, role=Role.VIEWER),
    ):
        with pytest.raises(LastAdmin):
            act()
    assert Membership.objects.get().role == Role.ADMIN
