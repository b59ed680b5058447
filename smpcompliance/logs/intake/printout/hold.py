"""What a ticket proves of its hold: temperature, pressure and time, by what it prints and by its readings.

A printed duration counts first, then the two times around the hold, then its readings; whichever counts, the others
must not contradict it. A clock without seconds proves one minute less than it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from smpcompliance.logs.intake.printout import clock
from smpcompliance.logs.intake.printout.cell import Cell, minutes
from smpcompliance.logs.intake.printout.clock import Moment
from smpcompliance.logs.intake.printout.curve import Point, fingerprint, told_by_readings, widest_gap
from smpcompliance.logs.intake.printout.profile import Profile
from smpcompliance.logs.intake.printout.shape import MEASURED, UNITS
from smpcompliance.logs.intake.printout.steam import (
    ATMOSPHERE_KPA,
    HOTTEST_STEAM_C,
    KPA_PER_UNIT,
    absolute_by_steam,
    unsaturated,
)
from smpcompliance.logs.intake.printout.ticket import Entry, Ticket

MAY_DIFFER_SECONDS = 3
READINGS_APART_SECONDS = 60
LONGEST_GAP_SECONDS = 600
"""Between two readings of a hold; a longer gap counts where the others are short."""
MINUTE = 60
_TIMES_THE_USUAL_GAP = 5
_HEADS = ("temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes")
_IN_HOLD = frozenset({"readings.heads", "readings.lines", "hold.begins", "hold.time", "hold.lowest", "hold.highest"})
"""Lines that may stand among the readings of a hold."""
ROUNDING = 0.051
"""How far a printed extreme may lie inside the readings, in °C: the rounding of one decimal."""


@dataclass(frozen=True)
class Hold:
    """The cells of a hold by head, and what the reader of them should know."""

    cells: dict[str, Cell]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Values:
    """Temperature in °C and pressure in kPa as printed, each None where it is not there."""

    celsius: float | None
    kpa: float | None


@dataclass(frozen=True)
class _Units:
    """What the column head says: the letter of the temperature, the unit of the pressure, and its `g` or `a`."""

    temperature: str = ""
    pressure: str = ""
    basis: str = ""


@dataclass(frozen=True)
class _Length:
    """A length of time in seconds, and whether the clock that told it shows seconds."""

    seconds: int
    fine: bool


def hold_cells(ticket: Ticket, profile: Profile, moments: dict[int, Moment], works: bool) -> Hold:
    """The cells that come from times, readings and printed extremes.

    Args:
        moments: line → time.
        works: whether the run holds a temperature at all, by its program.
    """
    units = _units(ticket)
    readings = [entry for entry in ticket.of("readings.lines") if entry.line in moments]
    all_points = [_point(entry, moments[entry.line], profile, units) for entry in readings]
    held = _in_hold(ticket, profile, readings, moments) if works else []
    lines = {entry.line for entry in held}
    points = [point for entry, point in zip(readings, all_points, strict=True) if entry.line in lines]
    gap = widest_gap(points)
    told: dict[str, Cell] = {
        "readings_hash": Cell(fingerprint(all_points)),
        "sample_seconds": Cell(str(gap) if gap is not None else ""),
        "drying_minutes": _drying(ticket, moments),
    }
    if not works:
        return Hold(told | dict.fromkeys(_HEADS, Cell()), ())
    torn = _in_pieces(readings, held)
    if torn.doubt:
        return Hold(told | dict.fromkeys(_HEADS, torn), ())
    notes: list[str] = []
    lost = _lost(ticket, held)
    told |= _temperatures(ticket, profile, units, points, lost)
    told["pressure_kpa"] = _pressure(ticket, profile, units, points, lost, notes)
    told |= _without_unit(ticket, units, held)
    told["exposure_minutes"] = _exposure(ticket, held, moments, gap, notes)
    return Hold(told, tuple(notes))


def _units(ticket: Ticket) -> _Units:
    """The units of the one column head; none where heads differ."""
    heads = {(entry.place("temperature_unit"), entry.place("pressure_unit")) for entry in ticket.of("readings.heads")}
    if len(heads) != 1:
        return _Units()
    temperature, pressure = heads.pop()
    unit = (pressure or "").lower()
    basis = unit[-1:] if unit[:-1] in KPA_PER_UNIT else ""
    return _Units((temperature or "")[-1:].upper(), unit.removesuffix(basis), basis)


def _without_unit(ticket: Ticket, units: _Units, held: list[Entry]) -> dict[str, Cell]:
    """The cells of values whose unit the printout does not give."""
    lines = [*ticket.of("hold.lowest", "hold.highest"), *held]
    out: dict[str, Cell] = {}
    for place, unit, heads in (
        ("temperature", units.temperature, ("temperature_c", "max_temperature_c")),
        ("pressure", units.pressure, ("pressure_kpa",)),
    ):
        entry = next((entry for entry in lines if entry.place(place)), None)
        if entry and not unit:
            reason = f"the unit of the {place} is not known: expected one column head above the readings that says it"
            out |= dict.fromkeys(heads, Cell("", reason, entry.line, entry.text))
    return out


def _values(entry: Entry, role: str, profile: Profile, units: _Units) -> _Values:
    places = entry.says[role]
    found = {
        place: float(text.replace(profile.decimal, ".")) for place in (*UNITS, *MEASURED) if (text := places.get(place))
    }
    if "temperature" in found and units.temperature:
        found["celsius" if units.temperature == "C" else "fahrenheit"] = found["temperature"]
    if "pressure" in found and units.pressure:
        found[units.pressure] = found["pressure"]
    celsius = found.get("celsius", (found["fahrenheit"] - 32) / 1.8 if "fahrenheit" in found else None)
    kpa = next((found[unit] * factor for unit, factor in KPA_PER_UNIT.items() if unit in found), None)
    return _Values(celsius, kpa)


def _point(entry: Entry, moment: Moment, profile: Profile, units: _Units) -> Point:
    places = entry.says["readings.lines"]
    values = _values(entry, "readings.lines", profile, units)
    written = tuple(text for place in ("letter", *UNITS, *MEASURED) if (text := places.get(place)))
    return Point(moment.second, values.celsius, values.kpa, written)


def _in_hold(ticket: Ticket, profile: Profile, readings: list[Entry], moments: dict[int, Moment]) -> list[Entry]:
    """The readings of the hold: by their letter, between the lines around the hold, or between the times of these.

    Where the line that ends it is missing, the readings count down to the next line that says something else.
    """
    if profile.hold_letters:
        return [r for r in readings if (r.says["readings.lines"].get("letter") or "").upper() in profile.hold_letters]
    begins, ends = ticket.of("hold.begins"), ticket.of("hold.ends")
    if not begins:
        return []
    first = begins[0].line
    later = (e.line for e in ticket.of(*profile.shapes) if e.line > first and e.says.keys().isdisjoint(_IN_HOLD))
    last = ends[-1].line if ends else min(later, default=readings[-1].line + 1 if readings else 0)
    between = [reading for reading in readings if first < reading.line < last]
    start, end = moments.get(first), moments.get(ends[-1].line) if ends else None
    if between or start is None or end is None or start.elapsed != end.elapsed:
        return between
    return [
        reading
        for reading in readings
        if moments[reading.line].elapsed == start.elapsed and start.second <= moments[reading.line].second <= end.second
    ]


def _in_pieces(readings: list[Entry], held: list[Entry]) -> Cell:
    """Whether a reading of another phase stands between those of the hold, so that it was not one hold."""
    if held:
        lines = {entry.line for entry in held}
        for entry in readings:
            if held[0].line < entry.line < held[-1].line and entry.line not in lines:
                return Cell("", "the readings of the hold are not in one piece", entry.line, entry.text)
    return Cell()


def _lost(ticket: Ticket, held: list[Entry]) -> Cell:
    """Whether a line among the readings of the hold cannot be read, so that their extremes are not sure."""
    if held:
        bounds = [*ticket.of("hold.begins", "hold.ends", "hold.lowest", "hold.highest"), *held]
        first, last = min(entry.line for entry in bounds), max(entry.line for entry in bounds)
        for entry in ticket.unknown:
            if first <= entry.line <= last or entry.line == last + 1:
                return Cell("", "a line among the readings of the hold cannot be read", entry.line, entry.text)
    return Cell()


def _extreme(ticket: Ticket, profile: Profile, units: _Units, role: str) -> tuple[_Values, Entry | None, Cell]:
    """The printed lowest or highest values, their line, and the doubt where they are printed in two ways."""
    entries = ticket.of(role)
    found = dict.fromkeys(_values(entry, role, profile, units) for entry in entries)
    if len(found) > 1:
        what = role.rpartition(".")[2]
        return (
            _Values(None, None),
            None,
            Cell("", f"the printout gives its {what} values in two ways", entries[-1].line, entries[-1].text),
        )
    return (next(iter(found)), entries[0], Cell()) if found else (_Values(None, None), None, Cell())


def _temperatures(
    ticket: Ticket, profile: Profile, units: _Units, points: Sequence[Point], lost: Cell
) -> dict[str, Cell]:
    """Lowest and highest temperature of the hold: as printed, else of its readings."""
    heat = [point.celsius for point in points if point.celsius is not None]
    cells = {}
    for head, role, pick in (("temperature_c", "hold.lowest", min), ("max_temperature_c", "hold.highest", max)):
        printed, entry, doubt = _extreme(ticket, profile, units, role)
        value = printed.celsius
        if doubt.doubt:
            cells[head] = doubt
        elif value is None:
            cells[head] = lost if lost.doubt else Cell(f"{pick(heat):.1f}" if heat else "")
        elif entry and heat and pick(value, pick(heat)) != value and abs(value - pick(heat)) > ROUNDING:
            reason = f"a reading of {pick(heat):.1f} °C lies beyond this printed extreme"
            cells[head] = Cell("", reason, entry.line, entry.text)
        else:
            cells[head] = Cell(f"{value:.1f}")
        if cells[head].value and profile.method == "steam" and float(cells[head].value) > HOTTEST_STEAM_C:
            reason = f"{cells[head].value} °C is above any steam cycle: a unit in the profile or a line must be wrong"
            cells[head] = Cell("", reason, entry.line if entry else ticket.line, entry.text if entry else "")
    return cells


def _pressure(
    ticket: Ticket, profile: Profile, units: _Units, points: Sequence[Point], lost: Cell, notes: list[str]
) -> Cell:
    """Lowest pressure of the hold in kPa absolute."""
    printed, entry, doubt = _extreme(ticket, profile, units, "hold.lowest")
    if doubt.doubt:
        return doubt
    pairs = [(point.celsius, point.kpa) for point in points if point.celsius is not None and point.kpa is not None]
    if printed.kpa is None and lost.doubt and pairs:
        return lost
    if printed.kpa is not None and printed.celsius is not None:
        pairs.append((printed.celsius, printed.kpa))
    if not pairs:
        return Cell()
    celsius, written = [heat for heat, _ in pairs], [value for _, value in pairs]
    match {"a": "absolute", "g": "gauge"}.get(units.basis, profile.pressure):
        case "absolute":
            values: list[float] | None = written
        case "gauge":
            values = [value + ATMOSPHERE_KPA for value in written]
        case _:
            values = absolute_by_steam(celsius, written)
    if values is None:
        reason = "nothing says whether the pressure is gauge or absolute, and neither fits saturated steam at that heat"
        return Cell("", reason, entry.line if entry else ticket.line, entry.text if entry else "")
    if profile.method == "steam" and (remark := unsaturated(celsius, values)):
        notes.append(remark)
    return Cell(f"{values[-1] if printed.kpa is not None else min(values):.2f}")


def _exposure(
    ticket: Ticket,
    held: list[Entry],
    moments: dict[int, Moment],
    gap: int | None,
    notes: list[str],
) -> Cell:
    printed, printed_doubt = _printed(ticket)
    around, around_doubt = _span(ticket, "hold", moments)
    shown = _shown(held, moments)
    for doubt in (printed_doubt, around_doubt):
        if doubt.doubt:
            return doubt
    counted = printed or around or shown
    if counted is None:
        return Cell()
    if jump := _jump(held, moments):
        reason = "the readings of the hold leave a gap here: the clock of the machine was set, or lines are missing"
        return Cell("", reason, jump.line, jump.text)
    entry = (*ticket.of("hold.time"), *ticket.of("hold.ends"), *held)[0]
    slack = MAY_DIFFER_SECONDS + (0 if all(other.fine for other in (counted, around or counted)) else MINUTE)
    if around and abs(around.seconds - counted.seconds) > slack:
        reason = f"the printed time says {counted.seconds} s of hold, the clock {around.seconds} s: one must be wrong"
        return Cell("", reason, entry.line, entry.text)
    if shown:
        slack = MAY_DIFFER_SECONDS + (0 if shown.fine and counted.fine else MINUTE)
        beyond = 2 * max(gap or 0, READINGS_APART_SECONDS) + slack
        if not shown.seconds - slack <= counted.seconds <= shown.seconds + beyond:
            reason = (
                f"the hold is said to be {counted.seconds} s, its readings span {shown.seconds} s: "
                "a time or a reading must be wrong"
            )
            return Cell("", reason, entry.line, entry.text)
    if counted is shown:
        notes.append(told_by_readings(gap or 0))
    if counted.fine:
        return Cell(minutes(counted.seconds))
    notes.append("the clock shows no seconds: the hold is proved to one minute less than it shows")
    if counted.seconds <= MINUTE:
        return Cell("", "the clock shows no seconds, and the hold is too short to be proved", entry.line, entry.text)
    return Cell(minutes(counted.seconds - MINUTE))


def _jump(held: list[Entry], moments: dict[int, Moment]) -> Entry | None:
    """The reading below a gap that is far longer than those between the other readings of the hold."""
    gaps = [moments[below.line].second - moments[above.line].second for above, below in pairwise(held)]
    if len(gaps) < 2 or max(gaps) <= max(LONGEST_GAP_SECONDS, _TIMES_THE_USUAL_GAP * median(gaps)):
        return None
    return held[gaps.index(max(gaps)) + 1]


def _printed(ticket: Ticket) -> tuple[_Length | None, Cell]:
    """The duration that the printout itself gives."""
    entries = ticket.of("hold.time")
    said = {clock.length(entry.says["hold.time"]["held"], entry.forms.get("held", "")) for entry in entries}
    if not said:
        return None, Cell()
    seconds = said.pop()
    if said or seconds is None:
        return None, Cell("", "expected one duration of the hold", entries[-1].line, entries[-1].text)
    return _Length(seconds, True), Cell()


def _span(ticket: Ticket, what: str, moments: dict[int, Moment]) -> tuple[_Length | None, Cell]:
    """The time between the line that begins the hold (or the drying) and the line that ends it."""
    begins, ends = ([e for e in ticket.of(f"{what}.{edge}") if e.line in moments] for edge in ("begins", "ends"))
    if not begins or not ends:
        return None, Cell()
    for entries in (begins, ends):
        if len({moments[entry.line].second for entry in entries}) > 1:
            return None, Cell("", f"the {what} is said to begin or end twice", entries[-1].line, entries[-1].text)
    first, last = moments[begins[0].line], moments[ends[0].line]
    if first.elapsed != last.elapsed or last.second < first.second:
        return None, Cell("", f"the {what} is said to end before it begins", ends[0].line, ends[0].text)
    return _Length(last.second - first.second, first.fine and last.fine), Cell()


def _shown(held: list[Entry], moments: dict[int, Moment]) -> _Length | None:
    """The time from the first to the last reading of the hold."""
    times = [moments[entry.line] for entry in held]
    if len(times) < 2 or any(moment.back for moment in times[1:]):
        return None
    return _Length(times[-1].second - times[0].second, all(moment.fine for moment in times))


def _drying(ticket: Ticket, moments: dict[int, Moment]) -> Cell:
    found, doubt = _span(ticket, "drying", moments)
    if doubt.doubt or found is None:
        return doubt
    return Cell(minutes(found.seconds if found.fine else max(found.seconds - MINUTE, 0)))
