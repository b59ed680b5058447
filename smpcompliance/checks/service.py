"""When subjects are in service, and from when on their log is complete."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.base import Scope
from smpcompliance.checks.judging import column_of
from smpcompliance.checks.stretches import day_number
from smpcompliance.checks.subjects import FAR, Happenings, Subjects
from smpcompliance.dates import DAY, FIRST_DAY, Ints, Mask, end
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import codes_in, first_rows


@dataclass(frozen=True)
class Service:
    """When subjects are in service, in days, both included.

    Attributes:
        since: first day.
        until: last day; far away where none is known.
        written: the day before which, as is written down, service cannot have begun (the register's, the studio's
            opening, or that on which the rule began in the midst of service); long ago where nothing is.
    """

    since: Ints
    until: Ints
    written: Ints

    @property
    def stated(self) -> Mask:
        """Whether the first day was written down (or the rule began then), not inferred from the first record."""
        return np.asarray(self.since == self.written)


def service(
    scope: Scope,
    per: Sequence[str],
    log: str,
    subjects: Subjects,
    records: Sequence[Happenings],
    *,
    opening_starts: bool = True,
) -> Service:
    """The service of each subject: from the day its standing record says, else from its first record.

    Never before the studio opened or the rule came into force. A subject without a record is in service since the
    studio opened, or else in the period.

    Args:
        records: from which a first record is taken, those that tell most first.
        opening_starts: whether subjects without a day of their own are in service since their studio opened, although
            their first record is later.
    """
    n = len(subjects)
    begin, finish = np.full(n, -FAR), np.full(n, FAR)
    for column, path in enumerate(per):
        target = column_of(log, path).to
        stands = schema(target).stands if target else None
        if target and stands:
            rows = standing_rows(scope, target, subjects, column)
            begin = np.maximum(begin, _first_filled(scope, target, rows, stands.begin, -FAR))
            finish = np.minimum(finish, _first_filled(scope, target, rows, stands.until, FAR))
    opened, closed = (
        _of_studio(scope, subjects, field, far) for field, far in (("opened_on", -FAR), ("closed_on", FAR))
    )
    first = _first_record(n, records)
    period = day_number(scope.period.first) if scope.period.first > FIRST_DAY else day_number(scope.as_of)
    usual = np.where(opened > -FAR, opened, np.where(first < FAR, first, period))
    if not opening_starts:
        usual = np.where(first < FAR, first, usual)
    written = np.maximum(begin, opened)
    since = np.maximum(np.where(begin > -FAR, begin, usual), written)
    lawful = day_number(scope.valid.first)
    written = np.where(lawful > since, lawful, written)
    return Service(np.maximum(since, lawful), np.minimum(finish, closed), written)


def _of_studio(scope: Scope, subjects: Subjects, field: str, default: int) -> Ints:
    """A day of the profile of each subject's studio."""
    days = [getattr(studio, field) for studio in scope.logs.studios]
    return np.array([day_number(day) if day else default for day in days], np.int64)[subjects.studio]


def standing_rows(scope: Scope, target: str, subjects: Subjects, column: int) -> Ints:
    """The row of each subject in the standing log that describes it, -1 where there is none."""
    table, own = scope.logs.log(target), subjects.values[column]
    keys = scope.logs.cells(target, table.schema.key)
    assert isinstance(keys, Coded)
    codes = codes_in(own, keys)
    width = len(keys.values) + 1
    return first_rows(
        table.studio.astype(np.int64) * width + keys.codes, keys.why == 0, subjects.studio * width + codes, codes >= 0
    )


def _first_filled(scope: Scope, log: str, rows: Ints, columns: Sequence[str], default: int) -> Ints:
    out = np.full(len(rows), default, np.int64)
    lacking = np.where(rows < 0, Reason.dangling, 0).astype(np.uint8)
    for column in columns[::-1]:
        cells = scope.logs.cells(log, column).take(rows, lacking)
        assert isinstance(cells, Moments)
        day = (end(cells.at, cells.precision) if default < 0 else cells.at) // DAY
        out = np.where(cells.why == 0, day, out)
    return out


def _first_record(n: int, records: Sequence[Happenings]) -> Ints:
    first = np.full(n, FAR)
    for found in records:
        exact = np.flatnonzero(found.exact & (found.subject >= 0))
        here = np.full(n, FAR)
        np.minimum.at(here, found.subject[exact], found.low[exact])
        first = np.where(first < FAR, first, here)
    return first


def covered_from(scope: Scope, log: str, when: str | None) -> Ints:
    """Per studio the day from which its log surely holds every record: the period's first day, or the log's own.

    A register of standing records (papers, courses) is complete as it is.
    """
    start = np.full(len(scope.studios), day_number(scope.period.first))
    if schema(log).stands is not None:
        return np.full(len(scope.studios), -FAR)
    cells = scope.logs.cells(log, when or schema(log).when or "")
    assert isinstance(cells, Moments)
    known = np.flatnonzero(cells.why == 0)
    np.minimum.at(start, scope.logs.log(log).studio[known], cells.at[known] // DAY)
    return start


def complete_from(scope: Scope, log: str, when: str | None) -> Ints:
    """Per studio the day from which its log holds every record: that of its first; one handed in empty is complete."""
    if schema(log).stands is not None:
        return np.full(len(scope.studios), -FAR)
    cells = scope.logs.cells(log, when or schema(log).when or "")
    assert isinstance(cells, Moments)
    known = np.flatnonzero(cells.why == 0)
    start = np.full(len(scope.studios), FAR)
    np.minimum.at(start, scope.logs.log(log).studio[known], cells.at[known] // DAY)
    return np.where(start == FAR, -FAR, np.minimum(start, day_number(scope.as_of)))
