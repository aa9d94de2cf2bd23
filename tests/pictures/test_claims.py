"""One of many decodes. What cannot be decoded is remembered, and who died is not waited for."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
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
from org_files.models import AbstractFile, AbstractOrganization, Decoding, Rendition
from org_files.pictures import claims, get_rendition, make_renditions, services
from org_files.pictures.claims import claim
from tests.pictures.stored import (
    decodings,
    heights_there,
    make_picture,
    photo,
    stored_keys,
    while_decoding,
)
from tests.renditions.pictures import png

pytestmark = pytest.mark.django_db

HALF = photo()[:5000]


@pytest.fixture
def file(organization: AbstractOrganization) -> AbstractFile:
    return make_picture(organization)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for somebody else."""
    monkeypatch.setattr(claims, "LONG_WAIT", 0.2)


def held_by_another(file: AbstractFile, *, for_seconds: float) -> uuid.UUID:
    """Have somebody else decode the picture, and return their claim."""
    key = uuid.uuid4()
    until = timezone.now() + timedelta(seconds=for_seconds)
    Decoding.objects.create(file_id=file.pk, claim=key, until=until)
    return key


def pass_time(file: AbstractFile, **passed: float) -> None:
    """Have the claim or the failure be so much older."""
    row = Decoding.objects.get(pk=file.pk)
    row.until -= timedelta(**passed)
    row.save()


@pytest.mark.usefixtures("impatient")
def test_picture_that_another_decodes__is_waited_for_and_then_busy(file: AbstractFile) -> None:
    key = held_by_another(file, for_seconds=30)

    with decodings() as decoded, pytest.raises(RenditionsBusy):
        get_rendition(file=file, height=200)

    decoded.assert_not_called()
    assert Decoding.objects.get().claim == key


def test_claim_of_a_dead_process__is_taken_over_after_its_time(file: AbstractFile) -> None:
    held_by_another(file, for_seconds=0)

    assert get_rendition(file=file, height=200).height == 200
    assert not Decoding.objects.exists()


@pytest.mark.usefixtures("impatient")
def test_claim__lasts_longer_than_a_decoding_may_take(file: AbstractFile) -> None:
    from org_files.renditions import limits

    longest = limits.PATIENCE + limits.CHILD_SECONDS
    assert claims.HELD.total_seconds() > longest

    with claim(file):
        pass_time(file, seconds=longest)
        with pytest.raises(RenditionsBusy), claim(file):
            pytest.fail("two decode at once")
        pass_time(file, seconds=60 - longest)
        with claim(file):
            assert Decoding.objects.count() == 1


def test_claim_that_was_taken_over__is_not_released_by_who_held_it(file: AbstractFile) -> None:
    with claim(file):
        pass_time(file, seconds=60)
        second = claim(file)
        second.__enter__()
    # The first is done by now.

    assert Decoding.objects.count() == 1
    second.__exit__(None, None, None)
    assert not Decoding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_height_that_two_made__is_that_of_the_faster_one(file: AbstractFile) -> None:
    def take_over() -> None:
        pass_time(file, seconds=60)
        make_renditions(file=file)

    with while_decoding(take_over):
        slower = get_rendition(file=file, height=200)

    assert heights_there(file) == [200, 400]
    assert slower == Rendition.objects.get(height=200)
    assert len(stored_keys()) == 3
    assert not Decoding.objects.exists()


def test_failure_of_who_was_too_slow__is_not_written_over_another_claim(
    file: AbstractFile,
) -> None:
    with claim(file) as first:
        pass_time(file, seconds=60)
        with claim(file):
            first.fail(NotAPicture())

            assert Decoding.objects.get().failure == ""


@pytest.mark.parametrize("content", [HALF, b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n" * 9])
def test_picture_that_cannot_be_decoded__is_tried_once_a_day(
    organization: AbstractOrganization, content: bytes
) -> None:
    file = make_picture(organization, content=content)
    assert file.is_picture

    with decodings() as decoded:
        for _ in range(3):
            with pytest.raises(NotAPicture):
                get_rendition(file=file, height=200)
        assert decoded.call_count == 1
        pass_time(file, hours=23, minutes=59)
        with pytest.raises(NotAPicture):
            get_rendition(file=file, height=400)
        assert decoded.call_count == 1
        pass_time(file, minutes=1)
        with pytest.raises(NotAPicture):
            get_rendition(file=file, height=200)
        assert decoded.call_count == 2

    assert heights_there(file) == []


def test_decoding_that_was_stopped__is_tried_again_after_five_minutes(
    file: AbstractFile,
) -> None:
    with mock.patch.object(services, "scale", side_effect=DecodingStopped) as decoded:
        for _ in range(2):
            with pytest.raises(NotAPicture) as raised:
                get_rendition(file=file, height=200)
            assert raised.value.code == "not_a_picture"
        assert decoded.call_count == 1
    pass_time(file, minutes=5)

    assert get_rendition(file=file, height=200).size


def test_more_than_a_few_who_wait__wait_for_a_moment_only(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_by_another(file, for_seconds=60)
    monkeypatch.setattr(claims, "SHORT_WAIT", 0.1)
    monkeypatch.setattr(claims, "_waiters", mock.Mock(acquire=lambda blocking: False))

    with pytest.raises(RenditionsBusy):
        get_rendition(file=file, height=200)


def test_picture_that_is_too_large__says_so_each_time(organization: AbstractOrganization) -> None:
    file = make_picture(organization, content=png(65_500, 65_500, rows=1).getvalue(), name="a.png")

    said = []
    for _ in range(2):
        with pytest.raises(NotAPicture) as raised:
            get_rendition(file=file, height=200)
        said.append((raised.value.code, raised.value.message))

    assert said == [(NotAPicture.code, str(PictureTooLarge.message))] * 2


@pytest.mark.parametrize("error", [RenditionsBusy(), StorageFull(), MemoryError()])
def test_decoding_that_fails_for_other_reasons__is_tried_at_the_next_request(
    file: AbstractFile, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(services, "scale", fail)
        with pytest.raises(type(error)):
            get_rendition(file=file, height=200)

    assert not Decoding.objects.exists()
    assert get_rendition(file=file, height=200).height == 200


def test_failure__keeps_the_heights_that_are_there(
    file: AbstractFile, organization: AbstractOrganization
) -> None:
    get_rendition(file=file, height=200)
    Decoding.objects.create(
        file_id=file.pk,
        claim=uuid.uuid4(),
        until=timezone.now() + timedelta(days=1),
        failure=NotAPicture.code,
    )

    assert get_rendition(file=file, height=400).height == 400


@pytest.mark.django_db(transaction=True)
def test_file_that_is_gone__is_not_claimed(file: AbstractFile) -> None:
    type(file)._base_manager.filter(pk=file.pk).delete()

    with pytest.raises(type(file).DoesNotExist):
        get_rendition(file=file, height=200)

    assert not Decoding.objects.exists()
