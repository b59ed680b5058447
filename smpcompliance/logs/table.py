"""Logs: tables that keep the studio's own text, know their lines, and type a column when a check first asks.

Rows of several files and studios stand in one table; `studio` is the first key of everything.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from threading import Lock, RLock
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import DATE, Codes, Ints, Mask, start_of
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import (
    TEXT,
    UNREAD,
    Cells,
    Coded,
    Moments,
    Numbers,
    Reading,
    Reason,
    Typed,
    Written,
    absent,
    either,
    type_column,
)
from smpcompliance.logs.cells import with_reasons as _with_reasons
from smpcompliance.logs.derived import DERIVED
from smpcompliance.logs.intake.raw import PERSONAL, Unreadable, place_of
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import LogSchema, schema
from smpcompliance.logs.studio import Studio


@dataclass(frozen=True)
class LogFile:
    """One file (or sheet) that feeds a log.

    Attributes:
        heads: column → head as written.
        unmapped: heads that mean no column of this log.
        printed: a machine wrote it; what it leaves open is not filled in.
        sheet: of a workbook.
        of_machine: a machine keeps the list, as `RawTable.of_machine`.
    """

    name: str
    heads: dict[str, str]
    unmapped: tuple[str, ...] = ()
    reading: Reading = Reading()
    printed: bool = False
    sheet: str = ""
    of_machine: bool = False

    @property
    def place(self) -> str:
        """File and sheet, for ordering and for messages."""
        return place_of(self.name, self.sheet)


@dataclass(frozen=True)
class Log:
    """One log: text as it was written, one Arrow string array per column that any file has.

    Attributes:
        text: column → cells as written (blank where the row's file lacks the column).
        files: the files its rows come from; `file` points into it.
        file, line, studio: per row the file (int32), the physical line (int64) and the studio (int32 code).
        made_up: rows that stand for something only another log mentions (a lot known from a session's cell).
        contested: keys (studio, key) that another record claimed too, which names another thing and was left out: who
            names such a key may mean either.
    """

    schema: LogSchema
    text: dict[str, pa.Array]
    files: tuple[LogFile, ...]
    file: NDArray[np.int32]
    line: Ints
    studio: NDArray[np.int32]
    made_up: Mask
    _typed: dict[str, Typed] = field(default_factory=dict, repr=False, compare=False)
    contested: frozenset[tuple[int, str]] = frozenset()

    def __len__(self) -> int:
        return len(self.line)

    @property
    def name(self) -> str:
        return self.schema.name

    def contested_rows(self) -> Mask:
        """Which rows have a key that is `contested`; one place more for the row -1, which has none."""
        found = np.zeros(len(self) + 1, bool)
        if self.contested:
            keys, wanted = self.text[self.schema.key], sorted({key for _, key in self.contested})
            rows = np.flatnonzero(arrow.numbers(pc.is_in(keys, value_set=arrow.strings(wanted))))
            found[[row for row in rows.tolist() if (int(self.studio[row]), keys[row].as_py()) in self.contested]] = True
        return found

    def cells(self, column: str) -> Cells:
        """An imported column, typed on the first call."""
        return self.typed(column).cells

    def typed(self, column: str) -> Typed:
        """An imported column typed, with its unreadable rows."""
        if column not in self._typed:
            self._typed[column] = self._type(column)
        return self._typed[column]

    def _type(self, name: str) -> Typed:
        column = self.schema.columns[name]
        if name not in self.text:
            return Typed(absent(column, len(self), Reason.no_column))
        readings = [f.reading for f in self.files]
        if len(set(readings)) <= 1:
            typed = type_column(column, self.text[name], readings[0] if readings else Reading(), self.studio)
        else:
            typed = self._type_by_reading(name, readings)
        lacking = np.array([name not in f.heads for f in self.files] + [False])
        if not lacking.any():
            return typed
        why = np.where(lacking[self.file] & (typed.cells.why == Reason.blank), Reason.no_column, 0)
        return Typed(_with_reasons(typed.cells, why.astype(np.uint8)), typed.unreadable)

    def _type_by_reading(self, name: str, readings: Sequence[Reading]) -> Typed:
        distinct = list(dict.fromkeys(readings))
        code = np.array([distinct.index(r) for r in readings])[self.file]
        whole = type_column(self.schema.columns[name], self.text[name], distinct[0], self.studio)
        if isinstance(whole.cells, Coded):
            return whole
        parts = [(np.flatnonzero(code == 0), whole)]
        for n, reading in enumerate(distinct[1:], 1):
            rows = np.flatnonzero(code == n)
            column, text = self.schema.columns[name], arrow.take(self.text[name], rows)
            parts.append((rows, type_column(column, text, reading, self.studio[rows])))
        bad = [entry for entry in whole.unreadable if code[entry[0]] == 0]
        bad += [(int(rows[row]), expected) for rows, part in parts[1:] for row, expected in part.unreadable]
        return Typed(_laid(whole.cells, [(rows, part.cells) for rows, part in parts[1:]]), tuple(sorted(bad)))

    def unreadable(self) -> Iterable[tuple[int, Unreadable]]:
        """Every cell that could not be read, as (studio code, place and reason); private text is withheld."""
        for name in self.text:
            column = self.schema.columns[name]
            if column.type in TEXT:
                continue
            for row, expected in self.typed(name).unreadable:
                if self.made_up[row]:
                    continue
                text = self.text[name][row].as_py()
                reason = "cannot be read" if column.private and _repeats(expected, text) else expected
                yield int(self.studio[row]), self.unreadable_at(row, name, reason)

    def where(self, row: int) -> str:
        """The file, and the sheet of a workbook, that a row stands in."""
        return self.files[int(self.file[row])].place

    def unreadable_at(self, row: int, column: str, reason: str) -> Unreadable:
        """A cell that cannot be read or used, with its place; without its text where that is private or not told."""
        file = self.files[int(self.file[row])]
        text = PERSONAL if self.schema.columns[column].private else self.text[column][row].as_py()
        head = self.head(row, column)
        return Unreadable(file.name, int(self.line[row]), head, "" if text == UNREAD else text, reason, file.sheet)

    def head(self, row: int, column: str) -> str:
        """The head under which a column stands in the row's file, the column's own name where the file lacks it."""
        return self.files[int(self.file[row])].heads.get(column, column)

    @property
    def unmapped(self) -> Mask:
        """Rows whose file has a head that means no column."""
        return np.array([bool(f.unmapped) for f in self.files] + [False])[self.file]


def _repeats(reason: str, cell: str) -> bool:
    """Whether a reason gives away anything of a cell: the cell itself, or a word or number of three signs or more."""
    said, words = reason.casefold(), re.findall(r"\w{3,}", cell.casefold())
    return cell.casefold() in said or any(word in said for word in words)


def _laid(whole: Cells, parts: Sequence[tuple[Ints, Cells]]) -> Cells:
    """The cells of a column with those of some rows laid over them."""
    names = ("why", "at", "precision") if isinstance(whole, Moments) else ("why", "values")
    arrays = {name: getattr(whole, name).copy() for name in names}
    for rows, part in parts:
        for name in names:
            arrays[name][rows] = getattr(part, name)
    return replace(whole, **arrays)


def empty_log(name: str) -> Log:
    """A log without rows."""
    none = np.zeros(0, np.int32)
    return Log(schema(name), {}, (), none, np.zeros(0, np.int64), none, np.zeros(0, bool))


_T = TypeVar("_T")
_DENSE = 4  # keys per row up to which a table of all keys is quicker than one of hashes


_Array = TypeVar("_Array", bound=np.ndarray)


def for_many(array: _Array) -> _Array:
    """The array, no longer to be written into, for many rules share it."""
    array.setflags(write=False)
    return array


class _Kept:
    """An answer, once it is made; a thread that asks for it meanwhile waits."""

    def __init__(self) -> None:
        self._making, self._answer = RLock(), list[Any]()

    def get(self, make: Callable[[], Any]) -> Any:
        with self._making:
            if not self._answer:
                self._answer.append(make())
            return self._answer[0]


class Memo:
    """Answers that many rules ask for, the last few of them: the one not asked for longest is forgotten."""

    def __init__(self, most: float = 64, kept: dict[Hashable, _Kept] | None = None) -> None:
        self._most, self._kept, self._asking = most, dict[Hashable, _Kept](kept or {}), Lock()

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The answer of a key, made where it is not there."""
        with self._asking:
            kept = self._kept[key] = self._kept.pop(key) if key in self._kept else _Kept()
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        found: _T = kept.get(make)
        return found

    def only(self, wanted: Callable[[Any], bool]) -> "Memo":
        """The same answers, of some keys."""
        return Memo(self._most, {key: kept for key, kept in self._kept.items() if wanted(key)})


_endless = partial(Memo, inf)


@dataclass(frozen=True)
class Logs:
    """All logs of all studios, with columns reachable across links.

    Attributes:
        studios: the studios; a row's `studio` points into them.
        tables: the logs by name; a log that no studio handed in is an empty one.
        handed_in: log → which studios handed it in. A log handed in empty is a statement: zero records.
    """

    studios: tuple[Studio, ...]
    tables: dict[str, Log]
    handed_in: dict[str, Mask]
    _cells: Memo = field(default_factory=_endless, repr=False, compare=False)
    _links: Memo = field(default_factory=_endless, repr=False, compare=False)
    _every: dict[str, Ints] = field(default_factory=dict, repr=False, compare=False)
    _profile: dict[str, Cells] = field(default_factory=dict, repr=False, compare=False)
    memo: Memo = field(default_factory=Memo, repr=False, compare=False)

    def log(self, name: str) -> Log:
        """The log of this name, empty where nobody handed it in."""
        return self.tables[name] if name in self.tables else self.tables.setdefault(name, empty_log(name))

    def has(self, name: str) -> Mask:
        """Which studios handed this log in."""
        return self.handed_in.get(name, np.zeros(len(self.studios), bool))

    def supposing(self, log: str, path: str, cells: Cells) -> "Logs":
        """The same logs, had one column these cells: what is reckoned from it is reckoned anew."""

        def stays(key: tuple[str, str]) -> bool:
            return key[0] != log and "." not in key[1] and not schema(key[0]).columns[key[1]].derived

        found = replace(self, _cells=self._cells.only(stays), memo=Memo())
        found._cells.get((log, path), lambda: cells)
        return found

    def every(self, log: str) -> Ints:
        """All rows of a log; the same array each time, so that whoever gets it back need not take anything out."""
        if log not in self._every:
            self._every.setdefault(log, for_many(np.arange(len(self.log(log)))))
        return self._every[log]

    def whose(self, log: str, rows: Ints) -> NDArray[np.int32]:
        """The studio of each of some rows of a log."""
        studio = self.log(log).studio
        if rows is self.every(log):
            return studio
        return self.of(rows, ("whose", log), lambda: for_many(studio.take(rows)))

    def of(self, rows: Ints, key: Hashable, make: Callable[[], _T]) -> _T:
        """What is told of some rows, made once for all rules where they are `for_many`."""
        if rows.flags.writeable:
            return make()
        return self.memo.get((key, id(rows)), lambda: (rows, make()))[1]  # kept with the rows: no others have their id

    def cells(self, log: str, path: str) -> Cells:
        """The typed cells of a column for every row of a log.

        Args:
            log: name of the log.
            path: a column (`started_at`), a column across links (`lot.expires_on`, `session.client.birth_date`),
                a derived column, or a field of the profile (`studio.opened_on`).

        Raises:
            KeyError: there is no such column.
        """
        return self._cells.get((log, path), lambda: self._find(log, path))

    def _find(self, log: str, path: str) -> Cells:
        table = self.log(log)
        head, _, rest = path.partition(".")
        if head == "studio" and rest:
            return self.profile(rest).take(table.studio.astype(np.int64))
        if rest:
            rows, why = self.link(log, head)
            there = self.cells(table.schema.links[head][1], rest)
            return there if rows is self.every(log) else there.take(rows, why)
        column = table.schema.columns[path]
        if column.derived:
            return self._derive(log, path)
        own = table.cells(path)
        return either(own, self._listed(log, column.otherwise)) if column.otherwise else own

    def _listed(self, log: str, path: str) -> Cells:
        """A column across a link, without what a made-up record took over from some other cell."""
        link = path.partition(".")[0]
        rows, _ = self.link(log, link)
        made_up = np.append(self.log(self.log(log).schema.links[link][1]).made_up, False)[rows]
        return _with_reasons(self.cells(log, path), np.where(made_up, Reason.blank, 0).astype(np.uint8))

    def _derive(self, log: str, column: str) -> Cells:
        recipe = DERIVED[log, column]
        source, link = recipe.through or (log, "")
        inputs = [self.cells(source, path) for path in recipe.inputs]
        if not recipe.through:
            return recipe.compute(self.log(log).studio, *inputs)
        rows, why = self.link(source, link)
        used = np.where(why > 0, -1, rows)
        found = recipe.compute(used, len(self.log(log)), *inputs)
        missing = np.where(self.has(source), 0, Reason.no_log).astype(np.uint8)[self.log(log).studio]
        return _with_reasons(found, missing)

    def link(self, log: str, name: str) -> tuple[Ints, Codes]:
        """For every row of a log the row its link leads to, and why it leads nowhere (0, or a Reason and row -1)."""
        return self.named(log, *self.log(log).schema.links[name])

    def named(self, log: str, column: str, target: str) -> tuple[Ints, Codes]:
        """For every row of a log the row of another log whose key a column names, and why there is none, as `link`."""
        return self._links.get((log, column, target), lambda: self._follow(log, column, target))

    def _follow(self, log: str, column: str, target_name: str) -> tuple[Ints, Codes]:
        table, target = self.log(log), self.log(target_name)
        own, keys = self.cells(log, column), target.cells(target.schema.key)
        assert isinstance(own, Coded) and isinstance(keys, Coded)
        if _are_the_same(own, table, keys, target):
            rows = self.every(log)
            return (np.where(own.why > 0, -1, rows) if own.why.any() else rows), own.why
        if own.nowhere or not len(target):
            rows = np.full(len(table), -1)
        else:
            codes = codes_in(own, keys)
            width = np.int64(max(codes.max(initial=-1), keys.codes.max(initial=-1)) + 1)
            wanted, there = table.studio * width + codes, target.studio * width + keys.codes
            rows = first_rows(there, keys.why == 0, wanted, codes >= 0)
        nowhere = np.where(self.has(target_name), Reason.dangling, Reason.no_log).astype(np.uint8)[table.studio]
        return rows, np.where(own.why > 0, own.why, np.where(rows < 0, nowhere, np.uint8(0)))

    def profile(self, field_name: str) -> Cells:
        """A field of the studios' profiles, one cell per studio."""
        if field_name not in self._profile:
            self._profile[field_name] = self._of_profiles(field_name)
        return self._profile[field_name]

    def _of_profiles(self, field_name: str) -> Cells:
        kind = PROFILE[field_name]
        values = [getattr(studio, field_name) for studio in self.studios]
        why = np.array([Reason.blank if v is None else 0 for v in values], np.uint8)
        if kind == "number":
            return Numbers(why, np.array([v or 0 for v in values], np.float64), True)
        if kind == "date":
            at = np.array([0 if v is None else start_of(v) for v in values], np.int64)
            return Moments(why, at, np.full(len(values), DATE, np.uint8))
        said = [frozenset(v or ()) if kind == "list" else str(v).lower() if kind == "flag" else v for v in values]
        place: dict[Any, int] = {}
        codes = [-1 if w else place.setdefault(v, len(place)) for v, w in zip(said, why, strict=True)]
        return Coded(why, np.array(codes, np.int32), tuple(place))


def column_type(log: str, path: str) -> str:
    """The type of a column path of a log.

    Raises:
        KeyError: with the step that leads nowhere.
    """
    head, _, rest = path.partition(".")
    known = schema(log)
    if head == "studio" and rest:
        return PROFILE[rest]
    if rest:
        return column_type(known.links[head][1], rest)
    return known.columns[path].type


def _are_the_same(own: Cells, table: Log, keys: Cells, target: Log) -> bool:
    """Whether two logs dealt from the same lines hold the same keys row by row: each row leads to that of its place."""
    return (
        isinstance(own, Written)
        and isinstance(keys, Written)
        and own.rows is None
        and keys.texts.cells.equals(own.texts.cells)
        and np.array_equal(table.studio, target.studio)
    )


def codes_in(own: Coded, other: Coded) -> Ints:
    """The codes of one column's rows in the dictionary of another column, -1 where that has no such value."""
    if isinstance(own, Written) and isinstance(other, Written):
        if own.texts is other.texts:
            return own.codes.astype(np.int64)
        found = pc.index_in(own.texts.distinct, value_set=other.texts.distinct)
        codes = np.where(arrow.numbers(pc.is_valid(found)), arrow.numbers(found), -1)
        return np.append(codes, -1)[own.codes]
    if own.values is other.values:
        return own.codes.astype(np.int64)
    place = {value: n for n, value in enumerate(other.values)}
    table = np.array([place.get(value, -1) for value in own.values] + [-1], np.int64)
    return table[own.codes]


def first_rows(there: Ints, usable: Mask, wanted: Ints, sought: Mask) -> Ints:
    """For each wanted key the first row that has it, -1 where none has; no key is negative where usable or sought."""
    rows = np.flatnonzero(usable)
    most = int(there.max(initial=0))
    if most < _DENSE * (len(there) + len(wanted)):
        first = np.zeros(most + 2, np.int32)
        first[there[rows[::-1]]] = rows[::-1] + 1
        return first[np.where(sought, np.minimum(wanted, most + 1), most + 1)] - np.int64(1)
    found = pc.index_in(arrow.int64s(wanted), value_set=arrow.int64s(there[rows]))
    sought = sought & arrow.numbers(pc.is_valid(found))
    return np.where(sought, np.append(rows, -1)[np.where(sought, arrow.numbers(found), -1)], -1)
