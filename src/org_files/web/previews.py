"""Previews of files: pictures in their heights, text, tables, audio and video.

The server reads the beginning of a text itself. That is no download: like a rendition, a preview is
made from the content, and it is bounded. What a browser fetches by itself, the original of an audio
or video file or of a PDF, is one, and so it is fetched only when the reader asks for it.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from org_files import conf
from org_files.delivery import is_listed
from org_files.exceptions import StorageUnavailable
from org_files.models import AbstractFile
from org_files.serving import original, read_beginning
from org_files.tiers import allows_original, heights_of

#: Bytes of a text that are shown.
MAX_BYTES = 64 * 1024
#: Of a table.
MAX_ROWS, MAX_COLUMNS, MAX_CHARACTERS = 50, 20, 200

#: Types of tables, and what separates their columns: one of these characters.
TABLES = {"text/csv": ",;\t|", "text/tab-separated-values": "\t"}

#: Types of texts beside ``text/*``, ``*+json`` and ``*+xml``.
TEXTS = (
    *("application/json", "application/xml", "application/yaml", "application/toml"),
    *("application/javascript", "application/sql", "application/x-sh"),
)

#: Heights in CSS pixels at which pictures are shown, on a narrow page and on others.
NARROW, WIDE = 240, 480


@dataclass(frozen=True)
class Table:
    """The first rows of a table, each with the same number of cells."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    #: Whether the file has more rows or columns, or longer cells.
    is_cut: bool


@dataclass(frozen=True)
class Source:
    """The heights of a picture that a browser chooses from."""

    #: Shown where a CSS pixel is a pixel of the screen.
    height: int
    #: This height and the greater ones, each with its pixels per CSS pixel, such as ``2x``.
    densities: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Preview:
    """What the page of a file shows of its content."""

    #: ``picture``, ``table``, ``text``, ``audio``, ``video``, ``tab`` or ``none``.
    kind: str = "none"
    wide: Source | None = None
    narrow: Source | None = None
    table: Table | None = None
    text: str = ""
    #: Whether the file has more text.
    is_cut: bool = False
    #: Why there is nothing to see, if there is a reason.
    message: str = ""
    #: All heights of a picture in pixels.
    heights: Sequence[int] = ()


def preview_of(file: AbstractFile) -> Preview:
    """Return the preview of ``file``, which the reader sees and whose tier is joined."""
    media_type = original(file).media_type
    if heights := heights_of(file):
        narrow, wide = source(heights, NARROW), source(heights, WIDE)
        return Preview(kind="picture", wide=wide, narrow=narrow, heights=heights)
    if not allows_original(file):
        return Preview()
    if is_listed(media_type, conf.inline_types()):
        family = media_type.partition("/")[0]
        if family in ("audio", "video"):
            return Preview(kind=family)
        if media_type == "application/pdf" or file.is_picture:
            return Preview(kind="tab")
    if media_type in TABLES or _is_text(media_type):
        try:
            return _text_preview(file, TABLES.get(media_type, ""))
        except StorageUnavailable as error:
            return Preview(message=str(error.message))
    return Preview()


def source(heights: Sequence[int], wanted: int) -> Source:
    """Return the heights to offer where a picture is to be shown ``wanted`` CSS pixels high."""
    base = max((each for each in heights if each <= wanted), default=min(heights))
    densities = [(each, f"{each / base:g}x") for each in sorted(heights) if each >= base]
    return Source(base, densities)


def text_of(beginning: bytes, *, is_cut: bool) -> str | None:
    """Return the text, UTF-8 or UTF-16 with its mark, ``None`` for anything else.

    The last character of a text that ``is_cut`` may be incomplete.
    """
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = "utf-16" if beginning.startswith(marks) else "utf-8-sig"
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(beginning, final=not is_cut)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def table_of(text: str, separators: str, *, is_cut: bool) -> Table | None:
    """Return the first rows of a table (RFC 4180), ``None`` for a text that is none.

    The columns are separated by that of ``separators`` which the first line has most of.
    """
    # Without what is in quotation marks.
    first_line = "".join(text.partition("\n")[0].split('"')[::2])
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(separators, key=first_line.count)
    )
    try:
        # The head, and one more row than is shown, which tells that there are more.
        rows = list(islice(filter(None, reader), MAX_ROWS + 2))
    except csv.Error:
        return None
    has_more = len(rows) > MAX_ROWS + 1
    if is_cut and not has_more and len(rows) > 1:
        rows.pop()  # It may be incomplete.
    if not rows:
        return None
    longest = max(map(len, rows))
    width = min(longest, MAX_COLUMNS)
    padded = [(row + [""] * width)[:width] for row in rows[: MAX_ROWS + 1]]
    is_shortened = longest > width or any(_cell(cell) != cell for row in padded for cell in row)
    head, *others = [[_cell(cell) for cell in row] for row in padded]
    return Table(head, others, is_cut=is_cut or has_more or is_shortened)


def _text_preview(file: AbstractFile, separators: str) -> Preview:
    beginning = read_beginning(file, MAX_BYTES)
    is_cut = file.size > len(beginning)
    text = text_of(beginning, is_cut=is_cut)
    if text is None:
        return Preview()
    table = table_of(text, separators, is_cut=is_cut) if separators else None
    kind: Any = "text" if table is None else "table"
    return Preview(kind=kind, text=text, table=table, is_cut=table.is_cut if table else is_cut)


def _is_text(media_type: str) -> bool:
    is_other = media_type in TEXTS or media_type.endswith(("+json", "+xml"))
    return media_type.startswith("text/") or (is_other and not media_type.startswith("image/"))


def _cell(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"
