"""Cases of an examination of the intake: what a hostile reader would hold against it."""

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from readings import column

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.cells import UNREAD, Reason, blanks, unread, unread_at
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.tables.opendocument import shows_month
from smpcompliance.logs.intake.tables.workbook_scan import shown_of_date, shows_more

Row = list[object]


def read(folder: Path, **files: str | bytes) -> Reading:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_dot_", ".")).write_bytes(data)
    return read_folders(find_studios([folder]))


def sheet(title: str, rows: list[Row], also: Callable[[openpyxl.Workbook], None] = lambda _: None) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    also(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def whys(reading: Reading, log: str, name: str) -> list[int]:
    return reading.intake.logs.cells(log, name).why.tolist()


def said(reading: Reading) -> str:
    """Everything that is told of a reading."""
    cells = [str(place) for log in reading.intake.logs.tables.values() for _, place in log.unreadable()]
    return "\n".join([
        *cells,
        *(str(place) for _, place in reading.intake.misfits),
        *(text for _, _, text in reading.intake.remarks),
        *(file.problem for file in reading.files),
        *(meaning.head for file in reading.files for meaning in file.meanings),
    ])  # fmt: skip


# A cell that was filled and could not be told is unreadable, not blank.


def test_what_could_not_be_told_is_neither_blank_nor_text() -> None:
    cells = unread_at(strings(["a", "b", "", "-"]), rows_at(1))
    assert cells.to_pylist() == ["a", UNREAD, "", "-"]
    assert unread(cells).tolist() == [False, True, False, False]
    assert blanks(cells).tolist() == [False, True, True, True]


def rows_at(*rows: int) -> np.ndarray:
    return np.array(rows, np.int64)


@pytest.mark.parametrize("cell", ["=1+1", "#N/A"])
def test_an_error_or_a_formula_without_value_counts_as_unreadable(tmp_path: Path, cell: str) -> None:
    heads: Row = ["lot_id", "item_type", "Lot Number", "Expiration Date", "Qty", "sterile"]
    reading = read(tmp_path / "s", lots_dot_xlsx=sheet("supply_lots", [heads, ["L1", cell, cell, cell, cell, cell]]))
    for name in ("item_type", "lot_number", "expires_on", "quantity", "sterile"):
        assert whys(reading, "supply_lots", name) == [Reason.unreadable], name
    assert len(reading.intake.misfits) == 5


def test_a_key_that_could_not_be_told_is_made_and_holds_no_odd_sign(tmp_path: Path) -> None:
    rows: list[Row] = [
        ["Session ID", "Date", "Client Name", "Artist"],
        ["=ROW()", date(2026, 5, 3), "=A1", "=A1"],
        ["=ROW()", date(2026, 5, 4), "=A1", "P1"],
    ]
    reading = read(tmp_path / "s", book_dot_xlsx=sheet("sessions", rows))
    assert len(set(column(reading, "sessions", "session_id"))) == 2
    assert not any(UNREAD in key for key in column(reading, "sessions", "session_id"))
    assert whys(reading, "sessions", "client_id") == [Reason.unreadable] * 2


def test_a_supply_whose_lot_could_not_be_told_was_used_all_the_same(tmp_path: Path) -> None:
    rows: list[Row] = [["session_id", "started_at", "Needle lot"], ["S1", date(2026, 5, 3), "#N/A"]]
    reading = read(tmp_path / "s", book_dot_xlsx=sheet("sessions", rows))
    assert column(reading, "session_supplies", "item_type") == ["needle"]
    assert whys(reading, "session_supplies", "lot_number") == [Reason.unreadable]


def test_an_answer_that_could_not_be_told_is_no_yes(tmp_path: Path) -> None:
    heads: Row = ["Form ID", "Date signed", "Are you pregnant?", "Do you have diabetes?"]
    forms: list[Row] = [["F1", date(2026, 5, 1), "#N/A", "No"], ["F2", date(2026, 5, 1), "No", "Yes"]]
    reading = read(tmp_path / "s", book_dot_xlsx=sheet("consent_forms", [heads, *forms]))
    for name in ("health_yes", "health_answered"):
        assert whys(reading, "consent_forms", name) == [Reason.unreadable, 0]
    assert column(reading, "consent_forms", "health_yes") == ["", "diabetes"]


def test_a_hidden_sheet_is_read_and_told(tmp_path: Path) -> None:
    def hide(book: openpyxl.Workbook) -> None:
        book["sessions"].sheet_state = "hidden"
        book.create_sheet("Cover").append(["Nothing here"])

    rows: list[Row] = [["session_id", "started_at"], ["S1", date(2026, 5, 3)]]
    reading = read(tmp_path / "s", book_dot_xlsx=sheet("sessions", rows, hide))
    assert column(reading, "sessions", "session_id") == ["S1"]
    assert "hides this sheet" in said(reading)


# Dates of workbooks.


@pytest.mark.parametrize(("code", "shows"), [
    ("mm/yy", "ym"), ("mmm-yy", "ym"), (r"[$-409]mmm\-yy", "ym"), ("d-mmm", "dm"), ("dd/mm", "dm"),
    ("dd/mm/yyyy", "dmy"), ("mm:ss", ""), ("0.00", ""), ("yyyy", "y"), ("General", ""),
])  # fmt: skip
def test_a_format_of_dates_says_what_is_shown(code: str, shows: str) -> None:
    assert shown_of_date(code) == shows
    assert shows_more(code) == (shows in ("ym", "dm"))


@pytest.mark.parametrize(("text", "day", "is_month"), [
    ("06/26", "2026-06-01", True), ("Jun 26", "2026-06-01", True), ("2026-06", "2026-06-01", True),
    ("01/06/2026", "2026-06-01", False), ("06/26", "2026-06-26", False), ("1. Juni", "2026-06-01", False),
    ("", "", False),
])  # fmt: skip
def test_a_text_beside_a_date_says_what_is_shown(text: str, day: str, is_month: bool) -> None:
    assert shows_month(text, day) == is_month


def test_an_expiry_that_shows_a_month_means_its_last_day(tmp_path: Path) -> None:
    def formats(book: openpyxl.Workbook) -> None:
        for place, code in (("B2", "mm/yy"), ("B3", "mmm-yy"), ("B4", "dd/mm/yyyy"), ("B5", "mm/yy"), ("B6", "d-mmm")):
            book["supply_lots"][place].number_format = code

    rows: list[Row] = [["lot_id", "Expiration Date"]]
    rows += [[n, date(2026, 6, day)] for n, day in enumerate((1, 1, 1, 15, 27))]
    reading = read(tmp_path / "s", lots_dot_xlsx=sheet("supply_lots", rows, formats))
    assert column(reading, "supply_lots", "expires_on") == ["2026-06-30", "2026-06-30", "2026-06-01", "2026-06-15", ""]
    assert whys(reading, "supply_lots", "expires_on")[4] == Reason.unreadable
    (place,) = [place for _, place in reading.intake.misfits]
    assert place.line == 6 and "added" in place.reason


def test_the_hidden_year_of_a_day_of_work_is_taken(tmp_path: Path) -> None:
    def formats(book: openpyxl.Workbook) -> None:
        book["sessions"]["B2"].number_format = "d-mmm"

    rows: list[Row] = [["session_id", "started_at"], ["S1", date(2026, 5, 3)]]
    reading = read(tmp_path / "s", book_dot_xlsx=sheet("sessions", rows, formats))
    assert column(reading, "sessions", "started_at") == ["2026-05-03"]


# Numbers of lots.


def test_a_word_or_a_tick_is_no_lot_number(tmp_path: Path) -> None:
    text = "session_id,started_at,Needle lot\n1,2026-05-03,A7\n2,2026-05-03,unknown\n3,2026-05-03,?\n4,2026-05-03,✓\n"
    reading = read(tmp_path / "s", sessions_dot_csv=text)
    assert column(reading, "session_supplies", "lot_number") == ["A7", "", "", ""]
    assert whys(reading, "session_supplies", "lot_number") == [0, Reason.blank, Reason.blank, Reason.unreadable]
    assert [place.line for _, place in reading.intake.misfits] == [3, 4, 5]
    assert len(reading.intake.logs.log("supply_lots")) == 1


def test_an_article_number_alone_is_no_lot_number(tmp_path: Path) -> None:
    text = "session_id,started_at,Needle lot\n1,2026-05-03,0107300016350759\n"
    reading = read(tmp_path / "s", sessions_dot_csv=text)
    assert column(reading, "session_supplies", "lot_number") == [""]
    assert "holds no lot number" in said(reading)


def test_a_bar_code_that_cannot_be_read_leaves_lot_and_expiry_open(tmp_path: Path) -> None:
    text = "lot_id,item_type,Barcode\nL1,needle,(01)07300016350759(17)270230(10)A4\n"
    reading = read(tmp_path / "s", supply_lots_dot_csv=text)
    assert whys(reading, "supply_lots", "lot_number") == [Reason.unreadable]
    assert whys(reading, "supply_lots", "expires_on") == [Reason.unreadable]


# Nobody's name.


@pytest.mark.parametrize("head", ["Client", "Kunde", "Cliente", "Customer"])
def test_a_name_below_any_head_of_clients_becomes_a_pseudonym(tmp_path: Path, head: str) -> None:
    text = f"started_at,{head},Artist\n2026-05-03 10:00,Ann Example,P1\n2026-05-04 10:00,Example,P1\n"
    reading = read(tmp_path / "s", sessions_dot_csv=text)
    for name in ("client_id", "session_id"):
        assert not any("xample" in key for key in column(reading, "sessions", name))
    assert all(key.startswith("client-") for key in column(reading, "sessions", "client_id"))


def test_a_code_of_a_client_stays(tmp_path: Path) -> None:
    keys = ["C1", "C-002", "2026-05-03-01", "12345678", "JD", "K/2026/7", "n/a"]
    text = "session_id,Client\n" + "".join(f"S{n},{key}\n" for n, key in enumerate(keys))
    assert column(read(tmp_path / "s", sessions_dot_csv=text), "sessions", "client_id") == [*keys[:-1], ""]


@pytest.mark.parametrize(
    "key", ["+1 519 555 0100", "519-555-0100", "a@example.org", "Ann Example 2", "ann", "Example, A."]
)
def test_what_tells_a_person_is_no_code(tmp_path: Path, key: str) -> None:
    reading = read(tmp_path / "s", sessions_dot_csv=f'session_id,Client\nS1,"{key}"\n')
    assert column(reading, "sessions", "client_id")[0].startswith("client-")


@pytest.mark.parametrize("name", ["clients_dot_csv", "Birthdays_dot_csv"])
def test_a_record_where_heads_are_expected_is_not_shown(tmp_path: Path, name: str) -> None:
    lines = "C1,Ann Example,1990-02-03,519-555-0100\nC2,Bob Example,1991-02-03,519-555-0100\n"
    told = said(read(tmp_path / "s", **{name: lines}))
    assert "looks like a record, not like heads" in told
    assert "Example" not in told and "555" not in told


def test_a_private_cell_is_not_shown_but_what_is_wrong_with_it_is(tmp_path: Path) -> None:
    text = "client_id,DOB (mm/dd/yy)\nC1,04/13/85\nC2,1990-02-30\nC3,Example\nC4,'unknown'\n"
    told = said(read(tmp_path / "s", clients_dot_csv=text))
    assert "a year of four figures" in told and "there is no such date" in told
    assert "04/13" not in told and "Example" not in told


# What is said is true and helps.


def test_a_day_of_no_calendar_is_not_called_undeclared(tmp_path: Path) -> None:
    reading = read(tmp_path / "s", sessions_dot_csv="session_id,started_at\nS1,31/31/2026\nS2,29/02/2025\n")
    told = said(reading)
    assert told.count("there is no such day in any order") == 2 and "not declared" not in told


def test_a_declared_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    yaml = 'files:\n  "Autoclave 2026.xlsx": {log: sterilization_cycles}\n'
    reading = read(tmp_path / "s", studio_dot_yaml=yaml, sessions_dot_csv="session_id\nS1\n")
    assert [(file, "Autoclave 2026.xlsx" in text) for _, file, text in reading.intake.remarks] == [
        ("studio.yaml", True)
    ]


def test_celsius_beyond_any_sterilizer_is_unreadable(tmp_path: Path) -> None:
    text = "cycle_id,method,Temp (°C)\nC1,steam,134\nC2,steam,250\nC3,dry_heat,190\nC4,,273\n"
    reading = read(tmp_path / "s", sterilization_cycles_dot_csv=text)
    assert column(reading, "sterilization_cycles", "temperature_c") == ["134", "", "190", ""]
    assert "2 of its values are more than a sterilizer reaches" in said(reading)


def test_cycles_without_type_are_counted_once_whatever_their_units(tmp_path: Path) -> None:
    text = "cycle_id,Temperature\nC1,273\nC2,134\nC3,121\n"
    told = said(read(tmp_path / "s", sterilization_cycles_dot_csv=text))
    assert "3 cycles name neither type nor program" in told and told.count("name neither") == 1
