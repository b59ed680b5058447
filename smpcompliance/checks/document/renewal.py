"""Papers whose end is near: has their renewal been asked for?"""

from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import answer
from smpcompliance.checks.base import Found, Scope, Verdict
from smpcompliance.checks.document.coverage import LATEST
from smpcompliance.checks.document.holders import Holders, in_service
from smpcompliance.checks.document.papers import Papers, Term, in_force
from smpcompliance.checks.judging import Rows, holidays_of, latest_start
from smpcompliance.dates import DATE, DAY, Codes, Duration, Ints, Mask, start_of
from smpcompliance.logs.cells import Coded, Moments, Reason


@dataclass(frozen=True)
class Ending:
    """For each holder that has one, the paper in force on the audit day that ends last.

    Attributes:
        holder: whose; `row` its row in `documents`.
        ends: its last day; `ask_by` the last day for asking for another.
        asked: whether renewal was asked for, or a paper is granted that follows without a gap.
        why: why that cannot be told, 0 where it can.
    """

    holder: Ints
    row: Ints
    ends: Ints
    ask_by: Ints
    asked: Mask
    why: Codes


def ending(scope: Scope, who: Holders, found: Papers, term: Term, lead: Duration) -> Ending:
    """The papers that end, with the day by which their renewal must be asked for; those without an end are left out,
    and those of holders that stop before it."""
    today = start_of(scope.as_of) // DAY
    whole = Rows(scope.logs, "documents", found.rows)
    sure, may = ends_of_papers(scope, found, term)
    now = (may >= today) & ~found.meant.bad & _started(scope, found, term, today)
    order = np.lexsort((found.rows, may, found.holder))
    order = order[now[order]]
    holder = found.holder[order]
    last = order[np.r_[holder[1:] != holder[:-1], True]] if len(order) else order
    whose = found.holder[last]
    asked = np.zeros(len(who.rows), bool)
    applied, status = whole.cells("applied_on"), whole.cells("status")
    assert isinstance(status, Coded)
    pending = status.where(lambda word: word == "pending") & (applied.why == 0) & ~found.meant.bad
    asked[found.holder[pending]] = True
    asked[whose] |= _asked_after_its_start(whole, last)
    asked[whose] |= _next_begins(scope, who, found, term, today)[whose] <= may[last] + 1
    ends = np.where(may[last] >= LATEST, today, may[last])
    here = Rows(scope.logs, "documents", found.rows[last])
    ask_by = latest_start(ends * DAY, lead, holidays_of(here)) // DAY
    unsure = sure[last] < may[last]
    why = np.where(found.meant.why[last] > 0, found.meant.why[last], np.where(unsure, Reason.blank, 0))
    why = np.where(who.meant.why[whose] > 0, who.meant.why[whose], why)
    near = (today > ask_by) | unsure
    why = np.where(near & ~asked[whose], why, 0).astype(np.uint8)
    out = Ending(whose, found.rows[last], ends, ask_by, asked[whose], why)
    endless = (may[last] >= LATEST) & (sure[last] >= LATEST)
    stops = in_service(scope, who)[1][whose] <= ends
    keep = ~endless & ~stops
    return Ending(*(getattr(out, name)[keep] for name in out.__dataclass_fields__))


def renewal(
    scope: Scope, who: Holders, found: Papers, term: Term, lead: Duration, missing: tuple[tuple[int, Reason], ...]
) -> Verdict:
    """Judges, for each holder, the paper in force on the audit day that ends last.

    Failed where its end is nearer than `lead`, neither it nor a pending successor says when renewal was asked for, and
    none is granted that follows without a gap.
    Facts: `ends`, `ask_by` (the last day for asking), `document_type`.
    """
    today, days = start_of(scope.as_of) // DAY, scope.days
    judged = days is not None and start_of(days.first) <= today * DAY <= start_of(days.last)
    papers = ending(scope, who, found, term, lead)
    late = ((today > papers.ask_by) & ~papers.asked) | (papers.why > 0)
    judgement = answer(late, papers.why)
    keep = np.arange(len(late)) if judged else np.zeros(0, np.int64)

    def shown(mask: np.ndarray) -> Found:
        at = keep[mask[keep]]
        none = np.zeros(len(at), np.uint8)
        on = np.full(len(at), DATE, np.uint8)
        facts = {"ends": Moments(none, papers.ends[at] * DAY, on), "ask_by": Moments(none, papers.ask_by[at] * DAY, on)}
        return Found(
            "documents", papers.row[at], who.studio[papers.holder[at]], "applied_on", facts, judgement.why[at],
            words=lambda entry: f"ends {facts['ends'].text(entry)}, renewal due by {facts['ask_by'].text(entry)}",
        )  # fmt: skip

    examined = np.bincount(who.studio[papers.holder[keep]], minlength=len(scope.studios))
    return Verdict(examined, shown(judgement.bad), shown(judgement.unknown), None, missing)


def ends_of_papers(scope: Scope, found: Papers, term: Term) -> tuple[np.ndarray, np.ndarray]:
    """The last day of each paper, as it surely and as it possibly is; long ago for papers out of force."""
    n = len(found.rows)
    numbered = Papers(found.rows, np.arange(n), found.meant)
    out = []
    for spans in in_force(scope, numbered, term):
        last = np.full(n, -LATEST)
        np.maximum.at(last, spans.holder, spans.last)
        out.append(last)
    return out[0], out[1]


def _asked_after_its_start(papers: Rows, rows: np.ndarray) -> np.ndarray:
    """Which papers tell of an application later than their own first day: an earlier one was for the paper itself."""
    applied, start, issued = (papers.cells(c) for c in ("applied_on", "valid_from", "issued_on"))
    assert isinstance(applied, Moments) and isinstance(start, Moments) and isinstance(issued, Moments)
    begun = np.where(start.why == 0, start.at, issued.at)
    known = (start.why == 0) | (issued.why == 0)
    return np.asarray(((applied.why == 0) & (~known | (applied.at > begun)))[rows])


def _next_begins(scope: Scope, who: Holders, found: Papers, term: Term, today: int) -> np.ndarray:
    """For each holder the first day after today on which a paper that was granted begins; far away where none does."""
    sure, _ = in_force(scope, found, term)
    first = np.full(len(who.rows), LATEST + 2)
    later = sure.first > today
    np.minimum.at(first, sure.holder[later], sure.first[later])
    return first


def _started(scope: Scope, found: Papers, term: Term, today: int) -> np.ndarray:
    n = len(found.rows)
    _, may = in_force(scope, Papers(found.rows, np.arange(n), found.meant), term)
    begun = np.zeros(n, bool)
    begun[may.holder[may.first <= today]] = True
    return begun
