"""Counting without scoring: every rule of a studio in exactly one column, duties of law apart from advice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from smpcompliance.audit.finding import RuleResult
from smpcompliance.patterns import pattern
from smpcompliance.rules.rule import Severity

Standing = Literal["fail", "error", "open", "visit", "pass", "away"]
STANDINGS: tuple[Standing, ...] = ("fail", "error", "open", "visit", "pass", "away")
DUTIES: tuple[Severity, ...] = ("critical", "major", "minor")
_FIGURES = pattern(r"(\d+)")


def standing(result: RuleResult) -> Standing:
    """The one column a result stands in."""
    if result.status in ("unknown", "not-checked"):
        return "visit" if result.asked else "open"
    return {"fail": "fail", "error": "error", "pass": "pass"}.get(result.status, "away")  # type: ignore[return-value]


@dataclass(frozen=True)
class Tally:
    """How many rules stand where."""

    by: dict[Severity, dict[Standing, int]]

    def row(self, severities: Iterable[Severity]) -> dict[Standing, int]:
        """The counts of some severities together."""
        chosen = [self.by[severity] for severity in severities]
        return {place: sum(counts[place] for counts in chosen) for place in STANDINGS}

    @property
    def duties(self) -> dict[Standing, int]:
        """The counts of all duties of law."""
        return self.row(DUTIES)

    @property
    def advice(self) -> dict[Standing, int]:
        """The counts of advice."""
        return self.by["advice"]


def tally(results: Iterable[RuleResult]) -> Tally:
    """Counts the results of one or more studios."""
    by: dict[Severity, dict[Standing, int]] = {s: dict.fromkeys(STANDINGS, 0) for s in (*DUTIES, "advice")}
    for result in results:
        by[result.severity][standing(result)] += 1
    return Tally(by)


def judged(counts: dict[Standing, int]) -> int:
    """Rules that came to an answer."""
    return counts["fail"] + counts["pass"]


def in_order_of_law(results: Iterable[RuleResult], chain: Sequence[str]) -> list[RuleResult]:
    """Results as the law is read: ruleset by ruleset, parents first, and in each as the citations are numbered."""
    place = {ruleset: n for n, ruleset in enumerate(chain)}

    def key(result: RuleResult) -> tuple[object, ...]:
        parts = _FIGURES.split(result.rule.citation.text)
        numbered = tuple((int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in parts if part)
        return place.get(result.rule.ruleset, len(place)), numbered, result.rule.id

    return sorted(results, key=key)


def worst_first(results: Iterable[RuleResult]) -> list[RuleResult]:
    """Results by severity, within it those with most failures first, then by id."""
    rank = {severity: n for n, severity in enumerate((*DUTIES, "advice"))}
    return sorted(results, key=lambda r: (rank[r.severity], -r.failed, r.rule.id))
