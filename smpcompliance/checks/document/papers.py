"""Papers: which belong to a holder, and on which days each is in force."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.base import Scope
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.document.coverage import EARLIEST, LATEST, Spans, joined
from smpcompliance.checks.document.holders import Holders, assigned
from smpcompliance.checks.find import pairs
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.dates import DATE, DAY, Codes, Duration, Ints, add, end
from smpcompliance.logs.cells import Coded, Moments, Reason, among, first_reason

ENDLESS = frozenset({
    "exposure_control_plan", "infection_control_plan", "hygiene_plan", "skin_protection_plan", "cleaning_schedule",
    "written_procedure", "risk_assessment", "consent_template", "client_information", "aftercare_sheet", "manual",
    "written_scheme", "guideline", "floor_plan", "chemical_list", "ink_declaration",
})  # fmt: skip
"""Papers that have no end by law unless a rule says so: what the studio or a maker writes, not what is granted."""


@dataclass(frozen=True)
class Papers:
    """Papers of holders, one entry for each pair: row of `documents`, holder, and whether it surely is meant."""

    rows: Ints
    holder: Ints
    meant: Answer


@dataclass(frozen=True)
class Term:
    """How long papers count: with an end, at most so long from their start, and so long from their last review."""

    ends: bool
    max_term: Duration | None = None
    reviewed: Duration | None = None
    endless: bool = False


def papers(scope: Scope, who: Holders, types: Sequence[str], where: Conditions, covers: Sequence[str]) -> Papers:
    """The papers of these types with these contents, beside their holders."""
    every = Rows(scope.logs, "documents")
    fits = judge(Conditions({"document_type": {"enum": list(types)}}), every) & judge(where, every)
    if covers:
        fits = fits & judge(Conditions({"covers": {"contains_all": list(covers)}}), every)
    rows = np.flatnonzero(~fits.bad & scope.reached("documents"))
    path = {"premises": "premises_id", "practitioners": "practitioner_id", "equipment": "equipment_id"}.get(who.log)
    which, holder, why = assigned(scope, who, Rows(scope.logs, "documents", rows), path)
    if who.log == "premises":
        which, holder, why = _with_places_named(scope, who, rows, which, holder, why)
    meant = fits.take(rows[which])
    reason = first_reason(meant.why, why)
    return Papers(rows[which], holder, answer(meant.bad, reason))


def _with_places_named(
    scope: Scope, who: Holders, rows: Ints, which: Ints, holder: Ints, why: Codes
) -> tuple[Ints, Ints, Codes]:
    """Adds the places a paper lists; a paper that lists places belongs to these alone."""
    named = pairs(Rows(scope.logs, "premises"), Rows(scope.logs, "documents"), {"premises_id": "premises_ids"})
    keep = who.of_row[named.left] >= 0
    row, place = named.right[keep], who.of_row[named.left[keep]]
    number = np.full(len(scope.logs.log("documents")), -1)
    number[rows] = np.arange(len(rows))
    lists = scope.logs.cells("documents", "premises_ids").why[rows] == 0
    sure = (number[row] >= 0) & lists[np.maximum(number[row], 0)] if len(rows) else np.zeros(len(row), bool)
    stays = (why == 0) | ~lists[which]
    out = np.r_[which[stays], number[row[sure]]], np.r_[holder[stays], place[sure]]
    return out[0], out[1], np.r_[why[stays], np.zeros(int(sure.sum()), np.uint8)].astype(np.uint8)


def in_force(scope: Scope, found: Papers, term: Term) -> tuple[Spans, Spans]:
    """The days on which each paper surely is in force, and those on which it may be."""
    there = Rows(scope.logs, "documents", found.rows)
    status = there.cells("status")
    assert isinstance(status, Coded)
    off = answer(status.where(lambda word: word in ("suspended", "revoked", "pending")), _odd(status.why))
    meant = found.meant & off
    start, known_start = _start(there, review=term.reviewed is not None)
    begin, began = _day(start.at), _day(end(start.at, start.precision))
    last, latest, end_why = _last_day(there, term, start)
    why = np.where(meant.why > 0, meant.why, np.where(known_start, end_why, start.why))
    why = np.where(why > 0, why, Reason.precision).astype(np.uint8)
    may = Spans(found.holder, np.where(known_start, begin, EARLIEST), latest, why)
    sure = Spans(found.holder, np.where(known_start & meant.met, began, LATEST + 1), last, np.zeros(len(why), np.uint8))
    if term.reviewed:
        sure, may = _reviewed(there, term.reviewed, start, known_start, sure, may)
    usable = np.r_[~meant.bad, ~meant.bad] if len(sure.holder) > len(meant.bad) else ~meant.bad
    sure = sure.take((sure.first <= sure.last) & usable)
    return sure, may.take((may.first <= may.last) & ~meant.bad)


def _odd(why: Codes) -> Codes:
    return np.where(why == Reason.unreadable, why, 0).astype(np.uint8)


def _day(at: Ints) -> Ints:
    return np.asarray(at // DAY, np.int64)


def _start(there: Rows, *, review: bool) -> tuple[Moments, np.ndarray]:
    """When each paper starts: valid_from, else issued_on (else, where reviews count, the last review)."""
    first, *others = (there.cells(c) for c in ("valid_from", "issued_on", *(["reviewed_on"] if review else [])))
    assert isinstance(first, Moments)
    for other in others:
        assert isinstance(other, Moments)
        use = among(first.why, Reason.blank, Reason.no_column)
        first = Moments(
            np.where(use, other.why, first.why).astype(np.uint8),
            np.where(use, other.at, first.at),
            np.where(use, other.precision, first.precision).astype(np.uint8),
        )
    return first, first.why == 0


def _last_day(there: Rows, term: Term, start: Moments) -> tuple[Ints, Ints, Codes]:
    """The last day on which each paper surely, and possibly, is in force, and why they differ."""
    until = there.cells("expires_on")
    assert isinstance(until, Moments)
    n = len(until.why)
    if term.endless:
        return np.full(n, LATEST), np.full(n, LATEST), np.zeros(n, np.uint8)
    blank = among(until.why, Reason.blank, Reason.no_column)
    open_end = blank & (not term.ends)
    known = until.why == 0
    last = np.where(known, _day(until.at), np.where(open_end, LATEST, EARLIEST))
    latest = np.where(known, _day(end(until.at, np.maximum(until.precision, DATE))), LATEST)
    if term.max_term:
        low, high = (_day(add(at, term.max_term)) for at in (start.at, end(start.at, start.precision)))
        last = np.where(start.why == 0, np.minimum(last, low), last)
        latest = np.where(start.why == 0, np.minimum(latest, high), latest)
    return last, latest, np.where(open_end, 0, until.why).astype(np.uint8)


def _reviewed(
    there: Rows, every: Duration, start: Moments, known: np.ndarray, sure: Spans, may: Spans
) -> tuple[Spans, Spans]:
    """Only so long after the start and after the last review; in between earlier reviews may have been."""
    review = there.cells("reviewed_on")
    assert isinstance(review, Moments)
    done = review.why == 0
    unread = among(review.why, Reason.unreadable, Reason.no_column)
    first_until = _day(add(np.where(known, start.at, 0), every))
    then, until = _day(end(review.at, review.precision)), _day(add(review.at, every))
    latest = _day(add(end(review.at, review.precision), every))
    first_until = np.where(known, first_until, EARLIEST)
    after_start = Spans(sure.holder, sure.first, np.minimum(sure.last, first_until), sure.why)
    after_review = Spans(
        sure.holder, np.where(done, np.maximum(sure.first, then), LATEST + 1), np.minimum(sure.last, until), sure.why
    )
    high_until = _day(add(np.where(known, end(start.at, start.precision), 0), every))
    last = np.where(done, np.maximum(latest, high_until), np.where(unread, LATEST, np.where(known, high_until, LATEST)))
    plain = may.why == Reason.precision
    why = np.where(plain & done, Reason.history_starts_late, np.where(plain & unread, review.why, may.why))
    return joined([after_start, after_review]), Spans(
        may.holder, may.first, np.minimum(may.last, last), why.astype(np.uint8)
    )
