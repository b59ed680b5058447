"""What heads mean: names and synonyms, units and orders that a head states, questions, and what is only proposed."""

import csv
import os
from pathlib import Path

import pytest

from smpcompliance.logs.intake.heads.head_form import date_order, head_form
from smpcompliance.logs.intake.heads.meaning import MOST_HEADS, STUDIO, Meaning, likely_log, meanings
from smpcompliance.logs.schema import LOGS, log_named, normal, schema
from smpcompliance.logs.studio import FileReading

DATA = os.environ.get("SMPCOMPLIANCE_REAL_DATA")


def mean(log: str, *heads: str, **said: object) -> dict[str, Meaning]:
    return {m.head: m for m in meanings(heads, log, FileReading.model_validate(said))}


def place(log: str, head: str) -> str:
    return ", ".join(target.text(log) for target in mean(log, head)[head].targets)


def proposed(log: str, head: str) -> str:
    return ", ".join(target.text(log) for target in mean(log, head)[head].proposed)


@pytest.mark.parametrize(
    ("log", "head", "column"),
    [
        ("sterilization_cycles", "Bediener*", "operator_id"),
        ("sterilization_cycles", "Zyklus-Nr.", "cycle_number"),
        ("sterilization_cycles", "n° de cycle", "cycle_number"),
        ("sterilization_cycles", "Geraet", "equipment_id"),
        ("sterilization_cycles", "Température", "temperature_c"),
        ("sterilization_cycles", "Durée du plateau", "exposure_minutes"),
        ("sterilization_cycles", "tryk", "pressure_kpa"),
        ("sterilization_cycles", "Comments", "notes"),
        ("sterilization_cycles", "Result: Pass/Fail", "result"),
        ("spore_tests", "Uitslag", "result"),
        ("spore_tests", "Fecha de la prueba", "tested_at"),
        ("sessions", "Tatuador", "practitioner_id"),
        ("sessions", "Dyddiad", "started_at"),
        ("sessions", "Zone du corps", "body_site"),
        ("clients", "Födelsedatum", "birth_date"),
        ("clients", "Geburtsdatum (TT.MM.JJJJ)", "birth_date"),
        ("clients", "Telefon-Nr.", "phone"),
        ("consent_forms", "Horodateur", "signed_at"),
        ("consent_forms", "Marca temporal", "signed_at"),
        ("supply_lots", "Lot No.* (required)", "lot_number"),
        ("supply_lots", "Lotnr", "lot_number"),
        ("supply_lots", "EXP (MM/YY)", "expires_on"),
        ("supply_lots", "3. Scadenza:", "expires_on"),
        ("training_records", "gültig bis", "expires_on"),
        ("training_records", "Uren", "hours"),
        ("documents", "Licence no.", "number"),
    ],
)
def test_heads_in_ten_languages_and_with_marks_around_them(log: str, head: str, column: str) -> None:
    assert place(log, head) == column


@pytest.mark.parametrize(
    ("head", "name", "unit", "order"),
    [
        ("Temp (°F)", "Temp", "F", ""),
        ("Temperature in °C", "Temperature", "C", ""),
        ("Temperature_F", "Temperature", "F", ""),
        ("Temp. °F or °C", "Temp", "", ""),
        ("Pressure [psi]", "Pressure", "psi", ""),
        ("Pressure (bar (g))", "Pressure", "bar_gauge", ""),
        ("Druck (bar abs.)", "Druck", "bar_absolute", ""),
        ("Psig", "", "psig", ""),
        ("Hold (mm:ss)", "Hold", "mm:ss", ""),
        ("Exposure (sec)", "Exposure", "seconds", ""),
        ("Date (dd/mm/yyyy)", "Date", "", "DMY"),
        ("Dat.(T-M-J)", "Dat", "", "DMY"),
        ("Date JJ/MM/AAAA", "Date", "", "DMY"),
        ("Date of birth (MM/DD/YYYY) *", "Date of birth", "", "MDY"),
        ("Datum (JJJJ-MM-TT)", "Datum", "", "YMD"),
        ("Colour Change Observed (Y/N)", "Colour Change Observed", "", ""),
        ("Client [first]", "Client [first]", "", ""),
    ],
)
def test_what_a_head_states_beside_its_name(head: str, name: str, unit: str, order: str) -> None:
    form = head_form(head)
    assert (form.name, form.unit, form.order) == (name, unit, order)


@pytest.mark.parametrize("text", ["dd/mm", "month/year", "a/b/c", "dd/dd/yyyy", "yyyy/dd/mm", "", "x" * 500])
def test_a_pattern_that_states_no_order_gives_none(text: str) -> None:
    assert date_order(text) == ""


@pytest.mark.parametrize("head", ["-" * 5000, "(" * 5000, "_a-" * 2000, "x " * 3000, "any " * 2000, "(bar(" * 900])
def test_a_hostile_head_is_looked_at_in_no_time(head: str) -> None:
    assert head_form(head).unit == ""
    assert not mean("consent_forms", head)[head].targets


@pytest.mark.parametrize(
    ("head", "unit"),
    [("temperature_c", "own"), ("Temp (°C)", "own"), ("Temp (°F)", "F"), ("Temp", ""), ("Temp °F or °C", "")],
)
def test_the_unit_that_a_head_states(head: str, unit: str) -> None:
    assert mean("sterilization_cycles", head)[head].unit == unit


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        ("pressure_kpa", "own"),
        ("Pressure (kPa)", "kPa"),
        ("Druck (bar)", "bar"),
        ("Pressure psia", "psia"),
        ("Psig", "psig"),
    ],
)
def test_a_pressure_without_gauge_or_absolute_keeps_the_word_of_the_head(head: str, unit: str) -> None:
    found = mean("sterilization_cycles", head)[head]
    assert [target.column for target in found.targets] == ["pressure_kpa"]
    assert found.unit == unit


def test_a_unit_that_a_column_cannot_have_is_not_taken_off_the_head() -> None:
    assert place("sterilization_cycles", "Date (min)") == ""
    assert place("equipment", "Class C") == ""


def test_minutes_that_may_be_the_whole_run_are_never_taken_as_time_at_temperature() -> None:
    for head in ("Time (min)", "Duration", "Dauer (min)", "Durée (min)", "Cycle time (min)", "Sterilization time"):
        assert place("sterilization_cycles", head) == "", head
    assert "exposure_minutes" in proposed("sterilization_cycles", "Duration")


def test_a_date_alone_of_a_spore_test_or_a_form_is_only_proposed() -> None:
    assert (place("spore_tests", "Date"), proposed("spore_tests", "Date")) == ("", "tested_at")
    assert (place("consent_forms", "Datum"), proposed("consent_forms", "Datum")) == ("", "signed_at")


@pytest.mark.parametrize(
    ("head", "word"),
    [
        ("Are you pregnant?", "health.pregnancy"),
        ("Pregnant", "health.pregnancy"),
        ("Do you have any allergies?", "health.allergies"),
        ("3. Do you have a history of keloid scarring?", "health.keloid"),
        ("Nehmen Sie regelmäßig Medikamente?", "health.medication"),
        ("Êtes-vous enceinte ?", "health.pregnancy"),
        ("I understand the risks", "explained.risks"),
        ("Healing process explained", "explained.healing"),
        ("Explanation of the aftercare advice", "explained.aftercare"),
    ],
)
def test_questions_and_statements_of_a_consent_form(head: str, word: str) -> None:
    assert place("consent_forms", head) == word


@pytest.mark.parametrize(
    "head",
    ["I am not pregnant", "No known allergies", "Are you pregnant or nursing?", "Aftercare", "Artist contact",
     "Risks not explained", "Studio name", "Signature"],
)  # fmt: skip
def test_a_head_that_might_say_something_else_is_no_question(head: str) -> None:
    assert not any(target.word for target in mean("consent_forms", head)[head].targets)


def test_a_question_is_one_only_where_a_log_has_answers() -> None:
    assert place("sessions", "Are you pregnant?") != "health.pregnancy"


def test_what_the_studio_says_comes_first() -> None:
    found = mean("sterilization_cycles", "Temp (°F)", "Foo", columns={"Temp (°F)": "max_temperature_c", "foo": "notes"})
    assert [t.column for t in found["Temp (°F)"].targets] == ["max_temperature_c"]
    assert found["Temp (°F)"].unit == "F"
    assert [t.column for t in found["Foo"].targets] == ["notes"]
    assert mean("clients", "studio_id")["studio_id"].targets == (STUDIO,)


def test_near_heads_are_proposed_and_never_used() -> None:
    found = mean("sterilization_cycles", "Temprature", "Operater", "Moon", "Program", "Programm name x")
    assert all(not found[head].targets for head in ("Temprature", "Operater", "Moon"))
    assert [t.column for t in found["Temprature"].proposed] == ["temperature_c"]
    assert [t.column for t in found["Operater"].proposed] == ["operator_id"]
    assert found["Moon"].proposed == ()
    assert [t.column for t in found["Program"].targets] == ["program"]


def test_a_column_that_another_head_means_is_not_proposed_again() -> None:
    assert mean("sterilization_cycles", "Temperature", "Temprature")["Temprature"].proposed == ()


def test_of_very_many_heads_only_the_first_are_looked_at_and_what_the_studio_says() -> None:
    heads = [f"h{n}" for n in range(MOST_HEADS)] + ["client name", "Mine"]
    found = meanings(heads, "clients", FileReading(columns={"Mine": "name"}))
    assert len(found) == len(heads)
    assert found[-2].targets == () and [t.column for t in found[-1].targets] == ["name"]


@pytest.mark.parametrize("log", LOGS)
def test_a_synonym_is_never_also_a_head_that_only_may_mean_something(log: str) -> None:
    for column in schema(log).columns.values():
        for head in column.maybe_called:
            assert schema(log).column_called(head) is None, head


def test_a_table_is_told_by_its_heads_only_where_they_leave_no_doubt() -> None:
    taken = likely_log(["Datum", "Zyklus-Nr.", "Sterilisator", "Temperatur (°C)", "Druck (bar)", "Haltezeit (min)"])
    assert taken.log == "sterilization_cycles" and "6 of its 6 heads" in taken.reason
    assert likely_log(["Date", "Name", "Phone"]).log is None
    doubt = likely_log(["DATE/TIME", "STERILIZER", "EQUIPMENT", "MAINTENANCE"])
    assert doubt.log is None
    few = likely_log(["Appointment ID", "Artist", "Client Name", "Service", *[f"other {n}" for n in range(9)]])
    assert (few.log, few.proposed) == (None, "sessions") and "less than half" in few.reason
    assert likely_log([]).log is None


def test_a_table_without_day_and_key_is_only_proposed() -> None:
    found = likely_log(["load contents", "temperature", "pressure", "exposure time", "drying time"])
    assert (found.log, found.proposed) == (None, "sterilization_cycles")


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("Autoclave log March 2026", "sterilization_cycles"),
        ("sessions_2026-03", "sessions"),
        ("2026 spore tests (2)", "spore_tests"),
        ("Copy of Sessions final", "sessions"),
        ("Kopie von Sterilisationsprotokoll 2025", "sterilization_cycles"),
        ("registre de stérilisation - mars 2026", "sterilization_cycles"),
        ("Registro de esterilización 2026", "sterilization_cycles"),
        ("autoclaaflogboek 2026 maart", "sterilization_cycles"),
        ("2026-03-01_to_2026-03-31_appointments_export", "sessions"),
        ("Schulungsnachweise", "training_records"),
        ("old sessions", None),
        ("session template", None),
        ("2026", None),
        ("March", None),
        ("Form Responses 1", None),
    ],
)
def test_periods_copies_and_exports_do_not_hide_the_name_of_a_log(name: str, log: str | None) -> None:
    found = log_named(name)
    assert (found and found[0]) == log


FORMS = {"sterilisation_cycles": "sterilization_cycles", "needle_lots": "supply_lots", "pigment_lots": "supply_lots",
         "cleaning": "cleaning_records"}  # fmt: skip


@pytest.mark.skipif(not DATA, reason="SMPCOMPLIANCE_REAL_DATA is not set")
def test_most_heads_of_real_templates_are_known_in_their_log() -> None:
    with (Path(str(DATA)) / "template-columns.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    forms: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        forms.setdefault((row["source"], row["form"], row["log"]), []).append(row["column_as_printed"])
    known, unknown = 0, []
    for (_, _, log), heads in forms.items():
        for meaning in meanings(heads, FORMS.get(log, log), FileReading()):
            if meaning.targets:
                known += 1
            else:
                unknown.append(f"{log}: {meaning.head}")
    assert known + len(unknown) == len(rows)
    assert known >= 200, unknown
    assert not {normal(head.split(": ", 1)[1]) for head in unknown} & {
        "operator",
        "temperature",
        "client name",
        "lot number",
    }
