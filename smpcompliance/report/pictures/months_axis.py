"""Days across a picture: where each lies, and the months along the top."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from smpcompliance.dates import Ints
from smpcompliance.report.page import Line, Rect, Shape
from smpcompliance.report.pictures.legend import Entry
from smpcompliance.report.pictures.lettering import centred, day_of, said, start, width
from smpcompliance.report.words import Words

HEAD = 22.0
"""Points that the names of the months take above a picture."""


@dataclass(frozen=True)
class Days:
    """The days from `first` through `last` (numbers since 1970-01-01) across the points from `left` to `right`."""

    first: int
    last: int
    left: float
    right: float

    def x(self, day: float) -> float:
        """Where a day begins; days before and after lie on the edges."""
        inside = min(max(day, self.first), self.last + 1)
        return round(self.left + (inside - self.first) * self.pitch, 2)

    def middle(self, day: float) -> float:
        """The middle of a day."""
        return self.x(day + 0.5)

    def span(self, first: float, last: float) -> tuple[float, float]:
        """Left edge and width of the days from first through last."""
        left = self.x(first)
        return left, round(self.x(last + 1) - left, 2)

    def holds(self, day: float) -> bool:
        """Whether a day lies in the picture."""
        return self.first <= day <= self.last

    @cached_property
    def pitch(self) -> float:
        """Points per day."""
        return (self.right - self.left) / (self.last + 1 - self.first)

    @property
    def months(self) -> Ints:
        """The months that have days here, as numbers since January 1970."""
        return np.arange(month_of(self.first), month_of(self.last) + 1)


def ticks(days: Days, at: Ints, top: float, high: float) -> list[Shape]:
    """A thin upright bar for each of these days (each once, in order); days that follow each other are one bar."""
    inside = at[(at >= days.first) & (at <= days.last)]
    new = np.diff(inside, prepend=days.first - 2) > 1
    firsts, lasts = inside[new].tolist(), inside[np.append(new[1:], True)[: len(new)]].tolist()
    out: list[Shape] = []
    for first, last in zip(firsts, lasts, strict=True):
        left, wide = days.span(first, last)
        out.append(Rect(left, top, max(round(wide - 0.2, 2), 0.5), high))
    return out


def month_of(day: int) -> int:
    """The month a day lies in, as a number since January 1970."""
    on = day_of(day)
    return (on.year - 1970) * 12 + on.month - 1


def first_of(month: int) -> int:
    """The first day of a month, both as numbers."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def month_names(days: Days, words: Words) -> list[tuple[int, str, str]]:
    """Each month with its short name, and its year where that begins or the picture does."""
    names = words.several("pictures.months_short")
    return [
        (int(month), names[month % 12], str(1970 + month // 12) if n == 0 or month % 12 == 0 else "")
        for n, month in enumerate(days.months)
    ]


def months_head(days: Days, words: Words, bottom: float, period: tuple[int, int] | None) -> list[Shape]:
    """Names and beginnings of the months above a picture, the audited period as a stronger line.

    Args:
        bottom: down to where the fine lines between the months run.
    """
    shapes: list[Shape] = [Line(days.left, HEAD, days.right, HEAD, "advice", 0.4)]
    names = month_names(days, words)
    short = any(width(name) > 29 * days.pitch + 1 for _, name, _ in names)
    for month, name, year in names:
        left, wide = days.span(first_of(month), first_of(month + 1) - 1)
        if days.holds(first_of(month)) and left > days.left:
            shapes.append(Line(left, HEAD - 3, left, bottom, "advice", 0.2))
        if wide + 3 >= width(name[:1] if short else name):
            shapes.append(centred(left + wide / 2, HEAD - 5, name[:1] if short else name))
        if year and (left > days.left or _room(days) > width(year, True) + 4):
            shapes.append(start(left, 7, year, 40, strong=True))
    if period and period[0] <= days.last and period[1] >= days.first:
        left, wide = days.span(*period)
        shapes.append(Line(left, HEAD, left + wide, HEAD, weight=1.6))
    return shapes


def _room(days: Days) -> float:
    """Points from the left edge to the next January, or to the right edge."""
    return days.x(first_of(month_of(days.first) // 12 * 12 + 12)) - days.left


def day_line(days: Days, day: int, bottom: float) -> Shape:
    """A dashed line at a day, the audit's; the legend says which it is."""
    x = days.middle(day)
    return Line(x, HEAD, x, bottom, weight=0.6, dashed=True)


def period_entry(words: Words) -> Entry:
    """What the stronger line under the months stands for."""
    return Entry(Line(0, 0, 1, 0, weight=1.6), words("pictures.legend.period"))


def day_entry(day: int, words: Words) -> Entry:
    """What the dashed line stands for."""
    return Entry(Line(0, 0, 0, 1, dashed=True), words("pictures.legend.as_of", day=said(day, words)))
