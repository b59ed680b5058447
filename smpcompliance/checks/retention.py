"""Kind `retention`: records reach back, or do not stay, so long."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from smpcompliance.checks.base import Check, LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, Strict


class Clock(Strict):
    """Where the term starts: at a column, or at the end of the calendar year it lies in."""

    column: ColumnPath
    round: Literal["year_end"] | None = None


def _clock(source: Any) -> Any:
    return {"column": source} if isinstance(source, str) else source


class Retention(Check):
    kind: Literal["retention"]
    log: LogName
    where: Conditions = Conditions({})
    keep: Length
    from_: Annotated[Clock | None, BeforeValidator(_clock)] = Field(None, alias="from")
    each: bool = False
    needs: list[str] = []
    at_most: bool = False
    on_site: bool = False
