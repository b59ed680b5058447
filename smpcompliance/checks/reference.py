"""Kind `reference`: for this line a matching line must exist elsewhere and be good at that moment."""

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from smpcompliance.checks.answer import Answer, answer, any_by
from smpcompliance.checks.base import Found, Scope, Selection, Verdict, looked_at, missing_logs, record_verdict
from smpcompliance.checks.condition import ColumnPath, Length, Strict
from smpcompliance.checks.find import Find, Match, looked_for, nearest, seek
from smpcompliance.checks.judging import Rows, shift
from smpcompliance.checks.words import say
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Moments, Reason


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
        match = seek(self.find, here, minimum=self.count.minimum)
        required = self._blank_keys(here, match.answer)
        if self.listed:
            required = self._only_listed(scope, match, required)
        if self.grace:
            required = self._with_grace(here, match, required)

        def describe(places: Ints, found: Ints) -> Found:
            candidate = nearest(match, places)
            has = np.flatnonzero(candidate >= 0)
            studio = scope.logs.log(self.log).studio[found].astype(np.int64)
            column = next(iter(self.find.match), scope.logs.log(self.log).schema.key)

            def words(entry: int) -> str:
                claim = self.claim(scope, int(found[entry]))
                if not self.find.match:
                    return claim
                if candidate[entry] < 0:
                    return f"{claim}no record of {say.log(self.find.log)} has the same {say.names(self.find.match)}"
                said = looked_at(scope.logs, self.find.log, int(candidate[entry]), looked_for(self.find))
                return f"{claim}the nearest in {say.log(self.find.log)}: {said}"

            return Found(self.log, found, studio, column, related=((self.find.log, has, candidate[has]),), words=words)

        verdict = record_verdict(scope, self.log, rows, belongs, required, describe)
        return Verdict(
            verdict.examined, verdict.failures, verdict.unknowns, verdict.not_due,
            missing_logs(scope, [self.log, self.find.log]),
        )  # fmt: skip

    def _blank_keys(self, here: Rows, found: Answer) -> Answer:
        if self.blank == "cannot":
            return found
        blank = np.zeros(len(here), bool)
        for column in self.find.match:
            blank |= here.cells(column).why == Reason.blank
        return answer(found.bad | blank, np.where(blank, 0, found.why).astype(np.uint8))

    def _only_listed(self, scope: Scope, match: Match, required: Answer) -> Answer:
        made_up = scope.logs.log(self.find.log).made_up[match.candidates.right]
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
