"""The units of temperatures and pressures whose head and studio do not say them, or say them in part.

A temperature is told by its size where only one unit is possible, a pressure by the steam table: at the temperature
beside it, saturated steam has one pressure, so that one of gauge and absolute, of psi, bar and kPa fits. Where none
fits, or several do, the cells are unreadable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Coded, Numbers, Reading, blanks, type_column
from smpcompliance.logs.intake.printout.steam import saturation_kpa
from smpcompliance.logs.measures import OWN, UNITS, UNTOLD, units_written, written_unit
from smpcompliance.logs.schema import LogSchema

Values = NDArray[np.float64]

STATED_OWN = "own"
"""What `stated` says of a column whose head names its own unit."""

_HOTTEST_STEAM_C = 170.0
_HOTTEST_C = 200.0
_HOTTEST_OVEN_C = 215.0
_STERILIZING_C = (115.0, 145.0)
_NEAR_SATURATION_K = 2.0
_NEARLY_ALL = 0.8
_ENOUGH_TO_CONTRADICT = 3
_OF_A_HOLD = (
    "psig", "psia", "bar_gauge", "bar_absolute", "kpa_gauge", "kpa_absolute",
    "mbar_gauge", "mbar_absolute", "mpa_gauge", "mpa_absolute",
)  # fmt: skip
_HEAT = np.arange(80.0, 160.5, 0.5)
_FIGURES = r"[-+\x{2212}]?\d[\d., '\x{A0}\x{2009}\x{202F}\x{2019}]*"
_BARE = rf"^\s*{_FIGURES}\s*[°º]?\s*$"
_BEHIND = rf"^\s*{_FIGURES}\s*"
_MOST_UNITS = 50


@dataclass(frozen=True)
class Units:
    """The units of a table.

    Attributes:
        variants: each a set of (column, unit) for `Reading.units`; rows of one table may have different ones.
        variant: int32 per row, which of them.
        remarks: what was taken, and why.
    """

    variants: tuple[tuple[tuple[str, str], ...], ...]
    variant: NDArray[np.int32]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Chosen:
    """The unit of each row of one column: `codes` point into `units`."""

    units: tuple[str, ...]
    codes: Ints
    remarks: tuple[str, ...] = ()


def settled(
    known: LogSchema,
    columns: Mapping[str, pa.Array],
    heads: Mapping[str, str],
    stated: Mapping[str, str],
    declared: Mapping[str, str],
) -> Units:
    """Settles the unit of each row's numbers.

    Args:
        columns, heads: column → cells and head as written.
        stated: column → unit that its head states: a key of UNITS, STATED_OWN, or a unit that may be two (`bar`).
        declared: column → unit that studio.yaml declares; it goes before what the head states.
    """
    rows = len(next(iter(columns.values()))) if columns else 0
    said = {name: declared.get(name) or _told(known, name, stated[name]) for name in {**stated, **declared}}
    told = {name: unit for name, unit in said.items() if name in columns and unit}
    remarks = [
        f"the head '{heads[name]}' states {stated[name]}, studio.yaml declares {declared[name]}; that is used"
        for name in told
        if name in declared and stated.get(name, declared[name]) not in (declared[name], STATED_OWN)
    ]
    chosen: dict[str, _Chosen] = {name: _Chosen((unit,), np.zeros(rows, np.int64)) for name, unit in told.items()}
    runs = _Runs.of(known, columns, rows)
    for name in columns:
        if known.columns[name].unit == "°C" and name not in told:
            chosen[name] = _temperature(known, name, columns[name], heads[name], runs)
        elif known.columns[name].unit == "°C" and told[name] == "C" and name not in declared:
            chosen[name] = _celsius(known, name, columns[name], heads[name], runs)
    for name in columns:
        if known.columns[name].unit == "kPa absolute":
            heat = _in_celsius(known, columns, chosen)
            family = units_written(written_unit(stated.get(name, "")), "kPa absolute") or list(_OF_A_HOLD)
            chosen[name] = _pressure(
                known, name, columns[name], heads[name], told.get(name), family, heat, runs, name in declared
            )
    return _combined(known, chosen, rows, (*remarks, *(text for one in chosen.values() for text in one.remarks)))


def _told(known: LogSchema, name: str, stated: str) -> str | None:
    """The unit that a head states beyond doubt."""
    own = OWN.get(known.columns[name].unit or "")
    if stated == STATED_OWN:
        return own
    if known.columns[name].unit == "kPa absolute" and len(units_written(written_unit(stated), "kPa absolute")) > 1:
        return None
    return stated if stated in UNITS else None


@dataclass(frozen=True)
class _Runs:
    """Of each row: whether it is known to be steam, or dry heat, and which device it ran on."""

    steam: Mask
    dry: Mask
    device: Ints

    @classmethod
    def of(cls, known: LogSchema, columns: Mapping[str, pa.Array], rows: int) -> "_Runs":
        steam = dry = np.zeros(rows, bool)
        if "method" in columns and "method" in known.columns:
            method = type_column(known.columns["method"], columns["method"], Reading(), np.zeros(rows, np.int32)).cells
            assert isinstance(method, Coded)
            steam = method.where(lambda word: word == "steam")
            dry = method.where(lambda word: word in ("dry_heat", "rapid_dry_heat"))
        device = np.zeros(rows, np.int64)
        if "equipment_id" in columns:
            device = arrow.numbers(pc.dictionary_encode(columns["equipment_id"]).indices).astype(np.int64)
        return cls(steam, dry, device)


def _temperature(known: LogSchema, name: str, cells: pa.Array, head: str, runs: _Runs) -> _Chosen:
    value = _values(known, name, cells, "C")
    bare = arrow.numbers(pc.match_substring_regex(cells, _BARE)) & ~np.isnan(value)
    said_f = arrow.numbers(pc.match_substring_regex(cells, r"\d[^\d]*[fF]"))
    hot = bare & (value > _HOTTEST_C)
    steam_f = bare & ~hot & (value > _HOTTEST_STEAM_C) & runs.steam
    other_f = bool((hot | steam_f | said_f).any())
    low, high = _STERILIZING_C
    possible = (value >= low) & (value <= high) if other_f else value <= _HOTTEST_STEAM_C
    celsius = bare & possible & ~runs.dry
    fahrenheit = hot | steam_f
    untold = bare & ~celsius & ~fahrenheit
    counts = [
        (celsius, "are read as °C" + (", at which steam sterilizes" if other_f else ", being no more than 170")),
        (fahrenheit, "are read as °F, being above what the run can have in °C"),
        (untold, f"may be either and are unreadable; say units: {{{name}: C}} (or F) in studio.yaml"),
    ]
    said = "; ".join(f"{int(rows.sum())} {text}" for rows, text in counts if rows.any())
    codes = np.select([fahrenheit, untold], [1, 2], 0).astype(np.int64)
    remark = (f"'{head}' says neither °C nor °F: of its values without a unit, {said}",) if said else ()
    return _Chosen(("C", "F", UNTOLD), codes, remark)


def _celsius(known: LogSchema, name: str, cells: pa.Array, head: str, runs: _Runs) -> _Chosen:
    """A column whose head says °C: what no sterilizer reaches in °C was written in another unit."""
    value = _values(known, name, cells, "C")
    bare = arrow.numbers(pc.match_substring_regex(cells, _BARE)) & ~np.isnan(value)
    hot = bare & (value > np.where(runs.steam, _HOTTEST_STEAM_C, _HOTTEST_OVEN_C))
    said = (
        f"'{head}' says °C, and {int(hot.sum())} of its values are more than a sterilizer reaches in °C; they are "
        f"unreadable: write °F behind those that are, or say units: {{{name}: F}} in studio.yaml if all of them are"
    )
    return _Chosen(("C", UNTOLD), hot.astype(np.int64), (said,) if hot.any() else ())


def _in_celsius(known: LogSchema, columns: Mapping[str, pa.Array], chosen: Mapping[str, _Chosen]) -> Values | None:
    """The temperature of each row in °C, NaN where it is not known; None where the table has none."""
    if "temperature_c" not in columns:
        return None
    one = chosen["temperature_c"]
    of_unit = [_values(known, "temperature_c", columns["temperature_c"], unit) for unit in one.units]
    return np.choose(one.codes, of_unit) if len(one.codes) else np.zeros(0)


def _values(known: LogSchema, name: str, cells: pa.Array, unit: str) -> Values:
    """The numbers of a column, NaN where there is none, if cells without a unit are in this one."""
    studio = np.zeros(len(cells), np.int32)
    found = type_column(known.columns[name], cells, Reading(units=((name, unit),)), studio).cells
    assert isinstance(found, Numbers)
    return np.where(found.why > 0, np.nan, found.values)


def _pressure(
    known: LogSchema,
    name: str,
    cells: pa.Array,
    head: str,
    told: str | None,
    family: Sequence[str],
    heat: Values | None,
    runs: _Runs,
    declared: bool,
) -> _Chosen:
    """The unit of each pressure: as told, as it stands behind the value, or as saturated steam leaves no choice.

    Rows of one device with the same unit behind the value belong together.
    """
    figures, form, ways = _forms(cells, told, family)
    raw = _values(known, name, figures, "kpa_absolute")
    near = _fitting(raw, heat, ~runs.dry)
    group = form * (int(runs.device.max(initial=0)) + 1) + runs.device
    _, group = np.unique(group, return_inverse=True)
    total, fits = _shares(near, group)
    units = ("kpa_absolute", *dict.fromkeys(unit for way in ways for unit in way), UNTOLD)
    codes = np.zeros(len(cells), np.int64)
    remarks: list[str] = []
    for n, way in enumerate(ways):
        rows = (form == n) & ~blanks(cells)
        if not rows.any() or not way:
            continue
        if len(way) == 1:
            codes[rows] = units.index(way[0])
            if way[0] == told:
                remarks += _contradicted(head, told, rows, near, declared)
            continue
        good = np.stack([fits[unit] >= np.maximum(1, _NEARLY_ALL * total) for unit in way])
        taken = np.where(good.sum(axis=0) == 1, good.argmax(axis=0), len(way))[group]
        place = np.array([*(units.index(unit) for unit in way), len(units) - 1])
        codes[rows] = place[taken[rows]]
        remarks += _said(head, name, way, rows, taken, near, several=bool((good.sum(axis=0) > 1)[group[rows]].any()))
    return _Chosen(units, codes, tuple(remarks))


def _forms(cells: pa.Array, told: str | None, family: Sequence[str]) -> tuple[pa.Array, Ints, list[tuple[str, ...]]]:
    """The figures alone, per row which unit stands behind them (0 = none), and per such unit which ones it may be.

    A unit that means one only has no entry: the cell says it by itself.
    """
    bare: tuple[str, ...] = (told,) if told else tuple(family)
    if (arrow.numbers(pc.match_substring_regex(cells, _BARE)) | blanks(cells)).all():
        return cells, np.zeros(len(cells), np.int64), [bare]
    figures = pc.replace_substring_regex(cells, rf"^\s*({_FIGURES}).*$", r"\1")
    behind = pc.dictionary_encode(pc.replace_substring_regex(cells, _BEHIND, ""))
    ways: list[tuple[str, ...]] = [bare]
    texts = behind.dictionary.to_pylist()
    code = np.zeros(len(texts) + 1, np.int64)
    for n, text in enumerate(texts):
        form = written_unit(text)
        may_be = units_written(form, "kPa absolute") if form and len(texts) <= _MOST_UNITS else []
        if form and told and form in UNITS[told].also_written:
            continue
        if form:
            code[n] = len(ways)
            ways.append(tuple(may_be) if len(may_be) > 1 else ())
    return figures, code[arrow.numbers(behind.indices)], ways


def _fitting(raw: Values, heat: Values | None, wanted: Mask) -> dict[str, NDArray[np.int8]]:
    """Per unit and row: 1 where the pressure in that unit is that of saturated steam, 0 where it is not, -1 unknown."""
    kpa = np.array([saturation_kpa(float(celsius)) for celsius in _HEAT])
    low, high = _STERILIZING_C
    heat = np.full(len(raw), np.nan) if heat is None else heat
    judged = wanted & ~np.isnan(raw) & (heat >= low - 10) & (heat <= high)
    out = {}
    for name in (*_OF_A_HOLD, "bar"):
        steam = np.interp(raw * UNITS[name].factor + UNITS[name].shift, kpa, _HEAT)
        out[name] = np.where(judged, np.abs(steam - heat) <= _NEAR_SATURATION_K, -1).astype(np.int8)
    return out


def _shares(near: Mapping[str, NDArray[np.int8]], group: Ints) -> tuple[Ints, dict[str, Ints]]:
    """Per group how many rows were judged, and per unit how many of them fit; none for units of no hold."""
    groups = int(group.max(initial=-1)) + 1
    total = np.bincount(group, next(iter(near.values())) >= 0, groups).astype(np.int64)
    fits = {name: np.zeros(groups, np.int64) for name in UNITS}
    return total, fits | {name: np.bincount(group, of == 1, groups).astype(np.int64) for name, of in near.items()}


def _said(
    head: str,
    name: str,
    way: Sequence[str],
    rows: Mask,
    taken: Ints,
    near: Mapping[str, NDArray[np.int8]],
    several: bool,
) -> list[str]:
    out = []
    for n, unit in enumerate(way):
        if (of := rows & (taken == n)).any():
            judged, fit = int((near[unit][of] >= 0).sum()), int((near[unit][of] == 1).sum())
            out.append(
                f"'{head}' does not say its unit in full: {fit} of {judged} pressures beside a temperature are "
                f"those of saturated steam in {unit} and in no other unit, so {int(of.sum())} are read as {unit}"
            )
    if (of := rows & (taken == len(way))).any():
        why = "several units fit" if several else "no unit fits"
        out.append(
            f"'{head}' does not say its unit in full, and {why} saturated steam at the temperatures beside "
            f"{int(of.sum())} pressures, which are unreadable; say units: {{{name}: {way[0]}}} "
            f"(or {', '.join(way[1:])}) in studio.yaml"
        )
    return out


def _contradicted(head: str, told: str, rows: Mask, near: Mapping[str, NDArray[np.int8]], declared: bool) -> list[str]:
    """A remark where what is told fits hardly any pressure, and one other unit fits nearly all."""
    if told not in near:
        return []
    judged = int((near[told][rows] >= 0).sum())
    fit = {unit: int((of[rows] == 1).sum()) for unit, of in near.items()}
    better = [unit for unit in _OF_A_HOLD if fit[unit] >= _NEARLY_ALL * judged]
    if judged < _ENOUGH_TO_CONTRADICT or fit[told] > (1 - _NEARLY_ALL) * judged or len(better) != 1:
        return []
    by = "studio.yaml declares" if declared else "the head states"
    return [
        f"'{head}' is read as {told}, as {by}, but {fit[told]} of {judged} pressures fit saturated steam so, "
        f"and {fit[better[0]]} would as {better[0]}; look which is right"
    ]


def _combined(known: LogSchema, chosen: Mapping[str, _Chosen], rows: int, remarks: tuple[str, ...]) -> Units:
    """Joins the units of all columns to few sets of them."""
    if not chosen:
        return Units(((),), np.zeros(rows, np.int32), remarks)
    code = np.zeros(rows, np.int64)
    for one in chosen.values():
        used, codes = np.unique(one.codes, return_inverse=True)
        code = code * max(1, len(used)) + codes
        _, code = np.unique(code, return_inverse=True)
    _, first, variant = np.unique(code, return_index=True, return_inverse=True)
    sets = []
    for row in first.tolist() or [None]:
        units = ((name, one.units[int(one.codes[row]) if row is not None else 0]) for name, one in chosen.items())
        sets.append(tuple((name, unit) for name, unit in units if not _is_own(known, name, unit)))
    return Units(tuple(sets), variant.astype(np.int32), remarks)


def _is_own(known: LogSchema, name: str, unit: str) -> bool:
    """Whether cells without a unit are read so anyway; not for a pressure, whose `kPa` behind the value counts too."""
    return unit == OWN.get(known.columns[name].unit or "") and unit != "kpa_absolute"
