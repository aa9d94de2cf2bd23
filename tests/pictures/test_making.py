"""Heights are made when they are asked for, once, all that are missing by one decoding."""

from hashlib import sha256

import pytest
from django.db import connection

from org_files import get_file_model
from org_files.exceptions import HeightNotInTier
from org_files.models import Decoding, Rendition
from org_files.pictures import get_rendition, make_renditions, services
from org_files.renditions import Box, scale
from org_files.storage import owner_prefix, rendition_storage
from org_files.testing.factories import make_stored_file, make_user, subscribe
from tests.pictures.stored import (
    decodings,
    heights_there,
    make_picture,
    photo,
    shown,
    sizes_asked,
    stored_keys,
)

pytestmark = pytest.mark.django_db


def read_again(file):
    """Return the file as the next request finds it."""
    return get_file_model()._base_manager.get(pk=file.pk)


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((1200, 900), [(267, 200), (533, 400)]),
        ((300, 1000), [(60, 200), (120, 400)]),
        # Never enlarged.
        ((320, 240), [(267, 200), (320, 240)]),
    ],
)
def test_height__is_exact_and_the_shape_is_kept(organization, size, made):
    file = make_picture(organization, content=photo(*size))

    sizes = [shown(get_rendition(file=file, height=height)).size for height in (200, 400)]

    assert sizes == made
    assert heights_there(file) == [200, 400]


def test_first_request__makes_all_heights_by_one_decoding(
    organization,
):
    subscribe(organization, heights=[300, 90, 150])
    file = make_picture(organization)

    with decodings() as decoded:
        get_rendition(file=file, height=150)
        for height in (90, 150, 300):
            get_rendition(file=file, height=height)

    [call] = decoded.call_args_list
    assert sizes_asked(call) == [Box(height=90), Box(height=150), Box(height=300)]
    assert heights_there(file) == [90, 150, 300]


def test_height_that_a_tier_adds_and_removes__is_made_alone_and_then_refused(
    organization,
):
    tier = subscribe(organization, heights=[200])
    file = make_picture(organization)
    before = get_rendition(file=file, height=200)
    tier.heights = [200, 400]
    tier.save()

    with decodings() as decoded:
        get_rendition(file=read_again(file), height=400)

    [call] = decoded.call_args_list
    assert sizes_asked(call) == [Box(height=400)]
    assert Rendition.objects.get(height=200) == before
    tier.heights = [200]
    tier.save()
    with pytest.raises(HeightNotInTier):
        get_rendition(file=read_again(file), height=400)


def test_height_that_file_or_tier_does_not_have__is_refused_and_not_made(
    organization,
):
    text, picture = make_stored_file(organization), make_picture(organization)

    for file, height in ((text, 200), (picture, 0), (picture, 201), (picture, 10**12)):
        with pytest.raises(HeightNotInTier):
            get_rendition(file=file, height=height)
    subscribe(organization, heights=[])
    for file in (text, read_again(picture)):
        assert make_renditions(file=file) == 0
    assert not Rendition.objects.exists()


def test_rendition__lies_beside_its_original_and_is_what_its_row_says(
    organization,
):
    owner = make_user()
    file = make_picture(organization, owner)

    rendition = get_rendition(file=file, height=200)

    folder, _, name = rendition.key.rpartition("/")
    assert f"{folder}/" == owner_prefix(organization.pk, owner.pk)
    assert len(name) == 32
    with rendition_storage().open(rendition.key) as content:
        data = content.read()
    assert (rendition.size, rendition.sha256) == (len(data), sha256(data).hexdigest())
    assert rendition.content_type == "image/jpeg"


def test_store_of_renditions__may_be_another(organization, settings, tmp_path):
    other = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path},
    }
    settings.STORAGES = settings.STORAGES | {"small": other}
    settings.ORG_FILES = {"RENDITION_STORAGE": "small"}
    file = make_picture(organization)

    rendition = get_rendition(file=file, height=200)

    assert (tmp_path / rendition.key).stat().st_size == rendition.size
    assert stored_keys() > {file.content.name, rendition.key}


@pytest.mark.django_db(transaction=True)
def test_decoding__holds_no_transaction_open(organization, monkeypatch):
    file = make_picture(organization)
    seen = []

    def look(*arguments):
        seen.append((connection.in_atomic_block, Decoding.objects.count()))
        return scale(*arguments)

    monkeypatch.setattr(services, "scale", look)

    get_rendition(file=file, height=200)

    assert seen == [(False, 1)]
    assert not Decoding.objects.exists()


def test_large_heights__are_each_made_when_they_are_asked_for(organization, monkeypatch):
    monkeypatch.setattr(services, "MAX_PIXELS_AT_ONCE", 200_000)
    subscribe(organization, heights=[200, 300, 600, 700])
    file = make_picture(organization)

    get_rendition(file=file, height=700)
    assert heights_there(file) == [200, 300, 700]
    make_renditions(file=file)

    assert heights_there(file) == [200, 300, 600, 700]
