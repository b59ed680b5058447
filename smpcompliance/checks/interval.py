"""Kind `interval`: this must happen again and again."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from smpcompliance.checks.base import Check, LogName, Scope, Verdict
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict
from smpcompliance.checks.words import say
from smpcompliance.dates import Duration


def _names(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Columns = Annotated[list[ColumnPath], BeforeValidator(_names)]


class While(Strict):
    """The records that make the thing due: loads of that machine, sessions of that person.

    `per` names their subject columns where these are called otherwise than in the log itself.
    """

    log: LogName
    where: Conditions = Conditions({})
    per: Columns | None = None
    when: ColumnPath | None = None


class Roster(Strict):
    """The standing log that lists the subjects: `{log: equipment, where: {equipment_type: {enum: [sterilizer]}}}`."""

    log: LogName
    where: Conditions = Conditions({})


class Uses(Strict):
    """A stretch counted in records of `while`: `{records: 50}`."""

    records: Annotated[int, Field(ge=1)]


class Own(Strict):
    """A length that each subject states itself: `{column: equipment.service_interval}`."""

    column: ColumnPath


class Interval(Check):
    kind: Literal["interval"]
    log: LogName
    where: Conditions = Conditions({})
    when: ColumnPath | None = None
    per: Columns = []
    every: Uses | Own | Length
    reckon: Literal["gap", "calendar", "fit"] = "gap"
    while_: While | None = Field(None, alias="while")
    idle: Literal["excused", "before_use", "counts"] | None = None
    first: Literal["before_use", "within_stretch"] = "within_stretch"
    subjects: Roster | None = None
