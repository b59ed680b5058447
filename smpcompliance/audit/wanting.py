"""Which cells keep a case from being judged: the blank or unreadable ones that its rule looks at, also across links."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.derived import DERIVED
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs

_REASONS = {name: int(reason) for name, reason in Reason.__members__.items()}
_NO_REASON = -1


@dataclass(frozen=True)
class Wanting:
    """A cell without which a case cannot be judged; without a file where only the log and the column are known.

    Attributes:
        head: the head of its column as the studio writes it, or the column's own name where the file lacks it.
        file, sheet: where the record stands.
    """

    log: str
    column: str
    head: str
    file: str | None = None
    sheet: str = ""


class _Cells(NamedTuple):
    """Cells of one column that are open, and the numbers of the cases that they keep open, in order."""

    cases: Ints
    log: str
    rows: Ints
    column: str


_Told = tuple[int, int, Wanting]
"""Number of a case, place of a thing among those that settle it, and the thing."""


def wanting(audit: Audit, result: RuleResult, most: int) -> Iterator[Wanting]:
    """What would settle the first `most` cases of a rule, each thing once, in the order of the cases."""
    cases = result.undecided[:most]
    paths = _paths(result) if cases else {}
    told: list[_Told] = []
    for log in {case.where.log for case in cases}:
        here = np.array([n for n, case in enumerate(cases) if case.where.log == log])
        rows = np.array([cases[n].where.row for n in here])
        own = [
            cells
            for path in paths.get(log, ())
            for cells in _open(audit.logs, log, here[rows >= 0], rows[rows >= 0], path)
        ]
        told += _in_files(audit.logs, own, cases)
        closed = np.setdiff1d(here, [n for cells in own for n in cells.cases])
        if len(closed):
            told += [(int(closed[0]), part, each) for part, each in enumerate(_elsewhere(log, paths))]
    yield from dict.fromkeys(each for *_, each in sorted(told, key=itemgetter(0, 1)))


def _paths(result: RuleResult) -> dict[str, list[str]]:
    """The columns that the rule looks at, by log."""
    paths: dict[str, list[str]] = {}
    for version in result.rule.versions[-1:]:
        for use in version.uses:
            if use.log and not use.path.startswith("studio.") and use.path not in paths.setdefault(use.log, []):
                paths[use.log].append(use.path)
    return paths


def _open(logs: Logs, log: str, cases: Ints, rows: Ints, path: str) -> Iterator[_Cells]:
    """The cells that leave a column open in rows: its own, that of a link that leads nowhere, or its ingredients."""
    *links, column = path.split(".")
    for link in links:
        found, why = logs.link(log, link)
        own, target = schema(log).links[link]
        lost = why[rows] > 0
        yield _Cells(cases[lost], log, rows[lost], own)
        cases, rows, log = cases[~lost], found[rows[~lost]], target
    open_ = logs.cells(log, column).why[rows] > 0
    cases, rows = cases[open_], rows[open_]
    recipe = DERIVED.get((log, column)) if schema(log).columns[column].derived else None
    if recipe is None:
        yield _Cells(cases, log, rows, column)
    elif recipe.through is None:
        for each in recipe.inputs:
            yield from _open(logs, log, cases, rows, each)


def _in_files(logs: Logs, own: Sequence[_Cells], cases: Sequence[Finding]) -> Iterator[_Told]:
    """The open cells of each case that are so for its own reason, or else all of them; the first of each file."""
    reasons = np.array([_REASONS.get(case.reason or "", _NO_REASON) for case in cases])
    fitting = [logs.cells(cells.log, cells.column).why[cells.rows] == reasons[cells.cases] for cells in own]
    fits = np.zeros(len(cases), bool)
    for cells, fit in zip(own, fitting, strict=True):
        fits[cells.cases[fit]] = True
    for part, (cells, fit) in enumerate(zip(own, fitting, strict=True)):
        chosen = np.flatnonzero(fit | ~fits[cells.cases])
        table = logs.log(cells.log)
        codes, first = np.unique(table.file[cells.rows[chosen]], return_index=True)
        for code, n in zip(codes.tolist(), chosen[first].tolist(), strict=True):
            file, column = table.files[code], cells.column
            head = file.heads.get(column, column)
            yield int(cells.cases[n]), part, Wanting(cells.log, column, head, file.name, file.sheet)


def _elsewhere(log: str, paths: dict[str, list[str]]) -> list[Wanting]:
    """What a rule looks at in other logs than this one."""
    return [
        Wanting(other, column, column)
        for other, columns in paths.items()
        for column in columns
        if other != log and "." not in column and not schema(other).columns[column].derived
    ]
