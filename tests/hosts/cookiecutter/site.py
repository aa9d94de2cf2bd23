"""The host with an API of its own, and the package beside it."""

from tests.hosts.cookiecutter.settings import *  # noqa: F403

ROOT_URLCONF = "tests.hosts.cookiecutter.urls"
