"""Kind `follow_up`: after X comes Y in time, before Z."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from smpcompliance.checks.answer import Answer, all_met, answer
from smpcompliance.checks.base import (
    Check,
    Found,
    LogName,
    Scope,
    Verdict,
    group_keys,
    missing_logs,
    record_verdict,
    subject_names,
)
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.find import Find, seek
from smpcompliance.checks.follow_up.coming import first_of_each, waiting
from smpcompliance.checks.follow_up.cure import Cure, Deadline, cured, deadline, follows, in_time, precedes
from smpcompliance.checks.follow_up.explaining import explained
from smpcompliance.checks.follow_up.followers import Follower, OwnSame, Same, columns
from smpcompliance.checks.follow_up.occasions import Event, Occasions, occasions
from smpcompliance.checks.follow_up.window import Violations, Window, between, look_back, recalled
from smpcompliance.checks.judging import Rows, column_of
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.dates import DATE, DAY, YEAR, Ints, Mask, floor, start_of
from smpcompliance.logs.cells import Cells, Numbers, Reason
from smpcompliance.logs.schema import schema


class Also(Strict):
    """What the records of a log inside the look-back window must be; `where` says which of them are meant."""

    log: LogName
    in_: Literal["window"] = Field("window", alias="in")
    where: Conditions = Conditions({})
    require: Conditions
    at: ColumnPath | None = None
    same: OwnSame | None = None


class FollowUp(Check):
    """After each event X (`after`) a record Y (`then`) comes: `within` a length, `before` any record Z, or both.

    X, Y and Z belong together where the columns of `same` agree ([column] or {own column: theirs}; empty: the same
    studio). `times: 3` wants so many Y in a row, without a record of that log whose `result` is a failure between
    them. `never` forbids records from X until the cure (for ever, or `within` a length, where there is no `then`);
    what is done in the period against an X of an earlier day that is not cured breaches too, one finding for each
    subject. `lead` turns it round: Y lies at least so long before X. A Y also counts `early`: so long before X, or
    (`record`) after the event date of X's own record. A record may cure itself by another column. One Y cures all
    earlier X of its subject unless `each`. `back_to` looks from X back to the last record that surely is one, and
    `also` says what the records in that window must be.

    For dates Y on X's day is in time; Z on the day of X or Y is undecided unless times show its place. The run that
    failed (a record that X itself links to) is no use after the failure. While the deadline runs and nothing is
    wrong, X is not yet due; an X before the period is judged when its deadline ends in the period. A record X with a
    blank moment cannot be judged; a standing record whose end is blank is no event. One finding is one X; facts:
    `due`, `then`, `between` (records Z that surely lie between), `window`, `loads`.
    """

    kind: Literal["follow_up"]
    after: Event
    same: Same = []
    then: Follower | None = None
    within: Length | None = None
    before: Follower | None = None
    times: Annotated[int, Field(ge=1)] = 1
    never: Follower | None = None
    back_to: Follower | None = None
    also: Also | None = None
    each: bool = False
    lead: Length | None = None
    early: Length | Literal["record"] | None = None
    unless: Find | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "FollowUp":
        if not (self.then or self.never or self.also):
            raise ValueError("say what must follow (then), or what must not (never)")
        if self.before and not self.then:
            raise ValueError("before needs then: what must come before it")
        if self.lead and (not self.then or self.within or self.before or self.never or self.each or self.times > 1):
            raise ValueError("lead takes then alone: how long before X it must lie")
        if self.then and not (self.within or self.before or self.never or self.lead):
            raise ValueError("say by when: within, before, never or lead")
        if self.each and self.times > 1:
            raise ValueError("each and times do not go together")
        if self.also and not self.back_to:
            raise ValueError("also looks at a window, so say back_to")
        if self.after.first and self.after.gap:
            raise ValueError("an event is the first of a group or follows a gap, not both")
        return self

    def explain(self) -> str:
        return explained(self)

    def logs_needed(self) -> Iterator[str]:
        yield self.after.log
        for part in (self.then, self.before, self.never, self.back_to, self.also, self.unless):
            if part:
                yield part.log

    def facts(self) -> Sequence[str]:
        return ("then", "between", "due", "window", "loads")

    def evaluate(self, scope: Scope) -> Verdict:
        found = occasions(scope, self.after, list(columns(self.same)))
        carried, overdue = self._carried(scope, found), self._ran_out(scope, found)
        if not self.each:
            meant = found.judged | carried | overdue
            found, carried, overdue = found.take(meant), carried[meant], overdue[meant]
        if carried.any():
            assert scope.days
            opening = np.maximum(found.opening, start_of(scope.days.first))
            found = replace(found, opening=np.where(carried, opening, found.opening))
        here = Rows(scope.logs, self.after.log, found.rows)
        exists = found.exists & ~seek(self.unless, here).answer if self.unless else found.exists
        due = deadline(here, found, self.within, scope.as_of)
        cure = cured(self, here, found)
        wrong = self._wrong(scope, here, found, cure, due, carried)
        window = look_back(self.back_to, self.same, here, found) if self.back_to else None
        required = all_met(len(here))
        for each in wrong:
            required = required & each.answer
        if self.also and window:
            required = required & recalled(self.also, self.also.require, self.same, here, window)
        then = self._then(here, found, cure, due, scope.as_of)
        required = required & then
        if (earlier := carried | overdue).any():
            late, still = overdue & then.bad, carried & (wrong[-1].answer.bad if wrong else False)
            required = Answer(
                np.where(earlier, late | still, required.bad), np.where(earlier, 0, required.why).astype(np.uint8)
            )
            last = self._last_of_each(scope, found, still, found.judged & required.bad, exists)
            found = replace(found, judged=found.judged | last | late)
        unsaid = (required.why > 0) & (required.why != Reason.not_yet_due) & (exists.why > 0)
        required = Answer(required.bad, np.where(unsaid, exists.why, required.why).astype(np.uint8))
        evidence = _Evidence(self, scope, found, due, cure, wrong, window)
        keep = np.flatnonzero(found.judged)
        return record_verdict(
            scope, self.after.log, found.rows[keep], exists.take(keep), required.take(keep),
            lambda places, rows: evidence.of(keep[places], rows),
        )  # fmt: skip

    def looks_ahead(self) -> bool:
        return self.then is not None

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        if self.then is None:
            return ()
        missing = missing_logs(scope, list(dict.fromkeys(self.logs_needed())))
        same = list(columns(self.same))
        found = occasions(scope, self.after, same)
        here = Rows(scope.logs, self.after.log, found.rows)
        exists = found.exists & ~seek(self.unless, here).answer if self.unless and not self._missing() else found.exists
        due, cure = deadline(here, found, self.within, scope.as_of), cured(self, here, found)
        no = np.zeros(len(found.rows), bool)
        broken = sum((each.answer.bad for each in self._wrong(scope, here, found, cure, due, no)), no)
        wait = waiting(scope, here, found, exists, cure, due, self.lead, self.then, broken, same)
        if not self.each:
            cured_by = same if self.then.same is None else list(columns(self.then.same))
            wait = first_of_each(scope, self.after.log, cured_by, found.rows, wait)
        rows = found.rows[wait.place]
        names = [*same, schema(self.after.log).key] if self.each or not same else same
        known = scope.logs.cells(self.after.log, self.after.moment()).take(rows)
        until = due.shown(wait.place) if due else None
        told = Upcoming(
            self.after.log, rows, scope.logs.log(self.after.log).studio[rows].astype(np.int64), wait.due, wait.late,
            wait.conditional, wait.why, subject_names(scope.logs, self.after.log, names, rows),
            self.after.moment(), column_of(self.after.log, names[0]).to or self.after.log,
            words=lambda entry: f"known {known.text(entry)}" + (f", due {until.text(entry)}" if until else ""),
            reasons=missing,
        )  # fmt: skip
        return (told.where_handed_in(len(scope.studios)),)

    def _missing(self) -> bool:
        """Whether `unless` only leaves to another rule the events before which there is no record at all."""
        return bool(self.lead and self.unless and self.unless.none and self.then and self.unless.log == self.then.log)

    def _carried(self, scope: Scope, found: Occasions) -> Mask:
        """Earlier events after which something is forbidden until a cure: what is done in the period still breaches."""
        return self._earlier(scope, found) & (self.never is not None)

    def _ran_out(self, scope: Scope, found: Occasions) -> Mask:
        """Earlier events whose time for the cure ends in the period: they were not yet due when their own day was
        audited."""
        earlier = self._earlier(scope, found)
        due = deadline(Rows(scope.logs, self.after.log, found.rows), found, self.within, scope.as_of)
        if due is None or scope.days is None or self.then is None:
            return earlier & False
        return earlier & (due.first >= start_of(scope.days.first)) & (due.last < start_of(scope.days.last) + DAY)

    def _earlier(self, scope: Scope, found: Occasions) -> Mask:
        """Events that surely happened before the period, on a day of this law."""
        if scope.days is None:
            return np.zeros(len(found.rows), bool)
        before = (found.time.level <= YEAR) & (found.time.high < start_of(scope.days.first))
        return before & found.exists.met & ~found.judged & scope.valid.holds(floor(found.time.low, DATE))

    def _last_of_each(self, scope: Scope, found: Occasions, carried: Mask, breached: Mask, exists: Answer) -> Mask:
        """The last earlier event of each subject that has no breach of an event of the period itself: one cause, one
        finding. An event that is excused counts for nothing, one that may be comes after those that are not."""
        key, _ = group_keys(scope.logs, self.after.log, list(columns(self.same)), found.rows)
        out = carried & ~exists.bad & ~np.isin(key, key[breached & exists.met])
        order = np.flatnonzero(out)[np.lexsort((found.time.low[out], exists.met[out], key[out]))]
        out[order[:-1][key[order][1:] == key[order][:-1]]] = False
        return out

    def _wrong(
        self, scope: Scope, here: Rows, found: Occasions, cure: Cure, due: Deadline | None, carried: Mask
    ) -> list[Violations]:
        until = cure if self.then else Cure.never_comes(len(here), due)
        if carried.any() and scope.days:
            over = start_of(scope.days.last) + DAY
            until = replace(until, first=np.where(carried, np.minimum(until.first, over), until.first))
        kept = self.after.gap is not None
        return [between(part, self.same, here, found, until, kept) for part in (self.before, self.never) if part]

    def _then(self, here: Rows, found: Occasions, cure: Cure, due: Deadline | None, as_of: date) -> Answer:
        if not self.then:
            running = due.running if due else np.zeros(len(here), bool)
            return answer(np.zeros(len(here), bool), np.where(running, Reason.not_yet_due, 0).astype(np.uint8))
        if self.lead:
            return precedes(here, found, cure, self.lead, as_of)
        return in_time(here, found, cure, self.within, due) if self.within and due else follows(found, cure)


@dataclass(frozen=True)
class _Evidence:
    """What is shown about events: facts, further records and the arithmetic."""

    check: FollowUp
    scope: Scope
    found: Occasions
    due: Deadline | None
    cure: Cure
    wrong: list[Violations]
    window: Window | None

    def of(self, places: Ints, rows: Ints) -> Found:
        check, log = self.check, self.check.after.log
        studio = self.scope.logs.log(log).studio[rows].astype(np.int64)
        then = self.cure.shown(places)
        none = np.zeros(len(places), np.uint8)
        between_them = sum((each.sure[places] for each in self.wrong), np.zeros(len(places), np.int64))
        facts: dict[str, Cells] = {"then": then, "between": Numbers(none, between_them.astype(np.float64), True)}
        if self.due:
            facts["due"] = self.due.shown(places)
        texts: dict[str, list[str]] = {}
        if self.window:
            texts = {"window": self.window.said(places), "loads": self._loads(places)}
        related = [each.shown(places) for each in self.wrong]
        if check.then:
            answered = np.flatnonzero(self.cure.possible[places] >= 0)
            related.insert(0, (check.then.log, answered, self.cure.rows(places[answered])))
        column = check.after.moment()
        known = self.scope.logs.cells(log, column).take(rows)

        def words(entry: int) -> str:
            due = f", due {facts['due'].text(entry)}" if self.due else ""
            came = then.text(entry) if check.then else ""
            said = f", then {came}" if came else ", nothing since" if check.then else ""
            return f"known {known.text(entry)}{due}{said}"

        return Found(log, rows, studio, column, {**facts, **texts}, related=tuple(related), words=words)

    def _loads(self, places: Ints) -> list[str]:
        part = self.check.also or self.check.never
        if part is None or self.window is None:
            return ["" for _ in places]
        here = Rows(self.scope.logs, self.check.after.log, self.found.rows[places])
        return self.window.take(places).counts(part, self.check.same, here)
