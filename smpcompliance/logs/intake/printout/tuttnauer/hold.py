"""What the readings of a Tuttnauer printout prove: temperature, pressure and time of the hold, and the drying.

The hold is the phase `S`. Its time is taken from the two wall clocks printed around it, which do not depend on the
readings. Pressure is written as gauge pressure, and as inches of mercury of vacuum where `In` stands behind the value.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from smpcompliance.logs.intake.printout.cell import DAY_SECONDS, Cell, minutes
from smpcompliance.logs.intake.printout.curve import Point, fingerprint, told_by_readings, widest_gap
from smpcompliance.logs.intake.printout.steam import (
    ATMOSPHERE_KPA,
    HOTTEST_STEAM_C,
    INCH_OF_MERCURY_KPA,
    KPA_PER_UNIT,
    nearest_steam,
    unsaturated,
)
from smpcompliance.logs.intake.printout.tuttnauer.lines import CLOCK, Entry, Printout
from smpcompliance.patterns import pattern

CLOCKS_MAY_DIFFER_SECONDS = 3
READINGS_APART_SECONDS = 60

HOLD_HEADS = ("temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes")

WALL_CLOCK = pattern(CLOCK, re.ASCII)
PRESSURE_UNIT = pattern(r"(psi|kpa|bar|mbar|mpa)([ag]?)", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """One line of the readings: elapsed in s, the rest in the units of the table (or in inches of vacuum)."""

    phase: str
    elapsed: int
    temperature: float
    pressure: float
    inches: bool


def seconds(clock: str) -> int | None:
    """Seconds since midnight of `16:23:33`; None where that is no time of the day."""
    if not WALL_CLOCK.fullmatch(clock) or clock >= "24":
        return None
    return int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:])


def measured(printout: Printout) -> dict[str, Cell]:
    """The cells that come from the readings; all blank for a cycle that never reached the phase in question."""
    readings = [_reading(entry) for entry in printout.of("reading")]
    cells = _of_hold(printout, readings) if has_hold(printout) else dict.fromkeys(HOLD_HEADS, Cell())
    gap = widest_gap([_point(reading) for reading in readings if reading.phase == "S"])
    cells["sample_seconds"] = Cell("" if gap is None else str(gap))
    cells["readings_hash"] = Cell(fingerprint([_point(reading) for reading in readings]))
    elapsed, reason = _elapsed(readings, "D")
    cells["drying_minutes"] = Cell("" if elapsed is None else minutes(elapsed), reason, printout.begins)
    return cells


def has_hold(printout: Printout) -> bool:
    """Whether the printout has any reading of the hold."""
    return any(_is_held(entry) for entry in printout.of("reading"))


def remarks(printout: Printout) -> list[str]:
    """What to know of a hold: that only its readings tell its time, and that it is no saturated steam."""
    hold = [reading for entry in printout.of("reading") if (reading := _reading(entry)).phase == "S"]
    if not hold or _in_pieces(printout).doubt:
        return []
    told = []
    gap = widest_gap([_point(reading) for reading in hold])
    if gap is not None and _clock_hold(printout, "1") is None and _clock_hold(printout, "2") is None:
        told.append(told_by_readings(gap))
    pressures = _pressures(printout, hold)
    if not isinstance(pressures, Cell) and (remark := unsaturated(_celsius(printout, hold), pressures)):
        told.append(remark)
    return told


def clock_faults(printout: Printout) -> list[Entry]:
    """Lines of a wall clock that are no time, or not the time it said before on the same side of the hold."""
    faults = []
    said: dict[tuple[str, bool], str] = {}
    below = False
    held = has_hold(printout)
    for entry in printout.of("reading", "clock"):
        below = below or _is_held(entry)
        if entry.kind == "clock":
            first = said.setdefault((entry.parts[0], below), entry.parts[1])
            if seconds(entry.parts[1]) is None or (held and entry.parts[1] != first):
                faults.append(entry)
    return faults


def _of_hold(printout: Printout, readings: list[Reading]) -> dict[str, Cell]:
    hold = [reading for reading in readings if reading.phase == "S"]
    torn = _in_pieces(printout)
    if torn.doubt:
        return dict.fromkeys(HOLD_HEADS, torn)
    exposure = _exposure(printout, readings)
    lost = _lost_reading(printout)
    if lost.doubt:
        return dict(zip(HOLD_HEADS, (lost, lost, lost, exposure), strict=True))
    return dict(zip(HOLD_HEADS, (*_temperatures(printout, hold), _pressure(printout, hold), exposure), strict=True))


def _reading(entry: Entry) -> Reading:
    phase, clock, temperature, pressure, inches = entry.parts
    hours, minute, second = (int(part) for part in clock.split(":"))
    elapsed = hours * 3600 + minute * 60 + second
    return Reading(phase, elapsed, _number(temperature), _number(pressure), bool(inches))


def _point(reading: Reading) -> Point:
    """The reading as a point of the curve, with its values as printed."""
    unit = "In" if reading.inches else ""
    written = (reading.phase, f"{reading.temperature:g}", f"{reading.pressure:g}{unit}")
    return Point(reading.elapsed, None, None, written)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _is_held(mark: Entry) -> bool:
    return mark.kind == "reading" and mark.parts[0] == "S"


def _in_pieces(printout: Printout) -> Cell:
    """Whether another phase or a clock stands between the readings of the hold, so that it was not one hold."""
    marks = printout.of("reading", "clock")
    held = [place for place, mark in enumerate(marks) if _is_held(mark)]
    for mark in marks[held[0] : held[-1]]:
        if not _is_held(mark):
            return Cell("", "the readings of the hold (phase S) are not in one piece", mark.line, mark.text)
    return Cell()


def _lost_reading(printout: Printout) -> Cell:
    """Whether a reading of the hold cannot be read, so that the lowest and the highest value are not sure."""
    marks = printout.of("reading", "clock", "unreadable")
    for place, mark in enumerate(marks):
        beside = any(_is_held(other) for other in marks[max(place - 1, 0) : place + 2])
        if mark.kind == "unreadable" and (beside or mark.text.startswith("S ")):
            return Cell("", "a line among the readings of the hold cannot be read", mark.line, mark.text)
    return Cell()


def _unit_entry(printout: Printout) -> Entry | None:
    """The one line with the units of the table; None where it is missing or said in two ways."""
    heads = printout.of("head")
    return heads[0] if len({head.parts for head in heads}) == 1 else None


def _celsius(printout: Printout, hold: list[Reading]) -> list[float]:
    """The temperatures of the hold in °C; none where their unit is not known."""
    head = _unit_entry(printout)
    unit = head.parts[0][-1] if head else ""
    if unit == "F":
        return [(reading.temperature - 32) / 1.8 for reading in hold]
    return [reading.temperature for reading in hold] if unit == "C" else []


def _no_unit(printout: Printout, what: str, expected: str) -> Cell:
    head = _unit_entry(printout)
    reason = (
        f"the unit of the {what} is not known: expected one line `Time °F Psig` above the readings, with {expected}"
    )
    return Cell("", reason, head.line if head else printout.begins, head.text if head else "")


def _temperatures(printout: Printout, hold: list[Reading]) -> tuple[Cell, Cell]:
    """Lowest and highest temperature of the hold."""
    values = _celsius(printout, hold)
    if not values:
        doubt = _no_unit(printout, "temperatures", "°F or °C")
        return doubt, doubt
    if max(values) > HOTTEST_STEAM_C:
        reason = f"{max(values):.1f} °C is above any steam cycle: the unit in the head or a reading must be wrong"
        doubt = Cell("", reason, printout.of("head")[0].line, printout.of("head")[0].text)
        return doubt, doubt
    return Cell(f"{min(values):.1f}"), Cell(f"{max(values):.1f}")


def _pressure(printout: Printout, hold: list[Reading]) -> Cell:
    """Lowest pressure of the hold in kPa absolute."""
    values = _pressures(printout, hold)
    return values if isinstance(values, Cell) else Cell(f"{min(values):.2f}")


def _pressures(printout: Printout, hold: list[Reading]) -> list[float] | Cell:
    """The pressures of the hold in kPa absolute, or the doubt where their unit does not say it."""
    head = _unit_entry(printout)
    unit = PRESSURE_UNIT.fullmatch(head.parts[1]) if head else None
    if head is None or unit is None:
        return _no_unit(printout, "pressures", "psi, kPa, bar or MPa")
    factor = KPA_PER_UNIT[unit[1].lower()]
    gauge = _absolute(hold, factor, ATMOSPHERE_KPA)
    absolute = _absolute(hold, factor, 0.0)
    if unit[2]:
        return gauge if unit[2].lower() == "g" else absolute
    settled = nearest_steam(_celsius(printout, hold), gauge, absolute)
    if settled is None:
        reason = f"`{head.parts[1]}` does not say gauge or absolute, and neither fits saturated steam at that heat"
        return Cell("", reason, head.line, head.text)
    return settled


def _absolute(hold: list[Reading], factor: float, above: float) -> list[float]:
    """Pressures in kPa absolute, where the values as written count from `above` kPa."""
    return [
        ATMOSPHERE_KPA - reading.pressure * INCH_OF_MERCURY_KPA if reading.inches else above + reading.pressure * factor
        for reading in hold
    ]


def _exposure(printout: Printout, readings: list[Reading]) -> Cell:
    """The hold by clock 1, else by clock 2, else by the readings; blank where they contradict each other."""
    elapsed, reason = _elapsed(readings, "S")
    clocks = [hold for hold in (_clock_hold(printout, "1"), _clock_hold(printout, "2")) if hold is not None]
    if not clocks:
        return Cell("" if elapsed is None else minutes(elapsed), reason, printout.begins)
    entry = printout.of("clock")[-1]
    if max(clocks) - min(clocks) > CLOCKS_MAY_DIFFER_SECONDS:
        told = " and ".join(f"{hold} s" for hold in clocks)
        return Cell("", f"the two clocks disagree on the hold: {told}, where 3 s is the most", entry.line, entry.text)
    if elapsed is not None and clocks[0] > elapsed + _widest_gap(readings) + CLOCKS_MAY_DIFFER_SECONDS:
        told = f"the clock says {clocks[0]} s of hold, the readings show {elapsed} s"
        return Cell("", f"{told}: a clock or a reading must be wrong", entry.line, entry.text)
    return Cell(minutes(clocks[0]))


def _elapsed(readings: list[Reading], phase: str) -> tuple[int | None, str]:
    """Seconds from the first to the last reading of a phase; None with the reason, "" where it is not there."""
    places = [place for place, reading in enumerate(readings) if reading.phase == phase]
    if len(places) < 2:
        return None, ""
    if places[-1] - places[0] + 1 != len(places):
        return None, f"the readings of phase {phase} stand in several pieces"
    times = [readings[place].elapsed for place in places]
    if times != sorted(times):
        return None, f"the elapsed time jumps back within phase {phase}"
    return times[-1] - times[0], ""


def _widest_gap(readings: list[Reading]) -> int:
    times = [reading.elapsed for reading in readings if reading.phase == "S"]
    return max([READINGS_APART_SECONDS, *(after - before for before, after in pairwise(times))])


def _clock_hold(printout: Printout, clock: str) -> int | None:
    """Seconds between this clock before the first reading of the hold and after the last; None if one is missing."""
    marks = printout.of("reading", "clock")
    held = [place for place, mark in enumerate(marks) if _is_held(mark)]
    times = [(place, seconds(mark.parts[1])) for place, mark in enumerate(marks) if _is_clock(mark, clock)]
    before = {time for place, time in times if place < held[0]}
    after = {time for place, time in times if place > held[-1]}
    if len(before) != 1 or len(after) != 1:
        return None
    first, last = before.pop(), after.pop()
    return None if first is None or last is None else (last - first) % DAY_SECONDS


def _is_clock(mark: Entry, clock: str) -> bool:
    return mark.kind == "clock" and mark.parts[0] == clock
