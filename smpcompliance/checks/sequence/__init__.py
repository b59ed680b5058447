"""Kind `sequence`: these lines must follow each other properly."""

from collections.abc import Iterator
from collections.abc import Sequence as Listed
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from smpcompliance.checks.base import Found, Scope, Selection, Verdict, group_keys, missing_logs, nothing_found
from smpcompliance.checks.condition import ColumnPath, Length, Strict
from smpcompliance.checks.history import Records, history
from smpcompliance.checks.sequence.neighbours import Members, Pairs, apart, ordered, stepped
from smpcompliance.checks.sequence.overlap import no_overlap
from smpcompliance.checks.words import say
from smpcompliance.dates import Codes, Ints
from smpcompliance.logs.cells import Cells, Coded
from smpcompliance.logs.rows import groups, paired


class Step(Strict):
    """A running number: `{column: cycle_number, by: 1}`."""

    column: ColumnPath
    by: Annotated[int, Field(ge=1)] = 1


class Stretch(Strict):
    """The stretch of time of a record: `{from: started_at, to: ended_at}`."""

    from_: ColumnPath = Field(alias="from")
    to: ColumnPath


class Distance(Strict):
    """How far neighbours lie apart: `{at_least: P7D}`."""

    at_least: Length


class AnyRole(Strict):
    """The same subject in any of several columns: `{any_of: [practitioner_id, supervisor_id]}`."""

    any_of: Annotated[list[ColumnPath], Field(min_length=2)]


class Sequence(Selection):
    """Neighbours among the records of `per`, ordered by `by` (default the event date), follow each other properly.

    `step`: running numbers without gaps, repeats or falls. `order`: time never runs backwards as the numbers of `by`
    rise. `no_overlap`: the stretches of one subject do not overlap; touching ends do not. `apart`: neighbours lie at
    least so far from each other.

    What is judged is a pair of neighbours whose later one lies in the audit, once per property; a record that cannot
    be placed (no subject, no date, no number) is judged too and cannot be said. A fall to 0 or 1 is excused by an
    event of `reset_after` in `equipment_events` between the two, and by a number at the end of the record's key that
    runs on. A gap over the turn of two files, and before the first record, is not judged. A blank number closes no gap;
    a number whose record is undecided makes the gap undecided. Where the order inside a day decides and only days are
    known, nothing can be said. A blank end cannot be judged against the next record. With `per: {any_of: …}` a blank
    role is no role, and a pair is judged once.

    One finding is a pair (a gap with all its missing numbers); its row is the later record. Facts: the columns of
    `per`, `missing` («13, 14»), `previous` (the number or moment before), `property` (step, order, overlap, apart).
    """

    kind: Literal["sequence"]
    per: AnyRole | ColumnPath | list[ColumnPath] = []
    by: ColumnPath | None = None
    step: Step | None = None
    order: ColumnPath | None = None
    no_overlap: Stretch | None = None
    apart: Distance | None = None
    reset_after: list[str] = []

    @model_validator(mode="after")
    def _asks_something(self) -> "Sequence":
        if not (self.step or self.order or self.no_overlap or self.apart):
            raise ValueError("say how the lines follow each other: step, order, no_overlap or apart")
        if self.order and not self.by:
            raise ValueError("«order» is the time that must not run backwards as the numbers of «by» rise; name «by»")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that name a subject."""
        if isinstance(self.per, AnyRole):
            return self.per.any_of
        return [self.per] if isinstance(self.per, str) else self.per

    def facts(self) -> Listed[str]:
        return ("missing", "previous", "property")

    def logs_needed(self) -> Iterator[str]:
        yield self.log

    def explain(self) -> str:
        said = []
        if self.step:
            said.append(f"{say.names([self.step.column])} rises by {self.step.by} without gap or repeat")
        if self.order:
            said.append(f"{say.names([self.order])} never runs backwards as {say.names([str(self.by)])} rises")
        if self.no_overlap:
            said.append("their stretches of time do not overlap")
        if self.apart:
            said.append(f"each lies at least {self.apart.at_least} after the one before")
        joint = " or " if isinstance(self.per, AnyRole) else " and "
        each = f" of the same {joint.join(say.names([name]) for name in self.columns)}" if self.columns else ""
        reset = f" (a restart is excused by {say.alternatives(self.reset_after)})" if self.reset_after else ""
        return f"Among the records of {say.selection(self)}{each}, {' and '.join(said)}{reset}."

    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, [self.log])
        n = len(scope.studios)
        if scope.days is None:
            none = nothing_found(self.log)
            return Verdict(np.zeros(n, np.int64), none, none, None, missing)
        members = self._members(scope, self._by())
        parts: list[Pairs] = []
        if self.step:
            parts.append(stepped(members, self.step.column, self.step.by, self.reset_after))
        if self.order:
            parts.append(ordered(members, str(self.by), self.reset_after))
        if self.no_overlap:
            parts.append(no_overlap(self._members(scope, self.no_overlap.from_), self.no_overlap.to))
        if self.apart:
            parts.append(apart(members, self.apart.at_least))
        pairs = Pairs.joined(parts)
        pairs = pairs.take(members.judged(pairs.later))
        studio = scope.logs.log(self.log).studio[pairs.later].astype(np.int64)
        bad, unsure = np.flatnonzero(pairs.bad), np.flatnonzero(pairs.why > 0)
        return Verdict(
            np.bincount(studio, minlength=n),
            self._found(scope, pairs, bad, None),
            self._found(scope, pairs, unsure, pairs.why[unsure]),
            None,
            missing,
        )

    def _by(self) -> str:
        moment = self.order or self.by or self.moment()
        if moment is None:
            raise ValueError(f"{self.log} has no event date; the rule must say by")
        return moment

    def _members(self, scope: Scope, by: str) -> Members:
        records = history(self, scope, by)
        roles = [[name] for name in self.columns] if isinstance(self.per, AnyRole) else [self.columns]
        keyed = [group_keys(scope.logs, self.log, names, records.rows) for names in roles]
        if len(keyed) == 1:
            return Members.of(scope, self.log, records, np.arange(len(records.rows)), *keyed[0])
        return self._in_any_role(scope, records, roles)

    def _in_any_role(self, scope: Scope, records: Records, roles: list[list[str]]) -> Members:
        codes: list[Ints] = []
        whys: list[Codes] = []
        place: dict[object, int] = {}
        for (name,) in roles:
            cells = scope.logs.cells(self.log, name).take(records.rows)
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
        return Members.of(scope, self.log, records, entry[first], group[first], why[first])

    def _found(self, scope: Scope, pairs: Pairs, entries: Ints, why: Codes | None) -> Found:
        picked = pairs.take(entries)
        cells = {name: scope.logs.cells(self.log, name) for name in self.columns}
        has = np.flatnonzero(picked.earlier >= 0)
        previous = [
            scope.logs.cells(self.log, name).text(int(row)) if row >= 0 else ""
            for name, row in zip(picked.column, picked.earlier, strict=True)
        ]
        facts: dict[str, Listed[str] | Cells] = {
            **{name: each.take(picked.later) for name, each in cells.items()},
            "missing": picked.missing,
            "previous": previous,
            "property": picked.rule,
        }
        now = [scope.logs.cells(self.log, c).text(int(r)) for c, r in zip(picked.column, picked.later, strict=True)]
        return Found(
            self.log, picked.later, scope.logs.log(self.log).studio[picked.later].astype(np.int64), picked.column,
            facts, why, ((self.log, has, picked.earlier[has]),),
            lambda n: _words(picked.rule[n], picked.column[n], previous[n], now[n], picked.missing[n]),
        )  # fmt: skip


def _words(rule: str, column: str, previous: str, now: str, missing: str) -> str:
    name = column.replace("_", " ")
    said = f"{name} {previous or 'blank'}, then {now or 'blank'}"
    return said + (f"; missing: {missing}" if missing else "; they overlap" if rule == "overlap" else "")
