"""Kind `limit`: not more (not fewer) than so many per group and window."""

from typing import Literal

from smpcompliance.checks.base import Selection
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.find import Find
from smpcompliance.checks.interval import Columns, Roster


class Sum(Strict):
    """The total of a number column: `{sum: quantity}`; a blank counts 1."""

    sum: ColumnPath


class Distinct(Strict):
    """How many different values a column has: `{distinct: client_id}`."""

    distinct: ColumnPath


class Part(Strict):
    """The conditions of the records whose share is measured."""

    of: Conditions


class Share(Strict):
    """The share (0 to 1) of the records that meet some more conditions: `{share: {of: {…}}}`."""

    share: Part


class FoundBound(Find):
    """A bound that stands in another log's record, good at the moment of the record: its `column`."""

    column: ColumnPath


Amount = Literal["count", "distinct_days", "longest_run_days", "concurrent"] | Sum | Distinct | Share
Bound = float | FoundBound | ColumnPath
Calendar = Literal["calendar_day", "calendar_week", "calendar_month", "calendar_quarter", "calendar_year"]
Window = Literal["record", "whole", "licence_year"] | Calendar | Length


class Measure(Strict):
    """One measure with its window and bounds."""

    measure: Amount
    window: Window = "whole"
    at_most: Bound | None = None
    at_least: Bound | None = None


class Limit(Selection):
    kind: Literal["limit"]
    per: Columns = []
    measure: Amount | None = None
    window: Window = "whole"
    at_most: Bound | None = None
    at_least: Bound | None = None
    measures: list[Measure] = []
    unless: Find | None = None
    licence: Find | None = None
    subjects: Roster | None = None
