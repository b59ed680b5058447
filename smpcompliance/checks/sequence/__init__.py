"""Kind `sequence`: these lines must follow each other properly."""

from collections.abc import Iterator
from collections.abc import Sequence as Listed
from typing import Annotated, Literal

from pydantic import Field, model_validator

from smpcompliance.checks.check import Selection
from smpcompliance.checks.condition import ColumnPath, Length, Strict
from smpcompliance.checks.words import say


class Step(Strict):
    """A running number: `{column: cycle_number, by: 1}`."""

    column: ColumnPath
    by: Annotated[int, Field(ge=1)] = 1


class Stretch(Strict):
    """The stretch of time of a record: `{from: started_at, to: ended_at}`."""

    from_: ColumnPath = Field(alias="from")
    to: ColumnPath


class Distance(Strict):
    """How far neighbours lie apart: `{at_least: P7D}`."""

    at_least: Length


class AnyRole(Strict):
    """The same subject in any of several columns: `{any_of: [practitioner_id, supervisor_id]}`."""

    any_of: Annotated[list[ColumnPath], Field(min_length=2)]


class Sequence(Selection):
    """Neighbours among the records of `per`, ordered by `by` (default the event date), follow each other properly.

    `step`: running numbers without gaps, repeats or falls. `order`: time never runs backwards as the numbers of `by`
    rise. `no_overlap`: the stretches of one subject do not overlap; touching ends do not. `apart`: neighbours lie at
    least so far from each other.

    What is judged is a pair of neighbours whose later one lies in the audit, once per property; a record that cannot
    be placed (no subject, no date, no number) is judged too and cannot be said. A fall to 0 or 1 is excused by an
    event of `reset_after` in `equipment_events` between the two, and by a number at the end of the record's key that
    runs on. A gap over the turn of two files, and before the first record, is not judged. A blank number closes no gap;
    a number whose record is undecided makes the gap undecided. Where the order inside a day decides and only days are
    known, nothing can be said. A blank end cannot be judged against the next record. With `per: {any_of: …}` a blank
    role is no role, and a pair is judged once.

    One finding is a pair (a gap with all its missing numbers); its row is the later record. Facts: the columns of
    `per`, `missing` («13, 14»), `previous` (the number or moment before), `property` (step, order, overlap, apart).
    """

    kind: Literal["sequence"]
    per: AnyRole | ColumnPath | list[ColumnPath] = []
    by: ColumnPath | None = None
    step: Step | None = None
    order: ColumnPath | None = None
    no_overlap: Stretch | None = None
    apart: Distance | None = None
    reset_after: list[str] = []

    @model_validator(mode="after")
    def _asks_something(self) -> "Sequence":
        if not (self.step or self.order or self.no_overlap or self.apart):
            raise ValueError("say how the lines follow each other: step, order, no_overlap or apart")
        if self.order and not self.by:
            raise ValueError("«order» is the time that must not run backwards as the numbers of «by» rise; name «by»")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that name a subject."""
        if isinstance(self.per, AnyRole):
            return self.per.any_of
        return [self.per] if isinstance(self.per, str) else self.per

    def facts(self) -> Listed[str]:
        return ("missing", "previous", "property")

    def logs_needed(self) -> Iterator[str]:
        yield self.log

    def explain(self) -> str:
        said = []
        if self.step:
            said.append(f"{say.names([self.step.column])} rises by {self.step.by} without gap or repeat")
        if self.order:
            said.append(f"{say.names([self.order])} never runs backwards as {say.names([str(self.by)])} rises")
        if self.no_overlap:
            said.append("their stretches of time do not overlap")
        if self.apart:
            said.append(f"each lies at least {self.apart.at_least} after the one before")
        joint = " or " if isinstance(self.per, AnyRole) else " and "
        each = f" of the same {joint.join(say.names([name]) for name in self.columns)}" if self.columns else ""
        reset = f" (a restart is excused by {say.alternatives(self.reset_after)})" if self.reset_after else ""
        return f"Among the records of {say.selection(self)}{each}, {' and '.join(said)}{reset}."
