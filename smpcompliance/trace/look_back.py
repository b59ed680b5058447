"""Who was worked on with a load of a window, or may have been."""

from dataclasses import replace
from datetime import date

import numpy as np

from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, days_of, not_performed, sessions_of, settle, supplies_of
from smpcompliance.trace.loads import Loads, first_moment
from smpcompliance.trace.sterilized_here import Sterilized, loads_named, sterilized_here
from smpcompliance.trace.windows import Window

_SUPPLIES = "session_supplies"


def exposed_by_loads(logs: Logs, window: Window, loads: Loads, as_of: date) -> Exposed:
    """What the loads of a window reach: every session of the studio up to the day of the trace.

    There is no upper end: a pack made in the window may be used long after its machine passes again. A session before
    the first load that is known is excluded, unless it names a load that no log knows: that may be a run of the window
    which was not written down. So may one whose number two records bear: which of them was meant cannot be told.

    Args:
        loads: those of this window, as `loads_of` gives them.
        as_of: the day of the trace; later sessions are not looked at.
    """
    sessions = sessions_of(logs, window.studio, as_of)
    cancelled = not_performed(logs, sessions)
    told, over = days_of(logs, sessions)
    early, outside = over < first_moment(logs, window, loads), over < window.perhaps[0]
    of_load = _of_load(logs, loads)
    named, why = _one_of_two(logs, of_load, *loads_named(logs))
    place, entries = supplies_of(logs, sessions)
    unknown = (why[entries] > 0) & (why[entries] != Reason.blank) & ~outside[place]
    matter = ~(cancelled | early)[place] | (of_load[named[entries]] <= Because.load_uncertain)
    matter |= unknown & ~cancelled[place]
    place, entries = place[matter], entries[matter]
    said = _said(logs, of_load, named[entries], why[entries], entries)
    alone = np.full(len(sessions), _without_entries(logs, window.studio), np.uint8)
    alone[place] = Because.not_performed
    alone[early], alone[cancelled] = Because.before, Because.not_performed
    found = settle(sessions, alone, place, said, entries, named[entries], "sterilization_cycles")
    return replace(found, because=_overruled(loads, found.because, cancelled, told))


def uses_without_session(logs: Logs, loads: Loads) -> Ints:
    """The entries of supplies that name a load, and whose session is blank, unreadable or in no log: whom it reached is
    not known."""
    in_window = np.zeros(len(logs.log("sterilization_cycles")) + 1, bool)
    in_window[loads.rows] = True
    named, _ = loads_named(logs)
    _, why = logs.link(_SUPPLIES, "session")
    return np.flatnonzero(in_window[named] & (why > 0))


def _of_load(logs: Logs, loads: Loads) -> Codes:
    """What it says to name each run; the last place is that of a run that is not known."""
    said = np.full(len(logs.log("sterilization_cycles")) + 1, Because.other_named, np.uint8)
    surely = loads.sure & ~logs.log("sterilization_cycles").contested_rows()[loads.rows]
    said[loads.rows] = np.where(surely, Because.named, Because.load_uncertain)
    said[-1] = Because.key_unreadable
    return said


def _one_of_two(logs: Logs, of_load: Codes, named: Ints, why: Codes) -> tuple[Ints, Codes]:
    """The load behind each entry; unreadable where the record that bears its number is in no window, and another one
    that was left out bears it too."""
    twice = logs.log("sterilization_cycles").contested_rows()
    if not twice.any():
        return named, why
    open_ = twice[named] & (of_load[named] == Because.other_named)
    return np.where(open_, -1, named), np.where(open_, np.uint8(Reason.unreadable), why)


def _said(logs: Logs, of_load: Codes, named: Ints, why: Codes, entries: Ints) -> Codes:
    """The `Because` of each entry."""
    said = of_load[named]
    said[(why == Reason.dangling) | (why == Reason.no_log)] = Because.key_dangling
    blank = np.flatnonzero(why == Reason.blank)
    bought = sterilized_here(logs)[entries[blank]] == Sterilized.not_here
    said[blank] = np.where(bought, np.uint8(Because.not_sterilized_here), np.uint8(Because.key_blank))
    return said


def _without_entries(logs: Logs, studio: int) -> Because:
    if logs.studios[studio].instruments == "single_use_only":
        return Because.not_sterilized_here
    return Because.nothing_written if logs.has(_SUPPLIES)[studio] else Because.no_log


def _overruled(loads: Loads, because: Codes, cancelled: Mask, told: Mask) -> Codes:
    """What the status of a session, its day and the fate of the loads say over its entries."""
    because = because.copy()
    because[cancelled & (because <= Because.load_uncertain)] = Because.status_contradicts
    if len(loads.rows) and loads.logged and loads.called_back.all() and not loads.uses.any():
        because[(because == Because.key_blank) | (because == Because.nothing_written)] = Because.called_back
    alone = (because == Because.nothing_written) | (because == Because.no_log)
    because[alone & ~told] = Because.day_unknown
    return because
