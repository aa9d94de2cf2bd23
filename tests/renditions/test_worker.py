"""What is decoded where, and that Pillow stays as the site has set it."""

from __future__ import annotations

import io
import os
import threading
import warnings
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageFile

from org_files.exceptions import NotAPicture, RenditionsBusy
from org_files.renditions import Box, limits, scale, services, worker
from org_files.renditions.anatomy import dissect
from org_files.renditions.decoder import Job, draft_scale
from tests.renditions.bombs import half, scans
from tests.renditions.pictures import file_of, picture, segment, with_segments

BOXES = [Box(height=400), Box(height=200)]


def test_photograph__is_decoded_in_the_worker(only_in_worker: None) -> None:
    large, small = scale(picture(1200, 900), BOXES)

    assert Image.open(large.content).size == (533, 400)
    assert Image.open(small.content).size == (267, 200)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_photograph_of_40_megapixels__costs_the_worker_little(mode: str) -> None:
    job = Job("image/jpeg", 7300, 5475, 1, ((533, 400), (267, 200)))

    assert draft_scale(job) == 8
    assert worker._bytes_of(job) < limits.WORKER_MEMORY


@pytest.mark.parametrize("turned", [1, 6])
@pytest.mark.parametrize(
    ("height", "scale_"), [(4000, 8), (3999, 4), (2000, 4), (1999, 2), (1000, 2), (999, 1)]
)
def test_scale_of_the_decoder__leaves_a_quarter_more(height: int, scale_: int, turned: int) -> None:
    size = (height, 2 * height) if turned == 6 else (2 * height, height)

    assert draft_scale(Job("image/jpeg", *size, turned, ((800, 400), (2, 1)))) == scale_


def many_bytes_of_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().ljust(5000, b"\0")


@pytest.mark.parametrize(
    ("content", "box"),
    [
        (picture(progressive=True), Box()),
        (scans(1), Box()),
        (picture(kind="PNG"), Box()),
        (picture(kind="WEBP"), Box()),
        (picture(kind="GIF"), Box()),
        (picture(icc_profile=many_bytes_of_profile()), Box()),
        (picture(2000, 1500), Box(height=1400)),
    ],
    ids=["progressive", "scans", "PNG", "WEBP", "GIF", "profile", "large result"],
)
def test_what_costs_more__is_decoded_by_a_child(
    content: Any, box: Box, only_in_child: None, all_in_worker: None
) -> None:
    [made] = scale(content, [box])

    assert Image.open(made.content).size == box.fit(*Image.open(content).size)


def test_photograph_in_a_scan_for_each_colour__is_not_sequential() -> None:
    data = picture().getvalue()
    scan = data.index(b"\xff\xda")
    first = segment(0xDA, bytes([1, 1, 0x00, 0, 63, 0]))

    assert dissect(io.BytesIO(data)).is_sequential
    assert not dissect(io.BytesIO(data[:scan] + first + data[scan + 14 :])).is_sequential


def test_half_a_photograph__fails(only_in_worker: None) -> None:
    with pytest.raises(NotAPicture):
        scale(half(picture(1200, 900)), BOXES)


def test_broken_photograph__fails_or_is_made(only_in_worker: None) -> None:
    content = picture(320, 240).getvalue()
    outcomes = set()
    for offset in range(2, len(content), 7):
        damaged = bytearray(content)
        damaged[offset] ^= 0xFF
        try:
            [made] = scale(io.BytesIO(bytes(damaged)), [Box(40, 40)])
        except NotAPicture:
            outcomes.add("refused")
        else:
            outcomes.add(Image.open(made.content).format)

    assert outcomes == {"refused", "JPEG"}


@pytest.fixture
def busy_threads() -> Any:
    """The threads of the worker are decoding something else until the test ends."""
    done = threading.Event()
    for _ in range(limits.WORKER_THREADS):
        worker._threads.submit(done.wait, 30)
    yield
    done.set()


def test_busy_worker__asks_a_child(
    busy_threads: None, only_in_child: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "decode_in_worker", worker.decode_in_worker)
    monkeypatch.setattr(limits, "WORKER_PATIENCE", 0.1)

    [made] = scale(picture(640, 480), [Box(height=48)])

    assert Image.open(made.content).size == (64, 48)


def test_worker_that_does_not_finish__is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def wait(stream: object, job: Job) -> list[Any]:
        done.wait(30)
        return []

    monkeypatch.setattr(worker, "decode", wait)
    monkeypatch.setattr(limits, "WORKER_PATIENCE", 0.05)
    monkeypatch.setattr(limits, "WORKER_SECONDS", 0.05)
    try:
        with pytest.raises(RenditionsBusy):
            scale(picture(), BOXES)
    finally:
        done.set()


def test_threads__never_decode_more_than_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = [0], [0], threading.Lock()
    decode = worker.decode

    def counted(stream: Any, job: Job) -> Any:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        try:
            yield from decode(stream, job)
        finally:
            with lock:
                running[0] -= 1

    monkeypatch.setattr(worker, "decode", counted)
    threads = [threading.Thread(target=scale, args=(picture(), BOXES)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert running == [0]
    assert 1 <= most[0] <= 2


def test_forked_process__has_threads_of_its_own(only_in_worker: None) -> None:
    scale(picture(), BOXES)
    with warnings.catch_warnings():
        # Python 3.12 and newer warn of any thread.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            scale(picture(), BOXES)
            os._exit(0)
        finally:
            os._exit(1)

    assert os.waitpid(pid, 0)[1] == 0


def test_what_the_site_set_in_pillow__neither_changes_nor_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    formats = dict(Image.OPEN), list(Image.ID)

    for kind in ("JPEG", "PNG"):
        [made] = scale(picture(640, 480, kind), [Box(height=48)])
        assert (made.width, made.height) == (64, 48)
        with pytest.raises(NotAPicture):
            scale(half(picture(640, 480, kind)), BOXES)

    assert Image.MAX_IMAGE_PIXELS == 100
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True
    assert (dict(Image.OPEN), list(Image.ID)) == formats


def test_low_limit_of_the_site__gives_no_warning(
    only_in_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)

    scale(picture(640, 480), BOXES)


def test_further_pictures_in_the_file__are_not_looked_at(only_in_worker: None) -> None:
    pictures = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    content = file_of(pictures[0], "MPO", save_all=True, append_images=pictures[1:])

    [made] = scale(content, [Box()])

    assert Image.open(made.content).getpixel((5, 5)) == pytest.approx((255, 0, 0), abs=4)


def test_odd_thumbnail_in_the_header__does_no_harm(only_in_worker: None) -> None:
    jfif = segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\xff\xff" + bytes(60_000))

    [made] = scale(with_segments(picture(), jfif), [Box()])

    assert (made.width, made.height) == (64, 48)
