"""Kind `list`: a value must, or must not, stand on a published list."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.check import LogName, Selection
from smpcompliance.checks.condition import ColumnPath, Strict
from smpcompliance.checks.list.reference_list import ReferenceList
from smpcompliance.checks.words import say
from smpcompliance.logs.numbers import number_text


class Pair(Strict):
    """A column of the record and the column of the list in which its value is looked up."""

    own: ColumnPath
    theirs: str


def _pairs(source: Any) -> Any:
    """Names stand for themselves; `lot_number` is looked up in the column `lots`."""
    if isinstance(source, dict):
        return [{"own": own, "theirs": theirs} for own, theirs in source.items()]
    if isinstance(source, list):
        last = [str(name).rpartition(".")[2].replace("lot_number", "lots") for name in source]
        return [{"own": own, "theirs": theirs} for own, theirs in zip(source, last, strict=True)]
    return source


Matched = Annotated[list[Pair], BeforeValidator(_pairs), Field(min_length=1)]


class Listed(Strict):
    """A list, the columns looked up in it (names, or {own column: its column}), and its column of first days."""

    list: str
    match: Matched
    from_: str = Field("from", alias="from")

    def columns(self) -> dict[str, str]:
        """The looked-up columns as {own: the list's}."""
        return {pair.own: pair.theirs for pair in self.match}


class Limits(Strict):
    """The bounds of a column: the same for all records, or the one that a list gives (`most`) for what they match."""

    column: ColumnPath
    below: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    list: str | None = None
    match: Matched | None = None
    most: str = "most"
    from_: str = Field("from", alias="from")

    @model_validator(mode="after")
    def _one_source(self) -> "Limits":
        bounds = [b for b in (self.below, self.at_most, self.at_least) if b is not None]
        if bool(bounds) == bool(self.list):
            raise ValueError("say a bound (below, at_most, at_least) or a list that holds the bounds")
        if bool(self.list) != bool(self.match):
            raise ValueError("a list of limits goes with match: the columns that are looked up in it")
        return self

    def columns(self) -> dict[str, str]:
        """The looked-up columns as {own: the list's}."""
        return {pair.own: pair.theirs for pair in self.match or []}


class Stock(Strict):
    """Another log in which the listed things are looked for: the stock that is left."""

    log: LogName
    as_: Literal["stock_left"] = Field("stock_left", alias="as")


class List(Selection):
    """A value of each record in `where` is looked up in a dated list that ships with the ruleset.

    `forbidden`: a record that matches an entry on or after its first day is breached; an earlier use is not. `allowed`:
    a record must match an entry; where it does not, an incomplete list cannot say (`list_incomplete`). `limits`: a
    number stays below (or at most at) a bound, given in the rule or by the list for each thing it names; a record that
    matches no entry of such a list is not judged, and a lot without any row of substances cannot be judged.

    Texts match in their normal form and all named columns must agree; a column an entry leaves open (`all`, `*`) agrees
    with everything. A blank cell, or a similar spelling, makes a match possible: it cannot be judged, never breached.
    `also: {log: supply_lots, as: stock_left}` asks about lots of forbidden things that seem to be in stock still: each
    cannot be judged (`ambiguous`), with the facts `as`, `lot_id` and `left`.
    One finding is one record; facts: `entry` (the line of the list, or the bound), `list`, `source`, `value`.
    """

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
            raise ValueError("also looks for stock of forbidden things, so it goes with forbidden")
        if self.lists:
            raise ValueError("lists are files of the ruleset (lists/<name>.yaml), not part of a rule")
        return self

    def lists_needed(self) -> Iterator[str]:
        part = self.forbidden or self.allowed or self.limits
        if part and part.list:
            yield part.list

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        if self.also:
            yield self.also.log

    def explain(self) -> str:
        what = f"each record of {say.selection(self)}"
        if self.forbidden:
            return f"For {what} {say.names(self.forbidden.columns())} must not stand on the list {self.forbidden.list}."
        if self.allowed:
            return f"For {what} {say.names(self.allowed.columns())} must stand on the list {self.allowed.list}."
        assert self.limits
        name = say.names([self.limits.column])
        if self.limits.list:
            by = say.names(self.limits.columns())
            return f"For {what} {name} must keep to the bound that the list {self.limits.list} gives for its {by}."
        return f"For {what} {name} must be {self.bound_words()}."

    def bound_words(self) -> str:
        assert self.limits
        parts = [("below", self.limits.below), ("at most", self.limits.at_most), ("at least", self.limits.at_least)]
        return " and ".join(f"{word} {number_text(bound)}" for word, bound in parts if bound is not None)

    def facts(self) -> Sequence[str]:
        return ("entry", "list", "source", "value", "as", "lot_id", "left")
