"""Units that neither head nor studio says: told by what only one unit can be, by the steam table, or not at all."""

import os
from pathlib import Path

import numpy as np
import pytest

from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Numbers, Reading, type_column
from smpcompliance.logs.intake.settling.units import Units, settled
from smpcompliance.logs.measures import OWN, UNITS, converted
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.studio import read_studio
from smpcompliance.yamlio import SourceError

CYCLES = schema("sterilization_cycles")
HEADS = {"temperature_c": "Temp", "max_temperature_c": "Max", "pressure_kpa": "Pressure"}


def units(stated: dict[str, str] | None = None, declared: dict[str, str] | None = None, **columns: list[str]) -> Units:
    cells = {name: arrow.strings(texts) for name, texts in columns.items()}
    return settled(CYCLES, cells, {name: HEADS.get(name, name) for name in columns}, stated or {}, declared or {})


def values(found: Units, column: str, *cells: str) -> list[float | None]:
    """Each cell read as its row's variant says."""
    out = []
    for cell, variant in zip(cells, found.variant, strict=True):
        reading = Reading(units=found.variants[variant])
        typed = type_column(CYCLES.columns[column], arrow.strings([cell]), reading, np.zeros(1, np.int32)).cells
        assert isinstance(typed, Numbers)
        out.append(None if typed.why[0] else round(float(typed.values[0]), 1))
    return out


def temperatures(*cells: str, method: list[str] | None = None) -> list[float | None]:
    columns = {"temperature_c": list(cells)} | ({"method": method} if method else {})
    return values(units(**columns), "temperature_c", *cells)


def pressures(*cells: str, heat: str | list[str] = "134", **how: dict[str, str]) -> list[float | None]:
    heats = [heat] * len(cells) if isinstance(heat, str) else heat
    return values(units(**how, temperature_c=heats, pressure_kpa=list(cells)), "pressure_kpa", *cells)


def test_temperatures_of_steam_are_told_by_their_size() -> None:
    assert temperatures("134", "121,5", "", "90") == [134.0, 121.5, None, 90.0]
    assert temperatures("273", "250") == [133.9, 121.1]
    assert temperatures("180", method=["steam"]) == [82.2]


def test_a_temperature_that_may_be_of_dry_heat_in_either_unit_is_unreadable() -> None:
    assert temperatures("180") == [None]
    assert temperatures("180", "160", "340", method=["dry heat"] * 3) == [None, None, 171.1]


def test_two_units_in_one_column_are_told_apart_where_only_one_is_possible() -> None:
    assert temperatures("273", "134", "165", "134 °C", "274 F") == [133.9, 134.0, None, 134.0, 134.4]
    found = units(temperature_c=["273", "134", "165"])
    assert "1 are read as °C, at which steam sterilizes" in found.remarks[0]
    assert "1 may be either and are unreadable; say units: {temperature_c: C}" in found.remarks[0]


def test_a_head_or_the_studio_says_the_unit() -> None:
    cells = ["134", "273", "180"]
    for how in ({"stated": {"temperature_c": "F"}}, {"declared": {"temperature_c": "F"}}):
        assert values(units(**how, temperature_c=cells), "temperature_c", *cells) == [56.7, 133.9, 82.2]
    assert values(units({"temperature_c": "own"}, temperature_c=cells), "temperature_c", *cells) == [134, None, 180]
    both = units({"temperature_c": "F"}, {"temperature_c": "C"}, temperature_c=cells)
    assert values(both, "temperature_c", *cells) == [134, 273, 180]
    assert both.remarks == ("the head 'Temp' states F, studio.yaml declares C; that is used",)


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("29.4", "psig"), ("44.1", "psia"), ("2.03", "bar_gauge"), ("3.04", "bar_absolute"), ("203", "kpa_gauge"),
        ("304", "kpa_absolute"), ("0.203", "mpa_gauge"), ("0.304", "mpa_absolute"), ("2030", "mbar_gauge"), ("3040", "mbar_absolute"),
    ],
)  # fmt: skip
def test_the_steam_table_tells_a_pressure(cell: str, unit: str) -> None:
    found = units(temperature_c=["134", "134"], pressure_kpa=[cell, cell])
    assert {dict(found.variants[n])["pressure_kpa"] for n in found.variant} == {unit}
    assert (
        f"2 of 2 pressures beside a temperature are those of saturated steam in {unit} and in no other"
        in found.remarks[-1]
    )
    assert values(found, "pressure_kpa", cell, cell) == pytest.approx([304, 304], abs=1)


def test_a_temperature_in_fahrenheit_tells_a_pressure_too() -> None:
    assert pressures("29.4", heat="273.2") == [304.0]


def test_a_pressure_that_no_unit_fits_or_that_has_no_temperature_is_unreadable() -> None:
    assert pressures("12", "12") == [None, None]
    assert pressures("29.4", heat="") == [None]
    assert pressures("29.4", heat="160") == [None]
    assert values(units(pressure_kpa=["29.4"]), "pressure_kpa", "29.4") == [None]
    assert "no unit fits saturated steam" in units(pressure_kpa=["29.4"]).remarks[0]


def test_nearly_all_pressures_must_fit() -> None:
    assert pressures(*["29.4"] * 9, "12") == [304.0] * 9 + [184.1]
    assert pressures("29.4", "12") == [None, None]


def test_dry_heat_says_nothing_of_pressure() -> None:
    cells = ["29.4"]
    found = units({"temperature_c": "own"}, temperature_c=["134"], pressure_kpa=cells, method=["dry heat"])
    assert values(found, "pressure_kpa", *cells) == [None]


def test_a_unit_behind_the_value_or_in_the_head_that_may_be_two_is_settled_by_steam() -> None:
    assert pressures("2.03 bar", "2,04 bar", "29.4 psig", "305 kPa") == [304.3, 305.3, 304.0, 305.0]
    assert pressures("2.03", "2.04", stated={"pressure_kpa": "bar"}) == [304.3, 305.3]
    assert pressures("29.4", "29.4", stated={"pressure_kpa": "bar"}) == [None, None]
    assert pressures("2.03", heat="", stated={"pressure_kpa": "bar"}) == [None]
    assert pressures("2.03 bar", heat="") == [None]


def test_devices_of_one_table_may_write_different_units() -> None:
    cells = ["2.03", "2.04", "287", "286", "9"]
    heat = ["134", "134", "132", "132", ""]
    device = ["A", "A", "B", "B", "C"]
    found = units(temperature_c=heat, pressure_kpa=cells, equipment_id=device)
    assert values(found, "pressure_kpa", *cells) == [304.3, 305.3, 287.0, 286.0, None]


def test_what_is_declared_stands_and_the_steam_table_may_contradict_it() -> None:
    found = units(declared={"pressure_kpa": "bar"}, temperature_c=["134"] * 3, pressure_kpa=["2.03"] * 3)
    assert values(found, "pressure_kpa", *["2.03"] * 3) == [203.0] * 3
    assert any("0 of 3 pressures fit saturated steam so, and 3 would as bar_gauge" in text for text in found.remarks)
    right = units(declared={"pressure_kpa": "bar"}, temperature_c=["134"] * 3, pressure_kpa=["3.04"] * 3)
    assert not any("fit saturated" in text for text in right.remarks)
    own = units({"pressure_kpa": "own"}, temperature_c=["134"] * 3, pressure_kpa=["203"] * 3)
    assert any("would as kpa_gauge" in text for text in own.remarks)


def test_other_columns_are_read_as_stated_or_declared() -> None:
    found = units(
        {"exposure_minutes": "seconds"}, {"drying_minutes": "h:mm"}, exposure_minutes=["210"], drying_minutes=["0:20"]
    )
    assert found.variants == ((("exposure_minutes", "seconds"), ("drying_minutes", "h:mm")),)
    assert values(found, "exposure_minutes", "210") == [3.5]
    assert values(found, "drying_minutes", "0:20") == [20.0]


def test_a_table_in_its_own_units_has_one_variant_and_no_remark() -> None:
    stated = {"temperature_c": "own", "exposure_minutes": "own"}
    found = units(stated, temperature_c=["134", "121"], exposure_minutes=["3", "15"])
    assert (found.variants, found.remarks) == (((),), ())
    assert found.variant.tolist() == [0, 0]
    assert units().variants == ((),)


def test_every_unit_leads_to_the_unit_of_a_column() -> None:
    own = {column.unit for log in LOGS for column in schema(log).columns.values() if column.unit}
    assert {unit.of for unit in UNITS.values()} <= own
    assert all(UNITS[name].of == of and converted(5.0, name) == 5.0 for of, name in OWN.items())
    assert converted(212.0, "F") == 100.0
    assert converted(29.92, "inhg_vacuum") == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("unit", ["K", "psi", "atm"])
def test_a_unit_that_is_none_is_a_mistake_in_studio_yaml(unit: str) -> None:
    with pytest.raises(SourceError, match="known are C, F, psig"):
        read_studio(f"files:\n  x.csv: {{units: {{pressure_kpa: {unit}}}}}\n", "studio.yaml", "s")


@pytest.mark.skipif("SMPCOMPLIANCE_REAL_DATA" not in os.environ, reason="needs the folder of real material")
def test_real_holds_tell_the_unit_of_their_device() -> None:
    text = (Path(os.environ["SMPCOMPLIANCE_REAL_DATA"]) / "tuttnauer-elara11/txt").glob("cycle_*.txt")
    holds = [line.split() for path in text for line in path.read_text("utf-8").splitlines() if line.startswith("S ")]
    heat, pressure = [hold[2] for hold in holds], [hold[3] for hold in holds]
    found = units(temperature_c=heat, pressure_kpa=pressure)
    assert {dict(found.variants[n])["pressure_kpa"] for n in found.variant} == {"psig"}
