"""Kind `follow_up`: after X comes Y in time, before Z."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.base import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.find import Find


def _columns(source: object) -> object:
    return [source] if isinstance(source, str) else source


Columns = Annotated[list[ColumnPath], BeforeValidator(_columns), Field(min_length=1)]
Same = list[ColumnPath] | dict[ColumnPath, ColumnPath]


class Event(Strict):
    """X: records of a log at a moment; the first one of each group; or a record that ends a gap longer than `gap`."""

    log: LogName
    where: Conditions = Conditions({})
    at: ColumnPath | None = None
    first: Columns | None = None
    gap: Length | None = None


class Follower(Strict):
    """Y or Z: records of a log at a moment, of the same subject as X (`same` overrules that of the check)."""

    log: LogName
    where: Conditions = Conditions({})
    at: ColumnPath | None = None
    same: Same | None = None


class Also(Strict):
    """What the records of a log inside the window must be."""

    log: LogName
    in_: Literal["window"] = Field("window", alias="in")
    where: Conditions = Conditions({})
    require: Conditions
    at: ColumnPath | None = None
    same: Same | None = None


class FollowUp(Check):
    kind: Literal["follow_up"]
    after: Event
    same: Same = []
    then: Follower | None = None
    within: Length | None = None
    before: Follower | None = None
    times: Annotated[int, Field(ge=1)] = 1
    never: Follower | None = None
    back_to: Follower | None = None
    also: Also | None = None
    each: bool = False
    lead: Length | None = None
    early: Length | Literal["record"] | None = None
    unless: Find | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> "FollowUp":
        if not (self.then or self.never or self.also):
            raise ValueError("say what must follow (then), or what must not (never)")
        if self.before and not self.then:
            raise ValueError("before needs then: what must come before it")
        if self.lead and (not self.then or self.within or self.before or self.never or self.each or self.times > 1):
            raise ValueError("lead takes then alone: how long before X it must lie")
        if self.then and not (self.within or self.before or self.never or self.lead):
            raise ValueError("say by when: within, before, never or lead")
        if self.each and self.times > 1:
            raise ValueError("each and times do not go together")
        if self.also and not self.back_to:
            raise ValueError("also looks at a window, so say back_to")
        if self.after.first and self.after.gap:
            raise ValueError("an event is the first of a group or follows a gap, not both")
        return self
