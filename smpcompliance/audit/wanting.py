"""Which cells keep a case from being judged: the blank or unreadable ones that its rule looks at, also across links."""

from collections.abc import Iterator
from dataclasses import dataclass

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.checks.columns import columns_used
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.derived import DERIVED
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs


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


def wanting(audit: Audit, result: RuleResult, most: int) -> Iterator[Wanting]:
    """What would settle the first `most` cases of a rule, each thing once, in the order of the cases."""
    paths = _paths(result)
    said: set[Wanting] = set()
    for finding in (result.undecided[n] for n in range(min(most, len(result.undecided)))):
        for each in _of_case(audit.logs, finding, paths):
            if each not in said:
                said.add(each)
                yield each


def _paths(result: RuleResult) -> dict[str, list[str]]:
    """The columns that the rule looks at, by log."""
    paths: dict[str, list[str]] = {}
    for version in result.rule.versions[-1:]:
        for use in columns_used(version.check) if version.check else ():
            if use.log and not use.path.startswith("studio.") and use.path not in paths.setdefault(use.log, []):
                paths[use.log].append(use.path)
    return paths


def _of_case(logs: Logs, case: Finding, paths: dict[str, list[str]]) -> list[Wanting]:
    """The cells of a record, and of those it leads to, that are open for the reason of the case, or for another.

    Failing these, what the rule looks at in other logs.
    """
    where = case.where
    here = paths.get(where.log, []) if where.row >= 0 else []
    found = [cell for path in here for cell in _open(logs, where.log, where.row, path)]
    reason = Reason.__members__.get(case.reason or "")
    chosen = [cell for cell in found if logs.cells(cell[0], cell[2]).why[cell[1]] == reason] or found
    if chosen:
        return [_cell(logs, *cell) for cell in dict.fromkeys(chosen)]
    return [
        Wanting(log, column, column)
        for log, columns in paths.items()
        for column in columns
        if log != where.log and "." not in column and not schema(log).columns[column].derived
    ]


def _open(logs: Logs, log: str, row: int, path: str) -> Iterator[tuple[str, int, str]]:
    """The cells that leave a column open in a row: its own, that of a link that leads nowhere, or its ingredients."""
    *links, column = path.split(".")
    for link in links:
        rows, why = logs.link(log, link)
        own, target = schema(log).links[link]
        if why[row]:
            yield log, row, own
            return
        row, log = int(rows[row]), target
    if not logs.cells(log, column).why[row]:
        return
    recipe = DERIVED.get((log, column)) if schema(log).columns[column].derived else None
    if recipe is None:
        yield log, row, column
    elif recipe.through is None:
        for inner in recipe.inputs:
            yield from _open(logs, log, row, inner)


def _cell(logs: Logs, log: str, row: int, column: str) -> Wanting:
    table = logs.log(log)
    file = table.files[int(table.file[row])]
    return Wanting(log, column, table.head(row, column), file.name, file.sheet)
