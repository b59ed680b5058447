"""JSON → tables: lists of records wherever they lie, nested heads written with dots, each record with its own line.

Python's parser knows no lines, so only the outer objects and lists are walked here; each record is handed to the
parser as a whole, and the line on which it begins is counted on the way. Everything stays text, as it was written:
numbers are never rounded, true and false become `true` and `false`, null is a blank cell.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from smpcompliance.logs import arrow
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.logs.intake.tables.encoding import as_utf8
from smpcompliance.patterns import pattern

LARGEST_JSON = 64 << 20  # bytes; parsed, a hostile file takes some twenty times as much memory
MOST_RECORDS = 1_000_000
MOST_STRAYS = 1_000  # entries of a list of records that are none
MOST_CELLS = 50_000_000  # heads × records of one table
DEEPEST = 64  # objects inside objects
_WALKED = 3  # levels of outer objects in which lists of records are looked for
_LONGEST_HEAD = 400  # characters
_SPACE = pattern(r"[ \t\n\r]*")
_CONSTANT = pattern(r'"[^"\\]*(?:\\.[^"\\]*)*"|NaN|-?Infinity', re.DOTALL)
_TWICE = (
    "this key stands twice in one record and says two things; neither is used. Export the file anew, or remove the "
    "wrong one"
)


@dataclass(frozen=True)
class Records:
    """Objects that lie side by side in a JSON file.

    Attributes:
        path: the keys that lead to them; empty where they are the whole file.
        objects: one per record.
        lines: the physical line (from 1) on which each begins.
        listed: whether they stand in a list (or one per line); an object that stands alone may also be a mere envelope.
    """

    path: tuple[str, ...]
    objects: tuple[dict[str, Any], ...]
    lines: tuple[int, ...]
    listed: bool = True


@dataclass(frozen=True)
class Found:
    """What a JSON file holds.

    Attributes:
        groups: its records, the outermost first.
        misfits: keys that stand twice, and entries of lists of records that are no records.
        notes: what the owner should know of the reading.
    """

    groups: tuple[Records, ...]
    misfits: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How the records of a known export are laid out.

    Attributes:
        people: key of the list of objects inside a record of which each becomes a row of its own; empty for none.
        own: keys of the record that only tell of the first of them, and give way where the list is filled.
        number: head under which the second and later rows of one record get `/2`, `/3` … behind the cell.
        questions: keys of objects of {value, displayText}: the text is the head, the value the cell.
    """

    people: str = ""
    own: tuple[str, ...] = ()
    number: str = ""
    questions: tuple[str, ...] = ()


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Every list of records of a JSON file as a table, named (`sheet`) by the keys that lead to it.

    Raises:
        NotReadable: the file is no JSON, is too large or too deep, or holds no records.
    """
    found = records(source)
    groups = [group for group in found.groups if group.listed] or list(found.groups[:1])
    tables = [table(source.name, group) for group in groups]
    tables[0] = replace(tables[0], misfits=found.misfits + tables[0].misfits, notes=found.notes + tables[0].notes)
    return tuple(tables)


def records(source: SourceFile) -> Found:
    """The records of a JSON file: a list of objects, objects with lists of objects, one object, or one per line.

    Raises:
        NotReadable: the file is no JSON, is too large or too deep, or holds no records.
    """
    if len(source.data) > LARGEST_JSON:
        raise NotReadable(
            f"{source.name}: the file holds {len(source.data)} bytes; at most {LARGEST_JSON} can be read as JSON. "
            "Export it in parts, for instance by year."
        )
    data, notes = as_utf8(source)
    parser = _Parser(source.name, data.decode("utf-8"))
    try:
        parser.document()
    except json.JSONDecodeError as error:
        raise parser.not_readable(error.msg, error.pos) from None
    except _NoNumber as error:
        raise parser.not_readable(f"`{error}` is no number that JSON knows", parser.place_of_constant()) from None
    except RecursionError:
        raise NotReadable(f"{source.name}: {_too_deep()}") from None
    groups = sorted(parser.groups, key=lambda group: len(group.path))
    if not groups:
        raise NotReadable(
            f"{source.name}: this JSON holds no records. Expected a list of objects such as "
            '[{"session_id": "S1", …}], or an object with such a list.'
        )
    return Found(tuple(groups), tuple(parser.misfits), notes)


def table(file: str, group: Records, layout: Layout | None = None) -> RawTable:
    """Records as a table: a head per key, nested keys joined by dots, lists of plain values joined by `; `.

    Raises:
        NotReadable: the records are nested too deeply, or have too many different keys.
    """
    rows = _Rows(file, layout or Layout())
    for one, line in zip(group.objects, group.lines, strict=True):
        rows.add(one, line)
    return rows.table(".".join(group.path))


def keys(objects: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The heads that the first of these objects would have, one level of nesting deep."""
    out: dict[str, None] = {}
    for one in objects[:20]:
        for key, value in one.items():
            out[key] = None
            if isinstance(value, dict):
                out |= dict.fromkeys(f"{key}.{inner}" for inner in value)
    return tuple(out)


class _NoNumber(Exception):
    """NaN or Infinity, which JSON forbids."""


def _refuse(name: str) -> str:
    raise _NoNumber(name)


def _too_deep() -> str:
    return f"the objects are nested more than {DEEPEST} deep; no export of records looks like this"


def _is_deeper(value: list[Any], most: int) -> bool:
    """Whether lists and objects are nested in a list more than so many deep."""
    level: list[Any] = [value]
    for _ in range(most + 1):
        entries = [entry for outer in level for entry in (outer.values() if isinstance(outer, dict) else outer)]
        level = [entry for entry in entries if isinstance(entry, dict | list)]
        if not level:
            return False
    return True


class _Parser:
    """Walks the outer objects and lists of a text, and hands everything inside to Python's parser."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.groups: list[Records] = []
        self.misfits: list[Unreadable] = []
        self._twice: list[str] = []
        self._begun = 0  # where the value handed to Python's parser begins
        self._end = 0  # where the value walked last ends
        self._counted, self._line = 0, 1
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=str, parse_float=str, parse_constant=_refuse, strict=False
        ).raw_decode

    def document(self) -> None:
        """Reads the whole text: one value, or objects one behind the other (JSON lines)."""
        start = self._skip(0)
        line = self.line(start)
        value, end = self._value(start, (), 0)
        end = self._skip(end)
        if end == len(self.text):
            return
        if not isinstance(value, dict):
            raise json.JSONDecodeError("more text stands behind the end of the list", self.text, end)
        objects, lines = [value], [line]
        while end < len(self.text):
            if len(objects) == MOST_RECORDS:
                raise self._too_many(end)
            lines.append(self.line(end))
            value, after = self._whole(end)
            if not isinstance(value, dict):
                raise json.JSONDecodeError("an object was expected here, as on the lines before", self.text, end)
            objects.append(value)
            end = self._skip(after)
        self.groups = [Records((), tuple(objects), tuple(lines))]

    def line(self, place: int) -> int:
        """The physical line of a place; places may only be asked for in order."""
        text, begin = self.text, self._counted
        if place > begin:
            breaks = text.count("\n", begin, place) + text.count("\r", begin, place)
            self._line += breaks - text.count("\r\n", begin, place)
            self._counted = place
        return self._line

    def not_readable(self, what: str, place: int) -> NotReadable:
        before = self.text[:place]
        line = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
        column = place - max(before.rfind("\n"), before.rfind("\r"))
        what = what[:1].lower() + what[1:]
        return NotReadable(
            f"{self.file}:{line}:{column}: this is not JSON from here on: {what}. Export the file anew; it may have "
            "been cut off or changed by hand."
        )

    def _too_many(self, place: int) -> NotReadable:
        return NotReadable(
            f"{self.file}:{self.line(place)}: up to here the file holds {MOST_RECORDS} records; no more can be read as "
            "JSON. Export it in parts, for instance by year."
        )

    def place_of_constant(self) -> int:
        found = (match for match in _CONSTANT.finditer(self.text, self._begun) if match[0][0] != '"')
        return next(found).start()

    def _skip(self, place: int) -> int:
        found = _SPACE.match(self.text, place)
        return found.end() if found else place

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            first: dict[str, Any] = {}
            for key, value in pairs:
                if first.setdefault(key, value) != value and key in out:
                    del out[key]
                    self._twice.append(key)
        return out

    def _whole(self, place: int) -> tuple[Any, int]:
        """A value that is not walked; keys that stand twice in it are reported at the line on which it begins."""
        self._begun = place
        value, end = self._decode(self.text, place)
        self._report(self.line(place))
        return value, end

    def _report(self, line: int) -> None:
        self.misfits += [Unreadable(self.file, line, _head(key), "", _TWICE) for key in dict.fromkeys(self._twice)]
        self._twice.clear()

    def _value(self, place: int, path: tuple[str, ...], depth: int) -> tuple[Any, int]:
        if depth < _WALKED and self.text.startswith("{", place):
            return self._outer_object(place, path, depth)
        if depth < _WALKED and self.text.startswith("[", place):
            return self._outer_list(place, path)
        return self._whole(place)

    def _outer_object(self, place: int, path: tuple[str, ...], depth: int) -> tuple[dict[str, Any], int]:
        line = self.line(place)
        at = len(self.groups)
        pairs: list[tuple[str, Any]] = []
        for start in self._entries(place, "}"):
            if not self.text.startswith('"', start):
                raise json.JSONDecodeError("a key in double quotes was expected", self.text, start)
            key, end = self._whole(start)
            colon = self._skip(end)
            if not self.text.startswith(":", colon):
                raise json.JSONDecodeError("a colon was expected behind the key", self.text, colon)
            value, self._end = self._value(self._skip(colon + 1), (*path, _head(key)), depth + 1)
            pairs.append((key, value))
        out = self._object(pairs)
        self._report(line)
        self.groups.insert(at, Records(path, (out,), (line,), listed=False))
        return out, self._end

    def _outer_list(self, place: int, path: tuple[str, ...]) -> tuple[list[Any], int]:
        values: list[Any] = []
        places: list[int] = []
        for start in self._entries(place, "]"):
            if len(values) == MOST_RECORDS:
                raise self._too_many(start)
            places.append(self.line(start))
            value, self._end = self._whole(start)
            values.append(value)
        found = [(value, line) for value, line in zip(values, places, strict=True) if isinstance(value, dict)]
        if found:
            self.groups.append(Records(path, tuple(one for one, _ in found), tuple(line for _, line in found)))
            reason = "this entry of a list of records is no record; expected an object in braces"
            strays = [line for value, line in zip(values, places, strict=True) if not isinstance(value, dict)]
            if len(strays) > MOST_STRAYS:
                raise NotReadable(
                    f"{self.file}:{strays[0]}: {len(strays)} entries of this list of records are no records, from this "
                    "line on; expected objects in braces. Export the file anew."
                )
            self.misfits += [Unreadable(self.file, line, None, "", reason) for line in strays]
        return values, self._end

    def _entries(self, place: int, close: str) -> Iterator[int]:
        """Where each entry of an object or list begins; behind each, `self._end` must be set to its end."""
        place = self._skip(place + 1)
        if self.text.startswith(close, place):
            self._end = place + 1
            return
        while True:
            yield place
            place = self._skip(self._end)
            if self.text.startswith(close, place):
                self._end = place + 1
                return
            if not self.text.startswith(",", place):
                raise json.JSONDecodeError(f"a comma or {close} was expected", self.text, place)
            place = self._skip(place + 1)


@lru_cache(4096)
def _head(key: str) -> str:
    """A key as a head: letters that no text can hold are shown as ?, very long ones are cut."""
    return " ".join(key.encode("utf-8", "replace").decode("utf-8").split())[:_LONGEST_HEAD]


@dataclass
class _Rows:
    """The rows of a table while they are gathered; only filled cells are kept."""

    file: str
    layout: Layout
    lines: list[int] = field(default_factory=list)
    cells: dict[str, tuple[list[int], list[str]]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def add(self, one: dict[str, Any], line: int) -> None:
        """Adds a record: one row, or one for each of its people."""
        people = one.get(self.layout.people) if self.layout.people else None
        if isinstance(people, list) and people and all(isinstance(person, dict) for person in people):
            of_all = {key: value for key, value in one.items() if key not in (self.layout.people, *self.layout.own)}
            for n, person in enumerate(people, 1):
                row = self._flat({**of_all, **person}, line)
                if n > 1 and row.get(self.layout.number):
                    row[self.layout.number] += f"/{n}"
                self._row(row, line)
        else:
            self._row(self._flat(one, line), line)

    def _row(self, row: dict[str, str], line: int) -> None:
        if not any(row.values()):
            return
        for head, text in row.items():
            places, texts = self.cells.setdefault(head, ([], []))
            if text:
                places.append(len(self.lines))
                texts.append(text)
        self.lines.append(line)
        if len(self.lines) * len(self.cells) > MOST_CELLS:
            raise NotReadable(
                f"{self.file}:{line}: up to here the records have {len(self.cells)} different keys, more than can be "
                f"laid out as one table of {MOST_CELLS} cells. Export the file in parts, or with fewer fields."
            )

    def _flat(self, one: dict[str, Any], line: int) -> dict[str, str]:
        row: dict[str, str] = {}
        times: dict[str, int] = {}
        todo: list[tuple[str, Any, int]] = [("", one, 0)]
        while todo:
            head, value, depth = todo.pop()
            if depth > DEEPEST or (isinstance(value, list) and _is_deeper(value, DEEPEST - depth)):
                raise NotReadable(f"{self.file}:{line}: {_too_deep()}")
            if isinstance(value, dict):
                inner = self._answers(value) if head in self.layout.questions else None
                if inner is None:
                    inner = [(f"{head}.{_head(key)}" if head else _head(key), below) for key, below in value.items()]
                todo += [(name, below, depth + 1) for name, below in reversed(inner)]
                continue
            if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
                self.left.setdefault(head, line)
                continue
            text = "; ".join(filter(None, map(_text, value))) if isinstance(value, list) else _text(value)
            if row.get(head):
                if text in ("", row[head]):
                    continue
                times[head] = times.get(head, 1) + 1
                head = f"{head} ({times[head]})"
            row[head] = text
        return row

    def _answers(self, fields: dict[str, Any]) -> list[tuple[str, Any]] | None:
        """Each answer under the text of its question, if all of these are questions."""
        out = []
        for asked in fields.values():
            if not isinstance(asked, dict) or not isinstance(asked.get("displayText"), str):
                return None
            out.append((_head(asked["displayText"]), asked.get("value")))
        return out

    def table(self, sheet: str) -> RawTable:
        rows = len(self.lines)
        columns = []
        for places, texts in self.cells.values():
            filled = np.zeros(rows, np.int64)
            filled[places] = np.arange(1, len(texts) + 1)
            columns.append(arrow.take(arrow.strings(["", *texts]), filled))
        notes = tuple(
            f"line {line}: the list '{head}' inside the records holds lists or records of its own; it is not used"
            for head, line in self.left.items()
        )
        lines = np.array(self.lines, np.int64)
        return RawTable(self.file, tuple(self.cells), tuple(columns), lines, 0, notes=notes, sheet=sheet)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip(" \t")
    return "" if value is None else "true" if value else "false"
