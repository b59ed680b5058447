"""The months side by side: loads, spore tests and sessions of each of the last twelve."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Ints
from smpcompliance.report.page import Block, Figure, Line, Rect, Shape, Table, Tone
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import centred, day_of, listed, said, start
from smpcompliance.report.pictures.months_axis import Days, first_of, month_names, month_of
from smpcompliance.report.pictures.view import View, row
from smpcompliance.report.words import Words

_LEFT, _RIGHT, _ROW, _HIGH, _HEAD = 112.0, 478.0, 36.0, 20.0, 24.0
_COUNTED: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("loads", "sterilization_cycles", "started_at", "cycle_type", ("load",)),
    ("failed_loads", "sterilization_cycles", "started_at", "result", ("fail", "aborted")),
    ("tests", "spore_tests", "tested_at", "", ()),
    ("failed_tests", "spore_tests", "tested_at", "result", ("fail",)),
    ("sessions", "sessions", "started_at", "status", ("performed",)),
)
"""What is counted: name, log, its day, and the words of a column that make a record count."""
_UNDATED = {
    "undated_loads": ("sterilization_cycles", "started_at"),
    "undated_tests": ("spore_tests", "tested_at"),
    "undated_sessions": ("sessions", "started_at"),
}
_LOGS = tuple(dict.fromkeys(log for _, log, *_ in _COUNTED))


@dataclass(frozen=True)
class _Series:
    """Records of one kind by month, from the first month on that the log tells of; `bad` is what went wrong."""

    name: str
    by_month: Ints
    since: int
    bad: bool


def year(view: View) -> list[Block]:
    """Small bars month by month, one row for each thing that is counted."""
    series = [found for what in _COUNTED if (found := _counted(view, *what))]
    if not series:
        return view.lacking("year", _LOGS)
    days, words = Days(view.first, view.last, _LEFT, _RIGHT), view.words
    shapes, height = _drawn(view, series, days)
    alt = words("pictures.year.alt", first=said(view.first, words), last=said(view.last, words))
    alt += " " + listed([_in_words(each, days, words) for each in series], len(series), words) + "."
    rows = view.rows("sessions")
    undated = {name: _undated(view, log, when) for name, (log, when) in _UNDATED.items()}
    undated["unsaid_sessions"] = int((view.cells("sessions", "status", rows).why > 0).sum())
    notes = [words(f"pictures.left_out.{name}", n=n) for name, n in undated.items() if n] + view.absent(_LOGS)
    if month_of(view.last + 1) == month_of(view.last):
        notes.append(words("pictures.year.cut", day=said(view.last, words)))
    figure = Figure(words("pictures.year.title"), alt, tuple(shapes), height, _table(series, days, words))
    return [figure, *view.notes(notes)]


def _undated(view: View, log: str, when: str) -> int:
    return int((~view.days(log, when, view.rows(log)).known).sum())


def _counted(view: View, name: str, log: str, when: str, column: str, wanted: tuple[str, ...]) -> _Series | None:
    since = view.first_record(log, when)
    if since is None:
        return None
    rows = view.rows(log)
    if name == "failed_loads":
        rows = rows[view.is_one_of(log, "cycle_type", rows, ["load"])]
    rows = rows[view.is_one_of(log, column, rows, wanted)] if column else rows
    found = view.days(log, when, rows)
    first, last = month_of(view.first), month_of(view.last)
    at = found.first[found.known & (found.first >= view.first) & (found.first <= view.last)]
    month = at.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) - first
    by_month = np.bincount(month, minlength=last - first + 1)
    return _Series(name, by_month, max(month_of(since) - first, 0), name.startswith("failed"))


def _drawn(view: View, series: Sequence[_Series], days: Days) -> tuple[list[Shape], float]:
    words, bottom = view.words, _HEAD + _ROW * len(series)
    pitch = (_RIGHT - _LEFT) / len(days.months)
    shapes: list[Shape] = []
    first, last = (month_of(day) for day in view.period)
    for n, (month, name, of_year) in enumerate(month_names(days, words)):
        left = _LEFT + n * pitch
        shapes.append(centred(round(left + pitch / 2, 2), _HEAD - 7, name, strong=first <= month <= last))
        if of_year:
            shapes.append(start(round(left, 2), 7, of_year, 40, strong=True))
    for n, each in enumerate(series):
        shapes += _row(each, _HEAD + n * _ROW, pitch, words)
    signs, height = legend(_entries(series, words), bottom)
    return shapes + signs, height


def _row(series: _Series, top: float, pitch: float, words: Words) -> list[Shape]:
    base, most = top + _ROW - 6, max(1, int(series.by_month.max(initial=0)))
    tone: Tone = "critical" if series.bad else "plain"
    shapes: list[Shape] = [
        start(0, base - 9, words(f"pictures.year.{series.name}"), _LEFT - 8, strong=True),
        start(0, base, words("pictures.year.total", n=int(series.by_month.sum())), _LEFT - 8),
        Line(_LEFT, base, _RIGHT, base, weight=0.3),
    ]
    for n, count in enumerate(series.by_month.tolist()):
        middle = round(_LEFT + (n + 0.5) * pitch, 2)
        if n < series.since:
            shapes.append(centred(middle, base - 3, "–"))
            continue
        high = round(count / most * _HIGH * 0.9, 2)
        if count:
            wide = round(min(pitch * 0.5, 22.0), 2)
            look = Rect(
                round(middle - wide / 2, 2),
                round(base - high, 2),
                wide,
                high,
                tone,
                "hatched" if series.bad else "tinted",
            )
            shapes.append(look)
        shapes.append(centred(middle, round(base - high - 2, 2), words.number(count)))
    return shapes


def _entries(series: Sequence[_Series], words: Words) -> list[Entry]:
    out = [Entry(Rect(0, 0, 0, 0, look="tinted"), words("pictures.year.legend.count"))]
    if any(each.bad and each.by_month.any() for each in series):
        out.append(Entry(Rect(0, 0, 0, 0, "critical", "hatched"), words("pictures.year.legend.bad")))
    if any(each.since for each in series):
        out.append(Entry(Line(0, 0, 0, 0, weight=0), words("pictures.year.legend.before")))
    return out


def _in_words(series: _Series, days: Days, words: Words) -> str:
    told = series.by_month[series.since :]
    low, high = int(told.min(initial=0)) if not len(told) else int(told.min()), int(told.max(initial=0))
    name = words(f"pictures.year.{series.name}")
    return words("pictures.year.in_words", name=name, n=int(series.by_month.sum()), low=low, high=high)


def _table(series: Sequence[_Series], days: Days, words: Words) -> Table:
    names = words.several("pictures.months_short")
    heads = (words("pictures.year.month"), *(words(f"pictures.year.{each.name}") for each in series))
    rows = []
    for n, month in enumerate(days.months.tolist()):
        counts = (words.number(int(each.by_month[n])) if n >= each.since else "–" for each in series)
        rows.append(row(f"{names[month % 12]} {day_of(first_of(month)).year}", *counts))
    widths = (16.0, *(16.0 for _ in series))
    numbers = frozenset(range(1, len(heads)))
    return Table(heads, tuple(rows), widths, numbers, True, words("pictures.year.about"))
