"""Three answers for everything judged: met, breached, or it cannot be said, and then why."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import first_reason


@dataclass(frozen=True)
class Answer:
    """Kleene's three values for a column of things: `bad` is breached, `why` (a Reason or 0) that it cannot be said."""

    bad: Mask
    why: Codes

    @property
    def met(self) -> Mask:
        return np.asarray(~self.bad & (self.why == 0))

    @property
    def unknown(self) -> Mask:
        return np.asarray(self.why > 0)

    def take(self, rows: Ints | Mask) -> "Answer":
        """The answers of some things, by their places or marked."""
        if rows.dtype == bool:
            return Answer(self.bad[rows], self.why[rows])
        return Answer(self.bad.take(rows), self.why.take(rows))

    @property
    def is_all_met(self) -> bool:
        """Whether everything is met."""
        return not self.bad.any() and not self.why.any()

    def __and__(self, other: "Answer") -> "Answer":
        if other.is_all_met:
            return self
        if self.is_all_met:
            return other
        bad = self.bad | other.bad
        return Answer(bad, first_reason(self.why, other.why) * ~bad)

    def __or__(self, other: "Answer") -> "Answer":
        met = self.met | other.met
        why = first_reason(self.why, other.why) * ~met
        return Answer(~met & (why == 0), why)

    def __invert__(self) -> "Answer":
        return Answer(self.met, self.why)


def answer(bad: Mask, why: Codes | None = None) -> Answer:
    """An answer from masks; where `why` is not 0 nothing is breached."""
    if why is None:
        return Answer(bad, np.zeros(len(bad), np.uint8))
    return Answer(bad & (why == 0) if why.any() else bad, why.astype(np.uint8, copy=False))


def all_met(n: int) -> Answer:
    """Met n times: the empty «and»."""
    return Answer(np.zeros(n, bool), np.zeros(n, np.uint8))


def all_of(answers: Iterable[Answer], n: int) -> Answer:
    """The worst of the answers, thing by thing."""
    out: Answer | None = None
    for each in answers:
        out = each if out is None else out & each
    return all_met(n) if out is None else out


def any_of(answers: Iterable[Answer], n: int) -> Answer:
    """The best of the answers, thing by thing; breached where there are none."""
    out: Answer | None = None
    for each in answers:
        out = each if out is None else out | each
    return Answer(np.ones(n, bool), np.zeros(n, np.uint8)) if out is None else out


def any_by(group: Ints, n: int, each: Answer) -> Answer:
    """For every group 0..n-1 the best answer of its members: «one of the candidates fits»; breached without members."""
    met = np.zeros(n, bool)
    met[group if each.is_all_met else group[each.met]] = True
    why = np.zeros(n, np.uint8)
    unsure = np.flatnonzero(each.why > 0)
    why[group[unsure][::-1]] = each.why[unsure][::-1]
    why[met] = 0
    return Answer(~met & (why == 0), why)


def under(where: Answer, required: Answer) -> tuple[Mask, Answer]:
    """Which things are judged, and how, when `where` picks them and `required` judges them.

    A thing surely outside `where` is not judged. Where `where` is undecided, a thing that meets the requirement anyway
    is met, and one that breaches it cannot be judged.
    """
    if where.is_all_met:
        return np.ones(len(where.bad), bool), required
    why = first_reason(where.why * required.bad, required.why)
    return ~where.bad, Answer(required.bad & (where.why == 0), why)
