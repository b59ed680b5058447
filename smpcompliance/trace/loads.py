"""The loads of a window, and what became of them."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from smpcompliance.dates import DAY, Codes, Ints, Mask, end, start_of
from smpcompliance.logs.cells import Coded, Moments, Numbers
from smpcompliance.logs.table import Logs
from smpcompliance.trace.sterilized_here import loads_named
from smpcompliance.trace.windows import Window, same_machine

_CYCLES = "sterilization_cycles"


class Fate(IntEnum):
    """What became of a load. The names are words of the report."""

    used = 1
    released = 2
    called_back = 3
    not_told = 4


@dataclass(frozen=True)
class Loads:
    """The loads of one window, in the order of time, file and line.

    Attributes:
        rows: rows of `sterilization_cycles`: runs that are loads, or may be (what the run was for is not told), not
            those of an outside sterilizer.
        sure: which surely lie in the window; the others may (same day, day or machine not told).
        fate: a `Fate` each: used (an entry of supplies names it), else as its disposition says (held, reprocessed and
            discarded are called back), else not told.
        called_back: which are held, reprocessed or discarded by their disposition, used or not.
        packs: number of packs as recorded (float64), nan where it is not.
        uses: entries of supplies that name it, directly or through a lot sterilized in it; not those of sessions after
            the day of the trace.
        logged: the studio handed in a log of cycles.
    """

    rows: Ints
    sure: Mask
    fate: Codes
    called_back: Mask
    packs: NDArray[np.float64]
    uses: Ints
    logged: bool


def loads_of(logs: Logs, window: Window, as_of: date) -> Loads:
    """The loads that lie or may lie in a window, up to the day of the trace.

    The load that the opening or closing test stood in is in no window: the test proves it. The load that a failed test
    stood in surely is in it, whatever its own day and machine say. A run without a machine may be one of any machine
    of its studio; one whose own day is not told may lie in every window of its machine.
    """
    table, started = logs.log(_CYCLES), logs.cells(_CYCLES, "started_at")
    assert isinstance(started, Moments)
    here = _runs(logs, window.studio, as_of)
    machine = _words(logs, "equipment_id")
    own, dated = same_machine(machine, window.machine)[here], started.why[here] == 0
    low = started.at[here]
    high = end(low, started.precision[here])
    (surely_low, surely_high), (perhaps_low, perhaps_high) = window.surely, window.perhaps
    touches = ~dated | ((low <= perhaps_high) & (high >= perhaps_low))
    proven = np.isin(here, _stood_in(logs, np.array([window.opened_by, window.closed_by], np.int64)))
    failed = np.isin(here, _stood_in(logs, window.failed))
    may = failed | ((own | (machine.why[here] > 0)) & touches & ~proven)
    sure = failed | (own & dated & (low >= surely_low) & (high <= surely_high))
    place = np.flatnonzero(may)
    place = place[np.lexsort((table.line[here][place], table.file[here][place], low[place], ~dated[place]))]
    return _told(logs, window.studio, here[place], sure[place], as_of)


def first_moment(logs: Logs, window: Window, loads: Loads) -> int:
    """The first second at which a load of a window may have begun; where none is known, that of the window."""
    started = logs.cells(_CYCLES, "started_at")
    assert isinstance(started, Moments)
    low = np.where(started.why[loads.rows] == 0, started.at[loads.rows], window.perhaps[0])
    return int(low.min()) if len(low) else window.perhaps[0]


def _runs(logs: Logs, studio: int, as_of: date) -> Ints:
    """The studio's own runs up to a day that are loads, or may be."""
    started, kind, provider = logs.cells(_CYCLES, "started_at"), _words(logs, "cycle_type"), _words(logs, "provider")
    assert isinstance(started, Moments)
    load = kind.where(lambda word: word == "load") | (kind.why > 0)
    upto = (started.why > 0) | (started.at < start_of(as_of) + DAY)
    return np.flatnonzero((logs.log(_CYCLES).studio == studio) & load & upto & (provider.why > 0))


def _stood_in(logs: Logs, tests: Ints) -> Ints:
    """The runs in which spore tests stood, as far as they name them."""
    rows, _ = logs.link("spore_tests", "cycle")
    found = rows[tests[tests >= 0]]
    return found[found >= 0]


def _told(logs: Logs, studio: int, rows: Ints, sure: Mask, as_of: date) -> Loads:
    """What the records say of these loads."""
    disposition, packs = _words(logs, "disposition"), logs.cells(_CYCLES, "packs")
    assert isinstance(packs, Numbers)
    called_back = disposition.where(lambda word: word in ("held", "reprocessed", "discarded"))[rows]
    released = disposition.where(lambda word: word == "released")[rows]
    named, _ = loads_named(logs)
    counted = np.where(_later(logs, as_of), -1, named)
    uses = np.bincount(counted + 1, minlength=len(logs.log(_CYCLES)) + 1)[rows + 1]
    by_disposition = np.where(released, Fate.released, Fate.not_told)
    fate = np.where(uses > 0, Fate.used, np.where(called_back, Fate.called_back, by_disposition))
    recorded = np.where(packs.why[rows] == 0, packs.values[rows], np.nan)
    handed_in = bool(logs.has(_CYCLES)[studio])
    return Loads(rows, sure, fate.astype(np.uint8), called_back, recorded, uses.astype(np.int64), handed_in)


def _later(logs: Logs, as_of: date) -> Mask:
    """Which entries of supplies are of a session after a day; those whose session is not known are not."""
    started, (sessions, _) = logs.cells("sessions", "started_at"), logs.link("session_supplies", "session")
    assert isinstance(started, Moments)
    later = (started.why == 0) & (started.at >= start_of(as_of) + DAY)
    return np.asarray(np.append(later, False)[sessions])


def _words(logs: Logs, column: str) -> Coded:
    cells = logs.cells(_CYCLES, column)
    assert isinstance(cells, Coded)
    return cells
