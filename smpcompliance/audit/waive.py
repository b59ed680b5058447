"""Breaches that are answered for already, by a waiver or a baseline: they are marked, and stay breaches."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from smpcompliance.audit.baseline import Baseline, BaselineUse, Known
from smpcompliance.audit.evidence import private
from smpcompliance.audit.finding import Audit, Evidence, Finding, Findings, RuleResult
from smpcompliance.audit.waivers import State, Waiver, WaiverUse
from smpcompliance.dates import Period
from smpcompliance.logs.schema import schema
from smpcompliance.rules.rule import Rule


def waived(audit: Audit, waivers: Sequence[Waiver]) -> Audit:
    """The audit with each breach that a waiver covers marked by it, and with what became of every waiver.

    Statuses do not change. A breach that several waivers cover is marked by the first.
    """
    by_rule: dict[str, list[int]] = {}
    states: dict[int, State] = {}
    rules = {rule.id: rule for ruleset in audit.rulesets for rule in ruleset.rules}
    for n, waiver in enumerate(waivers):
        states[n] = _state(waiver, rules, audit.as_of)
        if states[n] == "applied":
            by_rule.setdefault(waiver.rule, []).append(n)
    covered = [0] * len(waivers)

    def chosen(result: RuleResult, finding: Finding) -> str | None:
        fits = (n for n in by_rule[result.rule.id] if _covers(waivers[n], result.studio_id, finding, audit))
        if (n := next(fits, None)) is None:
            return None
        covered[n] += 1
        return waivers[n].said

    results = tuple(marked(result, chosen) if result.rule.id in by_rule else result for result in audit.results)
    uses = tuple(
        WaiverUse(waiver, "unused" if states[n] == "applied" and not covered[n] else states[n], covered[n])
        for n, waiver in enumerate(waivers)
    )
    return replace(audit, results=results, waivers=uses)


def marked(result: RuleResult, chosen: Callable[[RuleResult, Finding], str | None]) -> RuleResult:
    """A result with those of its findings marked for which `chosen` gives words; marks that are there already stay."""
    findings = [each._replace(waiver=each.waiver or chosen(result, each)) for each in result.findings]
    if not any(finding.waiver for finding in findings):
        return result
    count = sum(finding.waiver is not None for finding in findings)
    return replace(result, findings=Findings(len(findings), findings.__getitem__, result.findings.rows), waived=count)


def _state(waiver: Waiver, rules: Mapping[str, Rule], as_of: date) -> State:
    if waiver.is_too_broad:
        return "too-broad"
    if waiver.rule not in rules:
        return "unknown-rule"
    if not rules[waiver.rule].waivable:
        return "not-waivable"
    if as_of > waiver.until:
        return "expired"
    return "not-yet" if waiver.since and as_of < waiver.since else "applied"


def _covers(waiver: Waiver, studio_id: str, finding: Finding, audit: Audit) -> bool:
    if waiver.studio_id not in (None, studio_id) or waiver.fingerprint not in (None, finding.fingerprint):
        return False
    if waiver.record is not None and waiver.record not in finding.where.record.values():
        return False
    for column, wanted in (("equipment_id", waiver.machine), ("practitioner_id", waiver.person)):
        if wanted is not None and wanted != _named(finding, column, audit):
            return False
    return waiver.period is None or _within(finding.where, waiver.period, audit)


def _named(finding: Finding, column: str, audit: Audit) -> str:
    """Whom or what a finding is about: the fact, or the cell of the first of its records that has one."""
    if column in finding.facts:
        return finding.facts[column]
    for evidence in finding.evidence:
        known = schema(evidence.log).columns
        is_told = evidence.row >= 0 and column in known and not private(evidence.log, column)
        if is_told and (text := audit.logs.cells(evidence.log, column).text(evidence.row)):
            return text
    return ""


def _within(evidence: Evidence, period: Period, audit: Audit) -> bool:
    """Whether a record lies in a period for sure."""
    when = schema(evidence.log).when
    if evidence.row < 0 or when is None:
        return False
    written = audit.logs.cells(evidence.log, when).text(evidence.row)[:10]
    try:
        return period.first <= date.fromisoformat(written) <= period.last
    except ValueError:
        return False


def since_baseline(audit: Audit, baseline: Baseline) -> Audit:
    """The audit with each breach marked that the baseline knows, as often as it knows it.

    A rule that must not be waived cannot be silenced by a baseline either: its breaches count, and the report says so.
    """
    left = Counter(baseline.entries)
    covered: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    def chosen(result: RuleResult, finding: Finding) -> str | None:
        known = Known(result.studio_id, result.rule.id, finding.fingerprint)
        if left[known] < 1:
            return None
        left[known] -= 1
        covered[result.studio_id] += 1
        return baseline.said

    results = []
    for result in audit.results:
        if result.status == "fail" and not result.rule.waivable:
            seen = Counter(Known(result.studio_id, result.rule.id, f.fingerprint) for f in result.findings)
            refused[result.studio_id] += (seen & left).total()
            left.subtract(seen & left)
        elif result.status == "fail":
            result = marked(result, chosen)
        results.append(result)
    same_days = baseline.is_looked_at(audit.period)
    judged = {(r.studio_id, r.rule.id) for r in audit.results if same_days and r.status in ("fail", "pass")}
    gone = Counter({known: n for known, n in left.items() if n > 0 and (known.studio_id, known.rule) in judged})
    use = BaselineUse(baseline, covered, refused, gone, left - gone)
    return replace(audit, results=tuple(results), baseline=use)
