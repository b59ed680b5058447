"""The least temperature and time that rules ask of a load, read from the checks that judged, and what they said."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.checks.base import Scope, selected
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.record import Record
from smpcompliance.dates import Ints
from smpcompliance.rules.rule import Version

LOG = "sterilization_cycles"
_CELSIUS, _MINUTES = "temperature_c", "exposure_minutes"


@dataclass(frozen=True)
class Least:
    """One pair that is enough: at least this hot and this long; None where the rule names no number.

    Attributes:
        methods: ways of sterilising that it is for; None: all.
    """

    celsius: float | None = None
    minutes: float | None = None
    methods: frozenset[str] | None = None

    def both(self, other: "Least") -> "Least":
        """What meets this pair and another."""
        methods = [m for m in (self.methods, other.methods) if m is not None]
        return Least(
            _larger(self.celsius, other.celsius),
            _larger(self.minutes, other.minutes),
            frozenset.intersection(*methods) if methods else None,
        )


@dataclass(frozen=True)
class Judged:
    """A rule with numbers for the hold, as it judged the loads of one studio in the period.

    Attributes:
        pairs: any one of them is enough.
        meant, below: rows that it judged, and those of them that its numbers call too cold or too short.
        unsure: rows that it could not judge.
    """

    result: RuleResult
    pairs: tuple[Least, ...]
    meant: Ints
    below: Ints
    unsure: Ints


def minima(audit: Audit, code: int) -> list[Judged]:
    """The rules with a least temperature or time that judged loads of a studio, one entry per version of the law."""
    studio = audit.logs.studios[code]
    return [
        judged
        for result in audit.of(studio.studio_id)
        if result.status in ("pass", "fail", "unknown") and result.rule.kind == "record"
        for version in result.rule.versions
        if (judged := _judged(audit, code, result, version, studio.readings.get(result.rule.id)))
    ]


def _judged(audit: Audit, code: int, result: RuleResult, version: Version, reading: str | None) -> Judged | None:
    check = version.readings.get(reading or "", version.check)
    if not isinstance(check, Record) or check.log != LOG or not version.valid.meet(audit.period):
        return None
    of_where = [replace(pair, celsius=None, minutes=None) for pair in _pairs(check.where)]
    methods = [pair.methods for pair in of_where]
    meant_for = Least(methods=frozenset().union(*(m or () for m in methods)) if all(methods) else None)
    pairs = tuple(
        pair.both(meant_for) for pair in _pairs(check.require) if pair.celsius is not None or pair.minutes is not None
    )
    if not pairs:
        return None
    studios = np.arange(len(audit.logs.studios)) == code
    scope = Scope(audit.logs, audit.period, version.valid, audit.as_of, studios, result.rule.in_force)
    verdict, (rows, belongs) = check.evaluate(scope), selected(check, scope)
    failed = verdict.failures.rows
    numbers = Conditions({name: part for name, part in check.require.root.items() if _speaks_of_hold(name, part)})
    short = failed[judge(numbers, Rows(audit.logs, LOG, failed)).bad]
    unsure = verdict.unknowns.rows
    if not result.failed:  # the profile leaves open whether the rule holds here
        short, unsure = short[:0], np.concatenate([unsure, short])
    return Judged(result, tuple(dict.fromkeys(pairs)), rows[belongs.met], short, unsure)


def _speaks_of_hold(name: str, part: object) -> bool:
    if isinstance(part, list):
        return any(path in (_CELSIUS, _MINUTES) for each in part for path, _, _ in each.columns())
    return name in (_CELSIUS, _MINUTES)


def _pairs(conditions: Conditions) -> Iterator[Least]:
    """The ways in which conditions can be met, as far as they speak of temperature, time and method."""
    found = [Least()]
    for name, part in conditions.root.items():
        each = [pair for way in part for pair in _pairs(way)] if isinstance(part, list) else [_least(name, part)]
        found = [before.both(pair) for before in found for pair in each]
    yield from found


def _least(name: str, part: Constraint) -> Least:
    bounds = [b for b in (part.minimum, part.exclusive_minimum) if isinstance(b, float | int)]
    match name:
        case "temperature_c":
            return Least(celsius=max(bounds, default=None))
        case "exposure_minutes":
            return Least(minutes=max(bounds, default=None))
        case "method" if part.enum:
            return Least(methods=frozenset(part.enum))
        case _:
            return Least()


def _larger(first: float | None, second: float | None) -> float | None:
    known = [value for value in (first, second) if value is not None]
    return max(known, default=None)
