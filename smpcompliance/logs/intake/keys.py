"""Keys that an export lacks, repeated keys, pseudonyms for names used as keys, and the lot behind a lot number."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import blanks
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.schema import normal, schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log

Misfits = list[tuple[int, Unreadable]]
Remarks = list[tuple[int, str, str]]

_LOT_MARKS = re.compile(r"^(LOT|BATCH|CH\.?-?B\.?|CHARGE|LOTE|LOTTO)(\s*(NO|NR|NUMBER|#)?\.?)?[\s:#.]*(?=\S)")


def lot_form(text: str) -> str:
    """The form in which lot numbers compare: upper case, no blanks, no `LOT`, `Batch no.`; dashes and dots stay."""
    return re.sub(r"\s+", "", _LOT_MARKS.sub("", text.strip().upper())).lstrip("#")


def settle(tables: dict[str, Log], studios: Sequence[Studio], misfits: Misfits, remarks: Remarks) -> dict[str, Log]:
    """Makes every record of every log findable by its key."""
    tables = {name: _pseudonyms(log, studios) for name, log in tables.items()}
    if "sterilization_cycles" in tables:
        tables["sterilization_cycles"] = _cycle_types(tables["sterilization_cycles"], remarks)
    if "supply_lots" in tables:
        tables["supply_lots"] = _with_key(tables["supply_lots"])
    if "session_supplies" in tables:
        tables = _lots_by_number(tables)
    return {name: _first_of_each_key(_with_key(log), misfits) for name, log in tables.items()}


def only(log: Log, rows: Ints) -> Log:
    """The log with just these rows."""
    text = {name: arrow.take(cells, rows) for name, cells in log.text.items()}
    return Log(log.schema, text, log.files, log.file[rows], log.line[rows], log.studio[rows], log.made_up[rows])


def _spread(distinct: Sequence[str], codes: Ints) -> pa.Array:
    return arrow.take(arrow.strings(distinct), codes.astype(np.int64)) if len(distinct) else arrow.strings([])


def _pseudonyms(log: Log, studios: Sequence[Studio]) -> Log:
    """Client keys written under a head that asks for a name become stable pseudonyms; so do keys made of names."""
    named = [bool(_ASKS_FOR_A_NAME.search(normal(file.heads.get("client_id", "")))) for file in log.files]
    keyless = [log.name == "clients" and "name" in f.heads and "client_id" not in f.heads for f in log.files]
    for column, files in (("client_id", named), ("name", keyless)):
        rows = np.flatnonzero(np.array([*files, False])[log.file])
        if len(rows):
            log = _renamed(log, column, rows, studios)
    return log


_ASKS_FOR_A_NAME = re.compile(r"name|information|identit")


def _renamed(log: Log, column: str, rows: Ints, studios: Sequence[Studio]) -> Log:
    distinct = pc.dictionary_encode(arrow.take(log.text[column], rows))
    texts = distinct.dictionary.to_pylist()
    pair = log.studio[rows].astype(np.int64) * (len(texts) + 1) + arrow.numbers(distinct.indices)
    seen, place = np.unique(pair, return_inverse=True)
    made = [_pseudonym(studios[int(p) // (len(texts) + 1)].studio_id, texts[int(p) % (len(texts) + 1)]) for p in seen]
    return _filled(log, "client_id", rows, _spread(made, place))


def _filled(log: Log, column: str, rows: Ints, cells: pa.Array) -> Log:
    """The log with other cells of a column in some rows; their files hold the column from now on."""
    own = log.text.get(column, arrow.take(arrow.strings([""]), np.zeros(len(log), np.int64)))
    pick = np.arange(len(log))
    pick[rows] = len(log) + np.arange(len(rows))
    held = set(np.unique(log.file[rows]).tolist())
    files = tuple(
        replace(file, heads={column: column} | file.heads) if n in held else file for n, file in enumerate(log.files)
    )
    return replace(
        log, text=log.text | {column: arrow.take(pa.concat_arrays([own, cells]), pick)}, files=files, _typed={}
    )


def _pseudonym(studio: str, name: str) -> str:
    if not normal(name):
        return ""
    return "client-" + hashlib.sha256(f"{studio}\0{normal(name)}".encode()).hexdigest()[:8]


def _cycle_types(log: Log, remarks: Remarks) -> Log:
    """Fills a blank cycle type from the program; a program that names no test is a load.

    A cycle of a file that has neither column is a load too. A cell left blank beside a blank program stays
    blank, and so does what a machine left open.
    """
    silent = blanks(log.text["program"]) if "program" in log.text else np.ones(len(log), bool)
    blank = blanks(log.text["cycle_type"]) if "cycle_type" in log.text else np.ones(len(log), bool)
    lacks = np.array(["cycle_type" not in file.heads and not file.printed for file in log.files] + [False])[log.file]
    printed = np.array([file.printed for file in log.files] + [False])[log.file]
    blank = blank & ~printed & (lacks | ~silent)
    if not blank.any():
        return log
    known = schema(log.name).columns["cycle_type"].words or {}
    said = log.text.get("program", arrow.take(arrow.strings([""]), np.zeros(len(log), np.int64)))
    distinct = pc.dictionary_encode(said)
    words = [known.get(normal(text), "load") for text in distinct.dictionary.to_pylist()]
    by_program = np.array([*words, ""])[arrow.numbers(distinct.indices)]
    for n, file in enumerate(log.files):
        if count := int((blank & silent & (log.file == n)).sum()):
            text = f"{count} cycles name neither type nor program; they are read as loads"
            remarks.append((int(log.studio[np.flatnonzero(log.file == n)[0]]), file.name, text))
    rows = np.flatnonzero(blank)
    return _filled(log, "cycle_type", rows, arrow.strings(by_program[rows].tolist()))


def _with_key(log: Log) -> Log:
    """Fills blank keys: the filled `made_key` columns joined, and a running number where that repeats."""
    known = log.schema
    blank = blanks(log.text[known.key]) if known.key in log.text else np.ones(len(log), bool)
    if known.key in log.text and not blank.any():
        return log
    parts = [log.text[name] for name in known.made_key if name in log.text]
    rows = np.flatnonzero(blank)
    texts = [arrow.take(part, rows).to_pylist() for part in parts]
    made = [" ".join(filter(None, cells)) for cells in zip(*texts, strict=True)] if parts else ["record"] * len(rows)
    numbered = _numbered([text or "record" for text in made], log.studio[rows].tolist())
    return _filled(log, known.key, rows, arrow.strings(numbered))


def _numbered(made: list[str], studio: list[int]) -> list[str]:
    seen: dict[tuple[int, str], int] = {}
    out = []
    for code, text in zip(studio, made, strict=True):
        n = seen[code, text] = seen.get((code, text), 0) + 1
        out.append(text if n == 1 else f"{text} ({n})")
    return out


def _first_of_each_key(log: Log, misfits: Misfits) -> Log:
    distinct = pc.dictionary_encode(log.text[log.schema.key])
    key = log.studio.astype(np.int64) * (len(distinct.dictionary) + 1) + arrow.numbers(distinct.indices)
    _, first = np.unique(key, return_index=True)
    if len(first) == len(log):
        return log
    again = np.setdiff1d(np.arange(len(log)), first)
    where = {int(k): int(row) for k, row in zip(key[first], first, strict=True)}
    private = log.schema.columns[log.schema.key].private
    for row in again:
        stands = where[int(key[row])]
        shown = "(personal data)" if private else log.text[log.schema.key][int(row)].as_py()
        reason = f"this key already stands at {log.where(stands)}, line {log.line[stands]}; the first record stands"
        place = Unreadable(log.where(row), int(log.line[row]), log.head(row, log.schema.key), shown, reason)
        misfits.append((int(log.studio[row]), place))
    return only(log, np.sort(first))


def _lots_by_number(tables: dict[str, Log]) -> dict[str, Log]:
    """Gives supplies without a lot id the lot of their type, brand and number; an unlisted one gets a made-up row."""
    used = tables["session_supplies"]
    if "lot_number" not in used.text:
        return tables
    blank = (blanks(used.text["lot_id"]) if "lot_id" in used.text else np.ones(len(used), bool)) & ~blanks(
        used.text["lot_number"]
    )
    rows = np.flatnonzero(blank)
    if not len(rows):
        return tables
    listed = _listed(tables.get("supply_lots"))
    asked = _cells_of(used, ("item_type", "brand", "lot_number"), rows)
    lots: list[str] = []
    first_row: dict[tuple[int, str], int] = {}
    for row, studio, (item, brand, number) in zip(rows.tolist(), used.studio[rows].tolist(), asked, strict=True):
        found = [
            lot for lot_item, lot_brand, lot in listed.get((studio, lot_form(number)), ())
            if _agree(item, lot_item) and _agree(brand, lot_brand)
        ]  # fmt: skip
        made = " ".join(filter(None, (item, brand, lot_form(number))))
        lots.append(found[0] if len(found) == 1 else "" if found else made)
        if not found:
            first_row.setdefault((studio, made), row)
    filled = _filled(used, "lot_id", rows, arrow.strings(lots))
    made_up = _made_up(used, first_row)
    return tables | {"session_supplies": filled, "supply_lots": _append(tables.get("supply_lots"), made_up)}


def _agree(first: str, second: str) -> bool:
    return not normal(first) or not normal(second) or normal(first) == normal(second)


def _cells_of(log: Log, names: Sequence[str], rows: Ints) -> list[tuple[str, ...]]:
    columns = [arrow.take(log.text[n], rows).to_pylist() if n in log.text else [""] * len(rows) for n in names]
    return list(zip(*columns, strict=True))


def _listed(lots: Log | None) -> dict[tuple[int, str], list[tuple[str, str, str]]]:
    out: dict[tuple[int, str], list[tuple[str, str, str]]] = {}
    if lots is None or "lot_number" not in lots.text:
        return out
    cells = _cells_of(lots, ("item_type", "brand", "lot_number", "lot_id"), np.arange(len(lots)))
    for studio, (item, brand, number, lot) in zip(lots.studio.tolist(), cells, strict=True):
        if lot_form(number):
            out.setdefault((studio, lot_form(number)), []).append((item, brand, lot))
    return out


def _made_up(used: Log, first_row: dict[tuple[int, str], int]) -> Log:
    rows = np.array(list(first_row.values()), np.int64)
    shared = ("item_type", "brand", "product", "color", "lot_number", "expires_on")
    text = {name: arrow.take(used.text[name], rows) for name in shared if name in used.text}
    text["lot_id"] = arrow.strings([made for _, made in first_row])
    files = tuple(replace(f, heads={n: f.heads.get(n, n) for n in text}, unmapped=()) for f in used.files)
    return Log(
        schema("supply_lots"),
        text,
        files,
        used.file[rows],
        used.line[rows],
        used.studio[rows],
        np.ones(len(rows), bool),
    )


def _append(lots: Log | None, more: Log) -> Log:
    if lots is None:
        return more
    names = dict.fromkeys([*lots.text, *more.text])
    blank = arrow.strings([""])

    def column(log: Log, name: str) -> pa.Array:
        return log.text.get(name, arrow.take(blank, np.zeros(len(log), np.int64)))

    return Log(
        lots.schema,
        {name: pa.concat_arrays([column(lots, name), column(more, name)]) for name in names},
        (*lots.files, *more.files),
        np.concatenate([lots.file, more.file + np.int32(len(lots.files))]),
        np.concatenate([lots.line, more.line]),
        np.concatenate([lots.studio, more.studio]),
        np.concatenate([lots.made_up, more.made_up]),
    )
