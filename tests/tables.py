"""Small logs for tests, written as aligned CSV text."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from smpcompliance import dates
from smpcompliance.checks.base import Scope
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Reading
from smpcompliance.logs.schema import schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log, LogFile, Logs


def logs(*, studios: Mapping[str, Mapping[str, Any]] | None = None, **tables: str) -> Logs:
    """Builds logs from text.

    Args:
        studios: studio id → fields of its profile (a `date` or `2025-01-31` for dates); by default one studio `s`.
        tables: log name → aligned CSV text (cells are trimmed); an optional `studio_id` column assigns the rows, all
            others belong to the first studio. A log counts as handed in by every studio, also with no record at all.
    """
    known = tuple(_studio(name, profile) for name, profile in (studios or {"s": {}}).items())
    return Logs(
        known,
        {name: _log(name, text, known) for name, text in tables.items()},
        {name: np.ones(len(known), bool) for name in tables},
    )


def scope(found: Logs, period: str = "all", as_of: str = "2026-11-21", valid: str = "all") -> Scope:
    """A scope over all studios; `period` and `valid` as `2025`, `2025-03`, `2025-01-01/2025-06-30` or `all`."""
    everyone = np.ones(len(found.studios), bool)
    return Scope(found, dates.period(period), dates.period(valid), date.fromisoformat(as_of), everyone)


def not_handed_in(found: Logs, log: str, studio: int = 0) -> Logs:
    """The same logs, but this one was not handed in by a studio."""
    had = found.has(log).copy()
    had[studio] = False
    return Logs(found.studios, found.tables, {**found.handed_in, log: had})


def _studio(name: str, profile: Mapping[str, Any]) -> Studio:
    days = {key: dates.day(v) if key.endswith("_on") and isinstance(v, str) else v for key, v in profile.items()}
    return Studio(**{"studio_id": name, "name": name, **days})


def _log(name: str, text: str, studios: tuple[Studio, ...]) -> Log:
    lines = [[cell.strip() for cell in line.split(",")] for line in text.strip().splitlines()]
    heads, rows = lines[0], [line + [""] * (len(lines[0]) - len(line)) for line in lines[1:]]
    known = schema(name)
    cells = {head: [row[n] for row in rows] for n, head in enumerate(heads)}
    codes = {studio.studio_id: n for n, studio in enumerate(studios)}
    of = np.array([codes[s] for s in cells.pop("studio_id", [studios[0].studio_id] * len(rows))], np.int32)
    unknown = [head for head in cells if head not in known.columns]
    assert not unknown, f"{name} has no column {unknown}"
    cells.setdefault(known.key, [f"{name}-{n}" for n in range(len(rows))])
    return Log(
        known,
        {head: arrow.strings(column) for head, column in cells.items()},
        (
            LogFile(
                f"{name}.csv", {head: head for head in cells}, (), Reading(None, tuple(s.time_zone for s in studios))
            ),
        ),
        np.zeros(len(rows), np.int32),
        np.arange(2, len(rows) + 2, dtype=np.int64),
        of,
        np.zeros(len(rows), bool),
    )
