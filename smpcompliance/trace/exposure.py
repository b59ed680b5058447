"""How strongly a source reaches each session, and by which record: one row per session that was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

import numpy as np

from smpcompliance.checks.base import Made
from smpcompliance.dates import DATE, DAY, Codes, Ints, Mask, end, start_of
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.table import Logs


class Strength(IntEnum):
    """How surely a source reaches a session. The names are words of the report."""

    excluded = 0
    possible = 1
    certain = 2


class Because(IntEnum):
    """Why a session is exposed, or is not. The names are words of the report.

    Certain: `named`. Possible: from `load_uncertain` to `day_unknown`. Excluded: from `before` on.

    Members:
        named: an entry of its supplies names the load or the lot; or the session itself names who or what is asked for.
        load_uncertain: it names a load that only may lie in the window (same day and no time; day or machine not told).
        lot_uncertain: it names a lot that only may be the one (a blank beside the number, a similar spelling).
        status_contradicts: it names the load or lot, but the session is said not to have taken place.
        key_blank: an entry that may be of the load or lot has no load number, or no lot number.
        key_dangling: an entry names a load that no log knows.
        key_unreadable: what it names cannot be read.
        nothing_written: no entry of supplies (of this kind) is written for the session, or who worked is not.
        no_log: the log of supplies, or that of loads, was not handed in.
        day_unknown: the day of the session is not told, and nothing else excludes it.
        before: the session surely lies before the first load of the window (where it names a load that no log knows:
            before the window), or before the lot was received.
        other_named: what it used is told, and it is of other loads, other lots, or somebody else's work.
        not_sterilized_here: it used only what no sterilizer here has seen: bought sterile, single use, not sterile.
        called_back: every load of the window was held, reprocessed or thrown away, and none is named.
        not_of_this: nothing of this kind or product was used.
        not_performed: it did not take place.
    """

    named = 1
    load_uncertain = 2
    lot_uncertain = 3
    status_contradicts = 4
    key_blank = 5
    key_dangling = 6
    key_unreadable = 7
    nothing_written = 8
    no_log = 9
    day_unknown = 10
    before = 11
    other_named = 12
    not_sterilized_here = 13
    called_back = 14
    not_of_this = 15
    not_performed = 16

    @property
    def strength(self) -> Strength:
        """What it makes of a session."""
        if self is Because.named:
            return Strength.certain
        return Strength.possible if self < Because.before else Strength.excluded


@dataclass(frozen=True)
class Exposed:
    """What one source reaches in one studio; one entry per session looked at, in the order of day, file and line.

    Attributes:
        sessions: rows of `sessions`.
        because: a `Because` each; it says the strength too.
        supply: the row of `session_supplies` that decides; -1 where none does.
        log: the log of what was reached through it (`sterilization_cycles`, `supply_lots`); empty where there is none.
        target: the row there; -1 where none is known.
    """

    sessions: Ints
    because: Codes
    supply: Ints
    log: str
    target: Ints

    def __len__(self) -> int:
        return len(self.sessions)

    @property
    def strength(self) -> Codes:
        """A `Strength` for each session."""
        return _STRENGTH[self.because]

    def of(self, strength: Strength) -> Ints:
        """The places of the sessions of one strength."""
        return np.flatnonzero(self.strength == strength)


_STRENGTH = np.array([0, *(each.strength for each in Because)], np.uint8)
_WEIGHT = np.array([0, *(len(Because) - n for n in range(len(Because)))], np.int64)
"""The earlier in `Because`, the more it weighs: the strongest entry of a session decides about it."""


def settle(
    sessions: Ints, alone: Codes, entry_session: Ints, entry: Codes, supply: Ints, target: Ints, log: str
) -> Exposed:
    """Brings the entries of supplies to one word per session: the strongest decides, of equal ones the first written.

    Args:
        sessions: rows of `sessions` that are looked at, one studio's, in the order of the answer.
        alone: the `Because` of each where no entry is stronger; it also stands for a session without entries.
        entry_session: for each entry the place of its session in `sessions`.
        entry: the `Because` of each entry; 0 for one that says nothing.
        supply: its row in `session_supplies`.
        target: the row in `log` that it leads to, -1 where there is none.
    """
    n = len(sessions)
    because, by, to = alone.copy(), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    heaviest, first = np.zeros(n, np.int64), np.full(n, np.iinfo(np.int64).max)
    weight = np.where(entry > 0, _WEIGHT[entry], -1)
    np.maximum.at(heaviest, entry_session, weight)
    chosen = np.flatnonzero((weight == heaviest[entry_session]) & (weight >= _WEIGHT[alone][entry_session]))
    np.minimum.at(first, entry_session[chosen], supply[chosen])
    chosen = chosen[supply[chosen] == first[entry_session[chosen]]]
    place = entry_session[chosen]
    because[place], by[place], to[place] = entry[chosen], supply[chosen], target[chosen]
    return Exposed(sessions, because, by, log, to)


def sessions_of(logs: Logs, studio: int, as_of: date | None = None) -> Ints:
    """The sessions of a studio in the order of day, file and line; those without a day stand last.

    Args:
        as_of: those that surely lie after this day are left out; None: none.
    """
    table, started = logs.log("sessions"), logs.cells("sessions", "started_at")
    assert isinstance(started, Moments)
    rows = np.flatnonzero((table.studio == studio) & ~table.made_up)
    if as_of is not None:
        rows = rows[(started.why[rows] > 0) | (started.at[rows] < start_of(as_of) + DAY)]
    return rows[np.lexsort((table.line[rows], table.file[rows], started.at[rows], started.why[rows] > 0))]


def supplies_of(logs: Logs, sessions: Ints) -> tuple[Ints, Ints]:
    """The entries of supplies of some sessions: (place of the session, row of `session_supplies`), by row."""
    of, _ = logs.link("session_supplies", "session")
    places = np.full(len(logs.log("sessions")) + 1, -1, np.int64)
    places[sessions] = np.arange(len(sessions))
    place = places[of]
    rows = np.flatnonzero(place >= 0)
    return place[rows], rows


def days_of(logs: Logs, sessions: Ints) -> tuple[Mask, Ints]:
    """Which sessions tell their day, and the last second that each may mean; far away where its day is not told."""
    started, ended = logs.cells("sessions", "started_at"), logs.cells("sessions", "ended_at")
    assert isinstance(started, Moments) and isinstance(ended, Moments)
    dated = started.why[sessions] == 0
    over = end(started.at[sessions], started.precision[sessions])
    if (closed := ended.why[sessions] == 0).any():
        over = np.where(closed, np.maximum(over, end(ended.at[sessions], ended.precision[sessions])), over)
    return dated & (started.precision[sessions] <= DATE), np.where(dated, over, np.iinfo(np.int64).max)


def not_performed(logs: Logs, sessions: Ints) -> Mask:
    """Which sessions are said not to have taken place (booked, cancelled, no show, refused).

    A log without a status is one of sessions that took place; so is a session whose status is blank.
    """
    status = logs.cells("sessions", "status")
    assert isinstance(status, Coded)
    return status.where(lambda word: word != "performed")[sessions]


@dataclass(frozen=True)
class Clients:
    """The clients that a source reaches; one entry each, the strongest first, then by their code.

    Attributes:
        codes: how the client is called in the records: a code or a pseudonym, never a name.
        rows: the row of `clients`; -1 where the client is in no list.
        strength: the strongest of the client's sessions.
        sessions: places in `Exposed` of the sessions of each, of possible or certain ones where there are any.
        nameless: places in `Exposed` of exposed sessions (possible or certain) without a client.
    """

    codes: Sequence[str]
    rows: Ints
    strength: Codes
    sessions: Sequence[Ints]
    nameless: Ints

    def of(self, strength: Strength) -> Sequence[int]:
        """The places of the clients of one tier."""
        return np.flatnonzero(self.strength == strength).tolist()


def clients_of(logs: Logs, exposed: Exposed) -> Clients:
    """The clients behind the sessions; a client's tier is that of the strongest of the client's sessions."""
    who = logs.cells("sessions", "client_id")
    assert isinstance(who, Coded)
    rows, _ = logs.link("sessions", "client")
    codes, strength = who.codes[exposed.sessions], exposed.strength
    known = np.flatnonzero(codes >= 0)
    nameless = np.flatnonzero((codes < 0) & (strength > Strength.excluded))
    tier = np.zeros(len(who.values), np.uint8)
    np.maximum.at(tier, codes[known], strength[known])
    there = np.flatnonzero(np.bincount(codes[known], minlength=len(who.values)))
    order = there[np.lexsort((_alphabet(logs, who)[there], -tier[there].astype(np.int64)))]
    meant = known[(strength[known] > Strength.excluded) | (tier[codes[known]] == Strength.excluded)]
    meant = meant[np.argsort(codes[meant], kind="stable")]
    first, after = (np.searchsorted(codes[meant], order, side) for side in ("left", "right"))
    sessions = Made(len(order), lambda at: meant[first[at] : after[at]])
    listed = rows[exposed.sessions[meant[first]]]
    return Clients(
        Made(len(order), lambda at: str(who.values[order[at]])), listed, tier[order], sessions, nameless
    )  # fmt: skip


def _alphabet(logs: Logs, who: Coded) -> Ints:
    """The place of each value in alphabetical order."""

    def made() -> Ints:
        place = np.empty(len(who.values), np.int64)
        place[sorted(range(len(who.values)), key=lambda code: str(who.values[code]))] = np.arange(len(who.values))
        return place

    return logs.memo.get("clients in alphabetical order", made)
