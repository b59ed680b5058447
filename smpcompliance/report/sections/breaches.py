"""Findings by severity and rule, each rule with its citation, its totals, the remedy, and what it does not look at."""

from collections.abc import Sequence

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.report.page import Block, Heading, Text
from smpcompliance.report.sections.opening import total
from smpcompliance.report.sections.places import limit, listed
from smpcompliance.report.tally import DUTIES, worst_first
from smpcompliance.report.words import Words


def breaches(audit: Audit, studio_id: str, words: Words) -> list[Block]:
    """The breached duties of a studio, the worst first."""
    failed = worst_first(r for r in audit.of(studio_id) if r.status == "fail")
    most = limit(failed)
    out: list[Block] = []
    for severity in DUTIES:
        chosen = [r for r in failed if r.severity == severity]
        if chosen:
            out += [Heading(2, words(f"breaches.of.{severity}")), Text(words(f"breaches.meaning.{severity}"))]
            out += _rules(chosen, most, words)
    if not out:
        out = [Heading(2, words("breaches.title")), Text(words("breaches.none"))]
    advice = [r for r in failed if r.severity == "advice"]
    if advice:
        out += [Heading(2, words("advice.title")), Text(words("advice.note")), *_rules(advice, most, words)]
    return out


def _rules(results: Sequence[RuleResult], most: int, words: Words) -> list[Block]:
    return [block for result in results for block in _rule(result, most, words)]


def _rule(result: RuleResult, most: int, words: Words) -> list[Block]:
    rule = result.rule
    out: list[Block] = [
        Heading(3, rule.title),
        Text(cited(result, words), "fine", lead=words(f"severity.{result.severity}"), tone=result.severity),
        Text(total(result, words), "total"),
    ]
    if rule.citation.note:
        out.append(Text(rule.citation.note, "note"))
    if result.severity == "advice" and rule.severity != "advice":
        out.append(Text(words("breaches.reading"), "note"))
    if rule.remedy:
        out.append(Text(rule.remedy, lead=words("breaches.remedy")))
    out += listed(result.findings, rule.title, most, words)
    if rule.leaves_out:
        out.append(Text(rule.leaves_out, lead=words("breaches.leaves_out")))
    if explained := explanation(result):
        out.append(Text(explained, lead=words("breaches.judged")))
    return out


def cited(result: RuleResult, words: Words) -> str:
    """Citation and rule id, and how the law was read where that was not in its own words."""
    rule = result.rule
    return " · ".join(part for part in (rule.citation.text, words(f"basis.{rule.basis}"), rule.id) if part)


def explanation(result: RuleResult) -> str:
    """The check in a sentence, to be held beside the law; empty where its numbers are not known."""
    chosen = next((v.check for v in reversed(result.rule.versions) if v.check), None)
    return chosen.explain() if chosen else ""
