"""Kind `document`: a valid paper is there all the time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from smpcompliance.checks.base import Check, Found, Scope, Verdict, missing_logs
from smpcompliance.checks.condition import Conditions, Length
from smpcompliance.checks.document.coming import Duty, asked_for, next_bare_day, opening_day, told
from smpcompliance.checks.document.coverage import BARE, UNTOLD, Activity, Spans, Stretch, joined, judged_days
from smpcompliance.checks.document.duty import Chosen, During, Types, While, column_of_log, with_log_of_holder
from smpcompliance.checks.document.holders import Holder, Holders, active_days, activity, holders
from smpcompliance.checks.document.papers import ENDLESS, Papers, Term, in_force, papers
from smpcompliance.checks.document.renewal import ending, renewal
from smpcompliance.checks.document.sections import by_section
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.checks.words import say
from smpcompliance.dates import DATE, DAY, Ints, Mask, start_of
from smpcompliance.logs.cells import Cells, Moments, Numbers, Reason
from smpcompliance.logs.schema import schema
from smpcompliance.logs.studio import PROFILE


class Document(Check):
    """For each holder (`for`) and each day it is active a paper of `document_type` is in force.

    A paper counts from `valid_from` (blank: `issued_on`) through `expires_on`, unless pending, suspended or revoked.
    A blank start cannot be judged. A blank end is no end where the type has none by law (`ends: false`; the default
    for plans, manuals and other papers nobody grants), else it cannot be judged; `ends: ignored` looks at no end,
    written or not. `max_term` cuts the term; `reviewed` wants the last of start and review not older than that, and
    days before the only known review cannot be judged. `where` and `covers` (content words) say more about the paper;
    `covers_each: sessions.procedure` wants a section for each value found there, judged on the days it was found.
    `holder_where` picks holders.

    Judged are the days of the audit up to the audit day on which holder and studio surely are active; with `while` only
    the days with such a record (with `no_gap` all days from the first to the last of them); with `during` only days
    on which a paper of that type is in force. `before: opened_on` judges one day instead: a paper must have started by
    that day of the holder's. `renew` judges the audit day instead: a paper whose end is nearer than that must show
    `applied_on`. Rooms share the papers of the place they are part of; a studio without any place on its list is its
    only place; a paper without a holder belongs to the only one, or may belong to any.

    A stretch of days with one answer is one thing judged; one finding is one gap. Facts: `from`, `to`, `activity`
    (records in the gap), `document_type`, `covers` (the section that is missing). Its row is the holder's, -1 for a
    studio.
    """

    kind: Literal["document"]
    for_: Holder = Field(alias="for")
    document_type: Types
    where: Conditions = Conditions({})
    holder_where: Chosen | None = None
    reviewed: Length | None = None
    max_term: Length | None = None
    ends: bool | Literal["ignored"] | None = None
    covers: list[str] = []
    covers_each: Annotated[str, AfterValidator(column_of_log)] | None = None
    before: str | None = None
    renew: Length | None = None
    no_gap: bool = False
    while_: While | None = Field(None, alias="while")
    during: During | None = None

    @property
    def log(self) -> str:
        """The log its conditions speak of."""
        return "documents"

    @model_validator(mode="before")
    @classmethod
    def _holders(cls, source: Any) -> Any:
        return with_log_of_holder(source)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Document":
        column = self.before and self.before.rpartition(".")[2]
        known = PROFILE if self.for_ == "studio" else schema(self.for_).columns
        if column and column not in known:
            raise ValueError(f"{self.for_} has no column {column!r}")
        if self.before and (self.renew or self.while_ or self.during or self.covers_each):
            raise ValueError("before judges one day: it goes without renew, while, during and covers_each")
        if self.renew and (self.while_ or self.during or self.covers_each):
            raise ValueError("renew judges the audit day: it goes without while, during and covers_each")
        types = schema("documents").columns["document_type"].one_of
        if unknown := [t for t in (*self.document_type, *(self.during.document_type if self.during else ()))
                       if t not in types]:  # fmt: skip
            raise ValueError(f"there is no document type {unknown[0]!r}; the types are {', '.join(types)}")
        return self

    def logs_needed(self) -> Iterator[str]:
        yield "documents"
        places = self.for_ == "premises" and bool(self.holder_where or self.before)
        if places or self.for_ in ("practitioners", "equipment"):
            yield self.for_
        if self.while_:
            yield self.while_.log
        if self.covers_each:
            yield self.covers_each.partition(".")[0]

    def explain(self) -> str:
        kinds = " or ".join(name.replace("_", " ") for name in self.document_type)
        whose = {"studio": "the studio", "premises": "each place", "practitioners": "each practitioner",
                 "equipment": "each machine"}[self.for_]  # fmt: skip
        if self.holder_where:
            whose += f" with {say.conditions(self.holder_where.where)}"
        more = f" that covers {say.names(self.covers)}" if self.covers else ""
        more += f" with a section for each of {say.names([self.covers_each])}" if self.covers_each else ""
        more += f", reviewed within {self.reviewed}" if self.reviewed else ""
        more += f", counted for at most {self.max_term}" if self.max_term else ""
        if self.renew:
            return f"A {kinds} of {whose} that ends within {self.renew} must show that its renewal was asked for."
        if self.before:
            return f"A {kinds} of {whose}{more} must be there by {say.names([self.before])}."
        when = "every day"
        if self.while_:
            where = f" with {say.conditions(self.while_.where)}" if self.while_.where else ""
            when = f"every day with a record of {say.log(self.while_.log)}{where}"
        if self.during:
            when += f" on which a {' or '.join(self.during.document_type).replace('_', ' ')} is in force"
        return f"A {kinds}{more} must be in force for {whose} on {when}."

    def term(self) -> Term:
        """How long its papers count."""
        ends = not set(self.document_type) <= ENDLESS if self.ends is None else self.ends is True
        endless = self.before is not None or self.ends == "ignored"
        return Term(ends, self.max_term, self.reviewed, endless=endless)

    def facts(self) -> Sequence[str]:
        return ("ends", "ask_by") if self.renew else ("from", "to", "activity", "document_type", "covers")

    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, list(dict.fromkeys(self.logs_needed())))
        there, who, found = self._papers(scope, missing)
        if self.renew:
            return renewal(there, who, found, self.term(), self.renew, missing)
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
        missing = missing_logs(scope, list(dict.fromkeys(self.logs_needed())))
        there, who, found = self._papers(scope, missing)
        if self.renew:
            return (asked_for(there, who, ending(there, who, found, self.term(), self.renew), missing),)
        subjects = self._subjects(there, who, found)
        working = np.full(len(subjects.holder), self.while_ is None and self.covers_each is None)
        working[subjects.activity.holder] = True
        duty = Duty(
            subjects.holder, subjects.section, subjects.sure, subjects.may, subjects.during, subjects.stretches,
            working, self.while_ is not None or self.covers_each is not None,
        )  # fmt: skip
        coming = opening_day(there, duty, subjects.days) if self.before else next_bare_day(there, who, duty)
        kinds = " or ".join(name.replace("_", " ") for name in self.document_type)
        return (told(there, who, found, self.term(), kinds, duty, coming, missing),)

    def _papers(self, scope: Scope, missing: tuple[tuple[int, Reason], ...]) -> tuple[Scope, Holders, Papers]:
        """The scope without studios that lack a log, the holders and their papers."""
        lacking = np.zeros(len(scope.studios), bool)
        lacking[[studio for studio, _ in missing]] = True
        there = Scope(scope.logs, scope.period, scope.valid, scope.as_of, scope.studios & ~lacking)
        who = holders(there, self.for_, self.holder_where.where if self.holder_where else Conditions({}))
        return there, who, papers(there, who, self.document_type, self.where, self.covers)

    def _subjects(self, scope: Scope, who: Holders, found: Papers) -> "_Subjects":
        days = self._opening(scope, who) if self.before else active_days(scope, who)
        sure, may = in_force(scope, found, self.term())
        made = self.while_ or While(log="sessions")
        acts = activity(scope, who, made.log, made.where)
        if self.while_ and not self.before and self.for_ in ("studio", "premises"):
            days = _with_early_work(scope, days, acts)
        during = self._during(scope, who) if self.during else None
        only, holder, sections = self.while_ is not None, np.arange(len(who.rows)), [""] * len(who.rows)
        if self.covers_each:
            where = self.while_.where if self.while_ else None
            split = by_section(scope, who, found, self.covers_each, where, self.term())
            days, sure, may, acts = split.days(days), split.sure, split.may, split.activity
            during = split.spread(during) if during else None
            days, only = _active_span(days, acts, self.no_gap), not self.no_gap
            holder, sections = split.holder, split.sections
        elif only and self.no_gap:
            days, only = _active_span(days, acts, True), False
        stretches = judged_days(days, sure, may, acts, only_active=only, during=during)
        return _Subjects(holder, sections, days, sure, may, during, acts, stretches)

    def _during(self, scope: Scope, who: Holders) -> Spans:
        assert self.during
        other = papers(scope, who, self.during.document_type, self.during.where, ())
        return joined(list(in_force(scope, other, Term(not set(self.during.document_type) <= ENDLESS))))

    def _opening(self, scope: Scope, who: Holders) -> Spans:
        """The one day of each holder by which the paper must be there, where it lies in the audit."""
        assert self.before
        column = self.before.rpartition(".")[2]
        n = len(who.rows)
        at = scope.logs.profile(column).take(who.studio) if self.for_ == "studio" else (
            scope.logs.cells(self.for_, column).take(who.rows, (who.rows < 0).astype(np.uint8)))  # fmt: skip
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
        made = self.while_.log if self.while_ else "sessions"
        log, rows = (made, part.row) if self.for_ == "studio" else (self.for_, rows)
        first, last = (Moments(none, day * DAY, dates) for day in (part.first, part.last))
        facts: dict[str, list[str] | Cells] = {
            "from": first,
            "to": last,
            "activity": Numbers(none, part.active.astype(np.float64), True),
            "document_type": [", ".join(self.document_type)] * len(places),
            "covers": [sections[place] for place in places],
        }
        entries = np.flatnonzero(part.row >= 0)
        related = ((made, entries, part.row[entries]),) if log != made else ()
        return Found(
            log, rows, who.studio[part.holder], "", facts, part.why, related,
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
