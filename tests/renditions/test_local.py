"""A file of this machine is read where it is; anything else is copied first."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from django.core.files import File
from PIL import Image

from org_files.exceptions import StorageUnavailable
from org_files.renditions import Box, limits, scale, services, worker
from org_files.renditions.local import open_pieces
from tests.renditions.pictures import picture, segment, with_segments

PIECES = (b"<", (2, 3), b"|", (6, 2), b">")
JOINED = b"<cde|gh>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"abcdefghij")
    return path


@pytest.fixture
def nothing_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary file fails the test."""

    def refuse(*args: object) -> None:
        raise AssertionError("copied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


@pytest.fixture
def content(tmp_path: Path) -> Iterator[IO[bytes]]:
    """A photograph with metadata between what a decoder gets, in a file of this machine."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(with_segments(picture(1200, 900), segment(0xFE, b"comment")).getvalue())
    with path.open("rb") as content:
        yield content


def opened(content: Any) -> IO[bytes]:
    pieces = open_pieces(content, PIECES)
    assert pieces is not None
    return pieces


def test_pieces__are_read_one_after_the_other(path: Path) -> None:
    for size in (1, 2, 3, 100, -1):
        with path.open("rb") as content, opened(content) as pieces:
            assert b"".join(iter(lambda: pieces.read(size), b"")) == JOINED  # noqa: B023


def test_pieces__are_read_from_anywhere(path: Path) -> None:
    with path.open("rb") as content, opened(content) as pieces:
        for offset in range(len(JOINED) + 2):
            assert pieces.seek(offset) == pieces.tell() == offset
            assert pieces.read() == JOINED[offset:]
        assert pieces.seek(-3, os.SEEK_END) == 5
        assert pieces.seek(-2, os.SEEK_CUR) == 3
        assert pieces.read(1) == JOINED[3:4]


def test_who_opened_the_file__is_not_disturbed(path: Path) -> None:
    with path.open("rb", buffering=2) as content:
        content.seek(4)
        with opened(content) as pieces:
            pieces.read()

        assert content.tell() == 4
        assert content.read(2) == b"ef"


def test_pieces__outlive_the_file_they_are_of(path: Path) -> None:
    with path.open("rb") as content:
        pieces = opened(content)
    with pieces, path.with_name("other").open("wb") as other:
        other.write(b"0123456789")
        other.flush()

        assert pieces.read() == JOINED


def test_closed_pieces__hold_no_descriptor(path: Path) -> None:
    with path.open("rb") as content:
        with opened(content):
            pass
        lowest = os.dup(content.fileno())
        os.close(lowest)
        for _ in range(3):
            with opened(content):
                pass
        again = os.dup(content.fileno())
        os.close(again)

    assert again == lowest


def test_file_of_django__is_of_this_machine(path: Path) -> None:
    with File(path.open("rb")) as content, opened(File(content)) as pieces:
        assert pieces.read() == JOINED


class Deciphered(File):
    """What a storage makes of a file: its descriptor holds something else."""

    def read(self, size: int = -1) -> bytes:
        return bytes(byte ^ 0xFF for byte in self.file.read(size))


def test_what_a_storage_puts_between__is_copied(path: Path) -> None:
    with path.open("rb") as file, path.open("r+b") as changing, path.open("rb", 0) as unbuffered:
        for content in (Deciphered(file), File(Deciphered(file)), changing, unbuffered):
            assert open_pieces(content, PIECES) is None
    assert open_pieces(io.BytesIO(b"abcdefghij"), PIECES) is None


def test_pipe__is_copied() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    with open(reading, "rb") as content:  # noqa: PTH123
        assert open_pieces(content, PIECES) is None


def test_enciphered_photograph__is_made(content: IO[bytes], tmp_path: Path) -> None:
    path = tmp_path / "enciphered"
    path.write_bytes(bytes(byte ^ 0xFF for byte in content.read()))

    with path.open("rb") as file:
        [made] = scale(Deciphered(file), [Box(height=90)])

    assert Image.open(made.content).size == (120, 90)


def test_photograph_of_this_machine__is_made_without_a_copy(
    content: IO[bytes], only_in_worker: None, nothing_is_copied: None
) -> None:
    for given in (content, File(content)):
        [made] = scale(given, [Box(height=90)])

        assert Image.open(made.content).size == (120, 90)
        assert content.tell() == 0


def test_with_and_without_a_copy__the_same_is_made(content: IO[bytes]) -> None:
    copied, local = (
        [made.content.read() for made in scale(given, [Box(height=90), Box(height=45)])]
        for given in (io.BytesIO(content.read()), content)
    )

    assert copied == local


def test_disk_that_fails_while_decoding__is_the_stores_fault(
    content: IO[bytes], only_in_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)

    with pytest.raises(StorageUnavailable):
        scale(content, [Box(height=90)])


def test_photograph_of_this_machine__is_copied_for_a_child(
    content: IO[bytes], only_in_child: None, all_in_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = threading.Event()
    monkeypatch.setattr(services, "decode_in_worker", worker.decode_in_worker)
    monkeypatch.setattr(limits, "WORKER_PATIENCE", 0.05)
    for _ in range(limits.WORKER_THREADS):
        worker._threads.submit(done.wait, 30)
    try:
        [made] = scale(content, [Box(height=90)])
    finally:
        done.set()

    assert Image.open(made.content).size == (120, 90)
