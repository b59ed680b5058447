"""The records that follow an event, beside the events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.follow_up.course import Stretches, stretches, studios, subjects
from smpcompliance.checks.follow_up.parts import OwnPair, Pair, columns
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.dates import YEAR, Codes, Ints, Mask
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.schema import schema


class Part(Protocol):
    """The records of a log that a duty names: Y, Z, or those of a window."""

    @property
    def log(self) -> str: ...
    @property
    def where(self) -> Conditions: ...
    @property
    def at(self) -> str | None: ...
    @property
    def same(self) -> Sequence[Pair] | Sequence[OwnPair] | None: ...


@dataclass(frozen=True)
class Course:
    """Records of a log that may follow the events of another: their subjects, their time, and whether each is meant.

    Attributes:
        rows: row of the log of each record (a record with a list in its key stands several times).
        subject: its subject; `studio` its studio, which is its subject where the key is blank (`keyless`).
        own: the subject of each event of the other log.
        own_studio: its studio.
        own_why: why it has no subject.
    """

    log: str
    rows: Ints
    subject: Ints
    studio: Ints
    keyless: Mask
    time: Stretches
    fits: Answer
    own: Ints
    own_studio: Ints
    own_why: Codes

    @property
    def sure(self) -> Ints:
        """The places of the records that surely are meant, of a known subject and time."""
        return np.flatnonzero(self.fits.met & ~self.keyless & (self.time.level <= YEAR))

    @property
    def possible(self) -> Ints:
        """The places of the records with a subject that may be meant."""
        return np.flatnonzero(~self.fits.bad & ~self.keyless)

    @property
    def anyones(self) -> Ints:
        """The places of the records that may be meant and may belong to any subject of their studio."""
        return np.flatnonzero(~self.fits.bad & self.keyless)


def course(part: Part, same: Sequence[Pair], here: Rows, fits: Answer | None = None) -> Course:
    """The records a part names, beside the events of `here`; `fits` overrules its `where`."""
    other = Rows(here.logs, part.log)
    match = columns(same if part.same is None else part.same)
    key = subjects(here, other, match)
    moment = part.at or schema(part.log).when
    if moment is None:
        raise ValueError(f"{part.log} has no event date; the rule must say at")
    at = here.logs.cells(part.log, moment)
    assert isinstance(at, Moments)
    fits = judge(part.where, other) if fits is None else fits
    fits = fits & answer(np.zeros(len(other), bool), at.why)
    return Course(
        part.log, key.place, key.other, studios(other)[key.place], key.other_why > 0,
        stretches(at).take(key.place), fits.take(key.place), key.own, studios(here), key.own_why,
    )  # fmt: skip
