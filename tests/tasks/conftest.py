"""Sites with a queue, and brokers that fail."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from org_files import queues
from org_files.testing.factories import join, make_user
from tests.rest.requests import signed_in
from tests.servers.process import free_port
from tests.tasks.apps import make_app

UseBroker = Callable[[str], Any]


@pytest.fixture
def use_broker(settings, monkeypatch):
    """Make the site send its tasks to a broker; return its Celery app."""

    def use(url):
        path, app = make_app(url)
        monkeypatch.setattr(queues, "_pauses", {})
        tasks = {"BACKEND": "org_files.queues.CeleryQueue", "OPTIONS": {"app": path}}
        settings.ORG_FILES = settings.ORG_FILES | {"TASKS": tasks}
        return app

    return use


@pytest.fixture
def app(use_broker):
    """The Celery app of a site whose broker is in memory."""
    return use_broker("memory://")


@pytest.fixture
def stopped_broker():
    return f"redis://127.0.0.1:{free_port()}/0"


@pytest.fixture
def silent_broker():
    """A broker that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


@pytest.fixture
def client(organization):
    """A member of the organization."""
    user = make_user()
    join(organization, user)
    return signed_in(user)
