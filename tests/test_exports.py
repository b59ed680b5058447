"""Exports of known services and devices: recognised by their heads, read as their files say, and never more than that."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.intake.build import Intake, assemble
from smpcompliance.logs.intake.dealing.feeding import feed
from smpcompliance.logs.intake.exports import json_table
from smpcompliance.logs.intake.exports.export_file import ExportFile, export_files, fits, places, read_export
from smpcompliance.logs.intake.exports.known import Applied, export_for, is_consent, known_export, read_json
from smpcompliance.logs.intake.raw import DATE, TEXT, NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.intake.tables import delimited
from smpcompliance.logs.studio import FileReading, Studio
from smpcompliance.yamlio import SourceError

REAL = os.environ.get("SMPCOMPLIANCE_REAL_DATA")


def tables(name: str, content: Any) -> tuple[RawTable, ...]:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    source = SourceFile(name, text.encode())
    return read_json(source) if name.endswith("json") else delimited.read(source)


def applied(name: str, content: Any, declared: FileReading | None = None) -> Applied:
    (table,) = tables(name, content)
    export = known_export(table)
    assert export is not None
    return export.apply(table, declared or FileReading())


def taken(name: str, content: Any, declared: FileReading | None = None, zone: str = "America/Los_Angeles") -> Intake:
    """A file read, recognised and joined into the logs of one studio."""
    one = applied(name, content, declared)
    sources = feed(Source.of(0, one.table, one.log, one.preset, one.reading))
    return assemble([Studio("s", "s", time_zone=zone)], sources)


def column(intake: Intake, log: str, name: str) -> list[str | None]:
    """What the cells of a column say; None where a cell says nothing that could be read."""
    cells = intake.logs.cells(log, name)
    return [None if cells.why[row] else cells.text(row) for row in range(len(intake.logs.log(log)))]


def known_as(*heads: str) -> str | None:
    (table,) = delimited.read(SourceFile("t.csv", (",".join(heads) + "\n").encode()))
    export = known_export(table)
    return export and export.name


# JSON as tables ------------------------------------------------------------------------------------------------------


def read(text: str | bytes) -> tuple[RawTable, ...]:
    return json_table.read(SourceFile("a.json", text if isinstance(text, bytes) else text.encode()))


def cells(table: RawTable) -> dict[str, list[str]]:
    return {head: column.to_pylist() for head, column in zip(table.heads, table.columns, strict=True)}


def test_each_record_stands_on_the_line_on_which_it_begins() -> None:
    (table,) = read('[\n {"a": "x",\n  "b": 1}, {"a": "y"},\r\n\r\n {"b": 2}\n]')
    assert table.lines.tolist() == [2, 3, 5]
    assert cells(table) == {"a": ["x", "y", ""], "b": ["1", "", "2"]}


def test_nested_heads_have_dots_and_nothing_is_rounded() -> None:
    (table,) = read('{"a": {"b": {"c": 123456789012345678901234567890.50}}, "d": [1, true, null, "x"], "e": false}')
    assert cells(table) == {"a.b.c": ["123456789012345678901234567890.50"], "d": ["1; true; x"], "e": ["false"]}


def test_lists_of_records_are_found_in_their_envelope_and_named_by_it() -> None:
    found = read('{"count": 2, "sessions": [{"session_id": "S1"}], "old": {"lots": [\n{"lot_id": "L"}]}}')
    assert [(table.sheet, table.heads, table.lines.tolist()) for table in found] == [
        ("sessions", ("session_id",), [1]),
        ("old.lots", ("lot_id",), [2]),
    ]


def test_one_object_per_line_is_read() -> None:
    (table,) = read('{"a": 1}\n{"a": 2}\n')
    assert (cells(table), table.lines.tolist()) == ({"a": ["1", "2"]}, [1, 2])


def test_a_key_that_says_two_things_says_nothing() -> None:
    (table,) = read('[{"a": 1, "b": 2},\n{"a": 1, "a": 3, "b": 4, "b": 4}]')
    assert cells(table) == {"a": ["1", ""], "b": ["2", "4"]}
    ((line, head, text),) = [(misfit.line, misfit.column, misfit.text) for misfit in table.misfits]
    assert (line, head, text) == (2, "a", "")


def test_an_entry_that_is_no_record_and_a_list_inside_a_record_are_told() -> None:
    (table,) = read('[{"a": 1, "deep": [{"b": 1}]},\n 7]')
    assert [misfit.line for misfit in table.misfits] == [2]
    assert any("'deep'" in note for note in table.notes)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[{"a": 1},\n {"a": }]', "a.json:2:8"),
        ('[{"a": 1},\n {"a": NaN}]', "a.json:2:8"),
        ('{"x": "NaN", "a": [1, -Infinity]}', "a.json:1:23"),
        ('[{"a": 1}', "a.json:1:10"),
        ('{"a": 1} and more', "a.json:1:10"),
        ('{"a" 1}', "a.json:1:6"),
        ("", "a.json:1:1"),
        ("[1, 2]", "no records"),
        ("3", "no records"),
        ("[" * 100_000, "nested"),
        ('[{"a":' + '{"a":' * 70 + "1" + "}" * 71 + "]", "nested"),
        ('[{"a":' * 600 + "1" + "}]" * 600, "nested"),
    ],
)
def test_what_is_no_json_is_told_with_line_and_column(text: str, place: str) -> None:
    with pytest.raises(NotReadable, match=place):
        read(text)


def test_ever_new_keys_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_table, "MOST_CELLS", 1000)
    with pytest.raises(NotReadable, match="different keys"):
        read(json.dumps([{f"k{n}": 1} for n in range(100)]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_refused_with_a_reason(value: Any) -> None:
    try:
        for table in read_json(SourceFile("a.json", json.dumps(value).encode())):
            assert all(len(cells) == table.rows for cells in table.columns)
            if export := known_export(table):
                export.apply(table, FileReading())
    except NotReadable as error:
        assert str(error).startswith("a.json")


@given(st.text(alphabet='[]{}",:1nul\\\n ', max_size=60) | st.binary(max_size=40))
def test_any_text_is_read_or_refused_with_a_reason(content: str | bytes) -> None:
    try:
        read(content)
    except NotReadable as error:
        assert str(error).startswith("a.json")


def heads_of(export: ExportFile) -> list[str]:
    """Heads that make a table this export."""
    said = [
        export.first or "",
        *(places(one)[0] for one in export.known_by),
        *export.and_any,
        *export.columns,
        *export.not_used,
    ]
    said += [head for one in export.joined for head in one.heads] + [
        head for heads in export.worse.values() for head in heads
    ]
    said += [export.run.printed] if export.run else []
    said += [export.signed.at, export.signed.minor, *export.signed.by, *export.signed.guardian] if export.signed else []
    said += ["Are you pregnant?", "Signature"] if export.consent else []
    return list(dict.fromkeys(head.replace("*", " ").replace("{n}", "2").strip() for head in said if head))


CELL = st.sampled_from(
    ["", "true", "false", "No", "2025-03-01", "2025-03-01 10:00:00", "Negative", "(-)", "A1"]
) | st.text(max_size=9)


@pytest.mark.parametrize("name", sorted(export_files()))
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_whatever_stands_in_the_cells_an_export_is_read(name: str, data: st.DataObject) -> None:
    heads = heads_of(export_files()[name])
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(heads), max_size=len(heads)), max_size=3))
    table = RawTable(
        "t.csv",
        tuple(heads),
        tuple(strings(row[n] for row in rows) for n in range(len(heads))),
        np.arange(len(rows)) + 2,
    )
    export = known_export(table)
    assert export is not None and export.name == name
    if export.log:
        one = export.apply(table, FileReading())
        assert one.table.rows == len(rows) and len(one.table.columns) == len(one.table.heads)
        sources = feed(Source.of(0, one.table, one.log, one.preset, one.reading))
        assemble([Studio("s", "s", time_zone="UTC")], sources)


# The files of the exports --------------------------------------------------------------------------------------------


def test_every_shipped_export_can_be_read() -> None:
    assert {"smartwaiver", "google_forms", "terragene_bionova", "statclave_index"} <= set(export_files())


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("columns: {a: nowhere}", "no column 'nowhere'"),
        ("preset: {nowhere: x}", "no column 'nowhere'"),
        ("dates: {started_at: DDMM}", "is no order"),
        ("told: {status: {heads: [a], match: whole, otherwise: blank, words: {x: lost}}}", "no word of status"),
        ("odd: 1", "unknown key 'odd'"),
        ("aside: no", "`log`, or `aside`"),
    ],
)
def test_a_mistake_in_the_file_of_an_export_has_a_place(line: str, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_export(f"title: t\nabout: a\nknown_by: [a]\nlog: sessions\n{line}\n", "exports/x.yaml")
    (problem,) = caught.value.problems
    assert text in problem.text
    assert problem.file == "exports/x.yaml"
    assert problem.line == (1 if line.startswith("aside") else 5)


def test_patterns_of_heads() -> None:
    assert fits("Ink {n} Lot", "ink 12 LOT") and not fits("Ink {n} Lot", "Ink Lot")
    assert fits("Deposit*", "Deposit Required / Paid") and not fits("Deposit*", "No deposit")


def test_the_studios_own_word_comes_first() -> None:
    content = "Appointment ID,Date & Time,Service,Status,Artist,When\nA,03/04/2025 10:00,SMP,Paid,P,1\n"
    declared = FileReading.model_validate({"dates": "DMY", "columns": {"Artist": "station", "When": "nowhere"}})
    intake = taken("a.csv", content, declared)
    assert column(intake, "sessions", "started_at") == ["2025-04-03 10:00"]
    assert column(intake, "sessions", "station") == ["P"]
    assert "practitioner_id" not in intake.logs.log("sessions").text
    assert any("'When'" in text for _, _, text in intake.remarks)


def test_a_file_that_is_said_to_be_another_log_is_not_read_as_the_export() -> None:
    (table,) = tables("a.csv", "Appointment ID,Date & Time,Service,Status\n")
    assert export_for(table, FileReading(), None) is not None
    assert export_for(table, FileReading(), "sessions") is not None
    assert export_for(table, FileReading(), "clients") is None
    assert export_for(table, FileReading(log="clients"), None) is None


def test_a_table_of_no_service_is_none() -> None:
    assert known_as("session_id", "started_at") is None
    assert known_as("Timestamp", "Favourite colour", "Your name") is None


# Consent forms -------------------------------------------------------------------------------------------------------


def waiver(number: int, **more: Any) -> dict[str, Any]:
    return {
        "waiverId": f"w{number}", "templateId": "t1", "title": "Release", "createdOn": "2025-01-24 13:12:29",
        "expirationDate": "", "expired": False, "verified": True, "kiosk": False, "firstName": "Client", "middleName": "",
        "lastName": str(number), "dob": "1990-02-03", "isMinor": False, "driversLicenseNumber": "D-4711", **more,
    }  # fmt: skip


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"firstName": "Client", "lastName": str(number), "dob": "1990-02-03", "isMinor": "false", **more}


GUARDIAN = {"firstName": "Parent", "lastName": "of 8", "phone": "555", "relationship": "Mother"}


def test_waivers_are_consent_forms_wherever_the_answer_of_the_service_puts_them() -> None:
    listed = [waiver(7), waiver(8)]
    for content in (
        listed,
        {"type": "waivers", "waivers": listed},
        [{"type": "waiver", "waiver": one} for one in listed],
    ):
        assert column(taken("w.json", content), "consent_forms", "consent_id") == ["w7", "w8"]
    assert column(taken("w.json", {"type": "waiver", "waiver": waiver(7)}), "consent_forms", "consent_id") == ["w7"]
    lines = "\n".join(map(json.dumps, listed))
    assert column(taken("w.json", lines), "consent_forms", "consent_id") == ["w7", "w8"]


def test_a_verified_waiver_is_signed_and_any_other_is_not_known_to_be() -> None:
    intake = taken("w.json", [waiver(7), waiver(8, verified=False), waiver(9, verified=None)])
    assert column(intake, "consent_forms", "signed_by") == ["client", None, None]
    assert column(intake, "consent_forms", "signed_at") == ["2025-01-24 13:12", None, None]
    assert any("2 of 3 forms show no signature" in text for _, _, text in intake.remarks)


@pytest.mark.parametrize("yes", [True, "true"])
def test_for_a_minor_the_guardian_signs_if_one_is_named(yes: object) -> None:
    content = [waiver(7, isMinor=yes, guardian=GUARDIAN), waiver(8, isMinor=yes), waiver(9)]
    intake = taken("w.json", content)
    assert column(intake, "consent_forms", "signed_by") == ["guardian", None, "client"]
    assert column(intake, "consent_forms", "guardian_relation") == ["parent", None, None]


def test_every_participant_has_a_form_and_only_their_own_data() -> None:
    people = [person(7), person(8, dob=None, isMinor="true")]
    one = applied("w.json", [waiver(7, participants=people, guardian=GUARDIAN)])
    assert one.table.rows == 2
    intake = taken("w.json", [waiver(7, participants=people, guardian=GUARDIAN)])
    assert column(intake, "consent_forms", "consent_id") == ["w7", "w7/2"]
    assert column(intake, "consent_forms", "signed_by") == ["client", "guardian"]
    by_head = cells(one.table)
    assert by_head["dob"] == ["1990-02-03", ""]


def test_the_text_of_a_question_is_its_head() -> None:
    fields = {
        "q1": {"value": "No", "displayText": "Are you pregnant?"},
        "q2": {"value": "Web", "displayText": "How did you find us?"},
    }
    one = applied("w.json", [waiver(7, participants=[person(7, customParticipantFields=fields)])])
    by_head = cells(one.table)
    assert by_head["Are you pregnant?"] == ["No"] and by_head["How did you find us?"] == ["Web"]


def test_two_questions_of_one_text_are_both_kept() -> None:
    fields = {n: {"value": n, "displayText": "Allergies"} for n in ("a", "b")}
    (table,) = tables("w.json", [waiver(7, customWaiverFields=fields)])
    assert cells(table)["Allergies"] == ["a"] and cells(table)["Allergies (2)"] == ["b"]


def test_licence_numbers_and_names_never_reach_a_remark() -> None:
    intake = taken("w.json", [waiver(7, verified=False, email="seven@example.org")])
    said = " ".join(text for _, _, text in intake.remarks) + str(intake.misfits)
    assert "D-4711" not in said and "Client" not in said and "example.org" not in said
    assert all("D-4711" not in str(log.text) for log in [intake.logs.log("consent_forms")])


def test_waivers_as_a_flat_table_and_as_tables_of_a_pipeline() -> None:
    flat = "waiverId,templateId,createdOn,verified,firstName,lastName,dob,isMinor\nw7,t,2025-01-24 13:12:29,true,Client,7,1990-02-03,false\n"
    assert column(taken("w.csv", flat), "consent_forms", "signed_by") == ["client"]
    piped = "waiver_id,template_id,created_on,verified,first_name,last_name,is_minor\nw7,t,2025-01-24 13:12:29,false,Client,7,false\n"
    intake = taken("waiver.csv", piped)
    assert column(intake, "consent_forms", "consent_id") == ["w7"]
    assert column(intake, "consent_forms", "signed_at") == [None]
    (table,) = tables("waiver_participant.csv", "waiver_id,first_name,is_minor\nw7,Client,false\n")
    export = known_export(table)
    assert export is not None and "as JSON" in export.aside
    assert export_for(table, FileReading(), "consent_forms") == export
    assert export_for(table, FileReading(log="clients"), "consent_forms") is None


def test_a_form_is_a_consent_form_only_if_it_asks_what_one_asks() -> None:
    assert not is_consent(["Timestamp", "Your name", "Signature"])
    assert not is_consent(["Timestamp", "Are you pregnant?"])
    assert is_consent(["Timestamp", "Are you pregnant?", "Client signature"])
    assert is_consent(["Timestamp", "Are you pregnant?", "Diabetes"])
    assert known_as("Timestamp", "Full name", "Are you pregnant?", "Diabetes") == "google_forms"
    assert known_as("Full name", "Are you pregnant?", "Diabetes", "Timestamp") is None
    assert known_as("Submission Date", "Full name", "Are you pregnant?", "Signature") == "jotform"


def test_a_form_filled_in_online_is_signed_where_its_signature_is_filled() -> None:
    heads = "Submission Date,Full Name,Are you pregnant?,Signature,Parent Signature,Date of signature"
    rows = [
        '"Mar 1, 2025 10:00",Client 7,No,https://example.org/7.png,,',
        '"Mar 2, 2025 10:00",Client 8,No,,,2025-03-02',
        '"Mar 3, 2025 10:00",Client 9,No,,https://example.org/9.png,',
    ]
    intake = taken("form.csv", "\n".join([heads, *rows]) + "\n")
    assert column(intake, "consent_forms", "signed_by") == ["client", None, "guardian"]
    assert column(intake, "consent_forms", "signed_at") == ["2025-03-01 10:00", None, "2025-03-03 10:00"]


def test_a_form_without_a_head_of_a_signature_says_so() -> None:
    intake = taken("form.csv", "Timestamp,Full Name,Are you pregnant?,Diabetes\n2025-03-01 10:00:00,Client 7,No,No\n")
    assert column(intake, "consent_forms", "signed_at") == ["2025-03-01 10:00"]
    assert any("no head tells who signed" in text for _, _, text in intake.remarks)


# Sessions and supplies -----------------------------------------------------------------------------------------------

BOOKED = "Client Name,Appointment ID,Date & Time,Service,Artist,Duration,Status,Type,Price,Deposit Required / Paid\n"


def test_bookings_are_kept_and_only_those_performed_are_sittings() -> None:
    rows = [
        f"Client {n},A{n},2025-03-0{n} 10:00,SMP,P1,60,{status},,300,50"
        for n, status in enumerate(["Paid", "Cancelled", "No-Show", "Moved"], 1)
    ]
    intake = taken("bookings.csv", BOOKED + "\n".join(rows) + "\n")
    assert column(intake, "sessions", "status") == ["performed", "cancelled", "no_show", None]
    assert column(intake, "sessions", "procedure") == ["scalp_micropigmentation"] * 4
    assert intake.logs.log("sessions").unmapped.tolist() == [False] * 4


def test_a_service_that_is_no_procedure_is_not_guessed() -> None:
    services = ["Consultation", "Touch-up", "PMU", "Brows by the owner"]
    rows = [f"Client {n},A{n},2025-03-0{n} 10:00,{service},P1,60,Paid,,300,50" for n, service in enumerate(services, 1)]
    intake = taken("bookings.csv", BOOKED + "\n".join(rows) + "\n")
    assert column(intake, "sessions", "procedure") == [None, None, "permanent_cosmetics", None]
    assert column(intake, "sessions", "purpose") == [None, "touch_up", None, None]


def test_sessions_with_their_lots_feed_what_was_used() -> None:
    heads = "Session ID,Session Date,Customer,Provider,Service,Placement,Ink Lot,Ink Expiration,Ink 2 Lot,Needle Lot,Needle Expiration"
    one = applied("visits.csv", heads + "\nS1,2025-03-01,C7,P1,Tattoo,arm,I1,2026-01-31,I2,N1,2027-02-28\n")
    assert one.log == "sessions"
    places = {head: one.reading.columns.get(head) for head in one.table.heads}
    assert places["Ink Lot"] == ["pigment.lot_number"] and places["Ink 2 Lot"] == ["pigment.2.lot_number"]
    assert places["Needle Expiration"] == ["needle.expires_on"]


def test_bottles_of_ink_keep_the_lot_and_leave_months_alone() -> None:
    heads = "Lot Number,Batch Number,Expiration Date,Opened Date,Durability (months),Name,Color,Manufacturer"
    intake = taken("my ink.csv", heads + "\nL1,B1,2026-05-31,2025-05-01,12,Deep,Black,Acme\n")
    assert column(intake, "supply_lots", "lot_number") == ["L1"]
    assert column(intake, "supply_lots", "item_type") == ["pigment"]
    assert "use_within_days" not in intake.logs.log("supply_lots").text
    said = " ".join(text for _, _, text in intake.remarks)
    assert "'Batch Number' is not used" in said and "counts months" in said


@pytest.mark.parametrize(
    "heads",
    [
        "Identifier,Batch number,Name,Brand,Color,Expiration date,Open date,Retailer",
        "brand,supplier,ink name,batch number,lot number,expiration date,artist's signature",
    ],
)
def test_ink_records_are_lots_of_pigment(heads: str) -> None:
    values = {
        "Batch number": "B1",
        "lot number": "B1",
        "batch number": "B0",
        "Expiration date": "06/2026",
        "expiration date": "06/2026",
    }
    intake = taken(
        "inks export.csv", heads + "\n" + ",".join(values.get(head, "x") for head in heads.split(",")) + "\n"
    )
    assert column(intake, "supply_lots", "lot_number") == ["B1"]
    assert column(intake, "supply_lots", "expires_on") == ["2026-06-30"]
    assert column(intake, "supply_lots", "item_type") == ["pigment"]


def test_a_list_of_lots_without_an_item_is_not_taken_for_bottles_of_ink() -> None:
    assert known_as("Lot Number", "Batch Number", "Expiration Date", "Opened Date") is None


def test_a_customer_is_a_name_and_becomes_a_pseudonym() -> None:
    intake = taken("visits.csv", "Session Date,Customer,Ink Lot,Needle Lot\n2025-03-01,Client 7,I1,N1\n")
    (client,) = column(intake, "sessions", "client_id")
    assert client and client != "Client 7"


def test_a_client_list_is_joined_to_names() -> None:
    heads = "First Name,Middle Name,Last Name,Birth Date,Day Phone,Cell Phone,Status id"
    intake = taken("export.csv", heads + "\nClient,,7,1990-02-03,,555,1\n")
    assert column(intake, "clients", "name") == ["Client 7"]
    assert column(intake, "clients", "birth_date") == ["1990-02-03"]


def test_what_a_workbook_holds_in_its_cells_stays_known() -> None:
    (table,) = tables("f.csv", "Timestamp,Full Name,Are you pregnant?,Signature\n2025-03-01 10:00:00,Client 7,No,C7\n")
    kinds = tuple(np.array([kind], np.uint8) for kind in (DATE, TEXT, TEXT, TEXT))
    export = known_export(table)
    assert export is not None
    one = export.apply(replace(table, native=kinds), FileReading())
    assert {head: int(kind[0]) for head, kind in zip(one.table.heads, one.table.native, strict=True)}[
        "Timestamp"
    ] == DATE
    assert len(one.table.native) == len(one.table.heads)


# Sterilizers and spore tests -----------------------------------------------------------------------------------------


def readout(number: int, result: str | None, visual: str | None) -> dict[str, Any]:
    return {
        "PositionNumber": 1, "StartedTime": "2025-03-01T07:30:00Z", "ResultDate": "2025-03-01T09:00:00Z", "Status": 3,
        "Result": 1, "ResultDescription": result, "VisualResultDescription": visual, "Cycle": "7", "TicketNumber": number,
        "SterilizerSerialNumber": "SN1", "SterilizerName": "Big one", "IncubatorLot": "L1", "Operator": "P1",
    }  # fmt: skip


def test_of_two_readings_of_an_indicator_the_worse_one_stands() -> None:
    pairs = [
        ("Negative", "Negative"), ("Negative", None), ("Negative", "Positive"), ("Positive", "Negative"),
        ("Invalid", "Negative"), ("Negative", "unclear"), ("unclear", "Positive"), ("(-)", None), ("Negative", "+"), (None, None),
    ]  # fmt: skip
    intake = taken("bi.json", [readout(n, *pair) for n, pair in enumerate(pairs)])
    expected = ["pass", "pass", "fail", "fail", "void", None, "fail", None, None, None]
    assert column(intake, "spore_tests", "result") == expected
    assert len([place for _, place in intake.misfits if "a sign alone" in place.reason]) == 2


def test_readings_are_brought_to_the_studios_zone_and_an_unsure_lot_is_left_alone() -> None:
    intake = taken("bi.json", [readout(1, "Negative", None)])
    assert column(intake, "spore_tests", "tested_at") == ["2025-02-28 23:30"]
    assert column(intake, "spore_tests", "equipment_id") == ["SN1"]
    assert "indicator_lot" not in intake.logs.log("spore_tests").text
    assert any("IncubatorLot" in text for _, _, text in intake.remarks)


PRINTED = "\r\n".join(
    [
        "STATCLAVE G4 SBS1R118", "SN 000000B00000", "Unit #  :        000", "1.2uS / 0.7ppm", "CYCLE NUMBER  000014",
        " 9:54:52  08/10/2025", "Solid/Wrapped", "132 C/4min", "STERILIZING    25:35", "DRYING START   30:00",
        "DRYING END     50:00", "CYCLE COMPLETE 52:00", "Min. steri. Values:", "132.3 C  300kPa", "Max. steri. Values:",
        "133.3 C  310kPa", "Digital Signature #", "0000", "",
    ]
)  # fmt: skip


def cycle(**more: Any) -> dict[str, Any]:
    return {
        "succeeded": True, "date": "2025-10-08", "number": 14, "runmode": 1, "display_units": "metric",
        "status": "Solid/Wrapped / 132°C/4min", "x_axis_points": 3, "temp": "57.6 132.4 80", "pressure": "0,1,0", "log": PRINTED,
        **more,
    }  # fmt: skip


def test_a_cycle_takes_its_readings_from_its_printed_text() -> None:
    intake = taken("S20251008.json", cycle())
    assert column(intake, "sterilization_cycles", "result") == ["pass"]
    assert column(intake, "sterilization_cycles", "cycle_type") == ["load"]
    assert column(intake, "sterilization_cycles", "temperature_c") == ["132.3"]
    assert column(intake, "sterilization_cycles", "pressure_kpa") == ["300"]
    assert column(intake, "sterilization_cycles", "started_at") == ["2025-10-08 09:54"]
    assert column(intake, "sterilization_cycles", "cycle_number") == ["14"]


@pytest.mark.parametrize(
    ("more", "result"),
    [
        ({"succeeded": False, "log": ""}, "fail"),
        ({"succeeded": False, "log": "CYCLE FAULT 7"}, "fail"),
        ({"succeeded": True, "log": ""}, "pass"),
        ({"succeeded": False}, None),  # the text says that it was good
        ({"log": "CYCLE FAULT 7"}, None),
        ({"log": PRINTED.replace("CYCLE COMPLETE 52:00\r\n", "")}, None),
        ({"number": 15}, None),  # the text is that of another cycle
        ({"succeeded": None, "log": ""}, None),
    ],
)
def test_a_result_stands_only_where_nothing_contradicts_it(more: dict[str, Any], result: str | None) -> None:
    assert column(taken("c.json", cycle(**more)), "sterilization_cycles", "result") == [result]


def test_the_text_of_another_cycle_lends_nothing() -> None:
    intake = taken("c.json", cycle(number=15))
    assert "temperature_c" not in intake.logs.log("sterilization_cycles").text
    assert any("that of cycle 14" in place.reason for _, place in intake.misfits)


def test_fahrenheit_is_never_taken_for_celsius() -> None:
    printed = PRINTED.replace("132.3 C  300kPa", "270.1 F  43psi").replace("133.3 C  310kPa", "272.0 F  45psi")
    intake = taken("c.json", cycle(display_units="imperial", log=printed))
    for name in ("temperature_c", "max_temperature_c"):
        if name in intake.logs.log("sterilization_cycles").text:
            (shown,) = column(intake, "sterilization_cycles", name)
            assert shown is None or 131 < float(shown) < 135


def test_a_test_run_is_no_load_and_an_unknown_program_is_nothing() -> None:
    for status, kind in (
        ("Vacuum Test", "leak_test"),
        ("Bowie-Dick / 134°C/3.5min", "bowie_dick"),
        ("Something new", None),
    ):
        intake = taken("c.json", cycle(status=status, log=""))
        assert column(intake, "sterilization_cycles", "cycle_type") == [kind]


INDEX = """records_id,cycle_start_time,start_utc,file_date,file_cycle,cycle_number,cycle_id
270,1755804107,2025-08-21T19:21:47Z,20250821,270,13,STATCLAVE_120V_vacuum_test
271,1755866513,2025-08-22T12:41:53Z,20250822,271,1,STATCLAVE_120V_solid_wrapped_132_4min
272,1755874964,2025-08-22T15:02:44Z,20250822,272,2,STATCLAVE_120V_something_new
"""


def test_an_index_has_two_counters_and_no_result() -> None:
    intake = taken("cycles_index.csv", INDEX)
    log = intake.logs.log("sterilization_cycles")
    assert column(intake, "sterilization_cycles", "cycle_number") == ["13", "1", "2"]
    assert column(intake, "sterilization_cycles", "record_number") == ["270", "271", "272"]
    assert column(intake, "sterilization_cycles", "started_at")[0] == "2025-08-21 12:21"
    assert column(intake, "sterilization_cycles", "cycle_type") == ["leak_test", "load", None]
    assert column(intake, "sterilization_cycles", "program")[0] == "STATCLAVE_120V_vacuum_test"
    assert "result" not in log.text
    assert len(log) == 3


@pytest.mark.skipif(not REAL, reason="set SMPCOMPLIANCE_REAL_DATA to the folder of real exports")
def test_a_real_index_is_read_as_a_whole() -> None:
    data = (Path(str(REAL)) / "statclave-g4" / "cycles_index.csv").read_text("utf-8")
    intake = taken("cycles_index.csv", data)
    assert len(intake.logs.log("sterilization_cycles")) == 165
    kinds = column(intake, "sterilization_cycles", "cycle_type")
    assert (kinds.count("load"), kinds.count("leak_test")) == (161, 4)
    numbers = [int(str(n)) for n in column(intake, "sterilization_cycles", "cycle_number")]
    assert [after - before for before, after in zip(numbers, numbers[1:], strict=False) if after < before] == [-12]
    assert intake.misfits == ()
