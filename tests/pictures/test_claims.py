"""Claims: one of many decodes, failures are remembered, and a dead process ends in time."""

import uuid
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from org_files.exceptions import (
    DecodingStopped,
    NotAPicture,
    PictureTooLarge,
    RenditionsBusy,
    StorageFull,
)
from org_files.models import Decoding, Rendition
from org_files.pictures import claims, get_rendition, make_renditions, services
from org_files.pictures.claims import claim
from org_files.renditions import pool
from tests.pictures.stored import (
    decodings,
    heights_there,
    make_picture,
    stored_keys,
    while_decoding,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(organization):
    return make_picture(organization)


@pytest.fixture
def impatient(monkeypatch):
    """No request waits long for another."""
    monkeypatch.setattr(claims, "LONG_WAIT", 0.1)
    monkeypatch.setattr(claims, "SHORT_WAIT", 0.05)


def remember(file, *, failure=""):
    """Have another process decode the picture, or have failed to; return its claim."""
    key, until = uuid.uuid4(), timezone.now() + timedelta(seconds=30)
    Decoding.objects.create(file_id=file.pk, claim=key, until=until, failure=failure)
    return key


def pass_time(file, passed):
    """Have the claim or the failure be so much older."""
    row = Decoding.objects.get(pk=file.pk)
    row.until -= passed
    row.save()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("waiters", [0, claims.WAITERS])
def test_picture_that_another_decodes__is_waited_for_and_then_busy(file, waiters):
    key = remember(file)
    with ExitStack() as waiting:
        for _ in range(waiters):
            waiting.enter_context(claims._waiters)

        with decodings() as decoded, pytest.raises(RenditionsBusy):
            get_rendition(file=file, height=200)

    decoded.assert_not_called()
    assert Decoding.objects.get().claim == key


@pytest.mark.usefixtures("impatient")
def test_claim__lasts_longer_than_a_decoding_may_take(file):
    longest = timedelta(seconds=pool.PATIENCE + pool.CHILD_SECONDS)

    with claim(file):
        pass_time(file, longest)
        with pytest.raises(RenditionsBusy), claim(file):
            pytest.fail("two decode at once")
        pass_time(file, claims.HELD - longest)
        with claim(file):
            assert Decoding.objects.count() == 1


@pytest.mark.parametrize("error", [None, NotAPicture()])
def test_claim_that_was_taken_over__is_left_to_its_new_holder(file, error):
    with ExitStack() as second:

        def decode_too_slowly():
            with claim(file):
                pass_time(file, claims.HELD)
                second.enter_context(claim(file))
                if error:
                    raise error

        with pytest.raises(NotAPicture) if error else nullcontext():
            decode_too_slowly()
        assert Decoding.objects.get().failure == ""
    assert not Decoding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_height_that_two_made__is_that_of_the_faster_one(file):
    def take_over():
        pass_time(file, claims.HELD)
        make_renditions(file=file)

    with while_decoding(take_over):
        slower = get_rendition(file=file, height=200)

    assert heights_there(file) == [200, 400]
    assert slower == Rendition.objects.get(height=200)
    assert len(stored_keys()) == 3
    assert not Decoding.objects.exists()


@pytest.mark.parametrize(
    ("error", "lasts"),
    [
        (NotAPicture, timedelta(days=1)),
        (PictureTooLarge, timedelta(days=1)),
        # Perhaps by the fault of the machine.
        (DecodingStopped, timedelta(minutes=5)),
    ],
)
def test_picture_that_cannot_be_decoded__is_tried_again_after_its_time(file, error, lasts):
    message = error.message if error is PictureTooLarge else NotAPicture.message
    with mock.patch.object(services, "scale", side_effect=error) as decoded:

        def refused():
            with pytest.raises(NotAPicture) as raised:
                get_rendition(file=file, height=200)
            assert (raised.value.code, raised.value.message) == ("not_a_picture", str(message))
            return decoded.call_count

        assert [refused(), refused()] == [1, 1]
        pass_time(file, lasts - timedelta(minutes=1))
        assert refused() == 1
        pass_time(file, timedelta(minutes=1))
        assert refused() == 2


@pytest.mark.parametrize("error", [StorageFull, MemoryError])
def test_decoding_that_fails_for_other_reasons__is_tried_at_the_next_request(file, error):
    with mock.patch.object(services, "scale", side_effect=error), pytest.raises(error):
        get_rendition(file=file, height=200)

    assert not Decoding.objects.exists()
    assert get_rendition(file=file, height=200).height == 200


def test_failure__keeps_the_heights_that_are_there(file):
    get_rendition(file=file, height=200)
    remember(file, failure=NotAPicture.code)

    assert get_rendition(file=file, height=400).height == 400


@pytest.mark.django_db(transaction=True)
def test_file_that_is_gone__is_not_claimed(file):
    type(file)._base_manager.filter(pk=file.pk).delete()

    with pytest.raises(type(file).DoesNotExist):
        get_rendition(file=file, height=200)

    assert not Decoding.objects.exists()
