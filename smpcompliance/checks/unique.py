"""Kind `unique`: this may occur only once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from smpcompliance.checks.base import Found, Scope, Selection, Verdict, group_keys, missing_logs
from smpcompliance.checks.condition import ColumnPath
from smpcompliance.checks.words import say
from smpcompliance.dates import FIRST_DAY, Ints, Period
from smpcompliance.logs.rows import distinct_pairs, groups, in_order, marked, ranked


class Unique(Selection):
    """No two records in `where` share all values of `key`.

    What is judged is a key. `across: session_id` makes repeats with the same value there one use. A record with a
    blank in its key cannot be judged. Records before the period count as history: a key of the period that occurred
    earlier is a repeat. One finding per key, with every record that shares it; facts: the key's columns and `times`.
    """

    kind: Literal["unique"]
    key: Annotated[list[ColumnPath], Field(min_length=1)]
    across: ColumnPath | None = None

    def explain(self) -> str:
        once = f", repeats with the same {self.across} counting once" if self.across else ""
        return f"No two records of {say.selection(self)} may share the same {say.names(self.key)}{once}."

    def facts(self) -> Sequence[str]:
        return ("times", *self.key)

    def evaluate(self, scope: Scope) -> Verdict:
        ever = replace(scope, period=Period(FIRST_DAY, scope.period.last))
        rows, belongs = self.selected(ever)
        now = marked(len(scope.logs.log(self.log)), self.selected(scope)[0])[rows]
        keys, why = group_keys(scope.logs, self.log, self.key, rows)
        uses = self._uses(scope, rows, keys)
        unsure = np.flatnonzero(now & ((why > 0) | belongs.unknown))
        sure = np.flatnonzero((why == 0) & belongs.met)
        place = ranked(keys[sure])
        sure = sure[marked(len(sure), place[now[sure]])[place]]
        sure = np.concatenate([sure[~now[sure]], sure[now[sure]]])
        studio = scope.logs.log(self.log).studio[rows].astype(np.int64)
        group, first = groups(keys[sure])
        per_group = np.bincount(distinct_pairs(group, uses[sure])[0] if self.across else group, minlength=len(first))
        repeated = np.flatnonzero(per_group > 1)
        examined = np.bincount(studio[sure][first], minlength=len(scope.studios))
        examined += np.bincount(studio[unsure], minlength=len(scope.studios))
        return Verdict(
            examined,
            self._repeats(scope, rows[sure], group, repeated, per_group),
            Found(self.log, rows[unsure], studio[unsure], self.key[0],
                  why=np.where(why[unsure] > 0, why[unsure], belongs.why[unsure]).astype(np.uint8)),
            None,
            missing_logs(scope, [self.log]),
        )  # fmt: skip

    def _uses(self, scope: Scope, rows: Ints, keys: Ints) -> Ints:
        if not self.across:
            return np.arange(len(keys))
        found, why = group_keys(scope.logs, self.log, [self.across], rows)
        return np.where(why > 0, -np.arange(1, len(keys) + 1), found)

    def _repeats(self, scope: Scope, rows: Ints, group: Ints, repeated: Ints, times: Ints) -> Found:
        order = in_order(group)
        begin = np.searchsorted(group[order], repeated, "left")
        end = np.searchsorted(group[order], repeated, "right")
        last = rows[order[end - 1]] if len(repeated) else np.zeros(0, np.int64)
        entries = np.repeat(np.arange(len(repeated)), end - begin - 1)
        others = [rows[order[b : e - 1]] for b, e in zip(begin, end, strict=True)]
        table = scope.logs.log(self.log)
        return Found(
            self.log,
            last,
            table.studio[last].astype(np.int64),
            self.key[0],
            {"times": [str(n) for n in times[repeated]]}
            | {name: scope.logs.cells(self.log, name).take(last) for name in self.key},
            related=((self.log, entries, np.concatenate([np.zeros(0, np.int64), *others])),),
        )
