"""Who worked on whom, where and when: the sessions of a practitioner, a client, a station or a stretch of days."""

from datetime import date
from typing import Literal

import numpy as np

from smpcompliance.dates import DAY, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.intake.settling.keys import pseudonym
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, not_performed, sessions_of

Place = Literal["practitioner", "client", "station", "period"]

_COLUMNS: dict[str, str] = {"practitioner": "practitioner_id", "client": "client_id", "station": "station"}
_LISTS: dict[str, str] = {"practitioner": "practitioners", "client": "clients"}
_NAMED_IN: dict[str, tuple[str, ...]] = {
    "practitioner": ("practitioners", "sessions", "consent_forms"),
    "client": ("clients", "sessions", "consent_forms"),
    "station": ("sessions",),
}
"""The logs from which the known ids are gathered."""


def exposed_by(logs: Logs, studio: int, kind: Place, key: str, period: Period | None, as_of: date) -> Exposed:
    """How surely each session of a studio is one of a practitioner, a client, a station, or of some days.

    The first of these that holds is told: it did not take place; it surely lies outside the period; it names somebody
    else or another station; it names nobody, or by a name that several people have; its day is not known well enough to
    say if it lies in the period; it is named.

    Args:
        studio: code of the studio.
        key: the id or the station as the records write it (`resolved`); of no meaning for a period.
        period: days of the sessions, both ends included; None: all of them, with and without a day.
        as_of: sessions that surely lie after this day are not looked at.
    """
    sessions = sessions_of(logs, studio, as_of)
    inside, outside = _in_period(logs, sessions, period)
    blank = other = np.zeros(len(sessions), bool)
    if kind != "period":
        who = _coded(logs, "sessions", _COLUMNS[kind])
        same, doubtful = _spellings(logs, studio, kind, key)
        blank = (who.why > 0)[sessions] | who.where(doubtful.__contains__)[sessions]
        other = ~blank & ~who.where(same.__contains__)[sessions]
    because = np.select(
        [not_performed(logs, sessions), outside, other, blank, ~inside],
        [Because.not_performed, Because.not_of_this, Because.other_named, Because.nothing_written, Because.day_unknown],
        Because.named,
    ).astype(np.uint8)
    nothing = np.full(len(sessions), -1, np.int64)
    return Exposed(sessions, because, nothing, "", nothing.copy())


def known_keys(logs: Logs, studio: int, kind: Place) -> tuple[str, ...]:
    """The ids of people, or the stations, that the records of a studio know, one spelling each; never a name.

    An id that is the name in the list of people is left out: a practitioner without a code is known by name only.
    """
    if kind == "period":
        return ()
    names = {normal(name) for name, _ in _people(logs, studio, kind)}
    listed = _listed(logs, studio, kind)
    known = {normal(id_) or id_ for id_ in listed}
    others = {normal(id_) or id_: id_ for id_ in sorted(_ids(logs, studio, kind) - listed, reverse=True)}
    spelled = {*listed, *(id_ for form, id_ in others.items() if form not in known)}
    return tuple(sorted(id_ for id_ in spelled if normal(id_) not in names))


def resolved(logs: Logs, studio: int, kind: Place, key: str) -> str | None:
    """The id, or the station, that a text means, as the records write it; None where none or several are meant.

    An id of the list of people as it is written comes first; then one that differs in case, accents or blanks only,
    then the full name of exactly one person there; then an id that only other records name. A name that is listed is
    answered by the id beside it. A client's key of the studio's own is found also where pseudonyms stand for all keys.
    """
    if kind == "period":
        return ""
    wanted, listed = normal(key), _listed(logs, studio, kind)
    if key in listed:
        return key
    called = {id_ for name, id_ in _people(logs, studio, kind) if wanted and normal(name) == wanted}
    alike = {id_ for id_ in listed if wanted and normal(id_) == wanted}
    if found := alike or called:
        return found.pop() if len(found) == 1 else None
    others = _ids(logs, studio, kind)
    if kind == "client" and (made := pseudonym(logs.studios[studio], key)) in listed | others:
        return made
    return key if key in others else min((id_ for id_ in others if wanted and normal(id_) == wanted), default=None)


def _spellings(logs: Logs, studio: int, kind: Place, key: str) -> tuple[frozenset[str], frozenset[str]]:
    """What sessions may write for an id: surely, and perhaps.

    Surely: it, other spellings of it, and the full name of its bearer, for who lists people by code and writes their
    names into sessions means the same people; perhaps, where others have the same name. Another listed id is another
    person, however alike.
    """
    unlisted = {id_: normal(id_) for id_ in _ids(logs, studio, kind) - _listed(logs, studio, kind)}
    same = {id_ for id_, form in unlisted.items() if form and form == normal(key)}
    people = _people(logs, studio, kind)
    mine = {normal(name) for name, id_ in people if id_ == key} - {""}
    called = {id_ for id_, form in unlisted.items() if form in mine}
    theirs = {normal(name) for name, id_ in people if id_ != key} if called else set()
    doubtful = {id_ for id_ in called if unlisted[id_] in theirs} - {key}
    return frozenset({key} | same | called) - doubtful, frozenset(doubtful)


def _listed(logs: Logs, studio: int, kind: Place) -> frozenset[str]:
    """The ids in the list of clients or of practitioners; stations have no list."""
    return _written(logs, _LISTS[kind], _COLUMNS[kind], studio) if kind in _LISTS else frozenset()


def _ids(logs: Logs, studio: int, kind: Place) -> frozenset[str]:
    """Every id that the records of a studio name."""
    return frozenset().union(*(_written(logs, log, _COLUMNS[kind], studio) for log in _NAMED_IN[kind]))


def _people(logs: Logs, studio: int, kind: Place) -> list[tuple[str, str]]:
    """(full name, id) of everybody in the list of clients or of practitioners who has both."""
    if kind not in _LISTS:
        return []
    log = _LISTS[kind]
    names, ids = _coded(logs, log, "name"), _coded(logs, log, _COLUMNS[kind])
    rows = np.flatnonzero((logs.log(log).studio == studio) & (names.why == 0) & (ids.why == 0))
    pairs = zip(names.codes[rows].tolist(), ids.codes[rows].tolist(), strict=True)
    return [(str(names.values[name]), str(ids.values[id_])) for name, id_ in pairs]


def _written(logs: Logs, log: str, column: str, studio: int) -> frozenset[str]:
    """The distinct texts of a column in one studio."""
    cells = _coded(logs, log, column)
    codes = np.unique(cells.codes[(logs.log(log).studio == studio) & (cells.why == 0)])
    return frozenset(str(cells.values[code]) for code in codes.tolist())


def _coded(logs: Logs, log: str, column: str) -> Coded:
    cells = logs.cells(log, column)
    assert isinstance(cells, Coded)
    return cells


def _in_period(logs: Logs, sessions: Ints, period: Period | None) -> tuple[Mask, Mask]:
    """Which sessions surely lie in a period, and which surely lie outside it."""
    if period is None:
        return np.ones(len(sessions), bool), np.zeros(len(sessions), bool)
    started = logs.cells("sessions", "started_at")
    assert isinstance(started, Moments)
    told, low = started.why[sessions] == 0, started.at[sessions]
    high = end(low, started.precision[sessions])
    first, last = start_of(period.first), start_of(period.last) + DAY - 1
    inside = told & (low >= first) & (high <= last)
    return inside, told & ((high < first) | (low > last))
