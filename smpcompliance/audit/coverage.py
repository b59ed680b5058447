"""What the logs cover: how many records, of which days, and the longest stretch of the period without one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.dates import DATE, DAY, EPOCH, FIRST_DAY, Codes, Ints, Period, start_of
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import distinct, in_order, paired
from smpcompliance.logs.schema import LOGS, LogSchema, schema
from smpcompliance.logs.table import Logs


@dataclass(frozen=True)
class Days:
    """The days of a log of events in one studio.

    Attributes:
        within: records dated on a day of the period.
        first, last: day of the first and of the last dated record, in the period or not.
        undated: records whose day is blank, known to the month only, or that of a record which is not there.
        unreadable: records whose day cannot be read.
        looked_at: the days of the period on which a record could be expected: those since the studio opened (of an
            open period: since the first record) up to the audit day; None where there is none.
        gap: the longest stretch of these days without a record, the earliest of equal ones; None where there is none.
    """

    within: int
    first: date | None
    last: date | None
    undated: int
    unreadable: int
    looked_at: Period | None
    gap: Period | None

    @property
    def gap_days(self) -> int:
        """Days of the longest stretch without a record."""
        return (self.gap.last - self.gap.first).days + 1 if self.gap else 0

    @property
    def begins_before(self) -> bool | None:
        """Whether the log begins on or before the first day looked at; None where no day is."""
        if self.looked_at is None:
            return None
        return self.first is not None and self.first <= self.looked_at.first

    @property
    def reaches_end(self) -> bool | None:
        """Whether a record stands on or after the last day looked at; None where no day is."""
        if self.looked_at is None:
            return None
        return self.last is not None and self.last >= self.looked_at.last


@dataclass(frozen=True)
class Coverage:
    """What one log of one studio covers.

    Attributes:
        handed_in: a log handed in empty is a statement, zero records; one that was not says nothing.
        files: where its records stand, each file with its sheet (empty where it has none).
        records: all of them, whatever their day.
        days: None for a log of standing things (lots, machines, people, papers), and for one that was not handed in.
        waiting: the rules that reach the studio and wait for the log; empty where it was handed in.
    """

    studio_id: str
    log: str
    handed_in: bool
    files: tuple[tuple[str, str], ...]
    records: int
    days: Days | None
    waiting: tuple[str, ...]


def event_column(log: LogSchema) -> str | None:
    """The column that dates the records of a log of events; None for a log of standing things."""
    return log.when if log.stands is None or log.name == "consent_forms" else None


def coverage(audit: Audit, studio_id: str | None = None) -> tuple[Coverage, ...]:
    """Every log that a studio handed in, or that a rule waits for, by studio and in the order of `LOGS`.

    Args:
        studio_id: only this studio; None: all of them.
    """
    waiting = _waiting(audit.results if studio_id is None else audit.of(studio_id), audit.logs)
    place = {studio.studio_id: n for n, studio in enumerate(audit.logs.studios)}
    inputs: dict[tuple[str, str | None], set[tuple[str, str]]] = {}
    for each in audit.inputs:
        inputs.setdefault((each.studio_id, each.log), set()).add((each.file, each.sheet))
    handed_in = [log for log in LOGS if audit.logs.has(log).any()]
    tables = {log: _Table(audit, log, place.get(studio_id or "")) for log in handed_in}
    out = []
    for studio in audit.studios:
        if studio_id not in (None, studio.studio_id):
            continue
        code = place.get(studio.studio_id)
        for log in LOGS:
            rules = waiting.get((studio.studio_id, log), ())
            there = code is not None and bool(audit.logs.has(log)[code])
            if code is not None and there:
                own = inputs.get((studio.studio_id, log), set())
                out.append(tables[log].of(code, studio.studio_id, studio.opened_on, own))
            elif rules:
                out.append(Coverage(studio.studio_id, log, False, (), 0, None, tuple(rules)))
    return tuple(out)


def empty_logs(audit: Audit, studio_id: str) -> tuple[str, ...]:
    """The logs that a studio handed in without a single record, in the order of `LOGS`."""
    code = next(n for n, studio in enumerate(audit.logs.studios) if studio.studio_id == studio_id)
    there = (log for log in LOGS if audit.logs.has(log)[code])
    tables = ((log, audit.logs.log(log)) for log in there)
    return tuple(log for log, table in tables if not np.any((table.studio == code) & ~table.made_up))


class _Table:
    """One log, its rows (those of one studio, or all) sorted by studio and day."""

    def __init__(self, audit: Audit, log: str, only: int | None) -> None:
        table = audit.logs.log(log)
        self.audit, self.log = audit, log
        self.column = event_column(table.schema)
        kept = np.flatnonzero(~table.made_up if only is None else ~table.made_up & (table.studio == only))
        day, self.dated = np.zeros(len(kept), np.int64), np.zeros(len(kept), bool)
        self.why = np.full(len(kept), Reason.blank, np.uint8)
        if self.column and len(kept):
            cells = audit.logs.cells(log, self.column)
            assert isinstance(cells, Moments)
            self.why = cells.why[kept]
            self.dated = (self.why == 0) & (cells.precision[kept] <= DATE)
            day = cells.at[kept] // DAY
        order = in_order(paired(table.studio[kept].astype(np.int64), paired((~self.dated).astype(np.int64), day)))
        self.rows, self.day, self.dated, self.why = kept[order], day[order], self.dated[order], self.why[order]
        self.bounds = np.searchsorted(table.studio[self.rows], np.arange(len(audit.logs.studios) + 1))

    def of(self, code: int, studio_id: str, opened_on: date | None, handed_in: set[tuple[str, str]]) -> Coverage:
        """What the log covers in a studio; `handed_in` are the files that are this log, each with its sheet."""
        begin, end = self.bounds[code], self.bounds[code + 1]
        here = slice(int(begin), int(end))
        days = None
        if self.column:
            days = _days(self.day[here][self.dated[here]], self.why[here], self.audit, opened_on)
        table = self.audit.logs.log(self.log)
        used = [table.files[n] for n in distinct(table.file[self.rows[here]].astype(np.int64)).tolist()]
        files = sorted(handed_in | {(file.name, file.sheet) for file in used})
        return Coverage(studio_id, self.log, True, tuple(files), int(end - begin), days, ())


def _days(day: Ints, why: Codes, audit: Audit, opened_on: date | None) -> Days:
    """The days of one studio; `day` are the days of its dated records in order, since 1970."""
    first, last = (_date(day[0]), _date(day[-1])) if len(day) else (None, None)
    unreadable = int(np.count_nonzero(why == Reason.unreadable))
    within = int(np.count_nonzero(audit.period.holds(day * DAY)))
    looked_at = _looked_at(audit, first, opened_on)
    gap = _gap(day, looked_at) if looked_at else None
    return Days(within, first, last, len(why) - len(day) - unreadable, unreadable, looked_at, gap)


def _looked_at(audit: Audit, first: date | None, opened_on: date | None) -> Period | None:
    begin, end = audit.period.first, min(audit.period.last, audit.as_of)
    if begin == FIRST_DAY:
        begin = first or end
    begin = max(begin, opened_on) if opened_on else begin
    return Period(begin, end) if begin <= end else None


def _gap(day: Ints, looked_at: Period) -> Period | None:
    begin, end = start_of(looked_at.first) // DAY, start_of(looked_at.last) // DAY
    inside = day[np.searchsorted(day, begin) : np.searchsorted(day, end, side="right")]
    edges = np.concatenate([[begin - 1], inside, [end + 1]])
    free = np.diff(edges) - 1
    at = int(np.argmax(free))
    return Period(_date(edges[at] + 1), _date(edges[at + 1] - 1)) if free[at] > 0 else None


def _date(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def _waiting(results: Iterable[RuleResult], logs: Logs) -> dict[tuple[str, str], list[str]]:
    """(studio, log) → the rules that cannot be judged because that log was not handed in."""
    place = {studio.studio_id: n for n, studio in enumerate(logs.studios)}
    wanted: dict[str, tuple[str, ...]] = {}
    out: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if "no_log" not in result.reasons or result.studio_id not in place:
            continue
        if result.rule.id not in wanted:
            wanted[result.rule.id] = tuple(dict.fromkeys(_logs_of(result)))
        for log in wanted[result.rule.id]:
            if not logs.has(log)[place[result.studio_id]]:
                out.setdefault((result.studio_id, log), []).append(result.rule.id)
    return out


def _logs_of(result: RuleResult) -> Iterator[str]:
    """The logs that a rule reads, those behind links included."""
    for version in result.rule.versions[-1:]:
        if version.check:
            yield from version.check.logs_needed()
            for use in version.uses:
                yield from _logs_on(use.log, use.path)


def _logs_on(log: str, path: str) -> Iterator[str]:
    yield from [log] if log else []
    *links, _column = path.split(".")
    if links[:1] == ["studio"]:
        return
    for link in links:
        log = schema(log).links[link][1]
        yield log
