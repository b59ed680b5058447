"""Arrow and numpy side by side without copies, and without importing pandas.

pyarrow imports pandas (0.15 s) at the first `pa.array`, `.to_numpy` or Python scalar in a compute call. An audit of
CSV files must not pay for that, so arrays cross between the two worlds only through the functions here.
"""

from collections.abc import Iterable, Iterator, Sequence
from weakref import ref

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Ints, Mask

_RUN = 64  # rows one behind the other, on average, from which on whole runs are copied
_BLOCK = 1 << 15
_LOOKED_AT, _OFTEN = 1 << 14, 4  # rows that tell whether cells repeat, and how often they then do, on average
_DENSE = 4  # codes per row up to which a table of all of them is small
_FEW = 128  # texts that are soon asked one by one
_MOST_CODES = 1 << 62
_HASHED = 8  # times eight bytes of a cell
_ODD = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio of 2**64 (Knuth, The Art of Computer Programming 6.4)
_KEPT = np.array([(1 << 8 * kept) - 1 for kept in range(9)], np.uint64)  # of a word, the bytes that are the cell's


def strings(cells: Iterable[str]) -> pa.Array:
    """An Arrow string array (no nulls) from Python text."""
    cells = list(cells)
    text = "".join(cells)
    data = text.encode("utf-8", "replace")
    lengths = map(len, cells if text.isascii() else (cell.encode("utf-8", "replace") for cell in cells))
    offsets = np.zeros(len(cells) + 1, dtype=np.int32)
    np.cumsum(np.fromiter(lengths, np.int64, len(cells)), out=offsets[1:])
    return pa.StringArray.from_buffers(len(cells), pa.py_buffer(offsets), pa.py_buffer(data))


def numbers(array: pa.Array) -> np.ndarray:
    """The values of a fixed-width Arrow array as numpy, whatever stands under nulls; Booleans are unpacked."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks() if array.num_chunks != 1 else array.chunk(0)
    if pa.types.is_boolean(array.type):
        bits = np.unpackbits(np.frombuffer(array.buffers()[1], dtype=np.uint8), bitorder="little")
        return bits[array.offset : array.offset + len(array)].astype(bool)
    width = np.dtype(array.type.to_pandas_dtype()) if not pa.types.is_timestamp(array.type) else np.dtype(np.int64)
    return np.frombuffer(array.buffers()[1], dtype=width)[array.offset : array.offset + len(array)]


def repeated(cell: str, rows: int) -> pa.Array:
    """A string array that holds one text in every row."""
    text = cell.encode()
    ends = np.arange(0, len(text) * rows + 1, len(text), dtype=np.int32) if text else np.zeros(rows + 1, np.int32)
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(text * rows))


def put(cells: pa.Array, rows: np.ndarray, others: pa.Array) -> pa.Array:
    """The cells, those at these rows (numbers or a mask) replaced by others, in their order."""
    if not len(others):
        return cells
    if rows.dtype != bool and is_every(rows, len(cells)):
        return others
    place = np.arange(len(cells))
    if len(others) == len(cells):
        place[rows] = np.arange(len(cells))
        return take(others, place)
    place[rows] = len(cells) + np.arange(len(others))
    return take(pa.concat_arrays([cells, others]), place)


def chosen(mask: np.ndarray, first: pa.Array, second: pa.Array) -> pa.Array:
    """The cells of the first array where the mask is set, else those of the second."""
    if mask.all() or not mask.any():
        return first if mask.any() else second
    return take(pa.concat_arrays([first, second]), np.where(mask, 0, len(first)) + np.arange(len(first)))


def joined(columns: Sequence[pa.Array], between: str) -> pa.Array:
    """The filled cells of each row as one text, with something between them; empty where none is filled."""
    filled = [is_filled(column) for column in columns]
    filled[0] = filled[0] | ~np.any(filled, axis=0)  # Arrow drops a row that is all null
    told = [_null_but(some, column) for some, column in zip(filled, columns, strict=True)]
    return pc.binary_join_element_wise(*told, strings([between])[0], null_handling="skip")


def _null_but(some: np.ndarray, cells: pa.Array) -> pa.Array:
    """The same cells, null where the mask is not set."""
    if some.all():
        return cells
    bits = np.packbits(np.concatenate((np.zeros(cells.offset, bool), some)), bitorder="little")
    _, ends, text = cells.buffers()
    return pa.Array.from_buffers(cells.type, len(cells), [pa.py_buffer(bits), ends, text], offset=cells.offset)


def offsets(cells: pa.Array) -> np.ndarray:
    """Where the text of each cell begins and ends (int32, in bytes): one offset more than there are cells."""
    return np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]


def is_filled(cells: pa.Array) -> np.ndarray:
    """Which cells hold anything at all."""
    ends = offsets(cells)
    return np.asarray(ends[1:] != ends[:-1])


def repeating(cells: pa.Array) -> pa.DictionaryArray | None:
    """The cells as `encoded`; None where those at the beginning say that most cells differ from each other."""
    some = cells.slice(0, _LOOKED_AT)
    return encoded(cells) if _OFTEN * len(some.dictionary_encode().dictionary) < len(some) else None


def suspects(texts: pa.Array, pattern: str) -> Mask:
    """Which texts hold a pattern (RE2, in any case) or a sign that is no printable ASCII.

    All others need not be asked one by one: of printable ASCII RE2 and Python think alike. Where there are few texts,
    all are suspect, for the pattern takes longer to be understood than they to be asked.
    """
    if len(texts) < _FEW:
        return np.ones(len(texts), bool)
    found: Mask = numbers(pc.match_substring_regex(texts, f"(?is:{pattern})|[^ -~]"))
    return found


def int64s(values: np.ndarray) -> pa.Array:
    """An Arrow int64 array over the memory of a numpy array."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def take(array: pa.Array, rows: np.ndarray) -> pa.Array:
    """The cells at these rows, in this order; the array itself where those are all of it, for arrays never change."""
    return taken([array], rows)[0]


def taken(columns: Sequence[pa.Array], rows: np.ndarray) -> list[pa.Array]:
    """The cells of several columns at these rows, as `take`."""
    if columns and is_every(rows, len(columns[0])):
        return list(columns)
    ends = np.flatnonzero(rows[1:] != rows[:-1] + 1) + 1
    if _RUN * len(ends) >= len(rows):
        places = int64s(rows)
        return [column.take(places) for column in columns]
    begins = np.append(0, ends)
    runs = list(zip(rows[begins].tolist(), np.diff(np.append(begins, len(rows))).tolist(), strict=True))
    return [pa.concat_arrays([column.slice(start, length) for start, length in runs]) for column in columns]


def is_every(rows: np.ndarray, of: int) -> bool:
    """Whether these are all rows of so many, in their order."""
    if len(rows) != of or not of:
        return not of and not len(rows)
    return bool(rows[0] == 0 and rows[-1] == of - 1 and (rows[1:] > rows[:-1]).all())


_ENCODED: dict[int, tuple["ref[pa.Array]", pa.DictionaryArray]] = {}


def encoded(cells: pa.Array) -> pa.DictionaryArray:
    """The distinct cells, in the order in which they first appear, and per row which of them it has.

    Told once for each array and kept as long as the array lives: arrays never change, and tables share them.
    """
    known = _ENCODED.get(id(cells))
    return known[1] if known else _remembered(cells, cells.dictionary_encode())


def spread(texts: pa.Array, over: pa.DictionaryArray) -> pa.Array:
    """Cells made of those of another column, `over`: the text at the place of each of its distinct cells."""
    cells, distinct = take(texts, numbers(over.indices)), texts.dictionary_encode()
    indices = distinct.indices.take(over.indices)
    _remembered(cells, pa.DictionaryArray.from_arrays(indices, distinct.dictionary, safe=False))
    return cells


def _remembered(cells: pa.Array, distinct: pa.DictionaryArray) -> pa.DictionaryArray:
    key, kept = id(cells), _ENCODED
    kept[key] = ref(cells, lambda _: kept.pop(key, None)), distinct
    return distinct


def blocks(rows: int) -> Iterator[slice]:
    """All rows in blocks so small that what is reckoned on the way stays in the processor's own memory."""
    return (slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK))


def words(cells: pa.Array, nth: int = 0) -> NDArray[np.uint64]:
    """The nth eight bytes of each cell as one number, its first byte the lowest; 0 beyond the end of the cell."""
    ends, text = offsets(cells).astype(np.int64), cells.buffers()[2]
    begin = ends[:-1] + 8 * nth
    left = ends[1:] - begin
    size = 0 if text is None else text.size
    if size < 8:
        text, size = pa.py_buffer((b"" if text is None else text.to_pybytes()).ljust(8, b"\0")), 8
    every: NDArray[np.uint64] = np.ndarray((size - 7,), np.dtype("<u8"), text, strides=(1,))
    if begin.max(initial=0) <= size - 8:
        found = every[begin]
    else:
        at = np.minimum(begin, size - 8)
        found = every[at] >> np.minimum(8 * (begin - at), 63).astype(np.uint64)
    if left.min(initial=8) < 8:
        found &= _KEPT[np.clip(left, 0, 8)]
    return found


def first_rows(*columns: pa.Array | Ints) -> Ints:
    """Per row the first row that has the same cells in all of these columns of text or numbers: mostly itself."""
    out = np.arange(len(columns[0]))
    again, first = repeats(*columns)
    out[again] = first
    return out


def repeats(*columns: pa.Array | Ints) -> tuple[Ints, Ints]:
    """The rows whose cells in all of these columns a row before them has too, and the first such row of each.

    Where a table of all codes is small, it may show that all rows differ. Else a hash tells most of them apart; only
    those whose hash another row has too are compared by what they hold.
    """
    alike = np.zeros(0, np.int64) if _all_differ(columns) else _not_alone(_hashes(columns))
    if not len(alike):
        return alike, alike
    first, place = groups(*(c[alike] if isinstance(c, np.ndarray) else take(c, alike) for c in columns))
    stands = alike[first[place]]
    again = stands != alike
    return alike[again], stands[again]


def _all_differ(columns: Sequence[pa.Array | Ints]) -> bool:
    """Whether a table of all codes, where it is small, shows each set of them once."""
    rows, size, codes = len(columns[0]), 1, list[tuple[Ints, int]]()
    for column in columns:
        if isinstance(column, pa.Array) and repeating(column) is None:
            return False
        codes.append(_coded(column))
        size *= codes[-1][1]
        if size > _DENSE * rows:
            return False
    seen = np.zeros(size, bool)
    for block in blocks(rows):
        code = np.zeros(1, np.int64)
        for own, count in codes:
            code = code * count + own[block]
        seen[code] = True
    return bool(np.count_nonzero(seen) == rows)


def groups(*columns: pa.Array | Ints) -> tuple[Ints, Ints]:
    """The first row of each distinct set of cells, in the order in which the columns' values first appear one by one;
    and per row which set it has."""
    code, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        own, count = _coded(column)
        if count == 1:
            continue
        if size > _MOST_CODES // count:
            distinct, code = np.unique(code, return_inverse=True)
            size = len(distinct)
        code *= count
        code += own
        size *= count
    distinct = int64s(code).dictionary_encode()
    place, order = numbers(distinct.indices), np.argsort(numbers(distinct.dictionary))
    first = np.flatnonzero(np.diff(np.maximum.accumulate(place), prepend=np.int32(-1)))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[place]


def running(first: Ints) -> Ints:
    """Per row how many rows before it have the same first row (`first_rows`)."""
    out = np.zeros(len(first), np.int64)
    again = np.flatnonzero(first != np.arange(len(first)))
    order = again[np.argsort(first[again], kind="stable")]
    out[order] = 1 + np.arange(len(order)) - np.searchsorted(first[order], first[order])
    return out


def _coded(column: pa.Array | Ints) -> tuple[Ints, int]:
    """Codes of a column, in the order in which its values first appear (numbers: of their size), and how many."""
    if isinstance(column, np.ndarray):
        return column, int(column.max(initial=0)) + 1
    distinct = encoded(column)
    return numbers(distinct.indices), max(len(distinct.dictionary), 1)


def _hashes(columns: Sequence[pa.Array | Ints]) -> NDArray[np.uint64]:
    """One number per row, the same where the cells are the same."""
    out = np.zeros(len(columns[0]), np.uint64)
    for block in blocks(len(out)):
        for column in columns:
            out[block] = _with_cells(out[block], column[block])
    return out


def _with_cells(hashed: NDArray[np.uint64], cells: pa.Array | Ints) -> NDArray[np.uint64]:
    if isinstance(cells, np.ndarray):
        return _mixed(hashed, cells.astype(np.uint64))
    length = np.diff(offsets(cells))
    hashed = _mixed(hashed, length.astype(np.uint64))
    for nth in range(min(-(-int(length.max()) // 8), _HASHED)):
        hashed = _mixed(hashed, words(cells, nth))
    return hashed


def _mixed(hashed: NDArray[np.uint64], more: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashed = (hashed ^ more) * _ODD
    return hashed ^ (hashed >> np.uint64(29))


def _not_alone(hashed: NDArray[np.uint64]) -> Ints:
    """The rows whose number another row has too."""
    ordered = np.sort(hashed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.zeros(0, np.int64)
    endings = np.zeros(1 << 16, bool)
    endings[twice.astype(np.uint16)] = True
    rows = np.flatnonzero(endings[hashed.astype(np.uint16)])
    alike: Ints = rows[numbers(pc.is_in(_as_int64s(hashed[rows]), value_set=_as_int64s(twice)))]
    return alike


def _as_int64s(hashed: NDArray[np.uint64]) -> pa.Array:
    return int64s(hashed.view(np.int64))
