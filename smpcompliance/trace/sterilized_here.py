"""Which supplies came out of a sterilizer of the studio, so that a load stands behind them."""

from enum import IntEnum

import numpy as np

from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.table import Logs

NEVER_STERILIZED = frozenset(
    (
        "pigment", "diluent", "ink_cup", "glove", "apron", "razor", "dressing", "anesthetic", "disinfectant",
    )
)  # fmt: skip
"""Items that are bought as they are used: without a load written beside them, none stands behind them."""


class Sterilized(IntEnum):
    """Where an entry of supplies was sterilized.

    Members:
        here: a load is written for it or for its lot (also one that cannot be read), or its lot was bought not sterile.
        not_here: of a kind that is not sterilized in a studio; its lot is sterile, meant for one use or bears an
            expiry date; or the studio uses nothing but single-use instruments.
        not_told: nothing of this is written.
    """

    here = 1
    not_here = 2
    not_told = 3


def sterilized_here(logs: Logs) -> Codes:
    """A `Sterilized` for each row of `session_supplies`, of all studios.

    Only an entry that is `here` or `not_told` and names no load is a gap. The kind is that of the entry, and that of
    its lot where the entry has none.
    """
    table = logs.log("session_supplies")
    lots, _ = logs.link("session_supplies", "lot")
    single_use = np.array([studio.instruments == "single_use_only" for studio in logs.studios], bool)[table.studio]
    unsterile = _of_lot(_says(logs, "sterile", "false"), lots)
    bought_sterile = _of_lot(_says(logs, "sterile", "true") | _says(logs, "single_use", "true") | _expires(logs), lots)
    not_here = single_use | _bought_as_used(logs) | (bought_sterile & ~unsterile)
    told = np.where(unsterile, Sterilized.here, Sterilized.not_told)
    return np.where(
        loads_named(logs)[1] != Reason.blank, Sterilized.here, np.where(not_here, Sterilized.not_here, told)
    ).astype(np.uint8)


def loads_named(logs: Logs) -> tuple[Ints, Codes]:
    """The load behind each row of `session_supplies`: the one written for it, else the one that sterilized its lot.

    Returns:
        rows of `sterilization_cycles`, -1 where none is known; and why (0, or a `Reason`): `blank` where no load is
        written, `dangling` or `no_log` where one is that no log knows, `unreadable` where it cannot be read.
    """
    lots, _ = logs.link("session_supplies", "lot")
    own, own_why = logs.link("session_supplies", "cycle")
    of_lot, lot_why = logs.link("supply_lots", "cycle")
    by_lot = ~_told(own_why)
    rows = np.where(by_lot, np.append(of_lot, -1)[lots], own)
    why = np.where(by_lot, np.append(lot_why, Reason.blank)[lots], own_why)
    return rows, np.where(_told(why), why, Reason.blank).astype(np.uint8)


def _told(why: Codes) -> Mask:
    """Where something is written in a cell, whether it can be read and found or not."""
    return np.asarray((why != Reason.blank) & (why != Reason.no_column))


def _of_lot(of_lots: Mask, lots: Ints) -> Mask:
    """What holds of lots, for the entries that lead to these rows; it holds of none where the row is -1."""
    return np.asarray(np.append(of_lots, False)[lots])


def _says(logs: Logs, column: str, word: str) -> Mask:
    cells = logs.cells("supply_lots", column)
    assert isinstance(cells, Coded)
    return cells.where(lambda value: value == word)


def _expires(logs: Logs) -> Mask:
    cells = logs.cells("supply_lots", "expires_on")
    assert isinstance(cells, Moments)
    return np.asarray(cells.why == 0)


def _bought_as_used(logs: Logs) -> Mask:
    own, listed = logs.cells("session_supplies", "item_type"), logs.cells("session_supplies", "lot.item_type")
    assert isinstance(own, Coded) and isinstance(listed, Coded)
    kind_of_lot = (own.why > 0) & listed.where(NEVER_STERILIZED.__contains__)
    return np.asarray(own.where(NEVER_STERILIZED.__contains__) | kind_of_lot)
