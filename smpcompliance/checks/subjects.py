"""Subjects that a duty returns for again and again: who they are, and what happened to each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, all_met
from smpcompliance.checks.base import Scope, value_codes
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import narrowed
from smpcompliance.checks.stretches import Timeline, day_number, ranges
from smpcompliance.dates import DATE, DAY, Codes, Ints, Mask, end, floor
from smpcompliance.logs.cells import Cells, Coded, Moments, Reason, first_reason
from smpcompliance.logs.rows import groups, marked, paired
from smpcompliance.logs.schema import schema

FAR = 10**7  # days; no calendar reaches so far


@dataclass(frozen=True)
class Picked:
    """Records of a log that may count, with the columns that name their subject."""

    log: str
    columns: Sequence[str]
    rows: Ints
    belongs: Answer


def pick(scope: Scope, log: str, columns: Sequence[str], where: Conditions) -> Picked:
    """The records of the studios in scope, of any day, that are not surely outside `where`."""
    rows = scope.rows(log)
    return Picked(log, columns, *narrowed(where, scope.logs, log, rows, all_met(len(rows))))


@dataclass(frozen=True)
class Subjects:
    """The distinct subjects.

    Attributes:
        studio: the studio of each.
        values: per column of `per` a Coded with one cell per subject; blank for a subject without a name.
        per: the names of those columns.
    """

    studio: Ints
    values: tuple[Coded, ...]
    per: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.studio)

    def text(self, column: int, subject: int) -> str:
        """The value that names a subject, empty for subject -1 and for one without a name."""
        return self.values[column].text(subject) if subject >= 0 else ""


def name_subjects(
    scope: Scope, per: Sequence[str], parts: Sequence[Picked], stray: Mask | None = None
) -> tuple[Subjects, list[tuple[Ints, Codes]]]:
    """Finds the distinct subjects of some logs.

    A record without a subject belongs to the only subject of its studio; where its studio names none at all, all such
    records belong to one nameless subject. Where there are several it may belong to each of them. Records of the first
    part that are `stray` may belong to any subject that others name, even to an only one, but surely to none.

    Returns:
        The subjects, and for each part (subject of each record or -1, why it has none).
    """
    studio = np.concatenate([scope.logs.log(p.log).studio[p.rows] for p in parts]).astype(np.int64)
    why = np.zeros(len(studio), np.uint8)
    key, columns = studio.copy(), []
    astray = np.zeros(len(studio), bool)
    for n in range(len(per)):
        codes, reasons, values = _merged([scope.logs.cells(p.log, p.columns[n]).take(p.rows) for p in parts])
        why = first_reason(why, reasons)
        key = paired(key, codes)
        columns.append((codes, values))
    if stray is not None:
        astray[: len(stray)] = stray
        astray &= marked(len(scope.studios), studio[(why == 0) & ~astray])[studio]
        why[astray] = Reason.dangling
    named = np.flatnonzero(why == 0) if why.any() else slice(None)
    place, first = groups(key[named])
    subject = np.full(len(studio), -1, np.int64)
    subject[named] = place
    owner = studio[named][first]
    count = np.bincount(owner, minlength=len(scope.studios))
    nameless = np.flatnonzero((count == 0) & (np.bincount(studio, minlength=len(scope.studios)) > 0))
    only = np.full(len(scope.studios), -1, np.int64)
    only[owner] = np.where(count[owner] == 1, np.arange(len(owner)), -1)
    only[nameless] = len(owner) + np.arange(len(nameless))
    lost = np.flatnonzero((subject < 0) & ~astray)
    subject[lost] = only[studio[lost]]
    why = why * (subject < 0)
    blank = np.repeat(np.array([0, Reason.blank], np.uint8), [len(first), len(nameless)])
    fillers = np.full(len(nameless), -1, np.int64)
    cells = [Coded(blank, np.concatenate([c[named][first], fillers]).astype(np.int32), v) for c, v in columns]
    bounds = np.cumsum([len(p.rows) for p in parts])[:-1]
    split = list(zip(np.split(subject, bounds), np.split(why, bounds), strict=True))
    return Subjects(np.concatenate([owner, nameless]), tuple(cells), tuple(per)), split


def _merged(parts: Sequence[Cells]) -> tuple[Ints, Codes, tuple[str, ...]]:
    place: dict[str, int] = {}
    codes = []
    for cells in parts:
        cells = _named(cells)
        names = (value if isinstance(value, str) else "; ".join(sorted(value)) for value in cells.values)
        table = [place.setdefault(name, len(place)) for name in names]
        codes.append(np.array([*table, -1], np.int64).take(cells.codes))
    return np.concatenate(codes), np.concatenate([cells.why for cells in parts]), tuple(place)


def _named(cells: Cells) -> Coded:
    """The cells as names; numbers and moments by their text."""
    if isinstance(cells, Coded):
        return cells
    rows = np.flatnonzero(cells.why == 0)
    place, first = groups(value_codes(cells)[rows])
    codes = np.full(len(cells.why), -1, np.int32)
    codes[rows] = place
    return Coded(cells.why, codes, tuple(cells.text(int(row)) for row in rows[first]))


@dataclass(frozen=True)
class Happenings:
    """Dated things that happened to subjects.

    Attributes:
        log, rows: where they are recorded.
        subject, studio: whose; subject -1 = it may be any subject of the studio.
        low, high: first and last day each may mean; unbounded where its date says nothing.
        at: second of each; `timed` where it is known to the minute.
        why: why it may not have happened to this subject (0 = it surely did, some day from low through high).
    """

    log: str
    rows: Ints
    subject: Ints
    studio: Ints
    low: Ints
    high: Ints
    at: Ints
    timed: Mask
    why: Codes

    @property
    def exact(self) -> Mask:
        """Things that surely happened to their subject on a known day."""
        return np.asarray((self.why == 0) & (self.low == self.high))

    @property
    def doubt(self) -> Codes:
        """Why each is not exact, 0 where it is."""
        return np.where((self.why == 0) & (self.low != self.high), Reason.precision, self.why).astype(np.uint8)

    def take(self, keep: Mask | Ints) -> "Happenings":
        """Some of them."""
        if keep.dtype == bool and keep.all():
            return self
        return Happenings(
            self.log, self.rows[keep], self.subject[keep], self.studio[keep], self.low[keep], self.high[keep],
            self.at[keep], self.timed[keep], self.why[keep],
        )  # fmt: skip

    def until(self, day: Ints | int) -> "Happenings":
        """Those that may have happened by a day."""
        return self.take(np.asarray(self.low <= day))

    def of_each(self, subjects: Subjects) -> "Happenings":
        """With every thing of an unknown subject standing once for each subject of its studio."""
        lost = self.subject < 0
        if not lost.any():
            return self
        order = np.argsort(subjects.studio, kind="stable")
        low = np.searchsorted(subjects.studio[order], self.studio[lost], "left")
        high = np.searchsorted(subjects.studio[order], self.studio[lost], "right") - 1
        which, place = ranges(low, high)
        entries = np.concatenate([np.flatnonzero(~lost), np.flatnonzero(lost)[which]])
        spread = self.take(entries)
        spread.subject[int((~lost).sum()) :] = order[place]
        return spread

    def timeline(self) -> Timeline:
        """Their order; only for things of a known day."""
        return Timeline.of(self.subject, self.at, self.timed)

    def each_day(self) -> "Happenings":
        """With a thing known only to its month or year standing on each of its days; undated ones are left out."""
        dated = self.take((self.low > -FAR) & (self.subject >= 0))
        if (dated.low == dated.high).all():
            return dated
        which, day = ranges(dated.low, dated.high)
        spread = dated.take(which)
        moved = np.where(spread.low == spread.high, spread.at, day * DAY)
        return Happenings(
            spread.log, spread.rows, spread.subject, spread.studio, day, day, moved, spread.timed, spread.why
        )


def happened(scope: Scope, part: Picked, subject: Ints, why: Codes, when: str | None) -> Happenings:
    """The dates of picked records, up to the audit day."""
    moment = when or schema(part.log).when
    if moment is None:
        raise ValueError(f"{part.log} has no event date; the rule must say when")
    cells = scope.logs.cells(part.log, moment).take(part.rows)
    assert isinstance(cells, Moments)
    known = cells.why == 0
    low = np.where(known, floor(cells.at, np.maximum(cells.precision, DATE)) // DAY, -FAR)
    high = np.where(known, end(cells.at, cells.precision) // DAY, FAR)
    doubt = np.where(part.belongs.why > 0, part.belongs.why, np.where(why > 0, why, cells.why)).astype(np.uint8)
    audit_day = day_number(scope.as_of)
    found = Happenings(
        part.log, part.rows, subject, scope.logs.log(part.log).studio[part.rows].astype(np.int64),
        low, np.minimum(high, np.maximum(audit_day, low)), cells.at, known & (cells.precision < DATE), doubt,
    )  # fmt: skip
    return found.until(audit_day)
