"""A studio's folder becomes logs: every file, every head, every line is accounted for."""

from pathlib import Path

import pytest
from readings import column

from smpcompliance.logs.cells import Reason
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.logs.studio import read_studio
from smpcompliance.yamlio import SourceError


def studio(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def read(*folders: Path) -> Reading:
    return read_folders(find_studios(folders))


def test_file_names_and_heads_are_understood_by_their_synonyms(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", needle_lots_dot_csv="Lot Number,Brand,Exp date\nA7,Acme,06/2026\n"))
    assert column(reading, "supply_lots", "item_type") == ["needle"]
    assert column(reading, "supply_lots", "lot_number") == ["A7"]
    assert column(reading, "supply_lots", "expires_on") == ["2026-06-30"]


def test_a_head_nobody_knows_is_kept_in_mind(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", sessions_dot_csv="session_id,Moon phase\nS1,full\n"))
    heads = {meaning.head: [target.column for target in meaning.targets] for meaning in reading.files[0].meanings}
    assert heads == {"session_id": ["session_id"], "Moon phase": []}
    assert reading.intake.logs.log("sessions").unmapped.tolist() == [True]


def test_two_heads_of_one_meaning_are_not_joined_in_silence(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", supply_lots_dot_csv="lot_id,Lot Number,Batch number\nL1,A,B\n"))
    assert column(reading, "supply_lots", "lot_number") == ["A"]
    assert any("both mean lot_number" in text for _, _, text in reading.intake.remarks)


def test_the_studios_own_words_for_heads_and_files_come_first(tmp_path: Path) -> None:
    yaml = 'files:\n  "Book 7.csv": {log: sterilization_cycles, dates: DMY, columns: {"Nr.": cycle_number, When: started_at}}\n'
    reading = read(studio(tmp_path / "s", studio_dot_yaml=yaml, **{"Book 7_dot_csv": "Nr.,When\n4,03/04/2025\n"}))
    assert column(reading, "sterilization_cycles", "started_at") == ["2025-04-03"]
    assert column(reading, "sterilization_cycles", "cycle_number") == ["4"]


def test_a_repeated_key_is_reported_and_the_first_record_stands(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", sessions_dot_csv="session_id,station\nS1,A\nS2,B\nS1,C\n"))
    assert column(reading, "sessions", "station") == ["A", "B"]
    ((_, place),) = reading.intake.misfits
    assert (place.line, place.text) == (4, "S1")
    assert "sessions.csv, line 2" in place.reason


def test_two_files_of_one_log_are_both_used_and_said(tmp_path: Path) -> None:
    reading = read(
        studio(tmp_path / "s", autoclave_log_dot_csv="cycle_id\nC1\n", sterilization_cycles_dot_csv="cycle_id\nC2\n")
    )
    assert sorted(column(reading, "sterilization_cycles", "cycle_id")) == ["C1", "C2"]
    assert any("2 files are one log" in text for _, _, text in reading.intake.remarks)


def test_a_column_that_only_one_file_has_is_no_column_in_the_other(tmp_path: Path) -> None:
    folder = studio(
        tmp_path / "s", autoclave_log_dot_csv="cycle_id\nC1\n", sterilization_cycles_dot_csv="cycle_id,result\nC2,\n"
    )
    cells = read(folder).intake.logs.cells("sterilization_cycles", "result")
    assert cells.why.tolist() == [Reason.no_column, Reason.blank]


def test_keys_are_made_of_what_there_is(tmp_path: Path) -> None:
    text = "equipment_id,cycle_number,started_at\nA1,7,2025-01-01\nA1,7,2025-01-01\n"
    reading = read(studio(tmp_path / "s", sterilization_cycles_dot_csv=text))
    first, second = column(reading, "sterilization_cycles", "cycle_id")
    assert "A1" in first and "7" in first and second != first


def test_a_cycle_is_what_its_program_says_and_otherwise_a_load(tmp_path: Path) -> None:
    text = "cycle_id,program,cycle_type\n1,BD Test,\n2,Wrapped 134,\n3,,\n4,Wrapped,helix\n"
    reading = read(studio(tmp_path / "s", sterilization_cycles_dot_csv=text))
    assert column(reading, "sterilization_cycles", "cycle_type") == ["bowie_dick", "load", "", "helix"]


def test_a_log_without_type_and_program_is_one_of_loads_and_says_so(tmp_path: Path) -> None:
    reading = read(
        studio(tmp_path / "s", sterilization_cycles_dot_csv="cycle_id,started_at\n1,2025-01-01\n2,2025-01-02\n")
    )
    assert column(reading, "sterilization_cycles", "cycle_type") == ["load", "load"]
    assert any("2 cycles name neither" in text for _, _, text in reading.intake.remarks)


def test_a_supply_finds_its_lot_by_type_brand_and_number(tmp_path: Path) -> None:
    lots = "lot_id,item_type,brand,lot_number\nL1,needle,Acme,LOT a 7\nL2,pigment,Acme,A7\n"
    used = "supply_id,session_id,item_type,brand,lot_number\n1,S,needle,acme,A7\n2,S,pigment,,Lot no. A 7\n3,S,,Acme,A7\n4,S,needle,Acme,B9\n"
    reading = read(studio(tmp_path / "s", supply_lots_dot_csv=lots, session_supplies_dot_csv=used))
    logs = reading.intake.logs
    assert column(reading, "session_supplies", "lot_id")[:3] == ["L1", "L2", ""]
    row = int(logs.link("session_supplies", "lot")[0][3])
    assert logs.log("supply_lots").made_up.tolist() == [False, False, True]
    assert row == 2
    assert logs.log("supply_lots").where(2) == "session_supplies.csv"


def test_a_secret_of_the_studio_makes_its_pseudonyms_its_own(tmp_path: Path) -> None:
    def key(folder: str, yaml: str) -> str:
        text = f"studio_id: s\n{yaml}"
        place = studio(tmp_path / folder, studio_dot_yaml=text, clients_dot_csv="name,phone\nJane Doe,555\n")
        return column(read(place), "clients", "client_id")[0]

    plain, secret, other = key("a", ""), key("b", "pseudonym_key: moonlight\n"), key("c", "pseudonym_key: sunlight\n")
    assert len({plain, secret, other}) == 3
    assert key("d", "pseudonym_key: moonlight\n") == secret


def test_a_name_used_as_a_key_becomes_the_same_pseudonym_everywhere(tmp_path: Path) -> None:
    reading = read(
        studio(
            tmp_path / "s",
            clients_dot_csv="name,birth_date\nJane Doe,2000-01-01\n",
            sessions_dot_csv="session_id,Client Name,started_at\nS1,jane doe,2025-01-01\n",
        )
    )
    key = column(reading, "sessions", "client_id")[0]
    assert key.startswith("client-") and "doe" not in key.lower()
    assert column(reading, "sessions", "client_age") == ["25"]


def test_a_table_may_name_the_studio_of_each_record(tmp_path: Path) -> None:
    studio(
        tmp_path / "all" / "a",
        studio_dot_yaml="studio_id: a\n",
        sessions_dot_csv="session_id,studio_id\nS1,b\nS2,\nS3,zz\n",
    )
    studio(tmp_path / "all" / "b", studio_dot_yaml="studio_id: b\n", sessions_dot_csv="session_id\nS1\n")
    reading = read(tmp_path / "all")
    table = reading.intake.logs.log("sessions")
    assert sorted(zip(column(reading, "sessions", "session_id"), table.studio.tolist(), strict=True)) == [
        ("S1", 1),
        ("S2", 0),
    ]
    reasons = sorted(place.reason for _, place in reading.intake.misfits)
    assert "no studio of this id" in reasons[0] or "no studio of this id" in reasons[1]


def test_files_that_are_no_logs_are_listed_with_a_reason(tmp_path: Path) -> None:
    folder = studio(
        tmp_path / "s", sessions_dot_csv="session_id\n", moods_dot_csv="a,b\n1,2\n", readme_dot_md="x", data_dot_bin="x"
    )
    (folder / "clients.csv").write_bytes(b"\x00\x01\x02binary")
    said = {file.file: file.problem for file in read(folder).files}
    assert said["sessions.csv"] == ""
    assert "no log is called 'moods'" in said["moods.csv"]
    assert said["readme.md"] == "not a log"
    assert "export it as CSV" in said["data.bin"]
    assert said["clients.csv"]


def test_a_log_without_any_known_column_is_not_used(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", sessions_dot_csv="alpha,beta\n1,2\n"))
    assert "none of its heads is a column of sessions" in reading.files[0].problem
    assert not reading.intake.logs.has("sessions").any()


def test_a_log_handed_in_empty_is_a_statement(tmp_path: Path) -> None:
    reading = read(studio(tmp_path / "s", incidents_dot_csv="incident_id,occurred_at\n"))
    assert reading.intake.logs.has("incidents").all()
    assert len(reading.intake.logs.log("incidents")) == 0


@pytest.mark.parametrize(("make", "words"), [(None, "no such folder"), ("dir", "is empty"), ("file", "this is a file")])
def test_a_path_that_leads_to_nothing_is_said(tmp_path: Path, make: str | None, words: str) -> None:
    path = tmp_path / "x"
    if make == "dir":
        path.mkdir()
    elif make == "file":
        path.write_text("x")
    with pytest.raises(NothingToRead, match=words):
        find_studios([path])


def test_every_mistake_of_a_studio_file_has_its_place(tmp_path: Path) -> None:
    text = "jurisdiktion: US-CA\ntime_zone: Mars/Base\nopened_on: 2025-02-30\nprocedures: [juggling]\nfiles: {x.csv: {log: moods}}\n"
    with pytest.raises(SourceError) as caught:
        find_studios([studio(tmp_path / "s", studio_dot_yaml=text)])
    assert {problem.line for problem in caught.value.problems} == {1, 2, 3, 4, 5}


def test_two_folders_of_one_studio_are_refused(tmp_path: Path) -> None:
    studio(tmp_path / "a", studio_dot_yaml="studio_id: x\n")
    studio(tmp_path / "b", studio_dot_yaml="studio_id: x\n")
    with pytest.raises(SourceError, match="also that of"):
        find_studios([tmp_path])


def test_a_line_that_may_hold_personal_data_is_reported_without_its_text(tmp_path: Path) -> None:
    reading = read(
        studio(
            tmp_path / "s",
            clients_dot_csv="client_id,name\nC1,Jane,Doe\n",
            sessions_dot_csv="session_id,Mood\nS1,a,b\n",
            spore_tests_dot_csv="spore_test_id,result\nT1,pass,x\n",
        )
    )
    said = {place.file: place.text for _, place in reading.intake.misfits}
    assert said["spore_tests.csv"] == "T1,pass,x"
    assert said["clients.csv"] == said["sessions.csv"] == "(the line may hold personal data)"


def test_a_name_finds_the_client_of_that_name_and_no_log_keeps_it(tmp_path: Path) -> None:
    reading = read(
        studio(
            tmp_path / "s",
            clients_dot_csv="client_id,name,birth_date\nC1,Jane Doe,2000-01-01\nC2,Ann Roe,1990-01-01\n",
            consent_forms_dot_csv="consent_id,client_id,signed_at\nF1,C1,2025-01-01\n",
            sessions_dot_csv="session_id,Client Name,started_at\nS1,jane doe,2025-01-01\nS2,C2,2025-01-01\n",
        )
    )
    assert column(reading, "sessions", "client_age") == ["25", "35"]
    keys = {*column(reading, "sessions", "client_id"), *column(reading, "consent_forms", "client_id")}
    assert keys == set(column(reading, "clients", "client_id"))
    assert all(key.startswith("client-") for key in keys)


def test_a_supply_says_what_its_listed_lot_says_where_it_is_silent(tmp_path: Path) -> None:
    lots = "lot_id,item_type,brand,product,expires_on\nL1,pigment,Acme,Ash 2,2026-06-30\n"
    used = "supply_id,session_id,item_type,lot_id,brand,lot_number\n1,S,pigment,L1,,\n2,S,pigment,L1,Other,\n3,S,pigment,,,B9\n"
    reading = read(studio(tmp_path / "s", supply_lots_dot_csv=lots, session_supplies_dot_csv=used))
    assert column(reading, "session_supplies", "brand") == ["Acme", "Other", ""]
    assert column(reading, "session_supplies", "product") == ["Ash 2", "Ash 2", ""]
    assert column(reading, "session_supplies", "expires_on") == ["2026-06-30", "2026-06-30", ""]


def test_needles_and_cartridges_share_an_inventory(tmp_path: Path) -> None:
    used = "supply_id,session_id,item_type,brand,lot_number\n1,S,cartridge,Acme,A7\n2,S,glove,Acme,A7\n"
    lots = "lot_id,Brand,Lot Number\nL1,Acme,A7\n"
    reading = read(studio(tmp_path / "s", needle_lots_dot_csv=lots, session_supplies_dot_csv=used))
    assert column(reading, "session_supplies", "lot_id")[0] == "L1"
    assert column(reading, "session_supplies", "lot_id")[1] != "L1"


def test_the_order_of_dates_is_settled_by_column_where_the_cells_allow_one_only(tmp_path: Path) -> None:
    text = "session_id,started_at,ended_at,aftercare_given_at\n1,03/04/2026,03/04/2026,03/04/2026\n2,11/28/2026,28/11/2026,\n3,,11/28/2026,\n"
    reading = read(studio(tmp_path / "s", sessions_dot_csv=text))
    assert column(reading, "sessions", "started_at") == ["2026-03-04", "2026-11-28", ""]
    assert column(reading, "sessions", "ended_at") == ["", "", ""]
    assert column(reading, "sessions", "aftercare_given_at") == ["", "", ""]
    said = [text for _, _, text in reading.intake.remarks]
    assert any("read as MDY: line 3 can be nothing else" in text for text in said)
    assert any("'ended_at' are written in two orders (lines 3 and 4)" in text for text in said)


def test_one_files_dates_say_nothing_of_anothers(tmp_path: Path) -> None:
    studio(
        tmp_path / "all" / "a",
        studio_dot_yaml="studio_id: a\n",
        sessions_dot_csv="session_id,started_at\n1,11/28/2026\n2,03/04/2026\n",
    )
    studio(
        tmp_path / "all" / "b",
        studio_dot_yaml="studio_id: b\n",
        sessions_dot_csv="session_id,started_at\n1,03/04/2026\n",
    )
    assert column(read(tmp_path / "all"), "sessions", "started_at") == ["2026-11-28", "2026-03-04", ""]


def test_a_declared_unit_is_turned_into_the_columns_own_file_by_file(tmp_path: Path) -> None:
    yaml = "files:\n  old log.csv: {log: sterilization_cycles, units: {temperature_c: F}, columns: {Temp: temperature_c}}\n"
    folder = studio(tmp_path / "s", studio_dot_yaml=yaml, cycles_dot_csv="cycle_id,temperature_c\nB,134\n")
    (folder / "old log.csv").write_text("cycle_id,Temp\nA,273.2\nC,273.2 °F\nD,134 °C\n")
    reading = read(folder)
    said = dict(
        zip(
            column(reading, "sterilization_cycles", "cycle_id"),
            column(reading, "sterilization_cycles", "temperature_c"),
            strict=True,
        )
    )
    assert said == dict.fromkeys("ABCD", "134")


@pytest.mark.parametrize("units", ["{temperature_c: K}", "{contents: F}", "{exposure_minutes: F}", "{nothing: F}"])
def test_a_unit_that_does_not_fit_is_a_mistake_in_studio_yaml(tmp_path: Path, units: str) -> None:
    text = "files:\n  x.csv: {log: sterilization_cycles, units: " + units + "}\n"
    with pytest.raises(SourceError, match="studio.yaml:2:"):
        find_studios([studio(tmp_path / "s", studio_dot_yaml=text)])


def test_a_column_that_is_declared_wrongly_is_told_where_only_the_heads_tell_the_log(tmp_path: Path) -> None:
    yaml = 'files:\n  "Book 7.csv": {columns: {"Moon": phase_of_moon}}\n'
    heads = "session_id,started_at,ended_at,station,Moon"
    folder = studio(tmp_path / "s", studio_dot_yaml=yaml, **{"Book 7_dot_csv": f"{heads}\nS1,2026-01-01,,A,full\n"})
    with pytest.raises(SourceError) as caught:
        read(folder)
    assert "studio.yaml:2:28: sessions has no column 'phase_of_moon'" in str(caught.value)


def test_the_studio_yaml_of_the_page_on_reading_is_understood() -> None:
    page = (Path(__file__).parents[1] / "docs" / "reading.md").read_text("utf-8")
    block = page.split("```yaml\n")[1].split("```")[0]
    files = read_studio(block, "studio.yaml", "s").files
    log = files["Autoclave 2026.xlsx"].of_sheet("Log")
    assert (log.log, log.dates, log.units) == ("sterilization_cycles", "MDY", {"temperature_c": "F"})
    (ink,) = files["Procedures.csv"].targets("Ink B", "sessions") or ()
    assert (ink.log, ink.item, ink.number, ink.column) == ("session_supplies", "pigment", 2, "lot_number")
