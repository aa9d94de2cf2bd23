"""Factories, as a site with models of its own uses them."""

from hashlib import sha256
from itertools import count
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from org_files import get_file_model
from org_files.models import Subscription
from org_files.storage import original_storage
from org_files.testing import factories
from org_files.testing.factories import (
    DEFAULTS,
    make_deliverable,
    make_file,
    make_organization,
    make_stored_file,
    make_tier,
    make_user,
    subscribe,
)


@pytest.mark.django_db
def test_users__differ_also_with_the_same_name_and_take_any_column():
    first, second = make_user("ada"), make_user("ada", password="a secret", first_name="Ada")

    assert first.email != second.email
    assert first.email.startswith("ada-")
    assert not first.has_usable_password()
    assert (second.first_name, second.check_password("a secret")) == ("Ada", True)


class UserModel:
    """A site's user, who has a number to log in by, must have a badge, and has no e-mail."""

    USERNAME_FIELD = "number"
    _meta = SimpleNamespace(fields=[SimpleNamespace(name="number"), SimpleNamespace(name="badge")])

    class _default_manager:  # noqa: N801
        @staticmethod
        def create_user(number, password, *, badge):
            return SimpleNamespace(number=number, password=password, badge=badge)

    @staticmethod
    def get_email_field_name():
        return "email"


@pytest.mark.django_db
def test_defaults_of_the_site__are_asked_for_each_row(monkeypatch, org_files_storage):
    monkeypatch.setitem(DEFAULTS, "organization", lambda: {"description": "ours"})
    monkeypatch.setitem(DEFAULTS, "file", lambda: {"comment": "ours", "deleted_at": None})

    assert make_organization(description="its own").description == "its own"
    for file in (make_file(), make_stored_file()):
        assert (file.comment, file.organization.description) == ("ours", "ours")

    monkeypatch.setattr(factories, "get_user_model", lambda: UserModel)
    numbers = count(1)
    monkeypatch.setitem(DEFAULTS, "user", lambda: {"badge": f"badge {next(numbers)}"})
    users = [make_user(), make_user(), make_user(number="7", badge="mine")]
    assert [user.badge for user in users] == ["badge 1", "badge 2", "mine"]
    assert users[-1].number == "7"


@pytest.mark.django_db
def test_file__describes_content_that_no_store_has():
    file = make_file(content=b"What it says.", name="a.txt", content_type="text/plain")

    assert (file.size, file.sha256) == (13, sha256(b"What it says.").hexdigest())
    assert (file.name, file.content_type, file.owner) == ("a.txt", "text/plain", None)
    assert not original_storage().exists(file.content.name)
    assert make_file(size=10**12).size == 10**12


@pytest.mark.django_db
def test_stored_file__is_there_with_every_column_that_was_named(org_files_storage):
    organization, owner, now = make_organization(), make_user(), timezone.now()

    stored = make_stored_file(
        organization, owner, content=b"bytes", comment="set by an upload", deleted_at=now
    )

    file = get_file_model()._base_manager.get(pk=stored.pk)
    assert (file.organization, file.owner) == (organization, owner)
    assert (file.comment, file.deleted_at) == ("set by an upload", now)
    assert org_files_storage.open(file.content.name).read() == b"bytes"


def test_deliverable__describes_its_content():
    item = make_deliverable(b"bytes", name="a.txt")

    assert (item.size, item.digest) == (5, sha256(b"bytes").hexdigest())
    assert item.storage.open(item.key).read() == b"bytes"
    assert make_deliverable(key="elsewhere").key == "elsewhere"


@pytest.mark.django_db
def test_tiers__take_any_column_and_replace_each_other():
    organization = make_organization()

    first = subscribe(organization)
    assert organization.org_files_subscription.tier == first
    assert (first.heights, first.allow_original, first.allow_links) == ([200, 400], True, False)
    second = subscribe(organization, heights=[90], allow_links=True)

    assert organization.org_files_subscription.tier == second
    assert (second.heights, second.allow_links) == ([90], True)
    assert Subscription.objects.get().tier == second
    assert subscribe(make_organization(), second) == second
    with pytest.raises(ValidationError):
        make_tier(heights=[0])
