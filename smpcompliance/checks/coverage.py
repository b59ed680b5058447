"""Days that papers cover: stretches of days, holder by holder, that are covered, not covered, or cannot be told."""

from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Codes, Ints, Mask

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
    n = len(days.holder)
    parts = [p.within(days.first, days.last) for p in (sure, may, *([during] if during else []))]
    cuts = _cuts(days, parts)
    holder, first = np.divmod(cuts, _SPAN)
    first = first + EARLIEST
    last = np.r_[first[1:] - 1, 0]
    real = np.r_[holder[1:] == holder[:-1], False] if len(cuts) else np.zeros(0, bool)
    covered, possible, reason = _depth(cuts, parts[0]), _depth(cuts, parts[1]), _reason(cuts, parts[1])
    state = np.where(covered > 0, COVERED, np.where(possible > 0, UNTOLD, BARE))
    why = np.where(state == UNTOLD, reason, 0)
    if during:
        meant = _depth(cuts, parts[2].take(parts[2].why == 0)) > 0
        perhaps = _depth(cuts, parts[2]) > 0
        real = real & perhaps
        why = np.where((state == BARE) & ~meant, _reason(cuts, parts[2]), why)
    unsure_holder = days.why[holder] if n else np.zeros(0, np.uint8)
    why = np.where((state == BARE) & (why == 0), unsure_holder, why)
    found = _with_activity(cuts, Stretch(holder, first, last, state, why.astype(np.uint8), holder * 0, holder * 0 - 1),
                           activity, days, only_active, real)  # fmt: skip
    state = np.where((found.state == BARE) & (found.why > 0), UNTOLD, found.state)
    return _merged(Stretch(found.holder, found.first, found.last, state, found.why, found.active, found.row))


def _key(holder: Ints, day: Ints) -> Ints:
    return holder * _SPAN + day - EARLIEST


def _cuts(days: Spans, parts: list[Spans]) -> Ints:
    """Every day on which something may change, as keys of holder and day."""
    whole = days.take(days.first <= days.last)
    ends = [_key(p.holder, at) for p in (whole, *parts) for at in (p.first, p.last + 1)]
    return np.unique(np.concatenate(ends))


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


def _with_activity(
    cuts: Ints, pieces: Stretch, activity: Activity, days: Spans, only_active: bool, real: Mask
) -> Stretch:
    """Counts the activity on each piece, and keeps the judged ones."""
    n = len(cuts)
    inside = (activity.last >= days.first[activity.holder]) & (activity.first <= days.last[activity.holder])
    activity = activity.take(inside) if n else activity.take(np.zeros(len(activity.row), bool))
    begin = np.maximum(activity.first, days.first[activity.holder])
    until = np.minimum(activity.last, days.last[activity.holder])
    piece, other = (np.searchsorted(cuts, _key(activity.holder, at), "right") - 1 for at in (begin, until))
    sure = (activity.why == 0) & (activity.first == activity.last)
    count = np.bincount(piece[sure], minlength=n)
    maybe = np.zeros(n, np.uint8)
    for at in (piece, other):
        maybe[at[~sure]] = np.where(activity.why[~sure] > 0, activity.why[~sure], 8)
    row, first, last = np.full(n, -1), np.full(n, LATEST), np.full(n, EARLIEST)
    order = np.flatnonzero(sure)[np.lexsort((activity.row[sure], activity.first[sure]))][::-1]
    row[piece[order]] = activity.row[order]
    np.minimum.at(first, piece[sure], activity.first[sure])
    np.maximum.at(last, piece[sure], activity.last[sure])
    if not only_active:
        return Stretch(
            pieces.holder, pieces.first, pieces.last, pieces.state, pieces.why, count, row
        ).take(real)  # fmt: skip
    why = np.where((count == 0) & (pieces.state == BARE) & (pieces.why == 0), maybe, pieces.why).astype(np.uint8)
    first, last = np.where(count > 0, first, pieces.first), np.where(count > 0, last, pieces.last)
    return Stretch(pieces.holder, first, last, pieces.state, why, count, row).take(real & ((count > 0) | (maybe > 0)))


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
