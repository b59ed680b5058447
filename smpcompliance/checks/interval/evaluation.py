"""Kind `interval`, judged."""

from dataclasses import replace
from typing import Any

import numpy as np

from smpcompliance.checks.base import Evaluation, Scope, Verdict, missing_logs, nothing_found
from smpcompliance.checks.interval import Interval, Own, Uses
from smpcompliance.checks.interval.case import Case, Judged, Lengths, plain
from smpcompliance.checks.interval.coming import Coming, in_service, next_gap, next_stretch, next_use, possibly_used
from smpcompliance.checks.interval.due import Table, prepare
from smpcompliance.checks.interval.gaps import by_gap
from smpcompliance.checks.interval.reckon import by_calendar, by_fit
from smpcompliance.checks.judging import Rows, column_of, judge
from smpcompliance.checks.service import complete_from, standing_rows
from smpcompliance.checks.stretches import Calendar
from smpcompliance.checks.upcoming import Upcoming, asked_from, in_law, nothing_due
from smpcompliance.dates import Codes, Duration, Ints, duration
from smpcompliance.logs.cells import Coded, Reason
from smpcompliance.logs.schema import link_name, schema


class Judging(Evaluation[Interval]):
    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, list(self.check.logs_needed()))
        case = None if self.check.offered else prepare(self.check, scope)
        if case is None:
            none = nothing_found(self.check.log)
            return Verdict(np.zeros(len(scope.studios), np.int64), none, none, None, missing)
        table = Table(self.check, scope, case, self._calendar())
        return self._verdict(scope, table, self._judged(scope, case, table), missing)

    def looks_ahead(self) -> bool:
        return True

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        missing = missing_logs(scope, list(self.check.logs_needed()))
        case = prepare(self.check, scope)
        if case is None or not len(case.subjects):
            return (nothing_due(self.check.log, missing),)
        complete = complete_from(scope, self.check.log, self.check.when)
        case = replace(case, covered=complete[case.subjects.studio])
        table = Table(self.check, scope, case, self._calendar())
        found = self._coming(scope, case, table)
        found = in_service(case, found, asked_from(scope), through=self.check.reckon == "calendar")
        if self.check.offered:
            ahead = np.asarray(found.due >= asked_from(scope))
            never = np.zeros(len(ahead), bool)
            found = replace(found, late=never, conditional=never, why=never.astype(np.uint8)).take(ahead)
        asked = found.late | in_law(scope, found.due)
        if not self.check.subjects and not self.check.offered:
            asked &= ~found.conditional | possibly_used(case)[found.subject]
        return (self._told(scope, case, table, found.take(asked), missing),)

    def _coming(self, scope: Scope, case: Case, table: Table) -> Coming:
        start = asked_from(scope)

        def reckoned(of: Case) -> Judged:
            return self._judged(scope, of, table)

        if calendar := self._calendar():
            return next_stretch(case, calendar, reckoned, start)
        lengths = self._lengths(scope, case)
        if self.check.reckon == "gap":
            return next_gap(case, lengths, reckoned, start)
        every = np.arange(len(case.subjects))
        no, days = np.zeros(len(every), bool), case.service.since
        all_ = plain(every, days, days, days, days, no, np.zeros(len(every), np.uint8), no)
        meant = self._doubtful_subjects(scope, case, table.handed_in(all_)).subject
        return next_use(case, lengths, reckoned, start, meant)

    def _told(self, scope: Scope, case: Case, table: Table, found: Coming, missing: Any) -> Upcoming:
        last, rows = table.last_events(found.subject)
        to = column_of(self.check.log, self.check.per[0]).to if self.check.per else None
        length = self.check.length_words("uses")
        how = {
            "gap": f"one at least every {length}",
            "calendar": f"one in every calendar stretch of {length}",
            "fit": f"none older than {length} at work",
        }[self.check.reckon]
        how = f"another is offered {length} later" if self.check.offered else how
        return Upcoming(
            self.check.log, rows, case.subjects.studio[found.subject], found.due, found.late, found.conditional,
            found.why,
            {name: [case.subjects.text(n, int(s)) for s in found.subject] for n, name in enumerate(self.check.per)},
            self.check.when or schema(self.check.log).when or "", to or "studio", found.uses_left, self.check.offered,
            lambda entry: f"{f'the last one on {last[entry]}' if last[entry] else 'none on record'}; {how}", missing,
        )  # fmt: skip

    def _calendar(self) -> Calendar | None:
        return (
            Calendar.of(self.check.every)
            if self.check.reckon == "calendar" and isinstance(self.check.every, Duration)
            else None
        )

    def _judged(self, scope: Scope, case: Case, table: Table) -> Judged:
        if table.calendar:
            judged = by_calendar(case, table.calendar)
        else:
            reckon = by_gap if self.check.reckon == "gap" else by_fit
            judged = reckon(case, self._lengths(scope, case))
        return self._doubtful_subjects(scope, case, table.handed_in(judged))

    def _lengths(self, scope: Scope, case: Case) -> Lengths:
        n = len(case.subjects)
        none, known = np.zeros(n, np.int64), np.zeros(n, np.uint8)
        if isinstance(self.check.every, Uses):
            return Lengths((), none, known, self.check.every.records)
        if not isinstance(self.check.every, Own):
            return Lengths((self.check.every,), none, known)
        link, _, column = self.check.every.column.partition(".")
        place = [link_name(name) for name in self.check.per].index(link)
        target = _target(self.check, scope, link)
        rows = standing_rows(scope, target, case.subjects, place)
        cells = scope.logs.cells(target, column).take(rows, np.where(rows < 0, Reason.dangling, 0).astype(np.uint8))
        assert isinstance(cells, Coded)
        durations = [_read(str(value)) for value in cells.values]
        unread = np.array([length is None for length in durations] + [False])[cells.codes]
        why = np.where((cells.why == 0) & unread, Reason.unreadable, cells.why).astype(np.uint8)
        return Lengths(tuple(length or Duration(days=1) for length in durations), cells.codes.astype(np.int64), why)

    def _doubtful_subjects(self, scope: Scope, case: Case, judged: Judged) -> Judged:
        """Leaves out subjects that the register surely does not mean; those it may not mean cannot breach."""
        if not self.check.subjects or not len(case.subjects):
            return judged
        rows = standing_rows(scope, self.check.subjects.log, case.subjects, 0)
        meant = judge(self.check.subjects.where, Rows(scope.logs, self.check.subjects.log, np.maximum(rows, 0))) if len(
            scope.logs.log(self.check.subjects.log)
        ) else None  # fmt: skip
        n = len(rows)
        outside = (meant.bad & (rows >= 0)) if meant else np.zeros(n, bool)
        unlisted = Reason.dangling if self.check.subjects.where else 0
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


def _target(check: Interval, scope: Scope, link: str) -> str:
    return scope.logs.log(check.log).schema.links[link][1]


def _read(text: str) -> Duration | None:
    try:
        return duration(text)
    except ValueError:
        return None
