"""The curve of a cycle: its readings one after the other, and what they prove of a hold.

Readings prove a temperature only where they were taken: a hold is the time from its first to its last reading, and
with one reading a minute it is known to the minute only.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from smpcompliance.logs.intake.printout.cell import Cell, minutes

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


def held_above(points: Sequence[Point], celsius: float) -> dict[str, Cell]:
    """The hold of a curve that names no phases: its longest stretch of readings at or above a temperature.

    Args:
        points: readings in order, pressures in kPa absolute.
        celsius: the lowest temperature that counts as holding.

    Returns:
        temperature_c, max_temperature_c, pressure_kpa (lowest), exposure_minutes, sample_seconds and readings_hash.
    """
    stretches: list[list[Point]] = [[]]
    for point in points:
        if point.celsius is not None and point.celsius >= celsius:
            stretches[-1].append(point)
        elif stretches[-1]:
            stretches.append([])
    hold = max(stretches, key=lambda stretch: stretch[-1].second - stretch[0].second if stretch else -1)
    heat = [point.celsius for point in hold if point.celsius is not None]
    pressure = [point.kpa for point in hold if point.kpa is not None]
    gap = widest_gap(hold)
    return {
        "temperature_c": Cell(f"{min(heat):.1f}" if heat else ""),
        "max_temperature_c": Cell(f"{max(heat):.1f}" if heat else ""),
        "pressure_kpa": Cell(f"{min(pressure):.2f}" if pressure and len(pressure) == len(hold) else ""),
        "exposure_minutes": Cell(minutes(hold[-1].second - hold[0].second) if gap is not None else ""),
        "sample_seconds": Cell(str(gap) if gap is not None else ""),
        "readings_hash": Cell(fingerprint(points)),
    }
