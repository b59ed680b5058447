"""What the heads of a table mean: by the studio's own word, by name, or by a synonym; near ones are only proposed."""

from collections.abc import Sequence
from dataclasses import dataclass

from smpcompliance.logs.schema import normal, schema
from smpcompliance.logs.studio import FileReading
from smpcompliance.logs.target import Target

STUDIO = Target("", "studio_id")
"""The head that says whose record it is, in tables of many studios."""


@dataclass(frozen=True)
class Meaning:
    """What a head means.

    Attributes:
        head: as written.
        targets: where its cells go; empty where nothing is known of it.
        unit: the unit that the head states (a key of `written.UNITS`), empty where it states none or the column's own.
        proposed: targets it may mean; never used before the studio says so.
    """

    head: str
    targets: tuple[Target, ...] = ()
    unit: str = ""
    proposed: tuple[Target, ...] = ()


def meanings(heads: Sequence[str], log: str, reading: FileReading) -> tuple[Meaning, ...]:
    """What each head of a table of this log means."""
    known = schema(log)
    out = []
    for head in heads:
        if (declared := reading.targets(head, log)) is not None:
            out.append(Meaning(head, declared))
        elif normal(head) in ("studio id", "studio"):
            out.append(Meaning(head, (STUDIO,)))
        else:
            column = known.column_called(head)
            out.append(Meaning(head, (Target(log, column),) if column else ()))
    return tuple(out)
