"""Charts of days: the bars of an SVG figure and the rows of the table beside it.

A template renders one by ``{% include "org_files_web/chart.html" with chart=chart %}``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import ngettext

#: Units of the figure, which the page stretches: the distance of two days, and the full height.
STEP, HEIGHT = 10, 100
#: The width of a bar within its day.
BAR_WIDTH = 8


def downloads(number: int) -> str:
    """Return ``number`` as a text with its noun, a ``unit`` of charts."""
    text = ngettext("%(number)d download", "%(number)d downloads", number)
    return text % {"number": number}


@dataclass(frozen=True)
class Bar:
    """The value of one day, with the place of its bar in units of the figure."""

    day: date
    value: int
    #: The value with its unit.
    text: str
    x: int
    height: int
    width: int = BAR_WIDTH

    @property
    def y(self) -> int:
        """The upper edge: the figure's units begin at its top."""
        return HEIGHT - self.height


@dataclass(frozen=True)
class Chart:
    """A chart of consecutive days, the earliest first."""

    title: str
    bars: Sequence[Bar]
    #: The sum of all days, with its unit.
    total: str

    @property
    def view_box(self) -> str:
        """The value of the attribute ``viewBox``."""
        return f"0 0 {max(len(self.bars), 1) * STEP} {HEIGHT}"

    @property
    def peak(self) -> Bar | None:
        """The first of the highest bars, ``None`` if all values are 0."""
        highest = max(self.bars, key=lambda bar: bar.value, default=None)
        return highest if highest and highest.value else None


def bar_chart(
    pairs: Sequence[tuple[date, int]], *, title: Any, unit: Callable[[int], str]
) -> Chart:
    """Return the chart of ``pairs``: consecutive days, the earliest first, and their values.

    ``unit`` returns a value as a text with its unit, such as ``downloads`` of this module or
    Django's ``filesizeformat``.
    """
    most = max((value for _day, value in pairs), default=0)
    bars = [
        Bar(day=day, value=value, text=unit(value), x=place * STEP, height=_height(value, most))
        for place, (day, value) in enumerate(pairs)
    ]
    return Chart(title=str(title), bars=bars, total=unit(sum(value for _day, value in pairs)))


def _height(value: int, most: int) -> int:
    """Return the height of a bar; a value above 0 is always seen."""
    return max(round(HEIGHT * value / most), 1) if value > 0 else 0
