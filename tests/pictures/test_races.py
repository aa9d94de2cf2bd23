"""Many who ask for the same picture first: one file for each height."""

from __future__ import annotations

import threading
from collections import Counter
from functools import partial
from typing import Any

import pytest

from org_files import get_file_model
from org_files.exceptions import HeightNotInTier, NotAPicture
from org_files.files import purge_file
from org_files.files.verification import verify_store
from org_files.models import AbstractFile, AbstractOrganization, Decoding, Rendition
from org_files.pictures import get_rendition
from org_files.testing.factories import subscribe
from org_files.testing.threads import PATIENCE, at_once
from org_files.tiers import TIER
from tests.pictures.stored import (
    decodings,
    heights_there,
    make_picture,
    photo,
    stored_keys,
    while_decoding,
)

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 32


def ask(file: AbstractFile, height: int) -> tuple[str, Any]:
    try:
        return "made", get_rendition(file=file, height=height).key
    except (NotAPicture, HeightNotInTier) as error:
        return "refused", error.code
    except type(file).DoesNotExist:
        return "gone", None


def check(*files: AbstractFile) -> None:
    """Look at whether each has both heights, once, and nothing else is left."""
    for file in files:
        assert heights_there(file) == [200, 400]
    assert Rendition.objects.count() == 2 * len(files)
    assert len(stored_keys()) == 3 * len(files)
    assert not Decoding.objects.exists()
    assert verify_store().findings == []


def test_first_requests_at_once__make_one_file(organization: AbstractOrganization) -> None:
    file = make_picture(organization)

    with decodings() as decoded:
        answers = at_once([partial(ask, file, 200)] * CLIENTS)

    [(answer, count)] = Counter(answers).items()
    assert (answer[0], count) == ("made", CLIENTS)
    assert decoded.call_count == 1
    check(file)


def test_first_requests_for_several_heights_of_several_files__make_each_once(
    organization: AbstractOrganization,
) -> None:
    files = [make_picture(organization) for _ in range(4)]
    calls = [partial(ask, files[n % 4], (200, 400)[n // 4 % 2]) for n in range(CLIENTS)]

    with decodings() as decoded:
        answers = at_once(calls)

    assert set(Counter(answers).values()) == {CLIENTS // 8}
    assert {said for said, _ in answers} == {"made"}
    assert decoded.call_count == 4
    check(*files)


def test_requests_for_what_cannot_be_decoded__decode_once(
    organization: AbstractOrganization,
) -> None:
    file = make_picture(organization, content=photo()[:5000])

    with decodings() as decoded:
        answers = at_once([partial(ask, file, 200)] * CLIENTS)

    assert Counter(answers) == {("refused", "not_a_picture"): CLIENTS}
    assert decoded.call_count == 1
    assert stored_keys() == {file.content.name}


def test_requests_while_the_picture_is_removed__end_all(
    organization: AbstractOrganization,
) -> None:
    file = make_picture(organization)
    asked = threading.Barrier(2)

    def remove() -> None:
        # One decodes, and the others wait for it.
        asked.wait(PATIENCE)
        purge_file(file=get_file_model()._base_manager.get(pk=file.pk))
        asked.wait(PATIENCE)

    def wait_for_the_removal() -> None:
        asked.wait(PATIENCE)
        asked.wait(PATIENCE)

    with while_decoding(wait_for_the_removal):
        *answers, _ = at_once([*[partial(ask, file, 200)] * 8, remove])

    assert Counter(answers) == {("gone", None): 8}
    assert stored_keys() == set()
    assert not Decoding.objects.exists()


def test_tier_that_changes_meanwhile__is_that_of_each_request(
    organization: AbstractOrganization,
) -> None:
    files = get_file_model()._base_manager.select_related(TIER)
    subscribe(organization, heights=[200])
    pk = make_picture(organization).pk
    before = files.get(pk=pk)
    subscribe(organization, heights=[400])
    after = files.get(pk=pk)

    answers = at_once([*[partial(ask, before, 200)] * 8, *[partial(ask, after, 400)] * 8])

    assert {said for said, _ in answers} == {"made"}
    assert len(set(answers)) == 2
    check(before)
