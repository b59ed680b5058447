"""Lots in the cells of supplies: codes are read, several lots become several rows, an expiry goes beside its lot.

Each distinct pair of cells is looked at once. What cannot be told is left as it is written and reported, or made
unreadable where the text that stands would say something else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.intake.dealing import barcodes
from smpcompliance.logs.intake.dealing.columns import Column, columns_of, source_of
from smpcompliance.logs.intake.dealing.lot_cells import dates_in, lots_in, names_lot
from smpcompliance.logs.intake.dealing.spreadsheet_made import EXPIRIES, NUMBERS_AS_TEXT, without_made_over
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.intake.settling.keys import lot_form
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.schema import normal, shared
from smpcompliance.logs.target import SUPPLIES, Target
from smpcompliance.logs.written import DateStyle, moment
from smpcompliance.patterns import pattern

_SIGNS_OF_MANY = r"[;|\n\r/+&,\x1d(]|\d[A-Za-z]?\s|\s\S+\s|exp|use|best|haltbar|lot.*lot"
_MANY = pattern(_SIGNS_OF_MANY, re.IGNORECASE | re.DOTALL)
_NOTHING = f" {UNREAD}"
_ONE_EACH = ("color", "brand", "product")
_HEAD_WITH_EXPIRY = pattern(r"\bexp|use by|peremption|verfall|haltbar|caducidad|scadenza|validade|houdbaar")


def taken_apart(source: Source) -> Source:
    """A table whose numbers are text; of supplies and lots also with every lot and expiry in a cell of its own."""
    means = {column.means.column for column in columns_of(source) if column.means}
    if not means & (NUMBERS_AS_TEXT | EXPIRIES) and source.log != SUPPLIES:
        return source
    columns, misfits, notes = without_made_over(columns_of(source), source.table)
    work = _Work(source, columns, misfits, notes)
    rows = None
    if source.log in (SUPPLIES, "supply_lots"):
        from_code = _read_codes(work)
        _lot_from_product(work)
        rows = _take_apart(work, from_code)
    elif not misfits and not notes:
        return source
    return work.source_of(rows)


@dataclass
class _Work:
    """A table of supplies while its cells are taken apart."""

    source: Source
    columns: list[Column]
    misfits: list[Unreadable]
    notes: list[str]

    def at(self, name: str) -> int | None:
        """The place of the first column that means this."""
        wanted = Target(self.source.log, name)
        return next((n for n, column in enumerate(self.columns) if self._means(column) == wanted), None)

    def _means(self, column: Column) -> Target | None:
        return column.means and replace(column.means, item="", number=0)

    def cells(self, name: str) -> pa.Array | None:
        at = self.at(name)
        return None if at is None else self.columns[at].cells

    def put(self, name: str, texts: pa.Array, head: str) -> None:
        at = self.at(name)
        if at is None:
            self.columns.append(Column(head, texts, Target(self.source.log, name)))
        else:
            self.columns[at] = replace(self.columns[at], cells=texts)

    def head(self, name: str) -> str:
        at = self.at(name)
        return name if at is None else self.columns[at].head

    def report(self, row: int, name: str, text: str, reason: str) -> None:
        self.misfits.append(self.source.table.unreadable_at(row, self.head(name), text, reason))

    def source_of(self, rows: Ints | None) -> Source:
        made = source_of(self.source, self.source.log, self.columns, rows, self.source.preset)
        old = self.source.table
        table = replace(made.table, misfits=(*old.misfits, *self.misfits), notes=(*old.notes, *self.notes))
        return replace(made, table=table)


@dataclass(frozen=True)
class _Distinct:
    """Distinct texts of some columns, and which of them each row has."""

    texts: list[tuple[str, ...]]
    codes: Ints

    @classmethod
    def of(cls, columns: Sequence[pa.Array]) -> "_Distinct":
        first, place = arrow.groups(*columns)
        said = [arrow.take(column, first).to_pylist() for column in columns]
        return cls(list(zip(*said, strict=True)), place)

    def rows(self, n: int) -> list[int]:
        found: list[int] = np.flatnonzero(self.codes == n).tolist()
        return found


def _spread(work: _Work, name: str, changed: dict[int, str], head: str) -> None:
    """Puts new text into some rows of a column."""
    if not changed:
        return
    old = work.cells(name)
    own = arrow.repeated("", work.source.table.rows) if old is None else old
    rows = np.fromiter(changed, np.int64, len(changed))
    work.put(name, arrow.put(own, rows, arrow.strings(changed.values())), head)


def _read_codes(work: _Work) -> Mask:
    """Reads bar codes under the heads of lots and articles; which rows have their lot from one."""
    done = np.zeros(work.source.table.rows, bool)
    for name in ("gtin", "lot_number"):
        cells = work.cells(name)
        if cells is None or not len(cells):
            continue
        found = arrow.encoded(cells)
        may_be = arrow.suspects(found.dictionary, barcodes.SIGNS) | (name == "gtin")
        for n in np.flatnonzero(may_be).tolist():
            text = found.dictionary[n].as_py()
            code = barcodes.code_in(text)
            wrong = barcodes.gtin_problem(text) if name == "gtin" and code is None else ""
            if code is None and not wrong:
                continue
            rows = np.flatnonzero(arrow.numbers(found.indices) == n).tolist()
            if code is not None:
                _put_code(work, name, text, code, rows, done)
            else:
                for row in rows:
                    work.report(row, name, text, wrong)
                _spread(work, name, dict.fromkeys(rows, UNREAD), work.head(name))
    return done


def _put_code(work: _Work, name: str, text: str, code: barcodes.Code, rows: list[int], done: Mask) -> None:
    head = work.head(name)
    for problem in filter(None, (code.problem, code.gtin_problem)):
        for row in rows:
            work.report(row, name, text, problem)
    said = {"gtin": code.gtin, "lot_number": code.lot, "expires_on": code.expires_on}
    if code.problem:
        said = dict.fromkeys(said, UNREAD)
    elif code.gtin_problem:
        said["gtin"] = UNREAD
    if work.source.log == SUPPLIES:
        said["pack_id"] = code.serial
    if name == "lot_number" and not code.lot and not code.problem:
        for row in rows:
            work.report(row, name, text, "this bar code holds no lot number; type it from the box")
    for column, value in said.items():
        own = work.cells(column)
        written = dict(
            zip(rows, ([""] * len(rows)) if own is None or column == name else _texts(own, rows), strict=True)
        )
        changed = {row: value for row in rows if column == name or (value and not written[row].strip(_NOTHING))}
        for row in rows:
            if value not in ("", UNREAD) and row not in changed and not _same(column, written[row], value):
                changed |= _contradiction(work, row, column, written[row], value, head)
        _spread(work, column, changed, head)
    if code.lot:
        done[[row for row in rows if _same("lot_number", _texts(work.cells("lot_number"), [row])[0], code.lot)]] = True


def _texts(cells: pa.Array | None, rows: Sequence[int]) -> list[str]:
    return [] if cells is None else list(arrow.take(cells, np.array(rows, np.int64)).to_pylist())


def _contradiction(work: _Work, row: int, column: str, written: str, value: str, head: str) -> dict[int, str]:
    """Reports that a cell and a bar code differ; an expiry becomes unreadable, a number stays as it is written."""
    if column == "expires_on":
        return {row: f"{written} [the bar code under '{head}' says {value}; correct one of them]"}
    if column != "pack_id":
        work.report(
            row, column, written, f"the bar code under '{head}' says {value}; the cell stands, correct one of them"
        )
    return {}


def _same(column: str, first: str, second: str) -> bool:
    """Whether two cells say the same: expiries in any order of day and month, lots in the form that is compared."""
    if column == "expires_on":
        styles = [DateStyle(order, "UTC", month_end=True, days=True) for order in ("DMY", "MDY", "YMD")]
        days = {day for style in styles if not isinstance(day := moment(second, style), str)}
        return normal(first) == normal(second) or any(moment(first, style) in days for style in styles)
    if column == "gtin":
        return first.strip().zfill(14) == second.strip().zfill(14)
    return lot_form(first) == lot_form(second)


def _lot_from_product(work: _Work) -> None:
    """Where the table has no column of lots, takes a lot out of the product's cell: `Ash 2 LOT 123`."""
    cells = work.cells("product")
    if cells is None or work.at("lot_number") is not None or not len(cells):
        return
    found = _Distinct.of([cells])
    named = [n for n, (text,) in enumerate(found.texts) if names_lot(text)]
    lots = {row: found.texts[n][0] for n in named for row in found.rows(n)}
    head = work.head("product")
    _spread(work, "lot_number", lots, head)
    _spread(work, "product", dict.fromkeys(lots, ""), head)


@dataclass(frozen=True)
class _Apart:
    """A row taken apart: (lot, expiry) of each row it becomes, the product before the lot, and what is to be told."""

    pairs: tuple[tuple[str, str], ...]
    product: str = ""
    problem: str = ""


def _take_apart(work: _Work, from_code: Mask) -> Ints | None:
    """Takes lots and expiries apart; gives per row of the new table the row it came from, and puts its cells there.

    None where nothing is to be taken apart.
    """
    lots, expiries = work.cells("lot_number"), work.cells("expires_on")
    if lots is None or not len(lots):
        return None
    announced = bool(_HEAD_WITH_EXPIRY.search(normal(work.head("lot_number"))))
    cells = [lots] if expiries is None else [lots, expiries]
    if not announced and not any(arrow.suspects(arrow.encoded(c).dictionary, _SIGNS_OF_MANY).any() for c in cells):
        return None
    found = _Distinct.of([lots, arrow.repeated("", len(lots)) if expiries is None else expiries])
    several: dict[int, _Apart] = {}
    for n, (lot, expiry) in enumerate(found.texts):
        if not (announced or _MANY.search(lot) or _MANY.search(expiry)) or not lot.strip():
            continue
        apart = _of_row(lot, expiry, announced, work.source.log == SUPPLIES)
        if apart.pairs != ((lot, expiry),) or apart.problem:
            several[n] = apart
    if not several:
        return None
    return _lay_out(work, found, several, from_code)


def _of_row(lot: str, expiry: str, announced: bool, may_split: bool) -> _Apart:
    cell = lots_in(lot, announced)
    if cell.doubt:
        return _Apart(((lot, expiry),), "", cell.doubt)
    count = len(cell.lots)
    beside = cell.expiries
    if cell.loose:
        told = f"{len(cell.loose)} expiries for {count} lots: write one beside each"
        beside = tuple(f"{'; '.join(cell.loose)} [{told}]" for _ in cell.lots)
    if expiry.strip():
        own = dates_in(expiry)
        if not any(beside):
            one = (expiry,) if count == 1 else own
            told = f"{len(own) or 1} expiries for {count} lots: write one beside each".replace(
                "1 expiries", "one expiry"
            )
            beside = one if len(one) == count else (f"{expiry} [{told}]",) * count
        elif not (count == 1 and _same("expires_on", expiry, beside[0])) and own != beside:
            beside = tuple(f"{expiry} [the cell of the lot says {text}; correct one of them]" for text in beside)
        elif count == 1:
            beside = (expiry,)
    if count > 1 and not may_split:
        return _Apart(
            ((UNREAD, expiry),), "", "a record of the inventory is one lot; write each lot on a line of its own"
        )
    return _Apart(tuple(zip(cell.lots, beside, strict=True)), cell.product)


def _lay_out(work: _Work, found: _Distinct, several: dict[int, _Apart], from_code: Mask) -> Ints:
    """Repeats the rows that become several, and puts the cells of each there; gives the rows of the new table."""
    for n in [n for n, apart in several.items() if apart.problem]:
        for row in [row for row in found.rows(n) if not from_code[row]]:
            work.report(row, "lot_number", found.texts[n][0], several[n].problem)
    pairs = [several[n].pairs if n in several else ((lot, expiry),) for n, (lot, expiry) in enumerate(found.texts)]
    count = np.array([len(of) for of in pairs], np.int64)
    offset = np.cumsum(count) - count
    copies = np.where(from_code, 1, count[found.codes])
    rows = np.repeat(np.arange(len(copies)), copies)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(copies) - copies, copies)
    code = found.codes[rows]
    touched = np.isin(code, np.fromiter(several, np.int64, len(several))) & ~from_code[rows]
    head = work.head("lot_number")
    _widen(work, rows)
    at = np.where(touched, offset[code] + nth, -1)
    _lay(work, "lot_number", [lot for of in pairs for lot, _ in of], at, head)
    expiries = [expiry for of in pairs for _, expiry in of]
    if any(expiries) or work.at("expires_on") is not None:
        _lay(work, "expires_on", expiries, at, head)
    products = [several[n].product if n in several else "" for n in range(len(pairs))]
    _beside(work, np.flatnonzero(touched), count[code], nth, code, products)
    return np.arange(len(rows))


def _widen(work: _Work, rows: Ints) -> None:
    """The table with these of its rows."""
    old = work.source.table
    wide = source_of(work.source, work.source.log, work.columns, rows, work.source.preset)
    work.source = replace(wide, table=replace(wide.table, misfits=old.misfits, notes=old.notes))
    work.columns = columns_of(work.source)


def _lay(work: _Work, name: str, texts: list[str], at: Ints, head: str) -> None:
    """Lays texts over a column: per row the place of its text, -1 where the cell stays."""
    rows = work.source.table.rows
    own = work.cells(name)
    own = arrow.repeated("", rows) if own is None else own
    pick = np.where(at < 0, np.arange(rows), rows + at)
    work.put(name, arrow.take(pa.concat_arrays([own, arrow.strings(texts)]), pick), head)


def _beside(work: _Work, rows: Ints, count: Ints, nth: Ints, code: Ints, products: list[str]) -> None:
    """Changes the other cells of the rows that were taken apart: keys, quantities, and what is said of each lot."""
    head = work.head("lot_number")
    for name in ("supply_id", "quantity", *_ONE_EACH):
        cells = work.cells(name)
        if cells is None:
            if name == "product" and any(products):
                _lay(work, name, products, _laid_at(work, rows, code[rows]), head)
            continue
        coded = pc.dictionary_encode(arrow.take(cells, rows))
        said = coded.dictionary.to_pylist()
        of_product = code[rows] if name == "product" else np.zeros(len(rows), np.int64)
        sets = np.stack([arrow.numbers(coded.indices), count[rows], nth[rows], of_product], axis=1).astype(np.int64)
        distinct, place = np.unique(sets, axis=0, return_inverse=True)
        texts = [_cell_beside(name, said[t], n, k, products[p]) for t, n, k, p in distinct.tolist()]
        _lay(work, name, texts, _laid_at(work, rows, place.reshape(-1)), head)


def _laid_at(work: _Work, rows: Ints, places: Ints) -> Ints:
    at = np.full(work.source.table.rows, -1, np.int64)
    at[rows] = places
    return at


def _cell_beside(name: str, written: str, count: int, nth: int, product: str) -> str:
    """A cell beside the nth of several lots of one cell (from 0)."""
    if name == "product" and product and not written.strip():
        return product
    if count == 1 or not written.strip() or written.casefold() in shared().blanks:
        return written
    if name == "supply_id":
        return f"{written} ({nth + 1})" if nth else written
    if name == "quantity":
        return "" if written.strip() == str(count) else f"{written} [for {count} lots: write one line for each]"
    parts = [part.strip() for part in re.split(r"[;|\n\r+/,]", written) if part.strip()]
    return parts[nth] if len(parts) == count else written
