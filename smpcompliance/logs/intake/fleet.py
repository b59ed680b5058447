"""A table of studios beside tables of many: `studios.csv`, one row per studio with the fields of a studio.yaml."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from smpcompliance.logs.intake.raw import RawTable
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import normal
from smpcompliance.logs.studio import Studio, studio_of_row
from smpcompliance.yamlio import Problem, SourceError

STUDIOS = "studios"
"""What the table of studios is called: its file, and its sheet where a workbook has several."""

_FIELDS = {normal(field.replace("_", " ")): field for field in PROFILE} | {normal(field): field for field in PROFILE}


IS_PROFILE = "the table of the studios"


def is_called(name: str) -> bool:
    """Whether a file is called as the table of studios is."""
    return normal(PurePosixPath(name).stem) == STUDIOS


def table_of_studios(tables: Sequence[RawTable]) -> RawTable:
    """Which of the tables of a file is that of the studios."""
    return next((table for table in tables if normal(table.sheet) == STUDIOS), tables[0])


def studios_in(tables: Sequence[RawTable]) -> tuple[Studio, ...]:
    """The studios of a file, in its order. Heads that are no field of a studio's profile are passed over.

    Raises:
        SourceError: every mistake in the table; a line that is no row of it may be a studio, so it is one too.
    """
    table = table_of_studios(tables)
    fields = [_FIELDS.get(normal(head)) for head in table.heads]
    problems: list[Problem] = []
    found: list[Studio] = []
    problems += (
        Problem(place.file, max(1, place.line), 1, place.reason)
        for place in table.misfits
        if place.column is None or normal(place.column) in _FIELDS
    )
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    for cells, line in zip(rows, table.lines.tolist(), strict=True):
        row = {field: cell for field, cell in zip(fields, cells, strict=True) if field}
        try:
            found.append(studio_of_row(row, table.file, line))
        except SourceError as error:
            problems += error.problems
    if not found and not problems:
        problems.append(Problem(table.file, max(1, table.head_line), 1, "expected one row per studio with a studio_id"))
    if problems:
        raise SourceError(problems)
    return tuple(found)
