"""Kind `list`, judged."""

from collections.abc import Sequence

import numpy as np

from smpcompliance.checks.answer import Answer, all_met, answer, any_by
from smpcompliance.checks.base import Evaluation, Found, Made, Scope, Verdict, record_verdict, selected, with_more
from smpcompliance.checks.judging import Rows
from smpcompliance.checks.list import List
from smpcompliance.checks.list.lookup import Hits, look_up
from smpcompliance.checks.list.reference_list import ReferenceList
from smpcompliance.checks.list.untested import stock_left, untested_lots
from smpcompliance.dates import DATE, Ints
from smpcompliance.logs.cells import Cells, Moments, Numbers, Reason
from smpcompliance.logs.schema import schema


class Judging(Evaluation[List]):
    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = selected(self.check, scope)
        here = Rows(scope.logs, self.check.log, rows)
        hits = self._hits(here)
        if self.check.limits:
            required, listed = self._limited(here, hits)
            belongs = belongs & listed
        else:
            required = self._stands(len(rows), hits)
        stays = ~belongs.bad
        entry = _shown_entry(hits, required, len(rows)) if hits else np.full(len(rows), -1)
        verdict = record_verdict(
            scope, self.check.log, rows[stays], belongs.take(stays), required.take(stays),
            lambda places, found: self._found(scope, found, entry[stays][places]),
        )  # fmt: skip
        if self.check.limits and self.check.log == "lot_substances":
            return with_more(verdict, untested_lots(scope, self.check.where))
        if self.check.also and self.check.forbidden:
            return with_more(
                verdict, stock_left(scope, self._list(), self.check.forbidden.columns(), self.check.forbidden.from_)
            )
        return verdict

    def _list(self) -> ReferenceList:
        name = next(self.check.lists_needed())
        if name not in self.check.lists:
            raise ValueError(f"the list {name} was not loaded")
        return self.check.lists[name]

    def _hits(self, here: Rows) -> Hits | None:
        part = self.check.forbidden or self.check.allowed or self.check.limits
        if part is None or part.list is None:
            return None
        moment = self.check.moment() or _use(self.check.log)
        at = here.cells(moment) if moment else None
        if at is None:
            n = len(here)
            at = Moments(np.full(n, Reason.blank, np.uint8), np.zeros(n, np.int64), np.full(n, DATE, np.uint8))
        assert isinstance(at, Moments)
        return look_up(here, at, self._list(), part.columns(), part.from_)

    def _stands(self, n: int, hits: Hits | None) -> Answer:
        assert hits
        on_it = any_by(hits.left, n, hits.agree)
        if self.check.forbidden:
            return ~on_it
        incomplete = on_it.bad & (not self._list().complete)
        return answer(on_it.bad, np.where(incomplete, Reason.list_incomplete, on_it.why).astype(np.uint8))

    def _limited(self, here: Rows, hits: Hits | None) -> tuple[Answer, Answer]:
        """Whether each record keeps to its bound, and whether it has one."""
        assert self.check.limits
        cells = here.cells(self.check.limits.column)
        assert isinstance(cells, Numbers)
        n = len(here)
        if hits is None:
            bad = np.zeros(n, bool)
            for bound, breaks in ((self.check.limits.below, np.greater_equal), (self.check.limits.at_most, np.greater),
                                  (self.check.limits.at_least, np.less)):  # fmt: skip
                bad |= breaks(cells.values, bound) if bound is not None else False
            return answer(bad, cells.why), all_met(n)
        found = self._list()
        most = np.array([entry.bounds.get(self.check.limits.most, np.nan) for entry in found.entries] + [np.nan])[
            hits.entry
        ]
        value = cells.values[hits.left]
        over = value >= most if found.comparator == "below" else value > most
        fails = hits.agree & answer(~over, np.where(np.isnan(most), 0, cells.why[hits.left]).astype(np.uint8))
        return ~any_by(hits.left, n, fails), any_by(hits.left, n, hits.agree)

    def _found(self, scope: Scope, rows: Ints, entry: Ints) -> Found:
        part = self.check.forbidden or self.check.allowed or self.check.limits
        assert part
        columns = part.columns()
        column = self.check.limits.column if self.check.limits else next(iter(columns))
        value: Cells = scope.logs.cells(self.check.log, column).take(rows)
        n = len(rows)
        facts: dict[str, Sequence[str] | Cells] = {"value": value}
        if part.list:
            found = self._list()
            facts |= {
                "entry": Made(n, lambda at: found.entries[entry[at]].words if entry[at] >= 0 else ""),
                "list": Made(n, lambda _: found.about),
                "source": Made(n, lambda _: f"{found.source} ({found.as_of.isoformat()})"),
            }
        else:
            facts["entry"] = Made(n, lambda _: self.check.bound_words())
        return Found(self.check.log, rows, scope.logs.whose(self.check.log, rows), column, facts)


def _use(log: str) -> str | None:
    """The day that decides for a log without an event date: the last use of the lot a row belongs to."""
    return "lot.last_used_on" if "lot" in schema(log).links else None


def _shown_entry(hits: Hits, required: Answer, n: int) -> Ints:
    """For each record the entry that decides about it: one that surely agrees, else one that may; -1 without one."""
    shown = np.full(n, -1)
    for chosen in (hits.agree.unknown, hits.agree.met):
        shown[hits.left[chosen][::-1]] = hits.entry[chosen][::-1]
    return np.where(required.met, -1, shown)
