"""Lots in cells: taken apart where the cell leaves no doubt, left whole and told where it does; never a number or a date."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import column, read

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.cells import UNREAD, Reason
from smpcompliance.logs.intake.dealing.lot_cells import LONGEST, dates_in, lots_in
from smpcompliance.logs.intake.dealing.lots import taken_apart
from smpcompliance.logs.intake.folder import Reading
from smpcompliance.logs.intake.raw import DATE, NUMBER, TEXT, RawTable
from smpcompliance.logs.intake.source import Source


def used(tmp_path: Path, heads: str, *rows: str) -> Reading:
    return read(tmp_path, session_supplies="\n".join([heads, *rows]) + "\n")


@pytest.mark.parametrize(
    ("cell", "lots"),
    [
        ("LOT 1; LOT 2", ("LOT 1", "LOT 2")),
        ("A12\nB34", ("A12", "B34")),
        ("A12 + B34", ("A12", "B34")),
        ("A12+B34", ("A12", "B34")),
        ("A12 / B34", ("A12", "B34")),
        ("A12, B34 and C56", ("A12", "B34", "C56")),
        ("A12 und B34", ("A12", "B34")),
        ("LOT A12 LOT B34", ("LOT A12", "LOT B34")),
        ("lot A12/lot B34", ("lot A12", "lot B34")),
        ("10.19.18", ("10.19.18",)),
        ("A/12", ("A/12",)),
        ("2023/114", ("2023/114",)),
        ("SS 202", ("SS 202",)),
        ("Lot #: 0012", ("Lot #: 0012",)),
        ("04-27-18", ("04-27-18",)),
        ("Experience", ("Experience",)),
    ],
)
def test_lots_of_a_cell(cell: str, lots: tuple[str, ...]) -> None:
    found = lots_in(cell)
    assert (found.lots, found.doubt) == (lots, "")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("A123/B456", "one lot or two"),
        ("1,234", "one lot or two"),
        ("Ash, 1234", "cannot be told which lots"),
        ("Batch 12 Lot 34", "stands beside LOT"),
        ("A12 EXP soon", "cannot be told from the lot number"),
        ("A1 " * LONGEST, "characters"),
    ],
)
def test_a_cell_in_doubt_stays_whole_and_says_what_to_do(cell: str, words: str) -> None:
    found = lots_in(cell)
    assert found.lots == (cell.strip(),) and words in found.doubt


@pytest.mark.parametrize(
    ("cell", "lot", "expiry"),
    [
        ("LOT #10001, EXP. APR 6 2022", "LOT #10001", "APR 6 2022"),
        ("A12 (exp 06/26)", "A12", "06/26"),
        ("LOT: X7 use by JUN2018", "LOT: X7", "JUN2018"),
        ("LOT 12 Mindestens haltbar bis: 21.11.2021", "LOT 12", "21.11.2021"),
        ("A12 péremption 06/2027", "A12", "06/2027"),
        ("Lote 77 caducidad 06/2026", "Lote 77", "06/2026"),
        ("EXP 2026-06-30 LOT B-7", "LOT B-7", "2026-06-30"),
    ],
)
def test_the_expiry_beside_a_lot(cell: str, lot: str, expiry: str) -> None:
    found = lots_in(cell)
    assert (found.lots, found.expiries, found.doubt) == ((lot,), (expiry,), "")


def test_expiries_belong_to_the_lots_they_stand_behind_or_to_none() -> None:
    assert lots_in("LOT A1 EXP 06/26; LOT B2 EXP 07/26").expiries == ("06/26", "07/26")
    assert lots_in("LOT A1, LOT B2, EXP 06/26, EXP 07/26").expiries == ("06/26", "07/26")
    found = lots_in("LOT A1; LOT B2 EXP 06/26")
    assert found.expiries == ("", "") and found.loose == ("06/26",)


def test_a_date_without_a_word_counts_only_under_a_head_that_announces_it() -> None:
    assert lots_in("10001 APR 6 2022").lots == ("10001 APR 6 2022",)
    found = lots_in("10001 APR 6 2022", True)
    assert (found.lots, found.expiries) == (("10001",), ("APR 6 2022",))
    assert lots_in("10.19.18", True).lots == ("10.19.18",)


def test_what_stands_before_the_lot_is_the_product() -> None:
    found = lots_in("Ash 2 LOT 123 EXP 06/2026")
    assert (found.product, found.lots, found.expiries) == ("Ash 2", ("LOT 123",), ("06/2026",))


def test_dates_of_a_cell() -> None:
    assert dates_in("06/26; 07/26") == ("06/26", "07/26")
    assert dates_in("exp APR 6, 2022, exp MAY 7, 2023") == ("APR 6, 2022", "MAY 7, 2023")
    assert dates_in("06/26") == dates_in("06/26 or so, 07/26") == ()


@given(st.text(alphabet="AB1239 /,;+&.()-\nLOTexpand", max_size=60))
def test_no_figure_of_a_cell_gets_lost(cell: str) -> None:
    found = lots_in(cell)
    said = "".join((*found.lots, *found.expiries, *found.loose, found.product))
    assert sorted(c for c in said if c.isdigit()) == sorted(c for c in cell if c.isdigit())


@pytest.mark.parametrize("part", ["LOT ", "1/", "+", "a, ", "exp ", "jan ", "A+", "1 and ", "(", "exp 1", "12 "])
def test_hostile_cells_take_no_time(part: str) -> None:
    cell = (part * LONGEST)[:LONGEST]
    begun = time.perf_counter()
    lots_in(cell), dates_in(cell)
    assert time.perf_counter() - begun < 1


def test_each_lot_of_a_cell_is_a_record_of_its_line(tmp_path: Path) -> None:
    heads = "supply_id,session,item,brand,colour,Lot Number,Exp date,qty"
    reading = used(
        tmp_path,
        heads,
        '1,S1,pigment,Acme,"black, red",LOT 1; LOT 2,06/2026; 07/2026,2',
        "2,S2,needle,Best,,A7,08/2026,3",
    )
    assert column(reading, "session_supplies", "lot_number") == ["LOT 1", "LOT 2", "A7"]
    assert column(reading, "session_supplies", "expires_on") == ["2026-06-30", "2026-07-31", "2026-08-31"]
    assert column(reading, "session_supplies", "color") == ["black", "red", ""]
    assert column(reading, "session_supplies", "brand") == ["Acme", "Acme", "Best"]
    assert column(reading, "session_supplies", "quantity") == ["", "", "3"]
    assert column(reading, "session_supplies", "supply_id") == ["1", "1 (2)", "2"]
    assert reading.intake.logs.log("session_supplies").line.tolist() == [2, 2, 3]
    assert not reading.intake.misfits


def test_lot_and_expiry_of_one_cell_are_two_cells(tmp_path: Path) -> None:
    head = "STERILE EQUIPMENT (Lot number & expiry date of sterile needles/items)"
    text = f'session no.,{head}\nS1,"LOT #10001, EXP. APR 6 2022"\n'
    reading = read(tmp_path, invasive_procedure_records=text)
    assert column(reading, "session_supplies", "lot_number") == ["LOT #10001"]
    assert column(reading, "session_supplies", "expires_on") == ["2022-04-06"]
    assert reading.intake.logs.log("session_supplies").head(0, "expires_on") == head
    assert column(reading, "supply_lots", "lot_id") == ["needle 10001"]


def test_one_expiry_for_two_lots_is_of_neither(tmp_path: Path) -> None:
    reading = used(
        tmp_path, "session,item,Lot Number,Exp date", "S1,needle,A1; B2,06/2026", "S2,needle,A1,06/2026; 07/2026"
    )
    cells = reading.intake.logs.cells("session_supplies", "expires_on")
    assert cells.why.tolist() == [Reason.unreadable] * 3
    told = [place for _, place in reading.intake.logs.log("session_supplies").unreadable()]
    assert {place.line for place in told} == {2, 3} and "one expiry for 2 lots" in told[0].text


def test_an_expiry_said_twice_must_be_the_same(tmp_path: Path) -> None:
    reading = used(
        tmp_path,
        "session,item,Lot Number,Exp date",
        "S1,needle,A1 EXP 06/2026,2026-06-30",
        "S2,needle,A1 EXP 06/2026,2026-07-31",
    )
    assert column(reading, "session_supplies", "expires_on") == ["2026-06-30", ""]
    assert reading.intake.logs.cells("session_supplies", "expires_on").why.tolist() == [0, Reason.unreadable]


def test_a_quantity_for_several_lots_is_not_shared_out(tmp_path: Path) -> None:
    reading = used(tmp_path, "session,item,Lot Number,qty", "S1,needle,A1; B2,5")
    assert reading.intake.logs.cells("session_supplies", "quantity").why.tolist() == [Reason.unreadable] * 2


def test_a_doubtful_cell_is_reported_with_its_place(tmp_path: Path) -> None:
    reading = used(tmp_path, "session,item,Lot Number", "S1,needle,A123/B456")
    assert column(reading, "session_supplies", "lot_number") == ["A123/B456"]
    ((_, place),) = reading.intake.misfits
    assert (place.line, place.column) == (2, "Lot Number") and "LOT A1; LOT B2" in place.reason


def test_a_record_of_the_inventory_is_one_lot(tmp_path: Path) -> None:
    reading = read(tmp_path, needle_lots="lot_id,Lot Number\nL1,A1; B2\nL2,A3 EXP 06/2026\n")
    assert column(reading, "supply_lots", "lot_number") == ["", "A3"]
    assert column(reading, "supply_lots", "expires_on") == ["", "2026-06-30"]
    ((_, place),) = reading.intake.misfits
    assert place.line == 2 and "one lot" in place.reason


def test_a_lot_within_the_name_of_an_ink(tmp_path: Path) -> None:
    reading = read(tmp_path, sessions="session_id,Ink 1,Ink 2\nS1,Ash LOT 123,Coal\n")
    assert column(reading, "session_supplies", "lot_number") == ["LOT 123", ""]
    assert column(reading, "session_supplies", "product") == ["Ash", "Coal"]


def test_leading_zeros_tell_lots_apart(tmp_path: Path) -> None:
    lots = "lot_id,item_type,lot_number\nL1,needle,0012\nL2,needle,12\n"
    supplies = "session,item,Lot Number\nS1,needle,LOT 0012\nS2,needle,12\n"
    reading = read(tmp_path, supply_lots=lots, session_supplies=supplies)
    assert column(reading, "session_supplies", "lot_id") == ["L1", "L2"]


@pytest.mark.parametrize("cell", ["1.23E+08", "1,23E+08", "19-Oct", "Oct-18", "19. Okt", "2018-10-19 00:00:00"])
def test_a_lot_that_a_spreadsheet_spoilt_is_blank_and_told(tmp_path: Path, cell: str) -> None:
    reading = used(tmp_path, "session,item,Lot Number", f'S1,needle,"{cell}"')
    assert column(reading, "session_supplies", "lot_number") == [""]
    ((_, place),) = reading.intake.misfits
    assert (place.line, place.column) == (2, "Lot Number") and "type it anew" in place.reason


@pytest.mark.parametrize("cell", ["10.19.18", "201308", "E12", "12E", "MAY12A", "Oct-18-A", "1E", "0012"])
def test_a_lot_that_only_looks_odd_stands(tmp_path: Path, cell: str) -> None:
    reading = used(tmp_path, "session,item,Lot Number", f"S1,needle,{cell}")
    assert column(reading, "session_supplies", "lot_number") == [cell]
    assert not reading.intake.misfits


def workbook(log: str, head: str, *cells: tuple[str, int]) -> Source:
    table = RawTable(
        "book.xlsx",
        (head,),
        (strings(text for text, _ in cells),),
        np.arange(2, len(cells) + 2, dtype=np.int64),
        sheet="Lots",
        native=(np.array([kind for _, kind in cells], np.uint8),),
    )
    return taken_apart(Source.of(0, table, log))


def test_a_workbook_says_itself_what_it_made_of_a_lot() -> None:
    made = workbook(
        "supply_lots",
        "Lot Number",
        ("2018-10-19", DATE),
        ("12345", NUMBER),
        ("00123", TEXT),
        ("1234567890123456", NUMBER),
    )
    assert made.table.columns[0].to_pylist() == [UNREAD, "12345", "00123", UNREAD]
    assert [(place.line, place.sheet) for place in made.table.misfits] == [(2, "Lots"), (5, "Lots")]
    (note,) = made.table.notes
    assert "1 cells under 'Lot Number' are numbers to the spreadsheet (first on line 3)" in note


def test_dates_stand_in_columns_of_dates_and_numbers_of_machines_are_text() -> None:
    assert workbook("supply_lots", "Exp date", ("2026-06-30", DATE)).table.columns[0].to_pylist() == ["2026-06-30"]
    assert workbook("equipment", "Serial No", ("2026-06-30", DATE)).table.columns[0].to_pylist() == [UNREAD]
    assert workbook("spore_tests", "BI lot", ("2026-06-30", DATE)).table.columns[0].to_pylist() == [UNREAD]
