"""Raw tables become logs: heads become columns, files are joined, keys are made, lots and programs are told apart."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smpcompliance.dates import Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD, Reading, blanks
from smpcompliance.logs.intake.raw import PERSONAL, PERSONAL_LINE, Misfits, Remarks, Unreadable
from smpcompliance.logs.intake.settling import keys, times, units
from smpcompliance.logs.intake.settling.date_order import date_orders
from smpcompliance.logs.intake.settling.joining import only
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Log, LogFile, Logs

_T = TypeVar("_T", bound=np.generic)

_NAMED = 5  # studios that are named where a record is of none
_NO_HEAD = "(no head)"
_NAMELESS = "{} filled columns have no head; their cells are not used"


@dataclass(frozen=True)
class Intake:
    """Everything that came out of the studios' files.

    Attributes:
        logs: the typed tables.
        misfits: (studio code, place): lines that are no records, and records left aside for a repeated key; told once,
            also where a table feeds several logs.
        remarks: (studio code, file, what the owner should know of its reading).
    """

    logs: Logs
    misfits: tuple[tuple[int, Unreadable], ...]
    remarks: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class _Part:
    """A table on its way into a log.

    Attributes:
        columns: column → cells.
        files: what is known of its file; several where its rows are in different units.
        file: per row which of them (int32).
        studio: per row whose it is (int32 code); `keep` tells the rows of a known studio.
    """

    source: Source
    columns: dict[str, pa.Array]
    files: tuple[LogFile, ...]
    file: NDArray[np.int32]
    studio: NDArray[np.int32]
    keep: Mask

    @property
    def whose(self) -> NDArray[np.int32]:
        """The studios that handed it in: those of its records; of a table without any, the one whose alone it is."""
        if len(self.keep) or self.source.is_shared:
            return self.studio[self.keep]
        return np.array([self.source.studio], np.int32)


def assemble(studios: Sequence[Studio], sources: Sequence[Source]) -> Intake:
    """Joins the raw tables of all studios into logs.

    A log that a studio handed in without any record counts as handed in. Of two records of one studio with the same
    key the first stands, the other is reported.
    """
    codes = {studio.studio_id: n for n, studio in enumerate(studios)}
    zones = tuple(studio.time_zone for studio in studios)
    misfits: Misfits = []
    remarks: Remarks = []
    tables: dict[str, Log] = {}
    handed_in: dict[str, Mask] = {}
    for log in LOGS:
        own = [source for source in sources if source.log == log]
        if not own:
            continue
        parts = [_part(source, codes, zones, misfits, remarks) for source in own]
        handed_in[log] = np.zeros(len(studios), bool)
        for part in parts:
            handed_in[log][part.whose] = True
        tables[log] = _join(log, parts)
        misfits += [(source.studio, misfit) for source in own for misfit in _shown(source)]
        remarks += [(source.studio, source.table.place, note) for source in own for note in source.table.notes]
        remarks += _several_files(own)
    tables = keys.settle(tables, studios, misfits, remarks)
    logs = Logs(tuple(studios), tables, handed_in)
    return Intake(logs, tuple(dict.fromkeys(misfits)), tuple(dict.fromkeys(remarks)))


def _shown(source: Source) -> list[Unreadable]:
    """Its cells, and lines that are no records, without their text where that may be personal."""
    if source.table.log:
        return list(source.table.misfits)
    known = schema(source.log).columns
    places = {head: column for head, column, _ in source.columns() if head and column != "studio_id"}
    is_open = {head: column is not None and not known[column].private for head, column in places.items()}
    all_open = all(is_open.values())
    return [
        misfit
        if is_open.get(misfit.column or "", all_open)
        else replace(misfit, text=PERSONAL if misfit.column else PERSONAL_LINE)
        for misfit in source.table.misfits
    ]


def _several_files(sources: Sequence[Source]) -> Remarks:
    """A remark for each studio that has several tables for one log (printouts, one cycle a file, aside)."""
    out = []
    of_studio: dict[int, dict[str, None]] = {}
    for source in sources:
        if source.table.log is None:
            of_studio.setdefault(source.studio, {})[source.table.place] = None
    for studio, places in of_studio.items():
        if len(files := list(places)) > 1:
            text = f"{len(files)} files are one log, {sources[0].log}: {', '.join(files)}; all their records are used"
            out.append((studio, files[1], text))
    return out


def _part(
    source: Source,
    codes: dict[str, int],
    zones: tuple[str, ...],
    misfits: Misfits,
    remarks: Remarks,
) -> _Part:
    table, known = source.table, schema(source.log)
    studio, keep = np.full(table.rows, source.studio, np.int32), np.ones(table.rows, bool)
    found: list[tuple[str, str, pa.Array]] = []
    unmapped, nameless = [], 0
    for head, column, cells in source.columns():
        if column == "studio_id":
            studio, keep = _studio_codes(source, head, cells, codes, misfits)
        elif column:
            found.append((head, column, cells))
        elif head.strip():
            unmapped.append(head)
        elif not blanks(cells).all():
            nameless += 1
    whole = times.settled(known, found)
    columns, heads = dict(whole.columns), dict(whole.heads)
    for column, value in source.preset.items():
        if column not in columns:
            columns[column], heads[column] = arrow.repeated(value, table.rows), column
    shown = date_orders(known, columns, heads, table.lines, whole.days_of, source.reading.dates, source.ordered())
    measured = units.settled(known, columns, heads, source.stated(), source.reading.units)
    if nameless:
        unmapped.append(_NO_HEAD)
    said = [_NAMELESS.format(nameless)] * bool(nameless)
    said += [*whole.remarks, *shown.remarks, *measured.remarks]
    remarks += [(source.studio, table.place, text) for text in said]
    files = tuple(
        LogFile(
            table.file,
            heads,
            (*unmapped, *whole.unused),
            Reading(source.reading.dates, zones, shown.orders, variant),
            table.log is not None,
            table.sheet,
            table.of_machine,
        )
        for variant in measured.variants
    )
    variant = measured.variant if columns else np.zeros(table.rows, np.int32)
    return _Part(source, columns, files, variant, studio, keep)


def _studio_codes(
    source: Source, head: str, cells: pa.Array, codes: dict[str, int], misfits: Misfits
) -> tuple[NDArray[np.int32], Mask]:
    distinct = arrow.encoded(cells)
    texts = distinct.dictionary.to_pylist()
    unsaid = -1 if source.is_shared else source.studio
    code = np.array([codes.get(text, -1 if text else unsaid) for text in texts] + [-1], np.int32)
    studio = code[arrow.numbers(distinct.indices)]
    strange = np.flatnonzero(studio < 0)
    ids = (list(codes) if len(codes) <= _NAMED else sorted(codes)) if len(strange) else []
    for row in strange:
        text = "" if (said := cells[int(row)].as_py()) == UNREAD else said
        told = source.table.unreadable_at(int(row), head, text, f"{head} {text!r}: {_nobody(text, ids)}")
        misfits.append((source.studio, replace(told, column=None)))
    return np.maximum(studio, 0), studio >= 0


def _nobody(text: str, ids: Sequence[str]) -> str:
    """Why a record of a studio that nobody knows is left out; of many studios those next to it in order are named."""
    if len(ids) <= _NAMED:
        return f"there is no studio of this id; known are {', '.join(ids)}"
    reason = f"there is no studio of this id; {len(ids):,} are known"
    if not text:
        return reason
    first = min(max(bisect(ids, text) - _NAMED // 2, 0), len(ids) - _NAMED)
    return f"{reason}, next to it {', '.join(ids[first : first + _NAMED])}"


def _join(log: str, parts: Sequence[_Part]) -> Log:
    names = dict.fromkeys(name for part in parts for name in part.columns)
    text = {name: _one_behind_the_other(name, parts) for name in names}
    lengths = [part.source.table.rows for part in parts]
    before = np.cumsum([0, *(len(part.files) for part in parts)])
    joined = Log(
        schema(log),
        text,
        tuple(file for part in parts for file in part.files),
        _behind([part.file + np.int32(n) if n else part.file for part, n in zip(parts, before[:-1], strict=True)]),
        _behind([part.source.table.lines for part in parts]),
        _behind([part.studio for part in parts]),
        np.zeros(sum(lengths), bool),
    )
    keep = _behind([part.keep for part in parts])
    return joined if keep.all() else only(joined, np.flatnonzero(keep))


def _behind(arrays: Sequence[NDArray[_T]]) -> NDArray[_T]:
    """One array behind the other; a single one is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _one_behind_the_other(name: str, parts: Sequence[_Part]) -> pa.Array:
    if len(parts) == 1:
        return parts[0].columns[name]
    return pa.concat_arrays([p.columns.get(name, arrow.repeated("", p.source.table.rows)) for p in parts])
