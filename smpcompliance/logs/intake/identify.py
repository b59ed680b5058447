"""Which log a table is: by what studio.yaml says, as an export of a known service, by its name, or by its heads.

A sheet whose own name says nothing is what its file's name says only if its heads fit that log and no other one better.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from smpcompliance.logs.cells import blanks
from smpcompliance.logs.intake.heads.meaning import STUDIO, likely_log, tells_records_of
from smpcompliance.logs.intake.raw import RawTable
from smpcompliance.logs.profile import PROFILE
from smpcompliance.logs.schema import LOGS, log_named, schema, shared
from smpcompliance.logs.studio import FileReading

if TYPE_CHECKING:
    from smpcompliance.logs.intake.exports.known import Export

_OF_PRINTOUTS = (".txt", ".log", ".prn", ".dat", ".asc", "")
"""Endings of files that a sterilizer or a program beside it writes."""


@dataclass(frozen=True)
class Identified:
    """A table and the log it is.

    Attributes:
        log: None where it cannot be told; `problem` says why.
        preset: cells that the name settles (`needle_lots` → item_type needle).
        reading: how it is read, by studio.yaml and by what is known of the export.
        likely: the log that it may be, for the owner to confirm.
    """

    table: RawTable
    log: str | None
    preset: dict[str, str] = field(default_factory=dict)
    reading: FileReading = FileReading()
    problem: str = ""
    likely: str | None = None


def named(file: str, sheet: str) -> tuple[str | None, dict[str, str]]:
    """The log that the name of a sheet or of its file says, and the cells it presets."""
    return (log_named(sheet) if sheet else None) or log_named(PurePosixPath(file).stem) or (None, {})


def identified(table: RawTable, declared: FileReading) -> Identified:
    """The log that a table is."""
    found = _told(table, declared)
    return replace(found, table=_without_unkept(found.table, found.log)) if found.log else found


def _without_unkept(table: RawTable, log: str) -> RawTable:
    """A blank log of ours that was filled in, without the columns that nobody filled.

    It offers every column there is, so a column that is blank throughout says that the studio does not keep it, and not
    that each of its records lacks something. Only a day on which something ends says by being blank that it goes on.
    """
    stands = schema(log).stands
    ends = stands.until if stands else ()
    offered = {name for name, column in schema(log).columns.items() if not column.derived}
    if not table.rows or not offered.issubset(table.heads):
        return table
    kept = [n for n, cells in enumerate(table.columns) if table.heads[n] in ends or not blanks(cells).all()]
    left = len(table.heads) - len(kept)
    told = f"{left} columns of the blank log are blank throughout and taken as not kept" if left else ""
    return replace(
        table,
        heads=tuple(table.heads[n] for n in kept),
        columns=tuple(table.columns[n] for n in kept),
        native=tuple(table.native[n] for n in kept) if table.native else (),
        notes=(*table.notes, *([told] if told else [])),
    )


def _told(table: RawTable, declared: FileReading) -> Identified:
    if table.log:
        return Identified(table, table.log, {}, declared)
    log, preset = (declared.log, {}) if declared.log else named(table.file, table.sheet)
    if export := _export(table, declared, log):
        if export.log is None:
            return Identified(table, None, problem=f"this is {export.title}: {export.aside}")
        applied = export.apply(table, declared)
        return Identified(applied.table, applied.log, applied.preset | preset, applied.reading)
    by_sheet = bool(table.sheet) and log_named(table.sheet) is not None
    if log and (declared.log or by_sheet or not table.sheet):
        return Identified(table, log, preset, declared)
    likely = likely_log(table.heads)
    if likely.log and likely.log != log:
        told = (
            f"taken as {likely.log}, by its heads: {likely.reason}; "
            f"if it is another log, say {_declaration(table, '…')} in studio.yaml"
        )
        return Identified(replace(table, notes=(*table.notes, told)), likely.log, {}, declared)
    if log and tells_records_of(log, table.heads):
        return Identified(table, log, preset, declared)
    proposed = likely.proposed or log
    return Identified(table, None, problem=_no_log(table, proposed, likely.reason), likely=proposed)


def _export(table: RawTable, declared: FileReading, named: str | None) -> "Export | None":
    """The known export as which a table is to be read; what knows the exports is loaded where a head is not our own."""
    if _are_our_own(table.heads, named):
        return None
    from smpcompliance.logs.intake.exports.known import export_for

    return export_for(table, declared, named)


def _are_our_own(heads: Collection[str], log: str | None) -> bool:
    """Whether all heads are names of columns or of a studio's facts themselves; no known export has only such heads.

    Args:
        log: the log that is asked first, and then those that it feeds; mostly these are enough.
    """
    left = set(heads).difference((STUDIO.column, *PROFILE))
    likely = (log, *(feed.log for feed in schema(log).feeds)) if log else ()
    for each in (*likely, *LOGS):
        if not left:
            break
        left -= own_heads(each)
    return not left


@cache
def own_heads(log: str) -> frozenset[str]:
    """The names of a log's columns themselves, also behind a word for an item or a form (`needle_lot_number`)."""
    columns = [name for name, column in schema(log).columns.items() if not column.derived]
    words = (*shared().vocabularies["item"], "consent")
    return frozenset((*columns, *(f"{word}_{name}" for word in words for name in columns)))


def _no_log(table: RawTable, proposed: str | None, reason: str) -> str:
    name = table.sheet or PurePosixPath(table.file).stem
    rename = "name the sheet" if table.sheet else "name the file"
    perhaps = f"it may be {proposed} ({reason})" if proposed else reason
    is_text = not proposed and not table.sheet and PurePosixPath(table.file).suffix.lower() in _OF_PRINTOUTS
    return (
        f"no log is called '{name}', and {perhaps}; {rename} after its log (sessions, spore_tests …) "
        f"or say {_declaration(table, proposed or '…')} in studio.yaml"
        + ("; a printout of a sterilizer needs a profile of the machine in the folder devices" if is_text else "")
    )


def _declaration(table: RawTable, log: str) -> str:
    sheet = f"sheet: {table.sheet}, " if table.sheet else ""
    return f'files: {{"{table.file}": {{{sheet}log: {log}}}}}'
