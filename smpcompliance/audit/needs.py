"""Which duties cannot be judged for want of a log or a column, before anything is judged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.audit.judge import Task
from smpcompliance.checks.columns import columns_used
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import Rule


@dataclass(frozen=True)
class Blocked:
    """A log (column "") or a column of it that a studio did not hand in, and the rules that wait for it."""

    log: str
    column: str
    rules: tuple[str, ...]


def blocked(tasks: Sequence[Task], logs: Logs, studio: int) -> list[Blocked]:
    """What one studio would have to hand in, and for which rules; most waited for first."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for task in tasks:
        if task.studios[studio] and task.rule.kind != "attest":
            for log, column in dict.fromkeys(_missing(task.rule, logs, studio)):
                waiting.setdefault((log, column), []).append(task.rule.id)
    found = [Blocked(log, column, tuple(rules)) for (log, column), rules in waiting.items()]
    return sorted(found, key=lambda b: (bool(b.column), -len(b.rules), b.log, b.column))


def _missing(rule: Rule, logs: Logs, studio: int) -> Iterator[tuple[str, str]]:
    for version in rule.versions[-1:]:
        for log in version.check.logs_needed() if version.check else ():
            if not logs.has(log)[studio]:
                yield log, ""
        for use in columns_used(version.check) if version.check else ():
            for log, column in _steps(use.log, use.path):
                if logs.has(log)[studio] and not _has_column(logs, log, column, studio):
                    yield log, column


def _steps(log: str, path: str) -> Iterator[tuple[str, str]]:
    """The columns a path passes through, in the log of each."""
    *links, column = path.split(".")
    if links[:1] == ["studio"]:
        return
    for link in links:
        here, there = schema(log).links[link]
        yield log, here
        log = there
    if not schema(log).columns[column].derived:
        yield log, column


def _has_column(logs: Logs, log: str, column: str, studio: int) -> bool:
    table = logs.log(log)
    files = np.unique(table.file[table.studio == studio])
    return any(column in table.files[int(n)].heads for n in files) or not len(files)
