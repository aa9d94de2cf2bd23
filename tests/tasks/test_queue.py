"""What an upload has done by others: it is sent once it is committed, and nobody waits for it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from org_files import queues
from org_files.backends import load
from org_files.models import AbstractOrganization, Rendition
from org_files.queues import CeleryQueue, NoQueue, TaskQueue, get_queue
from org_files.testing.factories import make_stored_file
from tests.pictures.stored import make_picture, photo
from tests.rest.renditions import image_of
from tests.rest.requests import post_file
from tests.tasks.apps import messages_in

pytestmark = pytest.mark.django_db(transaction=True)


def sent(app: Any) -> list[Any]:
    """Return what was sent, after all of it was."""
    queues._sender.finish(10)
    return messages_in(app)


def test_site__has_no_queue_unless_it_says_so(settings: Any) -> None:
    assert type(get_queue()) is NoQueue
    settings.ORG_FILES = {"TASKS": {"BACKEND": "org_files.queues.CeleryQueue"}}
    assert type(load("TASKS", TaskQueue)) is CeleryQueue


def test_site_without_a_queue__makes_nothing_ahead(client: Client) -> None:
    assert post_file(client, photo(), "a.jpg").status_code == 201

    assert not Rendition.objects.exists()


def test_upload_of_a_picture__sends_its_id_and_no_more(client: Client, app: Any) -> None:
    stored = post_file(client, photo(), "a.jpg").json()

    assert sent(app) == [("org_files.make_renditions", [stored["id"]], {})]


def test_upload_of_anything_else__sends_nothing(client: Client, app: Any) -> None:
    for content, name in ((b"text", "a.txt"), (b"no picture", "a.jpg")):
        assert post_file(client, content, name).status_code == 201

    assert sent(app) == []


def test_upload_that_is_refused__sends_nothing(client: Client, app: Any, settings: Any) -> None:
    settings.ORG_FILES = settings.ORG_FILES | {"MAX_FILE_SIZE": 10}

    assert post_file(client, photo(), "a.jpg").status_code == 413

    assert sent(app) == []


def test_task__is_sent_when_the_transaction_is_committed(
    organization: AbstractOrganization, app: Any
) -> None:
    with transaction.atomic():
        make_picture(organization)
        transaction.set_rollback(True)
    with transaction.atomic():
        kept = make_picture(organization)
        assert sent(app) == []

    assert [args for _, args, _ in sent(app)] == [[str(kept.public_id)]]


@pytest.fixture(params=["stopped_broker", "silent_broker"])
def bad_broker(request: pytest.FixtureRequest) -> str:
    """A broker that is down, or that takes connections and never answers."""
    return str(request.getfixturevalue(request.param))


def test_broker_that_is_down__costs_an_upload_nothing(
    client: Client, bad_broker: str, use_broker: Callable[[str], Any], settings: Any
) -> None:
    content = photo(64, 48)

    def seconds() -> float:
        began = time.perf_counter()
        for _ in range(10):
            assert post_file(client, content, "a.jpg").status_code == 201
        return time.perf_counter() - began

    seconds()
    without = seconds()
    use_broker(bad_broker)
    with_queue = seconds()

    # To wait for the broker once would take a hundred times as long as an upload.
    assert with_queue < 8 * without


def test_broker_that_is_down__leaves_renditions_to_who_asks(
    client: Client, bad_broker: str, use_broker: Callable[[str], Any]
) -> None:
    use_broker(bad_broker)
    stored = post_file(client, photo(), "a.jpg").json()

    for rendition in stored["renditions"]:
        response = client.get(rendition["url"])
        response.body = response.getvalue()  # type: ignore[attr-defined]
        assert image_of(response).height == rendition["height"]


def test_task_that_cannot_be_sent__is_dropped_and_the_log_says_so(
    organization: AbstractOrganization,
    bad_broker: str,
    use_broker: Callable[[str], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    use_broker(bad_broker)

    make_picture(organization)
    queues._sender.finish(30)

    assert not queues._sender._waiting.unfinished_tasks

    assert "Task org_files.make_renditions was dropped" in caplog.text


def test_broker_that_comes_back__gets_what_is_uploaded_then(
    organization: AbstractOrganization, stopped_broker: str, use_broker: Callable[[str], Any]
) -> None:
    app = use_broker(stopped_broker)
    make_picture(organization)
    queues._sender.finish(10)

    app.conf.broker_url = "memory://"
    later = make_picture(organization)

    assert [args for _, args, _ in sent(app)] == [[str(later.public_id)]]


def test_more_than_can_wait__is_dropped(
    organization: AbstractOrganization,
    silent_broker: str,
    use_broker: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queues, "CAPACITY", 3)
    use_broker(silent_broker)

    for _ in range(8):
        make_picture(organization, content=photo(64, 48))

    assert caplog.text.count("too many wait to be sent") >= 3


def test_files_that_are_no_pictures__start_no_thread(
    organization: AbstractOrganization, app: Any
) -> None:
    make_stored_file(organization)

    assert queues._sender._thread is None


END = """
from celery import Celery
app = Celery("ends", broker={broker!r})
app.set_default()
from org_files.queues import CeleryQueue
CeleryQueue().enqueue("make_renditions", "an id")
"""


def test_process_that_ends__does_not_wait_for_a_silent_broker(silent_broker: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", END.format(broker=silent_broker)],
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        # Many times what it takes; forever is what it must not take.
        timeout=60,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
