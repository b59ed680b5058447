"""Every rule proves itself: its examples are small studios, and what the rule must say of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from smpcompliance import dates
from smpcompliance.audit.finding import Finding, Findings, RuleResult
from smpcompliance.audit.judge import Task, judge_all
from smpcompliance.logs.intake.build import Intake, assemble
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.intake.tables.delimited import read
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import LOGS
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import Example, Rule
from smpcompliance.yamlio import Problem

_STUDIO = Studio(
    "example",
    "Example",
    instruments="reusable",
    procedures=("tattoo", "permanent_cosmetics", "scalp_micropigmentation"),
)


@dataclass(frozen=True)
class Outcome:
    """One example after it was run; `wrong` says in words what differs, empty where all is as it should be."""

    rule: str
    title: str
    result: RuleResult | None
    wrong: tuple[str, ...]
    place: Problem


def run_examples(rule: Rule) -> Iterator[Outcome]:
    """Runs all examples of a rule."""
    for n, example in enumerate(rule.examples):
        place = rule.document.problem(("examples", n), example.title)
        for case in example.cases():
            try:
                logs, result = judge_example(rule, case)
            except (NotReadable, ValueError, KeyError) as error:
                yield Outcome(rule.id, example.title, None, (f"the example cannot be read: {error}",), place)
                continue
            yield Outcome(rule.id, example.title, result, tuple(_differences(case, logs, result)), place)


def judge_example(rule: Rule, example: Example) -> tuple[Logs, RuleResult]:
    """Judges one example; gives its tables and the result.

    Raises:
        ValueError: the example names an unknown log, has an unreadable cell or a wrong period.
    """
    logs = tables_of(rule, example)
    return logs, judge_tables(rule, example, logs)


def tables_of(rule: Rule, example: Example) -> Logs:
    """The tables of an example, in the hands of its studio.

    Raises:
        ValueError: the example names an unknown log or has an unreadable cell.
    """
    profile: dict[str, Any] = {name: _typed(name, value) for name, value in example.studio.items()}
    for name in ("opened_on", "closed_on"):
        if name in profile:
            profile[name] = dates.day(profile[name])
    studio = replace(_STUDIO, **profile, readings={rule.id: example.reading} if example.reading else {})
    return _intake(studio, example.logs).logs


def _typed(name: str, value: Any) -> Any:
    if PROFILE.get(name) == "list":
        return tuple(value) if isinstance(value, list) else (value,)
    return value


def judge_tables(rule: Rule, example: Example, logs: Logs) -> RuleResult:
    """What a rule says of the tables of an example, on its day and for its period."""
    task = Task(rule, np.ones(1, bool))
    return judge_all([task], logs, dates.period(example.period), example.as_of)[0]


def differs(example: Example, logs: Logs, result: RuleResult) -> bool:
    """Whether a result is another than the example says."""
    return any(True for _ in _differences(example, logs, result))


def _intake(studio: Studio, texts: dict[str, str]) -> Intake:
    sources = []
    for log, text in texts.items():
        if log not in LOGS:
            raise ValueError(f"there is no log {log!r}")
        sources.append(Source.of(0, _table(log, text), log))
    intake = assemble([studio], sources)
    heads = [f"{log}: unknown head {h!r}" for log, t in intake.logs.tables.items() for f in t.files for h in f.unmapped]
    misfits = [f"{place.file} line {place.line}: {place.reason}" for _, place in intake.misfits]
    if problems := [h for h in heads if "unknown head '?" not in h] + misfits:
        raise ValueError("; ".join(problems))
    return intake


def _table(log: str, text: str) -> RawTable:
    name = f"{log}.csv"
    return read(SourceFile(name, text.encode()))[0] if text.strip() else RawTable(name, (), (), np.zeros(0, np.int64))


def _differences(example: Example, logs: Logs, result: RuleResult) -> Iterator[str]:
    if result.status == "error":
        yield " ".join(("the check broke:", *result.about))
        return
    yield from _compare("findings", example.finds, result.findings, logs)
    yield from _compare("undecided", example.undecided, result.undecided, logs)
    if example.status and example.status != result.status:
        yield f"the status is {result.status}{_because(result)}, not {example.status}"


def _because(result: RuleResult) -> str:
    """The names that explain a status, as in « (blank 2, unreadable 1)»."""
    said = [result.cause] if result.cause else [f"{name} {n}" for name, n in result.reasons.items()]
    return f" ({', '.join(said)})" if said else ""


def _compare(what: str, wanted: list[dict[str, Any]], found: Findings, logs: Logs) -> Iterator[str]:
    left = list(found)
    for entry in wanted:
        match = next((f for f in left if all(_said(f, k, logs) == _text(v) for k, v in entry.items())), None)
        if match is None:
            yield f"{what}: {entry} is not there"
        else:
            left.remove(match)
    for finding in left:
        yield f"{what}: not expected: {finding.message} {finding.facts or finding.where.record}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _said(finding: Finding, name: str, logs: Logs) -> str | None:
    if name in finding.facts:
        return finding.facts[name]
    if name == "reason":
        return finding.reason
    first = finding.where
    try:
        return logs.cells(first.log, name).text(first.row) if first.row >= 0 else None
    except KeyError:
        return None
