"""The monthly exercise: one load or lot of the studio's past, drawn so that anybody can draw it again."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from smpcompliance.audit.draw import smallest_hashes
from smpcompliance.dates import DAY, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Cells, Coded, Moments
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import not_performed
from smpcompliance.trace.loads import Loads, loads_of
from smpcompliance.trace.windows import Window

_LOADS, _LOTS = "sterilization_cycles", "supply_lots"


@dataclass(frozen=True)
class Drawn:
    """A load or lot that was drawn.

    Attributes:
        kind: `equipment` for a load, `lot` for a lot.
        key: the key of its record: `cycle_id` or `lot_id`.
        row: of `sterilization_cycles` or of `supply_lots`.
        text: what was hashed: `seed|studio|log|key`.
        hash: its SHA-256 in hexadecimal figures, the smallest of all loads and lots that could be drawn.
    """

    kind: Literal["equipment", "lot"]
    key: str
    row: int
    text: str
    hash: str


def drawn(logs: Logs, studio: int, period: Period | None, seed: int, as_of: date) -> Drawn | None:
    """Draws one load or lot of a studio; None where the period has neither.

    Drawn from are the studio's own loads (or runs not said to be tests) started on a day of the period, and the lots
    that were received on one, or used on one in a session that took place; of these the one with the smallest hash.

    Args:
        studio: code of the studio.
        period: both ends included; None: all days. A record whose day is not known surely to lie in it is not drawn.
        as_of: what lies after this day is not drawn.
    """
    found = {_LOADS: _loads(logs, studio, period, as_of), _LOTS: _lots(logs, studio, period, as_of)}
    name = logs.studios[studio].studio_id
    first = [
        each for log, rows in found.items() if len(rows) for each in smallest_hashes(logs, name, log, rows, 1, seed)
    ]
    if not first:
        return None
    least = min(first, key=lambda each: each.hash)
    return Drawn("equipment" if least.log == _LOADS else "lot", least.key, least.row, least.text, least.hash)


def of_one_load(logs: Logs, studio: int, row: int, as_of: date) -> tuple[Window, Loads]:
    """A window that holds one load only, as if that load were not known to be sterile.

    Args:
        row: of `sterilization_cycles`, a load that was drawn.
    """
    started, machine = logs.cells(_LOADS, "started_at"), logs.cells(_LOADS, "equipment_id")
    assert isinstance(started, Moments)
    low = int(started.at[row])
    ends = (low, int(end(started.at[[row]], started.precision[[row]])[0]))
    none = np.zeros(0, np.int64)
    window = Window(studio, machine.text(row), none, -1, -1, none, ends, ends)
    loads = loads_of(logs, window, as_of)
    only = loads.rows == row
    taken = {name: getattr(loads, name)[only] for name in ("rows", "fate", "called_back", "packs", "uses")}
    return window, replace(loads, sure=np.ones(int(only.sum()), bool), **taken)


def _loads(logs: Logs, studio: int, period: Period | None, as_of: date) -> Ints:
    kind, provider = logs.cells(_LOADS, "cycle_type"), logs.cells(_LOADS, "provider")
    assert isinstance(kind, Coded)
    load = (kind.why > 0) | kind.where(lambda word: word == "load")
    here = (logs.log(_LOADS).studio == studio) & load & (provider.why > 0)
    return np.flatnonzero(here & _surely_within(logs.cells(_LOADS, "started_at"), period, as_of))


def _lots(logs: Logs, studio: int, period: Period | None, as_of: date) -> Ints:
    """The lots received in the period, and those used in it; a lot known only from an entry of supplies is one too."""
    here = (logs.log(_LOTS).studio == studio) & _surely_within(logs.cells(_LOTS, "received_on"), period, as_of)
    sessions, _ = logs.link("session_supplies", "session")
    table = logs.log("sessions")
    counts = (table.studio == studio) & ~table.made_up & ~not_performed(logs, np.arange(len(table)))
    counts &= _surely_within(logs.cells("sessions", "started_at"), period, as_of)
    lots, _ = logs.link("session_supplies", "lot")
    here[lots[np.append(counts, False)[sessions] & (lots >= 0)]] = True
    return np.flatnonzero(here)


def _surely_within(cells: Cells, period: Period | None, as_of: date) -> Mask:
    """Which moments surely lie in a period and up to the day of the trace."""
    assert isinstance(cells, Moments)
    high = end(cells.at, cells.precision)
    within = (cells.why == 0) & (high < start_of(as_of) + DAY)
    if period is None:
        return np.asarray(within)
    return np.asarray(within & (cells.at >= start_of(period.first)) & (high < start_of(period.last) + DAY))
