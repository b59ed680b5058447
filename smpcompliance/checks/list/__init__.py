"""Kind `list`: a value must, or must not, stand on a published list."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.answer import Answer, all_met, answer, any_by
from smpcompliance.checks.base import Found, Made, Scope, Selection, Verdict, record_verdict, with_more
from smpcompliance.checks.condition import ColumnPath, Strict
from smpcompliance.checks.judging import Rows
from smpcompliance.checks.list.lookup import Hits, look_up
from smpcompliance.checks.list.reference_list import ReferenceList
from smpcompliance.checks.list.untested import Stock, stock_left, untested_lots
from smpcompliance.checks.words import say
from smpcompliance.dates import DATE, Ints
from smpcompliance.logs.cells import Cells, Moments, Numbers, Reason
from smpcompliance.logs.schema import schema
from smpcompliance.logs.written import number_text


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
        """The names of the lists this check looks things up in."""
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
        return f"For {what} {name} must be {self._bound()}."

    def _bound(self) -> str:
        assert self.limits
        parts = [("below", self.limits.below), ("at most", self.limits.at_most), ("at least", self.limits.at_least)]
        return " and ".join(f"{word} {number_text(bound)}" for word, bound in parts if bound is not None)

    def facts(self) -> Sequence[str]:
        return ("entry", "list", "source", "value", "as", "lot_id", "left")

    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = self.selected(scope)
        here = Rows(scope.logs, self.log, rows)
        hits = self._hits(here)
        if self.limits:
            required, listed = self._limited(here, hits)
            belongs = belongs & listed
        else:
            required = self._stands(len(rows), hits)
        stays = ~belongs.bad
        entry = _shown_entry(hits, required, len(rows)) if hits else np.full(len(rows), -1)
        verdict = record_verdict(
            scope, self.log, rows[stays], belongs.take(stays), required.take(stays),
            lambda places, found: self._found(scope, found, entry[stays][places]),
        )  # fmt: skip
        if self.limits and self.log == "lot_substances":
            return with_more(verdict, untested_lots(scope, self.where))
        if self.also and self.forbidden:
            return with_more(verdict, stock_left(scope, self._list(), self.forbidden.columns(), self.forbidden.from_))
        return verdict

    def _list(self) -> ReferenceList:
        name = next(self.lists_needed())
        if name not in self.lists:
            raise ValueError(f"the list {name} was not loaded")
        return self.lists[name]

    def _hits(self, here: Rows) -> Hits | None:
        part = self.forbidden or self.allowed or self.limits
        if part is None or part.list is None:
            return None
        moment = self.moment() or _use(self.log)
        at = here.cells(moment) if moment else None
        if at is None:
            n = len(here)
            at = Moments(np.full(n, Reason.blank, np.uint8), np.zeros(n, np.int64), np.full(n, DATE, np.uint8))
        assert isinstance(at, Moments)
        return look_up(here, at, self._list(), part.columns(), part.from_)

    def _stands(self, n: int, hits: Hits | None) -> Answer:
        assert hits
        on_it = any_by(hits.left, n, hits.agree)
        if self.forbidden:
            return ~on_it
        incomplete = on_it.bad & (not self._list().complete)
        return answer(on_it.bad, np.where(incomplete, Reason.list_incomplete, on_it.why).astype(np.uint8))

    def _limited(self, here: Rows, hits: Hits | None) -> tuple[Answer, Answer]:
        """Whether each record keeps to its bound, and whether it has one."""
        assert self.limits
        cells = here.cells(self.limits.column)
        assert isinstance(cells, Numbers)
        n = len(here)
        if hits is None:
            bad = np.zeros(n, bool)
            for bound, breaks in ((self.limits.below, np.greater_equal), (self.limits.at_most, np.greater),
                                  (self.limits.at_least, np.less)):  # fmt: skip
                bad |= breaks(cells.values, bound) if bound is not None else False
            return answer(bad, cells.why), all_met(n)
        found = self._list()
        most = np.array([entry.bounds.get(self.limits.most, np.nan) for entry in found.entries] + [np.nan])[hits.entry]
        value = cells.values[hits.left]
        over = value >= most if found.comparator == "below" else value > most
        fails = hits.agree & answer(~over, np.where(np.isnan(most), 0, cells.why[hits.left]).astype(np.uint8))
        return ~any_by(hits.left, n, fails), any_by(hits.left, n, hits.agree)

    def _found(self, scope: Scope, rows: Ints, entry: Ints) -> Found:
        part = self.forbidden or self.allowed or self.limits
        assert part
        columns = part.columns()
        column = self.limits.column if self.limits else next(iter(columns))
        value: Cells = scope.logs.cells(self.log, column).take(rows)
        n = len(rows)
        facts: dict[str, Sequence[str] | Cells] = {"value": value}
        if part.list:
            found = self._list()
            facts |= {
                "entry": Made(n, lambda at: found.entries[entry[at]].words if entry[at] >= 0 else ""),
                "list": Made(n, lambda _: found.about),
                "source": Made(n, lambda _: f"{found.source} ({found.as_of.isoformat()})"),
            }
        else:
            facts["entry"] = Made(n, lambda _: self._bound())
        return Found(self.log, rows, scope.logs.log(self.log).studio[rows].astype(np.int64), column, facts)


def _use(log: str) -> str | None:
    """The day that decides for a log without an event date: the last use of the lot a row belongs to."""
    return "lot.last_used_on" if "lot" in schema(log).links else None


def _shown_entry(hits: Hits, required: Answer, n: int) -> Ints:
    """For each record the entry that decides about it: one that surely agrees, else one that may; -1 without one."""
    shown = np.full(n, -1)
    for chosen in (hits.agree.unknown, hits.agree.met):
        shown[hits.left[chosen][::-1]] = hits.entry[chosen][::-1]
    return np.where(required.met, -1, shown)
