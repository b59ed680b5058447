"""From rows to findings: file, line and column of the studio's own file, message, facts and fingerprint."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from smpcompliance.audit.finding import NO_FINDINGS, Evidence, Finding, Findings
from smpcompliance.checks.base import Found
from smpcompliance.checks.judging import column_of, said
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Cells, Reason
from smpcompliance.logs.intake.raw import PERSONAL
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Log, Logs
from smpcompliance.rules.parameters import in_words
from smpcompliance.rules.rule import Rule

MOST_RELATED = 100
"""Further records that a finding names; how many more there are is told."""

_NOTHING = {Reason.unreadable: "(unreadable)", Reason.no_column: "(not in the file)"}
_NAME = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True)
class Located:
    """Some entries of what a check found, all of one studio, and the parameters they were judged by."""

    found: Found
    entries: Ints
    values: dict[str, Any]

    def __len__(self) -> int:
        return len(self.entries)

    def related(self, entry: int) -> Iterator[tuple[str, Ints]]:
        """The rows of further evidence of an entry, by log."""
        for log, entries, rows in self.found.by_entry:
            first, end = np.searchsorted(entries, [entry, entry + 1])
            yield log, rows[first:end]


def findings(rule: Rule, logs: Logs, parts: Callable[[], Sequence[Located]], length: int, open_: int = 0) -> Findings:
    """The findings of a rule in one studio, in the order of file and line, made when they are looked at.

    Args:
        parts: gives the entries; `length` is how many they are together.
        open_: the Reason for which a failure cannot be called so; 0 where it can.
    """
    if not length:
        return NO_FINDINGS
    found = _InOrder(logs, parts)
    rows = lambda: [(part.found.log, part.found.rows[part.entries]) for part in parts()]  # noqa: E731
    return Findings(length, lambda at: _finding(rule, logs, *found.at(at), open_), rows)


@dataclass(frozen=True)
class _InOrder:
    """The entries of several parts in the order of file and line; they are ordered when the first is looked at."""

    logs: Logs
    of: Callable[[], Sequence[Located]]

    def at(self, at: int) -> tuple[Located, int]:
        """The part and the entry at a place."""
        parts, whose, entries = self._ordered
        return parts[int(whose[at])], int(entries[at])

    @cached_property
    def _ordered(self) -> tuple[Sequence[Located], Ints, Ints]:
        parts = self.of()
        whose = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        entries = np.concatenate([part.entries for part in parts])
        places = [_order(self.logs, part) for part in parts]
        order = np.lexsort(tuple(np.concatenate(column) for column in zip(*places, strict=True)))
        return parts, whose[order], entries[order]


def _order(logs: Logs, part: Located) -> tuple[Ints, Ints]:
    """Line, and rank of the file, of each entry; both 0 for an absence."""
    table = logs.log(part.found.log)
    rows = part.found.rows[part.entries]
    if not len(table):
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    ranks = logs.memo.get("ranks of files", lambda: _ranks_of_files(logs))[table.name]
    safe = np.maximum(rows, 0)
    return np.where(rows < 0, 0, table.line[safe]), np.where(rows < 0, 0, ranks[table.file[safe]])


def _ranks_of_files(logs: Logs) -> dict[str, Ints]:
    """Log → for each of its files the place of its name among those of all files, from 1."""
    names = sorted({file.place for table in logs.tables.values() for file in table.files})
    rank = {name: n for n, name in enumerate(names, 1)}
    return {log: np.array([rank[file.place] for file in table.files], np.int64) for log, table in logs.tables.items()}


def _finding(rule: Rule, logs: Logs, part: Located, entry: int, open_: int) -> Finding:
    found = part.found
    row = int(found.rows[entry])
    first = evidence_at(logs.log(found.log), row, found.column(entry))
    behind = [(log, int(each)) for log, rows in part.related(entry) for each in rows]
    related = _behind(logs, found.log, row, found.column(entry)) + [
        evidence_at(logs.log(log), each, None) for log, each in behind[:MOST_RELATED]
    ]
    facts = {
        name: text for name in found.facts if not private(found.log, name) and (text := found.fact(name, entry)) != ""
    }
    code = int(found.why[entry]) if found.why is not None else 0
    reason = Reason(code or open_).name if code or open_ else None
    return Finding(
        rule.id,
        message(rule.message, lambda name: value(logs, part, entry, name)),
        (first, *related),
        facts,
        found.words(entry),
        fingerprint(rule.id, first.record, facts),
        reason,
        left_out=max(0, len(behind) - MOST_RELATED),
    )


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
    own = (
        column
        if column in table.schema.columns
        else next(
            (there for name, (there, _) in table.schema.links.items() if column and column.startswith(f"{name}.")), None
        )
    )
    key = table.schema.key
    record = {} if private(table.name, key) else {key: table.cells(key).text(row)}
    head = table.head(row, own) if own else None
    file = table.files[int(table.file[row])]
    return Evidence(table.name, file.name, int(table.line[row]), head, record, row, file.sheet)


@cache
def private(log: str, path: str) -> bool:
    """Whether a name is a column of personal data of this log."""
    try:
        return column_of(log, path).private is not None
    except KeyError:
        return False


def message(template: str, value_of: Any) -> str:
    """A message with the names in braces filled in; never `str.format`."""
    return _NAME.sub(lambda found: value_of(found[1]), template)


def value(logs: Logs, part: Located, entry: int, name: str) -> str:
    """What a name in braces stands for: a fact, a column of the record, or a parameter; where it is empty, how."""
    found = part.found
    if private(found.log, name):
        return PERSONAL
    if name in found.facts and (fact := found.fact(name, entry)):
        return fact
    if name in part.values:
        return in_words(part.values[name])
    row = int(found.rows[entry])
    if row < 0:
        return "(blank)" if name in found.facts else "(none)"
    try:
        cells: Cells = logs.cells(found.log, name)
    except KeyError:
        return "(blank)" if name in found.facts else "(not known)"
    return said(found.log, name, cells.text(row)) or _NOTHING.get(Reason(cells.why[row]), "(blank)")


def fingerprint(rule: str, record: dict[str, str], facts: dict[str, str]) -> str:
    """Sixteen hexadecimal figures that name a finding, whatever line it stands in."""
    text = json.dumps([rule, record, facts], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
