"""Records under a name that nothing else knows: whose they are cannot be said."""

from collections.abc import Sequence

import numpy as np

from smpcompliance.checks.base import Scope
from smpcompliance.checks.judging import column_of
from smpcompliance.checks.subjects import Picked
from smpcompliance.dates import Ints, Mask
from smpcompliance.logs.cells import Coded
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import codes_in


def strays(scope: Scope, events: Picked, uses: str, named: Sequence[str]) -> Mask:
    """Which picked records name a machine, person or place that neither the log of uses nor its own register knows.

    Args:
        events: the records, with the columns that name their subject; columns without a register are not looked at.
        uses: the log of uses, all of whose records are looked at.
        named: its columns that name the subject, in the same order.
    """
    out = np.zeros(len(events.rows), bool)
    for own, theirs in zip(events.columns, named, strict=True):
        register = column_of(events.log, own).to
        if register and schema(register).stands:
            known = _known(scope, events, own, uses, theirs) | _known(
                scope, events, own, register, schema(register).key
            )
            out |= ~known
    return out


def _known(scope: Scope, events: Picked, column: str, log: str, named: str) -> Mask:
    """Which records have a name that stands in a column of another log of their studio; a blank one is no stray."""
    own, keys = scope.logs.cells(events.log, column).take(events.rows), scope.logs.cells(log, named)
    assert isinstance(own, Coded) and isinstance(keys, Coded)
    width = len(keys.values) + 1
    there: Ints = scope.logs.log(log).studio.astype(np.int64) * width + keys.codes
    mine: Ints = scope.logs.log(events.log).studio[events.rows].astype(np.int64) * width + codes_in(own, keys)
    return np.asarray((own.why > 0) | np.isin(mine, there[(keys.why == 0)]) & (codes_in(own, keys) >= 0))
