"""Kind `unique`: this may occur only once."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from smpcompliance.checks.check import Selection
from smpcompliance.checks.condition import ColumnPath
from smpcompliance.checks.words import say


class Unique(Selection):
    """No two records in `where` share all values of `key`.

    What is judged is a key. `across: session_id` makes repeats with the same value there one use. A record with a
    blank in its key cannot be judged. Records before the period count as history: a key of the period that occurred
    earlier is a repeat. One finding per key, with every record that shares it; facts: the key's columns and `times`.
    """

    kind: Literal["unique"]
    key: Annotated[list[ColumnPath], Field(min_length=1)]
    across: ColumnPath | None = None

    def explain(self) -> str:
        once = f", repeats with the same {self.across} counting once" if self.across else ""
        return f"No two records of {say.selection(self)} may share the same {say.names(self.key)}{once}."

    def facts(self) -> Sequence[str]:
        return ("times", *self.key)
