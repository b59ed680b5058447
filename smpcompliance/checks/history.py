"""The records that an audit looks at without judging each: those of the period and everything before it."""

from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, all_met
from smpcompliance.checks.base import Scope
from smpcompliance.checks.check import Selection
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.find import seek
from smpcompliance.checks.judging import Rows, judge, narrowed
from smpcompliance.checks.sought import Find
from smpcompliance.checks.stretches import day_number
from smpcompliance.dates import DATE, DAY, Codes, Ints, Mask, end, floor
from smpcompliance.logs.cells import Cells, Moments, Reason, because, first_reason
from smpcompliance.logs.table import for_many

UNDATED = 10**7  # days; beyond all calendars


@dataclass(frozen=True)
class Records:
    """Records that may be meant, of any day up to the audit's last.

    Attributes:
        rows: rows of the log; `studio` whose.
        belongs: whether each surely is meant.
        at: second of each; `precision` how far it is known; `why` why it is not (0 where it is).
        low, high: first and last day each may mean; unbounded where its date says nothing.
    """

    rows: Ints
    studio: Ints
    belongs: Answer
    moment: Moments
    low: Ints
    high: Ints

    def take(self, keep: Mask | Ints) -> "Records":
        """Some of them."""
        if keep.dtype == bool and keep.all():
            return self
        places: Ints = np.flatnonzero(keep) if keep.dtype == bool else np.asarray(keep, np.int64)
        return Records(
            self.rows[places], self.studio[places], self.belongs.take(places), self.moment.take(places),
            self.low[places], self.high[places],
        )  # fmt: skip

    @property
    def doubt(self) -> Codes:
        """Why a record may not be meant or may lie on another day (0 = it surely is and does)."""
        return first_reason(self.belongs.why, self.moment.why, because(self.low != self.high, Reason.precision))


def history(selection: Selection, scope: Scope, moment: str, unless: Find | None = None) -> Records:
    """The records of a selection up to the last judged day, whatever their day.

    Raises:
        ValueError: the rule has no day in the audit.
    """
    if scope.days is None:
        raise ValueError("the rule has no day in the audit")
    rows = scope.rows(selection.log)
    rows, belongs = narrowed(selection.where, scope.logs, selection.log, rows, all_met(len(rows)))
    here = Rows(scope.logs, selection.log, rows)
    if selection.exempt:
        paper = judge(Conditions({selection.exempt.paper: Constraint(required=True)}), here)
        shown = judge(selection.exempt.where, here) & Answer(~paper.met, np.zeros(len(rows), np.uint8))
        belongs = belongs & ~shown
    if unless:
        belongs = belongs & ~seek(unless, here).answer
    cells = here.cells(moment)
    assert isinstance(cells, Moments)
    last = min(day_number(scope.days.last), day_number(scope.as_of))
    low, high = scope.logs.memo.get(
        ("days", selection.log, moment), lambda: _days(scope.logs.cells(selection.log, moment))
    )
    if rows is not scope.logs.every(selection.log):
        low, high = low.take(rows), high.take(rows)
    studio = scope.logs.whose(selection.log, rows).astype(np.int64)
    found = Records(rows, studio, belongs, cells, low, np.minimum(high, np.maximum(low, last)))
    return found.take(~belongs.bad & (low <= last))


def _days(cells: Cells) -> tuple[Ints, Ints]:
    """First and last day that each moment may mean."""
    assert isinstance(cells, Moments)
    known = cells.why == 0
    low = np.where(known, floor(cells.at, np.maximum(cells.precision, DATE)) // DAY, -UNDATED)
    return for_many(low), for_many(np.where(known, end(cells.at, cells.precision) // DAY, UNDATED))
