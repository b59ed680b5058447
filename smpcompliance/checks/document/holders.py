"""Who or what a paper belongs to: the studio, its places, its people, its machines; and what they did on which days."""

from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer, all_met
from smpcompliance.checks.base import Scope
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.document.coverage import EARLIEST, LATEST, Activity, Spans
from smpcompliance.checks.document.duty import Holder
from smpcompliance.checks.find import pairs
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.dates import DAY, Codes, Ints, Mask, end, start_of
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.table import codes_in


@dataclass(frozen=True)
class Holders:
    """Those who must hold a paper.

    Attributes:
        log: their log; `studio` for studios themselves.
        rows: row of each, -1 for a studio.
        studio: its studio; meant: whether the rule surely means it.
        of_row: for each row of the log its holder (a room's is its place), -1 where the rule does not mean it.
        alone: whether it is the only one of its kind in its studio.
    """

    log: Holder
    rows: Ints
    studio: Ints
    meant: Answer
    of_row: Ints
    alone: np.ndarray

    def of_studio(self, studio: Ints) -> tuple[Ints, Ints]:
        """All holders of each studio: (index into `studio`, holder)."""
        order = np.argsort(self.studio, kind="stable")
        low = np.searchsorted(self.studio[order], studio, "left")
        count = np.searchsorted(self.studio[order], studio, "right") - low
        which = np.repeat(np.arange(len(studio)), count)
        step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        return which, order[low[which] + step]


def holders(scope: Scope, kind: Holder, where: Conditions) -> Holders:
    """The holders of the studios that the rule reaches; a studio without any place on its list is its only place."""
    everyone = np.flatnonzero(scope.studios)
    if kind == "studio":
        return _studios(kind, everyone, np.zeros(0, np.int64))
    table = scope.logs.log(kind)
    own = np.arange(len(table))
    place = _place(scope) if kind == "premises" else own
    fits = judge(where, Rows(scope.logs, kind))
    rows = np.flatnonzero((place == own) & scope.reached(kind) & ~fits.bad)
    number = np.full(len(table) + 1, -1)
    number[rows] = np.arange(len(rows))
    studio = table.studio[rows].astype(np.int64)
    many = np.bincount(table.studio[place == own], minlength=len(scope.studios))
    found = Holders(kind, rows, studio, fits.take(rows), number[place], many[studio] == 1)
    if kind != "premises" or where:
        return found
    bare = everyone[np.bincount(table.studio, minlength=len(scope.studios))[everyone] == 0]
    rest = _studios(kind, bare, found.of_row)
    joined = Answer(np.r_[found.meant.bad, rest.meant.bad], np.r_[found.meant.why, rest.meant.why])
    return Holders(
        kind, np.r_[rows, rest.rows], np.r_[studio, bare], joined, found.of_row, np.r_[found.alone, rest.alone]
    )


def _studios(kind: Holder, studios: Ints, of_row: Ints) -> Holders:
    n = len(studios)
    return Holders(kind, np.full(n, -1), studios.astype(np.int64), all_met(n), of_row, np.ones(n, bool))


def _place(scope: Scope) -> Ints:
    """For each row of the premises log the place it is a part of, itself where it is none."""
    there, _ = scope.logs.link("premises", "part_of")
    return np.where(there >= 0, there, np.arange(len(there)))


def active_days(scope: Scope, who: Holders) -> Spans:
    """The judged days of each holder: of the audit, not after the audit day, while studio and holder are active.

    Where it is not known when something began, from the studio's first record on.
    """
    days = scope.days
    n = len(who.rows)
    if days is None:
        return Spans(np.arange(n), np.full(n, 1), np.full(n, 0), np.zeros(n, np.uint8))
    first, last = start_of(days.first) // DAY, min(start_of(days.last), start_of(scope.as_of)) // DAY
    begin, until = in_service(scope, who)
    known = begin > EARLIEST
    begin = np.where(known, begin, _first_record(scope)[who.studio])
    return Spans(np.arange(n), np.maximum(begin, first), np.minimum(until, last), who.meant.why.astype(np.uint8))


def in_service(scope: Scope, who: Holders) -> tuple[Ints, Ints]:
    """First and last day on which each holder surely is in service."""
    n = len(who.rows)
    begin, until = np.full(n, EARLIEST), np.full(n, LATEST)
    for column, first in (("opened_on", True), ("closed_on", False)):
        cells = scope.logs.profile(column)
        assert isinstance(cells, Moments)
        day = cells.at[who.studio] // DAY
        known = cells.why[who.studio] == 0
        if first:
            begin = np.where(known, day, begin)
        else:
            until = np.where(known, day, until)
    stands = schema(who.log).stands if who.log != "studio" else None
    here = np.flatnonzero(who.rows >= 0)
    for columns, first in ((stands.begin, True), (stands.until, False)) if stands else ():
        for column in columns[:1]:
            cells = scope.logs.cells(who.log, column)
            assert isinstance(cells, Moments)
            cells = cells.take(who.rows[here])
            day = (end(cells.at, cells.precision) if first else cells.at) // DAY
            known = cells.why == 0
            if first:
                begin[here] = np.where(known, np.maximum(begin[here], day), begin[here])
            else:
                until[here] = np.where(known, np.minimum(until[here], day), until[here])
    return begin, until


def _first_record(scope: Scope) -> Ints:
    """The day of the first event of each studio; long after everything where there is none."""
    first = np.full(len(scope.studios), LATEST)
    for log in LOGS:
        known = schema(log)
        if known.stands is None and known.when and len(scope.logs.log(log)):
            at = scope.logs.cells(log, known.when)
            assert isinstance(at, Moments)
            rows = np.flatnonzero(at.why == 0)
            np.minimum.at(first, scope.logs.log(log).studio[rows], at.at[rows] // DAY)
    return np.where(first == LATEST, start_of(scope.as_of) // DAY, first)


def holder_path(log: str, kind: Holder) -> str | None:
    """The column of a log that names the holder, over one link if need be; None where nothing names it."""
    if kind == "studio":
        return None
    key = schema(kind).key
    if key in schema(log).columns:
        return key
    return next((f"{link}.{key}" for link, (_, to) in schema(log).links.items() if key in schema(to).columns), None)


def activity(scope: Scope, who: Holders, log: str, where: Conditions) -> Activity:
    """The records of a log that make papers due, by holder; a record that names none belongs to the only one, or may
    belong to any of its studio."""
    moment = schema(log).when
    if moment is None:
        raise ValueError(f"{log} has no event date, so it has no days")
    every = Rows(scope.logs, log)
    at = scope.logs.cells(log, moment)
    assert isinstance(at, Moments)
    fits = judge(where, every)
    rows = np.flatnonzero(~fits.bad & scope.reached(log))
    why = np.where(fits.why > 0, fits.why, at.why)[rows].astype(np.uint8)
    which, holder, unsure = assigned(scope, who, Rows(scope.logs, log, rows), holder_path(log, who.log))
    known = at.why[rows] == 0
    first = np.where(known, at.at[rows] // DAY, EARLIEST)
    last = np.where(known, end(at.at, at.precision)[rows] // DAY, LATEST)
    return Activity(holder, first[which], last[which], rows[which], np.where(why[which] > 0, why[which], unsure))


def _names_another_place(scope: Scope, records: Rows, path: str) -> Mask:
    """Which records name a place where no session of their studio took place, although sessions name places."""
    n = len(records)
    if path != "premises_id":
        return np.zeros(n, bool)
    own, places = records.cells(path), scope.logs.cells("sessions", "premises_id")
    assert isinstance(own, Coded) and isinstance(places, Coded)
    known = places.why == 0
    studio, of_sessions = (scope.logs.log(log).studio.astype(np.int64) for log in (records.log, "sessions"))
    studio, of_sessions = studio[records.rows], of_sessions[known]
    there = np.zeros((len(scope.studios), len(places.values) + 1), bool)
    there[of_sessions, places.codes[known]] = True
    named = there[studio, codes_in(own, places)]
    said = np.bincount(of_sessions, minlength=len(scope.studios)) > 0
    return np.asarray((own.why == 0) & ~named & said[studio])


def assigned(scope: Scope, who: Holders, records: Rows, path: str | None) -> tuple[Ints, Ints, Codes]:
    """The holders of some records: (index into the records, holder, why it only may be the one)."""
    assert records.rows is not None
    studio = scope.logs.log(records.log).studio[records.rows].astype(np.int64)
    if path is None:
        which, holder = who.of_studio(studio)
        return which, holder, np.zeros(len(which), np.uint8)
    every = Rows(scope.logs, who.log)
    found = pairs(records, every, {path: schema(who.log).key})
    keep = who.of_row[found.right] >= 0
    left, right = found.left[keep], who.of_row[found.right[keep]]
    loose, holder = who.of_studio(studio)
    open_to_all = (found.why[loose] > 0) | (who.rows[holder] < 0)
    loose, holder = loose[open_to_all], holder[open_to_all]
    elsewhere = (who.rows[holder] < 0) & _names_another_place(scope, records, path)[loose]
    unsure = np.where(who.alone[holder] & ~elsewhere, 0, Reason.ambiguous)
    return (
        np.r_[left, loose].astype(np.int64),
        np.r_[right, holder].astype(np.int64),
        np.r_[np.zeros(len(left), np.uint8), unsure].astype(np.uint8),
    )
