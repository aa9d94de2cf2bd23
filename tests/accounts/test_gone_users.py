"""Disabled and deleted users are refused from the next request on, with any credentials."""

import pytest

from org_files.models import Role
from org_files.testing.factories import join, make_stored_file
from tests.accounts import clients as api
from tests.accounts.clients import CLIENTS, PASSWORD, call, pair_for
from tests.rest.requests import signed_in


def disable(user, by):
    path = f"{api.USERS}{user.pk}/"
    assert call(path, by=by, method="PATCH", is_active=False).status_code == 200


def remove(user, by):
    assert by.delete(f"{api.USERS}{user.pk}/").status_code == 204


def disable_in_the_database(user, by):
    type(user).objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("go", [remove, disable_in_the_database])
def test_gone_user__is_401(superuser, user, organization, go):
    join(organization, user, Role.ADMIN)
    content = f"/api/files/{make_stored_file(organization, user).public_id}/content/"
    clients = {kind: client_of(user) for kind, client_of in CLIENTS.items()}
    for client in clients.values():
        assert client.get(content).getvalue()

    go(user, signed_in(superuser))

    for client in clients.values():
        for method, path in (
            ("GET", content),
            ("GET", api.ME),
            ("DELETE", api.ME),
            ("GET", api.USERS),
        ):
            response = call(path, by=client, method=method)
            assert response.status_code == 401, (method, path)
            assert response.headers["WWW-Authenticate"]
    assert call(api.LOGOUT, by=clients["session"]).status_code == 401


@pytest.mark.parametrize("go", [disable, remove])
def test_gone_user__gets_no_new_session_and_no_tokens(superuser, user, go):
    pair = pair_for(user)

    go(user, signed_in(superuser))

    for path, status in ((api.LOGIN, 400), (api.TOKEN, 401)):
        right = call(path, email=user.email, password=PASSWORD)
        wrong = call(path, email=user.email, password="wrong")
        assert right.status_code == status
        # The answer does not tell that the password was right.
        assert right.content == wrong.content
    assert call(api.REFRESH, refresh=pair["refresh"]).status_code == 401


def test_user_enabled_again__has_no_old_tokens(superuser, user):
    pair, operator = pair_for(user), signed_in(superuser)
    disable(user, operator)

    call(f"{api.USERS}{user.pk}/", by=operator, method="PATCH", is_active=True)

    assert call(api.REFRESH, refresh=pair["refresh"]).status_code == 401
    assert call(api.LOGIN, email=user.email, password=PASSWORD).status_code == 200


def test_new_user_with_the_address_of_a_removed_one__has_no_old_tokens(superuser, user):
    pair = pair_for(user)
    held = [client_of(user) for client_of in CLIENTS.values()]
    remove(user, signed_in(superuser))

    assert call(api.REGISTER, email=user.email, password=PASSWORD).status_code == 201

    assert {client.get(api.ME).status_code for client in held} == {401}
    assert call(api.REFRESH, refresh=pair["refresh"]).status_code == 401
