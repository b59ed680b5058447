"""From rows to findings: file, line and column of the studio's own file, message, facts and fingerprint."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from smpcompliance.audit.finding import NO_FINDINGS, Evidence, Finding, Findings
from smpcompliance.checks.base import Found
from smpcompliance.checks.judging import column_of, said
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.intake.raw import PERSONAL
from smpcompliance.logs.rows import in_order, paired
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Log, Logs, column_type
from smpcompliance.patterns import pattern
from smpcompliance.rules.parameters import in_words
from smpcompliance.rules.rule import Rule

MOST_RELATED = 100
"""Further records that a finding names; how many more there are is told."""

_NOTHING = {Reason.unreadable: "(unreadable)", Reason.no_column: "(not in the file)"}
_LINES = 2**40  # more than a file has
_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_NAME = pattern(r"\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True)
class Entries:
    """What the versions of a rule found, each with the parameters it was judged by, told studio by studio.

    They are ordered when the first of them is looked at, and each becomes a finding when it is looked at itself.
    """

    rule: Rule
    logs: Logs
    parts: tuple[tuple[Found, Mapping[str, Any]], ...]

    def of_studio(self, studio: int, length: int, open_: int = 0) -> Findings:
        """The findings of a studio in the order of file and line.

        Args:
            length: how many they are; `open_` the Reason for which a failure cannot be called so, 0 where it can.
        """
        if not length:
            return NO_FINDINGS
        return Findings(length, partial(self._finding, studio, open_), partial(self._rows, studio))

    def _finding(self, studio: int, open_: int, at: int) -> Finding:
        whose, entries, begins = self._in_order
        place = begins[studio] + at
        return self._tellers[int(whose[place])].finding(int(entries[place]), open_)

    def _rows(self, studio: int) -> list[tuple[str, Ints]]:
        return [(found.log, found.rows[found.of_studio(studio)]) for found, _ in self.parts]

    @cached_property
    def _tellers(self) -> list["_Teller"]:
        return [_Teller(self.rule, self.logs, found, values) for found, values in self.parts]

    @cached_property
    def _in_order(self) -> tuple[Ints, Ints, list[int]]:
        """Part and entry in the order of studio, file and line, and where those of each studio begin."""
        lengths = [len(found) for found, _ in self.parts]
        studio = np.concatenate([found.studio for found, _ in self.parts]).astype(np.int64)
        places = np.concatenate([_places(self.logs, found) for found, _ in self.parts])
        order = in_order(paired(studio, places))
        whose = np.repeat(np.arange(len(lengths)), lengths)
        entries = np.concatenate([np.arange(length) for length in lengths])
        counts = np.bincount(studio, minlength=len(self.logs.studios))
        return whose[order], entries[order], (np.cumsum(counts) - counts).tolist()


def _places(logs: Logs, found: Found) -> Ints:
    """A number for each entry in the order of file and line; the lowest for an absence."""
    table = logs.log(found.log)
    if not len(table):
        return np.zeros(len(found), np.int64)
    ranks = logs.memo.get("ranks of files", lambda: _ranks_of_files(logs))[table.name]
    safe = np.maximum(found.rows, 0)
    return np.where(found.rows < 0, 0, ranks[table.file[safe]] * _LINES + table.line[safe])


def _ranks_of_files(logs: Logs) -> dict[str, Ints]:
    """Log → for each of its files the place of its name among those of all files, from 1."""
    names = sorted({file.place for table in logs.tables.values() for file in table.files})
    rank = {name: n for n, name in enumerate(names, 1)}
    return {log: np.array([rank[file.place] for file in table.files], np.int64) for log, table in logs.tables.items()}


class _Teller:
    """Makes findings of what a check found; what is the same for all of them is looked up once."""

    def __init__(self, rule: Rule, logs: Logs, found: Found, values: Mapping[str, Any]) -> None:
        self._rule, self._logs, self._found, self._values = rule.id, logs, found, values
        self._log = logs.log(found.log)
        self._facts = [name for name in found.facts if not private(found.log, name)]
        self._message = [self._named(part) if n % 2 else part for n, part in enumerate(_NAME.split(rule.message))]

    def finding(self, entry: int, open_: int) -> Finding:
        """The finding of an entry; `open_` is the Reason for which a failure cannot be called so."""
        found, row = self._found, int(self._found.rows[entry])
        column = found.column(entry)
        first = evidence_at(self._log, row, column)
        behind = [(log, int(each)) for log, rows in found.related_to(entry) for each in rows]
        related = [evidence_at(self._logs.log(log), each, None) for log, each in behind[:MOST_RELATED]]
        if "." in column:
            related = _behind(self._logs, found.log, row, column) + related
        facts = {name: text for name in self._facts if (text := found.fact(name, entry)) != ""}
        code = (int(found.why[entry]) if found.why is not None else 0) or open_
        return Finding(
            self._rule,
            "".join([part if isinstance(part, str) else part(entry, row) for part in self._message]),
            (first, *related),
            facts,
            found.words(entry),
            fingerprint(self._rule, first.record, facts),
            Reason(code).name if code else None,
            left_out=max(0, len(behind) - MOST_RELATED),
        )

    def _named(self, name: str) -> Callable[[int, int], str]:
        """What a name in braces stands for: a fact, a column of the record, or a parameter; where it is empty, how."""
        found = self._found
        if private(found.log, name):
            return lambda _entry, _row: PERSONAL
        if name not in found.facts:
            return self._beside_facts(name, "(none)", "(not known)")
        otherwise = self._beside_facts(name, "(blank)", "(blank)")
        return lambda entry, row: found.fact(name, entry) or otherwise(entry, row)

    def _beside_facts(self, name: str, absent: str, unknown: str) -> Callable[[int, int], str]:
        if name in self._values:
            words = in_words(self._values[name])
            return lambda _entry, _row: words
        logs, log = self._logs, self._found.log
        try:
            column_type(log, name)
        except KeyError:
            return lambda _entry, row: absent if row < 0 else unknown

        def cell(_entry: int, row: int) -> str:
            if row < 0:
                return absent
            cells = logs.cells(log, name)
            return said(log, name, cells.text(row)) or _NOTHING.get(Reason(cells.why[row]), "(blank)")

        return cell


def _behind(logs: Logs, log: str, row: int, path: str) -> list[Evidence]:
    """The records that a column across links leads to from a row."""
    out = []
    while "." in path and row >= 0 and not path.startswith("studio."):
        link, _, path = path.partition(".")
        row, log = int(logs.link(log, link)[0][row]), schema(log).links[link][1]
        if row >= 0:
            out.append(evidence_at(logs.log(log), row, path))
    return out


def evidence_at(table: Log, row: int, column: str | None) -> Evidence:
    """A row of a log as evidence, at a column or at a link where one is named; an absence has row -1."""
    if row < 0:
        return Evidence(table.name, None, None, None, {})
    key, own = table.schema.key, _own_column(table.name, column) if column else None
    record = {} if private(table.name, key) else {key: table.cells(key).text(row)}
    head = table.head(row, own) if own else None
    file = table.files[int(table.file[row])]
    return Evidence(table.name, file.name, int(table.line[row]), head, record, row, file.sheet)


@cache
def _own_column(log: str, path: str) -> str | None:
    """The column of a log in which a path begins: itself, or that of its first link."""
    known = schema(log)
    link = known.links.get(path.partition(".")[0]) if "." in path else None
    return path if path in known.columns else link and link[0]


@cache
def private(log: str, path: str) -> bool:
    """Whether a name is a column of personal data of this log."""
    try:
        return column_of(log, path).private is not None
    except KeyError:
        return False


def fingerprint(rule: str, record: dict[str, str], facts: dict[str, str]) -> str:
    """Sixteen hexadecimal figures that name a finding, whatever line it stands in."""
    return hashlib.sha256(_ENCODE([rule, record, facts]).encode()).hexdigest()[:16]
