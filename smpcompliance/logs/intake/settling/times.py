"""Moments that a log by hand keeps in two places: the day under one head, the time under another, or a time alone.

Cells keep their text: a joined cell reads «03/10/2026 14:10», so that the order of its column's dates still decides,
and an end on the day after its beginning reads «03/10/2026 00:20 (+1 day)».
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import blanks, iso_days
from smpcompliance.logs.schema import LogSchema
from smpcompliance.logs.written import DateStyle, moment, time_of_day

AFTER_THE_BEGINNING = frozenset({"ended_at", "released_at"})
"""Moments that cannot come before their record begins: a time that seems to is a time of the day after."""

OFTEN_ANOTHER_DAY = frozenset(
    {"recorded_at", "discarded_at", "completed_at", "known_at", "reported_at", "evaluation_offered_at"}
)
"""Moments that may well be days after their record: a time alone does not take the record's day."""

_MAY_BE_TIME = r"^\D{0,8}\d{1,2}\s*([:hHaApPuU]|\.\d\d|\d\d\s*$|\d\d\s*[hHuU])"
_HAS_CLOCK = r"\d\s*:\s*\d{2}|\d\s*[hH]\s*(\d|$)|\d\s*[aApP]\.?\s?[mM]\b|\d\s*[uU]hr|\dT\d{4}"
_HAS_DATE = (
    r"\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d|\d{4}|\d[-/., ]*\pL{3,}[-/., ]*'?\d{2}|\pL{3,}[-/., ]*\d{1,2}[-/., ']+\d{2}"
)
_CLOCK_BEHIND = r"(?:T|[ ,]+)(\d{1,2}\s?(?::|[hH]|[aApP]\.?\s?[mM]).*)$"


@dataclass(frozen=True)
class Settled:
    """The columns of a table with whole moments.

    Attributes:
        columns: column → cells as text.
        heads: column → head as written; a joined one reads "Date + Start Time".
        unused: heads whose cells are not used.
        remarks: what the owner should know.
        days_of: column of times → column from which its cells took their days.
    """

    columns: dict[str, pa.Array]
    heads: dict[str, str]
    unused: tuple[str, ...]
    remarks: tuple[str, ...]
    days_of: dict[str, str]


@dataclass(frozen=True)
class _Times:
    """What a column holds of times: `seconds` since midnight (-1 where a cell is no time alone) and its cells' text."""

    seconds: Ints
    text: pa.Array
    alone: bool

    @property
    def rows(self) -> Ints:
        return np.flatnonzero(self.seconds >= 0)


def settled(known: LogSchema, found: Sequence[tuple[str, str, pa.Array]]) -> Settled:
    """Puts days and times together.

    Where two heads mean one moment, and one holds days only and the other times, they are joined row by row; where two
    heads mean one column otherwise, the first stands. A time alone takes the day of the record's own date
    (`known.when`); without a time of the beginning that is the day as written, also where work went over midnight.

    Args:
        found: (head, column, cells) of a table, in the order of its file.
    """
    columns: dict[str, pa.Array] = {}
    heads: dict[str, str] = {}
    unused: list[str] = []
    remarks: list[str] = []
    for column in dict.fromkeys(column for _, column, _ in found):
        own = [(head, cells) for head, name, cells in found if name == column]
        heads[column], columns[column] = own[0]
        if len(own) > 1 and known.columns[column].type == "moment" and (pair := _pair(own)):
            (day_head, days), (time_head, times) = pair
            heads[column], columns[column] = f"{day_head} + {time_head}", _joined(days, times.text)
            remarks.append(f"the heads '{day_head}' and '{time_head}' are read together as {column}")
            own = [entry for entry in own if entry[0] not in (day_head, time_head)]
            first = heads[column]
        else:
            first, own = heads[column], own[1:]
        unused += [head for head, _ in own]
        remarks += [f"the heads '{first}' and '{head}' both mean {column}; '{first}' is used" for head, _ in own]
    days_of = _take_days(known, columns, heads, remarks)
    return Settled(columns, heads, tuple(unused), tuple(remarks), days_of)


def _pair(own: Sequence[tuple[str, pa.Array]]) -> tuple[tuple[str, pa.Array], tuple[str, _Times]] | None:
    """The first head with days only and the first with times; None where one of them is missing."""
    times = {head: of for head, cells in own if (of := _times(cells)) and of.alone}
    days = [(head, cells) for head, cells in own if head not in times and _days_only(cells)]
    return (days[0], next(iter(times.items()))) if days and times else None


def _days_only(cells: pa.Array) -> bool:
    return not blanks(cells).all() and not arrow.numbers(pc.match_substring_regex(cells, _HAS_CLOCK)).any()


def _times(cells: pa.Array) -> _Times | None:
    """The times of a column; None where no cell is a time alone."""
    rows = np.flatnonzero(~iso_days(cells))
    rows = rows[arrow.numbers(pc.match_substring_regex(arrow.take(cells, rows), _MAY_BE_TIME))]
    if not len(rows):
        return None
    distinct = pc.dictionary_encode(arrow.take(cells, rows))
    texts, codes = distinct.dictionary.to_pylist(), arrow.numbers(distinct.indices)
    sure = [time_of_day(text) for text in texts]
    other = [
        time_of_day(text, of_times_only=True) if at is None else None for text, at in zip(texts, sure, strict=True)
    ]
    proof = [at is not None for at in sure]
    proof += [
        at is not None and isinstance(moment(text, DateStyle()), str) for text, at in zip(texts, other, strict=True)
    ]
    if not any(proof):
        return None
    left = ~blanks(cells)
    left[rows] &= np.array([a is None and b is None for a, b in zip(sure, other, strict=True)])[codes]
    rest = arrow.take(cells, np.flatnonzero(left))
    alone = not arrow.numbers(pc.match_substring_regex(rest, _HAS_DATE)).any()
    of = [
        at if at is not None else late if alone and late is not None else -1
        for at, late in zip(sure, other, strict=True)
    ]
    if max(of) < 0:
        return None
    seconds = np.full(len(cells), -1, np.int64)
    seconds[rows] = np.array(of, np.int64)[codes]
    return _Times(seconds, _readable(cells, rows, texts, codes, sure, of), alone)


def _readable(
    cells: pa.Array, rows: Ints, texts: list[str], codes: NDArray[np.int32], sure: list[int | None], of: list[int]
) -> pa.Array:
    """The cells as written, but times that only their column shows to be times (`1430`) like 14:30."""
    plain = [_clock(at) if at >= 0 and known is None else text for text, known, at in zip(texts, sure, of, strict=True)]
    if plain == texts:
        return cells
    return arrow.put(cells, rows, arrow.take(arrow.strings(plain), codes))


def _clock(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours:02d}:{minutes:02d}" + (f":{seconds % 60:02d}" if seconds % 60 else "")


def _joined(days: pa.Array, times: pa.Array, behind: NDArray[np.int64] | None = None) -> pa.Array:
    """Day and time of each row; one of them where the other is blank, and ` (+1 day)` where `behind` is 1."""
    no_day, no_time = blanks(days), blanks(times)
    marks = arrow.strings(["", " ", " (+1 day)"])
    none = np.zeros(len(days), np.int64)
    both = arrow.take(marks, np.where(no_day | no_time, 0, 1))
    after = arrow.take(marks, none if behind is None else 2 * behind)
    return pc.binary_join_element_wise(
        _without(days, no_day), both, _without(times, no_time), after, arrow.take(marks, none)
    )


def _without(cells: pa.Array, blank: Mask) -> pa.Array:
    """The cells, those that are blank really empty."""
    if not blank.any():
        return cells
    return arrow.put(cells, blank, arrow.repeated("", int(blank.sum())))


def _take_days(
    known: LogSchema, columns: dict[str, pa.Array], heads: Mapping[str, str], remarks: list[str]
) -> dict[str, str]:
    """Gives the times alone in `columns` the day of their record; the result is `Settled.days_of`."""
    when, days_of = known.when, {}
    if when is None or when not in columns:
        return {}
    for name in columns:
        if known.columns[name].type != "moment" or name == when or name in OFTEN_ANOTHER_DAY:
            continue
        if (times := _times(columns[name])) is None:
            continue
        rows = times.rows
        days, begin, sure = _days_and_beginnings(arrow.take(columns[when], rows))
        later = (begin > times.seconds[rows]) & sure & (name in AFTER_THE_BEGINNING)
        dated = _joined(_without(days, ~sure), arrow.take(times.text, rows), later.astype(np.int64))
        columns[name] = arrow.put(columns[name], rows, dated)
        if not sure.any():
            continue
        if times.alone:
            days_of[name] = when
        over = int(later.sum())
        remarks.append(
            f"times under '{heads[name]}' take the day of '{heads[when]}'"
            + (
                f"; {over} of them {'is' if over == 1 else 'are'} before the beginning and so of the day after"
                * bool(over)
            )
        )
    return days_of


def _days_and_beginnings(cells: pa.Array) -> tuple[pa.Array, Ints, Mask]:
    """Of the moments of records: the day as written, seconds since midnight (-1 = no time), and where there is a day.

    A moment with an offset has no day here: in local time it may be another one.
    """
    clocked = arrow.numbers(pc.match_substring_regex(cells, _CLOCK_BEHIND))
    days = pc.replace_substring_regex(cells, _CLOCK_BEHIND, "")
    clocks = pc.dictionary_encode(pc.replace_substring_regex(cells, "^.*?" + _CLOCK_BEHIND, r"\1"))
    told = np.array(
        [-1 if (at := time_of_day(t)) is None else at for t in clocks.dictionary.to_pylist()] + [-1], np.int64
    )
    begin = np.where(clocked, told[arrow.numbers(clocks.indices)], -1)
    alone = arrow.numbers(pc.match_substring_regex(cells, _HAS_DATE))
    return days, begin, alone & ~blanks(cells) & ~(clocked & (begin < 0))
