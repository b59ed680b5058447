"""When loads are not known to be sterile: from the last good spore test of a machine to the one after its failure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from smpcompliance.dates import DATE, DAY, FIRST_DAY, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.table import Logs

_TESTS = "spore_tests"
_FAR = np.iinfo(np.int64).max
_BEGINNING = start_of(FIRST_DAY)


@dataclass(frozen=True)
class Window:
    """A stretch of time in which what a machine ran is not known to be sterile.

    Moments are local seconds since 1970-01-01 (`Moments.at`); both ends of a pair are included.

    Attributes:
        studio: code of the studio.
        machine: the `equipment_id` as the logs write it.
        failed: rows of the failed spore tests of this stretch, in the order of time; empty for one given by hand.
        opened_by: row of the last surely passing test before them; -1 where none is known: the window is «at least».
        closed_by: row of the first surely passing test after them; -1 where there is none: it is still open.
        unsure: rows of tests in between that count neither way: void, pending, unreadable, without a day, or on the
            same day as a failure and without times that tell them apart.
        surely: a load that begins and ends its day or minute within these moments lies in it.
        perhaps: a load that touches these moments may lie in it.
    """

    studio: int
    machine: str
    failed: Ints
    opened_by: int
    closed_by: int
    unsure: Ints
    surely: tuple[int, int]
    perhaps: tuple[int, int]


def surely_passing(logs: Logs) -> Mask:
    """Which spore tests surely pass, of all studios: a pass of a known machine on a known day.

    The control must not have failed to grow; where it cannot be read, that is open. Void, pending and blank results,
    and tests known to the month only, count neither way.
    """
    tested, machine = _tested(logs), _words(logs, "equipment_id")
    control = _words(logs, "control_result")
    dead = control.where(lambda word: word == "no_growth") | (control.why == Reason.unreadable)
    passed = _words(logs, "result").where(lambda word: word == "pass")
    sure: Mask = passed & ~dead & (machine.why == 0) & (tested.why == 0) & (tested.precision <= DATE)
    return sure


def failing(logs: Logs) -> Mask:
    """Which spore tests fail, of all studios; one whose control did not grow is void and does not."""
    dead = _words(logs, "control_result").where(lambda word: word == "no_growth")
    failed: Mask = _words(logs, "result").where(lambda word: word == "fail") & ~dead
    return failed


def spelled(machine: str) -> str:
    """The form in which machines compare: lower case, without blanks (`Autoclave 1`, `autoclave1`)."""
    return "".join(machine.casefold().split())


def same_machine(cells: Coded, machine: str) -> Mask:
    """Which cells name a machine, in any spelling."""
    wanted = spelled(machine)
    named: Mask = cells.where(lambda name: spelled(name) == wanted)
    return named


def known_machines(logs: Logs, studio: int) -> tuple[str, ...]:
    """The machines that the runs and spore tests of a studio name, or its list of equipment calls a sterilizer.

    Each stands once, as the list of equipment spells it or else as it is written first.
    """
    found: dict[str, str] = {}
    kind = logs.cells("equipment", "equipment_type")
    assert isinstance(kind, Coded)
    sterilizer = kind.where(lambda word: word == "sterilizer") | (kind.why > 0)
    for log in ("equipment", _TESTS, "sterilization_cycles"):
        names = logs.cells(log, "equipment_id")
        assert isinstance(names, Coded)
        meant = (logs.log(log).studio == studio) & (names.why == 0)
        codes, first = np.unique(names.codes[meant & sterilizer if log == "equipment" else meant], return_index=True)
        for code in codes[np.argsort(first)].tolist():
            found.setdefault(spelled(str(names.values[code])), str(names.values[code]))
    return tuple(sorted(found.values()))


def machine_named(logs: Logs, studio: int, text: str) -> str | None:
    """The machine of a studio that a text means, as the logs spell it; None where they know none of this name."""
    wanted = spelled(text)
    return next((name for name in known_machines(logs, studio) if spelled(name) == wanted), None)


def failed_tests(logs: Logs, studio: int, period: Period | None, as_of: date) -> Ints:
    """The failed spore tests of a studio that were looked at, in the order of time; those without a day stand last.

    Args:
        period: the days on which they were placed; None: all. A test whose day is not told may belong to every period.
        as_of: the day of the trace; later tests are not looked at.
    """
    tests = _tests(logs, studio, as_of)
    return tests.rows[tests.failed & _may_lie_in(tests, period)]


def uncountable_failures(logs: Logs, studio: int, period: Period | None, as_of: date) -> Ints:
    """Those of `failed_tests` that open no window: their day or their machine is not told."""
    tests = _tests(logs, studio, as_of)
    return tests.rows[tests.failed & _may_lie_in(tests, period) & ~(tests.by_day & (tests.machine >= 0))]


def failure_windows(logs: Logs, studio: int, period: Period | None, as_of: date) -> tuple[Window, ...]:
    """The windows of a studio's failed spore tests, in the order of the first failure, then of the machine.

    A stretch is told as a whole if one of its failures was placed on a day of the period: its other failures belong
    to it too.

    Args:
        period: the days on which a failed test was placed; None: all.
        as_of: the day of the trace; later tests are not looked at, and what is still open ends with it.
    """
    tests = _tests(logs, studio, as_of)
    counted = tests.failed & tests.by_day & (tests.machine >= 0)
    asked = counted & _may_lie_in(tests, period)
    found: list[tuple[int, str, Window]] = []
    for machine in np.unique(tests.machine[asked]).tolist():
        here = tests.machine == machine
        for group in _stretches(tests, np.flatnonzero(counted & here), np.flatnonzero(tests.passing & here)):
            if asked[group].any():
                window = _window(tests, studio, group, here, as_of)
                found.append((int(tests.low[group[0]]), window.machine, window))
    return tuple(window for *_, window in sorted(found, key=lambda each: each[:2]))


def window_by_hand(logs: Logs, studio: int, machine: str, period: Period | None, as_of: date) -> Window:
    """All loads of a machine on the days of a period, both included, up to the day of the trace; None: of all days."""
    first = start_of(period.first) if period else _BEGINNING
    last = _end_of(min(period.last, as_of) if period else as_of)
    none = np.zeros(0, np.int64)
    return Window(studio, machine_named(logs, studio, machine) or machine, none, -1, -1, none, *((first, last),) * 2)


@dataclass(frozen=True)
class _Tests:
    """A studio's spore tests up to the day of the trace, in the order of time, file and line; undated ones last.

    Attributes:
        machine: a code for each machine; -1 where it is not told.
        spelling: the machine as it is written.
        low, high: first and last second that each may mean; meaningless where not `dated`.
        by_day: which are known to the day.
    """

    rows: Ints
    machine: Ints
    spelling: tuple[str, ...]
    low: Ints
    high: Ints
    dated: Mask
    by_day: Mask
    failed: Mask
    passing: Mask


def _tests(logs: Logs, studio: int, as_of: date) -> _Tests:
    table, tested, names = logs.log(_TESTS), _tested(logs), _words(logs, "equipment_id")
    rows = np.flatnonzero((table.studio == studio) & ((tested.why > 0) | (tested.at <= _end_of(as_of))))
    rows = rows[np.lexsort((table.line[rows], table.file[rows], tested.at[rows], tested.why[rows] > 0))]
    forms: dict[str, int] = {}
    code = np.array([forms.setdefault(spelled(str(name)), len(forms)) for name in names.values] + [-1], np.int64)
    written = tuple(str(names.values[n]) if n >= 0 else "" for n in names.codes[rows].tolist())
    low, precision, dated = tested.at[rows], tested.precision[rows], tested.why[rows] == 0
    return _Tests(
        rows, code[names.codes[rows]], written, low, end(low, precision), dated, dated & (precision <= DATE),
        failing(logs)[rows], surely_passing(logs)[rows],
    )  # fmt: skip


def _may_lie_in(tests: _Tests, period: Period | None) -> Mask:
    if period is None:
        return np.ones(len(tests.rows), bool)
    return ~tests.dated | ((tests.low <= _end_of(period.last)) & (tests.high >= start_of(period.first)))


def _stretches(tests: _Tests, failed: Ints, passing: Ints) -> Iterator[Ints]:
    """The failures of one machine, those together that no passing test surely parts.

    A failure reaches from its first second to the earliest end of a test that surely passes after it; failures whose
    reaches touch are not parted.
    """
    low, high = tests.low[passing], tests.high[passing]
    order = np.argsort(low, kind="stable")
    earliest = np.append(np.minimum.accumulate(high[order][::-1])[::-1], _FAR)
    reach = earliest[np.searchsorted(low[order], tests.high[failed], side="right")]
    parted = tests.low[failed][1:] > np.maximum.accumulate(reach)[:-1]
    yield from np.split(failed, np.flatnonzero(parted) + 1)


def _window(tests: _Tests, studio: int, group: Ints, here: Mask, as_of: date) -> Window:
    """The window of failures that belong together.

    Of passing tests that nothing puts in order (one has a time, the other of the same day has none) that one opens or
    closes it which leaves less certain and more possible.
    """
    first, last = int(tests.low[group[0]]), int(tests.high[group].max())
    passing = tests.passing & here
    before, after = np.flatnonzero(passing & (tests.high < first)), np.flatnonzero(passing & (tests.low > last))
    opened = before[np.lexsort((before, tests.low[before], tests.high[before]))][-1:]
    closed = after[np.lexsort((after, tests.high[after], tests.low[after]))][:1]
    open_low, open_high = _ends(tests, opened, (_BEGINNING, _BEGINNING - 1))
    close_low, close_high = _ends(tests, closed, (_end_of(as_of) + 1, _end_of(as_of)))
    touches = ~tests.dated | ((tests.low <= close_high) & (tests.high >= open_low))
    between = passing & (tests.high >= first) & (tests.low <= last)
    neither = here & touches & ~tests.passing & ~(tests.failed & tests.by_day)
    return Window(
        studio,
        tests.spelling[group[0]],
        tests.rows[group],
        int(tests.rows[opened[0]]) if len(opened) else -1,
        int(tests.rows[closed[0]]) if len(closed) else -1,
        tests.rows[between | neither],
        (open_high + 1, close_low - 1),
        (open_low, close_high),
    )


def _ends(tests: _Tests, test: Ints, otherwise: tuple[int, int]) -> tuple[int, int]:
    return (int(tests.low[test[0]]), int(tests.high[test[0]])) if len(test) else otherwise


def _end_of(day: date) -> int:
    return start_of(day) + DAY - 1


def _tested(logs: Logs) -> Moments:
    tested = logs.cells(_TESTS, "tested_at")
    assert isinstance(tested, Moments)
    return tested


def _words(logs: Logs, column: str) -> Coded:
    cells = logs.cells(_TESTS, column)
    assert isinstance(cells, Coded)
    return cells
