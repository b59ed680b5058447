"""Typed columns: what each cell says, and where it says nothing, why.

Typing never changes the text of a log; it stands beside it. `why` is 0 where a cell has a value and a `Reason` where it
has none. Judging happens on distinct values and is spread over the rows by code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import DATE, TIME, Codes, Ints, Mask, text_of
from smpcompliance.logs import arrow, measures, written
from smpcompliance.logs.numbers import number_text
from smpcompliance.logs.schema import Column, normal, shared

Words = frozenset[str]

UNREAD = "\ufffe"
"""Stands in a cell that was filled and whose content the intake could not tell, and reported: it is unreadable, not
blank, however the column is typed. No text holds this sign of itself (Unicode 23.7, noncharacters)."""


TEXT = frozenset(("id", "text", "duration"))
"""The types whose cells are taken as they are written: none can be unreadable."""


class Reason(IntEnum):
    """Why something could not be judged. The names are the words of the report."""

    no_log = 1
    no_column = 2
    blank = 3
    unreadable = 4
    ambiguous = 5
    dangling = 6
    unmapped_head = 7
    precision = 8
    history_starts_late = 9
    parameter_unknown = 10
    list_incomplete = 11
    not_yet_due = 12


@dataclass(frozen=True)
class Cells:
    """A column of cells; `why` (uint8, one per row) is 0 or a Reason."""

    why: Codes

    def take(self, rows: Ints, why: Codes | None = None) -> "Cells":
        """The cells at these rows; `why` (one per row taken) overrules where it is not 0, and such a row may be -1."""
        raise NotImplementedError

    def text(self, row: int) -> str:
        """The value at a row as the report writes it; empty where there is none."""
        raise NotImplementedError

    def _why(self, rows: Ints, why: Codes | None) -> tuple[Ints, Codes]:
        if why is None or not why.any():
            return rows, _pick(self.why, rows)
        safe = rows * (why == 0)
        return safe, first_reason(why, _pick(self.why, safe))

    @property
    def nowhere(self) -> bool:
        """Whether no row has a value, all for the one reason that a column is `absent`."""
        return _is_repeated(self.why)


def because(where: Mask, reason: int) -> Codes:
    """One reason per row where a mask is set, else 0."""
    return where * np.uint8(reason)


def first_reason(*whys: Codes) -> Codes:
    """Per row the first of several reasons that is not 0, by sums of bytes: to choose row by row costs far more."""
    found, *others = whys
    for other in others:
        found = found + other * (found == 0)
    return found


def _repeated(value: int, rows: int, kind: type) -> Any:
    """One value as often as wanted; it stands in memory once."""
    return np.broadcast_to(np.array(value, kind), rows)


def _is_repeated(values: Any) -> bool:
    return len(values) > 0 and values.strides == (0,)


def _pick(values: Any, rows: Ints) -> Any:
    if _is_repeated(values):
        return np.broadcast_to(values[0], len(rows))
    return values.take(rows) if len(values) else np.zeros(len(rows), values.dtype)


@dataclass(frozen=True)
class Coded(Cells):
    """Text, words, flags and lists: `codes` (int32) point into the distinct `values`; -1 where there is none."""

    codes: NDArray[np.int32]
    values: tuple[str | Words, ...]

    def take(self, rows: Ints, why: Codes | None = None) -> "Coded":
        safe, reasons = self._why(rows, why)
        codes = _pick(self.codes, safe)
        if not _is_repeated(codes) and reasons.any():
            codes = np.where(reasons > 0, np.int32(-1), codes)
        return Coded(reasons, codes, self.values)

    def text(self, row: int) -> str:
        if self.why[row]:
            return ""
        value = self.values[self.codes[row]]
        return value if isinstance(value, str) else "; ".join(sorted(value)) or "none"

    def where(self, test: Callable[[Any], bool]) -> Mask:
        """Which rows have a value that passes a test; each distinct value is tested once."""
        passed = np.array([bool(test(value)) for value in self.values] + [False])
        found: Mask = passed.take(self.codes)
        return found

    @property
    def says_none(self) -> Mask:
        """Which rows hold a list of nothing."""
        lists = isinstance(next(iter(self.values), ""), frozenset)
        return self.where(lambda value: value == frozenset()) if lists else np.zeros(len(self.why), bool)


class Texts:
    """A column of text; its values are told apart when that is first asked: many a column of keys never is."""

    def __init__(self, cells: pa.Array, blank: Mask) -> None:
        self.cells, self._blank = cells, blank

    @cached_property
    def _encoded(self) -> pa.DictionaryArray:
        return arrow.encoded(self.cells)

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        """Per row the place of its text in `distinct`; -1 where it is blank."""
        codes = arrow.numbers(self._encoded.indices)
        return np.where(self._blank, np.int32(-1), codes) if self._blank.any() else codes

    @property
    def distinct(self) -> pa.Array:
        """The distinct texts, blank ones too, in the order in which they first appear."""
        return self._encoded.dictionary

    def at(self, row: int) -> str:
        """The text of a row."""
        ends, text = self._bytes
        return str(text[ends[row] : ends[row + 1]], "utf-8")

    @cached_property
    def _bytes(self) -> tuple[NDArray[np.int32], memoryview]:
        return arrow.offsets(self.cells), memoryview(self.cells.buffers()[2] or b"")

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The distinct texts."""
        return tuple(self.distinct.to_pylist())


class Written(Coded):
    """Text as it was written: all of a column, or that of some rows of it, -1 where there is none."""

    def __init__(self, why: Codes, texts: Texts, rows: Ints | None = None) -> None:
        vars(self).update(why=why, texts=texts, rows=rows)

    texts: Texts
    rows: Ints | None

    @cached_property
    def codes(self) -> NDArray[np.int32]:
        if self.rows is None:
            return self.texts.codes
        return np.where(self.rows < 0, np.int32(-1), _pick(self.texts.codes, self.rows))

    @property
    def values(self) -> tuple[str, ...]:
        return self.texts.values

    def take(self, rows: Ints, why: Codes | None = None) -> "Written":
        safe, reasons = self._why(rows, why)
        here = safe if self.rows is None else _pick(self.rows, safe)
        return Written(reasons, self.texts, np.where(reasons > 0, -1, here) if reasons.any() else here)

    def text(self, row: int) -> str:
        if self.why[row]:
            return ""
        return self.texts.at(row if self.rows is None else int(self.rows[row]))

    @property
    def says_none(self) -> Mask:
        return np.zeros(len(self.why), bool)


@dataclass(frozen=True)
class Numbers(Cells):
    """Numbers in the column's unit (float64)."""

    values: NDArray[np.float64]
    whole: bool = False

    def take(self, rows: Ints, why: Codes | None = None) -> "Numbers":
        safe, reasons = self._why(rows, why)
        return Numbers(reasons, _pick(self.values, safe), self.whole)

    def text(self, row: int) -> str:
        return "" if self.why[row] else number_text(float(self.values[row]))


@dataclass(frozen=True)
class Moments(Cells):
    """Moments: `at` (int64 seconds, local) is the first second that each may mean, `precision` how far it is known."""

    at: Ints
    precision: Codes

    def take(self, rows: Ints, why: Codes | None = None) -> "Moments":
        safe, reasons = self._why(rows, why)
        return Moments(reasons, _pick(self.at, safe), _pick(self.precision, safe))

    def text(self, row: int) -> str:
        return "" if self.why[row] else text_of(int(self.at[row]), int(self.precision[row]))


def among(why: Codes, *reasons: int) -> Mask:
    """Which cells have no value for one of these reasons (0: which have one)."""
    found: Mask = np.logical_or.reduce([why == reason for reason in reasons])
    return found


def absent(column: Column, rows: int, reason: Reason) -> Cells:
    """A column without any value, for one reason."""
    why = _repeated(reason, rows, np.uint8)
    match column.type:
        case "number" | "whole":
            return Numbers(why, _repeated(0, rows, np.float64), column.type == "whole")
        case "date" | "moment":
            return Moments(why, _repeated(0, rows, np.int64), _repeated(DATE, rows, np.uint8))
        case _:
            return Coded(why, _repeated(-1, rows, np.int32), ())


@dataclass(frozen=True)
class Typed:
    """A typed column and, for each row that is unreadable, what was expected there."""

    cells: Cells
    unreadable: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Reading:
    """How the cells of one file are written, as far as a file does not explain itself.

    Attributes:
        dates: order of day, month and year in dates written with figures only, or unix (`written.ORDERS`): for all
            columns, or (column, order) pairs; None = not declared.
        shown: (column, order) where the cells of a column themselves, or its head, allow one order only.
        units: (column, unit) where a column is not in its own unit, or nothing tells its unit (`measures.UNTOLD`);
            values are turned into the column's own.
        zones: per studio code, the IANA time zone into which moments with an offset are brought.
    """

    dates: str | tuple[tuple[str, str], ...] | None = None
    zones: tuple[str, ...] = ("UTC",)
    shown: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()

    def order_of(self, column: str) -> str | None:
        """The order of dates in a column: as declared, else as its cells show it."""
        if isinstance(self.dates, str):
            return self.dates
        return dict(self.dates or ()).get(column) or dict(self.shown).get(column)


def type_column(column: Column, text: pa.Array, reading: Reading, studio: NDArray[np.int32]) -> Typed:
    """Types one column of text as its schema says."""
    match column.type:
        case "date" | "moment":
            typed = _moments(column, text, reading, studio)
        case "number" | "whole":
            typed = _numbers(column, text, dict(reading.units).get(column.name), studio)
        case _:
            typed = _coded(column, text)
    blank = np.flatnonzero(typed.cells.why == Reason.blank)
    if len(lost := blank[unread(arrow.take(text, blank))]):
        why = np.zeros(len(text), np.uint8)
        why[lost] = Reason.unreadable
        typed = replace(typed, cells=with_reasons(typed.cells, why))
    return typed


def unread(text: pa.Array) -> Mask:
    """Which cells were filled and could not be told (`UNREAD`)."""
    found: Mask = arrow.numbers(pc.binary_length(text)) == len(UNREAD.encode())
    if found.any():
        rows = np.flatnonzero(found)
        found[rows] = arrow.numbers(pc.equal(arrow.take(text, rows), arrow.strings([UNREAD])[0]))
    return found


def unread_at(text: pa.Array, rows: Ints) -> pa.Array:
    """The cells, those at these rows as filled ones that could not be told."""
    return arrow.put(text, rows, arrow.repeated(UNREAD, len(rows)))


def blanks(text: pa.Array) -> Mask:
    """Which cells say nothing: empty, one of the shared marks for that (`-`, `n/a` …), or filled but `UNREAD`."""
    length = arrow.numbers(pc.binary_length(text))
    blank: Mask = length == 0
    if (short := (length > 0) & (length <= 4)).any():
        rows = np.flatnonzero(short)
        distinct = pc.dictionary_encode(arrow.take(text, rows))
        said = np.array([says_nothing(t) for t in distinct.dictionary.to_pylist()], dtype=bool)
        if said.any():
            blank[rows] = said[arrow.numbers(distinct.indices)]
    return blank


def iso_days(text: pa.Array) -> Mask:
    """Which cells begin with the four figures of a year, a dash and a figure, as nothing does that is no ISO day."""
    found = np.zeros(len(text), bool)
    for block in arrow.blocks(len(text)):
        begin = arrow.words(text[block])
        figures = (begin & 0xF0FFF0F0F0F0) == 0x302D30303030  # in ASCII a figure is 0x30 to 0x39
        found[block] = figures & (((begin + 0x060006060606) & 0xF000F0F0F0F0) == 0x300030303030)
    return found


def says_nothing(text: str) -> bool:
    """`blanks` for one cell."""
    return text == UNREAD or text.casefold() in shared().blanks


def _coded(column: Column, text: pa.Array) -> Typed:
    if column.type in TEXT:
        blank = blanks(text)
        return Typed(Written(blank * np.uint8(Reason.blank), Texts(text, blank)))
    distinct = arrow.encoded(text)
    codes = arrow.numbers(distinct.indices)
    texts: list[str] = distinct.dictionary.to_pylist()
    read = _reader(column)
    values: dict[str | Words, int] = {}
    code_of, why_of, expected = np.full(len(texts) + 1, -1, np.int32), np.zeros(len(texts) + 1, np.uint8), {}
    for n, raw in enumerate(texts):
        if says_nothing(raw):
            why_of[n] = Reason.blank
            continue
        value, problem = read(raw)
        if problem:
            why_of[n], expected[n] = Reason.unreadable, problem
        else:
            code_of[n] = values.setdefault(value, len(values))
    bad = np.flatnonzero(why_of[codes] == Reason.unreadable) if expected else ()
    cells = Coded(why_of[codes], code_of[codes], tuple(values))
    return Typed(cells, tuple((int(row), expected[int(codes[row])]) for row in bad))


def _reader(column: Column) -> Callable[[str], tuple[Any, str | None]]:
    known = column.words
    match column.type:
        case "word":
            return lambda raw: _one_word(raw, known, column)
        case "words":
            return lambda raw: _many_words(raw, known, column)
        case "flag":
            flags = shared().flags | {raw: word == "true" for raw, word in known.items()}
            return lambda raw: (
                ("true" if flags[normal(raw)] else "false", None)
                if normal(raw) in flags
                else (None, "expected yes or no")
            )
        case "list":
            return lambda raw: (frozenset() if _says_none(raw) else frozenset(written.parts(raw)), None)
        case other:
            raise ValueError(other)


def _says_none(raw: str) -> bool:
    return normal(raw) in {"none", "nil", "keine", "aucun", "aucune", "no", "non", "nein", "nothing"}


def _one_word(raw: str, known: dict[str, str], column: Column) -> tuple[str | None, str | None]:
    word = known.get(normal(raw))
    return word, None if word else f"expected one of: {', '.join(column.one_of)}"


def _many_words(raw: str, known: dict[str, str], column: Column) -> tuple[Words | None, str | None]:
    if _says_none(raw) and normal(raw) not in known:
        return frozenset(), None
    words = {part: known.get(normal(part)) for part in written.parts(raw)}
    if unknown := [part for part, word in words.items() if word is None]:
        return None, f"unknown word {unknown[0]!r}; expected words of: {', '.join(column.one_of)}"
    return frozenset(word for word in words.values() if word), None


_DECIMAL = r"^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?$"
_THOUSANDS = r"^[-+]?[1-9]\d{0,2}\.\d{3}$"
_POINT = r"\.(\d{1,2}|\d{4,})$"


def _numbers(column: Column, text: pa.Array, declared: str | None, studio: NDArray[np.int32]) -> Typed:
    blank = blanks(text)
    why = blank * np.uint8(Reason.blank)
    values, bad = np.zeros(len(text)), []
    rows = np.flatnonzero(~blank)
    filled = text if len(rows) == len(text) else arrow.take(text, rows)
    plain, marks = np.ones(len(rows), bool), np.zeros(len(rows), np.uint8)
    if (cast := _as(filled, pa.float64())) is not None:
        values[rows] = arrow.numbers(cast)
    else:
        plain, marks = _plain(filled, studio[rows])
        values[rows[plain]] = arrow.numbers(pc.cast(arrow.take(filled, np.flatnonzero(plain)), pa.float64()))
    if declared in measures.UNITS and not measures.UNITS[declared].clock:
        unit = measures.UNITS[declared]
        values = np.round(values * unit.factor + unit.shift, 6)
    elif declared:
        plain[:] = False
    plain &= np.isfinite(values[rows])
    if column.type == "whole":
        plain[plain] = values[rows[plain]] % 1 == 0
    for shown in np.unique(marks[~plain]).tolist():
        how = measures.NumberStyle(column.unit, declared, _MARKS[shown], column.type == "whole", column.name)
        for raw, at in _distinct(text, rows[~plain & (marks == shown)]):
            number, expected = measures.number(raw, column.words, how)
            values[at] = 0.0 if number is None else number
            if expected:
                why[at] = Reason.unreadable
                bad += [(int(row), expected) for row in at]
    if declared:
        values[blank] = 0.0
    return Typed(Numbers(why, values, column.type == "whole"), tuple(sorted(bad)))


_COMMA, _FULL_STOP = 1, 2
_MARKS = (frozenset[str](), frozenset(","), frozenset("."), frozenset(",."))
"""The decimal marks by their bits, `_COMMA` and `_FULL_STOP`."""


def _plain(text: pa.Array, studio: NDArray[np.int32]) -> tuple[Mask, Codes]:
    """Which cells are figures with at most a decimal point, and the decimal marks that the cells of their studio show.

    How another studio writes its numbers says nothing of these.
    """
    plain = arrow.numbers(pc.match_substring_regex(text, _DECIMAL))
    shown = np.zeros(int(studio.max(initial=-1)) + 1, np.uint8)
    for raw, rows in _distinct(text, np.flatnonzero(~plain)):
        for mark in measures.decimal_marks([raw]):
            shown[studio[rows]] |= _COMMA if mark == "," else _FULL_STOP
    doubtful = plain & ((shown[studio] & _COMMA) > 0)
    if doubtful.any():
        doubtful &= arrow.numbers(pc.match_substring_regex(text, _THOUSANDS))
    shown[studio[plain & arrow.numbers(pc.match_substring_regex(text, _POINT))]] |= _FULL_STOP
    return plain & ~doubtful, shown[studio]


def _distinct(text: pa.Array, rows: Ints) -> list[tuple[str, Ints]]:
    """Each distinct text of these rows, with the rows that have it."""
    if not len(rows):
        return []
    encoded = pc.dictionary_encode(arrow.take(text, rows))
    codes = arrow.numbers(encoded.indices)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
    return [(t, rows[order[bounds[n] : bounds[n + 1]]]) for n, t in enumerate(encoded.dictionary.to_pylist())]


_ISO = (
    r"^\d{4}-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$"
)
_FIGURES = {
    "DMY": (r"^(\d\d)[-/.](\d\d)[-/.](\d{4})([ T]\d\d:\d\d(:\d\d)?)?$", r"\3-\2-\1\4"),
    "MDY": (r"^(\d\d)[-/.](\d\d)[-/.](\d{4})([ T]\d\d:\d\d(:\d\d)?)?$", r"\3-\1-\2\4"),
}


def _moments(column: Column, text: pa.Array, reading: Reading, studio: NDArray[np.int32]) -> Typed:
    blank = blanks(text)
    why = blank * np.uint8(Reason.blank)
    order = reading.order_of(column.name)
    odd = np.zeros(0, np.int64)
    if (at := _cast(text, blank)) is None:
        distinct = arrow.encoded(text)
        codes, texts = arrow.numbers(distinct.indices), distinct.dictionary
        iso = pc.replace_substring_regex(texts, *_FIGURES[order]) if order in _FIGURES else texts
        shaped = arrow.numbers(pc.match_substring_regex(iso, _ISO))
        at_of = _cast(iso, ~shaped)
        assert at_of is not None
        at = at_of[codes]
        odd = np.flatnonzero(~blank & ~shaped[codes])
    precision = np.where(arrow.numbers(pc.binary_length(text)) > 10, np.uint8(TIME), np.uint8(DATE))
    if column.type == "moment":
        odd = _with_offset(text, odd, reading.zones, studio, at)
    bad: list[tuple[int, str]] = []
    for raw, where in _distinct(text, odd):
        for zone, here in _by_zone(where, reading.zones, studio):
            days = column.type == "date"
            how = written.DateStyle(order, zone, column.month_end, days, column.private == "birth_date")
            found = written.moment(raw, how)
            if isinstance(found, str):
                why[here] = Reason.unreadable
                bad += [(int(row), found) for row in here]
            else:
                at[here], precision[here] = found
    if column.type == "date" and (precision == TIME).any():
        at, precision = np.where(precision == TIME, at // 86400 * 86400, at), np.maximum(precision, DATE)
    return Typed(Moments(why, at, precision), tuple(sorted(bad)))


def _cast(text: pa.Array, left_out: Mask) -> Ints | None:
    """The seconds of cells that are all moments as ISO 8601 writes them, 0 for those left out; else None."""
    rows = np.flatnonzero(~left_out) if left_out.any() else None
    cells = text if rows is None else arrow.take(text, rows)
    length = arrow.numbers(pc.binary_length(cells))
    if not ((length == 10) | (length == 16) | (length == 19)).all():
        return None
    if (cast := _as(cells, pa.timestamp("s"))) is None:
        return None
    if rows is None:
        return arrow.numbers(cast)
    at = np.zeros(len(text), np.int64)
    at[rows] = arrow.numbers(cast)
    return at


_OFFSET = (
    r"^((?:19\d\d|20[0-2]\d|203[0-7])-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31))"
    r"[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)(?:\.\d{1,9})?(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)$"
)


def _with_offset(text: pa.Array, rows: Ints, zones: Sequence[str], studio: NDArray[np.int32], at: Ints) -> Ints:
    """Reads moments like `2025-06-30T14:10:00Z` at once, in the local time of their studio; gives the rows left over.

    Arrow knows no summer time after 2037, and what zone it has where a studio names none is not to be used.
    """
    shaped = (
        arrow.numbers(pc.match_substring_regex(arrow.take(text, rows), _OFFSET)) if len(rows) else np.zeros(0, bool)
    )
    if not shaped.any():
        return rows
    left = [rows[~shaped]]
    for zone, here in _by_zone(rows[shaped], zones, studio):
        if not zone:
            left.append(here)
            continue
        plain = pc.replace_substring_regex(arrow.take(text, here), _OFFSET, r"\1 \2\3")
        try:
            local = pc.local_timestamp(pc.cast(pc.cast(plain, pa.timestamp("s", "UTC")), pa.timestamp("s", zone)))
            at[here] = arrow.numbers(local)
        except pa.ArrowInvalid:  # the system's own calendar of zones lacks this one
            left.append(here)
    return np.sort(np.concatenate(left))


def _as(text: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """All cells cast at once; None where one cannot be. A cast that fails is slow, so a few cells are tried first."""
    try:
        pc.cast(text.slice(0, 50), kind)
        return pc.cast(text, kind)
    except pa.ArrowInvalid:
        return None


def _by_zone(rows: Ints, zones: Sequence[str], studio: NDArray[np.int32]) -> list[tuple[str, Ints]]:
    if len(set(zones)) == 1:
        return [(zones[0], rows)]
    codes = {zone: n for n, zone in enumerate(dict.fromkeys(zones))}
    code = np.array([codes[zone] for zone in zones])[studio[rows]]
    return [(zone, rows[code == n]) for zone, n in codes.items() if (code == n).any()]


def either(first: Cells, second: Cells) -> Cells:
    """The cells of one column, and where they are blank those of another of the same type, if it has a value.

    A column that is not in the file, beside one that is there and blank, is blank.
    """
    use = among(first.why, Reason.blank, Reason.no_column) & (second.why == 0)
    blank = np.uint8(Reason.blank)
    why = np.where((first.why == Reason.no_column) & (second.why == blank), blank, first.why)
    why = np.where(use, np.uint8(0), why)
    if isinstance(first, Moments) and isinstance(second, Moments):
        return Moments(why, np.where(use, second.at, first.at), np.where(use, second.precision, first.precision))
    if not use.any():
        return with_reasons(first, why)
    assert isinstance(first, Coded) and isinstance(second, Coded)
    values = tuple(dict.fromkeys((*first.values, *second.values)))
    place = {value: n for n, value in enumerate(values)}
    mine, theirs = (np.array([place[v] for v in part.values] + [-1], np.int32) for part in (first, second))
    return Coded(why, np.where(use, theirs[second.codes], mine[first.codes]).astype(np.int32), values)


def with_reasons(cells: Cells, why: Codes) -> Cells:
    """The same cells, but without a value where `why` is not 0."""
    both = first_reason(why, cells.why)
    return Written(both, cells.texts, cells.rows) if isinstance(cells, Written) else replace(cells, why=both)
