"""Kind `document`, judged."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.base import Evaluation, Found, Scope, Verdict, missing_logs
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.document import Document
from smpcompliance.checks.document.coming import Duty, asked_for, next_bare_day, opening_day, told
from smpcompliance.checks.document.coverage import BARE, UNTOLD, Activity, Spans, Stretch, joined, judged_days
from smpcompliance.checks.document.duty import While
from smpcompliance.checks.document.holders import Holders, active_days, activity, holders
from smpcompliance.checks.document.papers import ENDLESS, Papers, Term, in_force, papers
from smpcompliance.checks.document.renewal import ending, renewal
from smpcompliance.checks.document.sections import by_section
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.dates import DATE, DAY, Ints, Mask, start_of
from smpcompliance.logs.cells import Cells, Moments, Numbers, Reason


class Judging(Evaluation[Document]):
    def term(self) -> Term:
        """How long its papers count."""
        ends = not set(self.check.document_type) <= ENDLESS if self.check.ends is None else self.check.ends is True
        endless = self.check.before is not None or self.check.ends == "ignored"
        return Term(ends, self.check.max_term, self.check.reviewed, endless=endless)

    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, list(dict.fromkeys(self.check.logs_needed())))
        there, who, found = self._papers(scope, missing)
        if self.check.renew:
            return renewal(there, who, found, self.term(), self.check.renew, missing)
        subjects = self._subjects(there, who, found)
        stretches = subjects.stretches
        sections = [subjects.section[subject] for subject in stretches.holder]
        stretches = replace(stretches, holder=subjects.holder[stretches.holder])
        examined = np.bincount(who.studio[stretches.holder], minlength=len(scope.studios))
        bad, untold = stretches.state == BARE, stretches.state == UNTOLD
        return Verdict(
            examined, self._shown(who, stretches, sections, bad), self._shown(who, stretches, sections, untold), None,
            missing,
        )  # fmt: skip

    def looks_ahead(self) -> bool:
        return True

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        missing = missing_logs(scope, list(dict.fromkeys(self.check.logs_needed())))
        there, who, found = self._papers(scope, missing)
        if self.check.renew:
            return (asked_for(there, who, ending(there, who, found, self.term(), self.check.renew), missing),)
        subjects = self._subjects(there, who, found)
        working = np.full(len(subjects.holder), self.check.while_ is None and self.check.covers_each is None)
        working[subjects.activity.holder] = True
        duty = Duty(
            subjects.holder, subjects.section, subjects.sure, subjects.may, subjects.during, subjects.stretches,
            working, self.check.while_ is not None or self.check.covers_each is not None,
        )  # fmt: skip
        coming = opening_day(there, duty, subjects.days) if self.check.before else next_bare_day(there, who, duty)
        kinds = " or ".join(name.replace("_", " ") for name in self.check.document_type)
        return (told(there, who, found, self.term(), kinds, duty, coming, missing),)

    def _papers(self, scope: Scope, missing: tuple[tuple[int, Reason], ...]) -> tuple[Scope, Holders, Papers]:
        """The scope without studios that lack a log, the holders and their papers."""
        lacking = np.zeros(len(scope.studios), bool)
        lacking[[studio for studio, _ in missing]] = True
        there = Scope(scope.logs, scope.period, scope.valid, scope.as_of, scope.studios & ~lacking)
        who = holders(
            there, self.check.for_, self.check.holder_where.where if self.check.holder_where else Conditions({})
        )
        return there, who, papers(there, who, self.check.document_type, self.check.where, self.check.covers)

    def _subjects(self, scope: Scope, who: Holders, found: Papers) -> "_Subjects":
        days = self._opening(scope, who) if self.check.before else active_days(scope, who)
        sure, may = in_force(scope, found, self.term())
        made = self.check.while_ or While(log="sessions")
        acts = activity(scope, who, made.log, made.where)
        if self.check.while_ and not self.check.before and self.check.for_ in ("studio", "premises"):
            days = _with_early_work(scope, days, acts)
        during = self._during(scope, who) if self.check.during else None
        only, holder, sections = self.check.while_ is not None, np.arange(len(who.rows)), [""] * len(who.rows)
        if self.check.covers_each:
            where = self.check.while_.where if self.check.while_ else None
            split = by_section(scope, who, found, self.check.covers_each, where, self.term())
            days, sure, may, acts = split.days(days), split.sure, split.may, split.activity
            during = split.spread(during) if during else None
            days, only = _active_span(days, acts, self.check.no_gap), not self.check.no_gap
            holder, sections = split.holder, split.sections
        elif only and self.check.no_gap:
            days, only = _active_span(days, acts, True), False
        stretches = judged_days(days, sure, may, acts, only_active=only, during=during)
        return _Subjects(holder, sections, days, sure, may, during, acts, stretches)

    def _during(self, scope: Scope, who: Holders) -> Spans:
        assert self.check.during
        other = papers(scope, who, self.check.during.document_type, self.check.during.where, ())
        return joined(list(in_force(scope, other, Term(not set(self.check.during.document_type) <= ENDLESS))))

    def _opening(self, scope: Scope, who: Holders) -> Spans:
        """The one day of each holder by which the paper must be there, where it lies in the audit."""
        assert self.check.before
        column = self.check.before.rpartition(".")[2]
        n = len(who.rows)
        at = scope.logs.profile(column).take(who.studio) if self.check.for_ == "studio" else (
            scope.logs.cells(self.check.for_, column).take(who.rows, (who.rows < 0).astype(np.uint8)))  # fmt: skip
        assert isinstance(at, Moments)
        days = scope.days
        inside = (at.why == 0) & (days.holds(at.at) if days else False)
        day = at.at // DAY
        return Spans(np.arange(n), np.where(inside, day, 1), np.where(inside, day, 0), who.meant.why)

    def _shown(self, who: Holders, found: Stretch, sections: list[str], keep: Mask) -> Found:
        places = np.flatnonzero(keep)
        part = found.take(places)
        none = np.zeros(len(places), np.uint8)
        dates = np.full(len(places), DATE, np.uint8)
        rows = who.rows[part.holder]
        made = self.check.while_.log if self.check.while_ else "sessions"
        log, rows = (made, part.row) if self.check.for_ == "studio" else (self.check.for_, rows)
        first, last = (Moments(none, day * DAY, dates) for day in (part.first, part.last))
        facts: dict[str, list[str] | Cells] = {
            "from": first,
            "to": last,
            "activity": Numbers(none, part.active.astype(np.float64), True),
            "document_type": [", ".join(self.check.document_type)] * len(places),
            "covers": [sections[place] for place in places],
        }
        entries = np.flatnonzero(part.row >= 0)
        related = ((made, entries, part.row[entries]),) if log != made else ()
        return Found(
            log, rows, who.studio[part.holder], "", facts, part.why, lambda: related,
            lambda n: f"no paper from {first.text(n)} to {last.text(n)}, {part.active[n]} records in that time",
        )  # fmt: skip


@dataclass(frozen=True)
class _Subjects:
    """Holders, or holders split by section: their judged days, the days covered, what they did, and the answers."""

    holder: Ints
    section: list[str]
    days: Spans
    sure: Spans
    may: Spans
    during: Spans | None
    activity: Activity
    stretches: Stretch


def _with_early_work(scope: Scope, days: Spans, acts: Activity) -> Spans:
    """The judged days, begun earlier where records that make a paper due lie before the holder's first day."""
    if scope.days is None:
        return days
    audited = start_of(scope.days.first) // DAY
    first = days.first.copy()
    sure = (acts.why == 0) & (acts.first >= audited) & (acts.first <= days.last[acts.holder])
    np.minimum.at(first, acts.holder[sure], acts.first[sure])
    return Spans(days.holder, first, days.last, days.why)


def _active_span(days: Spans, acts: Activity, whole: bool) -> Spans:
    """The days from the first to the last record that surely makes a paper due; all days if not `whole`."""
    if not whole:
        return days
    n = len(days.holder)
    first, last = np.full(n, 2**40), np.full(n, -(2**40))
    held = (acts.why == 0) & (acts.first >= days.first[acts.holder]) & (acts.last <= days.last[acts.holder])
    np.minimum.at(first, acts.holder[held], acts.first[held])
    np.maximum.at(last, acts.holder[held], acts.last[held])
    return Spans(days.holder, np.maximum(days.first, first), np.minimum(days.last, last), days.why)
