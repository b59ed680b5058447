"""Kind `follow_up`, judged."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from smpcompliance.checks.answer import Answer, all_met, answer
from smpcompliance.checks.base import (
    Evaluation,
    Found,
    Scope,
    Verdict,
    group_keys,
    missing_logs,
    record_verdict,
    subject_names,
)
from smpcompliance.checks.find import seek
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.checks.follow_up.coming import first_of_each, waiting
from smpcompliance.checks.follow_up.cure import Cure, Deadline, cured, deadline, follows, in_time, precedes
from smpcompliance.checks.follow_up.occasions import Occasions, occasions
from smpcompliance.checks.follow_up.parts import columns
from smpcompliance.checks.follow_up.window import Violations, Window, between, look_back, recalled
from smpcompliance.checks.judging import Rows, column_of
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.dates import DATE, DAY, YEAR, Ints, Mask, floor, start_of
from smpcompliance.logs.cells import Cells, Numbers, Reason
from smpcompliance.logs.schema import schema


class Judging(Evaluation[FollowUp]):
    def evaluate(self, scope: Scope) -> Verdict:
        found = occasions(scope, self.check.after, list(columns(self.check.same)))
        carried, overdue = self._carried(scope, found), self._ran_out(scope, found)
        if not self.check.each:
            meant = found.judged | carried | overdue
            found, carried, overdue = found.take(meant), carried[meant], overdue[meant]
        if carried.any():
            assert scope.days
            opening = np.maximum(found.opening, start_of(scope.days.first))
            found = replace(found, opening=np.where(carried, opening, found.opening))
        here = Rows(scope.logs, self.check.after.log, found.rows)
        exists = found.exists & ~seek(self.check.unless, here).answer if self.check.unless else found.exists
        due = deadline(here, found, self.check.within, scope.as_of)
        cure = cured(self.check, here, found)
        wrong = self._wrong(scope, here, found, cure, due, carried)
        window = look_back(self.check.back_to, self.check.same, here, found) if self.check.back_to else None
        required = all_met(len(here))
        for each in wrong:
            required = required & each.answer
        if self.check.also and window:
            required = required & recalled(self.check.also, self.check.also.require, self.check.same, here, window)
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
        evidence = _Evidence(self.check, scope, found, due, cure, wrong, window)
        keep = np.flatnonzero(found.judged)
        return record_verdict(
            scope, self.check.after.log, found.rows[keep], exists.take(keep), required.take(keep),
            lambda places, rows: evidence.of(keep[places], rows),
        )  # fmt: skip

    def looks_ahead(self) -> bool:
        return self.check.then is not None

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        if self.check.then is None:
            return ()
        missing = missing_logs(scope, list(dict.fromkeys(self.check.logs_needed())))
        same = list(columns(self.check.same))
        found = occasions(scope, self.check.after, same)
        here = Rows(scope.logs, self.check.after.log, found.rows)
        exists = (
            found.exists & ~seek(self.check.unless, here).answer
            if self.check.unless and not self._missing()
            else found.exists
        )
        due, cure = deadline(here, found, self.check.within, scope.as_of), cured(self.check, here, found)
        no = np.zeros(len(found.rows), bool)
        broken = sum((each.answer.bad for each in self._wrong(scope, here, found, cure, due, no)), no)
        wait = waiting(scope, here, found, exists, cure, due, self.check.lead, self.check.then, broken, same)
        if not self.check.each:
            cured_by = same if self.check.then.same is None else list(columns(self.check.then.same))
            wait = first_of_each(scope, self.check.after.log, cured_by, found.rows, wait)
        rows = found.rows[wait.place]
        names = [*same, schema(self.check.after.log).key] if self.check.each or not same else same
        known = scope.logs.cells(self.check.after.log, self.check.after.moment()).take(rows)
        until = due.shown(wait.place) if due else None
        studio = scope.logs.log(self.check.after.log).studio[rows].astype(np.int64)
        told = Upcoming(
            self.check.after.log, rows, studio, wait.due, wait.late, wait.conditional, wait.why,
            subject_names(scope.logs, self.check.after.log, names, rows),
            self.check.after.moment(), column_of(self.check.after.log, names[0]).to or self.check.after.log,
            words=lambda entry: f"known {known.text(entry)}" + (f", due {until.text(entry)}" if until else ""),
            reasons=missing,
        )  # fmt: skip
        return (told.where_handed_in(len(scope.studios)),)

    def _missing(self) -> bool:
        """Whether `unless` only leaves to another rule the events before which there is no record at all."""
        return bool(
            self.check.lead
            and self.check.unless
            and self.check.unless.none
            and self.check.then
            and self.check.unless.log == self.check.then.log
        )

    def _carried(self, scope: Scope, found: Occasions) -> Mask:
        """Earlier events after which something is forbidden until a cure: what is done in the period still breaches."""
        return self._earlier(scope, found) & (self.check.never is not None)

    def _ran_out(self, scope: Scope, found: Occasions) -> Mask:
        """Earlier events whose time for the cure ends in the period: they were not yet due when their own day was
        audited."""
        earlier = self._earlier(scope, found)
        due = deadline(Rows(scope.logs, self.check.after.log, found.rows), found, self.check.within, scope.as_of)
        if due is None or scope.days is None or self.check.then is None:
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
        key, _ = group_keys(scope.logs, self.check.after.log, list(columns(self.check.same)), found.rows)
        out = carried & ~exists.bad & ~np.isin(key, key[breached & exists.met])
        order = np.flatnonzero(out)[np.lexsort((found.time.low[out], exists.met[out], key[out]))]
        out[order[:-1][key[order][1:] == key[order][:-1]]] = False
        return out

    def _wrong(
        self, scope: Scope, here: Rows, found: Occasions, cure: Cure, due: Deadline | None, carried: Mask
    ) -> list[Violations]:
        until = cure if self.check.then else Cure.never_comes(len(here), due)
        if carried.any() and scope.days:
            over = start_of(scope.days.last) + DAY
            until = replace(until, first=np.where(carried, np.minimum(until.first, over), until.first))
        kept = self.check.after.gap is not None
        return [
            between(part, self.check.same, here, found, until, kept)
            for part in (self.check.before, self.check.never)
            if part
        ]

    def _then(self, here: Rows, found: Occasions, cure: Cure, due: Deadline | None, as_of: date) -> Answer:
        if not self.check.then:
            running = due.running if due else np.zeros(len(here), bool)
            return answer(np.zeros(len(here), bool), np.where(running, Reason.not_yet_due, 0).astype(np.uint8))
        if self.check.lead:
            return precedes(here, found, cure, self.check.lead, as_of)
        return in_time(here, found, cure, self.check.within, due) if self.check.within and due else follows(found, cure)


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
        studio = self.scope.logs.whose(log, rows)
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

        return Found(log, rows, studio, column, {**facts, **texts}, related=lambda: tuple(related), words=words)

    def _loads(self, places: Ints) -> list[str]:
        part = self.check.also or self.check.never
        if part is None or self.window is None:
            return ["" for _ in places]
        here = Rows(self.scope.logs, self.check.after.log, self.found.rows[places])
        return self.window.take(places).counts(part, self.check.same, here)
