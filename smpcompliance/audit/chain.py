"""The chain of evidence behind a record: from a sitting to its form, its supplies, their packs, the load, the machine
and the spore tests before and after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from smpcompliance.dates import DAY, Ints
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.table import Logs

MOST = 5
"""Records that lead to the one drawn, as far as they are followed; the rest is counted."""

Role = Literal["record", "test_before", "test_that_day", "test_after"]


@dataclass(frozen=True)
class Step:
    """One record of a chain, or what is missing where one should be.

    Attributes:
        log: the log of the record.
        row: its row there; -1 where there is none.
        role: a spore test stands before, on the day of, or after what was drawn.
        missing: why there is none: nothing is written (blank), what is written is in no log (dangling), the log was not
            handed in (no_log), or no such record exists (none); empty where there is one.
        written: what is written where the record should be named.
        more: how many more records lead to the one drawn, which are not followed.
    """

    log: str
    row: int
    role: Role = "record"
    missing: Literal["", "blank", "dangling", "no_log", "none"] = ""
    written: str = ""
    more: int = 0


@dataclass(frozen=True)
class _To:
    """A link to follow; `needed`: that it is blank is said."""

    link: str
    then: "tuple[_Way, ...]" = ()
    needed: bool = False


@dataclass(frozen=True)
class _From:
    """The records of a log whose link leads here; `needed`: that there is none is said."""

    log: str
    link: str
    then: "tuple[_Way, ...]" = ()
    needed: bool = False
    all: bool = False


@dataclass(frozen=True)
class _Tests:
    """The spore tests of the same machine around the day of the record."""


_Way = _To | _From | _Tests

_LOAD: tuple[_Way, ...] = (_To("equipment", needed=True), _Tests(), _To("operator"))
_PACK: tuple[_Way, ...] = (_To("lot", (_To("cycle", _LOAD),)), _To("cycle", _LOAD))
_CHAINS: dict[str, tuple[_Way, ...]] = {
    "sessions": (
        _To("consent", needed=True),
        _To("client", needed=True),
        _To("practitioner", needed=True),
        _From("session_supplies", "session", _PACK, needed=True, all=True),
    ),
    "sterilization_cycles": (
        *_LOAD,
        _From("session_supplies", "cycle", (_To("session"),)),
        _From("supply_lots", "cycle"),
    ),
    "spore_tests": (_To("equipment", needed=True), _To("cycle"), _Tests()),
    "consent_forms": (
        _To("client", needed=True),
        _To("practitioner"),
        _To("form_version"),
        _From("sessions", "consent", needed=True),
    ),
}


def chain(logs: Logs, log: str, row: int) -> list[Step]:
    """The record itself and what stands behind it, each record once, in the order in which they are looked up."""
    walk = _Walk(logs, {(log, row)})
    return [Step(log, row), *walk.steps(log, row, _CHAINS[log])]


@dataclass(frozen=True)
class _Walk:
    logs: Logs
    seen: set[tuple[str, int]]

    def steps(self, log: str, row: int, ways: Sequence[_Way]) -> Iterator[Step]:
        for way in ways:
            match way:
                case _To():
                    yield from self._to(log, row, way)
                case _From():
                    yield from self._from(log, row, way)
                case _Tests():
                    yield from self._tests(log, row)

    def _to(self, log: str, row: int, way: _To) -> Iterator[Step]:
        column, there = self.logs.log(log).schema.links[way.link]
        rows, why = self.logs.link(log, way.link)
        target, reason = int(rows[row]), int(why[row])
        if target >= 0:
            yield from self._record(there, target, way.then)
        elif reason in (Reason.dangling, Reason.no_log):
            missing: Literal["dangling", "no_log"] = "dangling" if reason == Reason.dangling else "no_log"
            yield from self._missing(Step(there, -1, missing=missing, written=self.logs.cells(log, column).text(row)))
        elif way.needed:
            yield Step(there, -1, missing="blank")

    def _from(self, log: str, row: int, way: _From) -> Iterator[Step]:
        studio = self.logs.log(log).studio[row]
        if not self.logs.has(way.log)[studio]:
            yield from self._missing(Step(way.log, -1, missing="no_log")) if way.needed else ()
            return
        rows, _ = self.logs.link(way.log, way.link)
        leading = [int(n) for n in np.flatnonzero(rows == row)]
        kept = leading if way.all else leading[:MOST]
        for each in kept:
            yield from self._record(way.log, each, way.then)
        if len(kept) < len(leading):
            yield Step(way.log, -1, more=len(leading) - len(kept))
        if not leading and way.needed:
            yield Step(way.log, -1, missing="none")

    def _record(self, log: str, row: int, then: Sequence[_Way]) -> Iterator[Step]:
        if (log, row) in self.seen:
            return
        self.seen.add((log, row))
        if not self.logs.log(log).made_up[row]:
            yield Step(log, row)
        yield from self.steps(log, row, then)

    def _missing(self, step: Step) -> Iterator[Step]:
        """A record that is missing, said once."""
        place = (f"{step.log}/{step.missing}/{step.written}", -1)
        if place not in self.seen:
            self.seen.add(place)
            yield step

    def _tests(self, log: str, row: int) -> Iterator[Step]:
        """The last spore test of the machine before the day of a record, those of that day, and the first after it."""
        studio = self.logs.log(log).studio[row]
        moment = self.logs.cells(log, self.logs.log(log).schema.when or "")
        machine = self.logs.cells(log, "equipment_id")
        assert isinstance(moment, Moments)
        if moment.why[row] or machine.why[row]:
            return
        if not self.logs.has("spore_tests")[studio]:
            yield from self._missing(Step("spore_tests", -1, missing="no_log"))
            return
        rows, days = self._tests_of(machine.text(row), int(studio))
        day = int(moment.at[row]) // DAY
        rows, days = (rows[rows != row], days[rows != row]) if log == "spore_tests" else (rows, days)
        before, same, after = rows[days < day], rows[days == day], rows[days > day]
        yield from self._test(before[-1:], "test_before", log != "spore_tests" and not len(same))
        yield from self._test(same, "test_that_day", False)
        yield from self._test(after[:1], "test_after", not len(same))

    def _test(self, rows: Ints, role: Role, needed: bool) -> Iterator[Step]:
        for row in rows.tolist():
            if ("spore_tests", row) not in self.seen:
                self.seen.add(("spore_tests", row))
                yield Step("spore_tests", row, role)
        if not len(rows) and needed:
            yield Step("spore_tests", -1, role, "none")

    def _tests_of(self, machine: str, studio: int) -> tuple[Ints, Ints]:
        """The dated spore tests of a machine in the order of their days, and those days."""
        table = self.logs.log("spore_tests")
        own, tested = self.logs.cells("spore_tests", "equipment_id"), self.logs.cells("spore_tests", "tested_at")
        assert isinstance(own, Coded) and isinstance(tested, Moments)
        rows = np.flatnonzero((table.studio == studio) & own.where(lambda value: value == machine) & (tested.why == 0))
        order = rows[np.lexsort((rows, tested.at[rows]))]
        return order, tested.at[order] // DAY
