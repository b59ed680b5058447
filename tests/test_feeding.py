"""One table feeds several logs: every filled cell finds its record, records find each other, names stay out of messages."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import column, read

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.intake.dealing.feeding import feed
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.intake.raw import RawTable, Unreadable
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.schema import LOGS, schema
from smpcompliance.logs.target import fed_by, target


def raw(text: str, file: str = "sessions.csv", **more: tuple[Unreadable, ...]) -> RawTable:
    lines = [line.split("|") for line in text.strip().splitlines()]
    heads, rows = lines[0], lines[1:]
    return RawTable(
        file,
        tuple(heads),
        tuple(strings(row[n] for row in rows) for n in range(len(heads))),
        np.arange(2, len(rows) + 2, dtype=np.int64),
        **more,
    )


def fed(log: str, text: str) -> dict[str, list[dict[str, str]]]:
    """Log → its records, each a dictionary of filled columns, with the line."""
    out: dict[str, list[dict[str, str]]] = {}
    for source in feed(Source.of(0, raw(text), log)):
        for row in range(source.table.rows):
            cells = {name: texts[row].as_py() for _, name, texts in source.columns() if name}
            record = {"line": str(source.table.lines[row])} | source.preset | {n: t for n, t in cells.items() if t}
            out.setdefault(source.log, []).append(record)
    return out


@pytest.mark.parametrize(
    ("head", "written"),
    [
        ("Ink 1", "pigment.1.product"),
        ("Ink 2 lot", "pigment.2.lot_number"),
        ("Pigment Lot #2", "pigment.2.lot_number"),
        ("Needle 1 Exp", "needle.1.expires_on"),
        ("ink3 batch", "pigment.3.lot_number"),
        ("Lot 2", "supply.2.lot_number"),
        ("Cartridge Lot No.", "cartridge.lot_number"),
        ("numéro de lot des aiguilles", "needle.lot_number"),
        ("Ink colors used", "pigment.color"),
        ("STERILE EQUIPMENT (Lot number & expiry date of sterile needles/items)", "needle.lot_number"),
        ("DOB", "clients.birth_date"),
        ("Consent signed", "consent_forms.signed_at"),
    ],
)
def test_heads_of_other_logs_are_known(head: str, written: str) -> None:
    (found,) = fed_by("sessions", head)
    assert found.text("sessions") == written
    assert target(written, "sessions") == found


@pytest.mark.parametrize(
    "head", ["Class 1", "Room 2", "Needle count tray", "Ink budget", "dates de péremption", "2025"]
)
def test_other_heads_feed_nothing(head: str) -> None:
    assert fed_by("sessions", head) == ()


def test_a_result_on_a_page_of_cycles_is_of_the_spore_test_only_beside_its_dates() -> None:
    assert fed_by("sterilization_cycles", "Result: Pass Fail", ["Date", "Result: Pass Fail"]) == ()
    (found,) = fed_by("sterilization_cycles", "Result: Pass Fail", ["Biweekly spore test submitted date"])
    assert (found.log, found.column) == ("spore_tests", "result")


@pytest.mark.parametrize("log", LOGS)
def test_every_feed_leads_to_a_column(log: str) -> None:
    for entry in schema(log).feeds:
        there = schema(entry.log).columns
        assert {*entry.heads.values(), *entry.takes} <= set(there)
        assert set(entry.takes.values()) <= set(schema(log).columns)
        assert not any(there[name].derived for name in entry.heads.values())


def test_each_supply_of_a_sitting_is_a_record_with_its_line() -> None:
    found = fed(
        "sessions",
        "session no.|Needle lot|Needle expiry|Ink 1|Ink 1 lot|Ink 2|Ink 2 lot\n"
        "S1|A1|06/2026|Ash|7|none|\nS2||||||\nS3|A2||||Coal|9",
    )
    assert [record["session_id"] for record in found["sessions"]] == ["S1", "S2", "S3"]
    assert found["session_supplies"] == [
        {"line": "2", "item_type": "needle", "lot_number": "A1", "expires_on": "06/2026", "session_id": "S1"},
        {"line": "4", "item_type": "needle", "lot_number": "A2", "session_id": "S3"},
        {"line": "2", "item_type": "pigment", "lot_number": "7", "product": "Ash", "session_id": "S1"},
        {"line": "4", "item_type": "pigment", "lot_number": "9", "product": "Coal", "session_id": "S3"},
    ]


def test_each_head_names_its_own_lots_in_messages() -> None:
    sources = feed(Source.of(0, raw("session no.|Needle lot|Ink lot\nS1|A|B"), "sessions"))
    heads = {s.preset["item_type"]: h for s in sources[1:] for h, name, _ in s.columns() if name == "lot_number"}
    assert heads == {"needle": "Needle lot", "pigment": "Ink lot"}


def test_a_head_that_feeds_another_log_is_not_unknown_in_its_own() -> None:
    own, *others = feed(Source.of(0, raw("session no.|DOB|Client no.|Moon phase\nS1|2000-01-01|C1|full"), "sessions"))
    assert [head for head, name, _ in own.columns() if name is None] == ["Moon phase"]
    assert [source.log for source in others] == ["clients"]


def test_a_made_key_is_stable_and_holds_nothing_personal() -> None:
    text = "Client Name|Artist|Date & Time|Needle lot\nZelda Quill|MV|2025-01-01 10:00|A\nAnn Roe|MV|2025-01-01 10:00|B\n|||C"
    found = fed("sessions", text)
    keys = [record["session_id"] for record in found["sessions"]]
    assert keys == [
        "sessions.csv: MV 2025-01-01 10:00",
        "sessions.csv: MV 2025-01-01 10:00 (2)",
        "sessions.csv: line 4",
    ]
    assert [record["session_id"] for record in found["session_supplies"]] == keys


def test_a_blank_key_beside_filled_ones_is_made() -> None:
    found = fed("sessions", "session no.|Artist|Needle lot\nS1|MV|A\n|MV|B")
    assert [record["session_id"] for record in found["session_supplies"]] == ["S1", "sessions.csv: MV (2)"]
    assert [record["session_id"] for record in found["sessions"]] == ["S1", "sessions.csv: MV (2)"]


def test_an_expiry_without_an_item_goes_with_the_only_lot_or_is_told(tmp_path: Path) -> None:
    (needle,) = fed("sessions", "session no.|Needle lot|Expiry date\nS1|A|06/2026")["session_supplies"]
    assert needle["expires_on"] == "06/2026"
    own, *_ = feed(Source.of(0, raw("session no.|Needle lot|Ink lot|Expiry date\nS1|A|B|06/2026"), "sessions"))
    assert "'Expiry date' may belong to needle or pigment" in own.table.notes[0]
    assert [head for head, name, _ in own.columns() if name is None] == ["Expiry date"]


def test_a_brand_stands_for_every_numbered_ink() -> None:
    found = fed("sessions", "session no.|Ink brand|Ink 1 lot|Ink 2 lot\nS1|Acme|A|B")["session_supplies"]
    assert [(r["lot_number"], r["brand"]) for r in found] == [("A", "Acme"), ("B", "Acme")]


def test_numbered_lots_of_a_supply_table_are_rows_of_their_own() -> None:
    text = "supply_id|session|item|brand|Lot 1|Lot 2|Lot 3\n1|S1|needle|Acme|A|B|\n2|S2|glove|Best||||\n"
    found = fed("session_supplies", text)["session_supplies"]
    said = sorted((r["line"], r["session_id"], r["item_type"], r["brand"], r.get("lot_number", "")) for r in found)
    assert said == [
        ("2", "S1", "needle", "Acme", "A"),
        ("2", "S1", "needle", "Acme", "B"),
        ("3", "S2", "glove", "Best", ""),
    ]
    assert len({r["supply_id"] for r in found}) == 3


def test_an_expiry_beside_numbered_lots_is_not_lost_in_silence() -> None:
    own, *_ = feed(Source.of(0, raw("session|Lot 1|Lot 2|Exp date\nS1|A|B|06/2026"), "session_supplies"))
    assert "'Exp date' may belong to any of 2 numbered lots" in own.table.notes[0]
    (one,) = fed("session_supplies", "session|Lot 1|Exp date\nS1|A|06/2026")["session_supplies"]
    assert one["expires_on"] == "06/2026"


def test_what_the_studio_says_of_a_head_comes_first(tmp_path: Path) -> None:
    yaml = "files:\n  sessions.csv:\n    columns: {Nadel: needle.lot_number, Geb: clients.birth_date, Beutel: razor.2.pack_id}\n"
    reading = read(tmp_path, yaml, sessions="session_id,client no.,Nadel,Geb,Beutel\nS1,C1,A7,2000-01-01,P1\n")
    assert column(reading, "session_supplies", "item_type") == ["needle", "razor"]
    assert column(reading, "clients", "birth_date") == ["2000-01-01"]
    assert ("clients", 1) in reading.files[0].feeds


def test_records_fed_from_a_table_of_many_studios_stay_with_theirs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "all" / name).mkdir(parents=True)
        (tmp_path / "all" / name / "studio.yaml").write_text(f"studio_id: {name}\n")
    text = "session_id,studio_id,client no.,DOB\nS1,a,C1,2000-01-01\nS2,b,C1,1990-01-01\n"
    (tmp_path / "all" / "a" / "sessions.csv").write_text(text)
    reading = read_folders(find_studios([tmp_path / "all"]))
    assert reading.intake.logs.log("clients").studio.tolist() == [0, 1]
    assert sorted(column(reading, "clients", "birth_date")) == ["1990-01-01", "2000-01-01"]
    assert not reading.intake.misfits


def test_sittings_clients_and_forms_find_each_other_by_name(tmp_path: Path) -> None:
    text = (
        "Client Name,Artist,Date & Time,DOB,Consent signed\nJane Doe,MV,2025-01-01 10:00,2000-01-02,2025-01-01\n"
        "jane doe,MV,2025-02-01 10:00,,2025-02-01\nAnn Roe,MV,2025-02-02 10:00,1999-01-01,\n"
    )
    reading = read(tmp_path, sessions=text)
    logs = reading.intake.logs
    assert column(reading, "sessions", "client_age") == ["24", "25", "26"]
    assert column(reading, "sessions", "consent.signed_at") == ["2025-01-01", "2025-02-01", ""]
    assert column(reading, "consent_forms", "client.birth_date") == ["2000-01-02", "2000-01-02"]
    assert len(logs.log("clients")) == 2
    assert all(key.startswith("client-") for key in column(reading, "clients", "client_id"))
    assert not reading.intake.misfits


def test_first_and_last_name_are_one_name_and_the_key(tmp_path: Path) -> None:
    forms = "waiverId,Last Name,First Name,dob,createdOn\nW1,Doe,Jane,2000-01-01,2025-01-01\nW2,Doe,John,2001-01-01,2025-01-01\n"
    sittings = "session_id,Client Name,Date & Time\nS1,Jane Doe,2025-01-01 10:00\nS2,John Doe,2025-01-02 10:00\n"
    reading = read(tmp_path, consent_forms=forms, sessions=sittings)
    assert column(reading, "sessions", "client_age") == ["25", "24"]
    assert len(set(column(reading, "consent_forms", "client_id"))) == 2


def test_lines_that_contradict_each_other_about_a_client_are_told_without_the_text(tmp_path: Path) -> None:
    text = "session_id,Client Name,DOB,Phone\nS1,Jane Doe,2000-01-02,11\nS2,Jane Doe,2007-01-02,22\nS3,Ann Roe,1999-01-01,\n"
    reading = read(tmp_path, sessions=text)
    ((_, place),) = reading.intake.misfits
    assert (place.line, place.column) == (3, "DOB") and "line 2 says something else" in place.reason
    assert "2007" not in place.text
    cells = reading.intake.logs.cells("clients", "birth_date")
    assert cells.why.tolist() == [Reason.unreadable, 0]
    assert any("say something else under 'Phone'" in text for _, _, text in reading.intake.remarks)


def test_a_birth_date_of_nobody_is_told_and_not_used(tmp_path: Path) -> None:
    reading = read(tmp_path, sessions="session_id,DOB\nS1,2000-01-02\n")
    assert not reading.intake.logs.has("clients").any()
    assert any("no head tells whose it is" in text for _, _, text in reading.intake.remarks)
    assert reading.intake.logs.log("sessions").unmapped.all()


def test_a_line_without_a_client_is_told() -> None:
    own, clients = feed(Source.of(0, raw("session no.|Client no.|DOB\nS1|C1|2000-01-01\nS2||2001-02-03"), "sessions"))
    (place,) = own.table.misfits
    assert place.line == 3 and "which client" in place.reason and "2001" not in place.text
    assert clients.table.lines.tolist() == [2]


def test_a_client_of_two_files_is_one(tmp_path: Path) -> None:
    sittings = "session_id,client no.,DOB,Phone\nS1,C1,2000-01-01,555\nS2,C2,2001-01-01,\n"
    reading = read(
        tmp_path,
        clients="client_id,name,birth_date\nC1,Jane Doe,2000-01-01\nC2,Ann Roe,1990-01-01\n",
        sessions=sittings,
    )
    assert column(reading, "clients", "client_id") == ["C1", "C2"]
    assert reading.intake.logs.log("clients").text["phone"].to_pylist() == ["555", ""]
    assert column(reading, "clients", "birth_date") == ["2000-01-01", ""]
    ((_, place),) = reading.intake.misfits
    assert (place.file, place.line, place.text) == ("sessions.csv", 3, "(personal data)")


def test_a_needle_on_a_form_is_of_the_sitting_that_names_the_form(tmp_path: Path) -> None:
    forms = "waiverId,client no.,createdOn,Needle lot\n1,C1,2025-01-01,A\n2,C2,2025-01-02,B\n3,C3,2025-01-03,C\n"
    sittings = "session_id,client no.,Date & Time,signed form\n1,C2,2025-01-02,2\n9,C1,2025-01-01,1\n"
    reading = read(tmp_path, consent_forms=forms, sessions=sittings)
    assert column(reading, "session_supplies", "session_id") == ["9", "1", ""]
    ((_, place),) = reading.intake.misfits
    assert place.line == 4 and "named by no sitting" in place.reason


def test_a_sitting_on_a_form_and_in_the_list_is_one(tmp_path: Path) -> None:
    forms = "waiverId,client no.,createdOn,Date tattooed,Design,Artist,Needle lot\nW1,C1,2025-01-01,2025-01-01,rose,MV,A\nW2,C2,2025-01-02,2025-01-05,star,MV,B\n"
    sittings = "session_id,client no.,Date & Time,signed form\nS1,C1,2025-01-01 10:00,W1\n"
    reading = read(tmp_path, client_records=forms, sessions=sittings)
    assert sorted(column(reading, "sessions", "session_id")) == ["S1", "form W2"]
    by_key = dict(
        zip(column(reading, "sessions", "session_id"), column(reading, "sessions", "description"), strict=True)
    )
    assert by_key == {"S1": "rose", "form W2": "star"}
    assert column(reading, "session_supplies", "session_id") == ["S1", "form W2"]
    assert not reading.intake.misfits


def test_a_spore_test_on_a_page_of_cycles_is_a_test_of_that_run(tmp_path: Path) -> None:
    text = (
        "Date,Autoclave,Cycle #,Biweekly spore test submitted date,Results received date,Result: Pass Fail\n"
        "2025-01-01,A,1,,,\n2025-01-02,A,2,2025-01-03,2025-01-10,Pass\n"
    )
    reading = read(tmp_path, autoclave_log=text)
    assert column(reading, "spore_tests", "result") == ["pass"]
    assert column(reading, "spore_tests", "cycle.cycle_number") == ["2"]
    assert column(reading, "spore_tests", "tested_at") == ["2025-01-02"]
    assert column(reading, "sterilization_cycles", "result") == ["", ""]


def test_without_a_filled_cell_nothing_is_fed(tmp_path: Path) -> None:
    reading = read(tmp_path, sessions="session_id,Client no.,DOB,Needle lot\nS1,C1,,\n")
    assert not reading.intake.logs.has("clients").any()
    assert not reading.intake.logs.has("session_supplies").any()


YAML = """
files:
  consent_forms.csv:
    columns: {A: health.pregnancy, B: health.allergies, C: explained.risks, D: explained.healing}
"""


def test_questions_become_words(tmp_path: Path) -> None:
    text = 'consent_id,A,B,C,D,health_yes\n1,No,Penicillin,x,AB,\n2,yes,none,No,"agreed",\n3,,-,,,\n4,no,No known,✓,I agree,eczema\n'
    reading = read(tmp_path, YAML, consent_forms=text)
    assert column(reading, "consent_forms", "health_answered") == ["allergies; pregnancy"] * 2 + [
        "",
        "allergies; pregnancy",
    ]
    assert column(reading, "consent_forms", "health_yes") == ["allergies", "pregnancy", "", "eczema"]
    assert column(reading, "consent_forms", "explained") == ["healing; risks", "healing", "", "healing; risks"]


def test_no_yes_at_all_is_the_empty_list(tmp_path: Path) -> None:
    reading = read(tmp_path, YAML, consent_forms="consent_id,A,B\n1,no,no\n2,,\n")
    assert column(reading, "consent_forms", "health_yes") == ["none", ""]


def test_words_are_added_to_the_tables_own_list(tmp_path: Path) -> None:
    text = "consent_id,health_answered,explained,A,C\n1,diabetes; hiv,aftercare,yes,yes\n2,none,,no,no\n"
    reading = read(tmp_path, YAML, consent_forms=text)
    assert column(reading, "consent_forms", "health_answered") == ["diabetes; hiv; pregnancy", "pregnancy"]
    assert column(reading, "consent_forms", "explained") == ["aftercare; risks", ""]


def test_a_statement_that_can_be_read_neither_way_is_unknown_and_not_shown(tmp_path: Path) -> None:
    reading = read(tmp_path, YAML, consent_forms="consent_id,C,D\n1,Zelda Quill,x\n2,?,x\n3,risks; aftercare,x\n")
    cells = reading.intake.logs.cells("consent_forms", "explained")
    assert cells.why.tolist() == [Reason.unreadable, Reason.unreadable, 0]
    assert cells.text(2) == "aftercare; healing; risks"
    told = [place for _, place in reading.intake.logs.log("consent_forms").unreadable()]
    assert [place.line for place in told] == [2, 3] and not any("Quill" in f"{p.text} {p.reason}" for p in told)


def test_a_torn_line_is_hidden_where_a_personal_column_is_dealt_away() -> None:
    torn = Unreadable("sessions.csv", 9, None, "S9,1999-09-09,extra", "too many cells")
    table = raw("session no.|client no.|DOB\nS1|C1|2000-01-01", misfits=(torn,))
    own, _ = feed(Source.of(0, table, "sessions"))
    assert own.table.misfits[0].text == "(the line may hold personal data)"


def test_a_table_that_feeds_nothing_else_stays_as_it_is() -> None:
    source = Source.of(0, raw("session no.|Artist\nS1|MV"), "sessions")
    assert feed(source) == (source,)


CELL = st.sampled_from(["", "-", "none", "LOT 1; LOT 2", "A1", "A/12", "06/2026", "x", "7"])
PRIVATE = st.sampled_from(["", "Quill", "quill ", "1999-03-04", "2001-05-06", "private@x"])
HEADS = (
    "session no.",
    "Client Name",
    "DOB",
    "Phone",
    "Needle lot",
    "Needle expiry",
    "Ink 1 lot",
    "Ink 2",
    "Consent signed",
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), PRIVATE, PRIVATE, PRIVATE, *[CELL] * 5), max_size=6))
def test_every_line_with_a_filled_cell_is_found_again(cells: list[tuple[str, ...]]) -> None:
    rows = [(f"S{n}" if row[0] else "", *row[1:]) for n, row in enumerate(cells)]
    table = RawTable(
        "f.csv",
        HEADS,
        tuple(strings(row[n] for row in rows) for n in range(len(HEADS))),
        np.arange(2, len(rows) + 2, dtype=np.int64),
    )
    own, *others = feed(Source.of(0, table, "sessions"))
    assert own.table.lines.tolist() == table.lines.tolist()
    told = {place.line for place in own.table.misfits}
    for head, log in (
        ("Needle lot", "session_supplies"),
        ("Ink 2", "session_supplies"),
        ("Consent signed", "consent_forms"),
    ):
        of_head = [source for source in others if source.log == log and head in source.table.heads]
        filled = [n + 2 for n, row in enumerate(rows) if row[HEADS.index(head)] not in ("", "-", "none")]
        lines = {line for source in of_head for line in source.table.lines.tolist()}
        assert set(filled) <= lines
    clients = [source for source in others if source.log == "clients"]
    kept = {
        str(t).strip().casefold()
        for s in clients
        for t in s.table.columns[s.table.heads.index("Client Name")].to_pylist()
    }
    for n, row in enumerate(rows):
        if row[2] or row[3]:
            assert n + 2 in told or row[1].strip().casefold() in kept
    for source in (own, *others):
        for place in source.table.misfits:
            if place.column in ("Client Name", "DOB", "Phone", "client_id"):
                assert place.text == "(personal data)"
            assert not {"Quill", "1999-03-04", "2001-05-06", "private@x"} & set(place.reason.split())
        assert not any("1999" in note or "quill" in note.casefold() for note in source.table.notes)
