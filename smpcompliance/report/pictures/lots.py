"""A bar per lot in use in the period, from its receipt to the last day it may be used, and what was used later."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.standing import in_use
from smpcompliance.report.page import PICTURE_WIDTH, Block, Figure, Line, Mark, Rect, Shape, Table
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import ended, fitted, listed, said, start
from smpcompliance.report.pictures.months_axis import (
    HEAD,
    Days,
    day_entry,
    day_line,
    first_of,
    month_of,
    months_head,
    period_entry,
    ticks,
)
from smpcompliance.report.pictures.view import MONTHS, View, row
from smpcompliance.report.words import Words

SHOWN = 30
"""Lots that are drawn."""
AHEAD = 6
"""Months after the audit day that are drawn."""
_LOG, _USES = "supply_lots", "session_supplies"
_LEFT, _RIGHT, _ROW = 114.0, 412.0, 12.0
ASIDE = PICTURE_WIDTH - _RIGHT - 4
"""Room for words on the right of the bars."""
_FAR = 2**24  # more than any number of a day before or after 1970
_LATE = Mark(0, 0, "cross", "critical", 5.6)
_USED = Line(0, 0, 0, 1, weight=0.7)


@dataclass(frozen=True)
class _Lot:
    """A lot: first day (None: not written), last usable day (None: none can be read), its days of use."""

    name: str
    kind: str
    begin: int | None
    until: int | None
    unread: bool
    uses: Ints

    @property
    def late(self) -> Ints:
        return self.uses[self.uses > self.until] if self.until is not None else self.uses[:0]


def about(view: View) -> Days:
    """The days that bars of validity are drawn on: a year back from the audit day and half a year ahead."""
    month = month_of(view.as_of)
    return Days(first_of(month - MONTHS), first_of(month + AHEAD + 1) - 1, _LEFT, _RIGHT)


def lots(view: View) -> list[Block]:
    """The lots of a studio that were in use in the period, the most pressing first."""
    if not view.has(_LOG):
        return view.lacking("lots", (_LOG,))
    every = sorted(_in_use(view), key=_pressing)
    if not every:
        return view.lacking("lots", (_LOG,))
    shown, words = every[:SHOWN], view.words
    shapes, height = _drawn(view, shown)
    late = [lot for lot in every if len(lot.late)]
    past = [lot for lot in every if lot.until is not None and lot.until < view.as_of]
    alt = words("pictures.lots.alt", n=len(every), late=len(late), past=len(past))
    if late:
        names = listed([lot.name for lot in late], 6, words)
        alt += " " + words("pictures.lots.alt_late", lots=names)
    figure = Figure(words("pictures.lots.title"), alt, tuple(shapes), height, _table(view, shown))
    counts = {
        "lots": len(every) - len(shown),
        "lots_without_expiry": sum(lot.until is None and not lot.unread for lot in every),
        "lots_unread": sum(lot.unread for lot in every),
        "undated_uses": _undated_uses(view),
        "lots_without_begin": sum(lot.begin is None for lot in every),
    }
    notes = [words(f"pictures.left_out.{name}", n=n) for name, n in counts.items() if n]
    return [figure, *view.notes(notes + view.absent((_USES,)))]


def _pressing(lot: _Lot) -> tuple[int, int, str]:
    """Used too late first, then what ends soonest, then what has no readable end."""
    return -len(lot.late), lot.until if lot.until is not None else 2**40, lot.name


def _in_use(view: View) -> list[_Lot]:
    rows = view.rows(_LOG)
    rows = rows[in_use(view.audit.logs, _LOG, view.audit.period).within[rows]]
    begin, opened = view.days(_LOG, "received_on", rows), view.days(_LOG, "opened_on", rows)
    until, why = view.days(_LOG, "usable_until", rows), view.cells(_LOG, "usable_until", rows).why
    used, unread = _uses(view, rows), why == Reason.unreadable
    names, kinds = view.cells(_LOG, "lot_id", rows), view.cells(_LOG, "item_type", rows)
    return [
        _Lot(
            names.text(n),
            kinds.text(n).replace("_", " "),
            int(begin.first[n]) if begin.known[n] else int(opened.first[n]) if opened.known[n] else None,
            int(until.last[n]) if not why[n] else None,
            bool(unread[n]),
            used[n],
        )
        for n in range(len(rows))
    ]


def _uses(view: View, rows: Ints) -> list[Ints]:
    """For each of these lots the days of performed sessions in which it was used, until the audit day."""
    if not view.has(_USES):
        return [np.zeros(0, np.int64)] * len(rows)
    uses = view.rows(_USES)
    lot, _ = view.audit.logs.link(_USES, "lot")
    days = view.days(_USES, "session.started_at", uses)
    done = view.is_one_of(_USES, "session.status", uses, ["performed"]) & days.known & (days.first <= view.as_of)
    place = np.full(len(view.audit.logs.log(_LOG)) + 1, -1)
    place[rows] = np.arange(len(rows))
    whose = place[lot[uses]]
    keep = done & (whose >= 0)
    pairs = np.unique((whose[keep] * 2 + 1) * _FAR + days.first[keep])  # each day of a lot once, in order
    bounds = np.searchsorted(pairs, np.arange(1, len(rows)) * 2 * _FAR)
    return [mine - (2 * n + 1) * _FAR for n, mine in enumerate(np.split(pairs, bounds))] if len(rows) else []


def _undated_uses(view: View) -> int:
    """Supplies used in sessions without a readable day or without word whether they took place."""
    uses = view.rows(_USES)
    performed = view.cells(_USES, "session.status", uses).why == 0
    return int((~(view.days(_USES, "session.started_at", uses).known & performed)).sum())


def _drawn(view: View, shown: Sequence[_Lot]) -> tuple[list[Shape], float]:
    days, words = about(view), view.words
    bottom = HEAD + 4 + _ROW * len(shown)
    shapes = [*months_head(days, words, bottom, view.period), day_line(days, view.as_of, bottom)]
    shapes.append(ended(PICTURE_WIDTH, HEAD - 5, fitted(words("pictures.lots.until"), ASIDE)))
    for n, lot in enumerate(shown):
        shapes += _bar(lot, days, HEAD + 4 + n * _ROW, words)
    signs, height = legend(_entries(view, shown), bottom + 2)
    return shapes + signs, height


def _bar(lot: _Lot, days: Days, top: float, words: Words) -> list[Shape]:
    middle, base, late = top + _ROW / 2, top + _ROW / 2 + 2.5, bool(len(lot.late))
    shapes: list[Shape] = [
        start(0, base, lot.name, 62, strong=late),
        start(64, base, lot.kind, _LEFT - 70),
        ended(PICTURE_WIDTH, base, fitted(_until(lot, words), ASIDE, late), strong=late),
    ]
    begin = lot.begin if lot.begin is not None else days.first
    until = lot.until if lot.until is not None else days.last
    left, wide = days.span(begin, max(until, begin - 1))
    if wide:
        dated = lot.begin is not None and lot.until is not None
        shapes.append(Rect(left, middle - 3, wide, 6, look="tinted" if dated else "outline"))
    if lot.until is not None and days.holds(lot.until):
        x = days.x(lot.until + 1)
        shapes.append(Line(x, middle - 4, x, middle + 4, weight=1.2))
    shapes += ticks(days, lot.uses[: len(lot.uses) - len(lot.late)], middle - 2, 4)
    shown = (day for day in lot.late.tolist() if days.holds(day))
    return shapes + [Mark(days.middle(day), middle, _LATE.shape, _LATE.tone, _LATE.size) for day in shown]


def _until(lot: _Lot, words: Words) -> str:
    if lot.until is not None:
        return said(lot.until, words)
    return words("pictures.lots.unread" if lot.unread else "pictures.lots.no_end")


def _entries(view: View, shown: Sequence[_Lot]) -> list[Entry]:
    words = view.words
    out = [Entry(Rect(0, 0, 0, 0, look="tinted"), words("pictures.lots.legend.bar"))]
    if any(lot.begin is None or lot.until is None for lot in shown):
        out.append(Entry(Rect(0, 0, 0, 0, look="outline"), words("pictures.lots.legend.open")))
    out.append(Entry(Line(0, 0, 0, 1, weight=1.2), words("pictures.lots.legend.end")))
    if any(len(lot.uses) > len(lot.late) for lot in shown):
        out.append(Entry(_USED, words("pictures.lots.legend.used")))
    if any(len(lot.late) for lot in shown):
        out.append(Entry(_LATE, words("pictures.lots.legend.late")))
    return [*out, period_entry(words), day_entry(view.as_of, words)]


def _table(view: View, shown: Sequence[_Lot]) -> Table:
    words = view.words
    heads = tuple(words(f"pictures.lots.heads.{name}") for name in words.names("pictures.lots.heads"))
    rows = tuple(
        row(
            lot.name,
            lot.kind or "–",
            said(lot.begin, words) if lot.begin is not None else "–",
            _until(lot, words),
            words.number(len(lot.uses)),
            said(int(lot.uses[-1]), words) if len(lot.uses) else "–",
            words.number(len(lot.late)),
        )
        for lot in shown
    )
    return Table(heads, rows, (18, 16, 15, 15, 10, 15, 13), frozenset({4, 6}), True, words("pictures.lots.about"))
