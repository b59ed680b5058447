"""Lines that are no records of their table, being torn or of another width, stand in it as records of unknown content.

Such a line may be the one that fails a duty. As a record that cannot be read it is not judged; left out, the rest would
be judged as if it were all.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa

from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.intake.raw import TEXT, RawTable


def with_left_out(table: RawTable, blank: Collection[str] = ()) -> RawTable:
    """The table with a record for each line that its reader reported and left out; every cell of it is `UNREAD`.

    Args:
        table: of a printout it comes back as it is, for there a line is no record.
        blank: heads below which such a record is blank instead.
    """
    reported = {place.line for place in table.misfits if place.column is None and place.line > table.head_line}
    if not reported or table.log:
        return table
    lines = sorted(reported - set(table.lines.tolist()))
    if not lines:
        return table
    order = np.argsort(np.concatenate([table.lines, lines]), kind="stable")
    nothing, unread = (arrow.repeated(cell, len(lines)) for cell in ("", UNREAD))
    fill = {head: nothing if head in blank else unread for head in table.heads}
    native = (np.append(kinds, np.full(len(lines), TEXT, np.uint8))[order] for kinds in table.native)
    return replace(
        table,
        columns=tuple(
            arrow.take(pa.concat_arrays([column, fill[head]]), order)
            for head, column in zip(table.heads, table.columns, strict=True)
        ),
        lines=np.concatenate([table.lines, lines])[order].astype(np.int64),
        native=tuple(native),
    )
