"""The curve of a cycle: its readings one after the other, and what they prove of a hold.

Readings prove a temperature only where they were taken: a hold is the time from its first to its last reading, and
with one reading a minute it is known to the minute only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FEWEST_READINGS = 5
"""A shorter curve may well repeat itself: it has no fingerprint."""


@dataclass(frozen=True)
class Point:
    """One reading.

    Attributes:
        second: on a clock that only goes forward: since the start, or since midnight and over it.
        written: phase, temperature and pressure as printed, for the fingerprint.
    """

    second: int
    celsius: float | None
    kpa: float | None
    written: tuple[str, ...] = ()


def fingerprint(points: Sequence[Point]) -> str:
    """16 hex digits that are the same for the same curve, whatever its date and number; "" for a very short curve.

    A reading that is printed twice counts once.
    """
    told = dict.fromkeys(f"{point.second - points[0].second} {' '.join(point.written)}" for point in points)
    if len(told) < FEWEST_READINGS:
        return ""
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def widest_gap(points: Sequence[Point]) -> int | None:
    """The longest time in seconds between two readings on end; None with fewer than two, or a clock that goes back."""
    gaps = [after.second - before.second for before, after in pairwise(points)]
    return max(gaps) if gaps and min(gaps) >= 0 else None


def told_by_readings(gap: int) -> str:
    """What to say of a hold whose time only its readings tell, so many seconds apart."""
    return f"hold time by readings {gap} s apart, from the first to the last of the hold"
