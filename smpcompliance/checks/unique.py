"""Kind `unique`: this may occur only once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from smpcompliance.checks.base import Found, Made, Scope, Selection, Verdict, first_alike, group_keys, missing_logs
from smpcompliance.checks.condition import ColumnPath
from smpcompliance.checks.words import say
from smpcompliance.dates import FIRST_DAY, Ints, Period
from smpcompliance.logs.rows import begins, distinct_pairs, marked


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
        table = scope.logs.log(self.log)
        now = marked(len(table), self.selected(scope)[0])[rows]
        keys, why = first_alike(scope.logs, self.log, self.key)
        keys, why = keys[rows], why[rows]
        unsure = np.flatnonzero(now & ((why > 0) | belongs.unknown))
        sure = (why == 0) & belongs.met
        sure &= marked(len(table), keys[sure & now])[keys]
        times = self._times(scope, rows[sure], keys[sure])
        key = np.flatnonzero(times)
        studio = table.studio.astype(np.int64)
        examined = np.bincount(studio[key], minlength=len(scope.studios))
        examined += np.bincount(studio[rows[unsure]], minlength=len(scope.studios))
        again = np.flatnonzero(sure & (times > 1)[keys])
        again = again[np.lexsort((now[again], keys[again]))]
        return Verdict(
            examined,
            self._repeats(scope, rows[again], keys[again], times),
            Found(self.log, rows[unsure], studio[rows[unsure]], self.key[0],
                  why=np.where(why[unsure] > 0, why[unsure], belongs.why[unsure]).astype(np.uint8)),
            None,
            missing_logs(scope, [self.log]),
        )  # fmt: skip

    def _times(self, scope: Scope, rows: Ints, keys: Ints) -> Ints:
        """How often each key is used, by the number of the first row that has it."""
        if self.across:
            found, why = group_keys(scope.logs, self.log, [self.across], rows)
            keys = distinct_pairs(keys, np.where(why > 0, -np.arange(1, len(keys) + 1), found))[0]
        return np.bincount(keys, minlength=len(scope.logs.log(self.log)))

    def _repeats(self, scope: Scope, rows: Ints, keys: Ints, times: Ints) -> Found:
        """One entry per key, its last row the first evidence; rows come key by key, those before the period first."""
        is_last = np.append(begins(keys)[1:], True)[: len(keys)]
        last, used = rows[is_last], times[keys[is_last]]
        entries = np.cumsum(is_last) - is_last
        return Found(
            self.log,
            last,
            scope.logs.log(self.log).studio[last].astype(np.int64),
            self.key[0],
            {"times": Made(len(last), lambda n: str(used[n]))}
            | {name: scope.logs.cells(self.log, name).take(last) for name in self.key},
            related=((self.log, entries[~is_last], rows[~is_last]),),
        )
