"""Archives as unzippers read them, with sizes and offsets beyond 32 bits."""

import shutil
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from zipfile import ZipFile

import pytest

from org_files.delivery import zips
from org_files.delivery.zips import BLOCK_SIZE, MAX_32, ZipWriter
from org_files.exceptions import ContentUnavailable

AT = datetime(2024, 2, 29, 23, 30, 15, tzinfo=timezone(timedelta(hours=3)))
CONTENT = bytes(range(251)) * 3000
ZEROS = bytes(BLOCK_SIZE)

#: Commands that read an archive whole and fail if it is broken. The others run where installed.
READERS = {
    "zipfile": (sys.executable, "-m", "zipfile", "--test"),
    "unzip": ("unzip", "-tq"),
    "7z": ("7z", "t"),
    "bsdtar": ("bsdtar", "-xOf"),
    "jar": ("jar", "tf"),
}


def member(writer, name, content, modified=AT):
    return writer.member(name, len(content), modified, BytesIO(content).read)


def archive(*members):
    writer = ZipWriter()
    blocks = [block for each in members for block in member(writer, *each)]
    return b"".join([*blocks, writer.directory()])


def test_members__come_out_as_they_went_in():
    stored = {"a.txt": CONTENT, "empty": b"", "отчёт 報告 😀.bin": b"PK\7\x08PK\1\2"}

    with ZipFile(BytesIO(archive(*stored.items()))) as found:
        assert {name: found.read(name) for name in found.namelist()} == stored
        for info in found.infolist():
            assert info.date_time == (2024, 2, 29, 23, 30, 14)
            assert info.external_attr >> 16 == 0o100644
            assert info.flag_bits == 0x808
            # In UTC, for those who do not take the local time.
            assert info.extra == struct.pack("<2sHBi", b"UT", 5, 1, int(AT.timestamp()))


@pytest.mark.parametrize("reader", [n for n, (cmd, *_) in READERS.items() if shutil.which(cmd)])
def test_unzippers__find_no_fault(tmp_path, reader):
    path = tmp_path / "files.zip"
    path.write_bytes(archive(("a.txt", CONTENT), ("empty", b""), ("отчёт.txt", b"inside")))

    done = subprocess.run([*READERS[reader], path], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.fixture
def quick_crc(monkeypatch):
    """Leave whole blocks out of the checksum, which takes most of the time."""
    crc32 = zips.crc32
    quick = lambda block, crc: crc if block is ZEROS else crc32(block, crc)  # noqa: E731
    monkeypatch.setattr(zips, "crc32", quick)


@pytest.mark.usefixtures("quick_crc")
@pytest.mark.parametrize("size", [MAX_32 - 1, MAX_32, MAX_32 + 6])
def test_large_member_and_what_follows_it__are_found(tmp_path, size):
    writer, path, largest = ZipWriter(), tmp_path / "large.zip", 0

    with path.open("wb") as file:
        read = lambda wanted: ZEROS if wanted == len(ZEROS) else ZEROS[:wanted]  # noqa: E731
        for block in writer.member("large", size, AT, read):
            largest = max(largest, len(block))
            if block is ZEROS:  # A hole, which takes no space on the disk.
                file.seek(len(block), 1)
            else:
                file.write(block)
        file.write(b"".join(member(writer, "small", CONTENT)) + writer.directory())

    assert largest == BLOCK_SIZE
    # The last block is the descriptor, in which sizes have 8 bytes under ZIP64 (§4.3.9).
    assert block[8:] == size.to_bytes(8 if size >= MAX_32 else 4, "little") * 2
    with ZipFile(path) as found:
        large, small = found.infolist()
        assert (large.file_size, large.compress_size, large.header_offset) == (size, size, 0)
        assert found.read(small) == CONTENT
        assert small.header_offset > size


def test_content_that_ends_early__is_noticed_before_the_member_or_within_it():
    writer = ZipWriter()
    with pytest.raises(ContentUnavailable):
        next(writer.member("a", 5, AT, BytesIO().read))
    # Nothing was written: the archive goes on.
    blocks = [*member(writer, "b", CONTENT), writer.directory()]
    with ZipFile(BytesIO(b"".join(blocks))) as found:
        assert found.read("b") == CONTENT

    cut = writer.member("c", len(CONTENT) + 1, AT, BytesIO(CONTENT).read)
    next(cut)
    with pytest.raises(ContentUnavailable):
        list(cut)


def test_short_reads__are_no_end():
    content = BytesIO(b"0123456789")
    writer = ZipWriter()

    blocks = list(writer.member("a", 10, AT, lambda size: content.read(min(size, 3))))

    with ZipFile(BytesIO(b"".join([*blocks, writer.directory()]))) as found:
        assert found.read("a") == b"0123456789"


@pytest.mark.parametrize(
    ("modified", "shown"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), (1980, 1, 1, 0, 0, 0)),
        (datetime(1960, 7, 8, 9, 10, 12, tzinfo=UTC), (1980, 7, 8, 9, 10, 12)),
        (datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC), (2099, 12, 31, 23, 59, 58)),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_time_that_has_no_field__is_the_nearest(modified, shown):
    with ZipFile(BytesIO(archive(("a", b"a", modified)))) as found:
        assert found.getinfo("a").date_time == shown
        assert found.read("a") == b"a"
