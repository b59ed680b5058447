"""One studio of an audit as its pictures see it: its records, the days shown, and how a missing picture is told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.checks.stretches import day_number
from smpcompliance.dates import DATE, DAY, Ints, Mask, end
from smpcompliance.logs.cells import Cells, Coded, Moments
from smpcompliance.report.page import Block, Cell, Text
from smpcompliance.report.pictures.months_axis import first_of, month_of
from smpcompliance.report.words import Words

MONTHS = 12
"""Months that a picture looks back on."""


@dataclass(frozen=True)
class Dated:
    """Days of records: the first and last that each may mean, and which are known to the day."""

    first: Ints
    last: Ints
    known: Mask


@dataclass(frozen=True)
class View:
    """One studio; `code` is its number in the logs."""

    audit: Audit
    code: int
    words: Words

    @property
    def results(self) -> Iterator[RuleResult]:
        """How every rule fared in this studio."""
        return self.audit.of(self.audit.logs.studios[self.code].studio_id)

    def has(self, log: str) -> bool:
        """Whether the studio handed a log in."""
        return bool(self.audit.logs.has(log)[self.code])

    def rows(self, log: str) -> Ints:
        """The studio's rows of a log."""
        return np.flatnonzero(self.audit.logs.log(log).studio == self.code)

    def cells(self, log: str, path: str, rows: Ints) -> Cells:
        """A column at these rows."""
        return self.audit.logs.cells(log, path).take(rows)

    def days(self, log: str, path: str, rows: Ints) -> Dated:
        """The days of a column of dates or moments."""
        cells = self.cells(log, path, rows)
        assert isinstance(cells, Moments)
        known = (cells.why == 0) & (cells.precision <= DATE)
        return Dated(cells.at // DAY, end(cells.at, cells.precision) // DAY, known)

    def is_one_of(self, log: str, path: str, rows: Ints, wanted: Iterable[str]) -> Mask:
        """Which rows have one of some words in a column."""
        cells, chosen = self.cells(log, path, rows), frozenset(wanted)
        assert isinstance(cells, Coded)
        return cells.where(lambda word: word in chosen)

    def names(self, log: str, path: str, rows: Ints) -> tuple[Ints, list[str]]:
        """A number per row for the text of a column (-1 where there is none), and the texts by number."""
        cells = self.cells(log, path, rows)
        assert isinstance(cells, Coded)
        return cells.codes.astype(np.int64), [str(value) for value in cells.values]

    @cached_property
    def last(self) -> int:
        """The last day that a year's picture shows: the end of the period, or the audit day before it."""
        return min(day_number(self.audit.period.last), day_number(self.audit.as_of))

    @cached_property
    def first(self) -> int:
        """Its first day: twelve months back, or the month of the first record of loads, spore tests or sessions."""
        back = first_of(month_of(self.last) - MONTHS + 1)
        known = [day for log, path in _EVENTS if (day := self.first_record(log, path)) is not None]
        return max(back, first_of(month_of(min([*known, self.last])))) if known else back

    def first_record(self, log: str, path: str) -> int | None:
        """The first day that a log tells of, not after the last day shown."""
        found = self.days(log, path, self.rows(log))
        days = found.first[found.known & (found.first <= self.last)]
        return int(days.min()) if len(days) else None

    @property
    def period(self) -> tuple[int, int]:
        """The first and last day audited."""
        return day_number(self.audit.period.first), min(day_number(self.audit.period.last), self.as_of)

    @property
    def as_of(self) -> int:
        """The audit day."""
        return day_number(self.audit.as_of)

    def lacking(self, picture: str, logs: Sequence[str]) -> list[Block]:
        """What stands in place of a picture for which no log was handed in, or none with a record to draw."""
        missing = [log for log in logs if not self.has(log)]
        named = ", ".join(self.words(f"pictures.logs.{log}") for log in missing or logs)
        key = "pictures.missing" if missing else "pictures.nothing"
        return [Text(self.words(key, logs=named), lead=self.words(f"pictures.{picture}.title") + ".")]

    def absent(self, logs: Sequence[str]) -> list[str]:
        """For each of these logs that was not handed in, or without a record, a sentence that says so."""
        states = [(log, "empty" if self.has(log) else "absent") for log in logs if not len(self.rows(log))]
        return [self.words(f"pictures.{state}", log=self.words(f"pictures.logs.{log}")) for log, state in states]

    def notes(self, texts: Sequence[str]) -> list[Block]:
        """Small print under a picture: what is left out of it."""
        return [Text(" ".join(texts), "fine")] if texts else []


_EVENTS = (("sterilization_cycles", "started_at"), ("spore_tests", "tested_at"), ("sessions", "started_at"))


def row(*texts: str) -> tuple[Cell, ...]:
    """A row of a table, the first cell in bold."""
    return tuple(Cell(text, strong=n == 0) for n, text in enumerate(texts))
