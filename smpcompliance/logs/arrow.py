"""Arrow and numpy side by side without copies, and without importing pandas.

pyarrow imports pandas (0.15 s) at the first `pa.array`, `.to_numpy` or Python scalar in a compute call. An audit of
CSV files must not pay for that, so arrays cross between the two worlds only through the functions here.
"""

from collections.abc import Iterable

import numpy as np
import pyarrow as pa


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
    return take(strings([cell]), np.zeros(rows, np.int64))


def put(cells: pa.Array, rows: np.ndarray, others: pa.Array) -> pa.Array:
    """The cells, those at these rows (numbers or a mask) replaced by others, in their order."""
    place = np.arange(len(cells))
    place[rows] = len(cells) + np.arange(len(others))
    return take(pa.concat_arrays([cells, others]), place)


def chosen(mask: np.ndarray, first: pa.Array, second: pa.Array) -> pa.Array:
    """The cells of the first array where the mask is set, else those of the second."""
    return take(pa.concat_arrays([first, second]), np.where(mask, 0, len(first)) + np.arange(len(first)))


def offsets(cells: pa.Array) -> np.ndarray:
    """Where the text of each cell begins and ends (int32, in bytes): one offset more than there are cells."""
    return np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]


def is_filled(cells: pa.Array) -> np.ndarray:
    """Which cells hold anything at all."""
    return np.asarray(np.diff(offsets(cells)) != 0) if len(cells) else np.zeros(0, dtype=bool)


def int64s(values: np.ndarray) -> pa.Array:
    """An Arrow int64 array over the memory of a numpy array."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def take(array: pa.Array, rows: np.ndarray) -> pa.Array:
    """The cells at these rows, in this order."""
    return array.take(int64s(rows))
