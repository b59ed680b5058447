"""Kind `retention`: records reach back, or do not stay, so long."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.base import Check, Found, LogName, Made, Scope, Verdict, missing_logs, nothing_found
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.retention.archive import Kept, Units, complete, join, on_site, outstayed
from smpcompliance.checks.retention.reach import reach
from smpcompliance.checks.words import say
from smpcompliance.dates import DATE, YEAR, Duration, Ints, add, end, floor
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.schema import LOGS, schema


class Clock(Strict):
    """Where the term starts: at a column, or at the end of the calendar year it lies in (`round: year_end`)."""

    column: ColumnPath
    round: Literal["year_end"] | None = None


def _clock(source: Any) -> Any:
    return {"column": source} if isinstance(source, str) else source


class Retention(Check):
    """The archive on the audit day: records of the last `keep` are there, each with what it `needs`.

    `from` is the column the term starts at (by default the event date), or `{column, round: year_end}`. Judged by the
    law of the audit day; under any other version nothing is judged. A log of events must reach back to the start of
    the term, of the law or of what it records, whichever is latest: it is met when its oldest record lies within one
    usual gap (the largest of the log, at most a month) of that day, breached when another log proves activity before
    that record, else it cannot be judged. With `each` every record whose term runs is judged too: what it `needs` (a
    link, `consent`, or a log whose records point to it, `session_supplies`) is still there, and its planned day of
    deletion is not earlier than the term. Without `each` one such record breaches for the whole log. A log in `needs`
    that was not handed in forbids a pass.

    What `where` leaves out is no gap of the log: activity before the log's oldest record of any sort is what breaches.
    With `each`, `needs` and a `where` the records are what is judged; the log then reaches back as far as its oldest
    record of any sort, and a late start never breaches.

    `on_site` asks only where the records of the last `keep` lie, as the studio declares it (`records_on_site`).
    `at_most` turns the term round: a record older than that must not identify anyone any more, unless a later day of
    deletion is planned; records without a name, contact, birth date or number are not judged.
    One finding is a record, or the log as a whole (row -1); facts: `due` (the day to which the log must reach back, or
    the last day of the record's term) and `why` (what is wrong, in words).
    """

    kind: Literal["retention"]
    log: LogName
    where: Conditions = Conditions({})
    keep: Length
    from_: Annotated[Clock | None, BeforeValidator(_clock)] = Field(None, alias="from")
    each: bool = False
    needs: list[str] = []
    at_most: bool = False
    on_site: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> "Retention":
        if self.at_most and (self.needs or self.on_site):
            raise ValueError("at_most asks what must be gone; it goes without needs and on_site")
        if self.from_ is None and schema(self.log).when is None:
            raise ValueError(f"{self.log} has no event date; say from")
        for name in self.needs:
            if name not in schema(self.log).links and not (name in LOGS and _pointing(name, self.log)):
                raise ValueError(f"{self.log} has no link {name!r}, and no log of that name points to it")
        return self

    def clock(self) -> Clock:
        """Where the term starts."""
        when = schema(self.log).when
        assert self.from_ or when
        return self.from_ or Clock(column=when or "")

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        for name in self.needs:
            yield schema(self.log).links[name][1] if name in schema(self.log).links else name

    def explain(self) -> str:
        what = f"records of {say.log(self.log)}" + (f" with {say.conditions(self.where)}" if self.where else "")
        clock = self.clock()
        since = "the end of the calendar year of " if clock.round else ""
        term = f"{self.keep} from {since}{say.names([clock.column])}"
        if self.at_most:
            return f"On the audit day {what} older than {term} must not identify anyone."
        if self.on_site:
            return f"On the audit day {what} must lie on the premises for {term}."
        needs = f", each with its {say.names(self.needs)}" if self.needs else ""
        return f"On the audit day {what} must be there for {term}{needs}."

    def facts(self) -> Sequence[str]:
        return ("due", "why")

    def evaluate(self, scope: Scope) -> Verdict:
        if not scope.valid.first <= scope.as_of <= scope.valid.last:
            return Verdict(np.zeros(len(scope.studios), np.int64), nothing_found(self.log), nothing_found(self.log))
        rows = scope.rows(self.log)
        belongs = judge(self.where, Rows(scope.logs, self.log, rows))
        start = scope.logs.cells(self.log, self.clock().column).take(rows)
        assert isinstance(start, Moments)
        return self._judged(scope, Kept(rows, belongs, start, *_term(start, self.keep, self.clock().round)))

    def _judged(self, scope: Scope, every: Kept) -> Verdict:
        kept = every.meant
        if self.on_site:
            units = [on_site(scope, self.log, kept)]
        elif self.at_most:
            units = [outstayed(scope, self.log, kept)]
        else:
            by_year, narrowed = self.clock().round is not None, bool(self.each and self.needs and self.where)
            whole = reach(scope, self.log, every, self.keep, by_year=by_year, narrowed=narrowed)
            records = complete(scope, self.log, kept, self.needs)
            if self.each:
                units = [records, whole] if schema(self.log).stands is None else [records]
            else:
                units = [whole.with_worst_of(records)]
        return _verdict(scope, self.log, self.clock().column, join(units), self._missing(scope, kept))

    def _missing(self, scope: Scope, kept: Kept) -> tuple[tuple[int, Reason], ...]:
        """What forbids a pass: the log itself was not handed in, or one that its records need."""
        meant = np.bincount(scope.logs.log(self.log).studio[kept.rows], minlength=len(scope.studios)) > 0
        _own, *needed = self.logs_needed()
        lacking = [(n, why) for n, why in missing_logs(scope, needed) if meant[n]]
        return tuple(dict.fromkeys((*missing_logs(scope, [self.log]), *lacking)))


def _pointing(log: str, to: str) -> list[str]:
    return [name for name, (_, target) in schema(log).links.items() if target == to]


def _term(start: Moments, keep: Duration, rounded: str | None) -> tuple[Ints, Ints]:
    """The last day of each record's term, as it may be at the earliest and at the latest (first second of the day)."""
    low, high = np.where(start.why > 0, 0, start.at), np.where(start.why > 0, 0, end(start.at, start.precision))
    if rounded:
        low, high = (end(floor(at, YEAR), YEAR) for at in (low, high))
    return floor(add(low, keep), DATE), floor(add(high, keep), DATE)


def _verdict(scope: Scope, log: str, column: str, units: Units, missing: tuple[tuple[int, Reason], ...]) -> Verdict:
    def shown(places: Ints, why: bool) -> Found:
        due = Moments(np.zeros(len(places), np.uint8), units.due[places], np.full(len(places), DATE, np.uint8))
        words = units.said
        said = Made(len(places), lambda at: words[int(places[at])])
        return Found(
            log, units.rows[places], units.studio[places], column, {"due": due, "why": said},
            why=units.answer.why[places] if why else None, words=lambda entry: f"{said[entry]}; {due.text(entry)}",
        )  # fmt: skip

    return Verdict(
        np.bincount(units.studio, minlength=len(scope.studios)),
        shown(np.flatnonzero(units.answer.bad), False),
        shown(np.flatnonzero(units.answer.unknown), True),
        None,
        missing,
    )
