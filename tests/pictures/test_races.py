"""Many who ask for the same picture first: one file for each height."""

import threading
from collections import Counter
from functools import partial

import pytest

from org_files import get_file_model
from org_files.exceptions import NotAPicture
from org_files.files import purge_file
from org_files.files.verification import verify_store
from org_files.models import Decoding, Rendition
from org_files.pictures import get_rendition
from org_files.testing.threads import PATIENCE, at_once
from tests.pictures.stored import (
    decodings,
    heights_there,
    make_picture,
    photo,
    stored_keys,
    while_decoding,
)

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 16


def ask(file, height):
    try:
        return "made", get_rendition(file=file, height=height).key
    except NotAPicture as error:
        return "refused", error.code
    except type(file).DoesNotExist:
        return "gone", None


def test_first_requests_for_several_heights_of_several_files__make_each_once(
    organization,
):
    files = [make_picture(organization) for _ in range(2)]
    calls = [partial(ask, files[n % 2], (200, 400)[n // 2 % 2]) for n in range(CLIENTS)]

    with decodings() as decoded:
        answers = at_once(calls)

    assert set(Counter(answers).values()) == {CLIENTS // 4}
    assert {said for said, _ in answers} == {"made"}
    assert decoded.call_count == 2
    assert [heights_there(file) for file in files] == [[200, 400]] * 2
    assert Rendition.objects.count() == 4
    assert len(stored_keys()) == 6
    assert not Decoding.objects.exists()
    assert verify_store().findings == []


def test_requests_for_what_cannot_be_decoded__decode_once(
    organization,
):
    file = make_picture(organization, content=photo()[:5000])

    with decodings() as decoded:
        answers = at_once([partial(ask, file, 200)] * CLIENTS)

    assert Counter(answers) == {("refused", "not_a_picture"): CLIENTS}
    assert decoded.call_count == 1
    assert stored_keys() == {file.content.name}


def test_requests_while_the_picture_is_removed__end_all(
    organization,
):
    file = make_picture(organization)
    asked = threading.Barrier(2)

    def remove():
        # One decodes, and the others wait for it.
        asked.wait(PATIENCE)
        purge_file(file=get_file_model()._base_manager.get(pk=file.pk))
        asked.wait(PATIENCE)

    def wait_for_the_removal():
        asked.wait(PATIENCE)
        asked.wait(PATIENCE)

    with while_decoding(wait_for_the_removal):
        *answers, _ = at_once([*[partial(ask, file, 200)] * 8, remove])

    assert Counter(answers) == {("gone", None): 8}
    assert stored_keys() == set()
    assert not Decoding.objects.exists()
