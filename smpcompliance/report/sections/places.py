"""Where a thing is written, in words: file, line, column and record, and the tables that list findings."""

from collections.abc import Sequence
from itertools import islice

from smpcompliance.audit.finding import Evidence, Finding, Findings, RuleResult
from smpcompliance.report.page import Block, Cell, Table, Text
from smpcompliance.report.reasons import why_open
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

LISTED, IN_ALL, PLACES, RELATED = 200, 5000, 20, 5
"""Findings listed per rule and in a studio's part, places listed per undecided rule, further records per finding."""


def place(evidence: Evidence, words: Words) -> str:
    """File and line, or that nothing is written."""
    if evidence.file is None:
        return words("place.absent")
    return line(evidence.file, evidence.sheet, evidence.line, words)


def line(file: str, sheet: str, number: int | None, words: Words) -> str:
    """A line of a file or of a sheet."""
    key = "place.line_of_sheet" if sheet else "place.line"
    return words(key, file=file, sheet=sheet, line=str(number))


def record(evidence: Evidence, words: Words) -> str:
    """The key of a record, as in «cycle id C-031»; empty where it has none that may be shown."""
    return ", ".join(words("place.record", name=words(f"keys.{k}"), value=v) for k, v in evidence.record.items() if v)


def limit(results: Sequence[RuleResult], telling: Telling) -> int:
    """How many findings of each rule are listed; fewer where so many rules failed that nobody could read all."""
    if telling.all_findings:
        return max((len(result.findings) for result in results), default=0)
    usual = sum(min(len(result.findings), LISTED) for result in results)
    return LISTED if usual <= IN_ALL else max(PLACES, IN_ALL // len(results))


def listed(findings: Findings, rule: str, most: int, words: Words, named: bool = False) -> list[Block]:
    """The table of the first failures of a rule, and how many are not shown; `named` shows each fingerprint."""
    rows = tuple(
        (Cell(str(n)), _found(finding, words, named), _where(finding, words))
        for n, finding in enumerate(islice(findings, most), 1)
    )
    if not rows:
        return []
    heads = tuple(words(f"breaches.heads.{name}") for name in ("number", "found", "place"))
    about = words("breaches.about", rule=rule)
    numbered = 3.0 if len(rows) < 1000 else 1.3 * len(str(len(rows)))
    table = Table(heads, rows, (numbered, 60, 37), frozenset({0}), about=about)
    return [table, *_cut(findings, most, "breaches.cut", words)]


def undecided(findings: Findings, rule: str, words: Words) -> list[Block]:
    """The table of the first cases of a rule that could not be judged."""
    rows = tuple(
        (
            Cell(str(n)),
            Cell(why_open(finding, words)),
            Cell(record(finding.where, words) or "–"),
            _place(finding.where, words),
        )
        for n, finding in enumerate(islice(findings, PLACES), 1)
    )
    if not rows:
        return []
    heads = tuple(words(f"undecided.places_heads.{name}") for name in ("number", "why", "record", "place"))
    about = words("undecided.places_about", rule=rule)
    table = Table(heads, rows, (3, 33, 24, 40), frozenset({0}), about=about)
    return [table, *_cut(findings, PLACES, "undecided.places_cut", words)]


def _found(finding: Finding, words: Words, named: bool) -> Cell:
    fine = [finding.words] if finding.words and finding.words != finding.message else []
    if finding.waiver:
        fine.append(words("place.waiver", waiver=finding.waiver))
    if named:
        fine.append(words("place.fingerprint", fingerprint=finding.fingerprint))
    return Cell(finding.message, tuple(fine))


def _where(finding: Finding, words: Words) -> Cell:
    evidence = finding.evidence
    first = _place(evidence[0], words)
    own = " · ".join(part for part in (*first.fine, record(evidence[0], words)) if part)
    fine = [own] if own else []
    for other in evidence[1 : RELATED + 1]:
        said = [place(other, words), record(other, words)]
        fine.append(words("place.related", place=", ".join(part for part in said if part)))
    if (more := len(evidence) - RELATED - 1 + finding.left_out) > 0:
        fine.append(words("place.related_more", n=more))
    return Cell(first.text, tuple(fine))


def _place(evidence: Evidence, words: Words) -> Cell:
    named = evidence.file is not None and evidence.column
    return Cell(place(evidence, words), (words("place.column", column=evidence.column),) if named else ())


def _cut(findings: Findings, shown: int, key: str, words: Words) -> list[Block]:
    return [Text(words(key, shown=shown, n=len(findings)), "note")] if len(findings) > shown else []
