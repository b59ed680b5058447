"""What could not be traced, and which record would have settled it: with counts, of how many, and the first of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Evidence
from smpcompliance.dates import DAY, TIME, Ints, Mask, Period, start_of
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.rows import marked
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, Strength
from smpcompliance.trace.loads import Fate, Loads, said_to_be_none
from smpcompliance.trace.look_back import uses_without_session
from smpcompliance.trace.lots import Lots
from smpcompliance.trace.windows import Window, same_machine, uncountable_failures

What = Literal[
    "key_blank",
    "nothing_written",
    "not_named",
    "no_log",
    "no_log_of_loads",
    "key_dangling",
    "key_unreadable",
    "day_unknown",
    "load_without_machine",
    "load_called_otherwise",
    "load_said_none",
    "key_twice",
    "load_without_time",
    "test_without_time",
    "lot_without_number",
    "lot_without_brand",
    "lot_without_product",
    "lot_alike",
    "status_contradicts",
    "client_blank",
    "no_log_of_clients",
    "client_not_listed",
    "contact_blank",
    "fate_not_told",
    "packs_not_counted",
    "packs_left",
    "use_without_session",
    "machine_not_logged",
    "no_test_before",
    "still_open",
    "test_unsure",
    "test_without_day",
    "test_without_machine",
    "test_void",
    "test_without_result",
    "nothing_to_draw",
]
WHATS: tuple[What, ...] = get_args(What)
"""Words of the report, `trace.gap.<what>`. Members:

key_blank: an entry that may be of the load or lot names none.
nothing_written: no entry of supplies (of this kind) is written for the session.
not_named: the session does not name the practitioner, the client or the station.
no_log, no_log_of_loads, no_log_of_clients: the log of supplies, of loads, of clients was not handed in.
key_dangling: an entry names a load that no log knows. key_unreadable: what it names cannot be read.
day_unknown: the session has no readable day.
load_without_machine, load_without_time, test_without_time: the load that is named may lie in the window; the machine,
    the time of the load or that of a test on its day would tell.
load_called_otherwise: its machine may be the one asked for under another name.
key_twice: two records bear the number of the load or lot that is named; the second was left out.
load_said_none: it is said to be a test run, or that of an outside sterilizer, and something came out of it here.
lot_without_number, lot_without_brand, lot_without_product: the lot that is named may be the one; the blank would tell.
lot_alike: its number is spelled only similarly.
status_contradicts: the session used it, and is said not to have taken place.
client_blank: the exposed session names no client. client_not_listed: the list has no such client. contact_blank: it
    has neither phone nor e-mail nor address (counted in clients).
fate_not_told: nothing says what became of the load. packs_not_counted: the number of its packs is not recorded.
    packs_left: packs of loads not called back that no session names (counted in packs).
use_without_session: an entry of supplies names a load of the window, and its session is blank or in no log.
machine_not_logged: the log of loads has no run of the machine at all; it may be spelled otherwise there.
no_test_before, still_open: no passing test before, or after, the failed ones.
test_unsure: tests in the window that count neither way.
test_without_day, test_without_machine, test_void: failed tests that open no window.
test_without_result: tests of which nobody can tell whether they failed: blank, unreadable or pending, and in no window.
nothing_to_draw: the period has neither load nor lot.
"""
LEAVE_NOBODY_OPEN: frozenset[What] = frozenset(
    ("packs_left", "packs_not_counted", "contact_blank", "client_not_listed")
)
"""Gaps that do not leave open who was reached: packs that may still lie on the shelf, and how to write to people."""
FIRST = 5
"""Records that a gap shows."""


@dataclass(frozen=True)
class Gap:
    """Something that could not be traced, and the record that would settle it.

    Attributes:
        what: why it could not, a key of the words of the report (`trace.gap.<what>`).
        count: sessions (or clients, loads, packs, tests) that it concerns; `of`: of how many looked at.
        log, column: the record that would settle it.
        evidence: the first of them, as examples.
    """

    what: What
    count: int
    of: int
    log: str
    column: str
    evidence: tuple[Evidence, ...] = ()


def gaps(
    logs: Logs, studio: int, exposed: Exposed, loads: Loads | None, window: Window | None, lots: Lots | None,
    as_of: date, column: str = "",
) -> tuple[Gap, ...]:  # fmt: skip
    """Everything that keeps a trace from being certain: those of sessions first, most sessions first.

    Args:
        studio: code of the studio.
        loads, window: of a look-back; `lots` of a lot or a recall.
        as_of: the day of the trace.
        column: the column of `sessions` that names who or where is asked for; empty where something else is.
    """
    found = [*_of_sessions(logs, studio, exposed, loads, window, lots, column)]
    order = sorted(found, key=lambda gap: (-gap.count, WHATS.index(gap.what)))
    return (
        *order,
        *_of_clients(logs, studio, exposed),
        *(_of_loads(logs, loads) if loads else ()),
        *(_of_window(logs, window, as_of) if window else ()),
    )


def gaps_of_tests(
    logs: Logs, studio: int, period: Period | None, as_of: date, windows: Sequence[Window] = ()
) -> tuple[Gap, ...]:
    """The failed spore tests of a studio that open no window: without a day, without a machine, or void; and those that
    may have failed for all that is known.

    Args:
        windows: those of its failed tests; what is unsure in them is told there.
    """
    rows = uncountable_failures(logs, studio, period, as_of)
    failed = _word(logs, "spore_tests", "result", "fail") & _up_to(logs, studio, as_of, period)
    void = np.flatnonzero(failed & _word(logs, "spore_tests", "control_result", "no_growth"))
    total = int(failed.sum())
    every = _up_to(logs, studio, as_of, period)
    result = logs.cells("spore_tests", "result")
    told = np.concatenate([np.zeros(0, np.int64), *(window.unsure for window in windows)])
    silent = every & ((result.why > 0) | _word(logs, "spore_tests", "result", "pending"))
    untold = np.flatnonzero(silent & ~marked(len(silent), told))
    undated = logs.cells("spore_tests", "tested_at").why[rows] > 0
    parts: tuple[tuple[What, Ints, str], ...] = (
        ("test_without_day", rows[undated], "tested_at"),
        ("test_without_machine", rows[~undated], "equipment_id"),
        ("test_void", void, "control_result"),
    )
    found = [_gap(logs, what, "spore_tests", column, some, total) for what, some, column in parts if len(some)]
    if len(untold):
        found.append(_gap(logs, "test_without_result", "spore_tests", "result", untold, int(every.sum())))
    return tuple(found)


def _doubts(logs: Logs, window: Window | None) -> Iterator[tuple[What, str, str, Mask]]:
    """What leaves open whether a run is a load of a window, the first that holds: (what, log, column, which runs)."""
    log = "sterilization_cycles"
    machine, started = (logs.cells(log, name) for name in ("equipment_id", "started_at"))
    assert isinstance(machine, Coded) and isinstance(started, Moments)
    yield "load_without_machine", log, "equipment_id", machine.why > 0
    if window is not None:
        yield "load_called_otherwise", log, "equipment_id", ~same_machine(machine, window.machine)
    yield "key_twice", log, "cycle_id", logs.log(log).contested_rows()[:-1]
    yield "load_said_none", log, "cycle_type", said_to_be_none(logs)
    yield "load_without_time", log, "started_at", (started.why > 0) | (started.precision > TIME)
    yield "test_without_time", "spore_tests", "tested_at", np.ones(len(started.why), bool)


def _of_sessions(
    logs: Logs,
    studio: int,
    exposed: Exposed,
    loads: Loads | None,
    window: Window | None,
    lots: Lots | None,
    column: str,
) -> Iterator[Gap]:
    """By the reason why sessions are possible, and by sessions without a client."""
    supplies, total = "session_supplies", len(exposed)
    key = "lot_number" if lots is not None else "cycle_id"
    unlogged = loads is not None and not loads.logged
    uncertain = exposed.because == Because.load_uncertain

    def of(what: What, mask: Mask, log: str, column: str, whole: int = total) -> Iterator[Gap]:
        places = np.flatnonzero(mask)
        if len(places):
            yield Gap(what, len(places), whole, log, column, _of_places(logs, exposed, places, log, column))

    def because(*reasons: Because) -> Mask:
        return np.isin(exposed.because, reasons)

    yield from of("key_blank", because(Because.key_blank), supplies, key)
    if column:
        yield from of("not_named", because(Because.nothing_written), "sessions", column)
    else:
        yield from of("nothing_written", because(Because.nothing_written), supplies, key)
    yield from of("no_log", because(Because.no_log), supplies, key)
    if unlogged:
        yield from of("no_log_of_loads", exposed.strength == Strength.possible, "sterilization_cycles", "cycle_id")
    else:
        yield from of("key_dangling", because(Because.key_dangling), "sterilization_cycles", "cycle_id")
    yield from of("key_unreadable", because(Because.key_unreadable), supplies, key)
    yield from of("day_unknown", because(Because.day_unknown), "sessions", "started_at")
    left = uncertain
    for what, log, settling, runs in _doubts(logs, window) if uncertain.any() else ():
        here = np.append(runs, False)[exposed.target] & left
        yield from of(what, here, log, settling)
        left = left & ~here
    doubtful = because(Because.lot_uncertain)
    listed = exposed.target >= 0
    for log, at, left in (
        ("supply_lots", exposed.target, doubtful & listed),
        ("session_supplies", exposed.supply, doubtful & ~listed),
    ):
        for name, what in _BLANKS_OF_LOTS if left.any() else ():
            blank = np.append(logs.cells(log, name).why > 0, False)[at] & left
            yield from of(what, blank, log, name)
            left = left & ~blank
        if left.any():
            twice = logs.log("supply_lots").contested_rows()[exposed.target] & left
            yield from of("key_twice", twice, "supply_lots", "lot_id")
            left = left & ~twice
        yield from of("lot_alike", left, log, "lot_number")
    yield from of("status_contradicts", because(Because.status_contradicts), "sessions", "status")
    reached = exposed.strength > Strength.excluded
    nobody = (logs.cells("sessions", "client_id").why > 0)[exposed.sessions] & reached
    yield from of("client_blank", nobody, "sessions", "client_id", int(reached.sum()))


_BLANKS_OF_LOTS: tuple[tuple[str, What], ...] = (
    ("lot_number", "lot_without_number"),
    ("brand", "lot_without_brand"),
    ("product", "lot_without_product"),
)


def _of_clients(logs: Logs, studio: int, exposed: Exposed) -> Iterator[Gap]:
    """Exposed clients that nobody can write to or call; only whether a contact is written is looked at."""
    who = logs.cells("sessions", "client_id")
    assert isinstance(who, Coded)
    sessions = exposed.sessions[exposed.strength > Strength.excluded]
    codes, first = np.unique(who.codes[sessions], return_index=True)
    rows = sessions[np.sort(first[codes >= 0])]
    if not len(rows):
        return
    if not logs.has("clients")[studio]:
        yield _gap(logs, "no_log_of_clients", "sessions", "client_id", rows, len(rows), "clients", "phone")
        return
    listed, _ = logs.link("sessions", "client")
    there = listed[rows]
    none = rows[there < 0]
    if len(none):
        yield _gap(logs, "client_not_listed", "sessions", "client_id", none, len(rows), "clients", "client_id")
    told = np.zeros(len(logs.log("clients")) + 1, bool)
    for column in ("phone", "email", "address"):
        told[:-1] |= logs.cells("clients", column).why == 0
    mute = there[(there >= 0) & ~told[there]]
    if len(mute):
        yield _gap(logs, "contact_blank", "clients", "phone", mute, len(rows))


def _of_loads(logs: Logs, loads: Loads) -> Iterator[Gap]:
    """Loads of which nothing says what became of them or of their packs."""
    log, total = "sterilization_cycles", len(loads.rows)
    untold = loads.rows[loads.fate == Fate.not_told]
    if len(untold):
        yield _gap(logs, "fate_not_told", log, "disposition", untold, total)
    about = ~loads.called_back
    counted = about & ~np.isnan(loads.packs)
    if len(uncounted := loads.rows[about & ~counted]):
        yield _gap(logs, "packs_not_counted", log, "packs", uncounted, total)
    packs = np.where(counted, loads.packs, 0.0)
    left = np.maximum(packs - loads.uses, 0.0) * counted
    if left.sum() > 0:
        shown = _shown(logs, log, "packs", loads.rows[left > 0])
        yield Gap("packs_left", int(left.sum()), int(packs.sum()), "session_supplies", "cycle_id", shown)
    if len(stray := uses_without_session(logs, loads)):
        yield _gap(logs, "use_without_session", "session_supplies", "session_id", stray, int(loads.uses.sum()))


def _of_window(logs: Logs, window: Window, as_of: date) -> Iterator[Gap]:
    """Ends of a window that no test shows, and tests in it that count neither way."""
    log = "spore_tests"
    runs, machines = logs.log("sterilization_cycles"), logs.cells("sterilization_cycles", "equipment_id")
    assert isinstance(machines, Coded)
    own = runs.studio == window.studio
    if own.any() and not (own & same_machine(machines, window.machine)).any():
        shown = window.failed[:1]
        yield _gap(logs, "machine_not_logged", log, "equipment_id", shown, 1, runs.name, "equipment_id", count=1)
    if len(window.failed) and window.opened_by < 0:
        yield _gap(logs, "no_test_before", log, "tested_at", window.failed[:1], 1, count=1)
    if len(window.failed) and window.closed_by < 0:
        yield _gap(logs, "still_open", log, "result", window.failed[-1:], 1, count=1)
    if len(window.unsure):
        names = logs.cells(log, "equipment_id")
        assert isinstance(names, Coded)
        tests = same_machine(names, window.machine) & _up_to(logs, window.studio, as_of, None)
        yield _gap(logs, "test_unsure", log, "result", window.unsure, int(tests.sum()))


def _up_to(logs: Logs, studio: int, as_of: date, period: Period | None) -> Mask:
    """A studio's spore tests up to a day; of a period where one is given, and those without a day."""
    when = logs.cells("spore_tests", "tested_at")
    assert isinstance(when, Moments)
    inside = when.at < start_of(as_of) + DAY
    inside &= period.holds(when.at) if period else True
    return np.asarray((logs.log("spore_tests").studio == studio) & (inside | (when.why > 0)))


def _word(logs: Logs, log: str, column: str, word: str) -> Mask:
    cells = logs.cells(log, column)
    assert isinstance(cells, Coded)
    return cells.where(lambda value: value == word)


def _gap(
    logs: Logs, what: What, shown: str, at: str, rows: Ints, of: int, log: str = "", column: str = "", count: int = 0
) -> Gap:
    """A gap of some rows of the log that shows it; the record that settles it stands there unless another is named."""
    return Gap(what, count or len(rows), of, log or shown, column or at, _shown(logs, shown, at, rows))


def _shown(logs: Logs, log: str, column: str, rows: Ints) -> tuple[Evidence, ...]:
    return tuple(evidence_at(logs.log(log), int(row), column) for row in rows[:FIRST])


def _of_places(logs: Logs, exposed: Exposed, places: Ints, log: str, column: str) -> tuple[Evidence, ...]:
    """The first records that would settle it; where they do not exist, the entries or sessions that ask for them."""
    shown = dict[tuple[str, int], None]()
    for place in places.tolist():
        supply, target = int(exposed.supply[place]), int(exposed.target[place])
        if log == exposed.log and target >= 0:
            shown[log, target] = None
        elif log != "sessions" and supply >= 0:
            shown["session_supplies", supply] = None
        else:
            shown["sessions", int(exposed.sessions[place])] = None
        if len(shown) == FIRST:
            break
    return tuple(
        evidence_at(logs.log(log), row, column if column in schema(log).columns else None) for log, row in shown
    )
