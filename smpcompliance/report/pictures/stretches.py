"""Stretches without a spore test, as the rules of this studio found them; nothing is reckoned here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from smpcompliance.audit.finding import Finding, RuleResult
from smpcompliance.checks.interval import Interval
from smpcompliance.checks.stretches import day_number
from smpcompliance.patterns import pattern

MOST = 400
"""Findings of one rule that are looked at for a picture."""
_SPAN = pattern(r"(\d{4})(?:-(?:(\d\d)(?:-(\d\d))?|W(\d\d)|Q(\d)|H(\d)))?\Z")


@dataclass(frozen=True)
class Stretch:
    """Days of one steriliser (of all where `subject` is empty) in which no spore test was done; `sure` where judged."""

    subject: str
    first: int
    last: int
    sure: bool


@dataclass(frozen=True)
class Stretches:
    """What the rules say: the rules themselves, the stretches, and how many more findings or unreadable ones exist."""

    rules: tuple[RuleResult, ...]
    found: tuple[Stretch, ...]
    left_out: int

    def of(self, subject: str) -> list[Stretch]:
        """The stretches of one steriliser."""
        return [stretch for stretch in self.found if stretch.subject in ("", subject)]


def without_test(results: Iterable[RuleResult]) -> Stretches:
    """Reads the findings of the duties about the time between spore tests; of advice only where no duty was judged."""
    every = [r for r in results if r.status in ("pass", "fail", "unknown") and _per(r) is not None]
    chosen = [r for r in every if r.severity != "advice"] or every
    found: dict[Stretch, None] = {}
    left_out = 0
    for result in chosen:
        for findings, sure in ((result.findings, True), (result.undecided, False)):
            for finding in islice(findings, MOST):
                stretches = list(_stretches(finding, _per(result) or "", sure))
                found |= dict.fromkeys(stretches)
                left_out += not stretches
            left_out += max(len(findings) - MOST, 0)
    return Stretches(tuple(chosen), tuple(found), left_out)


def _per(result: RuleResult) -> str | None:
    """The column whose values a rule tests one by one, empty for none; None for a rule about something else."""
    checks = [v.check for v in result.rule.versions if isinstance(v.check, Interval) and v.check.log == "spore_tests"]
    return next(iter(checks[-1].per), "") if checks else None


def _stretches(finding: Finding, per: str, sure: bool) -> Iterator[Stretch]:
    spans = finding.facts.get("spans", "").split(", ")
    for first, last in (days for span in spans if (days := days_of(span))):
        yield Stretch(finding.facts.get(per, "") if per else "", first, last, sure)


def days_of(span: str) -> tuple[int, int] | None:
    """First and last day of a stretch as findings name it: `2026-03`, `2026-W07`, `2026-01-05 to 2026-03-10` …"""
    first, _, last = span.partition(" to ")
    begin, end = _unit(first), _unit(last or first)
    return (begin[0], end[1]) if begin and end else None


def _unit(text: str) -> tuple[int, int] | None:
    if not (found := _SPAN.match(text)):
        return None
    year, month, day, week, quarter, half = (int(part or 0) for part in found.groups())
    try:
        if week:
            monday = day_number(date.fromisocalendar(year, week, 1))
            return monday, monday + 6
        if day:
            at = day_number(date(year, month, day))
            return at, at
        length = 1 if month else 3 if quarter else 6 if half else 12
        begin = month or (3 * quarter - 2 if quarter else 6 * half - 5 if half else 1)
        after = date(year + (begin + length > 12), (begin + length - 1) % 12 + 1, 1)
        return day_number(date(year, begin, 1)), day_number(after) - 1
    except ValueError:
        return None
