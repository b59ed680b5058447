"""Kind `reference`: for this line a matching line must exist elsewhere and be good at that moment."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from smpcompliance.checks.check import Selection
from smpcompliance.checks.condition import ColumnPath, Length, Strict
from smpcompliance.checks.sought import Find
from smpcompliance.checks.words import say


class Count(Strict):
    """How many good records there must be."""

    minimum: Annotated[int, Field(ge=1)]


class Grace(Strict):
    """A paper that ended counts if its renewal was asked for in time: `{column: applied_on, before_end: P59D}`."""

    column: ColumnPath
    before_end: Length


class Reference(Selection):
    """For each record in `where` a record exists in `find.log` that matches and is good at the record's moment.

    Only surely fitting candidates satisfy. A blank key cannot be judged unless `blank: breach`. With `listed: true`
    records that only another log mentions do not count. `find.none: true` turns it round: no such record may exist.
    One finding is one record; the nearest candidate is its further evidence; facts: the record's own columns.
    """

    kind: Literal["reference"]
    find: Find
    count: Count = Count(minimum=1)
    blank: Literal["cannot", "breach"] = "cannot"
    listed: bool = False
    grace: Grace | None = None
    unless: Find | None = None

    def explain(self) -> str:
        wanted = say.find(self.find, self.count.minimum)
        return f"For each record of {say.selection(self)} there must be {wanted}{say.unless(self.unless)}."

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        yield self.find.log
        if self.unless:
            yield self.unless.log
