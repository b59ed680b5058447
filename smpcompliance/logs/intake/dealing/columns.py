"""The columns of a table while it is dealt out: each with its head, its cells and the one place they go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from smpcompliance.dates import Codes, Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.intake.heads.meaning import Meaning
from smpcompliance.logs.intake.raw import TEXT
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.target import Target


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        head: as written.
        cells: Arrow strings.
        means: where the cells go; None where nothing is known of the head.
        native: what a workbook itself holds in each cell (uint8); None for files of text and for cells that were made.
        meaning: what else the head says; None where the column was made.
    """

    head: str
    cells: pa.Array
    means: Target | None
    native: Codes | None = None
    meaning: Meaning | None = None


def columns_of(source: Source) -> list[Column]:
    """The columns of a source whose heads have one target or none."""
    native = source.table.native or (None,) * len(source.table.heads)
    return [
        Column(m.head, cells, m.targets[0] if m.targets else None, kinds, m)
        for m, cells, kinds in zip(source.meanings, source.table.columns, native, strict=True)
    ]


def source_of(
    source: Source,
    log: str,
    columns: Sequence[Column],
    rows: Ints | None,
    preset: Mapping[str, str],
    lines: Ints | None = None,
) -> Source:
    """A table of these columns and rows of a source; its misfits and notes stay with the source.

    Args:
        rows: which cells of the columns to take; None: all.
        lines: the line of each cell of the columns, where they are not those of the source's table.
    """
    old = source.table
    lines = old.lines if lines is None else lines
    cells, native = [column.cells for column in columns], list[Codes]()
    if old.native:
        native = [np.full(len(lines), TEXT, np.uint8) if c.native is None else c.native for c in columns]
    if rows is not None and not arrow.is_every(rows, len(lines)):
        cells, native, lines = arrow.taken(cells, rows), [kinds[rows] for kinds in native], lines[rows]
    table = replace(
        old,
        heads=tuple(column.head for column in columns),
        columns=tuple(cells),
        lines=lines,
        misfits=(),
        notes=(),
        log=old.log if log == source.log else None,
        native=tuple(native),
    )
    meanings = tuple(
        replace(c.meaning or Meaning(c.head), head=c.head, targets=(c.means,) if c.means else ()) for c in columns
    )
    return replace(source, table=table, log=log, preset=dict(preset), meanings=meanings)
