"""The tasks, as a worker runs them, and their schedule."""

from datetime import timedelta
from unittest import mock

import pytest
from celery.beat import Scheduler
from django.utils import timezone

from org_files import maintenance, tasks
from org_files.exceptions import RenditionsBusy, StorageFull, StorageUnavailable
from org_files.files import purge_file
from org_files.models import ShareLink
from org_files.pictures import services
from org_files.renditions import scale
from org_files.schedule import BEAT_SCHEDULE
from org_files.testing.factories import make_link, subscribe
from tests.pictures.stored import decodings, heights_there, make_picture, photo, while_decoding

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("app")]


@pytest.fixture
def file(organization):
    return make_picture(organization)


def run(task, *arguments):
    """Run a task as a worker does, with retries at once."""
    return task.apply(args=arguments)


def test_renditions__are_made_of_a_file_by_its_id(file):
    assert run(tasks.make_renditions, str(file.public_id)).get() == 2
    assert heights_there(file) == [200, 400]
    with decodings() as decoded:
        assert run(tasks.make_renditions, str(file.public_id)).get() == 0
    decoded.assert_not_called()


def test_tier__is_that_of_the_moment_at_which_the_task_runs(organization, file):
    subscribe(organization, heights=[90])

    run(tasks.make_renditions, str(file.public_id))

    assert heights_there(file) == [90]


def test_file_that_is_gone__is_skipped(file):
    now, public_id = timezone.now(), str(file.public_id)
    with decodings() as decoded:
        for deleted_at, expires_at in ((now, None), (None, now - timedelta(seconds=1))):
            file.deleted_at, file.expires_at = deleted_at, expires_at
            file.save()
            assert run(tasks.make_renditions, public_id).get() == 0
        file.delete()
        assert run(tasks.make_renditions, public_id).get() == 0

    decoded.assert_not_called()


@pytest.mark.django_db(transaction=True)
def test_file_removed_meanwhile__is_no_failure(file):
    public_id = str(file.public_id)

    with while_decoding(lambda: purge_file(file=file)):
        assert run(tasks.make_renditions, public_id).get() == 0


def test_file_without_a_picture_in_it__is_no_failure(organization):
    file = make_picture(organization, content=photo()[:5000])

    result = run(tasks.make_renditions, str(file.public_id))

    assert (result.state, result.get()) == ("SUCCESS", 0)


def test_passing_errors__are_tried_again(file, monkeypatch):
    errors = [RenditionsBusy, StorageUnavailable, StorageFull]

    def fail(*arguments):
        if errors:
            raise errors.pop()
        return scale(*arguments)

    monkeypatch.setattr(services, "scale", fail)

    assert run(tasks.make_renditions, str(file.public_id)).get() == 2
    assert errors == []


def test_lasting_error__ends_the_tries(file):
    with mock.patch.object(services, "scale", side_effect=RenditionsBusy) as tried:
        result = run(tasks.make_renditions, str(file.public_id))

    assert (result.state, tried.call_count) == ("FAILURE", 6)


def test_job__is_run_by_its_name(organization, settings):
    settings.ORG_FILES = settings.ORG_FILES | {"LINK_KEEP_DAYS": 0}
    now = timezone.now()
    over = make_link(expires_at=now - timedelta(seconds=1))
    make_link(file=over.file, user=over.created_by, expires_in=300)

    assert run(tasks.run_job, "links").get()["links"] == 1
    # That of an app which is not installed.
    assert run(tasks.run_job, "no such job").get() == {}
    assert ShareLink.objects.count() == 1


def test_job_that_fails__fails(monkeypatch):
    monkeypatch.setitem(maintenance.JOBS, "fold", mock.Mock(side_effect=ZeroDivisionError))

    result = run(tasks.run_job, "fold")

    assert (result.state, type(result.result)) == ("FAILURE", ZeroDivisionError)


def test_schedule__runs_every_job_and_ends_before_the_next_run(app):
    app.finalize()
    app.conf.beat_schedule = BEAT_SCHEDULE
    scheduler = Scheduler(app=app)

    entries = {name: scheduler.schedule[name] for name in BEAT_SCHEDULE}

    assert {entry.task for entry in entries.values()} == {tasks.run_job.name}
    assert tasks.run_job.name in app.tasks
    assert {entry.args for entry in entries.values()} == {(job,) for job in maintenance.JOBS}
    for entry in entries.values():
        assert 0 < entry.options["expires"] <= entry.schedule.run_every.total_seconds()
    assert entries["org_files.links"].schedule.run_every.total_seconds() == 60
