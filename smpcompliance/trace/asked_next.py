"""What the law of the place asks after a failed spore test: its own rules, its own reckoning, no figures of ours.

A rule is about a failed test where it looks at a failed row of `spore_tests` and would not, had that test passed: as
an event (`after`), as a record to be judged (`where`), as a record to be shown on the visit, or as what forbids another
record (`find` with `none`). What it says of the row is what an audit of all days says; its day is the one by which a
list of due days reckons.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from typing import Literal, get_args

import numpy as np

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Evidence, Finding, Findings, RuleResult
from smpcompliance.audit.judge import Task, judge_all, reached
from smpcompliance.audit.run import tasks
from smpcompliance.checks.attest import Attest
from smpcompliance.checks.base import Scope
from smpcompliance.checks.check import Check
from smpcompliance.checks.upcoming import NO_DAY
from smpcompliance.dates import ALWAYS, DATE, EPOCH, Ints, Mask, floor
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.table import Logs
from smpcompliance.rules.rule import SEVERITIES, Rule, Severity, Version
from smpcompliance.rules.ruleset import Ruleset
from smpcompliance.trace.after_failure import TESTS, Case, about, cases
from smpcompliance.trace.up_to import up_to

State = Literal["breached", "done", "open", "unknown", "visit"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True)
class Asked:
    """What the law of the place asks after a failed test, rule by rule.

    Attributes:
        state: `breached`, `done`, `open` (its time has not run out, or nothing has come yet that ends it), `unknown`
            (it cannot be told), or `visit` (only a visit can decide).
        due_on: last day in time; None where the rule has none.
        words: the finding's message, or what it was reckoned from.
        evidence: the failed test.
        reason: why it cannot be told: the name of a Reason, `profile_silent`, or `broke` where the check broke.
    """

    rule: Rule
    severity: Severity
    state: State
    due_on: date | None
    words: str
    evidence: Evidence
    reason: str = ""


def asked_next(rulesets: Mapping[str, Ruleset], logs: Logs, tests: Ints, as_of: date) -> tuple[Asked, ...]:
    """What the law asks after failed spore tests, in the order of the tests, then of severity and rule.

    Args:
        rulesets: all that the studios' law needs, parents included.
        tests: rows of `spore_tests`, of any studios.
        as_of: the day of the trace; records of later days are not looked at.
    """
    seen, rows = up_to(logs, as_of)
    place = np.full(len(logs.log(TESTS)), -1)
    place[rows] = np.arange(len(rows))
    failed = np.unique(place[tests][place[tests] >= 0])
    if not len(failed):
        return ()
    owners = np.zeros(len(logs.studios), bool)
    owners[seen.log(TESTS).studio[failed]] = True
    found = chain.from_iterable(
        _of_rule(task.rule, task.studios & owners, seen, failed, as_of) for task in tasks(logs.studios, rulesets)
    )
    back = [replace(each, evidence=each.evidence._replace(row=int(rows[each.evidence.row]))) for each in found]
    rank = {int(row): n for n, row in enumerate(tests)}
    return tuple(sorted(back, key=lambda a: (rank[a.evidence.row], SEVERITIES.index(a.severity), a.rule.id)))


def _of_rule(rule: Rule, studios: Mask, logs: Logs, tests: Ints, as_of: date) -> Iterator[Asked]:
    """What one rule says of each test that it is about."""
    reach, silent = reached(rule, logs, studios)
    table = logs.log(TESTS)
    mine = tests[reach[table.studio[tests]]]
    if not len(mine) or not any(about(check, logs, mine).any() for check in _checks(rule)):
        return
    results: dict[str, RuleResult] = {}
    for version in rule.versions:
        for reading in (None, *rule.readings):
            chosen = np.array([_reading(rule, studio.readings.get(rule.id)) == reading for studio in logs.studios])
            here = mine[chosen[table.studio[mine]]]
            check = version.readings.get(reading, version.check) if reading else version.check
            if not len(here):
                continue
            if check is None:
                yield from _not_researched(rule, version, logs, here)
                continue
            meant = here[about(check, logs, here)]
            if not len(meant):
                continue
            if isinstance(check, Attest):
                yield from (_visit(rule, logs, int(row)) for row in meant if _holds(version, as_of))
                continue
            scope = Scope(logs, ALWAYS, version.valid, as_of, studios & reach, rule.in_force)
            try:
                found = list(cases(check, scope, meant))
            except Exception as error:  # a broken check must be shown, whatever broke in it
                text = f"{type(error).__name__}: {error}"
                yield from (_asked(rule, rule.severity, logs, int(row), "", "unknown", text, "broke") for row in meant)
                continue
            if found and not results:
                every = judge_all([Task(rule, studios)], logs, ALWAYS, as_of)
                results = {result.studio_id: result for result in every}
            for case in found:
                code = int(table.studio[case.test])
                yield _judged(rule, logs, case, results[logs.studios[code].studio_id], bool(silent[code]))


def _reading(rule: Rule, chosen: str | None) -> str | None:
    return chosen if chosen in rule.readings else None


def _checks(rule: Rule) -> Iterator[Check | None]:
    for version in rule.versions:
        yield version.check
        yield from version.readings.values()


def _holds(version: Version, day: date) -> bool:
    return version.valid.first <= day <= version.valid.last


def _judged(rule: Rule, logs: Logs, case: Case, result: RuleResult, silent: bool) -> Asked:
    """The state of a case from the verdict of the audit."""
    day = EPOCH + timedelta(days=case.due) if case.due < NO_DAY else None

    def asked(state: State, words: str, reason: str = "") -> Asked:
        return _asked(rule, result.severity, logs, case.test, case.column, state, words, reason, day)

    if result.status == "error":
        return asked("unknown", " ".join(result.about), "broke")
    failed, undecided = _finding(result.findings, case, 0), _finding(result.undecided, case, 1)
    coming = _finding(result.coming, case, 0)
    if silent and (failed or undecided or coming or case.waits):
        fields = dict.fromkeys(path.removeprefix("studio.") for path, _, _ in rule.applies_to.columns())
        return asked("unknown", f"studio.yaml does not say {', '.join(fields)}", "profile_silent")
    if failed:
        return asked("breached", failed.message)
    if undecided:
        return asked("unknown", undecided.words or case.words, undecided.reason or "")
    if coming:
        return asked("open", coming.words or case.words)
    if beside := _reason_beside(result):
        return asked("unknown", case.words, beside)
    if case.why:
        return asked("unknown", case.words, Reason(case.why).name)
    return asked("open" if case.waits else "done", case.words)


def _finding(found: Findings, case: Case, which: Literal[0, 1]) -> Finding | None:
    """The first finding that is about the test."""
    if case.against is None:
        return next((each for each in found if each.where.row == case.test), None)
    rows = case.against[0] | case.against[which]
    return next((each for each in found if each.where.row in rows), None) if rows else None


def _reason_beside(result: RuleResult) -> str:
    """A reason that forbids a pass and belongs to no record: a log that was not handed in.

    Figures that are not known forbid only that of their own days (`_not_researched`).
    """
    of_records = Counter(each.reason for each in result.undecided)
    left = [name for name, n in result.reasons.items() if n > of_records[name]]
    return next((name for name in left if name != Reason.parameter_unknown.name), "")


def _not_researched(rule: Rule, version: Version, logs: Logs, tests: Ints) -> Iterator[Asked]:
    """Of days for which the rule's figures are not known nothing can be told."""
    raw = rule.document.data["check"]
    event = raw.get("after") or raw
    results = ((event.get("where") or {}).get("result") or {}).get("enum") or []
    when = logs.cells(TESTS, "tested_at")
    assert isinstance(when, Moments)
    if event.get("log") != TESTS or "pass" in results or "fail" not in results:
        return
    for row in tests[(when.why[tests] == 0) & version.valid.holds(floor(when.at[tests], DATE))].tolist():
        yield _asked(rule, rule.severity, logs, row, "tested_at", "unknown", "", Reason.parameter_unknown.name)


def _visit(rule: Rule, logs: Logs, row: int) -> Asked:
    return _asked(rule, rule.severity, logs, row, "result", "visit", rule.message)


def _asked(
    rule: Rule, severity: Severity, logs: Logs, row: int, column: str, state: State, words: str, reason: str = "",
    due_on: date | None = None,
) -> Asked:  # fmt: skip
    evidence = evidence_at(logs.log(TESTS), row, column or None)
    return Asked(rule, severity, state, due_on, words, evidence, reason)
