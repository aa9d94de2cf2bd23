"""Tasks of uploads: sent on commit, and dropped where the broker fails."""

import re
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from amqp.exceptions import AccessRefused, RecoverableConnectionError
from django.db import transaction
from kombu import Connection
from kombu.transport.memory import Channel

from org_files import queues
from org_files.backends import load
from org_files.models import Rendition
from org_files.queues import TRANSPORT_OPTIONS, CeleryQueue, NoQueue, TaskQueue, get_queue
from tests.conftest import start_or_skip
from tests.pictures.stored import make_picture, photo
from tests.renditions.pictures import image_in
from tests.rest.requests import post_file
from tests.servers.redis import Redis
from tests.tasks.apps import messages_in

UseBroker = Callable[[str], Any]
Commit = Callable[..., Any]


def test_default__is_no_queue(settings):
    assert type(get_queue()) is NoQueue
    settings.ORG_FILES = {"TASKS": {"BACKEND": "org_files.queues.CeleryQueue"}}
    assert type(load("TASKS", TaskQueue)) is CeleryQueue


@pytest.mark.django_db
def test_uploads_of_pictures_alone__send_their_id(
    client, app, settings, django_capture_on_commit_callbacks
):
    settings.ORG_FILES = settings.ORG_FILES | {"MAX_FILE_SIZE": 100_000}
    with django_capture_on_commit_callbacks(execute=True):
        stored = post_file(client, photo(), "a.jpg").json()
        assert post_file(client, b"text", "a.txt").status_code == 201
        assert post_file(client, b"no picture", "a.jpg").status_code == 201
        assert post_file(client, photo() + bytes(100_000), "b.jpg").status_code == 413

    assert messages_in(app) == [("org_files.make_renditions", [stored["id"]], {})]


@pytest.mark.django_db(transaction=True)
def test_task__is_sent_when_the_transaction_is_committed(organization, app):
    with transaction.atomic():
        make_picture(organization)
        transaction.set_rollback(True)
    with transaction.atomic():
        kept = make_picture(organization)
        assert messages_in(app) == []

    assert [args for _, args, _ in messages_in(app)] == [[str(kept.public_id)]]


@pytest.mark.django_db
def test_failing_broker__leaves_uploads_and_their_renditions_as_they_are(
    client,
    stopped_broker,
    use_broker,
    caplog,
    django_capture_on_commit_callbacks,
):
    use_broker(stopped_broker)
    with django_capture_on_commit_callbacks(execute=True):
        stored = post_file(client, photo(), "a.jpg").json()

    assert "Task org_files.make_renditions was dropped: OperationalError" in caplog.text
    for rendition in stored["renditions"]:
        image = image_in(client.get(rendition["url"]).getvalue())
        assert image.height == rendition["height"]


def enqueue():
    get_queue().enqueue("make_renditions", "an id")


@pytest.fixture(params=["stopped_broker", "silent_broker", "broken_broker"])
def bad_broker(request):
    """A broker that refuses connections, never answers, or ends after it was used."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def own_redis(request):
    yield from start_or_skip(Redis(), request)


@pytest.fixture
def broken_broker(own_redis, use_broker):
    use_broker(own_redis.url)
    enqueue()
    own_redis.end_process()
    return own_redis.url


def test_failing_broker__holds_up_one_request_briefly_and_none_after_it(
    bad_broker, use_broker, caplog, monkeypatch
):
    assert queues.BROKER_TIMEOUT == 1
    shorter = {n: v / 5 if n in queues.TIMEOUTS else v for n, v in TRANSPORT_OPTIONS.items()}
    monkeypatch.setattr(queues, "TRANSPORT_OPTIONS", shorter)
    monkeypatch.setattr(queues, "BROKER_TIMEOUT", 0.2)
    use_broker(bad_broker)
    began = time.monotonic()

    for _ in range(20):
        enqueue()

    # Two tries, by the timeout; the next tasks are dropped at once.
    assert time.monotonic() - began < 0.9
    assert caplog.text.count("was dropped: OperationalError") == 1
    broker = f"the broker {bad_broker.removesuffix('/0')}"
    assert caplog.text.count(f"was dropped: {broker} failed before. Start the broker") == 19


def test_broker_that_recovers__gets_the_tasks_after_the_pause(
    stopped_broker, use_broker, monkeypatch
):
    app = use_broker(stopped_broker)
    enqueue()
    app.conf.broker_url = "memory://"
    enqueue()
    assert messages_in(app) == []

    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + queues.PAUSE)
    enqueue()

    assert messages_in(app) == [("org_files.make_renditions", ["an id"], {})]


def test_list_of_brokers__is_tried_in_turn(stopped_broker, use_broker):
    app = use_broker(f"{stopped_broker};memory://")

    enqueue()

    assert messages_in(app) == [("org_files.make_renditions", ["an id"], {})]


def test_connection_that_the_broker_closed__is_replaced(app, monkeypatch):
    publish, errors = Channel.basic_publish, [RecoverableConnectionError()]

    def fail_once(*args, **kwargs):
        if errors:
            raise errors.pop()
        return publish(*args, **kwargs)

    monkeypatch.setattr(Channel, "basic_publish", fail_once)

    enqueue()

    assert messages_in(app) == [("org_files.make_renditions", ["an id"], {})]


@pytest.mark.usefixtures("app")
def test_error_of_amqp__is_not_raised(monkeypatch, caplog):
    monkeypatch.setattr(Connection, "ensure_connection", Mock(side_effect=AccessRefused))

    enqueue()
    enqueue()

    assert "make_renditions was dropped: AccessRefused of the broker memory://" in caplog.text
    assert "was dropped: the broker memory://localhost failed before" in caplog.text


def test_options_of_the_site__have_precedence(silent_broker, use_broker):
    app = use_broker(silent_broker)
    app.conf.broker_transport_options = {"socket_timeout": 0.1}
    began = time.monotonic()

    enqueue()

    assert time.monotonic() - began < 0.8


def test_log_of_a_dropped_task__names_every_broker_without_secrets(
    stopped_broker, use_broker, caplog
):
    port = stopped_broker.rpartition(":")[2].partition("/")[0]
    url = f"redis://user:secret@127.0.0.1:{port}/0"
    use_broker(f"{url};redis://:secret@localhost:{port}")

    enqueue()

    assert f"the broker redis://127.0.0.1:{port}, redis://localhost:{port}. Start" in caplog.text
    assert not {"secret", "user"} & set(re.findall(r"\w+", caplog.text))


@pytest.mark.django_db
def test_eager_app__runs_the_task_at_once_and_needs_no_broker(
    organization, stopped_broker, use_broker, caplog, django_capture_on_commit_callbacks
):
    use_broker(stopped_broker).conf.task_always_eager = True

    with django_capture_on_commit_callbacks(execute=True):
        picture = make_picture(organization)

    assert Rendition.objects.filter(file=picture).exists()
    assert "dropped" not in caplog.text


def test_error_of_an_eager_task__is_raised_if_the_app_propagates_errors(use_broker, monkeypatch):
    app = use_broker("memory://")
    app.conf.task_always_eager = True
    monkeypatch.setattr("org_files.tasks.get_file_model", Mock(side_effect=ZeroDivisionError))

    enqueue()

    app.conf.task_eager_propagates = True
    with pytest.raises(ZeroDivisionError):
        enqueue()
