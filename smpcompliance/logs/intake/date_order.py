"""The order of day and month in dates written with figures only, where a column itself leaves no choice."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.schema import LogSchema
from smpcompliance.logs.written import order_shown


@dataclass(frozen=True)
class Shown:
    """What the columns of a table show: (column, order) pairs, and what the owner should know of it."""

    orders: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def date_orders(known: LogSchema, columns: Mapping[str, pa.Array], heads: Mapping[str, str], lines: Ints) -> Shown:
    """Looks at each column of dates: a day above 12 shows the order of its column, if no other cell shows another.

    A column that shows nothing, or two orders, has none: dates in figures stay unreadable until the studio says one.
    """
    orders, remarks = [], []
    for name, cells in columns.items():
        if known.columns[name].type not in ("date", "moment"):
            continue
        shown = {order: int(lines[row]) for order, row in _first_rows(cells).items()}
        if len(shown) == 1:
            ((order, line),) = shown.items()
            orders.append((name, order))
            remarks.append(f"dates under '{heads[name]}' are read as {order}: line {line} can be nothing else")
        elif shown:
            where = " and ".join(map(str, sorted(shown.values())))
            text = f"dates under '{heads[name]}' are written in two orders (lines {where})"
            remarks.append(f"{text}; say dates: DMY or MDY in studio.yaml")
    return Shown(tuple(orders), tuple(remarks))


def _first_rows(cells: pa.Array) -> dict[str, int]:
    """Each order that cells show, with the first row that shows it."""
    rows = np.flatnonzero(arrow.numbers(pc.match_substring_regex(cells, r"^\s*\d{1,2}[-/.]\d{1,2}[-/.]\d")))
    out: dict[str, int] = {}
    distinct = pc.dictionary_encode(arrow.take(cells, rows))
    codes = arrow.numbers(distinct.indices)
    for code, text in enumerate(distinct.dictionary.to_pylist()):
        if order := order_shown(text):
            out.setdefault(order, int(rows[int(np.argmax(codes == code))]))
    return out
