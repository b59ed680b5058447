"""Which duties cannot be judged for want of a log or a column, before anything is judged."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.audit.judge import Task
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import SEVERITIES, Rule, Severity


@dataclass(frozen=True)
class Duty:
    """A rule that waits for something."""

    rule: str
    title: str
    severity: Severity


@dataclass(frozen=True)
class Blocked:
    """A log (column "") or a column of it that a studio did not hand in, and the duties that wait for it.

    Attributes:
        duties: the most severe first.
    """

    log: str
    column: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True)
class LeftOpen:
    """A column of words in which a missing word is unknown, because heads of its log are not used.

    Attributes:
        heads: (file and sheet, head) of each that is not used.
        duties: those that ask for words of the column, the most severe first.
    """

    log: str
    column: str
    heads: tuple[tuple[str, str], ...]
    duties: tuple[Duty, ...]


def blocked(tasks: Sequence[Task], logs: Logs, studio: int) -> list[Blocked]:
    """What one studio would have to hand in, and for which rules; whole logs, then the most severe duties first."""
    waiting: dict[tuple[str, str], list[Rule]] = {}
    for task in tasks:
        if task.studios[studio] and task.rule.kind != "attest":
            for log, column in dict.fromkeys(_missing(task.rule, logs, studio)):
                waiting.setdefault((log, column), []).append(task.rule)
    found = [Blocked(log, column, _duties(rules)) for (log, column), rules in waiting.items()]
    return sorted(found, key=lambda b: (bool(b.column), _weight(b.duties), b.log, b.column))


def left_open(tasks: Sequence[Task], logs: Logs, studio: int) -> list[LeftOpen]:
    """The columns of words that unused heads leave open in one studio, the most severe duties first."""
    waiting: dict[tuple[str, str], list[Rule]] = {}
    for task in tasks:
        if task.studios[studio] and task.rule.kind != "attest":
            for log, column in dict.fromkeys(_words_used(task.rule)):
                waiting.setdefault((log, column), []).append(task.rule)
    found = []
    for (log, column), rules in waiting.items():
        if logs.has(log)[studio] and (heads := _unused_heads(logs, log, studio)):
            found.append(LeftOpen(log, column, heads, _duties(rules)))
    return sorted(found, key=lambda each: (_weight(each.duties), each.log, each.column))


def _duties(rules: Iterable[Rule]) -> tuple[Duty, ...]:
    duties = [Duty(rule.id, rule.title, rule.severity) for rule in rules]
    return tuple(sorted(duties, key=lambda duty: (SEVERITIES.index(duty.severity), duty.rule)))


def _weight(duties: Sequence[Duty]) -> tuple[int, ...]:
    """Fewer is heavier: the counts of each severity, the most severe first."""
    return tuple(-sum(duty.severity == severity for duty in duties) for severity in SEVERITIES)


def _missing(rule: Rule, logs: Logs, studio: int) -> Iterator[tuple[str, str]]:
    for version in rule.versions[-1:]:
        for log in version.check.logs_needed() if version.check else ():
            if not logs.has(log)[studio]:
                yield log, ""
        for use in version.uses:
            for log, column in _steps(use.log, use.path):
                if logs.has(log)[studio] and not _has_column(logs, log, column, studio):
                    yield log, column


def _words_used(rule: Rule) -> Iterator[tuple[str, str]]:
    for version in rule.versions[-1:]:
        for use in version.uses:
            for log, column in _steps(use.log, use.path):
                if schema(log).columns[column].type == "words":
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


def _files(logs: Logs, log: str, studio: int) -> list[int]:
    table = logs.log(log)
    return [int(n) for n in np.unique(table.file[table.studio == studio])]


def _has_column(logs: Logs, log: str, column: str, studio: int) -> bool:
    files = _files(logs, log, studio)
    return any(column in logs.log(log).files[n].heads for n in files) or not files


def _unused_heads(logs: Logs, log: str, studio: int) -> tuple[tuple[str, str], ...]:
    files = [logs.log(log).files[n] for n in _files(logs, log, studio)]
    return tuple(dict.fromkeys((file.place, head) for file in files for head in file.unmapped))
