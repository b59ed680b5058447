"""The parts of a duty to follow up, as a rule writes them."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from smpcompliance.checks.check import LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, Length, OuterPath, Strict
from smpcompliance.logs.schema import schema


class Pair(Strict):
    """A column of X and the column that must agree with it in the logs of Y and Z."""

    own: ColumnPath
    theirs: str


class OwnPair(Strict):
    """A column of X and the column that must agree with it in this log."""

    own: OuterPath
    theirs: ColumnPath


def _pairs(source: Any) -> Any:
    if isinstance(source, dict):
        return [{"own": own, "theirs": theirs} for own, theirs in source.items()]
    if isinstance(source, list):
        return [{"own": name, "theirs": name} if isinstance(name, str) else name for name in source]
    return source


Same = Annotated[list[Pair], BeforeValidator(_pairs)]
OwnSame = Annotated[list[OwnPair], BeforeValidator(_pairs)]


class Follower(Strict):
    """Y or Z: records of a log at a moment, of the same subject as X (`same` here overrules that of the check)."""

    log: LogName
    where: Conditions = Conditions({})
    at: ColumnPath | None = None
    same: OwnSame | None = None


class Also(Strict):
    """What the records of a log inside the look-back window must be; `where` says which of them are meant."""

    log: LogName
    in_: Literal["window"] = Field("window", alias="in")
    where: Conditions = Conditions({})
    require: Conditions
    at: ColumnPath | None = None
    same: OwnSame | None = None


def _columns(source: object) -> object:
    return [source] if isinstance(source, str) else source


Columns = Annotated[list[ColumnPath], BeforeValidator(_columns), Field(min_length=1)]


class Event(Strict):
    """X: records of a log at a moment (`at`, by default the log's event date).

    `first` picks the first record of each group of a studio, over its whole history; `gap` the records that follow the
    one before them (of the same subject) by more than that length.
    """

    log: LogName
    where: Conditions = Conditions({})
    at: ColumnPath | None = None
    first: Columns | None = None
    gap: Length | None = None

    def moment(self) -> str:
        """The column that says when the event happened."""
        found = self.at or schema(self.log).when
        if found is None:
            raise ValueError(f"{self.log} has no event date; the rule must say after.at")
        return found


def columns(same: Sequence[Pair] | Sequence[OwnPair]) -> dict[str, str]:
    """The matched columns as {own column: theirs}."""
    return {pair.own: pair.theirs for pair in same}
