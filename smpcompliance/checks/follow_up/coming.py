"""Which events still wait for what must follow them, until when, and which have waited too long."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.base import Scope, group_keys
from smpcompliance.checks.condition import Length
from smpcompliance.checks.follow_up.cure import Cure, Deadline
from smpcompliance.checks.follow_up.occasions import Occasions
from smpcompliance.checks.follow_up.parts import Follower
from smpcompliance.checks.judging import Rows, holidays_of, latest_start
from smpcompliance.checks.probing import service_ends
from smpcompliance.checks.service import complete_from
from smpcompliance.checks.upcoming import NO_DAY
from smpcompliance.dates import DATE, DAY, YEAR, Codes, Ints, Mask, floor, start_of
from smpcompliance.logs.cells import Reason


@dataclass(frozen=True)
class Waiting:
    """Events without a cure: place among the events, last day in time, breached, why it cannot be told."""

    place: Ints
    due: Ints
    late: Mask
    why: Codes
    conditional: Mask

    def take(self, keep: Mask | Ints) -> "Waiting":
        """Some of them."""
        return Waiting(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})


def waiting(
    scope: Scope, here: Rows, found: Occasions, exists: Answer, cure: Cure, due: Deadline | None, lead: Length | None,
    then: Follower, broken: Mask, same: Sequence[str],
) -> Waiting:  # fmt: skip
    """The events of the version's own days that surely or possibly wait; a cure of a later day has not come yet.

    Args:
        exists: whether each surely is an event; `cure` what cures it; `due` until when.
        broken: after which of them surely was done what must not be before the cure.
        same: the columns of an event that name its subject.
    """
    today, known = start_of(scope.as_of), found.time.level <= YEAR
    low = np.where(known, found.time.low, 0)
    came = (cure.sure >= 0) & (cure.time(cure.sure).low < today + DAY)
    own = scope.valid.holds(floor(low, DATE)) & known & ~exists.bad & ~came
    happened = low < today + DAY
    conditional = np.zeros(len(known), bool)
    if lead:
        own &= low >= today
        last = latest_start(low, lead, holidays_of(here)) // DAY
    else:
        own &= happened if due else True
        last = due.last // DAY if due else np.where(happened, NO_DAY, low // DAY)
        conditional = np.full(len(known), due is None)
    if due is None and not lead:
        used = np.where(happened, today // DAY, low // DAY)
        own &= service_ends(scope, here.log, found.rows, same) >= used
    late = broken | (last < today // DAY)
    studio = here.logs.log(here.log).studio[found.rows]
    begun = complete_from(scope, then.log, then.at)[studio]
    none = (cure.possible == -1) | (cure.sure >= 0)
    why = np.where(none, exists.why, np.where(cure.why > 0, cure.why, Reason.precision))
    unseen = late & (low // DAY < begun) & (why == 0)
    why = np.where(unseen, Reason.history_starts_late, why).astype(np.uint8)
    place = np.flatnonzero(own)
    return Waiting(place, last[place], (late & (why == 0))[place], why[place], (conditional & ~late)[place])


def first_of_each(scope: Scope, log: str, same: Sequence[str], rows: Ints, found: Waiting) -> Waiting:
    """One event for each subject, as one cure is enough: the one that is due first, certain ones before others."""
    key, _ = group_keys(scope.logs, log, list(same), rows[found.place])
    newest = np.where(found.due == NO_DAY, -found.place, found.place)
    order = np.lexsort((newest, found.due, ~found.late, found.why > 0, key))
    first = order[np.unique(key[order], return_index=True)[1]]
    return found.take(np.sort(first))
