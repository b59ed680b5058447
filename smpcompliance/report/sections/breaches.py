"""Findings rule by rule, each rule with its citation, its totals, the remedy, and what it does not look at.

An owner reads the worst first; an inspector reads in the order of the law.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Heading, Text
from smpcompliance.report.sections.opening import balance_of, total
from smpcompliance.report.sections.places import limit, listed
from smpcompliance.report.sections.undecided import logs_of
from smpcompliance.report.tally import DUTIES, in_order_of_law, judged, tally, worst_first
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

_Told = Callable[[Sequence[RuleResult]], list[Block]]


def breaches(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The breached duties of a studio."""
    failed = [r for r in audit.of(studio.studio_id) if r.status == "fail"]
    told = partial(_rules, most=limit(failed, telling), telling=telling, words=words)
    if telling.edition == "inspector":
        return _by_law(audit, studio, failed, told, words)
    return _by_severity(list(audit.of(studio.studio_id)), failed, told, words)


def none_found(results: Iterable[RuleResult]) -> str:
    """Which word says that there is no breach: none was found, or no duty was judged."""
    return "none" if judged(tally(results).duties) else "nothing_judged"


def _by_severity(every: Sequence[RuleResult], failed: Sequence[RuleResult], told: _Told, words: Words) -> list[Block]:
    out: list[Block] = []
    for severity in DUTIES:
        chosen = worst_first(r for r in failed if r.severity == severity)
        if chosen:
            out += [Heading(2, words(f"breaches.of.{severity}")), Text(words(f"breaches.meaning.{severity}"))]
            out += told(chosen)
    if not out:
        out = [Heading(2, words("breaches.title")), Text(words(f"breaches.{none_found(every)}"))]
    advice = worst_first(r for r in failed if r.severity == "advice")
    if advice:
        out += [Heading(2, words("advice.title")), Text(words("advice.note")), *told(advice)]
    return out


def _by_law(audit: Audit, studio: Studio, failed: Sequence[RuleResult], told: _Told, words: Words) -> list[Block]:
    if not failed:
        none = words(f"breaches.{none_found(audit.of(studio.studio_id))}")
        return [Heading(2, words("breaches.title")), Text(none)]
    names = {ruleset.id: words("cover.law_entry", name=ruleset.name, id=ruleset.id) for ruleset in audit.rulesets}
    out: list[Block] = []
    ordered = in_order_of_law(failed, audit.chains[studio.studio_id])
    for ruleset, chosen in groupby(ordered, lambda result: result.rule.ruleset):
        results = list(chosen)
        duties = [r for r in audit.of(studio.studio_id) if r.rule.ruleset == ruleset and r.severity != "advice"]
        said = balance_of(tally(duties).duties, words)
        advice = sum(result.severity == "advice" for result in results)
        key = "breaches.under_with_advice" if advice else "breaches.under"
        key = "advice.under" if advice == len(results) else key
        note = [Text(words("advice.note"), "note")] if advice else []
        out += [Heading(2, words(key, law=names[ruleset])), Text(said), *note, *told(results)]
    return out


def _rules(results: Sequence[RuleResult], most: int, telling: Telling, words: Words) -> list[Block]:
    return [block for result in results for block in _rule(result, most, telling, words)]


def _rule(result: RuleResult, most: int, telling: Telling, words: Words) -> list[Block]:
    rule, for_inspector = result.rule, telling.edition == "inspector"
    out: list[Block] = [
        Heading(3, rule.title, result.severity, logs_of(result)),
        Text(
            cited(result, words),
            "fine",
            lead=words("breaches.weighed", severity=words(f"severity.{result.severity}")),
            tone=result.severity,
        ),
        Text(total(result, words), "total"),
    ]
    if rule.citation.note:
        out.append(Text(rule.citation.note, "note"))
    if result.severity == "advice" and rule.severity != "advice":
        out.append(Text(words("breaches.reading"), "note"))
    if rule.remedy:
        out.append(Text(rule.remedy, lead=words("breaches.remedy")))
    out += listed(result.findings, rule.title, most, words, named=for_inspector)
    if rule.leaves_out:
        out.append(Text(rule.leaves_out, lead=words("breaches.leaves_out")))
    if for_inspector and (explained := explanation(result)):
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
