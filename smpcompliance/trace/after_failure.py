"""What a check says of a failed spore test beside its verdict: whether it is about it, what still waits, until when."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.attest import Attest
from smpcompliance.checks.base import Scope, selected
from smpcompliance.checks.check import Check, Selection
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.find import seek
from smpcompliance.checks.follow_up import FollowUp
from smpcompliance.checks.follow_up.cure import cured, deadline
from smpcompliance.checks.follow_up.occasions import occasions
from smpcompliance.checks.follow_up.parts import columns
from smpcompliance.checks.judging import Rows, judge, same
from smpcompliance.checks.reference import Reference
from smpcompliance.checks.sought import Find
from smpcompliance.checks.upcoming import NO_DAY
from smpcompliance.dates import DATE, DAY, Ints, Mask, floor, start_of
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs

TESTS = "spore_tests"


@dataclass(frozen=True)
class Case:
    """What a rule says of one failed test, beside the verdict.

    Attributes:
        waits: nothing has come yet that ends what is asked; `why` a Reason where that cannot be told.
        due: last day in time as a number, `NO_DAY` without one.
        against: rows of another log whose use of the test breaches the rule, and of those that may; None where the
            test's own row is judged.
    """

    test: int
    column: str
    waits: bool
    due: int
    words: str
    why: int = 0
    against: tuple[frozenset[int], frozenset[int]] | None = None


def about(check: Check | None, logs: Logs, tests: Ints) -> Mask:
    """Which tests a check is about: it meets them as they are, or may, and would not, had they passed."""
    where = _conditions(check)
    if where is None:
        return np.full(len(tests), check is None)
    result = logs.cells(TESTS, "result")
    passed = Coded(np.zeros(len(result.why), np.uint8), np.zeros(len(result.why), np.int32), ("pass",))
    now, else_ = (judge(where, Rows(each, TESTS, tests)) for each in (logs, logs.supposing(TESTS, "result", passed)))
    return np.asarray(~now.bad & else_.bad)


def _conditions(check: Check | None) -> Conditions | None:
    """What a check asks of a spore test that it looks at; None where it looks at none by itself."""
    if isinstance(check, FollowUp) and check.after.log == TESTS:
        return check.after.where
    if isinstance(check, Selection) and check.log == TESTS:
        return check.where
    if isinstance(check, Reference) and check.find.none and check.find.log == TESTS:
        return _alone(check.find.where)
    if isinstance(check, Attest) and check.show and check.show.log == TESTS:
        return check.show.where
    return None


def _alone(where: Conditions) -> Conditions:
    """What conditions ask of a record by itself, without what compares it with another one."""
    return Conditions(
        {path: part for path, part in where.root.items() if isinstance(part, Constraint) and not any(part.compared())}
    )


def cases(check: Check, scope: Scope, tests: Ints) -> Iterator[Case]:
    """The tests that fall under a version of the law, with what still waits after each."""
    if isinstance(check, FollowUp):
        return _events(check, scope, tests)
    if isinstance(check, Reference) and check.log != TESTS:
        return _forbidding(check, scope, tests)
    assert isinstance(check, Selection)
    return _records(check, scope, tests)


def _events(check: FollowUp, scope: Scope, tests: Ints) -> Iterator[Case]:
    """Tests as events: until when what follows is due, and whether it has come."""
    found = occasions(scope, check.after, list(columns(check.same)))
    found = found.take(found.judged)
    here = Rows(scope.logs, TESTS, found.rows)
    due, cure = deadline(here, found, check.within, scope.as_of), cured(check, here, found)
    over = start_of(scope.as_of) + DAY
    came = (cure.sure >= 0) & (cure.time(cure.sure).low < over)
    may = ~came & (cure.possible != -1) & ((cure.possible < 0) | (cure.time(cure.possible).low < over))
    unsure = np.where(may, np.where(cure.why > 0, cure.why, Reason.precision), 0)
    known = scope.logs.cells(TESTS, check.after.moment())
    shown = cure.shown(np.arange(len(here)))
    excused, none = _excused(check.unless, here)
    for n in np.flatnonzero(np.isin(found.rows, tests) & ~none).tolist():
        words = f"known {known.text(int(found.rows[n])) or 'on a day that is not written'}"
        words += f", due {due.shown(np.array([n])).text(0)}" if due else ""
        waits = not came[n] and not excused[n] and (check.then is not None or check.never is not None)
        words += f", then {shown.text(n)}" if check.then and came[n] else ", nothing since" if check.then else ""
        last = int(due.last[n]) // DAY if due and found.time.level[n] <= DATE else NO_DAY
        why = int(unsure[n]) if check.then and not excused[n] else 0
        yield Case(int(found.rows[n]), check.after.moment(), waits, last, words, why)


def _records(check: Selection, scope: Scope, tests: Ints) -> Iterator[Case]:
    """Tests as records that are judged: when what is lacking is due, where the check knows."""
    rows, _ = selected(check, scope)
    _, none = _excused(getattr(check, "unless", None), Rows(scope.logs, TESTS, rows))
    upcoming = check.upcoming(scope) if check.looks_ahead() else ()
    days = {int(row): int(day) for each in upcoming if each.log == TESTS
            for row, day in zip(each.rows, each.due, strict=True)}  # fmt: skip
    for row in rows[~none & np.isin(rows, tests)].tolist():
        yield Case(row, check.moment() or "", False, days.get(row, NO_DAY), "")


def _excused(unless: Find | None, here: Rows) -> tuple[Mask, Mask]:
    """Which rows a rule lets rest, and which of them are none of its own at all.

    What something on record answers (a notice sent, a machine given up) is done. Where a row is meant only together
    with another record (`none`: a repeat that has not come), it is not asked.
    """
    if unless is None:
        return np.zeros(len(here), bool), np.zeros(len(here), bool)
    met = seek(unless, here).answer.met
    return met, met & unless.none


def _forbidding(check: Reference, scope: Scope, tests: Ints) -> Iterator[Case]:
    """Tests that forbid records of another log: which of these there are, and whether the ban was lifted."""
    rows, _ = selected(check, scope)
    match = seek(check.find, Rows(scope.logs, check.log, rows))
    when = scope.logs.cells(TESTS, "tested_at")
    assert isinstance(when, Moments)
    fits = match.fits
    for test in tests.tolist():
        if when.why[test] or not scope.valid.holds(floor(when.at[test : test + 1], DATE))[0]:
            continue
        pair = match.candidates.right == test
        sure, may = (frozenset(rows[match.candidates.left[pair & mask]].tolist()) for mask in (fits.met, fits.unknown))
        lifted = check.unless is not None and _lifted(check.find, check.unless, scope, when, test)
        column = next(iter(check.find.match.values()), "")
        yield Case(test, column, not lifted, NO_DAY, f"known {when.text(test)}", 0, (sure, may))


def _lifted(ban: Find, unless: Find, scope: Scope, when: Moments, test: int) -> bool:
    """Whether a record that lifts the ban surely stands behind a test: of the same subject, of a later moment."""
    log, moment = unless.log, schema(unless.log).when
    if moment is None:
        return False
    other = Rows(scope.logs, log)
    fits = judge(_alone(unless.where), other).met
    fits &= scope.logs.log(log).studio == scope.logs.log(TESTS).studio[test]
    later = scope.logs.cells(log, moment)
    assert isinstance(later, Moments)
    own = np.full(len(other), test)
    for outer, theirs in unless.match.items():
        if outer in ban.match:
            first, second = scope.logs.cells(TESTS, ban.match[outer]).take(own), other.cells(theirs)
            fits &= same(first, second) & (first.why == 0) & (second.why == 0)
    level = np.maximum(later.precision, when.precision[test])
    after = floor(later.at, level) > floor(np.full(len(other), when.at[test]), level)
    return bool((fits & after & (later.why == 0)).any())
