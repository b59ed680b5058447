"""Kind `record`: this line must hold these things."""

from collections.abc import Iterator, Sequence
from typing import Literal

from smpcompliance.checks.check import Selection
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.sought import Find
from smpcompliance.checks.words import say


class Record(Selection):
    """Each record in `where` satisfies `require`.

    One finding is one record, listing every column that fails; facts: `columns` (the failing ones). Only `required`
    judges a blank cell; a comparison with a blank, unreadable or too coarse cell cannot be judged. What is `required`
    `at_most_after` another moment is not yet due while it is blank and that time runs on the audit day; a record
    before the period is judged when such a time ends in the period. Records for which `unless` finds a match are left
    out.
    """

    kind: Literal["record"]
    require: Conditions
    unless: Find | None = None

    def explain(self) -> str:
        return (
            f"Each record of {say.selection(self)} must have {say.conditions(self.require)}{say.unless(self.unless)}."
        )

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        if self.unless:
            yield self.unless.log

    def facts(self) -> Sequence[str]:
        return ("columns",)
