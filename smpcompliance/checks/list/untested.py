"""Lots that stand behind the records of a list check: those without a test report, and those still in stock."""

from collections.abc import Mapping

import numpy as np

from smpcompliance.checks.base import Found, Scope, judged_rows
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.list.lookup import look_up
from smpcompliance.checks.list.reference_list import ReferenceList
from smpcompliance.dates import DATE, Ints, start_of
from smpcompliance.logs.cells import Cells, Coded, Moments, Numbers, Reason
from smpcompliance.logs.numbers import number_text
from smpcompliance.logs.rows import distinct
from smpcompliance.logs.schema import schema

_LOTS = "supply_lots"


def untested_lots(scope: Scope, where: Conditions) -> Found:
    """The lots in use that no row of `lot_substances` belongs to, as far as `where` speaks of lots.

    Without a word about their kind, pigments are meant. Lots that may not be meant are left out.
    """
    rows = _lots(scope, where)
    to, _ = scope.logs.link("lot_substances", "lot")
    has = np.zeros(len(scope.logs.log(_LOTS)), bool)
    has[to[to >= 0]] = True
    rows = rows[~has[rows] & scope.logs.has("lot_substances")[scope.logs.log(_LOTS).studio[rows]]]
    return _found(scope, rows, {"as": ["no test report"] * len(rows)}, np.full(len(rows), Reason.blank))


def _lots(scope: Scope, where: Conditions) -> Ints:
    rows, dated = judged_rows(scope, _LOTS, schema(_LOTS).when)
    about = {path.removeprefix("lot."): part for path, part in where.root.items() if path.startswith("lot.")}
    own = Conditions(about if "item_type" in about else {"item_type": {"enum": ["pigment"]}, **about})
    return rows[(dated & judge(own, Rows(scope.logs, _LOTS, rows))).met]


def stock_left(scope: Scope, found: ReferenceList, match: Mapping[str, str], since: str) -> Found:
    """The lots that surely are on a list on the audit day and seem to be in stock: not used up, set apart or gone.

    Lots that only a session's cell mentions are no stock.
    """
    rows = np.flatnonzero(scope.reached(_LOTS) & ~scope.logs.log(_LOTS).made_up)
    n = len(rows)
    today = Moments(np.zeros(n, np.uint8), np.full(n, start_of(scope.as_of)), np.full(n, DATE, np.uint8))
    own = {path.rpartition(".")[2]: column for path, column in match.items()}
    hits = look_up(Rows(scope.logs, _LOTS, rows), today, found, own, since)
    rows = rows[distinct(hits.left[hits.agree.met])]
    bought, used, state = (scope.logs.cells(_LOTS, c).take(rows) for c in ("quantity", "units_used", "condition"))
    assert isinstance(bought, Numbers) and isinstance(used, Numbers) and isinstance(state, Coded)
    gone = (bought.why == 0) & (used.why == 0) & (used.values >= bought.values)
    gone |= state.where(lambda word: word == "recalled") | _disposed(scope)[rows]
    rows, left = rows[~gone], (bought.values - np.where(used.why == 0, used.values, 0))[~gone]
    known = (bought.why == 0)[~gone]
    facts = {
        "as": ["stock_left"] * len(rows),
        "left": [number_text(units) if sure else "" for units, sure in zip(left, known, strict=True)],
    }
    return _found(scope, rows, facts, np.full(len(rows), Reason.ambiguous))


def _disposed(scope: Scope) -> np.ndarray:
    """Which lots a collection of waste names."""
    gone = np.zeros(len(scope.logs.log(_LOTS)), bool)
    for link, (_, to) in schema("waste_collections").links.items():
        if to == _LOTS:
            rows, _ = scope.logs.link("waste_collections", link)
            gone[rows[rows >= 0]] = True
    return gone


def _found(scope: Scope, rows: Ints, facts: dict[str, list[str]], why: np.ndarray) -> Found:
    names: Cells = scope.logs.cells(_LOTS, "lot_id").take(rows)
    texts = {"lot_id": [names.text(n) for n in range(len(rows))], **facts}
    studio = scope.logs.log(_LOTS).studio[rows].astype(np.int64)
    return Found(_LOTS, rows, studio, "lot_id", texts, why.astype(np.uint8))
