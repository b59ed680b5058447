"""What a check will ask for next: the other side of its verdict, reckoned by the same code.

The due day of a thing is the last day in time: the last day on which an audit that saw no further record would still
find nothing. What that day is by another version of the law, the check of that version says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.dates import DAY, Codes, Ints, Mask, start_of
from smpcompliance.logs.cells import Reason

if TYPE_CHECKING:
    from smpcompliance.checks.base import Scope

NO_DAY = 10**7
"""Stands for the day (since 1970-01-01) of what has none: it is due before a use, or after so many uses."""


@dataclass(frozen=True)
class Upcoming:
    """Things that are due, that were due and are still open, or of which that cannot be told; one entry each.

    Attributes:
        log, rows: the record it is reckoned from (the last test, the paper, the lot, the event); row -1 without one.
        studio: studio code of each.
        due: last day in time, in days since 1970-01-01; `NO_DAY` where there is none.
        late: it was breached and nothing has mended it since; else its time has not come.
        conditional: it is due only if the thing is used, or work goes on.
        why: a Reason where it cannot be told whether and when it is due; 0 where it can.
        subject: what it is due for, as name → one value per entry, e.g. `equipment_id`.
        column: of the evidence.
        kind: the log that lists such subjects, `studio` for the studio itself.
        offered: nobody breaches anything by letting the day pass.
        uses_left: how many more uses are allowed; -1 where it is not counted in uses.
        words: from what each was reckoned.
        reasons: (studio, Reason) pairs for what belongs to no subject: a log that was not handed in.
    """

    log: str
    rows: Ints
    studio: Ints
    due: Ints
    late: Mask
    conditional: Mask
    why: Codes
    subject: Mapping[str, Sequence[str]] = field(default_factory=dict)
    column: str = ""
    kind: str = "studio"
    uses_left: Ints | None = None
    offered: bool = False
    words: Callable[[int], str] = lambda _entry: ""
    reasons: tuple[tuple[int, Reason], ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: Ints) -> "Upcoming":
        """Some entries, by their places."""
        names = ("rows", "studio", "due", "late", "conditional", "why")
        left = None if self.uses_left is None else self.uses_left[keep]
        subject = {name: [values[n] for n in keep.tolist()] for name, values in self.subject.items()}
        return replace(
            self, **{name: getattr(self, name)[keep] for name in names}, uses_left=left, subject=subject,
            words=lambda entry: self.words(int(keep[entry])),
        )  # fmt: skip

    def where_handed_in(self, studios: int) -> "Upcoming":
        """The entries of studios to which none of `reasons` belongs; of the others nothing can be told."""
        lacking = np.zeros(studios, bool)
        lacking[[studio for studio, _ in self.reasons]] = True
        return self.take(np.flatnonzero(~lacking[self.studio]))

    def left(self, entry: int) -> int | None:
        """How many more uses an entry allows, None where it is not counted in uses."""
        return None if self.uses_left is None or self.uses_left[entry] < 0 else int(self.uses_left[entry])


def nothing_due(log: str, reasons: tuple[tuple[int, Reason], ...] = ()) -> Upcoming:
    """No entries."""
    none, no = np.zeros(0, np.int64), np.zeros(0, bool)
    return Upcoming(log, none, none, none, no, no, np.zeros(0, np.uint8), reasons=reasons)


def day_of(day: date) -> int:
    """Days since 1970-01-01."""
    return start_of(day) // DAY


def asked_from(scope: "Scope") -> int:
    """The first day, from the audit day on, for which a version of a rule asks anything."""
    return day_of(max(scope.as_of, scope.valid.first))


def in_law(scope: "Scope", due: Ints) -> Mask:
    """Of which due days the day after, on which it would be too late, is a day of the version's own law."""
    return np.asarray((due + 1 >= day_of(scope.valid.first)) & (due + 1 <= day_of(scope.valid.last)) | (due >= NO_DAY))
