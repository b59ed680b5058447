"""Arrow and numpy side by side without copies, and without importing pandas.

pyarrow imports pandas (0.15 s) at the first `pa.array`, `.to_numpy` or Python scalar in a compute call. An audit of
CSV files must not pay for that, so arrays cross between the two worlds only through the functions here.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Ints

_RUN = 64  # rows one behind the other, on average, from which on whole runs are copied
_BLOCK = 1 << 15
_DENSE = 4  # codes per row up to which a table of all codes is quicker than sorting them
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
    ends = np.arange(rows + 1, dtype=np.int32) * np.int32(len(text))
    return pa.StringArray.from_buffers(rows, pa.py_buffer(ends), pa.py_buffer(text * rows))


def put(cells: pa.Array, rows: np.ndarray, others: pa.Array) -> pa.Array:
    """The cells, those at these rows (numbers or a mask) replaced by others, in their order."""
    if not len(others):
        return cells
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


def first_bytes(cells: pa.Array, rows: np.ndarray) -> NDArray[np.uint8]:
    """The first byte of the cells at these rows, none of which is empty."""
    found: NDArray[np.uint8] = np.frombuffer(cells.buffers()[2] or b"", np.uint8)[offsets(cells)[rows]]
    return found


def is_filled(cells: pa.Array) -> np.ndarray:
    """Which cells hold anything at all."""
    return np.asarray(np.diff(offsets(cells)) != 0) if len(cells) else np.zeros(0, dtype=bool)


def int64s(values: np.ndarray) -> pa.Array:
    """An Arrow int64 array over the memory of a numpy array."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def take(array: pa.Array, rows: np.ndarray) -> pa.Array:
    """The cells at these rows, in this order; the array itself where those are all of it, for arrays never change."""
    ends = np.flatnonzero(np.diff(rows) != 1) + 1
    if _RUN * len(ends) >= len(rows):
        return array.take(int64s(rows))
    if len(rows) == len(array) and not len(ends):
        return array
    begins = np.append(0, ends)
    runs = zip(rows[begins].tolist(), np.diff(np.append(begins, len(rows))).tolist(), strict=True)
    return pa.concat_arrays([array.slice(start, length) for start, length in runs])


def blocks(rows: int) -> Iterator[slice]:
    """All rows in blocks so small that what is reckoned on the way stays in the processor's own memory."""
    return (slice(start, start + _BLOCK) for start in range(0, rows, _BLOCK))


def words(cells: pa.Array, nth: int = 0) -> NDArray[np.uint64]:
    """The nth eight bytes of each cell as one number, its first byte the lowest; 0 beyond the end of the cell."""
    ends, text = offsets(cells).astype(np.int64), cells.buffers()[2]
    begin = ends[:-1] + 8 * nth
    size = 0 if text is None else text.size
    if size < 8:
        text, size = pa.py_buffer((b"" if text is None else text.to_pybytes()).ljust(8, b"\0")), 8
    every = np.ndarray((size - 7,), "<u8", text, strides=(1,))
    at = np.minimum(begin, size - 8)
    behind = np.minimum(8 * (begin - at), 63).astype(np.uint64)
    found: NDArray[np.uint64] = (every[at] >> behind) & _KEPT[np.clip(ends[1:] - begin, 0, 8)]
    return found


def first_rows(*columns: pa.Array | Ints) -> Ints:
    """Per row the first row that has the same cells in all of these columns of text or numbers: mostly itself.

    A hash tells most rows apart; only those whose hash another row has too are compared by what they hold.
    """
    out = np.arange(len(columns[0]))
    alike = _not_alone(_hashes(columns))
    if len(alike):
        first, place = groups(*(c[alike] if isinstance(c, np.ndarray) else take(c, alike) for c in columns))
        out[alike] = alike[first[place]]
    return out


def groups(*columns: pa.Array | Ints) -> tuple[Ints, Ints]:
    """The first row of each distinct set of cells, in the order in which the columns' values first appear one by one;
    and per row which set it has."""
    code, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        own, count = _coded(column)
        if size > _MOST_CODES // count:
            distinct, code = np.unique(code, return_inverse=True)
            size = len(distinct)
        code, size = code * count + own, size * count
    if size > _DENSE * max(len(code), 1024):
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
        return first.astype(np.int64), place.reshape(-1).astype(np.int64)
    first_of = np.full(size, -1, np.int64)
    first_of[code[::-1]] = np.arange(len(code))[::-1]
    there = first_of >= 0
    return first_of[there], (np.cumsum(there) - 1)[code]


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
        return column.astype(np.int64), int(column.max(initial=0)) + 1
    distinct = column.dictionary_encode()
    return numbers(distinct.indices).astype(np.int64), max(len(distinct.dictionary), 1)


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
