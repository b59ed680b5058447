"""When standing records (lots, machines, people, papers) are in use in a period.

A standing record is judged when it is in use: reached by a link from an event of the period, or received, opened,
valid, in stock or in service on one of its days. A record without any date (a roster of people) is in use, from the
last day of the period unless an event leads to it earlier.
"""

from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Ints, Mask, Period, start_of
from smpcompliance.logs.cells import Coded, Moments, Numbers
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.table import Logs

_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Use:
    """Which records of a standing log are in use in a period, and the first second of their use in it."""

    within: Mask
    since: Ints


def in_use(logs: Logs, log: str, period: Period) -> Use:
    """Judges every record of a standing log."""
    return logs.memo.get(("in use", log, period), lambda: _in_use(logs, log, period))


def _in_use(logs: Logs, log: str, period: Period) -> Use:
    first, last = start_of(period.first), start_of(period.last) + 86_399
    since = np.minimum(_by_dates(logs, log, first, last), _by_links(logs, log, period))
    return Use(since < _FAR, np.where(since < _FAR, np.maximum(since, first), first))


def _first_filled(logs: Logs, log: str, columns: tuple[str, ...]) -> tuple[Ints, Mask]:
    n = len(logs.log(log))
    at, found = np.zeros(n, np.int64), np.zeros(n, bool)
    for column in columns:
        cells = logs.cells(log, column)
        assert isinstance(cells, Moments)
        at = np.where(~found & (cells.why == 0), cells.at, at)
        found |= cells.why == 0
    return at, found


def _by_dates(logs: Logs, log: str, first: int, last: int) -> Ints:
    stands = schema(log).stands
    n = len(logs.log(log))
    never = np.full(n, _FAR)
    if stands is None or log in ("clients", "lot_substances"):
        return never
    begin, has_begin = _first_filled(logs, log, stands.begin)
    until, has_until = _first_filled(logs, log, stands.until)
    if log == "supply_lots":
        return _lots_in_stock(logs, first, last, begin, has_begin)
    if log in ("documents", "training_records", "consent_forms"):
        runs = has_begin & (begin <= last) & (~has_until | (until >= first))
    else:
        runs = (~has_begin | (begin <= last)) & (~has_until | (until >= first))
    return np.where(runs, np.where(has_begin, begin, last), never)


def _lots_in_stock(logs: Logs, first: int, last: int, begin: Ints, has_begin: Mask) -> Ints:
    bought, used = logs.cells("supply_lots", "quantity"), logs.cells("supply_lots", "units_used")
    opened = logs.cells("supply_lots", "opened_on")
    assert isinstance(bought, Numbers) and isinstance(used, Numbers) and isinstance(opened, Moments)
    received = has_begin & (begin >= first) & (begin <= last)
    is_opened = (opened.why == 0) & (opened.at >= first) & (opened.at <= last)
    left = has_begin & (begin < first) & (bought.why == 0) & (used.why == 0) & (used.values < bought.values)
    since = np.where(is_opened, opened.at, _FAR)
    since = np.minimum(since, np.where(received, begin, _FAR))
    return np.minimum(since, np.where(left, first, _FAR))


def _by_links(logs: Logs, log: str, period: Period) -> Ints:
    """The first event of the period that leads to each record, over one or two links; far away where none does."""
    since = np.full(len(logs.log(log)), _FAR)
    for name in (name for name in LOGS if name in logs.tables and len(logs.tables[name])):
        for link, (_, target) in schema(name).links.items():
            if target == log:
                rows, _why = logs.link(name, link)
                at = _event_seconds(logs, name, period)
                led = (rows >= 0) & (at < _FAR)
                np.minimum.at(since, rows[led], at[led])
    if log == "lot_substances":
        rows, _why = logs.link(log, "lot")
        lots = in_use(logs, "supply_lots", period)
        ok = rows >= 0
        ok[ok] = lots.within[rows[ok]]
        since[ok] = lots.since[rows[ok]]
    return since


def _event_seconds(logs: Logs, log: str, period: Period) -> Ints:
    """The moment of each record that is an event of the period, far away for all others."""
    return logs.memo.get(("events", log, period), lambda: _events(logs, log, period))


def _events(logs: Logs, log: str, period: Period) -> Ints:
    known = schema(log)
    if known.stands is not None and log != "consent_forms":
        return np.full(len(logs.log(log)), _FAR)
    if log == "consent_forms":
        use = _by_links(logs, log, period)
        signed = logs.cells(log, "signed_at")
        assert isinstance(signed, Moments)
        inside = (signed.why == 0) & period.holds(signed.at)
        return np.minimum(use, np.where(inside, signed.at, _FAR))
    if known.when is None:
        return np.full(len(logs.log(log)), _FAR)
    at = logs.cells(log, known.when)
    assert isinstance(at, Moments)
    return np.where((at.why == 0) & period.holds(at.at), at.at, _FAR)


def last_days(logs: Logs, log: str) -> Ints:
    """The last day (since 1970-01-01) of each standing record that ends: a machine retired, a person who left."""
    stands = schema(log).stands
    n = len(logs.log(log))
    if stands is None or not stands.until or stands.until == stands.begin:
        return np.full(n, _FAR // 86_400)
    until, known = _first_filled(logs, log, stands.until)
    return np.where(known, until // 86_400, _FAR // 86_400)


_POURED = ("pigment", "diluent", "anesthetic", "disinfectant")
"""What is bought by the bottle and used by the drop: how many sessions used it does not say that it is empty."""


def stock(logs: Logs, day: int) -> tuple[Mask, Mask]:
    """Of which lots something is left on a day (since 1970-01-01), and of which that is not known."""
    bought, used = logs.cells("supply_lots", "quantity"), logs.cells("supply_lots", "units_used")
    assert isinstance(bought, Numbers) and isinstance(used, Numbers)
    begin, received = _first_filled(logs, "supply_lots", schema("supply_lots").stands.begin)  # type: ignore[union-attr]
    there = ~received | (begin // 86_400 <= day)
    item = logs.cells("supply_lots", "item_type")
    assert isinstance(item, Coded)
    poured = item.where(lambda word: word in _POURED) & (used.values >= bought.values)
    counted = (bought.why == 0) & (used.why == 0) & ~poured
    return there & counted & (used.values < bought.values), there & ~counted
