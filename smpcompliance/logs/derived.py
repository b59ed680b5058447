"""Columns that no export holds: computed from others, never imported.

`DERIVED` is the literal list. A recipe without `through` computes a column of its own log from columns of the same
rows; its function gets the studio codes and the cells. A recipe with `through = (log, link)` gathers over the records
of another log whose link leads here; its function gets the row each of them leads to (-1 = nowhere), the number of
rows here, and the cells of that other log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from smpcompliance.dates import DATE, DAY, TIME, Codes, Ints, Mask
from smpcompliance.logs.cells import Cells, Coded, Moments, Numbers, Reason, first_reason


@dataclass(frozen=True)
class Derived:
    """How a column is computed; see the module's first lines."""

    compute: Callable[..., Cells]
    inputs: tuple[str, ...]
    through: tuple[str, str] | None = None


def client_age(_studio: Any, birth: Moments, started: Moments, written: Numbers) -> Numbers:
    """Completed years on the local day of the session; the written age only where no birth date is known.

    Someone born on 29 February grows older on 1 March in other years. A birth date known only to the month or year
    gives no age where the session falls into the undecided stretch.
    """
    why = first_reason(birth.why, started.why)
    born, day = _calendar(birth.at), _calendar(started.at)
    years = (day[0] - born[0] - ((day[1] * 32 + day[2]) < (born[1] * 32 + born[2]))).astype(np.float64)
    coarse = (why == 0) & ((birth.precision > DATE) | (started.precision > DATE))
    why = np.where(coarse, Reason.precision, why).astype(np.uint8)
    other = (birth.why > 0) & (written.why == 0)
    return Numbers(np.where(other, 0, why).astype(np.uint8), np.where(other, written.values, years), True)


def _calendar(at: Ints) -> tuple[Ints, Ints, Ints]:
    days = (at // DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    return year, months.astype(np.int64) % 12 + 1, (days - months.astype("datetime64[D]")).astype(np.int64) + 1


def minutes_between(_studio: Any, start: Moments, end: Moments) -> Numbers:
    """Minutes from one moment to another; both must be known to the minute."""
    why = np.where(start.why > 0, start.why, end.why)
    coarse = (why == 0) & ((start.precision > TIME) | (end.precision > TIME))
    return Numbers(np.where(coarse, Reason.precision, why).astype(np.uint8), (end.at - start.at) / 60)


def running_number(studio: Ints, who: Coded, started: Moments, status: Coded) -> Numbers:
    """The how-manieth performed session of a person it is, by start, from 1."""
    why = first_reason(who.why, started.why)
    counted = (why == 0) & status.where(lambda word: word == "performed")
    why = np.where((why == 0) & ~counted, np.where(status.why > 0, status.why, Reason.blank), why).astype(np.uint8)
    key = studio.astype(np.int64) * (len(who.values) + 1) + who.codes
    rows = np.flatnonzero(counted)
    order = rows[np.lexsort((rows, started.at[rows], key[rows]))]
    first = np.r_[True, key[order][1:] != key[order][:-1]] if len(order) else np.zeros(0, bool)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    values = np.zeros(len(key))
    values[order] = np.arange(len(order)) - begin + 1
    return Numbers(why, values, True)


def usable_until(_studio: Any, expires: Moments, opened: Moments, within: Numbers) -> Moments:
    """The earlier of the printed expiry and the day an opened pack has to be used up by; or the one that is known."""
    after = opened.at // DAY * DAY + within.values.astype(np.int64) * DAY
    has_after = (opened.why == 0) & (within.why == 0)
    at = np.where((expires.why == 0) & (~has_after | (expires.at <= after)), expires.at, after)
    why = np.where((expires.why > 0) & ~has_after, expires.why, 0).astype(np.uint8)
    return Moments(why, at, np.full(len(at), DATE, np.uint8))


def last_used(lots: Ints, n: int, started: Moments, status: Coded) -> Moments:
    """The day of the last performed session in which a lot was used; open where it is not said if one was."""
    used = _performed(lots, started, status)
    at = np.full(n, np.iinfo(np.int64).min)
    np.maximum.at(at, lots[used], started.at[used] // DAY * DAY)
    never = at == np.iinfo(np.int64).min
    open_ = _open(lots, n, status)
    why = np.where(open_ > 0, open_, np.where(never, Reason.blank, 0)).astype(np.uint8)
    return Moments(why, np.where(never, 0, at), np.full(n, DATE, np.uint8))


def units_used(lots: Ints, n: int, started: Moments, status: Coded, quantity: Numbers) -> Numbers:
    """Units of a lot used in performed sessions; a blank quantity is one."""
    used = _performed(lots, started, status)
    units = np.where(quantity.why > 0, 1.0, quantity.values)
    return Numbers(_open(lots, n, status), np.bincount(lots[used], units[used], n).astype(np.float64))


def _performed(lots: Ints, started: Moments, status: Coded) -> Mask:
    return np.asarray((lots >= 0) & (started.why == 0) & status.where(lambda word: word == "performed"))


def _open(lots: Ints, n: int, status: Coded) -> Codes:
    """For each lot why it is open whether a session that used it was performed, 0 where it is not."""
    why = np.zeros(n, np.uint8)
    unsaid = (lots >= 0) & (status.why > 0)
    why[lots[unsaid]] = status.why[unsaid]
    return why


_SITTING = ("session.started_at", "session.status")
DERIVED: dict[tuple[str, str], Derived] = {
    ("sessions", "client_age"): Derived(client_age, ("client.birth_date", "started_at", "consent.age_years")),
    ("sessions", "duration_minutes"): Derived(minutes_between, ("started_at", "ended_at")),
    ("sessions", "number_of_client"): Derived(running_number, ("client_id", "started_at", "status")),
    ("sessions", "number_of_practitioner"): Derived(running_number, ("practitioner_id", "started_at", "status")),
    ("sterilization_cycles", "duration_minutes"): Derived(minutes_between, ("started_at", "ended_at")),
    ("supply_lots", "usable_until"): Derived(usable_until, ("expires_on", "opened_on", "use_within_days")),
    ("supply_lots", "last_used_on"): Derived(last_used, _SITTING, ("session_supplies", "lot")),
    ("supply_lots", "units_used"): Derived(units_used, (*_SITTING, "quantity"), ("session_supplies", "lot")),
}
