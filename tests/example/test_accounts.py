"""The administrator that the environment names."""

from django.contrib.auth import get_user_model
from example.apps import ensure_admin


def test_migrating_twice__leaves_one_administrator(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Root@example.org")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "red-Anchor-1")

    for _ in range(2):
        ensure_admin("default", verbosity=0)

    [user] = get_user_model().objects.all()
    assert (user.email, user.is_superuser) == ("root@example.org", True)
    assert user.check_password("red-Anchor-1")


def test_site_without_a_named_administrator__has_none(db, monkeypatch):
    monkeypatch.delenv("DJANGO_SUPERUSER_EMAIL", raising=False)

    ensure_admin("default", verbosity=0)

    assert not get_user_model().objects.exists()
