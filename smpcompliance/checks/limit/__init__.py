"""Kind `limit`: not more (not fewer) than so many per group and window."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import model_validator

from smpcompliance.checks.check import Selection
from smpcompliance.checks.limit.measure import Amount, Bound, FoundBound, Measure, Window
from smpcompliance.checks.roster import Columns, Roster
from smpcompliance.checks.sought import Find
from smpcompliance.checks.words import say


class Limit(Selection):
    """Per group (`per`) and window a measure of the records in `where` stays within bounds.

    `measure`: `count`, `{sum: column}`, `{distinct: column}`, `distinct_days`, `longest_run_days` (calendar days in a
    row with a record), `concurrent` (records that run at the same moment, from the event date to `ended_at`; touching
    ends do not), `{share: {of: conditions}}` (0 to 1). `window`: `record`, `calendar_day`, `calendar_week`,
    `calendar_month`, `calendar_quarter`, `calendar_year`, `licence_year` (years of each paper that `licence` finds), a
    length such as `P90D` (every window that ends on a day with a record), or `whole`: everything up to the last judged
    day. Bounds: a number, a column of the record (`lot.quantity`), or one found elsewhere: `{log: documents, match: …,
    column: limit_count}`. `measures` lists several at once. `subjects` names the register whose groups count although
    nothing is recorded of them.

    `at_most` is judged in windows with a record on a judged day; records after those days are not looked at.
    `at_least` only in windows that lie wholly in service and end on a judged day (`whole`: as known on the last one).
    A record counts surely where it surely is meant, its group is known, and its day leaves no choice of window. All
    others may add to the measure, never more: they turn met into undecided, never into breached. A blank quantity
    counts 1, any other blank amount may be anything; a blank bound cannot be judged.

    What is judged, and one finding, is a group and a window; its row is the last record in it. Facts: the columns of
    `per`, `total`, `bound`, `window`, `measure`.
    """

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

    @model_validator(mode="after")
    def _one_way(self) -> "Limit":
        if (self.measure is None) == (not self.measures):
            raise ValueError("say either one «measure» or several «measures»")
        for each in self.each_measure():
            if each.window == "licence_year" and not (self.licence and self.per):
                raise ValueError(
                    "«licence_year» needs «per» and «licence»: which paper, e.g. {log: documents, match: …}"
                )
            if each.window == "record" and each.at_least is not None:
                raise ValueError("a single record has no window that something could be missing from; use kind record")
        if self.subjects and len(self.per) != 1:
            raise ValueError("«subjects» lists the values of one column; name it under «per»")
        if self.licence and not set(self.per) <= set(self.licence.match):
            raise ValueError("«licence.match» must name the columns of «per»")
        return self

    def each_measure(self) -> list[Measure]:
        """The measures, also where there is only one."""
        if self.measure is None:
            return self.measures
        return [Measure(measure=self.measure, window=self.window, at_most=self.at_most, at_least=self.at_least)]

    def facts(self) -> Sequence[str]:
        return ("total", "bound", "window", "measure", *self.per)

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        for other in (self.unless, self.licence, self.subjects):
            if other:
                yield other.log
        for each in self.each_measure():
            for bound in (each.at_most, each.at_least):
                if isinstance(bound, FoundBound):
                    yield bound.log

    def explain(self) -> str:
        group = f" for each {say.names(self.per)}" if self.per else ""
        said = "; ".join(each.words() for each in self.each_measure())
        return f"Of {say.selection(self)}{say.unless(self.unless)},{group} {said}."
