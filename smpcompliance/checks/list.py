"""Kind `list`: a value must, or must not, stand on a published list."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from smpcompliance.checks.base import LogName, Selection
from smpcompliance.checks.condition import ColumnPath, Strict
from smpcompliance.checks.reference_list import ReferenceList

Matched = list[ColumnPath] | dict[ColumnPath, str]


class Listed(Strict):
    """A list and the columns that are looked up in it: names, or {own column: its column}."""

    list: str
    match: Annotated[Matched, Field(min_length=1)]
    from_: str = Field("from", alias="from")


class Limits(Strict):
    """The most a column may be: one bound for all records, or the bound that the list gives for each value."""

    column: ColumnPath
    below: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    list: str | None = None
    match: Matched | None = None
    most: str = "most"
    from_: str = Field("from", alias="from")

    @model_validator(mode="after")
    def _one_bound(self) -> "Limits":
        bounds = [b for b in (self.below, self.at_most, self.at_least) if b is not None]
        if bool(bounds) == bool(self.list):
            raise ValueError("say a bound (below, at_most, at_least) or a list that holds the bounds")
        if self.list and not self.match:
            raise ValueError("a list of limits needs match: the columns that are looked up in it")
        return self


class Stock(Strict):
    """Another log in which the listed things are looked for: the stock that is left."""

    log: LogName
    as_: Literal["stock_left"] = Field("stock_left", alias="as")


class List(Selection):
    kind: Literal["list"]
    forbidden: Listed | None = None
    allowed: Listed | None = None
    limits: Limits | None = None
    also: Stock | None = None
    lists: dict[str, ReferenceList] = Field(default={}, exclude=True, repr=False)

    @model_validator(mode="after")
    def _one_way(self) -> "List":
        if sum(part is not None for part in (self.forbidden, self.allowed, self.limits)) != 1:
            raise ValueError("say exactly one of forbidden, allowed and limits")
        if self.also and not self.forbidden:
            raise ValueError("also looks for stock of forbidden things, so it needs forbidden")
        return self
