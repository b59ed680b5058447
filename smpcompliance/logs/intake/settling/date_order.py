"""The order of day, month and year in dates written with figures only, where a column itself leaves no choice."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import iso_days
from smpcompliance.logs.schema import LogSchema
from smpcompliance.logs.written import YEAR_LAST, orders_possible

_MAY_BE_ONE = (
    r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d|(?:^|[^\d])\d{1,2}[-/., ]*\pL{3,}\.?[-/., ]*'?\d{2}(?:[^\d:]|$)"  # RE2
)
_YEAR_FIRST = r"^\s+\d{4}-\d"
_TIME = r"(?:[Tt]|[,\s]+)\d{1,2}[:hH]\d{2}.*$"
_MOST_DAYS = 100_000
"""A column with more different days than two centuries have holds something else, and settles no order."""


@dataclass(frozen=True)
class Shown:
    """What the columns of a table show: (column, order) pairs, and what the owner should know of it."""

    orders: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def date_orders(
    known: LogSchema,
    columns: Mapping[str, pa.Array],
    heads: Mapping[str, str],
    lines: Ints,
    taken: Mapping[str, str] | None = None,
    declared: str | tuple[tuple[str, str], ...] | None = None,
    stated: Mapping[str, str] | None = None,
) -> Shown:
    """Looks at each column of dates: which orders make every cell a day of the calendar. One alone settles its column.

    A day above 12 leaves out an order, so does `31/04` or a year of one figure; where the year has two figures, it may
    also stand in front. A head that says the order (`Date (dd/mm/yy)`) settles it, unless a cell contradicts it. Where
    several orders are left, or none, the column has none: dates in figures are unreadable until the studio says one.

    Args:
        lines: physical line of each row.
        taken: column → column from which its cells took their days (`times.Settled.days_of`); it has that one's order.
        declared: what studio.yaml says (`FileReading.dates`); columns of which it says an order are not looked at.
        stated: column → order that its head states (`meaning.Meaning.order`).
    """
    if isinstance(declared, str):
        return Shown((), ())
    orders: dict[str, str] = dict(declared or ())
    remarks = []
    for name, cells in columns.items():
        if known.columns[name].type not in ("date", "moment") or name in {**(taken or {}), **orders}:
            continue
        possible = _first_rows(cells)
        left = frozenset.intersection(*possible) if possible else frozenset()
        said = (stated or {}).get(name)
        if said and (said in left or not possible):
            orders[name] = said
        elif possible and (said or not left):
            remarks.append(_contradicted(heads[name], said, possible, lines))
        elif len(left) == 1:
            (orders[name],) = left
            where = _settling(possible, lines, left)
            remarks.append(f"dates under '{heads[name]}' are read as {orders[name]}: {where}")
        elif left == {"DMY", "MDY"} and any("YMD" in way for way in possible):
            orders[name] = YEAR_LAST
    pairs = [
        *orders.items(),
        *((name, orders[of]) for name, of in (taken or {}).items() if of in orders and name not in orders),
    ]
    return Shown(tuple(pairs), tuple(remarks))


def _settling(possible: Mapping[frozenset[str], int], lines: Ints, left: frozenset[str]) -> str:
    if left in possible:
        return f"line {lines[possible[left]]} can be nothing else"
    rows = sorted(int(lines[row]) for way, row in possible.items() if len(way) < 3)
    return f"lines {' and '.join(map(str, rows))} together leave nothing else"


def _contradicted(head: str, said: str | None, possible: Mapping[frozenset[str], int], lines: Ints) -> str:
    if said:
        line = min(int(lines[row]) for way, row in possible.items() if said not in way)
        text = f"the head '{head}' says {said}, but line {line} is written in another order"
    else:
        sure = [row for way, row in possible.items() if len(way) == 1]
        rows = sure if len(sure) > 1 else [row for way, row in possible.items() if len(way) < 3]
        where = " and ".join(str(line) for line in sorted(int(lines[row]) for row in rows))
        text = f"dates under '{head}' are written in two orders (lines {where})"
    return f"{text}; say dates: DMY or MDY in studio.yaml"


def _first_rows(cells: pa.Array) -> dict[frozenset[str], int]:
    """Each set of possible orders that cells show, with the first row that shows it."""
    rows = np.flatnonzero(~iso_days(cells))
    if not len(rows):
        return {}
    rows = rows[~arrow.numbers(pc.match_substring_regex(arrow.take(cells, rows), _YEAR_FIRST))]
    rows = rows[arrow.numbers(pc.match_substring_regex(arrow.take(cells, rows), _MAY_BE_ONE))]
    days = pc.dictionary_encode(pc.replace_substring_regex(arrow.take(cells, rows), _TIME, ""))
    _, first = np.unique(arrow.numbers(days.indices), return_index=True)
    out: dict[frozenset[str], int] = {}
    if len(first) > _MOST_DAYS:
        return out
    for text, row in zip(days.dictionary.to_pylist(), first.tolist(), strict=True):
        if ways := orders_possible(text):
            out.setdefault(ways, int(rows[row]))
    return out
