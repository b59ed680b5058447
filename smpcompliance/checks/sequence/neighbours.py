"""Neighbours in a log: running numbers, time that runs forward, stretches that do not overlap, distances."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.base import Scope
from smpcompliance.checks.history import Records
from smpcompliance.checks.judging import Rows, distance, holidays_of
from smpcompliance.checks.sequence.resets import Resets
from smpcompliance.checks.stretches import REACH, Marks, day_number
from smpcompliance.dates import DATE, DAY, Codes, Duration, Ints, Mask, floor
from smpcompliance.logs.cells import Moments, Numbers, Reason, because, first_reason
from smpcompliance.logs.rows import distinct, groups, marked, paired, ranked
from smpcompliance.logs.table import Log


@dataclass(frozen=True)
class Members:
    """Records as members of the group of their subject; a record may be in several.

    Attributes:
        records: one entry per membership.
        group: whose (small numbers); `lonely` whether the studio has this group only.
        why: why the subject is not known (0 where it is).
    """

    scope: Scope
    log: str
    records: Records
    group: Ints
    lonely: Mask
    why: Codes

    @classmethod
    def of(cls, scope: Scope, log: str, records: Records, entry: Ints, group: Ints, why: Codes) -> "Members":
        """Memberships of records; one without a subject belongs to the only one of its studio, if there is one."""
        members = records.take(entry)
        known, small = np.flatnonzero(why == 0), np.full(len(entry), -1, np.int64)
        place, first = groups(group[known])
        small[known] = place
        owner = members.studio[known][first]
        count = np.bincount(owner, minlength=len(scope.studios))
        only = len(first) + np.arange(len(scope.studios))
        only[owner] = np.arange(len(owner))
        few = count[members.studio] <= 1
        small = np.where((small < 0) & few, only[members.studio], small)
        return cls(scope, log, members, small, few, np.where(small >= 0, 0, why).astype(np.uint8))

    @property
    def lost(self) -> Codes:
        """Why a record has no place among the others (0 where it has one)."""
        coarse = because(self.records.low != self.records.high, Reason.precision)
        return first_reason(self.why, self.records.moment.why, coarse)

    @property
    def doubt(self) -> Codes:
        """Why a record has no place, or may not be meant."""
        return first_reason(self.lost, self.records.belongs.why)

    def take(self, keep: Ints) -> "Members":
        """Some of them."""
        return Members(
            self.scope, self.log, self.records.take(keep), self.group[keep], self.lonely[keep], self.why[keep]
        )

    def judged(self, rows: Ints) -> Mask:
        """Which rows of the log may lie on a judged day."""
        days = self.scope.days
        assert days
        first, last = day_number(days.first), day_number(days.last)
        inside = (self.records.high >= first) & (self.records.low <= last)
        return marked(len(self.scope.logs.log(self.log)), self.records.rows[inside])[rows]

    def in_order(self, numbers: Ints) -> Ints:
        """Places in order of subject and time; on a day known without times in order of the numbers."""
        at, timed = self.records.moment.at, self.records.moment.precision < DATE
        day = at // DAY
        place = ranked(paired(self.group, day))
        rough = np.bincount(place, ~timed, int(place.max(initial=-1)) + 1) > 0
        return np.lexsort((self.records.rows, numbers, np.where(rough[place], day * DAY, at), self.group))

    def rough_days(self) -> Ints:
        """For places in order: a number for each day of a subject that has several records and lacks times, else -1."""
        timed = self.records.moment.precision < DATE
        place = ranked(paired(self.group, self.records.low))
        size = int(place.max(initial=-1)) + 1
        rough = (np.bincount(place, ~timed, size) > 0) & (np.bincount(place, minlength=size) > 1)
        return np.where(rough[place], place, -1)


@dataclass(frozen=True)
class Pairs:
    """Judged pairs of rows (`earlier` -1 where a record stands alone and cannot be placed) and their answers."""

    earlier: Ints
    later: Ints
    bad: Mask
    why: Codes
    column: list[str]
    rule: list[str]
    missing: list[str]

    @classmethod
    def of(cls, rule: str, column: str, earlier: Ints, later: Ints, answer: Answer) -> "Pairs":
        """Pairs of one property; a pair that stands there twice is judged once, at its worst."""
        rank = np.where(answer.bad, 0, np.where(answer.why > 0, 1, 2))
        order = np.lexsort((rank, earlier, later))
        same = (np.diff(later[order], prepend=-9) == 0) & (np.diff(earlier[order], prepend=-9) == 0)
        keep = order[~same]
        n = len(keep)
        return cls(earlier[keep], later[keep], answer.bad[keep], answer.why[keep], [column] * n, [rule] * n, [""] * n)

    @classmethod
    def joined(cls, parts: Sequence["Pairs"]) -> "Pairs":
        """All pairs of several properties."""
        return cls(
            np.concatenate([p.earlier for p in parts]),
            np.concatenate([p.later for p in parts]),
            np.concatenate([p.bad for p in parts]),
            np.concatenate([p.why for p in parts]),
            [each for p in parts for each in p.column],
            [each for p in parts for each in p.rule],
            [each for p in parts for each in p.missing],
        )

    def take(self, keep: Mask | Ints) -> "Pairs":
        """Some of them."""
        places = np.flatnonzero(keep) if keep.dtype == bool else keep
        lists = ([part[n] for n in places] for part in (self.column, self.rule, self.missing))
        return Pairs(self.earlier[places], self.later[places], self.bad[places], self.why[places], *lists)


def alone(rule: str, column: str, members: Members, why: Codes) -> Pairs:
    places = np.flatnonzero(why > 0)
    none = np.full(len(places), -1, np.int64)
    rows = members.records.rows[places]
    return Pairs.of(rule, column, none, rows, Answer(np.zeros(len(places), bool), why[places]))


def stepped(members: Members, column: str, by: int, reset_after: Sequence[str]) -> Pairs:
    """Judges running numbers in order of time."""
    numbers, number_why = _numbers(members, column)
    lost = first_reason(members.doubt, number_why)
    chain = np.flatnonzero(lost == 0)
    chain = chain[members.take(chain).in_order(numbers[chain])]
    known = members.take(chain)
    value = numbers[chain]
    after = np.flatnonzero(np.diff(known.group) == 0) + 1
    step = value[after] - value[after - 1]
    gap, fall = step > by, step < 0
    bad = step != by
    excused = Resets.of(members, reset_after).excuse(known, after, np.flatnonzero(fall & (value[after] <= 1)))
    why = np.where(fall, excused.why, 0)
    bad &= ~(fall & excused.met & (value[after] <= 1))
    possible = _between(members, numbers, number_why, known.group[after], known.records.studio[after], value, after)
    why = np.where(gap & (why == 0), possible, why)
    rough = known.rough_days()
    mixed = distinct(rough[after][fall & (rough[after] != rough[after - 1])])
    mixed = mixed[mixed >= 0]
    unsorted = np.isin(rough[after], mixed) | np.isin(rough[after - 1], mixed)
    why = np.where(unsorted & (why == 0), Reason.precision, why)
    why = np.where(bad, why, 0).astype(np.uint8)
    file = _written_in(members.scope.logs.log(members.log))[known.records.rows]
    keep = np.flatnonzero(~gap | (file[after] == file[after - 1]))
    rows = known.records.rows
    found = Pairs.of(
        "step", column, rows[after - 1][keep], rows[after][keep], Answer((bad & (why == 0))[keep], why[keep])
    )
    return Pairs.joined([_with_missing(members, column, by, found), alone("step", column, members, lost)])


def _written_in(log: Log) -> Ints:
    """Per row the file it stands in; the printouts of machines, one file each, count as one."""
    return np.array([-1 if file.printed else n for n, file in enumerate(log.files)], np.int64)[log.file]


def _numbers(members: Members, column: str) -> tuple[Ints, Codes]:
    cells = members.scope.logs.cells(members.log, column).take(members.records.rows)
    if isinstance(cells, Moments):
        return floor(cells.at, np.maximum(cells.precision, DATE)), cells.why
    assert isinstance(cells, Numbers)
    return cells.values.astype(np.int64), cells.why


def _between(members: Members, numbers: Ints, why: Codes, group: Ints, studio: Ints, value: Ints, after: Ints) -> Codes:
    """For gaps: why a record may fill them that is itself in doubt, 0 where none may."""
    doubtful = np.flatnonzero((members.doubt > 0) & (why == 0))
    out = np.zeros(len(after), np.int64)
    for key, wanted in ((members.group, group), (members.records.studio, studio)):
        here = doubtful[(members.group[doubtful] >= 0) if key is members.group else (members.group[doubtful] < 0)]
        keys = key[here] * REACH + numbers[here]
        marks = Marks.of(keys, members.doubt[here].astype(np.int64))
        if not len(marks.keys):
            continue
        place = np.searchsorted(marks.keys, wanted * REACH + value[after - 1], "right")
        safe = np.minimum(place, len(marks.keys) - 1)
        fits = (place < len(marks.keys)) & (marks.keys[safe] < wanted * REACH + value[after])
        out = np.where((out == 0) & fits, marks.values[safe], out)
    return out.astype(np.uint8)


def _with_missing(members: Members, column: str, by: int, found: Pairs) -> Pairs:
    cells = members.scope.logs.cells(members.log, column)
    assert isinstance(cells, Numbers)
    texts = [""] * len(found.later)
    for n in np.flatnonzero(found.bad | (found.why > 0)):
        low, high = int(cells.values[found.earlier[n]]), int(cells.values[found.later[n]])
        lacking = range(low + by, high, by)
        short = ", ".join(map(str, lacking[:10]))
        texts[n] = short if len(lacking) <= 10 else f"{lacking[0]} to {lacking[-1]} ({len(lacking)} numbers)"
    return Pairs(found.earlier, found.later, found.bad, found.why, found.column, found.rule, texts)


def ordered(members: Members, column: str, reset_after: Sequence[str]) -> Pairs:
    """Judges that numbers never fall as time goes on (and so time never runs backwards as they rise)."""
    numbers, number_why = _numbers(members, column)
    lost = first_reason(members.doubt, number_why)
    chain = np.flatnonzero(lost == 0)
    chain = chain[members.take(chain).in_order(numbers[chain])]
    known, value = members.take(chain), numbers[chain]
    after = np.flatnonzero(np.diff(known.group) == 0) + 1
    fall = value[after] < value[after - 1]
    restart = np.flatnonzero(fall & (value[after] <= 1))
    excused = Resets.of(members, reset_after).excuse(known, after, restart)
    bad = fall & ~(excused.met & (value[after] <= 1))
    why = np.where(bad, excused.why, 0).astype(np.uint8)
    rows = known.records.rows
    found = Pairs.of("order", column, rows[after - 1], rows[after], Answer(bad & (why == 0), why))
    return Pairs.joined([found, alone("order", column, members, lost)])


def apart(members: Members, length: Duration) -> Pairs:
    """Judges how far neighbours lie from each other."""
    column = moment_of(members)
    lost = members.lost
    placed = np.flatnonzero(lost == 0)
    parts = []
    for chain in (np.flatnonzero(members.doubt == 0), placed):
        chain = chain[members.take(chain).in_order(np.zeros(len(chain), np.int64))]
        known = members.take(chain)
        after = np.flatnonzero(np.diff(known.group) == 0) + 1
        first, then = known.records.moment.take(after - 1), known.records.moment.take(after)
        rows = known.records.rows
        _late, early = distance(first, then, length, holidays_of(Rows(members.scope.logs, members.log, rows[after])))
        unsure = np.where(known.doubt[after] > 0, known.doubt[after], known.doubt[after - 1])
        why = np.where(early.bad & (unsure > 0), unsure, early.why).astype(np.uint8)
        keep = np.flatnonzero(~early.met | (unsure == 0)) if chain is not placed else np.arange(len(after))
        parts.append(
            (rows[after - 1][keep], rows[after][keep], Answer((early.bad & (why == 0))[keep], why[keep]), unsure[keep])
        )
    sure, all_of_them = parts
    extra = np.flatnonzero((all_of_them[3] > 0) & (all_of_them[2].why > 0))
    found = [
        Pairs.of("apart", column, *sure[:3]),
        Pairs.of("apart", column, all_of_them[0][extra], all_of_them[1][extra], all_of_them[2].take(extra)),
    ]
    return Pairs.joined([*found, alone("apart", column, members, lost)])


def moment_of(members: Members) -> str:
    return members.scope.logs.log(members.log).schema.when or members.scope.logs.log(members.log).schema.key
