"""What a rule may write of the records it looks for in another log."""

from typing import ClassVar, Literal

from smpcompliance.checks.check import LogName
from smpcompliance.checks.condition import ColumnPath, Conditions, OuterPath, Strict

Valid = Literal["document", "registration", "lot", "cycle", "training"]


class Find(Strict):
    """Which records of another log are candidates, and when one is good at the record's moment.

    `match` is {own column: its column}; where that column is a list, it must contain the own value. `where` may
    compare its columns with columns of the record. `valid`: `document` in force on the day, `registration` begun by
    then and not taken away, whatever end is written, `training` completed and not expired, `lot` usable and
    undamaged, `cycle` passed and released. `at` is the record's moment, by default the day it happened.
    """

    compares_outside: ClassVar[bool] = True
    log: LogName
    match: dict[OuterPath, ColumnPath] = {}
    where: Conditions = Conditions({})
    at: OuterPath | None = None
    valid: Valid | None = None
    none: bool = False
