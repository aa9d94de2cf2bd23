"""A site whose users have a key of their own kind, an address as typed, and little else."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = ["tests.accounts.own_user.people", *INSTALLED_APPS]
AUTH_USER_MODEL = "people.Person"
ORG_FILES = {"POLICY": {"BACKEND": "tests.accounts.own_user.people.access.BoardPolicy"}}
