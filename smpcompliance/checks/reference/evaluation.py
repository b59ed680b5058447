"""Kind `reference`, judged."""

from dataclasses import replace
from functools import cache

import numpy as np

from smpcompliance.checks.answer import Answer, answer, any_by
from smpcompliance.checks.base import (
    Evaluation,
    Found,
    Scope,
    Verdict,
    claim,
    looked_at,
    missing_logs,
    record_verdict,
    selected,
    subject_names,
)
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.find import Match, looked_for, nearest, seek
from smpcompliance.checks.judging import Rows, column_of, shift
from smpcompliance.checks.probing import answers_named, ends_named, last_of_each, lasting, service_ends, unanswered
from smpcompliance.checks.reference import Reference
from smpcompliance.checks.stock import last_day_columns, usable_lots
from smpcompliance.checks.upcoming import Upcoming, in_law
from smpcompliance.checks.words import say
from smpcompliance.dates import ALWAYS, FIRST_DAY, Ints, Period
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.schema import schema


class Judging(Evaluation[Reference]):
    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = selected(self.check, scope)
        here = Rows(scope.logs, self.check.log, rows)
        if self.check.unless:
            belongs = belongs & ~seek(self.check.unless, here).answer
        match, required = self._sought(here, every=self.check.grace is not None)

        def describe(places: Ints, found: Ints) -> Found:
            candidate = nearest(match, places)
            column = next(iter(self.check.find.match), scope.logs.log(self.check.log).schema.key)
            shows = cache(lambda: looked_at(scope.logs, self.check.find.log, looked_for(self.check.find)))

            def words(entry: int) -> str:
                claimed = claim(self.check, scope, int(found[entry]))
                if not self.check.find.match:
                    return claimed
                if candidate[entry] < 0:
                    by = say.names(self.check.find.match)
                    return f"{claimed}no record of {say.log(self.check.find.log)} has the same {by}"
                return f"{claimed}the nearest in {say.log(self.check.find.log)}: {shows()(int(candidate[entry]))}"

            return Found(
                self.check.log,
                found,
                scope.logs.whose(self.check.log, found),
                column,
                related=lambda: ((self.check.find.log, has := np.flatnonzero(candidate >= 0), candidate[has]),),
                words=words,
            )

        verdict = record_verdict(scope, self.check.log, rows, belongs, required, describe)
        return Verdict(
            verdict.examined, verdict.failures, verdict.unknowns, verdict.not_due,
            missing_logs(scope, [self.check.log, self.check.find.log]),
        )  # fmt: skip

    def looks_ahead(self) -> bool:
        standing = schema(self.check.log).stands is not None
        return (
            self.check.moment() is not None and not standing and bool(self._lots() or self._ends() or self._answers())
        )

    def _lots(self) -> list[str]:
        lots = last_day_columns(self.check.find.log, self.check.find.where, self.check.moment())
        return [] if self.check.find.none else list(dict.fromkeys(lots))

    def _ends(self) -> list[str]:
        return ends_named(self.check.find, self.check.moment())

    def _answers(self) -> list[str]:
        return answers_named(self.check.find, self.check.moment())

    def _subject(self) -> list[str]:
        """The columns that say for whom or what the record is wanted: matched, or compared as equal."""
        equal = [
            c.equals for _, c, _ in self.check.find.where.columns() if c.equals and not c.equals.startswith("studio.")
        ]
        return list(dict.fromkeys([*self.check.find.match, *equal]))

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        moment = self.check.moment()
        if moment is None or not self.looks_ahead():
            return ()
        missing = missing_logs(scope, list(dict.fromkeys(self.check.logs_needed())))
        if columns := self._lots():
            where = Conditions({p: c for p, c in self.check.find.where.root.items() if "." not in p})
            lots = usable_lots(scope, self.check.find.log, where, columns)
            return (replace(lots, reasons=missing).where_handed_in(len(scope.studios)),)
        every = replace(scope, period=Period(FIRST_DAY, scope.as_of), valid=ALWAYS)
        rows, belongs = selected(self.check, every)
        belongs = (
            belongs & ~seek(self.check.unless, Rows(scope.logs, self.check.log, rows)).answer
            if self.check.unless
            else belongs
        )
        keys = self._subject()
        last = last_of_each(scope, self.check.log, moment, rows[belongs.met], keys, needed=list(self.check.find.match))
        if self._ends():
            found = lasting(scope, self.check.log, moment, last, self.check.find, self._sought)
        else:
            found = unanswered(scope, self.check.log, moment, last, self._sought)
        ends = service_ends(scope, self.check.log, found.rows, keys)
        found = found.take(found.late | (found.why > 0) | (in_law(scope, found.due) & (found.due < ends)))
        register = column_of(self.check.log, keys[0]).to if keys else None
        studio = scope.logs.log(self.check.log).studio[found.rows].astype(np.int64)
        told = Upcoming(
            self.check.find.log, found.candidate, studio, found.due, found.late, ~found.late, found.why,
            subject_names(scope.logs, self.check.log, keys, found.rows),
            (self._ends() or self._answers())[0], register or "studio",
            words=lambda entry: self._lasts(found.candidate[entry] >= 0), reasons=missing,
        )  # fmt: skip
        return (told.where_handed_in(len(scope.studios)),)

    def _lasts(self, known: bool) -> str:
        return f"{'it ends then' if known else 'none is on record'}; needed for {say.log(self.check.log)}"

    def _sought(self, here: Rows, every: bool = True) -> tuple[Match, Answer]:
        """The candidates of some records, and whether each record has what it needs."""
        match = seek(self.check.find, here, minimum=self.check.count.minimum, every=every)
        required = self._blank_keys(here, match.answer)
        if self.check.listed:
            required = self._only_listed(here, match, required)
        return match, self._with_grace(here, match, required) if self.check.grace else required

    def _blank_keys(self, here: Rows, found: Answer) -> Answer:
        if self.check.blank == "cannot":
            return found
        blank = np.zeros(len(here), bool)
        for column in self.check.find.match:
            blank |= here.cells(column).why == Reason.blank
        return answer(found.bad | blank, np.where(blank, 0, found.why).astype(np.uint8))

    def _only_listed(self, here: Rows, match: Match, required: Answer) -> Answer:
        made_up = here.logs.log(self.check.find.log).made_up[match.candidates.right]
        sure = match.fits.met & ~made_up
        listed = any_by(match.candidates.left, len(required.bad), answer(~sure))
        return answer(required.bad | (required.met & listed.bad), required.why)

    def _with_grace(self, here: Rows, match: Match, required: Answer) -> Answer:
        assert self.check.grace
        there = Rows(here.logs, self.check.find.log, match.candidates.right)
        asked, until = there.cells(self.check.grace.column), there.cells("expires_on")
        assert isinstance(asked, Moments) and isinstance(until, Moments)
        latest = shift(until.at, self.check.grace.before_end, [], sign=-1)
        good = (asked.why == 0) & (until.why == 0) & (asked.at // 86_400 <= latest // 86_400)
        saved = any_by(match.candidates.left, len(required.bad), answer(~good))
        return answer(required.bad & saved.bad, required.why)
