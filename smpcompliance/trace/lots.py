"""Lots of supplies by their number: which they are, where they came from, and what is left."""

import difflib
from dataclasses import dataclass
from datetime import date

import numpy as np

from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.dates import DAY, Ints, Mask, end, start_of
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.schema import normal
from smpcompliance.logs.standing import stock
from smpcompliance.logs.table import Logs
from smpcompliance.trace.spelling import Spellings, kind_of

_LOTS, _SUPPLIES = "supply_lots", "session_supplies"
_SHOWN = 5
_CLOSE = 0.75  # of 1, the share of signs that a number must have in common to be shown as one that may be meant


Thing = tuple[str, str, tuple[str, str]]
"""What something is: its kind and brand in normal form, product and colour as written; blank where it is not said."""


@dataclass(frozen=True)
class ByWords:
    """Entries of supplies that agree with a recall by what is written of them.

    An entry may say more than its lot (a product), something else, or have no lot at all.

    Attributes:
        named: rows of `session_supplies` that surely agree; maybe: those that may.
        things: what the recall is of.
    """

    named: Ints
    maybe: Ints
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Lots:
    """The lots of one studio that a number, a recall or a supplier's letter means.

    Attributes:
        rows: rows of `supply_lots` (those made up from an entry of supplies too), in the order of file and line.
        sure: which surely are meant; the others may be (a blank beside the number, a similar spelling).
        products: how many different products (type, brand, product, colour) stand under the number.
        left: of which lots something surely is left in stock on the day.
        left_open: of which that is not known.
        by_words: what a recall makes of the entries of supplies; None where the lots alone decide.
    """

    rows: Ints
    sure: Mask
    products: int
    left: Mask
    left_open: Mask
    by_words: ByWords | None = None


def lots_numbered(logs: Logs, studio: int, number: str, as_of: date) -> Lots:
    """The lots of a studio under a number, however it is spelled; similar numbers may be meant.

    Args:
        studio: its code.
        number: as the user or a notice writes it.
        as_of: lots received after this day are not looked at; what is left is told of this day.
    """
    wanted = lot_text(number)
    numbers = logs.cells(_LOTS, "lot_number")
    assert isinstance(numbers, Coded)
    level = number_levels(numbers, wanted)[numbers.codes]
    mine = known_lots(logs, studio, as_of)
    return lots_of(logs, studio, mine[level[mine] == 2], mine[level[mine] == 1], as_of)


def number_levels(numbers: Coded, wanted: str) -> Ints:
    """Per distinct value of a column of lot numbers: 2 where it is the wanted one (`lot_text`), 1 where it may be.

    The last entry, for cells without a value, is 0.
    """
    level = np.zeros(len(numbers.values) + 1, np.int64)
    spellings = Spellings([wanted] if wanted else [], numbers=True)
    for n, value in enumerate(numbers.values):
        text = lot_text(str(value))
        if wanted and text == wanted:
            level[n] = 2
        elif text and spellings.alike(text):
            level[n] = 1
    return level


def known_lots(logs: Logs, studio: int, as_of: date) -> Ints:
    """The lots of a studio that were not surely received after a day, in the order of file and line."""
    table, received = logs.log(_LOTS), logs.cells(_LOTS, "received_on")
    assert isinstance(received, Moments)
    later = (received.why == 0) & (received.at >= start_of(as_of) + DAY)
    return _in_order(logs, np.flatnonzero((table.studio == studio) & ~later))


def lots_of(logs: Logs, studio: int, sure_rows: Ints, perhaps_rows: Ints, as_of: date) -> Lots:
    """Lots that are known already: which are surely meant, and which may be.

    Args:
        sure_rows, perhaps_rows: rows of `supply_lots` of this studio; a row in both is sure.
    """
    rows = _in_order(logs, np.union1d(sure_rows, perhaps_rows).astype(np.int64))
    assert bool((logs.log(_LOTS).studio[rows] == studio).all())
    sure = np.isin(rows, sure_rows)
    left, left_open = _left(logs, rows, as_of)
    return Lots(rows, sure, _products(logs, rows[sure]), left, left_open)


def _in_order(logs: Logs, rows: Ints) -> Ints:
    table = logs.log(_LOTS)
    return rows[np.lexsort((table.line[rows], table.file[rows]))]


def _left(logs: Logs, rows: Ints, as_of: date) -> tuple[Mask, Mask]:
    """Of which lots something is left on a day, and of which that is not known; what waste took away is gone."""
    if not len(rows):
        return np.zeros(0, bool), np.zeros(0, bool)
    left, left_open = (mask[rows].copy() for mask in stock(logs, start_of(as_of) // DAY))
    gone, perhaps_gone = _thrown_away(logs, as_of)
    left_open |= left & perhaps_gone[rows]
    left &= ~perhaps_gone[rows] & ~gone[rows]
    return left, left_open & ~gone[rows]


def _thrown_away(logs: Logs, as_of: date) -> tuple[Mask, Mask]:
    """Which lots a collection of waste up to a day names, and which one names whose day cannot be told from it."""
    to, _ = logs.link("waste_collections", "lot")
    at = logs.cells("waste_collections", "collected_on")
    assert isinstance(at, Moments)
    last = start_of(as_of) + DAY - 1
    known = at.why == 0
    surely, later = known & (end(at.at, at.precision) <= last), known & (at.at > last)
    gone, perhaps = (np.zeros(len(logs.log(_LOTS)), bool) for _ in range(2))
    gone[to[(to >= 0) & surely]] = True
    perhaps[to[(to >= 0) & ~surely & ~later]] = True
    return gone, perhaps & ~gone


def _products(logs: Logs, rows: Ints) -> int:
    """How many different products stand under these lots, by what the lots and the entries of them say.

    One that says less and contradicts nothing (no product beside the brand) is not another.
    """
    said = _said(logs, _LOTS, rows[~logs.log(_LOTS).made_up[rows]])
    chosen = np.zeros(len(logs.log(_LOTS)) + 1, bool)
    chosen[rows] = True
    to, _ = logs.link(_SUPPLIES, "lot")
    said |= _said(logs, _SUPPLIES, np.flatnonzero(chosen[to])) if len(rows) else set()
    fuller = sorted(said, key=lambda words: (-sum(map(bool, words)), words))
    counted: list[tuple[str, ...]] = []
    for words in fuller:
        if not any(all(not a or a == b for a, b in zip(words, other, strict=True)) for other in counted):
            counted.append(words)
    return len(counted) or int(bool(len(rows)))


def _said(logs: Logs, log: str, rows: Ints) -> set[tuple[str, ...]]:
    """The distinct (kind, brand, product, colour) in normal form of some rows."""
    columns = [logs.cells(log, name).take(rows) for name in ("item_type", "brand", "product", "color")]
    assert all(isinstance(column, Coded) for column in columns)
    combinations = np.unique(np.stack([column.codes for column in columns], axis=1), axis=0)  # type: ignore[attr-defined]
    values = [(*column.values, "") for column in columns]  # type: ignore[attr-defined]
    return {
        (kind_of(str(values[0][a])), *(normal(str(values[n + 1][code])) for n, code in enumerate(rest)))
        for a, *rest in combinations.tolist()
    }


def similar_numbers(logs: Logs, studio: int, number: str) -> tuple[str, ...]:
    """Lot numbers that the records of a studio know and that are spelled like one they may not know.

    Returns:
        At most five, as they are first written: those that may be meant before those that only look like it.
    """
    wanted = lot_text(number)
    known: dict[str, str] = {}
    for log in (_LOTS, _SUPPLIES):
        table = logs.log(log)
        cells = table.cells("lot_number")
        assert isinstance(cells, Coded)
        codes = cells.codes[table.studio == studio]
        used, first = np.unique(codes, return_index=True)
        for code in used[np.argsort(first)].tolist():
            if code >= 0 and (text := lot_text(str(cells.values[code]))) and text != wanted:
                known.setdefault(text, str(cells.values[code]))
    if not wanted:
        return ()
    spellings = Spellings([wanted], numbers=True)
    alike = sorted(text for text in known if spellings.alike(text))
    close = difflib.get_close_matches(wanted, sorted(known), n=_SHOWN, cutoff=_CLOSE)
    return tuple(known[text] for text in list(dict.fromkeys([*alike, *close]))[:_SHOWN])
