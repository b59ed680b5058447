"""What all kinds of check share: the scope they judge in, the records they select, the verdict they give."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from typing import Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.answer import Answer, answer, under
from smpcompliance.checks.check import Check, Selection
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.judging import Rows, column_of, judge, narrowed, said
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.checks.words import say
from smpcompliance.dates import ALWAYS, DATE, DAY, Codes, Ints, Mask, Period, floor, start_of
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Cells, Moments, Reason, Written, first_reason
from smpcompliance.logs.rows import in_order, paired
from smpcompliance.logs.standing import in_use
from smpcompliance.logs.table import Logs, for_many


@dataclass(frozen=True)
class Scope:
    """What is judged: which studios, which days, and by the law of which days.

    Attributes:
        logs: everything the studios handed in; records outside the days serve as history.
        period: the audit period.
        valid: the days on which this version of the rule is the law.
        as_of: the audit day.
        studios: which studios the rule reaches.
        law: the days on which the rule is the law, in this version or another.
    """

    logs: Logs
    period: Period
    valid: Period
    as_of: date
    studios: Mask
    law: Period = ALWAYS

    @property
    def days(self) -> Period | None:
        """The days of the audit on which this version is the law."""
        return self.valid.meet(self.period)

    def reached(self, log: str) -> Mask:
        """The records of the studios that the rule reaches."""
        whose = self.logs.log(log).studio
        return np.ones(len(whose), bool) if self.studios.all() else self.studios[whose]

    def rows(self, log: str) -> Ints:
        """The rows of these records."""
        return self.logs.every(log) if self.studios.all() else np.flatnonzero(self.reached(log))


T = TypeVar("T")


class Made(Sequence[T]):
    """Things (texts, arrays, findings) that are made when they are looked at."""

    def __init__(self, length: int, make: Callable[[int], T]) -> None:
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return [self._at(n) for n in range(*at.indices(self._length))]
        if not -self._length <= at < self._length:
            raise IndexError(at)
        return self._at(at % self._length)

    def __iter__(self) -> Iterator[T]:
        return map(self._at, range(self._length))

    def _at(self, at: int) -> T:
        return self._make(at)


Related = tuple[tuple[str, Ints, Ints], ...]
"""Further evidence: (log, entry, row) arrays."""


@dataclass(frozen=True)
class Found:
    """Things that failed, or could not be judged: one entry each, column by column.

    Attributes:
        log: the log of the first evidence.
        rows: its row there; -1 where a thing has none (an absence): then `studio` still says whose it is.
        studio: studio code of each.
        columns: column whose cell is the first evidence, per entry, or one for all.
        facts: name → one value per entry, as text or as cells; what messages, examples and fingerprints may use.
        why: a Reason per entry (0 for failures).
        related: tells the further evidence, when it is first looked at.
        words: the arithmetic in words of an entry.
    """

    log: str
    rows: NDArray[np.signedinteger]
    studio: NDArray[np.signedinteger]
    columns: Sequence[str] | str = ""
    facts: Mapping[str, Sequence[str] | Cells] = field(default_factory=dict)
    why: Codes | None = None
    related: Callable[[], Related] = tuple
    words: Callable[[int], str] = lambda _entry: ""

    def __post_init__(self) -> None:
        """Keeps numbers in four bytes: under a whole law most entries are of records that nothing could be said of.

        Those that many rules share (`for_many`) stand in memory once as they are.
        """
        for name in ("rows", "studio"):
            if (numbers := getattr(self, name)).flags.writeable:
                object.__setattr__(self, name, numbers.astype(np.int32, copy=False))

    def __len__(self) -> int:
        return len(self.rows)

    def fact(self, name: str, entry: int) -> str:
        """A fact of an entry as text."""
        return self.teller(name)(entry)

    def teller(self, name: str) -> Callable[[int], str]:
        """What tells a fact of an entry."""
        value = self.facts[name]
        return value.text if isinstance(value, Cells) else value.__getitem__

    def column(self, entry: int) -> str:
        """The column of an entry's first evidence."""
        return self.columns if isinstance(self.columns, str) else self.columns[entry]

    @cached_property
    def _by_studio(self) -> tuple[Ints, list[int]]:
        """The entries in the order of their studios, and where those of each studio begin."""
        most = int(self.studio.max(initial=-1))
        bounds = np.cumsum(np.bincount(self.studio, minlength=most + 1))
        return np.argsort(self.studio, kind="stable"), [0, *bounds.tolist()]

    def of_studio(self, studio: int) -> Ints:
        """The entries of a studio, in their order."""
        order, bounds = self._by_studio
        return order[bounds[studio] : bounds[studio + 1]] if studio + 1 < len(bounds) else order[:0]

    def related_to(self, entry: int) -> Iterator[tuple[str, Ints]]:
        """The rows of further evidence of an entry, by log."""
        for log, bounds, rows in self._by_entry:
            yield log, rows[bounds[entry] : bounds[entry + 1]]

    @cached_property
    def _by_entry(self) -> list[tuple[str, Ints, Ints]]:
        """The further evidence in the order of the entries it belongs to, and where that of each entry begins."""
        related = self.related()
        bounds = [np.cumsum(np.bincount(entries + 1, minlength=len(self) + 1)) for _, entries, _ in related]
        every = zip(related, bounds, strict=True)
        return [(log, bound, rows[in_order(entries)]) for (log, entries, rows), bound in every]


@dataclass(frozen=True)
class Verdict:
    """What a check says, per studio: how many things were judged, failed, could not be judged; and which.

    Attributes:
        examined: things judged or meant to be, failed and unknown ones included (int64 per studio).
        not_due: things whose time has not come; they are not examined and lower nothing.
        reasons: (studio, Reason) pairs that forbid a pass without belonging to a record: a log that was not handed in.
    """

    examined: Ints
    failures: Found
    unknowns: Found
    not_due: Found | None = None
    reasons: tuple[tuple[int, Reason], ...] = ()

    @cached_property
    def failed(self) -> Ints:
        """Failures per studio."""
        return np.bincount(self.failures.studio, minlength=len(self.examined))

    @cached_property
    def unknown(self) -> Ints:
        """Things per studio that could not be judged."""
        return np.bincount(self.unknowns.studio, minlength=len(self.examined))


C = TypeVar("C", bound=Check)


class Evaluation(Generic[C]):
    """How a kind judges, apart from what may be written of it: what explains a rule needs none of this."""

    def __init__(self, check: C) -> None:
        self.check = check

    def evaluate(self, scope: Scope) -> Verdict:
        """Judges everything in scope at once."""
        raise NotImplementedError

    def looks_ahead(self) -> bool:
        """Whether anything that the check asks for is ever due."""
        return False

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        """What is due next, or was due and is still open, by the same reckoning; none where nothing ever is.

        Args:
            scope: all time as the period; `as_of` is the day of the list, the law may begin only after it.
        """
        return ()


def claim(check: Selection, scope: Scope, row: int) -> str:
    """What is to be said of an exemption that a record claims without the paper that shows it."""
    if check.exempt is None:
        return ""
    claimed = judge(check.exempt.where, Rows(scope.logs, check.log, np.array([row]))).met[0]
    return "an exemption is claimed, but its paper is not on file; " if claimed else ""


def selected(check: Selection, scope: Scope) -> tuple[Ints, Answer]:
    """Rows of the log that may be judged here, and for each whether it surely belongs."""
    rows, dated = judged_rows(scope, check.log, check.moment(), check.law_of)
    rows, belongs = narrowed(check.where, scope.logs, check.log, rows, dated)
    if check.exempt:
        here = Rows(scope.logs, check.log, rows)
        shown = judge(check.exempt.where, here)
        paper = judge(Conditions({check.exempt.paper: Constraint(required=True)}), here)
        belongs = belongs & ~answer(~(shown & paper).met)
        keep = ~belongs.bad
        rows, belongs = rows[keep], belongs.take(keep)
    return rows, belongs


def judged_rows(scope: Scope, log: str, moment: str | None, law_of: str | None = None) -> tuple[Ints, Answer]:
    """The rows of a log that an audit judges under one version of the law.

    A record of an event is judged when its day lies in the audit period, a standing one when it is in use there; the
    law is that of the record's own day (of `law_of` where the rule says so), for a standing record without a date that
    of the first day of its use. A record of an event whose day cannot be read is judged under the law of the period's
    last day, and cannot fail.
    """
    days = (scope.period, scope.as_of, scope.studios.tobytes())
    dated: _Dated = scope.logs.memo.get(
        ("dated", log, moment, law_of, *days), lambda: _dated(scope, log, moment, law_of)
    )
    if dated.lies_in(scope.valid):
        return dated.rows, answer(np.zeros(len(dated.rows), bool), dated.why)
    keep = scope.valid.holds(dated.at)
    return dated.rows[keep], answer(np.zeros(int(keep.sum()), bool), dated.why[keep])


@dataclass(frozen=True)
class _Dated:
    """The rows of a log that an audit judges, the second that says by which law, and why that is not sure."""

    rows: Ints
    at: Ints
    why: Codes

    @cached_property
    def _span(self) -> tuple[int, int]:
        return (int(self.at.min()), int(self.at.max())) if len(self.at) else (0, 0)

    def lies_in(self, days: Period) -> bool:
        """Whether all these moments lie on days of a period."""
        first, last = self._span
        return start_of(days.first) <= first and last < start_of(days.last) + DAY


def _dated(scope: Scope, log: str, moment: str | None, law_of: str | None) -> _Dated:
    table = scope.logs.log(log)
    here = scope.reached(log)
    standing = table.schema.stands is not None
    at, known = _seconds(scope, log, moment)
    why = np.zeros(len(table), np.uint8)
    if standing:
        use = in_use(scope.logs, log, scope.period)
        here &= use.within
        at = np.where(known, at, use.since)
    else:
        here &= scope.period.holds(at) | ~known
        if moment is not None and not known.all():
            why = scope.logs.cells(log, moment).why
            at = np.where(known, at, _last_day(scope))
    if law_of:
        frozen, has = _seconds(scope, log, law_of)
        at = np.where(has, frozen, at)
    if here.all():
        return _Dated(scope.logs.every(log), at, why)
    rows = for_many(np.flatnonzero(here))
    return _Dated(rows, at[rows], why[rows])


def _last_day(scope: Scope) -> int:
    return start_of(min(scope.period.last, scope.as_of))


def _seconds(scope: Scope, log: str, moment: str | None) -> tuple[Ints, Mask]:
    n = len(scope.logs.log(log))
    if moment is None:
        return np.zeros(n, np.int64), np.zeros(n, bool)
    cells = scope.logs.cells(log, moment)
    assert isinstance(cells, Moments)
    return floor(cells.at, np.maximum(cells.precision, DATE)), cells.why == 0


def record_verdict(
    scope: Scope,
    log: str,
    rows: Ints,
    belongs: Answer,
    required: Answer,
    describe: Callable[[Ints, Ints], Found],
) -> Verdict:
    """The verdict of a kind that judges record by record.

    Args:
        rows: rows of the log that may be judged; `belongs` says for each whether it surely is meant.
        required: whether each meets the duty.
        describe: gives the evidence of some entries, called with (places in `rows`, rows of the log).
    """
    judged, found = under(belongs, required)
    waits = found.why == Reason.not_yet_due
    meant = judged & ~waits
    unsure, later = meant & found.unknown, judged & waits
    unknowns = _described(describe, rows, unsure)
    examined = rows if meant.all() else rows[meant]
    why = found.why if len(unknowns) == len(rows) else found.why[unsure]
    return Verdict(
        np.bincount(scope.logs.whose(log, examined), minlength=len(scope.studios)),
        _described(describe, rows, judged & found.bad),
        Found(unknowns.log, unknowns.rows, unknowns.studio, unknowns.columns, unknowns.facts, why),
        _described(describe, rows, later) if later.any() else None,
        missing_logs(scope, [log]),
    )


def _described(describe: Callable[[Ints, Ints], Found], rows: Ints, which: Mask) -> Found:
    """The evidence of some of the rows; those of a whole log are handed on as they are."""
    places = np.flatnonzero(which)
    return describe(places, rows if len(places) == len(rows) else rows[places])


def looked_at(logs: Logs, log: str, paths: Sequence[str]) -> Callable[[int], str]:
    """What says the cells of a record: «expires on 2026-05-04, status blank»; of personal data only whether filled."""
    columns = [(say.names([path]), logs.cells(log, path), _shown(log, path)) for path in dict.fromkeys(paths)]

    def says(row: int) -> str:
        told = [
            f"{name} {shown(cells.text(row)) or _NOTHING.get(Reason(cells.why[row]), 'not known')}"
            for name, cells, shown in columns
        ]
        return ", ".join(told)

    return says


def _shown(log: str, path: str) -> Callable[[str], str]:
    """How a cell is shown; of personal data only whether it is filled."""
    is_private = not path.startswith("studio.") and column_of(log, path).private
    return (lambda text: "filled in" if text else "") if is_private else said(log, path)


_NOTHING = {Reason.blank: "blank", Reason.unreadable: "unreadable", Reason.no_column: "not in the file"}


def missing_logs(scope: Scope, logs: Sequence[str]) -> tuple[tuple[int, Reason], ...]:
    """For each studio in scope that did not hand in one of these logs, the reason that forbids a pass."""
    lacking = np.zeros(len(scope.studios), bool)
    for log in logs:
        lacking |= scope.studios & ~scope.logs.has(log)
    return tuple((int(studio), Reason.no_log) for studio in np.flatnonzero(lacking))


def with_logs(scope: Scope, logs: Sequence[str]) -> Scope:
    """The scope without studios that did not hand in one of these logs."""
    has = np.logical_and.reduce([scope.logs.has(log) for log in logs])
    return scope if has[scope.studios].all() else replace(scope, studios=scope.studios & has)


def with_more(verdict: Verdict, more: Found) -> Verdict:
    """A verdict with further things that could not be judged; of another log than the check's they have no row here."""
    before, n = verdict.unknowns, len(verdict.unknowns)
    names = sorted({*before.facts, *more.facts})
    why = np.concatenate([w if w is not None else np.zeros(0, np.uint8) for w in (before.why, more.why)])
    joined = Found(
        before.log,
        np.r_[before.rows, more.rows if more.log == before.log else np.full(len(more), -1)],
        np.r_[before.studio, more.studio],
        Made(n + len(more), lambda at: before.column(at) if at < n else more.column(at - n)),
        {name: Made(n + len(more), partial(_either, before, more, name)) for name in names},
        why.astype(np.uint8),
        lambda: before.related() + tuple((log, entries + n, rows) for log, entries, rows in more.related()),
        lambda entry: before.words(entry) if entry < n else more.words(entry - n),
    )
    extra = np.bincount(more.studio, minlength=len(verdict.examined))
    return replace(verdict, examined=verdict.examined + extra, unknowns=joined)


def _either(before: Found, more: Found, name: str, at: int) -> str:
    found, entry = (before, at) if at < len(before) else (more, at - len(before))
    return found.fact(name, entry) if name in found.facts else ""


def subject_names(logs: Logs, log: str, columns: Sequence[str], rows: Ints) -> dict[str, list[str]]:
    """The values of some columns that name what records are about, row by row."""
    found = {column: logs.cells(log, column) for column in columns}
    return {column: [cells.text(row) for row in rows.tolist()] for column, cells in found.items()}


def nothing_found(log: str) -> Found:
    """No entries."""
    none = np.zeros(0, np.int64)
    return Found(log, none, none, why=np.zeros(0, np.uint8))


def group_keys(logs: Logs, log: str, columns: Sequence[str], rows: Ints) -> tuple[Ints, Codes]:
    """One integer per row for its studio and the values of some columns (equal where all are), and why it has none."""
    key, why = logs.memo.get(("keys", log, *columns), lambda: _keys(logs, log, columns))
    return (key, why) if rows is logs.every(log) else (key[rows], why[rows])


def _keys(logs: Logs, log: str, columns: Sequence[str]) -> tuple[Ints, Codes]:
    key = logs.log(log).studio.astype(np.int64)
    why = np.zeros(len(key), np.uint8)
    for column in columns:
        cells = logs.cells(log, column)
        key, why = paired(key, value_codes(cells)), first_reason(why, cells.why)
    return key, why


def first_alike(logs: Logs, log: str, columns: Sequence[str]) -> tuple[Ints, Codes]:
    """Per row of a log the first row of its studio that has the same values of some columns, and why it has none."""
    return logs.memo.get(("first alike", log, *columns), lambda: _first_alike(logs, log, columns))


def _first_alike(logs: Logs, log: str, columns: Sequence[str]) -> tuple[Ints, Codes]:
    cells = [logs.cells(log, column) for column in columns]
    told = (c.texts.cells if isinstance(c, Written) and c.rows is None else value_codes(c) + 1 for c in cells)
    why = np.zeros(len(logs.log(log)), np.uint8)
    for each in cells:
        why = first_reason(why, each.why)
    return arrow.first_rows(logs.log(log).studio, *told), why


def value_codes(cells: Cells) -> Ints:
    """One integer per row, equal where the values of a column are equal."""
    if hasattr(cells, "codes"):
        return np.asarray(cells.codes, np.int64)
    values = cells.at if isinstance(cells, Moments) else cells.values  # type: ignore[attr-defined]
    return np.unique(values, return_inverse=True)[1].astype(np.int64, copy=False)
