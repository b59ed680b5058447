"""Parquet files: every row with its number, every column as text.

A Parquet file has no lines: a record's line is its row number from 1, and the heads stand on line 0.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.logs.arrow import int64s, numbers, strings, take
from smpcompliance.logs.intake.raw import DATE, NUMBER, TEXT, NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.logs.intake.tables.head_rows import numbered, one_line
from smpcompliance.logs.intake.tables.tidy import tidied

LARGEST_UNPACKED = 1 << 30  # bytes of all columns
MOST_CELLS = 200_000_000
_ROWS_AT_ONCE = 1024  # where a cell may be a list of long texts
_MARK = b"PAR1"
_EXPORT_ANEW = 'Export the table anew as Parquet or as "CSV UTF-8".'
_JOIN = "; "  # between the items of a list


def recognises(source: SourceFile) -> bool:
    """Whether a file is Parquet by its first bytes, whatever its name."""
    return source.data.startswith((_MARK, b"PARE"))


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Read a Parquet file as one table.

    Dates are written as 2026-03-04, moments as 2026-03-04 14:10:00 with the offset of their zone behind it, truth
    values as true and false, lists with "; " between their items; what is null is blank. A column of records within
    records, of bytes or of another type that no log has is left out and said in the notes.

    Raises:
        NotReadable: the file is damaged, encrypted, or larger than is read.
    """
    table = _table(source)
    heads, columns, native, notes = [], [], [], []
    misfits: list[Unreadable] = []
    for field, column in zip(table.schema, table.columns, strict=True):
        head = one_line(field.name)
        cells = _joined(column)
        try:
            text = _text(cells)
        except (pa.ArrowException, ValueError, OverflowError):
            text = None
        if text is None:
            text = strings([""] * len(cells))
            reason = f"this column holds {_kind_of(field.type)}, which no cell of a log does; it is taken as blank"
            misfits.append(Unreadable(source.name, 0, head, "", reason))
            notes.append(f"the column '{head}' holds {_kind_of(field.type)} and is not read")
        heads.append(head)
        columns.append(text)
        native.append(_native(field.type, text))
    raw = RawTable(
        source.name,
        tuple(heads),
        tuple(columns),
        np.arange(1, table.num_rows + 1, dtype=np.int64),
        0,
        tuple(misfits),
        tuple(notes),
        native=tuple(native),
    )
    return (tidied(_without_blank_rows(raw)),)


def _table(source: SourceFile) -> pa.Table:
    from pyarrow import parquet

    if source.data.startswith(b"PARE"):
        raise NotReadable(f"{source.name}: the file is encrypted and cannot be read. {_EXPORT_ANEW}")
    try:
        file = parquet.ParquetFile(pa.BufferReader(source.data))
        about = file.metadata
        groups = [about.row_group(at) for at in range(about.num_row_groups)]
        size = sum(max(group.total_byte_size, 0) for group in groups)
        if about.num_rows * about.num_columns > MOST_CELLS or size > LARGEST_UNPACKED:
            raise _too_large(source)
        repeated = [file.schema.column(at) for at in range(about.num_columns)]
        texts = [
            leaf.path for leaf in repeated if leaf.physical_type == "BYTE_ARRAY" and leaf.max_repetition_level == 0
        ]
        file = parquet.ParquetFile(pa.BufferReader(source.data), read_dictionary=texts)
        batches, size = [], 0
        for batch in file.iter_batches(
            _ROWS_AT_ONCE if any(leaf.max_repetition_level for leaf in repeated) else 1 << 20
        ):
            batch.validate(full=True)
            size += sum(map(_unpacked, batch.columns))
            if size > LARGEST_UNPACKED:
                raise _too_large(source)
            batches.append(batch)
        table = pa.Table.from_batches(batches, batches[0].schema if batches else file.schema_arrow)
        _check_names(table.schema)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError, RuntimeError) as damage:
        raise NotReadable(
            f"{source.name}: the Parquet file is damaged ({str(damage)[:200]}). {_EXPORT_ANEW}"
        ) from damage
    if not table.num_columns:
        raise NotReadable(f"{source.name}: the file has no columns. Expected a column per head and a row per record.")
    return table


def _check_names(schema: pa.Schema) -> None:
    """Reads every name once, those within types too.

    Raises:
        ValueError: one is not UTF-8.
    """
    for field in schema:
        _ = (field.name, str(field.type))


def _joined(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    if _T.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.nulls(0, column.type)


def _too_large(source: SourceFile) -> NotReadable:
    return NotReadable(
        f"{source.name}: unpacked, the file holds more than {MOST_CELLS} cells or {LARGEST_UNPACKED} bytes, which is "
        "the most that is read. Split it, for instance by year."
    )


def _unpacked(column: pa.Array) -> int:
    """How many bytes a column takes when each cell holds its own text."""
    if not _T.is_dictionary(column.type):
        return int(column.nbytes)
    if not (_T.is_string(column.type.value_type) or _T.is_binary(column.type.value_type)):
        return int(column.nbytes)
    lengths = pc.fill_null(pc.cast(pc.binary_length(column.dictionary), pa.int64()), int64s(np.zeros(1))[0])
    used = numbers(pc.cast(pc.drop_null(column.indices), pa.int64()))
    return int(numbers(lengths)[used].sum()) if len(used) else 0


def _text(cells: pa.Array) -> pa.Array | None:
    """The cells as text without nulls; None where their type is none that a log has."""
    for fits, written in _WRITTEN:
        if fits(cells.type):
            text = written(cells)
            if text is None:
                return None
            text = text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
            return _plain(pc.cast(text, pa.string()))
    return None


def _plain(text: pa.Array) -> pa.Array:
    """Strings trimmed, with blanks for nulls, in an array that begins at its own beginning."""
    if text.null_count:
        text = pc.fill_null(text, strings([""])[0])
    if text.offset or text.buffers()[2] is None:
        text = pa.concat_arrays([text, strings([""])]).slice(0, len(text))
    return pc.ascii_trim(text, " \t")


def _moments(cells: pa.Array) -> pa.Array:
    """Seconds, and what is finer only where some cell has it; the offset of the column's zone behind."""
    unit = cells.type.unit
    if unit != "s":
        whole = pc.equal(cells, pc.floor_temporal(cells, unit="second"))
        if not len(cells) or pc.all(whole, min_count=0).as_py():
            cells = pc.cast(cells, pa.timestamp("s", tz=cells.type.tz))
    return pc.strftime(cells, format="%Y-%m-%d %H:%M:%S" + ("%Ez" if cells.type.tz else ""))


def _floats(cells: pa.Array) -> pa.Array:
    """Whole numbers without a point, others in full, never with an exponent; what is no number is blank."""
    distinct = pc.dictionary_encode(pc.cast(cells, pa.float64()) if pa.types.is_float16(cells.type) else cells)
    shown = strings([_number(text) for text in pc.cast(distinct.dictionary, pa.string()).to_pylist()])
    return pc.take(shown, distinct.indices)


def _number(text: str) -> str:
    value = Decimal(text)
    if not value.is_finite():
        return ""
    plain = format(value, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if value else "0"


def _lists(cells: pa.Array) -> pa.Array | None:
    items = _text(cells.flatten()) if len(cells) else strings([])
    if items is None:
        raise ValueError("a list of what no log has")
    counts = pc.fill_null(pc.list_value_length(cells), 0)
    ends = np.concatenate(([0], np.cumsum(numbers(pc.cast(counts, pa.int32()))))).astype(np.int32)
    joined = pa.ListArray.from_arrays(pa.Array.from_buffers(pa.int32(), len(ends), [None, pa.py_buffer(ends)]), items)
    return pc.binary_join(joined, strings([_JOIN])[0])


def _lengths(cells: pa.Array) -> pa.Array:
    """A length of time as h:mm:ss."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[cells.type.unit]
    distinct = pc.dictionary_encode(pc.cast(cells, pa.int64()))
    shown = strings([_clock(value // per_second) for value in distinct.dictionary.to_pylist()])
    return pc.take(shown, distinct.indices)


def _clock(seconds: int) -> str:
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _cast(cells: pa.Array) -> pa.Array:
    return pc.cast(cells, pa.string())


def _decoded(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode()


def _decimals(cells: pa.Array) -> pa.Array:
    distinct = pc.dictionary_encode(cells)
    shown = strings([format(value, "f") for value in distinct.dictionary.to_pylist()])
    return pc.take(shown, distinct.indices)


_T = pa.types
_WRITTEN: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array | None]], ...] = (
    (lambda kind: _T.is_string(kind) or _T.is_large_string(kind) or _T.is_string_view(kind), _cast),
    (_T.is_boolean, _cast),
    (_T.is_integer, _cast),
    (_T.is_floating, _floats),
    (_T.is_decimal, _decimals),
    (_T.is_date, lambda cells: pc.cast(pc.cast(cells, pa.date32()), pa.string())),
    (_T.is_timestamp, _moments),
    (_T.is_time, lambda cells: pc.replace_substring_regex(_cast(cells), r"\.0+$", "")),
    (_T.is_duration, _lengths),
    (_T.is_dictionary, lambda cells: _text(_decoded(cells))),
    (lambda kind: _T.is_list(kind) or _T.is_large_list(kind), _lists),
    (_T.is_null, lambda cells: strings([""] * len(cells))),
)


def _kind_of(kind: pa.DataType) -> str:
    kind = kind.value_type if _T.is_dictionary(kind) else kind
    if _T.is_struct(kind) or _T.is_map(kind):
        return "records within records"
    if _T.is_nested(kind):
        return "lists of records"
    return f"values of the type {kind}"


def _native(kind: pa.DataType, text: pa.Array) -> np.ndarray:
    code = TEXT
    if _T.is_integer(kind) or _T.is_floating(kind) or _T.is_decimal(kind):
        code = NUMBER
    elif _T.is_temporal(kind):
        code = DATE
    filled = numbers(pc.binary_length(text)) > 0 if len(text) else np.zeros(0, dtype=bool)
    return np.where(filled, np.uint8(code), np.uint8(TEXT)).astype(np.uint8)


def _without_blank_rows(table: RawTable) -> RawTable:
    filled = np.zeros(table.rows, dtype=bool)
    for column in table.columns:
        filled |= numbers(pc.binary_length(column)) > 0 if len(column) else filled
    if filled.all():
        return table
    rows = np.flatnonzero(filled)
    note = f"{numbered('row', table.lines[~filled].tolist())}: wholly blank, no record"
    return replace(
        table,
        columns=tuple(take(column, rows) for column in table.columns),
        lines=table.lines[rows],
        native=tuple(kinds[rows] for kinds in table.native),
        notes=(*table.notes, note),
    )
