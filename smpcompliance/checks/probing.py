"""Until when a record would find what it needs: the same question is asked of the same record on later days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.base import Scope, group_keys
from smpcompliance.checks.find import Match
from smpcompliance.checks.judging import Rows
from smpcompliance.checks.sought import Find
from smpcompliance.checks.upcoming import NO_DAY, asked_from, day_of
from smpcompliance.dates import DATE, DAY, Codes, Ints, Mask, end, floor
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.schema import schema
from smpcompliance.logs.standing import last_days

Seeking = Callable[[Rows], tuple[Match, Answer]]
_ENDS = {"document": "expires_on", "training": "expires_on", "lot": "usable_until"}
_LAST_DAYS = ("expires_on", "usable_until", "next_due_on", "until_on", "left_on", "closed_on", "retired_on")


def ends_named(find: Find, moment: str | None) -> list[str]:
    """The columns of a candidate that say until when it is good for a record: of its kind, or compared in `where`."""
    if find.none or find.at not in (None, moment):
        return []
    compared = [path for path in _not_before(find, moment) if path in _LAST_DAYS]
    valid = [_ENDS[find.valid]] if find.valid in _ENDS else []
    return list(dict.fromkeys(valid + compared))


def answers_named(find: Find, moment: str | None) -> list[str]:
    """The columns of a candidate that say when it answered a record (a report that was sent since), and end nothing."""
    if find.none or find.at not in (None, moment):
        return []
    return [path for path in _not_before(find, moment) if path not in _LAST_DAYS]


def _not_before(find: Find, moment: str | None) -> list[str]:
    compared = [path for path, c, _ in find.where.columns() if c.not_before and c.not_before == moment]
    return [path for path in compared if "." not in path]


@dataclass(frozen=True)
class Lasting:
    """For the last record of each subject until when what it needs is there.

    Attributes:
        rows: that record; `due` the last day, `NO_DAY` where no end is in sight.
        late: the record itself did not find it, and nothing has been entered since.
        candidate: row of the record that ends on that day, -1 without one.
        why: why it cannot be told.
    """

    rows: Ints
    due: Ints
    late: Mask
    candidate: Ints
    why: Codes

    def take(self, keep: Mask) -> "Lasting":
        """Some of them."""
        return Lasting(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))


def lasting(scope: Scope, log: str, moment: str, rows: Ints, find: Find, seeking: Seeking) -> Lasting:
    """Asks again on the day of the list, and on the day after each end of what was found, until nothing is found.

    Args:
        rows: the last record of each subject.
    """
    start, n = asked_from(scope), len(rows)
    match, own = seeking(Rows(scope.logs, log, rows))
    ends = _ends(scope, match, find, ends_named(find, moment))
    place, until, other = match.candidates.left, ends, match.candidates.right
    day, due, open_ = np.full(n, start), np.full(n, NO_DAY), np.ones(n, bool)
    why, bare = np.zeros(n, np.uint8), np.zeros(n, bool)
    while open_.any():
        found = _on_day(scope, log, moment, rows, day, seeking)
        bare |= open_ & found.bad & (day == start)
        due = np.where(open_ & found.bad, day - 1, due)
        why = np.where(open_ & found.unknown, found.why, why).astype(np.uint8)
        open_ &= found.met
        following = np.full(n, NO_DAY)
        ahead = until >= day[place]
        np.minimum.at(following, place[ahead], until[ahead])
        open_ &= following < NO_DAY
        day = np.where(open_, following + 1, day)
    past = until < start
    ended = np.full(n, -NO_DAY)
    np.maximum.at(ended, place[past], until[past])
    bare &= start == day_of(scope.as_of)
    used = _days(scope, log, moment, rows)
    late = bare & own.bad
    due = np.where(bare, np.where(ended > -NO_DAY, np.minimum(ended, np.where(late, used, ended)), used), due)
    candidate = np.full(n, -1)
    fits = until == due[place]
    candidate[place[fits]] = other[fits]
    return Lasting(rows, due, late & (why == 0), candidate, why).take((due < NO_DAY) | (why > 0))


def unanswered(scope: Scope, log: str, moment: str, rows: Ints, seeking: Seeking) -> Lasting:
    """The last record of each subject, where nothing has answered it: a later answer is one to all before it."""
    _, own = seeking(Rows(scope.logs, log, rows))
    none = np.full(len(rows), -1)
    found = Lasting(rows, _days(scope, log, moment, rows), own.bad, none, own.why)
    return found.take(own.bad | own.unknown)


def last_of_each(
    scope: Scope, log: str, moment: str, rows: Ints, keys: Sequence[str], *, needed: Sequence[str]
) -> Ints:
    """The last record of each subject that is still in service.

    Args:
        keys: the columns that name the subject; of those that are not `needed` a blank is a value like others.
    """
    key, _ = group_keys(scope.logs, log, keys, rows)
    _, why = group_keys(scope.logs, log, needed, rows)
    today = day_of(scope.as_of)
    day = _days(scope, log, moment, rows)
    usable = np.flatnonzero((why == 0) & (service_ends(scope, log, rows, keys) >= today) & (day <= today))
    order = usable[np.lexsort((rows[usable], day[usable], key[usable]))]
    last = order[np.r_[key[order][1:] != key[order][:-1], True]] if len(order) else order
    return rows[np.sort(last)]


def service_ends(scope: Scope, log: str, rows: Ints, keys: Sequence[str]) -> Ints:
    """The last day of the machine, person or place that some columns of each record name; far away without one."""
    ends = np.full(len(rows), NO_DAY)
    for link, (column, register) in schema(log).links.items():
        if column in keys:
            there, _ = scope.logs.link(log, link)
            ends = np.minimum(ends, np.append(last_days(scope.logs, register), NO_DAY)[there[rows]])
    if schema(log).key in keys:
        ends = np.minimum(ends, last_days(scope.logs, log)[rows])
    return ends


def _days(scope: Scope, log: str, moment: str, rows: Ints) -> Ints:
    cells = scope.logs.cells(log, moment).take(rows)
    assert isinstance(cells, Moments)
    return np.where(cells.why == 0, floor(cells.at, np.maximum(cells.precision, DATE)) // DAY, NO_DAY)


def _ends(scope: Scope, match: Match, find: Find, columns: Sequence[str]) -> Ints:
    """The last day of each candidate pair; far away where it has none."""
    last = np.full(len(match.candidates.right), NO_DAY)
    for column in columns:
        cells = scope.logs.cells(find.log, column).take(match.candidates.right)
        assert isinstance(cells, Moments)
        day = end(cells.at, np.maximum(cells.precision, DATE)) // DAY
        last = np.where(cells.why == 0, np.minimum(last, day), last)
    return last


def _on_day(scope: Scope, log: str, moment: str, rows: Ints, day: Ints, seeking: Seeking) -> Answer:
    """The answer for each record, had it happened on another day."""
    real = scope.logs.cells(log, moment)
    assert isinstance(real, Moments)
    why, at, precision = real.why.copy(), real.at.copy(), real.precision.copy()
    why[rows], at[rows], precision[rows] = 0, day * DAY, DATE
    logs = scope.logs.supposing(log, moment, Moments(why, at, precision))
    return seeking(Rows(logs, log, rows))[1]
