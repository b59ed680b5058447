"""The studios' profiles as rows, so that `applies_to` is judged like any other condition."""

import numpy as np

from smpcompliance.checks.judging import Rows
from smpcompliance.dates import Mask
from smpcompliance.logs.cells import Cells, Coded
from smpcompliance.logs.table import Logs


class Profiles(Rows):
    """One row per studio; the columns are `studio.<field>`.

    What a studio was seen to do counts with what it says it does: its procedures are those of its profile and those of
    its performed sessions.
    """

    def __init__(self, logs: Logs) -> None:
        super().__init__(logs, "", None)

    def __len__(self) -> int:
        return len(self.logs.studios)

    def cells(self, path: str) -> Cells:
        cells = self.logs.profile(path.removeprefix("studio."))
        if path == "studio.procedures" and isinstance(cells, Coded):
            return self.logs.memo.get("procedures said or seen", lambda: self._with_seen(cells))
        return cells

    def _with_seen(self, said: Coded) -> Coded:
        seen = seen_procedures(self.logs)
        both = [
            frozenset(said.values[code]) | seen[n] if code >= 0 else frozenset() for n, code in enumerate(said.codes)
        ]
        place = {words: n for n, words in enumerate(dict.fromkeys(both))}
        codes = [place[words] if code >= 0 else -1 for words, code in zip(both, said.codes, strict=True)]
        return Coded(said.why, np.array(codes, np.int32), tuple(place))

    def unmapped(self, path: str) -> Mask:
        return np.zeros(len(self), bool)


def seen_procedures(logs: Logs) -> list[frozenset[str]]:
    """The procedures of the performed sessions of each studio; of all sessions where the log has no status."""
    return logs.memo.get("seen procedures", lambda: _seen_procedures(logs))


def _seen_procedures(logs: Logs) -> list[frozenset[str]]:
    procedure, status = logs.cells("sessions", "procedure"), logs.cells("sessions", "status")
    assert isinstance(procedure, Coded) and isinstance(status, Coded)
    done = (procedure.why == 0) & (status.where(lambda word: word == "performed") | (status.why > 0))
    there = np.zeros((len(logs.studios), len(procedure.values)), bool)
    there[logs.log("sessions").studio[done], procedure.codes[done]] = True
    return [frozenset(str(procedure.values[code]) for code in np.flatnonzero(row)) for row in there]
