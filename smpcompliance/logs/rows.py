"""Whole numbers that stand for rows, groups and values: different ones, pairs of them, and their order.

`np.unique` of one column is a hash table (numpy 2.4: a second per million, sorting takes a hundredth of that), and of
stacked columns a sort of records. Two columns become one number where both fit into 62 bits; where they do not, ranks
stand in for them, so that nothing overflows.
"""

from typing import Literal

import numpy as np

from smpcompliance.dates import Ints, Mask

Side = Literal["left", "right"]

_FITS = 2**62
_MANY = 1 << 14  # numbers that no longer lie in the processor's nearest memory


def begins(ordered: Ints) -> Mask:
    """Where a new value begins in a sorted column."""
    out = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=out[1:])
    return out


def distinct(values: Ints) -> Ints:
    """The different values in order."""
    ordered = values if _in_order(values) else np.sort(values)
    return ordered[begins(ordered)]


def distinct_pairs(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """The different pairs of two columns, ordered by the first and then by the second."""
    wide = _width(second)
    if _width(first) * wide >= _FITS:
        order = np.lexsort((second, first))
        first, second = first[order], second[order]
        keep = begins(first) | begins(second)
        return first[keep], second[keep]
    low, base = int(first.min(initial=0)), int(second.min(initial=0))
    found = distinct((first - low) * wide + (second - base))
    one = found // wide
    return one + low, found - one * wide + base


def paired(first: Ints, second: Ints) -> Ints:
    """One number for each pair: equal where both are, and in the order of the first and then of the second."""
    if _width(first) * _width(second) >= _FITS:
        first, second = ranked(first), ranked(second)
    return (first - int(first.min(initial=0))) * _width(second) + (second - int(second.min(initial=0)))


def ranked(values: Ints) -> Ints:
    """The place of each value among the different ones in order: 0, 1, 2 …"""
    low, wide = int(values.min(initial=0)), _width(values)
    if wide > 4 * len(values) + 1024:
        return np.unique(values, return_inverse=True)[1].astype(np.int64, copy=False)
    there = np.zeros(wide, bool)
    there[values - low] = True
    return (np.cumsum(there) - 1)[values - low]


def groups(values: Ints) -> tuple[Ints, Ints]:
    """The rank of each value (`ranked`), and the place of the first row of each rank."""
    rank = ranked(values)
    first = np.zeros(int(rank.max(initial=-1)) + 1, np.int64)
    first[rank[::-1]] = np.arange(len(rank))[::-1]
    return rank, first


def marked(n: int, rows: Ints) -> Mask:
    """Which of the numbers from 0 through n - 1 are among the rows."""
    out = np.zeros(n, bool)
    out[rows] = True
    return out


def places_in(ordered: Ints, values: Ints, side: Side = "left") -> Ints:
    """Where values belong in a sorted column, as `np.searchsorted`; many are sought in their order, a third of it."""
    if min(len(ordered), len(values)) < _MANY or _in_order(values):
        return np.searchsorted(ordered, values, side)
    order, found = np.argsort(values), np.empty(len(values), np.int64)
    found[order] = np.searchsorted(ordered, values.take(order), side)
    return found


def among_sorted(ordered: Ints, values: Ints) -> Mask:
    """Which values stand in a sorted column."""
    if not len(ordered):
        return np.zeros(len(values), bool)
    place = np.minimum(places_in(ordered, values), len(ordered) - 1)
    found: Mask = ordered[place] == values
    return found


def in_order(key: Ints) -> Ints:
    """The places of a column in its order, equal ones as they stand.

    Key and place go into one number, so that plain numbers are sorted (a sixth of what sorting places costs).
    """
    if _in_order(key):
        return np.arange(len(key))
    low, bits = int(key.min()), len(key).bit_length()
    if (int(key.max()) - low).bit_length() + bits < 63:
        return np.sort((key - low << bits) + np.arange(len(key))) & (1 << bits) - 1
    order, rank = np.argsort(key), np.empty(len(key), np.int64)
    rank[order] = np.cumsum(begins(key[order]))
    return in_order(rank)


def _in_order(values: Ints) -> bool:
    return len(values) < 2 or bool((values[1:] >= values[:-1]).all())


def _width(values: Ints) -> int:
    return int(values.max(initial=0)) - int(values.min(initial=0)) + 1
