"""Kind `sequence`, judged."""

from collections.abc import Sequence as Listed

import numpy as np

from smpcompliance.checks.base import Evaluation, Found, Scope, Verdict, group_keys, missing_logs, nothing_found
from smpcompliance.checks.history import Records, history
from smpcompliance.checks.sequence import AnyRole, Sequence
from smpcompliance.checks.sequence.neighbours import Members, Pairs, apart, ordered, stepped
from smpcompliance.checks.sequence.overlap import no_overlap
from smpcompliance.dates import Codes, Ints
from smpcompliance.logs.cells import Cells, Coded
from smpcompliance.logs.rows import groups, paired


class Judging(Evaluation[Sequence]):
    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, [self.check.log])
        n = len(scope.studios)
        if scope.days is None:
            none = nothing_found(self.check.log)
            return Verdict(np.zeros(n, np.int64), none, none, None, missing)
        members = self._members(scope, self._by())
        parts: list[Pairs] = []
        if self.check.step:
            parts.append(stepped(members, self.check.step.column, self.check.step.by, self.check.reset_after))
        if self.check.order:
            parts.append(ordered(members, str(self.check.by), self.check.reset_after))
        if self.check.no_overlap:
            parts.append(no_overlap(self._members(scope, self.check.no_overlap.from_), self.check.no_overlap.to))
        if self.check.apart:
            parts.append(apart(members, self.check.apart.at_least))
        pairs = Pairs.joined(parts)
        pairs = pairs.take(members.judged(pairs.later))
        studio = scope.logs.log(self.check.log).studio[pairs.later].astype(np.int64)
        bad, unsure = np.flatnonzero(pairs.bad), np.flatnonzero(pairs.why > 0)
        return Verdict(
            np.bincount(studio, minlength=n),
            self._found(scope, pairs, bad, None),
            self._found(scope, pairs, unsure, pairs.why[unsure]),
            None,
            missing,
        )

    def _by(self) -> str:
        moment = self.check.order or self.check.by or self.check.moment()
        if moment is None:
            raise ValueError(f"{self.check.log} has no event date; the rule must say by")
        return moment

    def _members(self, scope: Scope, by: str) -> Members:
        records = history(self.check, scope, by)
        roles = [[name] for name in self.check.columns] if isinstance(self.check.per, AnyRole) else [self.check.columns]
        keyed = [group_keys(scope.logs, self.check.log, names, records.rows) for names in roles]
        if len(keyed) == 1:
            return Members.of(scope, self.check.log, records, np.arange(len(records.rows)), *keyed[0])
        return self._in_any_role(scope, records, roles)

    def _in_any_role(self, scope: Scope, records: Records, roles: list[list[str]]) -> Members:
        codes: list[Ints] = []
        whys: list[Codes] = []
        place: dict[object, int] = {}
        for (name,) in roles:
            cells = scope.logs.cells(self.check.log, name).take(records.rows)
            assert isinstance(cells, Coded)
            table = np.array([place.setdefault(v, len(place)) for v in cells.values] + [-1], np.int64)
            codes.append(table[cells.codes])
            whys.append(cells.why)
        nobody = np.all([why > 0 for why in whys], axis=0)
        which = [np.flatnonzero((why == 0) | (nobody & (n == 0))) for n, why in enumerate(whys)]
        entry = np.concatenate(which)
        key = np.concatenate([code[w] for code, w in zip(codes, which, strict=True)])
        why = np.where(nobody, whys[0], 0).astype(np.uint8)[entry]
        group = records.studio[entry] * (len(place) + 1) + key + 1
        first = groups(paired(group, entry))[1]
        return Members.of(scope, self.check.log, records, entry[first], group[first], why[first])

    def _found(self, scope: Scope, pairs: Pairs, entries: Ints, why: Codes | None) -> Found:
        picked = pairs.take(entries)
        cells = {name: scope.logs.cells(self.check.log, name) for name in self.check.columns}
        has = np.flatnonzero(picked.earlier >= 0)
        previous = [
            scope.logs.cells(self.check.log, name).text(int(row)) if row >= 0 else ""
            for name, row in zip(picked.column, picked.earlier, strict=True)
        ]
        facts: dict[str, Listed[str] | Cells] = {
            **{name: each.take(picked.later) for name, each in cells.items()},
            "missing": picked.missing,
            "previous": previous,
            "property": picked.rule,
        }
        now = [
            scope.logs.cells(self.check.log, c).text(int(r)) for c, r in zip(picked.column, picked.later, strict=True)
        ]
        return Found(
            self.check.log, picked.later, scope.logs.whose(self.check.log, picked.later), picked.column, facts, why,
            lambda: ((self.check.log, has, picked.earlier[has]),),
            lambda n: _words(picked.rule[n], picked.column[n], previous[n], now[n], picked.missing[n]),
        )  # fmt: skip


def _words(rule: str, column: str, previous: str, now: str, missing: str) -> str:
    name = column.replace("_", " ")
    said = f"{name} {previous or 'blank'}, then {now or 'blank'}"
    return said + (f"; missing: {missing}" if missing else "; they overlap" if rule == "overlap" else "")
