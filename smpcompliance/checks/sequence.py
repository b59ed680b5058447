"""Kind `sequence`: these lines must follow each other properly."""

from typing import Annotated, Literal

from pydantic import Field

from smpcompliance.checks.base import Selection
from smpcompliance.checks.condition import ColumnPath, Length, Strict


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
    kind: Literal["sequence"]
    per: AnyRole | ColumnPath | list[ColumnPath] = []
    by: ColumnPath | None = None
    step: Step | None = None
    order: ColumnPath | None = None
    no_overlap: Stretch | None = None
    apart: Distance | None = None
    reset_after: list[str] = []
