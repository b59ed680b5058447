"""Distinct rows, pairs and ranks are what plain Python says they are, also where two columns do not fit into one number."""

import numpy as np
import pytest

from smpcompliance.logs import rows

_FAR = 2**61
_COLUMNS = {
    "empty": ([], []),
    "one": ([3], [-1]),
    "in order": ([0, 0, 1, 2], [4, 4, 5, -6]),
    "mixed": ([5, -1, 5, 0, 5, -1], [2, 2, 2, 9, 1, 2]),
    "far apart": ([_FAR, -_FAR, _FAR, 0, _FAR], [_FAR, 7, -_FAR, 7, _FAR]),
    "random": tuple(np.random.default_rng(1).integers(-9, 9, (2, 400)).tolist()),
}


@pytest.fixture(params=_COLUMNS)
def columns(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    first, second = _COLUMNS[request.param]
    return np.array(first, np.int64), np.array(second, np.int64)


def test_distinct_values_and_pairs_stand_in_order(columns: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = columns
    pairs = sorted(set(zip(first.tolist(), second.tolist(), strict=True)))

    assert rows.distinct(first).tolist() == sorted(set(first.tolist()))
    assert list(zip(*(each.tolist() for each in rows.distinct_pairs(first, second)), strict=True)) == pairs


def test_a_pair_is_one_number_that_sorts_as_the_pair_does(columns: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = columns
    keys = rows.paired(first, second).tolist()
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))

    assert sorted(range(len(keys)), key=keys.__getitem__) == sorted(range(len(pairs)), key=pairs.__getitem__)
    assert len(set(keys)) == len(set(pairs))


def test_ranks_groups_and_order(columns: tuple[np.ndarray, np.ndarray]) -> None:
    first, _ = columns
    values = first.tolist()
    known = sorted(set(values))
    rank, where = rows.groups(first)

    assert rank.tolist() == rows.ranked(first).tolist() == [known.index(value) for value in values]
    assert where.tolist() == [values.index(value) for value in known]
    assert rows.in_order(first).tolist() == sorted(range(len(values)), key=values.__getitem__)


def test_what_is_there() -> None:
    assert rows.marked(4, np.array([2])).tolist() == [False, False, True, False]
    assert rows.among_sorted(np.array([1, 4, 9]), np.array([4, 5, 10, 0, 9])).tolist() == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert rows.among_sorted(np.array([], np.int64), np.array([1])).tolist() == [False]


@pytest.mark.parametrize("side", ["left", "right"])
def test_many_numbers_find_the_places_that_each_finds_alone(side: rows.Side) -> None:
    ordered = np.sort(np.random.default_rng(2).integers(0, 30_000, 20_000))
    values = np.random.default_rng(3).integers(-5, 30_005, 17_000)
    assert rows.places_in(ordered, values, side).tolist() == np.searchsorted(ordered, values, side).tolist()
