"""A raw table on its way into a log: whose it is, which log it is, and what its heads mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from smpcompliance.logs.intake.heads.meaning import Meaning, meanings
from smpcompliance.logs.intake.raw import RawTable
from smpcompliance.logs.studio import FileReading


@dataclass(frozen=True)
class Source:
    """A raw table, whose it is, and the log it is.

    Attributes:
        studio: code of the studio in whose folder it lies.
        preset: cells that the file's name settles (`needle_lots` → item_type needle).
        reading: what studio.yaml says of the file.
        meanings: what each head means, in the order of the heads.
        is_shared: it holds records of several studios; each must say whose it is.
    """

    studio: int
    table: RawTable
    log: str
    preset: dict[str, str] = field(default_factory=dict)
    reading: FileReading = FileReading()
    meanings: tuple[Meaning, ...] = ()
    is_shared: bool = False

    @classmethod
    def of(
        cls,
        studio: int,
        table: RawTable,
        log: str,
        preset: Mapping[str, str] | None = None,
        reading: FileReading | None = None,
    ) -> "Source":
        """A table with the meaning of its heads."""
        reading = reading or FileReading()
        return cls(studio, table, log, dict(preset or {}), reading, meanings(table.heads, log, reading))

    def columns(self) -> Iterator[tuple[str, str | None, pa.Array]]:
        """Each head as written, the column of the log it means (None where it means none), and its cells."""
        for meaning, cells in zip(self.meanings, self.table.columns, strict=True):
            yield meaning.head, meaning.targets[0].column if meaning.targets else None, cells

    def ordered(self) -> dict[str, str]:
        """Column → order of dates that its head states."""
        return {m.targets[0].column: m.order for m in self.meanings if m.targets and m.order}

    def stated(self) -> dict[str, str]:
        """Column → unit that its head states."""
        return {m.targets[0].column: m.unit for m in self.meanings if m.targets and m.unit}
