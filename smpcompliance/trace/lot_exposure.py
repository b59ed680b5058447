"""Who was worked on with certain lots, or may have been."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, days_of, not_performed, sessions_of, settle, supplies_of
from smpcompliance.trace.lots import ByWords, Lots, Thing, number_levels
from smpcompliance.trace.spelling import brand_may_be, kind_of, product_may_be
from smpcompliance.trace.sterilized_here import loads_named

_LOTS, _SUPPLIES = "supply_lots", "session_supplies"
_NOT_ALWAYS_USED = frozenset(("anesthetic", "dressing", "jewelry"))
"""Kinds of which most sittings use none, so that none written means none used."""

_TABLE = 1 << 23  # pairs of product and colour for which a table of all is smaller than sorting the entries


@dataclass(frozen=True)
class Entries:
    """The entries of supplies of a studio's sessions, as questions about lots see them.

    Attributes:
        sessions: rows of `sessions` that are looked at, in the order of day, file and line.
        told: which of them tell their day; `over`: the last second that each may mean, far away where none is told.
        cancelled: which are said not to have taken place.
        rows: rows of `session_supplies`, ascending; `place`: where the session of each stands in `sessions`.
        lot: the row of `supply_lots` that each leads to, -1 where there is none.
        number: code of its own lot number as written, -1 where it bears none.
        silent: the `Because` of each where neither its lot nor its number tells.
        others: per session the first entry that has a lot or a number, as `_weighed` where that is another one.
        kind: code of its item word, else of its lot's, in `kinds`; -1 where none is known.
        used: sessions × (kinds, none known): whether it has an entry of this kind.
        kinds: kinds of items (`kind_of`).
        names: for each its place in `pairs`, the distinct products and colours as written.
    """

    sessions: Ints
    told: Mask
    over: Ints
    cancelled: Mask
    rows: Ints
    place: Ints
    lot: Ints
    number: Ints
    silent: Codes
    others: Ints
    kind: Ints
    used: Mask
    kinds: tuple[str, ...]
    names: Ints
    pairs: tuple[tuple[str, str], ...]


def entries_of(logs: Logs, studio: int, as_of: date) -> Entries:
    """The sessions of a studio up to the day of the trace, and what is written of their supplies."""
    sessions = sessions_of(logs, studio, as_of)
    place, rows = supplies_of(logs, sessions)
    to, why = logs.link(_SUPPLIES, "lot")
    kind, kinds = _kinds(logs)
    lot = to[rows]
    of_lot = np.append(kind[_LOTS], -1)[lot]
    own = kind[_SUPPLIES][rows]
    written = logs.log(_SUPPLIES).cells("lot_number")
    assert isinstance(written, Coded)
    names, pairs = _names(logs, rows)
    item, number = np.where(own >= 0, own, of_lot), written.codes[rows].astype(np.int64)
    used = np.zeros((len(sessions), len(kinds) + 1), bool)
    used[place, item] = True
    tells = np.flatnonzero((lot >= 0) | (number >= 0))
    others = _first_strongest(len(sessions), place[tells], _weighed(np.uint8(Because.other_named), tells))
    return Entries(
        sessions, *days_of(logs, sessions), not_performed(logs, sessions),
        rows, place, lot, number, _silent(why[rows], written.why[rows]), others, item, used, kinds, names, pairs,
    )  # fmt: skip


def _silent(of_lot: Codes, of_number: Codes) -> Codes:
    """What an entry says whose lot and number tell nothing, by the reasons for that."""
    word = np.full((len(Reason) + 1, len(Reason) + 1), Because.key_blank, np.uint8)
    word[[Reason.dangling, Reason.no_log], :] = Because.key_dangling
    word[Reason.unreadable, :] = word[:, Reason.unreadable] = Because.key_unreadable
    return word[of_lot, of_number]


def _names(logs: Logs, rows: Ints) -> tuple[Ints, tuple[tuple[str, str], ...]]:
    """The distinct pairs of product and colour of some entries, and for each entry its place among them."""
    _, _, product, color = _coded(logs, _SUPPLIES)
    width = len(color.values) + 1
    key = (product.codes[rows].astype(np.int64) + 1) * width + color.codes[rows] + 1
    size = (len(product.values) + 1) * width
    if size <= _TABLE:
        used = np.zeros(size, bool)
        used[key] = True
        distinct, places = np.flatnonzero(used), (np.cumsum(used) - 1)[key]
    else:
        distinct, places = np.unique(key, return_inverse=True)
    products, colors = ("", *map(str, product.values)), ("", *map(str, color.values))
    pairs = tuple((products[a], colors[b]) for a, b in zip(*np.divmod(distinct, width), strict=True))
    return places.astype(np.int64), pairs


def _kinds(logs: Logs) -> tuple[dict[str, Ints], tuple[str, ...]]:
    """For every row of both logs the code of its kind of item, -1 where none is known, and the kinds."""
    kinds: dict[str, int] = {}
    codes = {}
    for log in (_LOTS, _SUPPLIES):
        cells = logs.cells(log, "item_type")
        assert isinstance(cells, Coded)
        of = [kinds.setdefault(kind_of(str(value)), len(kinds)) for value in cells.values]
        codes[log] = np.array([*of, -1], np.int64)[cells.codes]
    return codes, tuple(kinds)


def exposed_by_lots(
    logs: Logs, studio: int, lots: Lots, as_of: date, number: str = "", entries: Entries | None = None
) -> Exposed:
    """What some lots reach: every session of the studio up to the day of the trace.

    Args:
        lots: as `lots_numbered`, `lots_of` or `matches` give them.
        as_of: the day of the trace; later sessions are not looked at.
        number: the lot number asked for; empty where the lots were found otherwise (by a recall). Of a number that no
            record bears nothing else is known: whatever has no lot number may be it, but for what came out of a load.
        entries: of this studio and day, where several lots are asked for one after the other.
    """
    every = entries or entries_of(logs, studio, as_of)
    meant = lots.by_words.things if lots.by_words else _things(logs, lots.rows)
    said = _by_number(logs, every, number) if number else _by_lots(logs, every, lots, meant)
    open_ = np.flatnonzero(said == 0)
    said[open_] = np.where(_may_be(logs, every, open_, meant), every.silent[open_], Because.not_of_this)
    if not meant:
        loads, _ = loads_named(logs)
        said[open_[loads[every.rows[open_]] >= 0]] = Because.other_named
    first = _deciding(every, said, bool(number))
    alone = _alone(logs, studio, every, meant)
    found = settle(every.sessions, alone, every.place[first], said[first], every.rows[first], every.lot[first], _LOTS)
    return _overruled(logs, every, lots, found)


_PLACES = 40  # bits for the place of an entry beside its `Because`
_NONE = np.iinfo(np.int64).max


def _weighed(said: Codes | np.uint8, entries: Ints) -> Ints:
    """A number for each entry: the stronger what it says, and the earlier it is written, the smaller."""
    return np.asarray((np.asarray(said, np.int64) << _PLACES) | entries)


def _first_strongest(sessions: int, place: Ints, weighed: Ints, best: Ints | None = None) -> Ints:
    found = np.full(sessions, _NONE) if best is None else best.copy()
    np.minimum.at(found, place, weighed)
    return found


def _deciding(every: Entries, said: Codes, anew: bool) -> Ints:
    """Of each session the entry that weighs most, of equal ones the first written.

    Args:
        anew: an entry with a lot or a number may say less than that it is of another one.
    """
    which = np.arange(len(said)) if anew else np.flatnonzero(said != Because.other_named)
    best = None if anew else every.others
    found = _first_strongest(len(every.sessions), every.place[which], _weighed(said[which], which), best)
    return found[found < _NONE] & ((1 << _PLACES) - 1)


def _by_number(logs: Logs, every: Entries, number: str) -> Codes:
    """The `Because` of each entry by the number asked for, 0 where neither its lot nor its own number tells.

    All products under the number are meant, so the number decides.
    """
    wanted = lot_text(number)
    listed, written = logs.cells(_LOTS, "lot_number"), logs.log(_SUPPLIES).cells("lot_number")
    assert isinstance(listed, Coded) and isinstance(written, Coded)
    level = np.append(number_levels(listed, wanted)[:-1], -1)
    of_lot = np.append(level[listed.codes], -1)[every.lot]
    own = np.append(number_levels(written, wanted)[:-1], -1)[every.number]
    told = np.array([Because.other_named, Because.lot_uncertain, Because.named, 0], np.uint8)
    said = np.where(of_lot >= 0, told[of_lot], told[own])
    said[(own < 0) & logs.log(_LOTS).contested_rows()[every.lot]] = Because.lot_uncertain
    return np.where((of_lot == 0) & (own > 0), np.uint8(Because.lot_uncertain), said)


def _by_lots(logs: Logs, every: Entries, lots: Lots, meant: tuple[Thing, ...]) -> Codes:
    """The `Because` of each entry by the lots that are meant, 0 where neither its lot nor its own number tells.

    Where a recall told what the entries say of themselves, their own words stand beside their lot: an entry of a lot
    that only other entries mention is judged by its words alone; one that contradicts its lot is uncertain.
    """
    level = np.zeros(len(logs.log(_LOTS)) + 1, np.int8)
    level[lots.rows] = np.where(lots.sure, 2, 1)
    told = np.array([Because.other_named, Because.lot_uncertain, Because.named], np.uint8)
    of_lot, tells = level[every.lot], (every.lot >= 0) | (every.number >= 0)
    said = np.where(tells, np.uint8(Because.other_named), np.uint8(0))
    if lots.by_words is None:
        by_number = np.where(every.lot >= 0, of_lot, _of_numbers(logs, every, lots, meant))
        return np.where(tells, told[by_number], said)
    own = _own_words(logs, every, lots.by_words)
    near = np.flatnonzero((of_lot > 0) | (own > 0))
    lot, words = every.lot[near], own[near]
    listed = (lot >= 0) & ~np.append(logs.log(_LOTS).made_up, False)[lot]
    of_listed = np.array([[0, 1, 1], [1, 1, 2], [1, 2, 2]])
    word = told[np.where(listed, of_listed[of_lot[near], words], words)]
    said[near] = np.where(tells[near] | (words == 2), word, said[near])
    return said


def _own_words(logs: Logs, every: Entries, by_words: ByWords) -> NDArray[np.int8]:
    """For each entry 2 where what is written of it surely agrees with the recall, 1 where it may, else 0."""
    words = np.zeros(len(logs.log(_SUPPLIES)), np.int8)
    words[by_words.maybe], words[by_words.named] = 1, 2
    return words[every.rows]


def _of_numbers(logs: Logs, every: Entries, lots: Lots, meant: tuple[Thing, ...]) -> Ints:
    """For entries that lead to no lot: 2 where their own number can only be that of sure lots, 1 where it may be.

    A number under which other lots of the studio stand as well leaves open which of them was used.
    """
    listed, written = logs.cells(_LOTS, "lot_number"), logs.log(_SUPPLIES).cells("lot_number")
    assert isinstance(listed, Coded) and isinstance(written, Coded)
    studio = logs.log(_LOTS).studio
    others = np.ones(len(studio), bool)
    others[lots.rows[lots.sure]] = False
    if len(lots.rows):
        others &= studio == studio[lots.rows[0]]
    surely, perhaps, else_ = (
        {lot_text(str(listed.values[code])) for code in np.unique(listed.codes[rows]).tolist() if code >= 0}
        for rows in (lots.rows[lots.sure], lots.rows, others)
    )
    level = np.zeros(len(written.values) + 1, np.int64)
    for n, value in enumerate(written.values):
        text = lot_text(str(value))
        level[n] = 2 if text in surely and text not in else_ else 1 if text in perhaps else 0
    found = level[every.number]
    doubtful = np.flatnonzero((found > 0) & (every.lot < 0))
    found[doubtful[~_may_be(logs, every, doubtful, meant)]] = 0
    return found


def _things(logs: Logs, rows: Ints) -> tuple[Thing, ...]:
    columns = _coded(logs, _LOTS)
    combinations = np.unique(np.stack([column.codes[rows] for column in columns], axis=1), axis=0)
    item, brand, product, color = ((*map(str, column.values), "") for column in columns)
    return tuple(
        sorted({(kind_of(item[a]), normal(brand[b]), (product[c], color[d])) for a, b, c, d in combinations.tolist()})
    )


def _coded(logs: Logs, log: str) -> list[Coded]:
    found = []
    for name in ("item_type", "brand", "product", "color"):
        cells = logs.cells(log, name)
        assert isinstance(cells, Coded)
        found.append(cells)
    return found


def _may_be(logs: Logs, every: Entries, which: Ints, meant: tuple[Thing, ...]) -> Mask:
    """Which of some entries may be of what is meant: nothing that is written on both sides contradicts.

    Args:
        meant: distinct things; none: anything is meant.
    """
    if not meant:
        return np.ones(len(which), bool)
    _, brands, _, _ = _coded(logs, _SUPPLIES)
    kind, brand, names = every.kind[which], brands.codes[every.rows[which]], every.names[which]
    found = np.zeros(len(which), bool)
    for their_names, of_kind_and_brand in _by_names(meant).items():
        near = np.zeros(len(which), bool)
        for their_kind, their_brands in of_kind_and_brand.items():
            is_kind = np.array([not their_kind or each == their_kind for each in every.kinds] + [True])[kind]
            near |= is_kind & brands_like(brands, their_brands)[brand]
        asked = np.zeros(len(every.pairs), bool)
        asked[names[near & ~found]] = True
        for pair in np.flatnonzero(asked).tolist():
            asked[pair] = any(product_may_be(every.pairs[pair], other) for other in their_names)
        found |= near & asked[names]
    return found


def _by_names(meant: tuple[Thing, ...]) -> dict[tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]]:
    """The things by all names that a kind and brand has: names → kind → brands."""
    names: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for kind, brand, name in meant:
        names.setdefault((kind, brand), []).append(name)
    out: dict[tuple[tuple[str, str], ...], dict[str, tuple[str, ...]]] = {}
    for (kind, brand), its in names.items():
        of_kind = out.setdefault(tuple(dict.fromkeys(its)), {})
        of_kind[kind] = (*of_kind.get(kind, ()), brand)
    return out


def brands_like(brands: Coded, wanted: tuple[str, ...]) -> Mask:
    """Per distinct value of a column of brands whether it may be one of these (normal forms); blanks may be any."""
    if "" in wanted:
        return np.ones(len(brands.values) + 1, bool)
    likes = [any(_brand_may_be(_normal(str(value)), other) for other in wanted) for value in brands.values]
    return np.array([*likes, True])


def _brand_may_be_any(written: str, wanted: str) -> bool:
    return not written or brand_may_be(written, wanted)


_normal = lru_cache(maxsize=1 << 14)(normal)
_brand_may_be = lru_cache(maxsize=1 << 14)(_brand_may_be_any)


def _alone(logs: Logs, studio: int, every: Entries, meant: tuple[Thing, ...]) -> Codes:
    """The `Because` of each session that no entry of the kind tells of; the weakest one for all others.

    An entry of which no kind is known does not show that something of this kind was written down.
    """
    alone = np.full(len(every.sessions), Because.nothing_written, np.uint8)
    if not logs.has(_SUPPLIES)[studio]:
        alone[:] = Because.no_log
    kinds = {kind for kind, _, _ in meant}
    if kinds and kinds <= _NOT_ALWAYS_USED:
        alone[every.used.any(1)] = Because.not_of_this
    may_be = np.array([not kinds or "" in kinds or kind in kinds for kind in (*every.kinds, "")])
    alone[every.used[:, may_be].any(1)] = Because.not_performed
    return alone


def _overruled(logs: Logs, every: Entries, lots: Lots, found: Exposed) -> Exposed:
    """What the session itself and its day say over its entries."""
    because = found.because
    named = because == Because.named
    by_lot = named | (because == Because.lot_uncertain)
    early = every.over < _first_received(logs, every, lots)
    alone = (because == Because.nothing_written) | (because == Because.no_log)
    because = np.where(alone & ~every.told, Because.day_unknown, because)
    because = np.where(early & ~named, Because.before, because)
    for_naught = np.where(by_lot, Because.status_contradicts, Because.not_performed)
    because = np.where(every.cancelled, for_naught, because)
    bare = np.where(every.cancelled, ~by_lot, early & ~named)
    supply, target = np.where(bare, -1, found.supply), np.where(bare, -1, found.target)
    return replace(found, because=because.astype(np.uint8), supply=supply, target=target)


def _first_received(logs: Logs, every: Entries, lots: Lots) -> int:
    """The first moment at which any of the lots can have been there; before all time where that cannot be told."""
    received = logs.cells(_LOTS, "received_on")
    assert isinstance(received, Moments)
    never = np.iinfo(np.int64).min
    if not len(lots.rows) or (received.why[lots.rows] > 0).any():
        return never
    if lots.by_words:
        meant = np.zeros(len(received.why) + 1, bool)
        meant[lots.rows] = True
        if not meant[every.lot[_own_words(logs, every, lots.by_words) > 0]].all():
            return never
    return int(received.at[lots.rows].min())
