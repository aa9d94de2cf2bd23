"""Avatars when the storage or the database fails, and concurrent changes."""

import errno
import logging
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import storages
from django.db import OperationalError, connection, connections

from org_files.accounts import avatars
from org_files.accounts.models import Avatar
from org_files.exceptions import RenditionsBusy
from org_files.testing.threads import at_once
from tests.accounts.clients import AVATAR, ME
from tests.accounts.pictures import kept, photo, put, shown

pytestmark = pytest.mark.django_db(transaction=True)


def fail(error):
    def failing(*args, **options):
        raise error

    return failing


NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
#: Where something fails, how, and the answer.
FAILURES = {
    "connection": ("storage", "_save", ConnectionResetError(), 503, "storage_unavailable"),
    "space": ("storage", "_save", NO_SPACE, 507, "storage_full"),
    "row": ("avatar", "save", RuntimeError("a bug"), 500, None),
    "commit": ("database", "_commit", OperationalError("no"), 503, "database_unavailable"),
    "processes": ("avatars", "scale", RenditionsBusy(), 503, "renditions_busy"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_upload_that_fails__leaves_the_old_picture_and_no_bytes(client, monkeypatch, name):
    put(client, photo(60, 40, orientation=1))
    before = kept()
    client.raise_request_exception = False
    place, method, error, status, code = FAILURES[name]
    places = {"storage": storages["org_files"], "database": connections["default"]}
    places |= {"avatar": Avatar, "avatars": avatars}

    with monkeypatch.context() as patch:
        patch.setattr(places[place], method, fail(error))
        response = put(client, photo(60, 40))

    assert response.status_code == status
    assert code is None or response.json()["code"] == code
    assert ("Retry-After" in response.headers) == (status == 503)
    assert kept() == before == [Avatar.objects.get().key]
    assert shown(client, client.get(ME).json()["avatar_url"]).size == (60, 40)


def test_old_bytes_that_cannot_be_removed__stay_and_the_log_says_so(client, monkeypatch, caplog):
    put(client, photo(60, 40))
    monkeypatch.setattr(storages["org_files"], "delete", fail(OSError(errno.EIO, "no")))
    caplog.set_level(logging.WARNING, "org_files")

    assert put(client, photo(60, 40)).status_code == 200

    assert len(kept()) == 2
    assert Avatar.objects.get().key in kept()
    assert "could not be removed" in caplog.text
    assert client.delete(AVATAR).status_code == 204
    assert not Avatar.objects.exists()


def test_missing_bytes__are_503(client):
    url = put(client, photo(60, 40)).json()["avatar_url"]
    Path(storages["org_files"].path(Avatar.objects.get().key)).unlink()

    response = client.get(url)

    assert (response.status_code, response.json()["code"]) == (503, "content_unavailable")
    assert client.get(ME).status_code == 200


def test_no_transaction__is_open_while_the_storage_works(client, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    seen = []

    def watch(storage, name):
        method = getattr(storage, name)

        def watched(*args):
            seen.append((name, connection.in_atomic_block))
            return method(*args)

        monkeypatch.setattr(storage, name, watched)

    for name in ("_save", "size", "open", "delete"):
        watch(storages["org_files"], name)

    url = [put(client, photo(60, 40)).json()["avatar_url"] for _ in range(2)][-1]
    client.get(url).getvalue()
    client.delete(AVATAR)
    put(client, photo(60, 40))
    client.delete(ME)

    assert {name for name, _ in seen} == {"_save", "size", "open", "delete"}
    assert [name for name, _ in seen].count("delete") == 3
    assert not any(atomic for _, atomic in seen)


def test_user_removed_while_the_picture_is_made__leaves_no_bytes(client, user, monkeypatch):
    scale = avatars.scale

    def scale_late(*args):
        get_user_model().objects.all().delete()
        return scale(*args)

    monkeypatch.setattr(avatars, "scale", scale_late)

    assert put(client, photo(60, 40)).status_code in (401, 404)
    assert kept() == []


def test_concurrent_uploads__leave_one_picture(client):
    contents = [photo(60 + number, 40, orientation=1) for number in range(5)]

    answers = at_once([lambda content=content: put(client, content) for content in contents])

    assert {answer.status_code for answer in answers} == {200}
    assert kept() == [Avatar.objects.get().key]
    assert shown(client, answers[0].json()["avatar_url"]).size[1] == 40


def test_concurrent_upload_and_removal__leave_row_and_bytes_or_neither(client):
    answers = at_once([lambda: put(client, photo(60, 40)), lambda: client.delete(AVATAR)] * 3)

    assert {answer.status_code for answer in answers} == {200, 204}
    assert kept() == list(Avatar.objects.values_list("key", flat=True))
