"""The archive, record by record: is what belongs to a record still there, where does it lie, should it be gone?"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer, any_by
from smpcompliance.checks.base import Made, Scope
from smpcompliance.dates import DATE, Ints, Mask, end, floor, start_of
from smpcompliance.logs.cells import Cells, Coded, Moments, Reason, among
from smpcompliance.logs.rows import distinct
from smpcompliance.logs.schema import schema

_IDENTIFY = ("name", "contact", "birth_date", "id")


@dataclass(frozen=True)
class Kept:
    """Records of a log, whether they are meant, and the last day of the term of each (earliest and latest reading)."""

    rows: Ints
    belongs: Answer
    start: Moments
    first: Ints
    last: Ints

    def take(self, keep: Mask) -> "Kept":
        """Some of them."""
        if keep.all():
            return self
        return Kept(
            self.rows[keep],
            self.belongs.take(keep),
            self.start.take(np.flatnonzero(keep)),
            self.first[keep],
            self.last[keep],
        )

    @property
    def meant(self) -> "Kept":
        """Those that are or may be meant."""
        return self.take(~self.belongs.bad)

    def running(self, log: str, today: int) -> Answer:
        """Whether the term of each still runs; that of a standing record whose end is blank does."""
        still = (self.start.why == Reason.blank) & (schema(log).stands is not None)
        undecided = (self.last >= today) & (self.first < today)
        why = np.where(self.start.why > 0, self.start.why, np.where(undecided, Reason.precision, 0))
        return answer(self.last < today, np.where(still, 0, why).astype(np.uint8)) | answer(~still)


@dataclass(frozen=True)
class Units:
    """Things judged in an archive: row of the log (-1: all of it), studio, answer, the day it turns on, words."""

    rows: Ints
    studio: Ints
    answer: Answer
    due: Ints
    said: Sequence[str]

    def with_worst_of(self, records: "Units") -> "Units":
        """Whole logs, each as good as the worst of its records."""
        n = 1 + int(max(self.studio.max(initial=0), records.studio.max(initial=0)))
        worst = ~any_by(records.studio, n, ~records.answer).take(self.studio)
        both = self.answer & worst
        said = [own if own_bad or not bad else "a record lacks what belongs to it"
                for own, own_bad, bad in zip(self.said, self.answer.bad, worst.bad, strict=True)]  # fmt: skip
        return Units(self.rows, self.studio, both, self.due, said)


def join(units: Sequence[Units]) -> Units:
    """Several groups of things as one."""
    return Units(
        np.concatenate([u.rows for u in units]),
        np.concatenate([u.studio for u in units]),
        Answer(np.concatenate([u.answer.bad for u in units]), np.concatenate([u.answer.why for u in units])),
        np.concatenate([u.due for u in units]),
        _chained([u.said for u in units]),
    )


def _chained(parts: Sequence[Sequence[str]]) -> Made[str]:
    """Several rows of texts as one."""
    ends = list(accumulate(map(len, parts)))

    def text(at: int) -> str:
        part = bisect_right(ends, at)
        return parts[part][at - ends[part] + len(parts[part])]

    return Made(ends[-1], text)


def _units(scope: Scope, log: str, kept: Kept, chosen: Mask, judged: Answer, said: str) -> Units:
    """The chosen records as things judged; one that may not be meant cannot be breached."""
    places = np.flatnonzero(chosen)
    unsure = np.where(judged.bad & (kept.belongs.why > 0), kept.belongs.why, judged.why).astype(np.uint8)
    rows = kept.rows[places]
    studio = scope.logs.log(log).studio[rows].astype(np.int64)
    return Units(
        rows, studio, answer(judged.bad, unsure).take(places), kept.last[places], Made(len(places), lambda _: said)
    )


def complete(scope: Scope, log: str, kept: Kept, needs: Sequence[str]) -> Units:
    """Whether each record whose term runs still has what it needs, and is not planned to go too early."""
    parts = [_needed(scope, log, kept.rows, name) for name in needs]
    if "delete_after_on" in schema(log).columns:
        parts.append(_planned(scope, log, kept))
    running = kept.running(log, start_of(scope.as_of))
    there = all_of(parts, len(kept.rows))
    judged = answer(there.bad, np.where(there.bad & (running.why > 0), running.why, there.why).astype(np.uint8))
    words = f"the term runs, and {' or '.join(needs) or 'the planned day of deletion'} is missing or too early"
    return _units(scope, log, kept, ~running.bad, judged, words.replace("_", " "))


def _needed(scope: Scope, log: str, rows: Ints, name: str) -> Answer:
    logs = scope.logs
    if name in schema(log).links:
        there, why = (part[rows] for part in logs.link(log, name))
        target = logs.log(schema(log).links[name][1])
        made_up = np.r_[target.made_up, False][there]
        gone = (why == Reason.dangling) | ((why == 0) & made_up)
        return answer(gone, np.where(gone, 0, why).astype(np.uint8))
    link = next(n for n, (_, target) in schema(name).links.items() if target == log)
    to, why = logs.link(name, link)
    has = np.bincount(to[to >= 0], minlength=len(logs.log(log)))[rows] > 0
    studio, n = logs.log(log).studio[rows], len(logs.studios)
    loose = np.bincount(logs.log(name).studio[among(why, Reason.blank, Reason.unreadable)], minlength=n)[studio] > 0
    lacking = ~logs.has(name)[studio]
    return answer(~has, np.where(lacking, Reason.no_log, np.where(~has & loose, Reason.ambiguous, 0)).astype(np.uint8))


def _planned(scope: Scope, log: str, kept: Kept) -> Answer:
    """Whether the planned day of deletion, where there is one, lies not before the end of the term."""
    planned = _moments(scope.logs.cells(log, "delete_after_on").take(kept.rows))
    known = (planned.why == 0) & (kept.start.why == 0)
    low, high = planned.at, end(planned.at, np.maximum(planned.precision, DATE))
    early, maybe = known & (high < kept.first), known & (low < kept.last)
    unreadable = planned.why == Reason.unreadable
    why = np.where(unreadable, Reason.unreadable, np.where(maybe & ~early, Reason.precision, 0))
    return answer(early, why.astype(np.uint8))


def on_site(scope: Scope, log: str, kept: Kept) -> Units:
    """Whether each studio that has records of the term declares that they lie on its premises."""
    running = kept.running(log, start_of(scope.as_of)) & kept.belongs
    studio = scope.logs.log(log).studio[kept.rows].astype(np.int64)
    whose = distinct(studio[running.met])
    declared = scope.logs.profile("records_on_site")
    assert isinstance(declared, Coded)
    there = declared.where(lambda logs: log in logs)
    none = np.full(len(whose), -1)
    day = np.full(len(whose), start_of(scope.as_of))
    said = [f"the profile does not say that {log.replace('_', ' ')} lie on the premises"] * len(whose)
    return Units(none, whose, answer(~there, declared.why).take(whose), day, said)


def outstayed(scope: Scope, log: str, kept: Kept) -> Units:
    """Whether records that identify somebody are gone when their term is over, or have a planned day of deletion."""
    today = start_of(scope.as_of)
    unsure = (kept.first < today) & (kept.last >= today)
    why = np.where(kept.start.why > 0, kept.start.why, np.where(unsure, Reason.precision, 0)).astype(np.uint8)
    stays = answer(kept.last < today, why)
    if "delete_after_on" in schema(log).columns:
        planned = _moments(scope.logs.cells(log, "delete_after_on").take(kept.rows))
        later = (planned.why == 0) & (end(planned.at, planned.precision) >= today)
        stays = stays | answer(~later)
    said = "the term is over, and the record still identifies somebody"
    return _units(scope, log, kept, _identifies(scope, log, kept.rows), stays, said)


def _identifies(scope: Scope, log: str, rows: Ints) -> Mask:
    """Which records hold a name, contact, birth date or number of a person, their own or their client's."""
    found = np.zeros(len(rows), bool)
    paths = [(log, "")] + ([("clients", "client.")] if "client" in schema(log).links else [])
    for owner, prefix in paths:
        for column in schema(owner).columns.values():
            if column.private in _IDENTIFY and not column.derived:
                why = scope.logs.cells(log, prefix + column.name).take(rows).why
                found |= among(why, 0, Reason.unreadable)
    return found


def _moments(cells: Cells) -> Moments:
    assert isinstance(cells, Moments)
    return Moments(cells.why, floor(cells.at, cells.precision), cells.precision)
