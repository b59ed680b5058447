"""Counters that start again: what excuses a fall of a running number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.stretches import Timeline
from smpcompliance.dates import DATE, Codes, Ints
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.table import codes_in

if TYPE_CHECKING:
    from smpcompliance.checks.sequence.neighbours import Members

_EVENTS, _MACHINE = "equipment_events", "equipment_id"


@dataclass(frozen=True)
class Resets:
    """What happened to machines: sure events in order, and for each studio why there may be others (0 = none).

    Attributes:
        machine: for members of a log the number of their machine among the events.
    """

    members: "Members"
    events: Timeline
    possible: Codes
    words: Sequence[str]

    @classmethod
    def of(cls, members: "Members", words: Sequence[str]) -> "Resets":
        """Reads the events of these types."""
        scope = members.scope
        logs, studios = scope.logs, len(scope.studios)
        none = np.zeros(0, np.int64)
        if not words:
            return cls(members, Timeline(none, none), np.zeros(studios, np.uint8), words)
        table = logs.log(_EVENTS)
        meant = judge(Conditions.model_validate({"event_type": {"enum": list(words)}}), Rows(logs, _EVENTS))
        at, machine = logs.cells(_EVENTS, "happened_at"), logs.cells(_EVENTS, _MACHINE)
        assert isinstance(at, Moments) and isinstance(machine, Coded)
        lonely = np.zeros(studios, bool)
        lonely[members.records.studio[members.lonely]] = True
        nameless = lonely[table.studio]
        why = np.where(meant.why > 0, meant.why, at.why)
        why = np.where((why == 0) & (at.precision > DATE), Reason.precision, why)
        why = np.where((why == 0) & ~nameless, machine.why, why).astype(np.uint8)
        sure = ~meant.bad & (why == 0)
        key = table.studio.astype(np.int64) * (len(machine.values) + 1) + np.where(nameless, 0, machine.codes + 1)
        possible = np.zeros(studios, np.uint8)
        doubtful = np.flatnonzero(~meant.bad & (why > 0))
        possible[table.studio[doubtful]] = why[doubtful]
        possible = np.where(logs.has(_EVENTS), possible, Reason.no_log).astype(np.uint8)
        timeline = Timeline.of(key[sure], at.at[sure], at.precision[sure] < DATE)
        return cls(members, timeline, possible, words)

    def excuse(self, known: "Members", after: Ints, falls: Ints) -> Answer:
        """For each pair (place `after` and the one before) whether a fall is excused; only `falls` are looked at."""
        bad, why = np.ones(len(after), bool), np.zeros(len(after), np.uint8)
        if len(falls):
            here = after[falls]
            happened = self._happened(known, here) if self.words else np.zeros(len(here), bool)
            excused = happened | self._runs_on(known, here)
            bad[falls] = ~excused
            studio = known.records.studio[here]
            why[falls] = np.where(excused, 0, self.possible[studio])
        return Answer(bad & (why == 0), why)

    def _happened(self, known: "Members", after: Ints) -> np.ndarray:
        logs, moment = known.scope.logs, known.records.moment
        machine = logs.cells(_EVENTS, _MACHINE)
        assert isinstance(machine, Coded)
        studio = known.records.studio[after]
        code = np.full(len(after), -1, np.int64)
        if _MACHINE in logs.log(known.log).schema.columns:
            own = logs.cells(known.log, _MACHINE)
            assert isinstance(own, Coded)
            code = codes_in(own, machine)[known.records.rows[after]]
        key = studio * (len(machine.values) + 1) + np.where(known.lonely[after], 0, code + 1)
        listed = known.lonely[after] | (code >= 0)
        timed = moment.precision < DATE
        count = self.events.upto(key, moment.at[after], timed[after])
        return listed & (count > self.events.before(key, moment.at[after - 1], timed[after - 1]))

    def _runs_on(self, known: "Members", after: Ints) -> np.ndarray:
        """Whether the number at the end of the records' own keys runs on."""
        table = known.scope.logs.log(known.log)
        keys, rows = known.scope.logs.cells(known.log, table.schema.key), known.records.rows
        numbers = [[_last_number(keys.text(int(rows[at]))) for at in (place - 1, place)] for place in after]
        return np.array([a is not None and b is not None and b == a + 1 for a, b in numbers], bool)


def _last_number(text: str) -> int | None:
    found = re.search(r"(\d+)$", text)
    return int(found.group(1)) if found else None
