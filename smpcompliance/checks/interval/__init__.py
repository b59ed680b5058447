"""Kind `interval`: this must happen again and again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from smpcompliance.checks.base import Check, Found, LogName, Scope, Verdict, missing_logs, nothing_found, with_logs
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.interval.case import Case, Judged, Lengths, plain
from smpcompliance.checks.interval.coming import Coming, in_service, next_gap, next_stretch, next_use, possibly_used
from smpcompliance.checks.interval.due import Table, prepare
from smpcompliance.checks.interval.gaps import by_gap
from smpcompliance.checks.interval.reckon import by_calendar, by_fit
from smpcompliance.checks.judging import Rows, column_of, judge
from smpcompliance.checks.roster import Columns, Roster
from smpcompliance.checks.service import complete_from, standing_rows
from smpcompliance.checks.stretches import Calendar
from smpcompliance.checks.upcoming import Upcoming, asked_from, in_law, nothing_due
from smpcompliance.checks.words import say
from smpcompliance.dates import Codes, Duration, Ints, duration
from smpcompliance.logs.cells import Coded, Reason
from smpcompliance.logs.schema import link_name, schema


class While(Strict):
    """The records that make the thing due: loads of that machine, sessions of that person.

    `per` names their subject columns where these are called otherwise than in the log itself.
    """

    log: LogName
    where: Conditions = Conditions({})
    per: Columns | None = None
    when: ColumnPath | None = None


class Uses(Strict):
    """A stretch counted in records of `while`: `{records: 50}`."""

    records: Annotated[int, Field(ge=1)]


class Own(Strict):
    """A length that each subject states itself: `{column: equipment.service_interval}`."""

    column: ColumnPath


class Interval(Check):
    """For each subject (`per`) in service, a record of `log` in `where` in every stretch of `every`.

    `reckon: gap` judges the time from one record to the next (from the start of service to the first, from the last to
    the end of what is judged); `calendar` each day, week from Monday, month, quarter, half-year or year whose last day
    is judged; `fit` each record of `while`: the last record before it is not older than `every`. `every` is a length,
    `{records: 50}` of `while`, or `{column: equipment.service_interval}`, a length that each subject states.

    Subjects are those that `log` and `while` name, and those of `subjects`, the register that lists them; one that the
    register surely leaves out is not judged. Idle stretches (no record of `while`) are `excused`, or due `before_use`
    (only a use that comes before the next record breaches), or `counts`: due as any other. `at_rest` (with `gap`) takes
    only time without a use for longer than `every` for idle: overdue is what is used before the next record, or used
    on both sides of the day it was due within `every`. Default: excused with
    `while`, else counts. `first: before_use` wants a record before the first use: with `fit` always, else where the
    subject's first day is written down.

    Service runs from the day the subject's own register states (installed_on, started_on, opened_on), else from the
    first record of `while`, else of `log`; never before the studio opened or the rule came into force; until its last
    day there. Without `per` and `while`, and without any record, it runs from the opening of the studio.

    A calendar stretch in which the studio, a stated service or the rule began, or that the audit day cuts off, is not
    yet due unless it is met already; one cut off by the end of service is not judged. A gap belongs to every audit in
    which it ends or is overdue.

    The log is complete from the audit period's first day on, or from its own first record if that is earlier. Stretches
    that begin before and hold no record cannot be judged (`history_starts_late`) unless what lies inside is too long.
    Records that may be somebody's, may be meant, or may lie in the stretch never breach: they make it undecided. With
    `while`, a record whose subject neither the log of `while` nor the subject's register knows may be anybody's.

    `offered: true` says that nobody must come (a client to a touch-up): nothing is judged, but the day to offer it is
    told while it is ahead.

    One finding is one stretch. A subject without any record at all is one finding for all its calendar stretches (and
    counts as one thing examined); with `fit`, uses that share their last record are one. Facts: the columns of `per`,
    `span`, `spans` (all of a finding), `times` (how many stretches), `count` (uses in it), `last`, `next`, `due`.
    """

    kind: Literal["interval"]
    log: LogName
    where: Conditions = Conditions({})
    when: ColumnPath | None = None
    per: Columns = []
    every: Uses | Own | Length
    reckon: Literal["gap", "calendar", "fit"] = "gap"
    while_: While | None = Field(None, alias="while")
    idle: Literal["excused", "before_use", "at_rest", "counts"] | None = None
    first: Literal["before_use", "within_stretch"] = "within_stretch"
    subjects: Roster | None = None
    offered: bool = False

    @model_validator(mode="after")
    def _fits_together(self) -> "Interval":
        if self.reckon == "calendar" and (not isinstance(self.every, Duration) or Calendar.of(self.every) is None):
            raise ValueError("the calendar has stretches of P1D, P1W, P1M, P3M, P6M and P1Y only; else use reckon: gap")
        if isinstance(self.every, Duration) and self.every.needs_times:
            raise ValueError("an interval is counted in days, weeks, months, years or records, not in hours")
        if self.while_ is None and (self.reckon == "fit" or isinstance(self.every, Uses) or self.idle == "before_use"):
            raise ValueError("without «while» nothing says which records make it due")
        if self.idle == "at_rest" and (self.while_ is None or self.reckon != "gap" or isinstance(self.every, Uses)):
            raise ValueError(
                "at_rest looks at the uses around the day a gap is due: it goes with «while» and reckon: gap"
            )
        if self.offered and (self.reckon != "gap" or self.while_):
            raise ValueError("what is offered is reckoned by gap, without «while»")
        if self.subjects and len(self.per) != 1:
            raise ValueError("«subjects» lists the values of one column; name it under «per»")
        if self.while_ and self.while_.per and len(self.while_.per) != len(self.per):
            raise ValueError("«while.per» names as many columns as «per», in the same order")
        if isinstance(self.every, Own) and self.every.column.split(".")[0] not in map(link_name, self.per):
            raise ValueError("«every.column» is a column of the subject's own record, e.g. equipment.service_interval")
        return self

    @property
    def idle_means(self) -> str:
        """What a stretch without use means."""
        return self.idle or ("excused" if self.while_ else "counts")

    def facts(self) -> Sequence[str]:
        return ("span", "spans", "times", "count", "last", "next", "due", *self.per)

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        if self.while_:
            yield self.while_.log
        if self.subjects:
            yield self.subjects.log

    def explain(self) -> str:
        what = f"a record of {say.log(self.log)}" + (f" with {say.conditions(self.where)}" if self.where else "")
        each = f"For each {say.names(self.per)} " if self.per else "For the studio "
        uses = ""
        if self.while_:
            uses = f"records of {say.log(self.while_.log)}"
            uses += f" with {say.conditions(self.while_.where)}" if self.while_.where else ""
        length = self._length_words(uses)
        if self.reckon == "fit":
            return f"{each}at each of the {uses} there must be {what} within the {length} before it."
        idle = {
            "excused": f"; without {uses} it is not due",
            "counts": "",
            "before_use": f"; when overdue, before {uses}",
            "at_rest": f"; it is not due while more than {length} pass without {uses}",
        }
        if self.offered:
            return f"{each}another {what.removeprefix('a ')} is offered {length} after the last."
        how = f"in every calendar stretch of {length}" if self.reckon == "calendar" else f"at least every {length}"
        return f"{each}there must be {what} {how}{idle[self.idle_means] if self.while_ else ''}."

    def _length_words(self, uses: str) -> str:
        if isinstance(self.every, Uses):
            return f"{self.every.records} {uses}"
        return (
            f"length of its own ({say.names([self.every.column])})" if isinstance(self.every, Own) else str(self.every)
        )

    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, list(self.logs_needed()))
        scope = with_logs(scope, [self.log, self.while_.log] if self.while_ else [self.log])
        case = prepare(self, scope) if scope.studios.any() and not self.offered else None
        if case is None:
            none = nothing_found(self.log)
            return Verdict(np.zeros(len(scope.studios), np.int64), none, none, None, missing)
        table = Table(self, scope, case, self._calendar())
        return self._verdict(scope, table, self._judged(scope, case, table), missing)

    def looks_ahead(self) -> bool:
        return True

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        missing = missing_logs(scope, list(self.logs_needed()))
        case = prepare(self, scope)
        if case is None or not len(case.subjects):
            return (nothing_due(self.log, missing),)
        complete = complete_from(scope, self.log, self.when)
        case = replace(case, covered=complete[case.subjects.studio])
        table = Table(self, scope, case, self._calendar())
        found = self._coming(scope, case, table)
        found = in_service(case, found, asked_from(scope), through=self.reckon == "calendar")
        if self.offered:
            ahead = np.asarray(found.due >= asked_from(scope))
            never = np.zeros(len(ahead), bool)
            found = replace(found, late=never, conditional=never, why=never.astype(np.uint8)).take(ahead)
        asked = found.late | in_law(scope, found.due)
        if not self.subjects and not self.offered:
            asked &= ~found.conditional | possibly_used(case)[found.subject]
        return (self._told(scope, case, table, found.take(asked), missing),)

    def _coming(self, scope: Scope, case: Case, table: Table) -> Coming:
        start = asked_from(scope)

        def reckoned(of: Case) -> Judged:
            return self._judged(scope, of, table)

        if calendar := self._calendar():
            return next_stretch(case, calendar, reckoned, start)
        lengths = self._lengths(scope, case)
        if self.reckon == "gap":
            return next_gap(case, lengths, reckoned, start)
        every = np.arange(len(case.subjects))
        no, days = np.zeros(len(every), bool), case.service.since
        all_ = plain(every, days, days, days, days, no, np.zeros(len(every), np.uint8), no)
        meant = self._doubtful_subjects(scope, case, table.handed_in(all_)).subject
        return next_use(case, lengths, reckoned, start, meant)

    def _told(self, scope: Scope, case: Case, table: Table, found: Coming, missing: Any) -> Upcoming:
        last, rows = table.last_events(found.subject)
        to = column_of(self.log, self.per[0]).to if self.per else None
        length = self._length_words("uses")
        how = {
            "gap": f"one at least every {length}",
            "calendar": f"one in every calendar stretch of {length}",
            "fit": f"none older than {length} at work",
        }[self.reckon]
        how = f"another is offered {length} later" if self.offered else how
        return Upcoming(
            self.log, rows, case.subjects.studio[found.subject], found.due, found.late, found.conditional, found.why,
            {name: [case.subjects.text(n, int(s)) for s in found.subject] for n, name in enumerate(self.per)},
            self.when or schema(self.log).when or "", to or "studio", found.uses_left, self.offered,
            lambda entry: f"{f'the last one on {last[entry]}' if last[entry] else 'none on record'}; {how}", missing,
        )  # fmt: skip

    def _calendar(self) -> Calendar | None:
        return Calendar.of(self.every) if self.reckon == "calendar" and isinstance(self.every, Duration) else None

    def _judged(self, scope: Scope, case: Case, table: Table) -> Judged:
        if table.calendar:
            judged = by_calendar(case, table.calendar)
        else:
            reckon = by_gap if self.reckon == "gap" else by_fit
            judged = reckon(case, self._lengths(scope, case))
        return self._doubtful_subjects(scope, case, table.handed_in(judged))

    def _lengths(self, scope: Scope, case: Case) -> Lengths:
        n = len(case.subjects)
        none, known = np.zeros(n, np.int64), np.zeros(n, np.uint8)
        if isinstance(self.every, Uses):
            return Lengths((), none, known, self.every.records)
        if not isinstance(self.every, Own):
            return Lengths((self.every,), none, known)
        link, _, column = self.every.column.partition(".")
        place = [link_name(name) for name in self.per].index(link)
        target = _target(self, scope, link)
        rows = standing_rows(scope, target, case.subjects, place)
        cells = scope.logs.cells(target, column).take(rows, np.where(rows < 0, Reason.dangling, 0).astype(np.uint8))
        assert isinstance(cells, Coded)
        durations = [_read(str(value)) for value in cells.values]
        unread = np.array([length is None for length in durations] + [False])[cells.codes]
        why = np.where((cells.why == 0) & unread, Reason.unreadable, cells.why).astype(np.uint8)
        return Lengths(tuple(length or Duration(days=1) for length in durations), cells.codes.astype(np.int64), why)

    def _doubtful_subjects(self, scope: Scope, case: Case, judged: Judged) -> Judged:
        """Leaves out subjects that the register surely does not mean; those it may not mean cannot breach."""
        if not self.subjects or not len(case.subjects):
            return judged
        rows = standing_rows(scope, self.subjects.log, case.subjects, 0)
        meant = judge(self.subjects.where, Rows(scope.logs, self.subjects.log, np.maximum(rows, 0))) if len(
            scope.logs.log(self.subjects.log)
        ) else None  # fmt: skip
        n = len(rows)
        outside = (meant.bad & (rows >= 0)) if meant else np.zeros(n, bool)
        unlisted = Reason.dangling if self.subjects.where else 0
        why: Codes = np.where(rows < 0, unlisted, meant.why if meant else 0).astype(np.uint8)
        safe = np.maximum(judged.subject, 0)
        judged = judged.take((judged.subject < 0) | ~outside[safe])
        doubt = np.where(judged.subject < 0, 0, why[np.maximum(judged.subject, 0)])
        return judged.doubted(doubt.astype(np.uint8))

    def _verdict(self, scope: Scope, table: Table, judged: Judged, missing: Any) -> Verdict:
        entries = table.entries(judged)
        group = table.grouped(judged, np.flatnonzero(judged.bad))
        merged = int(judged.bad.sum()) - len(group)
        examined = np.bincount(table.studio(judged)[~judged.later], minlength=len(scope.studios))
        if merged:
            extra = table.studio(judged)[np.flatnonzero(judged.bad)]
            firsts = table.studio(judged)[np.array([g[0] for g in group], np.int64)]
            examined = (
                examined - np.bincount(extra, minlength=len(examined)) + np.bincount(firsts, minlength=len(examined))
            )
        unsure: Ints = np.flatnonzero(judged.why > 0)
        later: Ints = np.flatnonzero(judged.later)
        return Verdict(
            examined,
            entries(group, None),
            entries([[int(n)] for n in unsure], judged.why[unsure]),
            entries([[int(n)] for n in later], np.full(len(later), Reason.not_yet_due, np.uint8))
            if len(later)
            else None,
            missing,
        )

    def found(self, *parts: Any, **named: Any) -> Found:
        """Evidence whose first log is that of the uses, where there are any."""
        return Found(self.while_.log if self.while_ else self.log, *parts, **named)


def _target(check: Interval, scope: Scope, link: str) -> str:
    return scope.logs.log(check.log).schema.links[link][1]


def _read(text: str) -> Duration | None:
    try:
        return duration(text)
    except ValueError:
        return None
