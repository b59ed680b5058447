"""Logs as they stood on a day: without the events of later days."""

from datetime import date

import numpy as np

from smpcompliance.dates import DAY, Ints, start_of
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Moments, Typed
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Log, Logs


def up_to(logs: Logs, as_of: date) -> tuple[Logs, Ints]:
    """The same logs without events of days after `as_of`, and for each spore test left its row in the whole log.

    Standing records (machines, people, lots, papers) stay, and so do events without a readable day.
    """
    over = start_of(as_of) + DAY
    cut: dict[str, Log] = {}
    rows = np.arange(len(logs.log("spore_tests")))
    for name, table in logs.tables.items():
        known = schema(name)
        if known.when is None or known.stands is not None:
            continue
        when = logs.cells(name, known.when)
        assert isinstance(when, Moments)
        if ((when.why == 0) & (when.at >= over)).any():
            kept = np.flatnonzero((when.why > 0) | (when.at < over))
            cut[name] = _rows_of(table, kept)
            rows = kept if name == "spore_tests" else rows
    return (Logs(logs.studios, {**logs.tables, **cut}, logs.handed_in) if cut else logs), rows


def _rows_of(table: Log, rows: Ints) -> Log:
    return Log(
        table.schema, {name: arrow.take(text, rows) for name, text in table.text.items()}, table.files,
        table.file[rows], table.line[rows], table.studio[rows], table.made_up[rows],
        {name: Typed(typed.cells.take(rows)) for name, typed in table._typed.items()},
    )  # fmt: skip
