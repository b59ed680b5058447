"""What `limit` measures, in which window, against which bounds."""

from typing import Literal

from pydantic import model_validator

from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.sought import Find
from smpcompliance.checks.words import say
from smpcompliance.logs.numbers import number_text


class Sum(Strict):
    """The total of a number column: `{sum: quantity}`; a blank quantity counts 1."""

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

    @model_validator(mode="after")
    def _has_bound(self) -> "Measure":
        if self.at_most is None and self.at_least is None:
            raise ValueError("say the bound: at_most or at_least")
        return self

    def words(self) -> str:
        """The measure and its bounds in a phrase."""
        bounds = [
            f"{name} {_bound_words(b)}"
            for name, b in (("at most", self.at_most), ("at least", self.at_least))
            if b is not None
        ]
        window = "in all" if self.window == "whole" else f"per {self.window}".replace("_", " ")
        return f"{_amount_words(self.measure)} {window} is {' and '.join(bounds)}"


def _bound_words(bound: Bound) -> str:
    if isinstance(bound, FoundBound):
        return f"the {say.names([bound.column])} of {say.find(bound)}"
    return say.names([bound]) if isinstance(bound, str) else number_text(bound)


def _amount_words(amount: Amount) -> str:
    if isinstance(amount, Sum):
        return f"the sum of {say.names([amount.sum])}"
    if isinstance(amount, Distinct):
        return f"the number of different {say.names([amount.distinct])}"
    if isinstance(amount, Share):
        return f"the share with {say.conditions(amount.share.of)}"
    return {
        "count": "their number", "distinct_days": "the number of days with one",
        "longest_run_days": "the longest run of days in a row", "concurrent": "the number at one moment",
    }[amount]  # fmt: skip
