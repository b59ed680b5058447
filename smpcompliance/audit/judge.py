"""The pure heart: rules and logs side by side give the status of every rule in every studio, and its findings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import Literal

import numpy as np
import pyarrow as pa

from smpcompliance.audit.evidence import Entries
from smpcompliance.audit.finding import Cause, RuleResult, Status
from smpcompliance.checks.base import Scope, Verdict, nothing_found
from smpcompliance.checks.check import Check
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import judge_constraint
from smpcompliance.checks.profile import Profiles
from smpcompliance.dates import Codes, Ints, Mask, Period
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import Rule, Version

_WANTING = {Reason.no_log.name, Reason.no_column.name}


@dataclass(frozen=True)
class Task:
    """A rule and the studios whose law it belongs to."""

    rule: Rule
    studios: Mask


_Results = list[tuple[int, RuleResult]]
"""Studio code and result, in the order of the studios."""

_MANY = 100_000  # records, from which on what two threads save is more than what they cost


def judge_all(
    tasks: Sequence[Task], logs: Logs, period: Period, as_of: date, progress: Callable[[str], None] = lambda _: None
) -> list[RuleResult]:
    """Judges every rule in every studio whose law it belongs to.

    Args:
        tasks: the rules; `progress` is called with the id of each before it is judged.
        logs: everything that was handed in.
        period: the days whose records are judged.
        as_of: the audit day.

    Returns:
        One result per rule and studio, ordered by studio and rule. A check that breaks gives results of status error.
    """
    ordered, found = sorted(tasks, key=_reads), list[tuple[str, _Results]]()
    judged = _in_turn(ordered, logs, lambda task: _judge(task, logs, period, as_of))
    for task in ordered:
        progress(task.rule.id)
        found.append((task.rule.id, next(judged)))
    by_rule = (entry for _, results in sorted(found, key=itemgetter(0)) for entry in results)
    return [result for _, result in sorted(by_rule, key=itemgetter(0))]


def _in_turn(tasks: Sequence[Task], logs: Logs, judge: Callable[[Task], _Results]) -> Iterator[_Results]:
    """What each task gives, in their order; of many records two rules are judged at once, where Arrow may do so too.

    Rules know nothing of each other, what they share is made once (`Memo`), and numpy holds no lock while it reckons.
    """
    if pa.cpu_count() == 1 or max(map(len, logs.tables.values()), default=0) < _MANY:
        yield from map(judge, tasks)
        return
    from concurrent.futures import ThreadPoolExecutor  # 10 ms

    pool = ThreadPoolExecutor(2)
    try:
        yield from pool.map(judge, tasks)
    finally:
        pool.shutdown(cancel_futures=True)


def _reads(task: Task) -> str:
    """The log of a rule: those of one log are judged one after another, as long as what they share is remembered."""
    checks = (version.check for version in task.rule.versions)
    return next((log for check in checks if check for log in check.logs_needed()), "")


def _judge(task: Task, logs: Logs, period: Period, as_of: date) -> _Results:
    rule = task.rule
    reach, open_profile = reached(rule, logs, task.studios)
    out = []
    for reading in [None, *rule.readings]:
        chosen = _who_reads(rule, reading, logs)
        studios = task.studios & chosen
        if studios.any():
            out += _judge_reading(rule, reading, logs, period, as_of, studios, reach, open_profile)
    return out


def _who_reads(rule: Rule, reading: str | None, logs: Logs) -> Mask:
    """The studios that chose a reading of a rule; None: those that chose none of its readings."""
    if not rule.readings:
        return np.ones(len(logs.studios), bool)
    choices = (studio.readings.get(rule.id) for studio in logs.studios)
    return np.array([(choice if choice in rule.readings else None) == reading for choice in choices])


def reached(rule: Rule, logs: Logs, studios: Mask) -> tuple[Mask, Codes]:
    """Which studios a rule reaches, and for which that is open because the profile is silent (a Reason, else 0).

    What a studio does (procedures) and works with (instruments) is taken to be everything where the profile is silent:
    not to do a thing must be said.
    """
    here = Profiles(logs)
    bad, why = ~studios, np.zeros(len(studios), np.uint8)
    for path, constraint, _ in rule.applies_to.columns():
        found = judge_constraint(path, constraint, here, here)
        silent = found.unknown & (path in ("studio.procedures", "studio.instruments"))
        bad = bad | found.bad
        why = np.where(silent | (why > 0), why, found.why).astype(np.uint8)
    return ~bad, np.where(bad, 0, why).astype(np.uint8)


def _judge_reading(
    rule: Rule, reading: str | None, logs: Logs, period: Period, as_of: date, studios: Mask, reach: Mask, open_: Codes
) -> _Results:
    reached = studios & reach
    blank = RuleResult("", rule, rule.severity, "not-applicable")
    codes = np.flatnonzero(studios)
    if rule.kind == "attest":
        asked = _in_force(rule, period, as_of)
        return [(int(n), _asked(blank, logs, int(n), bool(reached[n]), asked)) for n in codes]
    try:
        parts = _verdicts(rule, reading, Scope(logs, period, rule.in_force, as_of, reached)) if reached.any() else []
    except Exception as error:  # a broken check must be shown, whatever broke in it
        about = (f"{type(error).__name__}: {error}",)
        return [(int(n), _result(blank, logs, int(n), "error", "broke", about)) for n in codes]
    default = _default_fails(rule, reading, logs, period, as_of, reached, parts)
    today = _stands(rule, period, as_of)
    found = _Parts(rule, logs, tuple(parts), len(studios))
    asks = _asks(rule.applies_to)
    each = zip(*(column.tolist() for column in (codes, reached[codes], open_[codes], default[codes])), strict=True)
    return [
        (
            n,
            found.of_studio(n, why, fails, today)
            if meant
            else _result(blank, logs, n, "not-applicable", "out_of_reach", asks),
        )
        for n, meant, why, fails in each
    ]


def _in_force(rule: Rule, period: Period, as_of: date) -> bool:
    days = period if period.last < as_of else Period(min(period.first, as_of), as_of)
    return rule.in_force.meet(days) is not None


def _stands(rule: Rule, period: Period, as_of: date) -> bool:
    """Whether a version of the rule is law on some day of the period or on the audit day."""
    days = Period(min(period.first, as_of), max(period.last, as_of))
    return any(version.valid.meet(days) is not None for version in rule.versions)


def _asked(blank: RuleResult, logs: Logs, studio: int, reached: bool, asked: bool) -> RuleResult:
    if not reached:
        return _result(blank, logs, studio, "not-applicable", "out_of_reach", _asks(blank.rule.applies_to))
    if not asked:
        return _result(blank, logs, studio, "not-applicable", "not_in_force")
    return _result(blank, logs, studio, "not-checked", "for_the_visit")


def _result(
    blank: RuleResult, logs: Logs, studio: int, status: Status, cause: Cause, about: tuple[str, ...] = ()
) -> RuleResult:
    return RuleResult(logs.studios[studio].studio_id, blank.rule, blank.severity, status, cause=cause, about=about)


@dataclass(frozen=True)
class _Part:
    version: Version
    verdict: Verdict


@dataclass(frozen=True)
class _Parts:
    """What the versions of a rule found, told studio by studio."""

    rule: Rule
    logs: Logs
    parts: tuple[_Part, ...]
    studios: int

    def of_studio(self, studio: int, open_: int, default: bool, in_force: bool) -> RuleResult:
        """The result in a studio that the rule reaches; `open_` is why its profile leaves that open (a Reason)."""
        rule = self.rule
        examined, failed, unknown, later = self._counts[studio]
        reasons = self._reasons.get(studio, _NO_REASONS)
        if open_:
            if failed:
                name = Reason(open_).name
                reasons = dict(sorted({**reasons, name: reasons.get(name, 0) + failed}.items()))
            unknown, failed = unknown + failed, 0
        status, cause = _status(examined, failed, reasons, bool(self.parts) and in_force)
        silent = bool(open_) and status in ("unknown", "not-checked")
        return RuleResult(
            self.logs.studios[studio].studio_id,
            rule,
            rule.severity if default else "advice",
            status,
            examined,
            failed,
            unknown,
            0,
            reasons,
            "profile_silent" if silent else cause,
            _asks(rule.applies_to) if silent else (),
            self._failures.of_studio(studio, failed),
            (self._doubtful if open_ else self._unknowns).of_studio(studio, unknown, open_),
            self._later.of_studio(studio, later),
        )

    @cached_property
    def _failures(self) -> Entries:
        return self._entries("failures")

    @cached_property
    def _unknowns(self) -> Entries:
        return self._entries("unknowns")

    @cached_property
    def _doubtful(self) -> Entries:
        """What could not be judged, and the failures, where the profile leaves open whether the rule reaches."""
        return self._entries("unknowns", "failures")

    @cached_property
    def _later(self) -> Entries:
        return self._entries("not_due")

    def _entries(self, *kinds: Literal["failures", "unknowns", "not_due"]) -> Entries:
        every = ((getattr(part.verdict, kind), part.version.values) for kind in kinds for part in self.parts)
        return Entries(self.rule, self.logs, tuple((found, values) for found, values in every if found is not None))

    @cached_property
    def _counts(self) -> list[tuple[int, int, int, int]]:
        """Things examined, failed, unknown, and not due, per studio."""
        none = np.zeros(self.studios, np.int64)
        verdicts = [part.verdict for part in self.parts]
        later = (np.bincount(v.not_due.studio, minlength=self.studios) for v in verdicts if v.not_due is not None)
        columns = (
            sum((v.examined for v in verdicts), none),
            sum((v.failed for v in verdicts), none),
            sum((v.unknown for v in verdicts), none),
            sum(later, none),
        )
        return list(zip(*(column.tolist() for column in columns), strict=True))

    @cached_property
    def _reasons(self) -> dict[int, dict[str, int]]:
        """Studio → Reason name, in order → how many could not be judged for it."""
        out: dict[int, dict[str, int]] = {}
        for part in self.parts:
            for studio, reason in part.verdict.reasons:
                own = out.setdefault(studio, {})
                name = _NAMES[reason]
                own[name] = own.get(name, 0) + 1
            for name, counts in _by_reason(part.verdict):
                for studio, count in enumerate(counts.tolist()):
                    if count:
                        own = out.setdefault(studio, {})
                        own[name] = own.get(name, 0) + count
        return {studio: dict(sorted(own.items())) if len(own) > 1 else own for studio, own in out.items()}


def _by_reason(verdict: Verdict) -> Iterator[tuple[str, Ints]]:
    """How many things per studio could not be judged for each reason."""
    why, studio = verdict.unknowns.why, verdict.unknowns.studio
    if why is None or not len(why):
        return
    if why.min() == why.max():
        yield Reason(int(why[0])).name, verdict.unknown
        return
    for reason in np.flatnonzero(np.bincount(why)).tolist():
        yield Reason(reason).name, np.bincount(studio[why == reason], minlength=len(verdict.examined))


_NAMES = {reason: reason.name for reason in Reason}
_NO_REASONS: dict[str, int] = {}


def _verdicts(rule: Rule, reading: str | None, scope: Scope) -> list[_Part]:
    parts = []
    for version in rule.versions:
        here = Scope(scope.logs, scope.period, version.valid, scope.as_of, scope.studios, rule.in_force)
        if version.check is None:
            parts.append(_Part(version, _not_researched(here)))
            continue
        check: Check = version.readings[reading] if reading else version.check
        parts.append(_Part(version, check.evaluate(here)))
    return parts


def _not_researched(scope: Scope) -> Verdict:
    none = nothing_found("sessions")
    studios = np.flatnonzero(scope.studios) if scope.days else ()
    reasons = tuple((int(n), Reason.parameter_unknown) for n in studios)
    return Verdict(np.zeros(len(scope.studios), np.int64), none, none, None, reasons)


def _default_fails(
    rule: Rule, reading: str | None, logs: Logs, period: Period, as_of: date, studios: Mask, parts: list[_Part]
) -> Mask:
    """Studios that breach the rule as it is read by default; a chosen reading alone is never more than advice."""
    if reading is None or not any(len(part.verdict.failures) for part in parts):
        return np.ones(len(studios), bool)
    plain = _verdicts(rule, None, Scope(logs, period, rule.in_force, as_of, studios))
    return sum((part.verdict.failed for part in plain), np.zeros(len(studios), np.int64)) > 0


def _asks(applies_to: Conditions) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path.removeprefix("studio.") for path, _, _ in applies_to.columns()))


def _status(examined: int, failed: int, reasons: dict[str, int], in_force: bool) -> tuple[Status, Cause | None]:
    if failed:
        return "fail", None
    if not in_force and not examined and reasons.keys() <= _WANTING:
        return "not-applicable", "not_in_force"
    if reasons:
        return ("not-checked" if reasons.keys() <= _WANTING else "unknown"), None
    if examined:
        return "pass", None
    return "not-applicable", "nothing_to_examine" if in_force else "not_in_force"
