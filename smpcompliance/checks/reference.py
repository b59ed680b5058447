"""Kind `reference`: for this line a matching line must exist elsewhere and be good at that moment."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from smpcompliance.checks.answer import Answer, answer, any_by
from smpcompliance.checks.base import (
    Found,
    Scope,
    Selection,
    Verdict,
    looked_at,
    missing_logs,
    record_verdict,
    subject_names,
)
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.find import Find, Match, looked_for, nearest, seek
from smpcompliance.checks.judging import Rows, column_of, shift
from smpcompliance.checks.probing import answers_named, ends_named, last_of_each, lasting, service_ends, unanswered
from smpcompliance.checks.stock import last_day_columns, usable_lots
from smpcompliance.checks.upcoming import Upcoming, in_law
from smpcompliance.checks.words import say
from smpcompliance.dates import ALWAYS, FIRST_DAY, Ints, Period
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.schema import schema


class Count(Strict):
    """How many good records there must be."""

    minimum: Annotated[int, Field(ge=1)]


class Grace(Strict):
    """A paper that ended counts if its renewal was asked for in time: `{column: applied_on, before_end: P59D}`."""

    column: ColumnPath
    before_end: Length


class Reference(Selection):
    """For each record in `where` a record exists in `find.log` that matches and is good at the record's moment.

    Only surely fitting candidates satisfy. A blank key cannot be judged unless `blank: breach`. With `listed: true`
    records that only another log mentions do not count. `find.none: true` turns it round: no such record may exist.
    One finding is one record; the nearest candidate is its further evidence; facts: the record's own columns.
    """

    kind: Literal["reference"]
    find: Find
    count: Count = Count(minimum=1)
    blank: Literal["cannot", "breach"] = "cannot"
    listed: bool = False
    grace: Grace | None = None
    unless: Find | None = None

    def explain(self) -> str:
        wanted = say.find(self.find, self.count.minimum)
        return f"For each record of {say.selection(self)} there must be {wanted}{say.unless(self.unless)}."

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        yield self.find.log
        if self.unless:
            yield self.unless.log

    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = self.selected(scope)
        here = Rows(scope.logs, self.log, rows)
        if self.unless:
            belongs = belongs & ~seek(self.unless, here).answer
        match, required = self._sought(here, every=self.grace is not None)

        def describe(places: Ints, found: Ints) -> Found:
            candidate = nearest(match, places)
            has = np.flatnonzero(candidate >= 0)
            studio = scope.logs.log(self.log).studio[found].astype(np.int64)
            column = next(iter(self.find.match), scope.logs.log(self.log).schema.key)
            shows = cache(lambda: looked_at(scope.logs, self.find.log, looked_for(self.find)))

            def words(entry: int) -> str:
                claim = self.claim(scope, int(found[entry]))
                if not self.find.match:
                    return claim
                if candidate[entry] < 0:
                    return f"{claim}no record of {say.log(self.find.log)} has the same {say.names(self.find.match)}"
                return f"{claim}the nearest in {say.log(self.find.log)}: {shows()(int(candidate[entry]))}"

            return Found(self.log, found, studio, column, related=((self.find.log, has, candidate[has]),), words=words)

        verdict = record_verdict(scope, self.log, rows, belongs, required, describe)
        return Verdict(
            verdict.examined, verdict.failures, verdict.unknowns, verdict.not_due,
            missing_logs(scope, [self.log, self.find.log]),
        )  # fmt: skip

    def looks_ahead(self) -> bool:
        standing = schema(self.log).stands is not None
        return self.moment() is not None and not standing and bool(self._lots() or self._ends() or self._answers())

    def _lots(self) -> list[str]:
        lots = last_day_columns(self.find.log, self.find.where, self.moment())
        return [] if self.find.none else list(dict.fromkeys(lots))

    def _ends(self) -> list[str]:
        return ends_named(self.find, self.moment())

    def _answers(self) -> list[str]:
        return answers_named(self.find, self.moment())

    def _subject(self) -> list[str]:
        """The columns that say for whom or what the record is wanted: matched, or compared as equal."""
        equal = [c.equals for _, c, _ in self.find.where.columns() if c.equals and not c.equals.startswith("studio.")]
        return list(dict.fromkeys([*self.find.match, *equal]))

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        moment = self.moment()
        if moment is None or not self.looks_ahead():
            return ()
        missing = missing_logs(scope, list(dict.fromkeys(self.logs_needed())))
        if columns := self._lots():
            where = Conditions({p: c for p, c in self.find.where.root.items() if "." not in p})
            lots = usable_lots(scope, self.find.log, where, columns)
            return (replace(lots, reasons=missing).where_handed_in(len(scope.studios)),)
        every = replace(scope, period=Period(FIRST_DAY, scope.as_of), valid=ALWAYS)
        rows, belongs = self.selected(every)
        belongs = belongs & ~seek(self.unless, Rows(scope.logs, self.log, rows)).answer if self.unless else belongs
        keys = self._subject()
        last = last_of_each(scope, self.log, moment, rows[belongs.met], keys, needed=list(self.find.match))
        if self._ends():
            found = lasting(scope, self.log, moment, last, self.find, self._sought)
        else:
            found = unanswered(scope, self.log, moment, last, self._sought)
        ends = service_ends(scope, self.log, found.rows, keys)
        found = found.take(found.late | (found.why > 0) | (in_law(scope, found.due) & (found.due < ends)))
        register = column_of(self.log, keys[0]).to if keys else None
        told = Upcoming(
            self.find.log, found.candidate, scope.logs.log(self.log).studio[found.rows].astype(np.int64), found.due,
            found.late, ~found.late, found.why, subject_names(scope.logs, self.log, keys, found.rows),
            (self._ends() or self._answers())[0], register or "studio",
            words=lambda entry: self._lasts(found.candidate[entry] >= 0), reasons=missing,
        )  # fmt: skip
        return (told.where_handed_in(len(scope.studios)),)

    def _lasts(self, known: bool) -> str:
        return f"{'it ends then' if known else 'none is on record'}; needed for {say.log(self.log)}"

    def _sought(self, here: Rows, every: bool = True) -> tuple[Match, Answer]:
        """The candidates of some records, and whether each record has what it needs."""
        match = seek(self.find, here, minimum=self.count.minimum, every=every)
        required = self._blank_keys(here, match.answer)
        if self.listed:
            required = self._only_listed(here, match, required)
        return match, self._with_grace(here, match, required) if self.grace else required

    def _blank_keys(self, here: Rows, found: Answer) -> Answer:
        if self.blank == "cannot":
            return found
        blank = np.zeros(len(here), bool)
        for column in self.find.match:
            blank |= here.cells(column).why == Reason.blank
        return answer(found.bad | blank, np.where(blank, 0, found.why).astype(np.uint8))

    def _only_listed(self, here: Rows, match: Match, required: Answer) -> Answer:
        made_up = here.logs.log(self.find.log).made_up[match.candidates.right]
        sure = match.fits.met & ~made_up
        listed = any_by(match.candidates.left, len(required.bad), answer(~sure))
        return answer(required.bad | (required.met & listed.bad), required.why)

    def _with_grace(self, here: Rows, match: Match, required: Answer) -> Answer:
        assert self.grace
        there = Rows(here.logs, self.find.log, match.candidates.right)
        asked, until = there.cells(self.grace.column), there.cells("expires_on")
        assert isinstance(asked, Moments) and isinstance(until, Moments)
        latest = shift(until.at, self.grace.before_end, [], sign=-1)
        good = (asked.why == 0) & (until.why == 0) & (asked.at // 86_400 <= latest // 86_400)
        saved = any_by(match.candidates.left, len(required.bad), answer(~good))
        return answer(required.bad & saved.bad, required.why)
