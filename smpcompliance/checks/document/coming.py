"""When papers are due next: the first day that no paper covers, and the last day for asking for another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.base import Scope
from smpcompliance.checks.document.coverage import (
    BARE,
    COVERED,
    EARLIEST,
    LATEST,
    UNTOLD,
    Activity,
    Spans,
    Stretch,
    judged_days,
)
from smpcompliance.checks.document.holders import Holders, in_service
from smpcompliance.checks.document.papers import Papers, Term
from smpcompliance.checks.document.renewal import Ending, ends_of_papers
from smpcompliance.checks.upcoming import NO_DAY, Upcoming, asked_from, day_of, in_law
from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.schema import schema

Reasons = tuple[tuple[int, Reason], ...]
_NO_ACTIVITY = Activity(*(np.zeros(0, np.int64),) * 4, np.zeros(0, np.uint8))


@dataclass(frozen=True)
class Duty:
    """The days of subjects (holders, or their sections), as the verdict sees them.

    Attributes:
        holder: of each subject; `section` its section, empty without.
        sure, may: days covered for sure, and possibly; `during` the days that alone are judged.
        judged: the stretches that were judged up to the audit day, in terms of subjects.
        active: which subjects have anything on record that makes a paper due; all where nothing does.
        conditional: whether only work makes the paper due.
    """

    holder: Ints
    section: Sequence[str]
    sure: Spans
    may: Spans
    during: Spans | None
    judged: Stretch
    active: Mask
    conditional: bool


@dataclass(frozen=True)
class Coming:
    """What is due of subjects: last day in time, breached and still open, why it cannot be told."""

    subject: Ints
    due: Ints
    late: Mask
    why: Codes
    conditional: Mask


def next_bare_day(scope: Scope, who: Holders, duty: Duty) -> Coming:
    """For each subject the day before the first that nothing covers, from the day of the list on."""
    start, n = asked_from(scope), np.arange(len(duty.holder))
    begin, until = in_service(scope, who)
    begin, until = begin[duty.holder], np.minimum(until[duty.holder], day_of(scope.valid.last))
    days = Spans(n, np.maximum(begin, start), until, who.meant.why[duty.holder])
    ahead = judged_days(days, duty.sure, duty.may, _NO_ACTIVITY, only_active=False, during=duty.during)
    ahead = ahead.take(ahead.state != COVERED)
    first = np.unique(ahead.holder, return_index=True)[1]
    ahead = ahead.take(first)
    subject, bare_now = ahead.holder, (ahead.first == start) & (start == day_of(scope.as_of))
    ended = np.full(len(n), EARLIEST)
    past = duty.sure.take(duty.sure.first <= start)
    np.maximum.at(ended, past.holder, np.minimum(past.last, start))
    open_ = duty.judged.take(duty.judged.last > ended[duty.judged.holder])
    needed, doubt = np.full(len(n), NO_DAY), np.zeros(len(n), np.uint8)
    bare = open_.take(open_.state == BARE)
    np.minimum.at(needed, bare.holder, bare.first)
    untold = open_.take(open_.state == UNTOLD)
    doubt[untold.holder] = untold.why
    late = bare_now & (ahead.state == BARE) & (needed[subject] < NO_DAY)
    paper_ended = np.where(ended[subject] > EARLIEST, ended[subject], needed[subject])
    due = np.where(bare_now, paper_ended, ahead.first - 1)
    why = np.where(ahead.state == UNTOLD, ahead.why, np.where(bare_now & ~late, doubt[subject], 0)).astype(np.uint8)
    found = Coming(subject, due, late & (why == 0), why, duty.conditional & ~late)
    return _kept(found, duty.active[subject] | late)


def opening_day(scope: Scope, duty: Duty, days: Spans) -> Coming:
    """For each holder the day by which a paper must have started, where that is ahead or none has started since."""
    today = day_of(scope.as_of)
    stretches = judged_days(days, duty.sure, duty.may, _NO_ACTIVITY, only_active=False, during=None)
    stretches = stretches.take(stretches.state != COVERED)
    started = np.zeros(len(days.holder), bool)
    started[duty.sure.holder[duty.sure.first <= today]] = True
    late = (stretches.first < today) & ~started[stretches.holder] & (stretches.state == BARE)
    no = np.zeros(len(late), bool)
    found = Coming(stretches.holder, stretches.first, late, stretches.why, no)
    return _kept(found, late | (stretches.first >= today))


def _kept(found: Coming, keep: Mask) -> Coming:
    return Coming(*(getattr(found, name)[keep] for name in found.__dataclass_fields__))


def told(
    scope: Scope, who: Holders, papers: Papers, term: Term, types: str, duty: Duty, found: Coming, missing: Reasons
) -> Upcoming:
    """What is due of papers, with the paper of each holder that ends last."""
    found = _kept(found, found.late | (found.why > 0) | in_law(scope, found.due))
    holder = duty.holder[found.subject]
    paper = _last_paper(scope, who, papers, term)[holder]
    sections = [duty.section[subject] for subject in found.subject.tolist()]
    subject = _named(scope, who, holder) | ({"covers": sections} if any(sections) else {})
    ends = f"the last {types} on record" + (
        f", to be reviewed every {term.reviewed}" if term.reviewed else " ends then"
    )
    return Upcoming(
        "documents", paper, who.studio[holder], found.due, found.late, found.conditional, found.why, subject,
        "reviewed_on" if term.reviewed else "expires_on", who.log,
        words=lambda entry: ends if paper[entry] >= 0 else f"no {types} on record",
        reasons=missing,
    )  # fmt: skip


def asked_for(scope: Scope, who: Holders, papers: Ending, missing: Reasons) -> Upcoming:
    """By when the renewal of papers must be asked for."""
    keep = ~papers.asked & ((papers.why > 0) | in_law(scope, papers.ask_by))
    part = Ending(*(getattr(papers, name)[keep] for name in papers.__dataclass_fields__))
    late = (part.why == 0) & (part.ask_by < day_of(scope.as_of))
    ends = part.ends.astype("datetime64[D]")
    return Upcoming(
        "documents", part.row, who.studio[part.holder], part.ask_by, late, np.zeros(len(late), bool), part.why,
        _named(scope, who, part.holder), "applied_on", who.log,
        words=lambda entry: f"it ends on {ends[entry]}, and no renewal is on record", reasons=missing,
    )  # fmt: skip


def _last_paper(scope: Scope, who: Holders, papers: Papers, term: Term) -> Ints:
    """For each holder the row of the paper that surely is in force longest, -1 without one."""
    row = np.full(len(who.rows), -1)
    last, _ = ends_of_papers(scope, papers, term)
    usable = np.flatnonzero(last > -LATEST)
    order = usable[np.lexsort((papers.rows[usable], last[usable]))]
    row[papers.holder[order]] = papers.rows[order]
    return row


def _named(scope: Scope, who: Holders, holder: Ints) -> dict[str, Sequence[str]]:
    if who.log == "studio":
        return {}
    key = schema(who.log).key
    cells, rows = scope.logs.cells(who.log, key), who.rows[holder]
    return {key: [cells.text(row) if row >= 0 else "" for row in rows.tolist()]}
