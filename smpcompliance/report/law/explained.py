"""A finding, or a thing that is due, from what was found to the law behind it: step by step, each with its source."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from smpcompliance.dates import Period
from smpcompliance.report.law.words import judged, parameter_words
from smpcompliance.report.saved import SavedEvidence, SavedFinding, SavedResult
from smpcompliance.report.untrusted import clean
from smpcompliance.rules.rule import Rule

Step = tuple[str, list[str]]
"""A heading, and what stands below it, a line each."""

_LONGEST = 5000  # characters of a line


def of_finding(result: SavedResult, finding: SavedFinding, rule: Rule, period: Period) -> str:
    """What a finding of a report rests on, in numbered steps.

    Args:
        rule: as it stands now; its versions that are law in the `period` of the report are told.
    """
    found = "could not be judged" if finding.reason else result.status
    steps: list[Step] = [
        (f"What was found ({found}, {result.severity})", [finding.message]),
        ("Where it is written", [*map(_place, (finding, *finding.related))]),
        ("What was reckoned", [part for part in (finding.arithmetic, *_facts(finding.facts)) if part]),
        ("What the law asks", [f"{result.citation} (read: {rule.basis})", *_law(rule, period)]),
        ("What follows", [part for part in (_waived(finding), rule.remedy) if part]),
    ]
    return _told(steps)


def of_due(entry: Mapping[str, Any], rule: Rule, day: Period) -> str:
    """What a day that is due rests on, in numbered steps; `entry` is one of a list of `due` as JSON."""
    subject = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in entry["subject"].items())
    evidence = entry["evidence"]
    place = SavedEvidence.model_validate(evidence) if evidence else None
    steps: list[Step] = [
        (f"What is due ({entry['state']}, {entry['severity']})", [f"{entry['title']}: {subject or 'the studio'}"]),
        ("The last day in time", [entry["due_on"] or "no day: only a use makes it due"]),
        ("From what it was reckoned", [entry["reason"], *([_place(place)] if place else [])]),
        ("What the law asks", [f"{entry['citation']} (read: {rule.basis})", *_law(rule, day)]),
        ("What to do", [entry["remedy"]]),
    ]
    return _told(steps)


def _told(steps: list[Step]) -> str:
    return "\n".join(line for n, (title, lines) in enumerate(steps, 1) for line in _step(n, title, lines))


def _step(n: int, title: str, lines: list[str]) -> Iterator[str]:
    yield f"{n}. {title}"
    for line in lines or ["–"]:
        shown = " ".join(clean(line, _LONGEST).split())
        yield textwrap.fill(shown, 100, initial_indent="   ", subsequent_indent="     ")


def _place(evidence: SavedEvidence) -> str:
    record = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in evidence.record.items() if value)
    if evidence.file is None:
        return f"nothing is written: something is missing in {evidence.log.replace('_', ' ')}"
    parts = (
        evidence.file,
        evidence.sheet and f"sheet {evidence.sheet}",
        f"line {evidence.line}",
        evidence.column,
        record,
    )
    return ", ".join(part for part in parts if part)


def _facts(facts: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{name.replace('_', ' ')}: {value}" for name, value in facts.items())


def _law(rule: Rule, period: Period) -> Iterator[str]:
    """The versions of a rule that are law in a period, and its parameters there."""
    yield from (judged(version) for version in rule.versions if version.valid.meet(period))
    yield from (f"{parameter.about}: {parameter_words(parameter)}" for parameter in rule.parameters.values())


def _waived(finding: SavedFinding) -> str:
    return f"It is waived: {finding.waiver}. It stays a breach and does not count." if finding.waiver else ""
