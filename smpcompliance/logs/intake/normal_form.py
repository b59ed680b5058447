"""The form in which heads and words are compared (`schema.normal`), for whole columns."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.logs import arrow
from smpcompliance.logs.schema import normal

_IS_ONE = r"^([a-z0-9]+([-+()%/ ][a-z0-9]+)*)?$"
_NEEDS_LETTERS = r"[^\x00-\x7F]|^[^a-z0-9]*$"  # accents, and cells of marks alone
_BETWEEN = r"[^a-z0-9+()%/-]+"


def normal_forms(cells: pa.Array) -> pa.Array:
    """Each cell in its normal form; most cells of most columns are in it once they are in lower case."""
    cells = pc.ascii_lower(cells)
    odd = np.flatnonzero(~arrow.numbers(pc.match_substring_regex(cells, _IS_ONE)))
    if not len(odd):
        return cells
    others = arrow.take(cells, odd)
    forms = pc.ascii_trim(pc.replace_substring_regex(others, _BETWEEN, " "), "+-/() ")
    by_letters = np.flatnonzero(arrow.numbers(pc.match_substring_regex(others, _NEEDS_LETTERS)))
    distinct = arrow.take(others, by_letters).dictionary_encode()
    one_by_one = arrow.strings(map(normal, distinct.dictionary.to_pylist()))
    forms = arrow.put(forms, by_letters, arrow.take(one_by_one, arrow.numbers(distinct.indices)))
    return arrow.put(cells, odd, forms)
