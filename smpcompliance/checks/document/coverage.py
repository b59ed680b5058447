"""Days that papers cover: stretches of days, holder by holder, that are covered, not covered, or cannot be told."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.rows import distinct

EARLIEST, LATEST = -800_000, 3_000_000
"""Day numbers (days since 1970) before and after every date of the calendar."""
_SPAN = 2**24
COVERED, BARE, UNTOLD = 0, 1, 2


@dataclass(frozen=True)
class Spans:
    """Stretches of days, first and last included, each of a holder; `why` (0 or a Reason) where it only may count."""

    holder: Ints
    first: Ints
    last: Ints
    why: Codes

    def take(self, keep: Mask | Ints) -> "Spans":
        return Spans(self.holder[keep], self.first[keep], self.last[keep], self.why[keep])

    def within(self, first: Ints, last: Ints) -> "Spans":
        """The part of each that lies in its holder's days."""
        low, high = np.maximum(self.first, first[self.holder]), np.minimum(self.last, last[self.holder])
        keep = low <= high
        return Spans(self.holder[keep], low[keep], high[keep], self.why[keep])


def joined(parts: list[Spans]) -> Spans:
    """Several groups of stretches as one."""
    return Spans(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("holder", "first", "last", "why")))


@dataclass(frozen=True)
class Activity:
    """Records that make a paper due: the days each may mean, its holder, its row, and why it only may be one."""

    holder: Ints
    first: Ints
    last: Ints
    row: Ints
    why: Codes

    def take(self, keep: Mask | Ints) -> "Activity":
        return Activity(self.holder[keep], self.first[keep], self.last[keep], self.row[keep], self.why[keep])


@dataclass(frozen=True)
class Stretch:
    """Stretches of judged days with one answer (`state`) each, in order of holder and day.

    Attributes:
        first, last: the days; `active` how many records of activity surely lie on them.
        row: the row of the first such record, -1 without one.
        why: the Reason of what cannot be told.
    """

    holder: Ints
    first: Ints
    last: Ints
    state: Ints
    why: Codes
    active: Ints
    row: Ints

    def take(self, keep: Mask | Ints) -> "Stretch":
        return Stretch(
            self.holder[keep], self.first[keep], self.last[keep], self.state[keep], self.why[keep], self.active[keep],
            self.row[keep],
        )  # fmt: skip


def judged_days(
    days: Spans, sure: Spans, may: Spans, activity: Activity, *, only_active: bool, during: Spans | None
) -> Stretch:
    """Judges each holder's days.

    Args:
        days: the days to judge, one stretch for each holder 0..n-1 (`why` set where the holder may not be meant).
        sure: days that surely are covered; `may` days that may be.
        activity: records that make a paper due; with `only_active` only their days are judged.
        during: where given, only days in these are judged.
    """
    if not (days.first <= days.last).any():
        return _nothing()
    done, perhaps = _split(activity, days)
    parts = [p.within(days.first, days.last) for p in (sure, may, perhaps, *([during] if during else []))]
    cuts = _cuts(days, parts)
    pieces, real = _pieces(cuts)
    covered, possible = _depth(cuts, parts[0]) > 0, _depth(cuts, parts[1]) > 0
    state = np.where(covered, COVERED, np.where(possible, UNTOLD, BARE))
    why = np.where(state == UNTOLD, _reason(cuts, parts[1]), 0)
    if during:
        meant = _depth(cuts, parts[3].take(parts[3].why == 0)) > 0
        real = real & (_depth(cuts, parts[3]) > 0)
        why = np.where((state == BARE) & ~meant, _reason(cuts, parts[3]), why)
    why = np.where((state == BARE) & (why == 0), days.why[pieces.holder], why).astype(np.uint8)
    found = _with_activity(cuts, pieces, done)
    if only_active:
        maybe = _reason(cuts, parts[2])
        why = np.where((state == BARE) & (why == 0) & (found.active == 0), maybe, why).astype(np.uint8)
        real = real & ((found.active > 0) | (maybe > 0))
    else:
        found = replace(found, first=pieces.first, last=pieces.last)
    state = np.where((state == BARE) & (why > 0), UNTOLD, state)
    return _merged(replace(found, state=state, why=why).take(real))


def _nothing() -> Stretch:
    none = np.zeros(0, np.int64)
    return Stretch(none, none, none, none, none.astype(np.uint8), none, none)


def _split(activity: Activity, days: Spans) -> tuple[Activity, Spans]:
    """The records that surely lie on one judged day, and the days on which the others may lie."""
    low, high = days.first[activity.holder], days.last[activity.holder]
    activity = activity.take((low <= high) & (activity.last >= low) & (activity.first <= high))
    sure = (activity.why == 0) & (activity.first == activity.last)
    rest = activity.take(~sure)
    why = np.where(rest.why > 0, rest.why, Reason.precision).astype(np.uint8)
    return activity.take(sure), Spans(rest.holder, rest.first, rest.last, why)


def _pieces(cuts: Ints) -> tuple[Stretch, Mask]:
    """The pieces between neighbouring cuts, and which of them lie within one holder's days."""
    holder, first = np.divmod(cuts, _SPAN)
    first = first + EARLIEST
    real = np.r_[holder[1:] == holder[:-1], False]
    none = np.zeros(len(cuts), np.int64)
    return Stretch(holder, first, np.r_[first[1:] - 1, 0], none, none.astype(np.uint8), none, none - 1), real


def _key(holder: Ints, day: Ints) -> Ints:
    return holder * _SPAN + day - EARLIEST


def _cuts(days: Spans, parts: list[Spans]) -> Ints:
    """Every day on which something may change, as keys of holder and day."""
    whole = days.take(days.first <= days.last)
    ends = [_key(p.holder, at) for p in (whole, *parts) for at in (p.first, p.last + 1)]
    return distinct(np.concatenate(ends))


def _depth(cuts: Ints, spans: Spans) -> Ints:
    """How many of these stretches cover each piece between two cuts."""
    change = np.zeros(len(cuts) + 1, np.int64)
    np.add.at(change, np.searchsorted(cuts, _key(spans.holder, spans.first)), 1)
    np.add.at(change, np.searchsorted(cuts, _key(spans.holder, spans.last + 1)), -1)
    return np.cumsum(change)[:-1]


def _reason(cuts: Ints, spans: Spans) -> Codes:
    """A reason of the stretches over each piece; the smallest where there are several."""
    why = np.zeros(len(cuts), np.uint8)
    for reason in np.unique(spans.why)[::-1]:
        if reason:
            why = np.where(_depth(cuts, spans.take(spans.why == reason)) > 0, reason, why).astype(np.uint8)
    return why


def _with_activity(cuts: Ints, pieces: Stretch, done: Activity) -> Stretch:
    """Counts the records on each piece; its days become those from its first to its last record, where it has any."""
    n = len(cuts)
    piece = np.searchsorted(cuts, _key(done.holder, done.first), "right") - 1
    count = np.bincount(piece, minlength=n)
    row, first, last = np.full(n, -1), pieces.first.copy(), pieces.last.copy()
    order = np.lexsort((done.row, done.first, piece))
    if len(order):
        begin = np.flatnonzero(np.r_[True, piece[order][1:] != piece[order][:-1]])
        stop = np.r_[begin[1:] - 1, len(order) - 1]
        at = piece[order[begin]]
        row[at], first[at], last[at] = done.row[order[begin]], done.first[order[begin]], done.first[order[stop]]
    return replace(pieces, first=first, last=last, active=count, row=row)


def _merged(pieces: Stretch) -> Stretch:
    """Neighbouring pieces of a holder with the same answer as one stretch."""
    n = len(pieces.holder)
    if not n:
        return pieces
    new = np.r_[True, (pieces.holder[1:] != pieces.holder[:-1]) | (pieces.state[1:] != pieces.state[:-1])]
    new[1:] |= pieces.why[1:] != pieces.why[:-1]
    begin = np.flatnonzero(new)
    rows = np.where(pieces.row < 0, np.iinfo(np.int64).max, np.arange(n))
    earliest = np.minimum.reduceat(rows, begin)
    row = np.where(earliest < n, pieces.row[np.minimum(earliest, n - 1)], -1)
    return Stretch(
        pieces.holder[begin], pieces.first[begin], pieces.last[np.r_[begin[1:] - 1, n - 1]], pieces.state[begin],
        pieces.why[begin], np.add.reduceat(pieces.active, begin), row,
    )  # fmt: skip
