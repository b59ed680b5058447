import subprocess
import sys
from collections import defaultdict
from importlib import resources
from typing import Any

import pytest

from smpcompliance.logs.schema import LOGS, Column, log_named, normal, schema, shared
from smpcompliance.yamlio import parse

PRIVATE = {
    "premises": {"holder_name": "name"},
    "practitioners": {
        "name": "name",
        "birth_date": "birth_date",
        "contact": "contact",
        "hepatitis_b_status": "health",
        "hepatitis_b_offered_on": "health",
        "hepatitis_b_signed_on": "health",
    },
    "training_records": {"trainer": "name"},
    "documents": {"holder_name": "name"},
    "clients": {
        "name": "name",
        "birth_date": "birth_date",
        "address": "contact",
        "phone": "contact",
        "email": "contact",
        "emergency_contact_name": "name",
        "emergency_contact_phone": "contact",
    },
    "consent_forms": {
        "health_answered": "health",
        "health_yes": "health",
        "medications": "health",
        "questionnaire_signed_at": "health",
        "health_decision": "health",
        "health_decided_at": "health",
        "age_years": "birth_date",
        "id_type": "id",
        "id_expires_on": "id",
        "guardian_name": "name",
        "guardian_contact": "contact",
    },
    "sessions": {
        "client_sober": "health",
        "skin_condition": "health",
        "complications": "health",
        "client_age": "birth_date",
    },
    "equipment_events": {"performed_by": "name"},
    "spore_tests": {"tested_by": "name"},
    "incidents": {
        "body_site": "health",
        "description": "health",
        "medical_treatment": "health",
        "hospital": "health",
        "incapacity_days": "health",
        "raised_by": "name",
    },
}


def source(name: str) -> dict[str, Any]:
    text = (resources.files("smpcompliance.logs") / f"schemas/{name}.yaml").read_text("utf-8")
    data: dict[str, Any] = parse(text, name).data
    return data


def read(log: str, column: str, raw: str) -> str | None:
    return schema(log).columns[column].words.get(normal(raw))


def imported(log: str) -> list[Column]:
    return [column for column in schema(log).columns.values() if not column.derived]


def raws_by_form(words: dict[str, list[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for word, raws in words.items():
        for raw in [word.replace("_", " "), *raws]:
            found[normal(raw)].add(word)
    return found


def test_there_are_eighteen_logs_with_eight_derived_columns_and_four_common_ones() -> None:
    assert len(LOGS) == 18
    assert set(shared().columns) == {"recorded_at", "recorded_by", "file", "notes"}
    derived = [name for log in LOGS for name, c in schema(log).columns.items() if c.derived]
    assert derived == [
        "client_age", "duration_minutes", "number_of_client", "number_of_practitioner",
        "usable_until", "last_used_on", "units_used", "duration_minutes",
    ]  # fmt: skip


def test_an_unknown_log_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        schema("needle_lots")


@pytest.mark.parametrize("log", LOGS)
def test_every_column_and_log_says_what_it_is_about(log: str) -> None:
    assert schema(log).title and schema(log).about
    assert all(column.about for column in schema(log).columns.values())


@pytest.mark.parametrize("log", LOGS)
def test_no_head_means_two_columns_of_one_log(log: str) -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for column in imported(log):
        for head in (column.name, *column.also_called):
            meanings[normal(head)].add(column.name)
    assert {head: columns for head, columns in meanings.items() if len(columns) > 1} == {}
    assert "" not in meanings


@pytest.mark.parametrize("log", LOGS)
def test_every_head_finds_its_column_and_a_derived_column_is_never_found(log: str) -> None:
    for column in imported(log):
        for head in (column.name, column.name.upper(), *column.also_called):
            assert schema(log).column_called(head) == column.name
    for column in schema(log).columns.values():
        assert not column.derived or schema(log).column_called(column.name) is None


def test_a_head_in_another_unit_is_left_to_the_step_that_knows_units() -> None:
    for head in ("Temp. °F", "Temp (°F)", "Temp. °F or °C", "Psig", "bar"):
        assert schema("sterilization_cycles").column_called(head) is None
    assert schema("supply_lots").column_called("Durability (months)") is None


@pytest.mark.parametrize(
    ("log", "head", "column"),
    [
        ("supply_lots", "Lot #", "lot_number"),
        ("supply_lots", "Lot No.", "lot_number"),
        ("supply_lots", "EXP. DATE", "expires_on"),
        ("supply_lots", "date d’ouverture des flacons", "opened_on"),
        ("sterilization_cycles", "Load #", "cycle_number"),
        ("sterilization_cycles", "Cycle No", "cycle_number"),
        ("sterilization_cycles", "Autoclave ID", "equipment_id"),
        ("sterilization_cycles", "Operator's Initials", "operator_id"),
        ("sterilization_cycles", "Temp (°C)", "temperature_c"),
        ("sterilization_cycles", "program", "program"),
        ("spore_tests", "Results received date", "result_on"),
        ("sessions", "Date & Time", "started_at"),
        ("sessions", "CLIENT INFORMATION", "client_id"),
        ("sessions", "Remarks", "notes"),
        ("clients", "date of birth", "birth_date"),
        ("practitioners", "DOB", "birth_date"),
    ],
)
def test_common_heads_are_known(log: str, head: str, column: str) -> None:
    assert schema(log).column_called(head) == column


def test_a_file_name_belongs_to_one_log_only() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for log in LOGS:
        for name in (log, *schema(log).files):
            owners[normal(name)].add(log)
    assert {name: logs for name, logs in owners.items() if len(logs) > 1} == {}


@pytest.mark.parametrize(
    ("name", "log", "preset"),
    [
        ("spore_tests", "spore_tests", {}),
        ("Spore tests", "spore_tests", {}),
        ("needle_lots", "supply_lots", {"item_type": "needle"}),
        ("Needle log", "supply_lots", {"item_type": "needle"}),
        ("ink_inventory", "supply_lots", {"item_type": "pigment"}),
        ("gloves", "supply_lots", {"item_type": "glove"}),
        ("licences", "documents", {}),
        ("permits", "documents", {}),
        ("insurance", "documents", {"document_type": "liability_insurance"}),
        ("autoclave_log", "sterilization_cycles", {}),
        ("client_records", "consent_forms", {}),
        ("training", "training_records", {}),
        ("waste", "waste_collections", {}),
        ("cleaning", "cleaning_records", {}),
        ("appointments", "sessions", {}),
        ("supplies_used", "session_supplies", {}),
        ("staff", "practitioners", {}),
        ("sterilizers", "equipment", {"equipment_type": "sterilizer"}),
    ],
)
def test_other_file_names_are_read_with_their_preset_cells(name: str, log: str, preset: dict[str, str]) -> None:
    assert log_named(name) == (log, preset)


def test_no_log_goes_by_the_name_of_another() -> None:
    for log in LOGS:
        others = {normal(name) for other in LOGS if other != log for name in schema(other).files}
        assert log_named(log) == (log, schema(log).files.get(normal(log), {}))
        assert normal(log) not in others, log


def test_a_name_that_is_no_log_is_not_guessed() -> None:
    assert log_named("holiday photos") is None


@pytest.mark.parametrize("log", LOGS)
def test_preset_cells_are_words_of_their_columns(log: str) -> None:
    for preset in schema(log).files.values():
        for column, word in preset.items():
            assert word in schema(log).columns[column].one_of


@pytest.mark.parametrize("log", LOGS)
def test_references_point_to_logs_whose_key_is_an_id(log: str) -> None:
    for column in schema(log).columns.values():
        assert column.to is None or column.to in LOGS
        assert column.to is None or column.type in ("id", "list")
    for here, there in schema(log).links.values():
        assert here in schema(log).columns
        assert schema(there).columns[schema(there).key].type == "id"


def test_the_links_that_rules_follow_are_there() -> None:
    assert {"client", "consent", "practitioner", "supervisor", "premises"} <= set(schema("sessions").links)
    assert {"session", "lot", "cycle"} <= set(schema("session_supplies").links)
    assert {"equipment", "operator", "released_by"} <= set(schema("sterilization_cycles").links)
    assert schema("session_supplies").links["lot"] == ("lot_id", "supply_lots")
    assert schema("premises").links["part_of"] == ("part_of", "premises")


@pytest.mark.parametrize("log", LOGS)
def test_keys_event_dates_and_spans_name_columns_of_fitting_type(log: str) -> None:
    told = schema(log)
    assert told.columns[told.key].type == "id"
    assert told.made_key and all(name in told.columns and name != told.key for name in told.made_key)
    if told.when:
        *link, name = told.when.split(".")
        home = schema(told.links[link[0]][1]) if link else told
        assert home.columns[name].type in ("date", "moment")
    if told.stands:
        for name in (*told.stands.begin, *told.stands.until):
            assert told.columns[name].type in ("date", "moment")
        assert told.stands.parent is None or told.stands.parent in told.links


def test_only_clients_and_substances_have_no_event_date_and_nine_logs_stand() -> None:
    assert {log for log in LOGS if schema(log).when is None} == {"clients", "lot_substances"}
    assert schema("session_supplies").when == "session.started_at"
    assert {log for log in LOGS if schema(log).stands} == {
        "premises", "practitioners", "training_records", "documents", "clients", "consent_forms", "supply_lots",
        "lot_substances", "equipment",
    }  # fmt: skip


def test_the_private_columns_are_exactly_these() -> None:
    for log in LOGS:
        marked = {name: column.private for name, column in schema(log).columns.items() if column.private}
        assert marked == PRIVATE.get(log, {}) | {"notes": "health"}, log


def test_a_month_alone_means_its_last_day_in_expiry_columns_only() -> None:
    ends = {name for log in LOGS for name, column in schema(log).columns.items() if column.month_end}
    assert ends == {"expires_on", "indicator_expires_on", "packs_expire_on", "id_expires_on", "usable_until"}
    for log in LOGS:
        for name, column in schema(log).columns.items():
            assert column.month_end == (name in ends)


@pytest.mark.parametrize("log", LOGS)
def test_a_raw_value_means_one_word_and_is_never_another_word(log: str) -> None:
    for name, column in source(log)["columns"].items():
        words = {word: [] for word in column.get("one_of", ())} | column.get("words", {})
        assert set(words) <= set(column.get("one_of", words)), name
        assert {raw: found for raw, found in raws_by_form(words).items() if len(found) > 1} == {}, name


@pytest.mark.parametrize("name", ["procedure", "item", "site", "question", "content"])
def test_a_raw_value_of_a_vocabulary_means_one_word(name: str) -> None:
    found = raws_by_form(source("_shared")["vocabularies"][name]["words"])
    assert {raw: words for raw, words in found.items() if len(words) > 1} == {}


@pytest.mark.parametrize(
    ("log", "column", "raw", "word"),
    [
        ("spore_tests", "result", "Negative", "pass"),
        ("spore_tests", "result", "NEG.", "pass"),
        ("spore_tests", "result", "(-)", "pass"),
        ("spore_tests", "result", "−", "pass"),
        ("spore_tests", "result", "no growth", "pass"),
        ("spore_tests", "result", "Pass", "pass"),
        ("spore_tests", "result", "Positive", "fail"),
        ("spore_tests", "result", "(+)", "fail"),
        ("spore_tests", "result", "Inconclusive", "void"),
        ("spore_tests", "result", "Pending", "pending"),
        ("spore_tests", "control_result", "Positive", "growth"),
        ("sessions", "procedure", "SMP", "scalp_micropigmentation"),
        ("sessions", "procedure", "Scalp micropigmentation", "scalp_micropigmentation"),
        ("sessions", "procedure", "Hair Tattoo", "scalp_micropigmentation"),
        ("sessions", "procedure", "PMU", "permanent_cosmetics"),
        ("sessions", "procedure", "brows", "permanent_cosmetics"),
        ("sessions", "procedure", "Ombre", "permanent_cosmetics"),
        ("sessions", "procedure", "Touch-up", None),
        ("sessions", "purpose", "Touch-up", "touch_up"),
        ("sessions", "status", "Checked out", "performed"),
        ("sessions", "status", "No-Show", "no_show"),
        ("sessions", "status", "Canceled", "cancelled"),
        ("sessions", "body_site", "Brows", "eyebrow"),
        ("sterilization_cycles", "cycle_type", "BD Test", "bowie_dick"),
        ("sterilization_cycles", "cycle_type", "B&D", "bowie_dick"),
        ("sterilization_cycles", "cycle_type", "Bowie and Dick", "bowie_dick"),
        ("sterilization_cycles", "cycle_type", "Hollow test", "helix"),
        ("sterilization_cycles", "cycle_type", "vacuum_test", "leak_test"),
        ("sterilization_cycles", "cycle_type", "Extra Dry", "drying"),
        ("sterilization_cycles", "cycle_type", "warm-up", "warm_up"),
        ("sterilization_cycles", "cycle_type", "ACT", "control_test"),
        ("sterilization_cycles", "result", "CYCLE COMPLETE", "pass"),
        ("sterilization_cycles", "result", ".PRO", "pass"),
        ("sterilization_cycles", "result", "FINAL DO CICLO", "pass"),
        ("sterilization_cycles", "result", "Fehler!", "fail"),
        ("sterilization_cycles", "result", "CICLO ABORTADO", "aborted"),
        ("sterilization_cycles", "internal_indicator_type", "Class V", "5"),
        ("sterilization_cycles", "internal_indicator_type", "emulating", "6"),
        ("sterilization_cycles", "internal_indicator_result", "✓", "pass"),
        ("sterilization_cycles", "external_indicator_result", "no change", "fail"),
        ("supply_lots", "sterilization_method", "STERILE R", "radiation"),
        ("supply_lots", "item_type", "Ink", "pigment"),
    ],
)
def test_raw_values_of_real_logs_are_read_as_their_words(log: str, column: str, raw: str, word: str | None) -> None:
    assert read(log, column, raw) == word


@pytest.mark.parametrize("log", LOGS)
def test_a_word_itself_is_always_read_with_or_without_blanks(log: str) -> None:
    for name, column in schema(log).columns.items():
        for word in column.one_of:
            assert read(log, name, word) == read(log, name, word.replace("_", " ").upper()) == word


def test_a_lone_minus_is_blank_everywhere_and_never_a_word() -> None:
    assert {"", "-", "--", "n/a", "na"} <= shared().blanks
    assert all(blank == blank.casefold() for blank in shared().blanks)
    for log in LOGS:
        assert all("-" not in column.words for column in schema(log).columns.values())


def test_yes_and_no_are_read_in_the_languages_of_the_logs_and_a_lone_x_is_not() -> None:
    flags = shared().flags
    assert all(flags[normal(raw)] for raw in ("Y", "Yes", "✓", "'true'", "1", "Ja", "Oui", "Sì", "Sí", "Sim"))
    assert not any(flags[normal(raw)] for raw in ("N", "No", "false", "0", "Nein", "Non", "Não"))
    assert "x" not in flags and "" not in flags and "none" not in flags


def test_a_site_holds_its_parts_and_theirs() -> None:
    parts = schema("sessions").columns["body_site"].parts
    assert parts
    assert {"head", "scalp", "face", "eyebrow", "ear_lobe", "mouth"} <= parts["head"]
    assert "finger" in parts["arm"] and parts["neck"] == {"neck"} and "scalp" not in parts["face"]
    words = set(shared().vocabularies["site"])
    assert all(whole | {site} <= words for site, whole in parts.items())


def test_every_part_of_a_site_has_one_whole() -> None:
    listed = [part for parts in source("_shared")["vocabularies"]["site"]["parts"].values() for part in parts]
    assert len(listed) == len(set(listed))


def test_a_plan_may_cover_any_procedure_and_any_role() -> None:
    covered = set(shared().vocabularies["content"])
    assert set(shared().vocabularies["procedure"]) <= covered
    assert set(schema("practitioners").columns["role"].one_of) <= covered


def test_loading_all_logs_does_not_bring_in_pandas() -> None:
    program = (
        "import sys; from smpcompliance.logs.schema import LOGS, schema; [schema(n) for n in LOGS]; "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
