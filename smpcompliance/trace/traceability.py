"""How many sessions are traceable end to end, from the client to the last good spore test, and where they are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

import numpy as np

from smpcompliance.dates import DATE, DAY, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import not_performed, sessions_of, supplies_of
from smpcompliance.trace.sterilized_here import Sterilized, loads_named, sterilized_here
from smpcompliance.trace.windows import failing, spelled, surely_passing

Link = Literal[
    "day", "client", "contact", "practitioner", "supplies", "lot", "load", "machine", "test_before", "test_after"
]
LINKS: tuple[Link, ...] = get_args(Link)

CONFIRMING: Link = "test_after"
"""The link that says how a load turned out, not who it reached: a session is traceable without it, for the loads since
the last test wait for the next one."""

LOTTED = frozenset(("needle", "needle_bar", "cartridge", "pigment", "diluent", "anesthetic", "jewelry"))
"""Kinds of bought items that enter or touch broken skin, so that a session is traceable only with their lots."""

MOST = 5
"""Failing records that a link shows; how many sessions fail is told by its counts."""

_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True)
class LinkCount:
    """One link of the chain behind a session. Where the link before is broken, this one does not apply to the session.

    Attributes:
        link: its name, a word of the report:
            `day`: the session has a readable day. `client`: it names its client. `contact`: the client stands in the
            list with a phone number, an e-mail address or an address (only where a list was handed in).
            `practitioner`: it names who worked. `supplies`: at least one entry of supplies belongs to it.
            `lot`: every entry that was bought as it is used and enters or touches broken skin (`LOTTED`), or whose
            kind is not told, has a lot number; gloves, razors, dressings, aprons, cups and disinfectants break nothing
            without one. `load`: every entry that was, or may have been, sterilized here leads to a load in the log.
            `machine`: each of these loads names its machine (only of loads that were not sent out). `test_before`: that
            machine has a surely passing spore test surely before the load, or in it. `test_after`: a spore test that
            passes or fails surely after it, or a passing one in it; the loads since the last test are not confirmed
            yet.
        applies: sessions that have the link; `holds` those of them in which it is whole.
        first: the first records where it is broken (the session, the entry or the load) as (log, row), in the order of
            the sessions.
    """

    link: Link
    applies: int
    holds: int
    first: tuple[tuple[str, int], ...]

    @property
    def broken(self) -> int:
        """Sessions in which it is broken."""
        return self.applies - self.holds


@dataclass(frozen=True)
class Traceability:
    """How far the sessions of some days can be traced.

    Attributes:
        looked_at: performed sessions (or not said to be otherwise) that lie or may lie in the period.
        traceable: those of them in which every link that applies holds, `CONFIRMING` aside.
        links: every link, in the order of `LINKS`.
    """

    looked_at: int
    traceable: int
    links: tuple[LinkCount, ...]

    @property
    def weakest(self) -> LinkCount | None:
        """The link that is broken in most sessions, of equal ones the first; None where none is broken.

        `CONFIRMING` is none of them.
        """
        chain = (each for each in self.links if each.link != CONFIRMING)
        worst = max(chain, key=lambda each: each.broken, default=None)
        return worst if worst and worst.broken else None


def traceability(logs: Logs, studio: int, period: Period | None, as_of: date) -> Traceability:
    """Counts the links behind the sessions of a studio.

    Args:
        studio: code of the studio.
        period: days of the sessions, both ends included; one whose day is not known is looked at in every period.
            None: all sessions.
        as_of: sessions and spore tests that surely lie after this day are not looked at.
    """
    return _of_studios(logs, sessions_of(logs, studio), period, as_of)[studio]


def traceabilities(logs: Logs, period: Period | None, as_of: date) -> tuple[Traceability, ...]:
    """The same for every studio in one pass, in the order of their codes."""
    table, started = logs.log("sessions"), _moments(logs, "sessions", "started_at")
    rows = np.flatnonzero(~table.made_up)
    keys = (table.line[rows], table.file[rows], started.at[rows], started.why[rows] > 0, table.studio[rows])
    return _of_studios(logs, rows[np.lexsort(keys)], period, as_of)


def _of_studios(logs: Logs, sessions: Ints, period: Period | None, as_of: date) -> tuple[Traceability, ...]:
    """Counts the links behind sessions, which stand in the order of studio, day, file and line."""
    looked_at = _LookedAt.of(logs, _looked_at(logs, sessions, period, as_of))
    links = [*_of_sessions(logs, looked_at), *_of_supplies(logs, looked_at, as_of)]
    broken = np.zeros(len(looked_at.sessions), bool)
    for each in links:
        if each.link != CONFIRMING:
            broken |= each.broken
    everyone = np.ones(len(broken), bool)
    of, traceable = looked_at.per_studio(everyone), looked_at.per_studio(~broken)
    counts = [each.by_studio(looked_at) for each in links]
    return tuple(
        Traceability(int(of[n]), int(traceable[n]), tuple(count[n] for count in counts))
        for n in range(len(logs.studios))
    )


@dataclass(frozen=True)
class _LookedAt:
    """The sessions that are looked at: rows of `sessions`, and the studio of each."""

    sessions: Ints
    studio: Ints
    studios: int

    @classmethod
    def of(cls, logs: Logs, sessions: Ints) -> "_LookedAt":
        return cls(sessions, logs.log("sessions").studio[sessions].astype(np.int64), len(logs.studios))

    def per_studio(self, which: Mask) -> Ints:
        """How many of these sessions each studio has."""
        return np.bincount(self.studio[which], minlength=self.studios)


@dataclass(frozen=True)
class _Counted:
    """A link: which sessions have it, in which it is broken, and the records that show it.

    Attributes:
        shown: rows of `log`, the first of each broken session's first; `studio`: the studio of each.
    """

    link: Link
    applies: Mask
    broken: Mask
    log: str
    shown: Ints
    studio: Ints

    def by_studio(self, looked_at: _LookedAt) -> list[LinkCount]:
        """The link counted for each studio."""
        applies, broken = looked_at.per_studio(self.applies), looked_at.per_studio(self.broken)
        begins = np.searchsorted(self.studio, np.arange(looked_at.studios)).tolist()
        ends = np.searchsorted(self.studio, np.arange(looked_at.studios), "right").tolist()
        return [
            LinkCount(
                self.link, has, has - fails, tuple((self.log, row) for row in self.shown[a : min(b, a + MOST)].tolist())
            )
            for has, fails, a, b in zip(applies.tolist(), broken.tolist(), begins, ends, strict=True)
        ]


def _by_session(link: Link, looked_at: _LookedAt, applies: Mask, holds: Mask) -> _Counted:
    """A link that each session has once; a broken one is shown at its session."""
    broken = applies & ~holds
    return _Counted(link, applies, broken, "sessions", looked_at.sessions[broken], looked_at.studio[broken])


def _by_entry(link: Link, looked_at: _LookedAt, place: Ints, holds: Mask, log: str, rows: Ints) -> _Counted:
    """A link that a session has once for each of some entries, and that all of them must keep.

    Args:
        place: of the session of each entry.
        rows: where each entry is shown if it does not hold, a row of `log`.
    """
    applies, broken = (np.zeros(len(looked_at.sessions), bool) for _ in range(2))
    applies[place] = True
    broken[place[~holds]] = True
    bad = np.flatnonzero(~holds)
    bad = bad[np.lexsort((rows[bad], place[bad]))]
    _, first = np.unique(rows[bad], return_index=True)
    bad = bad[np.sort(first)]
    return _Counted(link, applies, broken, log, rows[bad], looked_at.studio[place[bad]])


def _looked_at(logs: Logs, sessions: Ints, period: Period | None, as_of: date) -> Ints:
    started = _moments(logs, "sessions", "started_at")
    told, low = started.why[sessions] == 0, started.at[sessions]
    until = start_of(as_of) + DAY - 1
    out = told & (low > until)
    if period is not None:
        high = end(low, started.precision[sessions])
        out |= told & ((high < start_of(period.first)) | (low >= start_of(period.last) + DAY))
    return np.asarray(sessions[~out & ~not_performed(logs, sessions)])


def _of_sessions(logs: Logs, looked_at: _LookedAt) -> Iterator[_Counted]:
    sessions = looked_at.sessions
    everyone = np.ones(len(sessions), bool)
    started = _moments(logs, "sessions", "started_at")
    day = (started.why[sessions] == 0) & (started.precision[sessions] <= DATE)
    yield _by_session("day", looked_at, everyone, day)
    client = logs.cells("sessions", "client_id").why[sessions] == 0
    yield _by_session("client", looked_at, everyone, client)
    reached = np.zeros(len(logs.log("clients")) + 1, bool)
    for column in ("phone", "email", "address"):
        reached[:-1] |= logs.cells("clients", column).why == 0
    contact = reached[logs.link("sessions", "client")[0][sessions]]
    yield _by_session("contact", looked_at, client & logs.has("clients")[looked_at.studio], contact)
    practitioner = logs.cells("sessions", "practitioner_id").why[sessions] == 0
    yield _by_session("practitioner", looked_at, everyone, practitioner)


def _of_supplies(logs: Logs, looked_at: _LookedAt, as_of: date) -> Iterator[_Counted]:
    sessions = looked_at.sessions
    place, entries = supplies_of(logs, sessions)
    some = np.zeros(len(sessions), bool)
    some[place] = True
    yield _by_session("supplies", looked_at, np.ones(len(sessions), bool), some)

    bought = sterilized_here(logs)[entries] == Sterilized.not_here
    lotted = bought & _lotted(logs)[entries]
    numbered = logs.cells("session_supplies", "lot_number").why[entries[lotted]] == 0
    yield _by_entry("lot", looked_at, place[lotted], numbered, "session_supplies", entries[lotted])
    place, packs = place[~bought], entries[~bought]
    load = loads_named(logs)[0][packs]
    logged = load >= 0
    yield _by_entry("load", looked_at, place, logged, "session_supplies", packs)
    yield from _of_loads(logs, looked_at, place[logged], load[logged], as_of)


def _lotted(logs: Logs) -> Mask:
    """Which entries of supplies need a lot, by their own kind or else that of their lot; also where none is told."""
    own, listed = logs.cells("session_supplies", "item_type"), logs.cells("session_supplies", "lot.item_type")
    assert isinstance(own, Coded) and isinstance(listed, Coded)
    by_lot = (listed.why > 0) | listed.where(LOTTED.__contains__)
    return np.where(own.why > 0, by_lot, own.where(LOTTED.__contains__))


def _of_loads(logs: Logs, looked_at: _LookedAt, place: Ints, load: Ints, as_of: date) -> Iterator[_Counted]:
    """The links behind loads; `place` is that of the session which used each."""
    cycles = "sterilization_cycles"
    own = logs.cells(cycles, "provider").why[load] > 0
    place, load = place[own], load[own]
    named = logs.cells(cycles, "equipment_id").why[load] == 0
    yield _by_entry("machine", looked_at, place, named, cycles, load)
    place, load = place[named], load[named]
    before, after = _confirmed(logs, as_of)
    yield _by_entry("test_before", looked_at, place, before[load], cycles, load)
    yield _by_entry("test_after", looked_at, place, after[load], cycles, load)


def _confirmed(logs: Logs, as_of: date) -> tuple[Mask, Mask]:
    """Which runs have a surely passing test surely before them, and a pass or fail surely after them.

    A passing test in the run itself stands for both.
    """
    log, tests = "sterilization_cycles", "spore_tests"
    run_machine, test_machine, machines = _machines(logs, log, tests)
    tested, started = _moments(logs, tests, "tested_at"), _moments(logs, log, "started_at")
    known = (test_machine >= 0) & (tested.why == 0) & (tested.precision <= DATE)
    known &= tested.at < start_of(as_of) + DAY
    passing = known & surely_passing(logs)
    earliest, latest = np.full(machines + 1, _FAR), np.full(machines + 1, -_FAR)
    ends = end(tested.at, tested.precision)
    np.minimum.at(earliest, test_machine[passing], ends[passing])
    counted = passing | (known & failing(logs))
    np.maximum.at(latest, test_machine[counted], tested.at[counted])
    dated = started.why == 0
    before = dated & (earliest[run_machine] < started.at)
    after = dated & (latest[run_machine] > end(started.at, started.precision))
    run, by = logs.link(tests, "cycle")[0][passing], test_machine[passing]
    proved = run[(run >= 0) & (np.append(run_machine, -1)[run] == by)]
    before[proved] = after[proved] = True
    return before, after


def _machines(logs: Logs, *names: str) -> tuple[Ints, Ints, int]:
    """The machine of each row of two logs by number, whatever its spelling (-1: none is named), and how many there are.

    The machines of two studios are never the same.
    """
    known: dict[str, int] = {}
    keys = []
    for log in names:
        cells = logs.cells(log, "equipment_id")
        assert isinstance(cells, Coded)
        numbers = [known.setdefault(spelled(str(name)), len(known)) for name in cells.values]
        keys.append((logs.log(log).studio.astype(np.int64), np.array([*numbers, -1], np.int64)[cells.codes]))
    whole = np.concatenate([np.where(code < 0, -1, studio * len(known) + code) for studio, code in keys])
    distinct, numbered = np.unique(whole, return_inverse=True)
    numbered = numbered - int(len(distinct) > 0 and distinct[0] < 0)
    first, second = np.split(numbered, [len(keys[0][0])])
    return first, second, len(distinct)


def _moments(logs: Logs, log: str, column: str) -> Moments:
    cells = logs.cells(log, column)
    assert isinstance(cells, Moments)
    return cells
