"""What is said of many studios together: counts with their denominators, worst first, and no score.

The counts are taken from results as they come, studio by studio, so that a whole state needs no more memory than its
rules and months.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from smpcompliance.report.tally import DUTIES
from smpcompliance.rules.rule import SEVERITIES

WORST = 50
"""Studios that are named with their counts; how many more there are is told."""

_OPEN = ("unknown", "not-checked")


@dataclass(frozen=True)
class NotAudited:
    """A bucket of which nothing can be said, its studios (none where even these are not known), and why."""

    bucket: int
    studios: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Duty:
    """One rule over all studios whose law it is; where only a stricter reading was breached it is advice.

    Attributes:
        studios: studios with a result of it; judged, failing, open, broke and away are parts of them.
        judged: studios in which it came to an answer: those that fail and those that pass.
        open: studios in which it could not be judged, or not all of it could.
        away: studios in which it does not apply.
        covered: studios of `failing` of which every breach is waived.
        examined, failed, unknown: records and other things, over all studios.
        reasons: Reason or cause → studios in which the duty could not be judged for it.
        months: `2026-10` → failures on days of that month; "" → failures without a day.
    """

    rule: str
    title: str
    severity: str
    citation: str
    studios: int
    judged: int
    failing: int
    covered: int
    open: int
    broke: int
    away: int
    examined: int
    failed: int
    unknown: int
    reasons: dict[str, int]
    months: dict[str, int]


@dataclass(frozen=True)
class OfStudio:
    """One studio: duties breached by severity, duties that came to an answer, and duties that could not be judged."""

    studio_id: str
    name: str
    jurisdiction: str | None
    breached: dict[str, int]
    judged: int
    open: int
    failed: int


@dataclass(frozen=True)
class Month:
    """A month: failures of duties on its days, and the studios that have one."""

    month: str
    failures: int
    studios: int


@dataclass(frozen=True)
class Summary:
    """Many studios together.

    Attributes:
        asked: what the audit was asked: period, as_of, jurisdictions, overlays, select, ignore, first.
        rulesets: id → SHA-256.
        studios: studios audited; `failing` (a duty of law is breached), `unjudged` (no duty came to an answer) and
            `with_lines_left_out` are parts of them.
        counted: severity → studios with a breach that no waiver covers.
        open: severity → studios with a duty that could not be judged in full.
        broke: checks that broke, over all studios.
        visits: questions for a visit, over all studios.
        months: failures of duties of law, advice left out; "" is the month of what has no day of its own.
        worst: studios with a breached duty, the first `WORST` by critical, major, minor duties breached, then by id.
    """

    version: str
    asked: dict[str, Any]
    rulesets: dict[str, str]
    buckets: int
    rows: int
    studios: int
    failing: int
    unjudged: int
    with_lines_left_out: int
    lines_left_out: int
    cells_unreadable: int
    broke: int
    visits: int
    counted: dict[str, int]
    open: dict[str, int]
    duties: tuple[Duty, ...]
    months: tuple[Month, ...]
    worst: tuple[OfStudio, ...]
    not_audited: tuple[NotAudited, ...]

    @property
    def failing_duties(self) -> list[Duty]:
        """Duties that a studio breaches, worst first: by the share of the studios judged, then by their number."""
        return sorted((d for d in self.duties if d.failing), key=lambda d: (-d.failing / d.judged, -d.failing, d.rule))

    @property
    def open_duties(self) -> list[Duty]:
        """Duties that could not be judged somewhere, those open in most studios first."""
        return sorted((d for d in self.duties if d.open), key=lambda d: (-d.open, d.rule, d.severity))


@dataclass
class Counting:
    """Takes studios one by one and gives their summary."""

    studios: int = 0
    failing: int = 0
    unjudged: int = 0
    with_lines: int = 0
    lines: int = 0
    cells: int = 0
    broke: int = 0
    visits: int = 0
    counted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SEVERITIES, 0))
    open: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SEVERITIES, 0))
    _rules: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _duties: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _months: dict[str, list[int]] = field(default_factory=dict)
    _worst: list[OfStudio] = field(default_factory=list)

    def know(self, rules: Mapping[str, Mapping[str, Any]]) -> None:
        """Learns what rules are: id → title, severity, citation, kind."""
        self._rules.update(rules)

    def add(self, studio: Mapping[str, Any]) -> None:
        """Counts a studio, an entry of a part."""
        self.studios += 1
        self.lines += studio["lines_left_out"]
        self.with_lines += bool(studio["lines_left_out"])
        self.cells += studio["cells_unreadable"]
        breached: dict[str, int] = dict.fromkeys(SEVERITIES, 0)
        uncovered, open_, months = set[str](), set[str](), set[str]()
        judged = waiting = failed = 0
        for result in studio["results"]:
            if self._rules[result["rule"]]["kind"] == "attest":
                self.visits += result["status"] == "not-checked"
                continue
            self._count(result)
            severity, status = result["severity"], result["status"]
            judged += status in ("pass", "fail")
            self.broke += status == "error"
            if status in _OPEN or result["unknown"]:
                waiting += 1
                open_.add(severity)
            if result["failed"]:
                breached[severity] += 1
                if severity in DUTIES:
                    failed += result["failed"]
                    months.update(result["months"])
                if result["failed"] > result["waived"]:
                    uncovered.add(severity)
        self.unjudged += not judged
        for severity in SEVERITIES:
            self.counted[severity] += severity in uncovered
            self.open[severity] += severity in open_
        for month in months:
            self._months.setdefault(month, [0, 0])[1] += 1
        if any(breached[severity] for severity in DUTIES):
            self.failing += 1
            name = studio["name"]
            self._worst.append(
                OfStudio(studio["studio_id"], name, studio["jurisdiction"], breached, judged, waiting, failed)
            )
            if len(self._worst) > 20 * WORST:
                self._worst = _first(self._worst)

    def _count(self, result: Mapping[str, Any]) -> None:
        key = result["rule"], result["severity"]
        if key not in self._duties:
            self._duties[key] = dict.fromkeys(_COUNTS, 0) | {"reasons": {}, "months": {}}
        duty, status = self._duties[key], result["status"]
        duty["studios"] += 1
        duty["judged"] += status in ("pass", "fail")
        duty["failing"] += status == "fail"
        duty["covered"] += status == "fail" and result["failed"] == result["waived"]
        duty["broke"] += status == "error"
        duty["away"] += status == "not-applicable"
        for name in ("examined", "failed", "unknown"):
            duty[name] += result[name]
        if status in _OPEN or result["unknown"]:
            duty["open"] += 1
            for why in [*result.get("reasons", ()), *([result["cause"]] if result.get("cause") else [])]:
                duty["reasons"][why] = duty["reasons"].get(why, 0) + 1
        for month, n in result.get("months", {}).items():
            duty["months"][month] = duty["months"].get(month, 0) + n
            if result["severity"] in DUTIES:
                self._months.setdefault(month, [0, 0])[0] += n

    def done(
        self,
        version: str,
        asked: Mapping[str, Any],
        rulesets: Mapping[str, str],
        buckets: int,
        rows: int,
        not_audited: Sequence[NotAudited],
    ) -> Summary:
        """The summary of all studios that were counted."""
        duties = tuple(
            Duty(rule, self._rules[rule]["title"], severity, self._rules[rule]["citation"], **_sorted(counts))
            for (rule, severity), counts in sorted(self._duties.items())
        )
        months = tuple(Month(month, n, studios) for month, (n, studios) in sorted(self._months.items()))
        return Summary(
            version, dict(asked), dict(rulesets), buckets, rows, self.studios, self.failing, self.unjudged,
            self.with_lines, self.lines, self.cells, self.broke, self.visits, self.counted, self.open, duties, months,
            tuple(_first(self._worst)), tuple(not_audited),
        )  # fmt: skip


_COUNTS = ("studios", "judged", "failing", "covered", "open", "broke", "away", "examined", "failed", "unknown")


def _sorted(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dict(sorted(n.items())) if isinstance(n, dict) else n for name, n in counts.items()}


def _first(studios: Iterable[OfStudio]) -> list[OfStudio]:
    def key(studio: OfStudio) -> tuple[object, ...]:
        return (*(-studio.breached[severity] for severity in SEVERITIES), studio.studio_id)

    return sorted(studios, key=key)[:WORST]
