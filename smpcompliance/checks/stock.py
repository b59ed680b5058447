"""The last day on which a lot may be used, read from the condition with which a rule forbids its use afterwards."""

from collections.abc import Iterator

import numpy as np

from smpcompliance.checks.base import Scope, subject_names
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.upcoming import Upcoming, day_of, in_law
from smpcompliance.dates import DATE, DAY, end
from smpcompliance.logs.cells import Moments, first_reason
from smpcompliance.logs.schema import schema
from smpcompliance.logs.standing import stock

LOTS = "supply_lots"
_LAST_DAY = "its last day of use; "


def last_day_columns(log: str, conditions: Conditions, moment: str | None) -> Iterator[str]:
    """The columns of lots that conditions on uses want to be not before the moment of the use: `expires_on`."""
    for path, constraint, _ in conditions.columns():
        if constraint.not_before is not None and constraint.not_before == moment and (column := _of_lot(log, path)):
            yield column


def _of_lot(log: str, path: str) -> str | None:
    """A column of the lot that a column of a log is, across a link or where its own cell is blank."""
    own = schema(log).columns.get(path)
    link, _, column = ((own.otherwise or "") if own else path).partition(".")
    return column if schema(log).links.get(link, ("", ""))[1] == LOTS and "." not in column else None


def usable_lots(scope: Scope, log: str, where: Conditions, columns: list[str]) -> Upcoming:
    """Until when the lots that a rule speaks of may be used.

    Of a lot on stock its last day is told even when it is past; where the quantity is not known only a day to come.

    Args:
        log: the log of uses; `where` which of them the rule means, as far as a lot itself shows it.
        columns: the columns of lots that say the last day; the earliest counts.
    """
    meant = judge(_on_lots(log, where), Rows(scope.logs, LOTS))
    left, unknown = stock(scope.logs, day_of(scope.as_of))
    rows = np.flatnonzero(scope.reached(LOTS) & ~meant.bad & (left | unknown))
    last, why = np.full(len(rows), np.iinfo(np.int64).max), np.zeros(len(rows), np.uint8)
    for column in columns:
        cells = scope.logs.cells(LOTS, column).take(rows)
        assert isinstance(cells, Moments)
        day = end(cells.at, np.maximum(cells.precision, DATE)) // DAY
        last = np.where(cells.why == 0, np.minimum(last, day), last)
        why = first_reason(why, cells.why)
    told = (why == 0) & ((last >= day_of(scope.as_of)) | left[rows]) & in_law(scope, last)
    keep = told | ((why > 0) & left[rows])
    rows, last, why = rows[keep], np.where(why > 0, 0, last)[keep], why[keep]
    no = np.zeros(len(rows), bool)
    return Upcoming(
        LOTS, rows, scope.logs.log(LOTS).studio[rows].astype(np.int64), last, no, ~no, why,
        subject_names(scope.logs, LOTS, [schema(LOTS).key], rows), columns[0], LOTS,
        words=lambda entry: _LAST_DAY + ("in stock" if left[rows[entry]] else "how much is left is not known"),
    )  # fmt: skip


def _on_lots(log: str, where: Conditions) -> Conditions:
    """The conditions on uses that a lot itself can meet; the others are left open."""
    found = {
        column: part
        for path, part in where.root.items()
        if not isinstance(part, list) and not list(part.compared()) and (column := _same_of_lot(log, path))
    }
    return Conditions(found)


def _same_of_lot(log: str, path: str) -> str | None:
    known = schema(LOTS).columns
    return _of_lot(log, path) or (path if path in known and path == "item_type" else None)
