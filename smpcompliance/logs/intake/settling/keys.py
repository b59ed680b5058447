"""Keys that an export lacks, repeated keys, pseudonyms for names used as keys, and the lot behind a lot number."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD, blanks, says_nothing, unread
from smpcompliance.logs.intake.raw import Misfits, Remarks
from smpcompliance.logs.intake.settling.controls import without_dead_controls
from smpcompliance.logs.intake.settling.joining import but, join_cycles, merged_files, only, with_text
from smpcompliance.logs.schema import normal, schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log, LogFile
from smpcompliance.patterns import pattern

FORM = "form "
"""What stands before the key of a form in the key of a sitting that only the form tells of."""

_LOT_MARKS = pattern(r"^(LOT|BATCH|CH\.?-?B\.?|CHARGE|LOTE|LOTTO)(\s*(NO|NR|NUMBER|#)?\.?)?[\s:#.]*(?=\S)")


_NOT_IN_FORM = r"(?-i:[a-z])| |^(?:#|LOT|BATCH|CH)"
"""What a number has in it that is not in the form in which lot numbers compare (RE2)."""


def lot_form(text: str) -> str:
    """The form in which lot numbers compare: upper case, no blanks, no `LOT`, `Batch no.`; dashes and dots stay."""
    return "".join(_LOT_MARKS.sub("", text.strip().upper()).split()).lstrip("#")


def settle(tables: dict[str, Log], studios: Sequence[Studio], misfits: Misfits, remarks: Remarks) -> dict[str, Log]:
    """Makes every record of every log findable by its key."""
    tables = _pseudonyms(tables, studios)
    for name in ("clients", "consent_forms"):
        if name in tables:
            tables[name] = merged_files(tables[name], misfits)
    if "sterilization_cycles" in tables:
        cycles = join_cycles(tables["sterilization_cycles"], tables.get("equipment"), misfits, remarks)
        tables["sterilization_cycles"] = _cycle_types(cycles, remarks)
    if "spore_tests" in tables:
        tables["spore_tests"] = without_dead_controls(tables["spore_tests"], remarks)
    if "session_supplies" in tables:
        tables = _sittings_of_forms(tables, misfits)
    if "supply_lots" in tables:
        tables["supply_lots"] = _with_key(tables["supply_lots"])
    if "session_supplies" in tables:
        tables = _lots_by_number(tables)
    return {name: _first_of_each_key(log, misfits) for name, log in tables.items()}


def _spread(distinct: Sequence[str], codes: Ints) -> pa.Array:
    return arrow.take(arrow.strings(distinct), codes.astype(np.int64)) if len(distinct) else arrow.strings([])


def _pseudonyms(tables: dict[str, Log], studios: Sequence[Studio]) -> dict[str, Log]:
    """Replaces clients' names that serve as keys by stable pseudonyms.

    A studio uses names where a head that means the client's key asks for a name, a cell below it holds one, or its
    clients have a name and no key. Then the key of every log of that studio is replaced, so that its records still find
    each other. A written name that belongs to just one listed client counts as that client's key first.
    """
    clients = tables.get("clients")
    asked = np.zeros(len(studios), bool)
    for log in tables.values():
        for n, file in enumerate(log.files):
            if _asks_for_name(file) or (log.name == "clients" and _keyless(file)):
                asked[log.studio[log.file == n]] = True
        if "client_id" in log.text:
            asked[log.studio[_personal(log.text["client_id"])]] = True
    if not asked.any():
        return tables
    known = _keys_of_names(clients) if clients else {}
    return {name: _renamed(log, asked, known, studios) for name, log in tables.items()}


def _asks_for_name(file: LogFile) -> bool:
    return bool(re.search(r"name|information|identit", normal(file.heads.get("client_id", ""))))


_NAMES = (
    r"^[^0-9]*\p{L}[^0-9]*$"
    r"|\p{L}{2}[\p{L}.'’-]*[ ,;]+\p{L}"
    r"|@"
    r"|^(\+|\([0-9]|[0-9]{2,5}[ ./-])[0-9 ()./-]{6,}$"
)
_CODE = r"^([A-Z]{1,3}|client-[0-9a-f]{8}|[0-9]{1,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}[-/ ]?[0-9]*)$"
_PLAIN_CODE = r"^[A-Za-z#][A-Za-z#/_-]*[0-9][0-9A-Za-z#/_-]*$"  # nothing of the form of `_NAMES` has this one


def _personal(cells: pa.Array) -> Mask:
    """Which cells hold a name, an address of mail or a telephone number rather than a code of the studio's own.

    A name has no digit, or two words; three capitals are initials or a code. What only looks like a name is replaced
    too: that costs nothing but a key that the studio knows.
    """
    distinct = arrow.encoded(cells)
    texts = distinct.dictionary
    if arrow.numbers(pc.match_substring_regex(texts, _PLAIN_CODE)).all():
        return np.zeros(len(cells), bool)
    found = arrow.numbers(pc.match_substring_regex(texts, _NAMES))
    found = found & ~blanks(texts) & ~arrow.numbers(pc.match_substring_regex(texts, _CODE))
    mask: Mask = found[arrow.numbers(distinct.indices)]
    return mask


def _keyless(file: LogFile) -> bool:
    return "name" in file.heads and "client_id" not in file.heads


def _keys_of_names(clients: Log) -> dict[tuple[int, str], str]:
    """(studio, name) → key, for names that just one client has."""
    out: dict[tuple[int, str], str] = {}
    twice = set()
    cells = _cells_of(clients, ("name", "client_id"), np.arange(len(clients)))
    for studio, (name, key) in zip(clients.studio.tolist(), cells, strict=True):
        if normal(name) and key and out.setdefault((studio, normal(name)), key) != key:
            twice.add((studio, normal(name)))
    return {entry: key for entry, key in out.items() if entry not in twice}


def _renamed(log: Log, asked: Mask, known: dict[tuple[int, str], str], studios: Sequence[Studio]) -> Log:
    keyless = np.array([log.name == "clients" and _keyless(file) for file in log.files] + [False])
    held = np.array(["client_id" in file.heads for file in log.files] + [False])
    for column, files in (("client_id", held), ("name", keyless)):
        rows = np.flatnonzero(files[log.file] & asked[log.studio])
        if not len(rows):
            continue
        distinct = pc.dictionary_encode(arrow.take(log.text[column], rows))
        texts = distinct.dictionary.to_pylist()
        pair = log.studio[rows].astype(np.int64) * (len(texts) + 1) + arrow.numbers(distinct.indices)
        seen, place = np.unique(pair, return_inverse=True)
        made = [_pseudonym(int(p) // (len(texts) + 1), texts[int(p) % (len(texts) + 1)], known, studios) for p in seen]
        log = _filled(log, "client_id", rows, _spread(made, place))
    return log


def pseudonym(studio: Studio, written: str) -> str:
    """What a client's key becomes in a studio that calls clients by name; of a name that is listed, see the list."""
    return _pseudonym(0, written, {}, [studio])


def _pseudonym(studio: int, written: str, known: dict[tuple[int, str], str], studios: Sequence[Studio]) -> str:
    if not normal(written) or says_nothing(written):
        return UNREAD if written == UNREAD else ""
    key = normal(known.get((studio, normal(written)), written))
    secret = (studios[studio].pseudonym_key or "").encode()
    return "client-" + hmac.digest(secret, f"{studios[studio].studio_id}\0{key}".encode(), "sha256").hex()[:8]


def _filled(log: Log, column: str, rows: Ints, cells: pa.Array) -> Log:
    """The log with other cells of a column in some rows; their files hold the column from now on."""
    held = set(np.flatnonzero(np.bincount(log.file[rows])).tolist())
    files = tuple(
        replace(file, heads={column: column} | file.heads) if n in held else file for n, file in enumerate(log.files)
    )
    return replace(with_text(log, column, rows, cells), files=files)


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
    known = schema(log.name).columns["cycle_type"].words
    said = log.text["program"] if "program" in log.text else arrow.repeated("", len(log))
    distinct = pc.dictionary_encode(said)
    words = [known.get(normal(text), "load") for text in distinct.dictionary.to_pylist()]
    by_program = np.array([*words, ""])[arrow.numbers(distinct.indices)]
    counts: dict[tuple[int, str], int] = {}
    for n, file in enumerate(log.files):
        if count := int((blank & silent & (log.file == n)).sum()):
            place = (int(log.studio[np.flatnonzero(log.file == n)[0]]), file.place)
            counts[place] = counts.get(place, 0) + count
    for (studio, where), count in counts.items():
        remarks.append((studio, where, f"{count} cycles name neither type nor program; they are read as loads"))
    rows = np.flatnonzero(blank)
    return _filled(log, "cycle_type", rows, arrow.strings(by_program[rows].tolist()))


def _with_key(log: Log) -> Log:
    """Fills blank keys: the filled `made_key` columns joined, and a running number where that repeats."""
    return _keyed(log)[0]


def _keyed(log: Log) -> tuple[Log, bool]:
    """The log as `_with_key`, and whether every key was made and none had to be numbered, so that each stands once."""
    known = log.schema
    blank = blanks(log.text[known.key]) if known.key in log.text else np.ones(len(log), bool)
    if known.key in log.text and not blank.any():
        return log, False
    rows = np.flatnonzero(blank)
    parts = [_told(part) for part in arrow.taken([log.text[n] for n in known.made_key if n in log.text], rows)]
    made = arrow.joined(parts, " ") if parts else arrow.repeated("", len(rows))
    made = arrow.chosen(arrow.is_filled(made), made, arrow.repeated("record", len(rows)))
    studio = log.studio[rows]
    if parts and _begin_differently(parts[0], studio):
        return _filled(log, known.key, rows, made), len(rows) == len(log)
    nth = arrow.running(arrow.first_rows(made, studio))
    if (again := np.flatnonzero(nth)).size:
        marks = arrow.strings(f"({n})" for n in range(1, int(nth.max()) + 2))
        made = arrow.put(made, again, arrow.joined([arrow.take(made, again), arrow.take(marks, nth[again])], " "))
    return _filled(log, known.key, rows, made), len(rows) == len(log) and not again.size


def _begin_differently(first: pa.Array, studio: NDArray[np.int32]) -> bool:
    """Whether keys that are made of these cells and more differ by these alone: each is one word, no two are alike."""
    distinct = arrow.repeating(first)
    words = distinct.dictionary if distinct else first
    if not arrow.is_filled(words).all() or arrow.numbers(pc.match_substring(words, " ")).any():
        return False
    return not len(arrow.repeats(first, studio)[0])


def _told(cells: pa.Array) -> pa.Array:
    """The cells, those blank that could not be told."""
    lost = np.flatnonzero(unread(cells))
    return arrow.put(cells, lost, arrow.repeated("", len(lost)))


def _first_of_each_key(log: Log, misfits: Misfits) -> Log:
    log, is_once = _keyed(log)
    if is_once:
        return log
    again, stands = arrow.repeats(log.text[log.schema.key], log.studio)
    if not len(again):
        return log
    differs = np.zeros(len(again), bool)
    for cells in log.text.values():
        differs |= arrow.numbers(pc.not_equal(arrow.take(cells, again), arrow.take(cells, stands)))
    contested = set()
    for row, first, says_else in zip(again.tolist(), stands.tolist(), differs.tolist(), strict=True):
        reason = f"this key already stands at {log.where(first)}, line {log.line[first]}; the first record stands"
        told = log.unreadable_at(row, log.schema.key, reason)
        if says_else:
            told = replace(told, column=None, reason=f"{reason}, and this one, which says something else, is left out")
            if _other_thing(log, row, first):
                contested.add((int(log.studio[row]), log.text[log.schema.key][row].as_py()))
        misfits.append((int(log.studio[row]), told))
    return replace(only(log, but(log, again)), contested=frozenset(contested))


def _other_thing(log: Log, row: int, other: int) -> bool:
    """Whether two records with one key name different things: a column of which keys are made says another thing."""
    told = [[log.text[name][n].as_py() for n in (row, other)] for name in log.schema.made_key if name in log.text]
    return any(normal(a) != normal(b) for a, b in told if normal(a) and normal(b))


def _sittings_of_forms(tables: dict[str, Log], misfits: Misfits) -> dict[str, Log]:
    """Finds the sitting of what stands on a form: the listed one that alone names it, or the one that it tells of.

    A sitting that a form tells of and that is listed too, on the same day, is one record.
    """
    if not any(_on_forms(tables.get(name)).any() for name in ("sessions", "session_supplies")):
        return tables
    sessions = _with_key(tables["sessions"]) if "sessions" in tables else None
    listed = _listed_sittings(sessions)
    if sessions is not None:
        sessions = _told_by_both(sessions, listed, misfits)
        tables = tables | {"sessions": sessions}
    used = tables.get("session_supplies")
    if used is None or not len(named := np.flatnonzero(_on_forms(used))):
        return tables
    own = (
        set()
        if sessions is None
        else set(zip(sessions.studio.tolist(), sessions.text["session_id"].to_pylist(), strict=True))
    )
    sittings: list[str] = []
    for row, (key,) in zip(named.tolist(), _cells_of(used, ("session_id",), named), strict=True):
        studio = int(used.studio[row])
        found = [key] if (studio, key) in own else listed.get((studio, key.removeprefix(FORM)), [])
        sittings.append(found[0] if len(found) == 1 else "")
        if len(found) != 1:
            many = f"covers {len(found)} sittings" if found else "is named by no sitting"
            reason = f"this stands on a form that {many}: its sitting is not known; put the form's number into sessions"
            misfits.append((studio, replace(used.unreadable_at(row, "session_id", reason), text="")))
    return tables | {"session_supplies": with_text(used, "session_id", named, arrow.strings(sittings))}


def _on_forms(log: Log | None) -> Mask:
    """The rows whose sitting is known from a form only."""
    if log is None or "session_id" not in log.text:
        return np.zeros(0 if log is None else len(log), bool)
    found: Mask = arrow.numbers(pc.starts_with(log.text["session_id"], pattern=FORM))
    return found


def _listed_sittings(sessions: Log | None) -> dict[tuple[int, str], list[str]]:
    """(studio, key of a form) → the sittings that name the form, without those that only a form tells of."""
    out: dict[tuple[int, str], list[str]] = {}
    if sessions is None:
        return out
    rows = np.flatnonzero(~_on_forms(sessions))
    cells = _cells_of(sessions, ("session_id", "consent_id"), rows)
    for studio, (key, form) in zip(sessions.studio[rows].tolist(), cells, strict=True):
        if form:
            out.setdefault((studio, form), []).append(key)
    return out


def _told_by_both(sessions: Log, listed: dict[tuple[int, str], list[str]], misfits: Misfits) -> Log:
    rows = np.flatnonzero(_on_forms(sessions))
    starts = sessions.cells("started_at")
    keys = sessions.text["session_id"].to_pylist()
    place = {(int(studio), key): row for row, (studio, key) in enumerate(zip(sessions.studio, keys, strict=True))}
    same: dict[int, str] = {}
    for row in rows.tolist():
        found = listed.get((int(sessions.studio[row]), keys[row].removeprefix(FORM)), [])
        days = [starts.text(place[int(sessions.studio[row]), key])[:10] for key in found]
        if (day := starts.text(row)[:10]) and days.count(day) == 1:
            same[row] = found[days.index(day)]
    if not same:
        return sessions
    renamed = with_text(sessions, "session_id", np.fromiter(same, np.int64, len(same)), arrow.strings(same.values()))
    return merged_files(renamed, misfits, set(same))


def _lots_by_number(tables: dict[str, Log]) -> dict[str, Log]:
    """Gives supplies without a lot id the lot of their type, brand and number; an unlisted one gets a made-up row.

    Where both have an article number (GTIN) that decides, and the brand does not.
    """
    used = tables["session_supplies"]
    if "lot_number" not in used.text:
        return tables
    without = blanks(used.text["lot_id"]) if "lot_id" in used.text else np.ones(len(used), bool)
    rows = np.flatnonzero(without & ~blanks(used.text["lot_number"]))
    if not len(rows):
        return tables
    lost = np.flatnonzero(without & unread(used.text["lot_number"]))
    used = _filled(used, "lot_id", lost, arrow.strings([UNREAD] * len(lost)))
    asked_for = [used.text[name] for name in ("item_type", "brand", "lot_number", "gtin") if name in used.text]
    first, place = arrow.groups(used.studio[rows], *arrow.taken(asked_for, rows))
    asked, listed = _lots_in(used, rows[first]), _lots_in(tables.get("supply_lots"))
    stands = _listed_as(asked, listed)
    known, unlisted = np.flatnonzero(stands >= 0), np.flatnonzero(stands == _UNLISTED)
    names = [" ".join(filter(None, said)) for said in zip(*asked.said(unlisted), strict=True)]
    lots = arrow.put(arrow.repeated("", len(first)), unlisted, arrow.strings(names))
    if len(known):
        lots = arrow.put(lots, known, arrow.take(listed.key, stands[known]))
    first_row: dict[tuple[int, str], int] = {}
    for row, studio, name in zip(rows[first[unlisted]].tolist(), asked.studio[unlisted].tolist(), names, strict=True):
        first_row[studio, name] = min(row, first_row.get((studio, name), row))
    filled = _filled(used, "lot_id", rows, arrow.take(lots, place))
    made_up = _made_up(used, dict(sorted(first_row.items(), key=lambda entry: entry[1])))
    return tables | {"session_supplies": filled, "supply_lots": _append(tables.get("supply_lots"), made_up)}


_UNLISTED, _SEVERAL = -1, -2


@dataclass(frozen=True)
class _Lots:
    """Lots as they are compared: whose, key, item, brand, form of the number, article number of 14 digits or none."""

    studio: Ints
    key: pa.Array
    item: pa.Array
    brand: pa.Array
    form: pa.Array
    article: pa.Array

    def said(self, rows: Ints) -> list[list[str]]:
        """What some of them are called by: items, brands, forms."""
        return [cells.to_pylist() for cells in arrow.taken([self.item, self.brand, self.form], rows)]


def _lots_in(log: Log | None, rows: Ints | None = None) -> _Lots:
    """The lots that some rows of a log name; by default those of all rows that have a number."""
    if log is None or "lot_number" not in log.text:
        none = arrow.strings([])
        return _Lots(np.zeros(0, np.int64), none, none, none, none, none)
    if rows is None:
        rows = np.flatnonzero(arrow.is_filled(_lot_forms(_told(log.text["lot_number"]))))
    key, item, brand, number, article = (
        _told(arrow.take(log.text[name], rows)) if name in log.text else arrow.repeated("", len(rows))
        for name in ("lot_id", "item_type", "brand", "lot_number", "gtin")
    )
    if (coded := np.flatnonzero(arrow.is_filled(article))).size:
        article = arrow.put(article, coded, arrow.strings(map(_article, arrow.take(article, coded).to_pylist())))
    return _Lots(log.studio[rows].astype(np.int64), key, item, brand, _lot_forms(number), article)


def _lot_forms(numbers: pa.Array) -> pa.Array:
    """Each number in the form in which lot numbers compare; most are written in it."""
    odd = np.flatnonzero(arrow.suspects(numbers, _NOT_IN_FORM))
    return arrow.put(numbers, odd, arrow.strings(map(lot_form, arrow.take(numbers, odd).to_pylist())))


def _listed_as(asked: _Lots, listed: _Lots) -> Ints:
    """Per lot asked for the only listed one that it may be, or _UNLISTED, or _SEVERAL.

    Where one of its number has its article it is that, else it is of its type and brand.
    """
    stands = np.full(len(asked.studio), _UNLISTED, np.int64)
    if not len(listed.studio):
        return stands
    whose, form = np.append(asked.studio, listed.studio), pa.concat_arrays([asked.form, listed.form])
    _, number = arrow.groups(whose, form)
    wanted, there = np.split(number, [len(stands)])
    order = np.argsort(there, kind="stable")
    begin, end = (np.searchsorted(there[order], wanted, side) for side in ("left", "right"))
    pair = np.repeat(np.arange(len(stands)), end - begin)
    other = order[np.arange(len(pair)) - np.repeat(np.cumsum(end - begin) - end, end - begin)]
    coded = (arrow.is_filled(asked.article)[pair], arrow.is_filled(listed.article)[other])
    same = coded[0] & arrow.numbers(pc.equal(arrow.take(asked.article, pair), arrow.take(listed.article, other)))
    by_article = np.bincount(pair[same], minlength=len(stands)) > 0
    is_one = np.where(by_article[pair], same, ~(coded[0] & coded[1]) & _alike(asked, listed, pair, other))
    pair, other = pair[is_one], other[is_one]
    stands[pair] = other
    stands[np.bincount(pair, minlength=len(stands)) > 1] = _SEVERAL
    return stands


def _alike(asked: _Lots, listed: _Lots, pair: Ints, other: Ints) -> Mask:
    """Which pairs of lots agree in type and brand; each distinct pair of them is looked at once."""
    said = [*arrow.taken([asked.item, asked.brand], pair), *arrow.taken([listed.item, listed.brand], other)]
    first, place = arrow.groups(*said)
    texts = zip(*(cells.to_pylist() for cells in arrow.taken(said, first)), strict=True)
    agree = [
        _agree(_kind(item), _kind(its_item)) and _agree(brand, its_brand) for item, brand, its_item, its_brand in texts
    ]
    found: Mask = np.array(agree, bool)[place]
    return found


def _article(gtin: str) -> str:
    """An article number in its form of 14 digits; empty where the cell holds none."""
    digits = gtin.strip()
    return digits.zfill(14) if digits.isdecimal() and len(digits) <= 14 else ""


@lru_cache(maxsize=1024)
def _kind(item: str) -> str:
    """The item word of a lot, needles and cartridges as one: an inventory of needles lists them together."""
    word = schema("supply_lots").columns["item_type"].words.get(normal(item), item)
    return "needle" if word in ("needle", "needle_bar", "cartridge") else word


@lru_cache(maxsize=1024)
def _agree(first: str, second: str) -> bool:
    return not normal(first) or not normal(second) or normal(first) == normal(second)


def _cells_of(log: Log, names: Sequence[str], rows: Ints) -> list[tuple[str, ...]]:
    """The cells of some columns in some rows; empty where the log lacks the column or a cell is `UNREAD`."""
    columns = [arrow.take(log.text[n], rows).to_pylist() if n in log.text else [""] * len(rows) for n in names]
    return [tuple("" if cell == UNREAD else cell for cell in cells) for cells in zip(*columns, strict=True)]


def _made_up(used: Log, first_row: dict[tuple[int, str], int]) -> Log:
    rows = np.array(list(first_row.values()), np.int64)
    shared = ("item_type", "brand", "product", "color", "lot_number", "gtin", "expires_on")
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

    def column(log: Log, name: str) -> pa.Array:
        return log.text[name] if name in log.text else arrow.repeated("", len(log))

    return Log(
        lots.schema,
        {name: pa.concat_arrays([column(lots, name), column(more, name)]) for name in names},
        (*lots.files, *more.files),
        np.concatenate([lots.file, more.file + np.int32(len(lots.files))]),
        np.concatenate([lots.line, more.line]),
        np.concatenate([lots.studio, more.studio]),
        np.concatenate([lots.made_up, more.made_up]),
    )
