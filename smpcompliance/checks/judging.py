"""Judging conditions: each constraint on a whole column at once, with an answer of three values per record."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer, any_of
from smpcompliance.checks.condition import Apart, Bound, Conditions, Constraint, said_of
from smpcompliance.dates import (
    DATE,
    DAY,
    MONTH,
    TIME,
    Codes,
    Duration,
    Ints,
    Mask,
    add,
    day,
    end,
    floor,
    holidays,
    start_of,
)
from smpcompliance.logs.cells import Cells, Coded, Moments, Numbers, Reason, because, first_reason
from smpcompliance.logs.schema import Column, schema
from smpcompliance.logs.table import Logs


@dataclass(frozen=True)
class Rows:
    """Some rows of a log, as conditions see them; `rows` None means all of them."""

    logs: Logs
    log: str
    rows: Ints | None = None

    def __len__(self) -> int:
        return len(self.logs.log(self.log)) if self.rows is None else len(self.rows)

    def cells(self, path: str) -> Cells:
        cells = self.logs.cells(self.log, path)
        return cells if self.rows is None or self.rows is self.logs.every(self.log) else cells.take(self.rows)

    def unmapped(self, path: str) -> Mask:
        """Rows for which the file that holds this column has heads nobody has mapped."""
        log, rows, sure = self.log, self.rows, np.ones(len(self), bool)
        while "." in path:
            link, _, path = path.partition(".")
            if link == "studio":
                return np.zeros(len(self), bool)
            there, why = self.logs.link(log, link)
            rows = there if rows is None else np.where(rows >= 0, there[rows], -1)
            sure, log = rows >= 0, self.logs.log(log).schema.links[link][1]
        found = self.logs.log(log).unmapped
        if rows is None:
            return found
        return sure & found[np.maximum(rows, 0)] if len(found) else np.zeros(len(rows), bool)


def judge(conditions: Conditions, here: Rows, there: Rows | None = None) -> Answer:
    """Judges conditions on rows; columns compared with are those of `there`, by default of the rows themselves."""
    return all_of((each for _, each in judge_columns(conditions, here, there)), len(here))


def narrowed(conditions: Conditions, logs: Logs, log: str, rows: Ints, given: Answer) -> tuple[Ints, Answer]:
    """The rows that may meet the conditions as well as what is given of them, and whether they surely do.

    Each condition is judged only on the rows that those before it left.
    """
    for name, part in conditions.root.items():
        found = _judge_once(name, part, Rows(logs, log, rows), rows)
        given = given & found
        if found.bad.any():
            keep = np.flatnonzero(~found.bad)
            rows, given = rows.take(keep), given.take(keep)
    return rows, given


def _judge_once(name: str, part: Constraint | list[Conditions], here: Rows, rows: Ints) -> Answer:
    """Judges a condition on rows, once for all rules that set it where all of them look at the same rows."""
    return here.logs.of(rows, ("judged", here.log, name, said_of(part)), lambda: _judge_part(name, part, here, here))


def judge_columns(conditions: Conditions, here: Rows, there: Rows | None = None) -> list[tuple[str, Answer]]:
    """The answer of each column (of `any_of` as one, under its first column), in the order of the rule."""
    out: list[tuple[str, Answer]] = []
    for name, part in conditions.root.items():
        path = next(path for path, _, _ in part[0].columns()) if isinstance(part, list) else name
        out.append((path, _judge_part(name, part, here, there)))
    return out


def _judge_part(name: str, part: Constraint | list[Conditions], here: Rows, there: Rows | None) -> Answer:
    if isinstance(part, list):
        return any_of((judge(each, here, there) for each in part), len(here))
    return judge_constraint(name, part, here, here if there is None else there)


def judge_constraint(path: str, constraint: Constraint, here: Rows, there: Rows) -> Answer:
    """Judges one column."""
    cells = here.cells(path)
    if cells.nowhere and constraint.required is None:
        return Answer(np.zeros(len(here), bool), cells.why)
    parts = [
        test(cells, value, path, here, there)
        for key, test in _TESTS.items()
        if (value := getattr(constraint, key)) is not None
    ]
    return all_of(parts, len(here))


def _required(cells: Cells, wanted: bool, *_: Any) -> Answer:
    blank = cells.why == Reason.blank
    if isinstance(cells, Coded):
        blank = blank | cells.says_none
    if wanted:
        return answer(blank, cells.why * ~blank)
    nothing = blank | (cells.why == Reason.no_column)
    return answer(~nothing, cells.why * ~nothing)


def _enum(cells: Cells, words: list[str], *_: Any) -> Answer:
    return answer(~_is_one_of(cells, words), cells.why)


def _not(cells: Cells, words: list[str], *_: Any) -> Answer:
    return answer(_is_one_of(cells, words), cells.why)


def _is_one_of(cells: Cells, words: list[str]) -> Mask:
    if isinstance(cells, Numbers):
        return np.isin(cells.values, [float(word) for word in words])
    assert isinstance(cells, Coded)
    return cells.where(lambda value: value in words if isinstance(value, str) else bool(value & set(words)))


def _within(cells: Cells, words: list[str], path: str, here: Rows, _there: Rows) -> Answer:
    parts = column_of(here.log, path).parts or {}
    meant = frozenset().union(*(parts.get(word, {word}) for word in words))
    return _enum(cells, list(meant))


def _bound(compare: Callable[[Any, Any], Any]) -> Callable[..., Answer]:
    def test(cells: Cells, bound: Bound, *_: Any) -> Answer:
        if isinstance(cells, Moments):
            limit = np.full(len(cells.at), start_of(day(bound)), np.int64)
            ordered = compare(floor(cells.at, np.maximum(cells.precision, DATE)), limit)
            return answer(~ordered, cells.why)
        assert isinstance(cells, Numbers)
        return answer(~compare(cells.values, float(bound)), cells.why)

    return test


def _precision(cells: Cells, wanted: str, *_: Any) -> Answer:
    assert isinstance(cells, Moments)
    return answer(cells.precision > _PRECISIONS[wanted], cells.why)


def _pattern_test(cells: Cells, pattern: str, *_: Any) -> Answer:
    assert isinstance(cells, Coded)
    found = re.compile(pattern)
    return answer(~cells.where(lambda text: bool(found.search(text))), cells.why)


def _min_length(cells: Cells, length: int, *_: Any) -> Answer:
    assert isinstance(cells, Coded)
    return answer(~cells.where(lambda text: len(text) >= length), cells.why)


def _list_test(
    passes: Callable[[frozenset[str], Any], bool], missing: bool
) -> Callable[[Cells, Any, str, Rows, Rows], Answer]:
    def test(cells: Cells, wanted: Any, path: str, here: Rows, _there: Rows) -> Answer:
        assert isinstance(cells, Coded)
        goal = wanted if isinstance(wanted, int) else folded(frozenset(wanted))
        bad = ~cells.where(lambda value: passes(folded(value), goal))
        why = cells.why
        if missing and (bad & (why == 0)).any():
            lacks = bad & (why == 0) & here.unmapped(path)
            why = np.where(lacks, Reason.unmapped_head, why).astype(np.uint8)
        return answer(bad, why)

    return test


def _equals(cells: Cells, other: str, _path: str, _here: Rows, there: Rows) -> Answer:
    second = there.cells(other)
    why = first_reason(cells.why, second.why)
    return answer(~same(cells, second), why)


def _differs(cells: Cells, other: str, _path: str, _here: Rows, there: Rows) -> Answer:
    return ~_equals(cells, other, _path, _here, there)


def folded(value: str | frozenset[str]) -> frozenset[str]:
    """The words of a value in the form in which free text compares: no capitals, and no marks but single dashes."""
    words = value if isinstance(value, frozenset) else {value}
    return frozenset("-".join(re.findall(r"[^\W_]+", word.casefold())) or word for word in words)


def same(first: Cells, second: Cells) -> Mask:
    """Which rows of two columns hold the same value: moments at the coarser precision, text without capitals."""
    if isinstance(first, Moments) and isinstance(second, Moments):
        level = np.maximum(first.precision, second.precision)
        return np.asarray(floor(first.at, level) == floor(second.at, level))
    if isinstance(first, Numbers) and isinstance(second, Numbers):
        return np.asarray(first.values == second.values)
    assert isinstance(first, Coded) and isinstance(second, Coded)
    place = {value: n for n, value in enumerate(dict.fromkeys(map(folded, (*second.values, *first.values))))}
    mine, theirs = (np.array([place[folded(v)] for v in part.values] + [-1]) for part in (first, second))
    return np.asarray(mine[first.codes] == theirs[second.codes])


def compare(first: Moments, second: Moments, ordered: Callable[[Any, Any], Any]) -> Answer:
    """Compares moments at the coarser of their precisions; equal there counts as both not before and not after."""
    level = np.maximum(first.precision, second.precision)
    why = first_reason(first.why, second.why)
    return answer(~ordered(floor(first.at, level), floor(second.at, level)), why)


def _ordered(by: Callable[[Any, Any], Any]) -> Callable[..., Answer]:
    def test(cells: Cells, other: str, _path: str, _here: Rows, there: Rows) -> Answer:
        second = there.cells(other)
        if isinstance(cells, Numbers) and isinstance(second, Numbers):
            why = first_reason(cells.why, second.why)
            return answer(~by(cells.values, second.values), why)
        assert isinstance(cells, Moments) and isinstance(second, Moments)
        return compare(cells, second, by)

    return test


def _apart(at_least: bool) -> Callable[..., Answer]:
    def test(cells: Cells, apart: Apart, _path: str, _here: Rows, there: Rows) -> Answer:
        start = there.cells(apart.column)
        assert isinstance(cells, Moments) and isinstance(start, Moments)
        late, early = distance(start, cells, apart.by, holidays_of(there))
        return early if at_least else late

    return test


def holidays_of(rows: Rows) -> list[tuple[Mask, str | None]]:
    """The rows by the holiday calendar of their studio (None = Saturdays and Sundays only)."""
    table = rows.logs.log(rows.log)
    studio = table.studio if rows.rows is None else table.studio[rows.rows]
    codes = [s.holidays for s in rows.logs.studios]
    return [(np.isin(studio, [n for n, c in enumerate(codes) if c == code]), code) for code in dict.fromkeys(codes)]


def shift(at: Ints, by: Duration, calendars: list[tuple[Mask, str | None]], sign: int = 1) -> Ints:
    """Moments a duration later, each by the working days of its own studio's calendar."""
    if not by.working_days:
        return add(at, by, sign=sign)
    out = np.empty_like(at)
    for rows, code in calendars:
        if rows.any():
            years = (at[rows] // DAY).astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
            free = holidays(code, int(years.min()) - 1, int(years.max()) + 1) if code else None
            out[rows] = add(at[rows], by, free, sign)
    return out


def latest_start(at: Ints, by: Duration, calendars: list[tuple[Mask, str | None]]) -> Ints:
    """The last moments (for days, months and years: days) after which a duration has passed by `at`.

    It is the other side of `distance`, and not always `at` less the duration: a month after 31 January and a month
    after 28 January both end on 28 February, and working days end on a working day only.
    """
    if by.needs_times:
        return shift(at, by, calendars, sign=-1)
    day = floor(at, DATE)
    start = floor(shift(day, by, calendars, sign=-1), DATE)
    while (late := shift(start, by, calendars) > day).any():
        start = np.where(late, start - DAY, start)
    while (more := shift(start + DAY, by, calendars) <= day).any():
        start = np.where(more, start + DAY, start)
    return start


def distance(
    start: Moments, then: Moments, by: Duration, calendars: list[tuple[Mask, str | None]]
) -> tuple[Answer, Answer]:
    """Judges how far `then` lies after `start`: (at most `by` after it, at least `by` after it).

    Lengths of days, months and years look at days. Lengths of hours need times: with days alone they are met or
    breached only where every hour of those days gives the same answer.
    """
    why = first_reason(then.why, start.why)
    if by.needs_times:
        first = shift(start.at, by, calendars)
        last = shift(end(start.at, start.precision), by, calendars)
        low, high = then.at, end(then.at, then.precision)
    else:
        level, then_level = np.maximum(DATE, start.precision), np.maximum(DATE, then.precision)
        day, then_day = floor(start.at, DATE), floor(then.at, DATE)
        first = floor(shift(day, by, calendars), DATE)
        last = floor(shift(end(day, level), by, calendars), DATE)
        low, high = then_day, floor(end(then_day, then_level), DATE)
    late = answer(low > last, _unsure(why, (low <= last) & (high > first)))
    early = answer(high < first, _unsure(why, (high >= first) & (low < last)))
    return late, early


def _unsure(why: Codes, undecided: Mask) -> Codes:
    return first_reason(why, because(undecided, Reason.precision))


_PRECISIONS = {"time": TIME, "date": DATE, "month": MONTH}
_TESTS: dict[str, Callable[..., Answer]] = {
    "required": _required,
    "enum": _enum,
    "not_": _not,
    "minimum": _bound(operator.ge),
    "maximum": _bound(operator.le),
    "exclusive_minimum": _bound(operator.gt),
    "exclusive_maximum": _bound(operator.lt),
    "pattern": _pattern_test,
    "min_length": _min_length,
    "contains_all": _list_test(lambda value, goal: goal <= value, missing=True),
    "contains_any": _list_test(lambda value, goal: bool(goal & value), missing=True),
    "contains_none": _list_test(lambda value, goal: not goal & value, missing=False),
    "min_items": _list_test(lambda value, goal: len(value) >= goal, missing=True),
    "precision": _precision,
    "within": _within,
    "equals": _equals,
    "differs_from": _differs,
    "not_before": _ordered(operator.ge),
    "not_after": _ordered(operator.le),
    "at_least_after": _apart(True),
    "at_most_after": _apart(False),
}


def said(log: str, path: str) -> Callable[[str], str]:
    """How a value of a column stands in a sentence: a word of a fixed list as people write it, any other as it is."""
    is_word = not path.startswith("studio.") and column_of(log, path).one_of
    return (lambda text: text.replace("_", " ")) if is_word else str


@cache
def column_of(log: str, path: str) -> Column:
    """The schema column a path ends in."""
    *links, name = path.split(".")
    for link in links:
        log = schema(log).links[link][1]
    return schema(log).columns[name]
