"""Bar codes of boxes: article, lot and expiry come out of the code; what is wrong with it is said and not used."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import column, read

from smpcompliance.logs.cells import Reason
from smpcompliance.logs.intake.dealing.barcodes import LONGEST, Code, code_in, gtin_problem

GTIN = "09506000134352"


@pytest.mark.parametrize(
    "text",
    [
        f"(01){GTIN}(17)260600(10)LOT-22(21)56",
        f" (01) {GTIN} (17) 260600 (10) LOT-22 (21) 56 ",
        f"]d201{GTIN}1726060010LOT-22\x1d2156",
        f"]C101{GTIN}1726060010LOT-22<GS>2156",
        f"01{GTIN}1726060010LOT-22\x1d2156",
        f"\x1d01{GTIN}1726060010LOT-22\x1d2156",
    ],
)
def test_a_gs1_code_in_any_dress(text: str) -> None:
    assert code_in(text) == Code("LOT-22", "2026-06-30", GTIN, "56")


@pytest.mark.parametrize(
    "text", ["", "A12", "10.19.18", "(A) 12", "0112", "+44", "12+34", "1234567890123", "01" + "9" * 14]
)
def test_a_lot_number_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_a_wrong_check_digit_costs_the_article_and_not_the_lot() -> None:
    found = code_in(f"(01){GTIN[:-1]}3(10)A7")
    assert found is not None and (found.lot, found.gtin, found.problem) == ("A7", "", "")
    assert "check digit" in found.gtin_problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(17)260230(10)A", "cannot be read"),
        ("(99)", "cannot be read"),
        ("]d2hello", "cannot be read"),
        (f"01{GTIN}10ABC17260630", "got lost"),
        ("+A99912345/$$52001510X3", "HIBC"),
        ("+$$3240630LOT7", "HIBC"),
        ("(10)" + "A" * LONGEST, "characters"),
    ],
)
def test_a_code_that_cannot_be_read_says_why(text: str, words: str) -> None:
    found = code_in(text)
    assert found is not None and words in found.problem
    assert found == Code(problem=found.problem)


def test_check_digits_of_articles() -> None:
    assert gtin_problem(GTIN) == gtin_problem("9506000134352") == gtin_problem("REF 12") == gtin_problem("123") == ""
    assert "check digit" in gtin_problem("9506000134353")


@given(st.text(alphabet="()01127]dC\x1dA+$/ ", max_size=250))
def test_no_text_breaks_the_reader(text: str) -> None:
    begun = time.perf_counter()
    code_in(text)
    assert time.perf_counter() - begun < 2


def test_a_barcode_fills_lot_expiry_and_article(tmp_path: Path) -> None:
    text = f"lot_id,item_type,brand,lot_number,barcode,Exp date\nL1,pigment,Acme,,(01){GTIN}(17)260600(10)X9,\nL2,needle,Acme,(10)B7(17)270131,,\n"
    reading = read(tmp_path, supply_lots=text)
    assert column(reading, "supply_lots", "lot_number") == ["X9", "B7"]
    assert column(reading, "supply_lots", "expires_on") == ["2026-06-30", "2027-01-31"]
    assert column(reading, "supply_lots", "gtin") == [GTIN, ""]


def test_a_lot_within_a_code_is_never_taken_apart(tmp_path: Path) -> None:
    reading = read(tmp_path, session_supplies="session,item,Lot Number\nS1,needle,(10)A1/B2+C3(21)77\n")
    assert column(reading, "session_supplies", "lot_number") == ["A1/B2+C3"]
    assert column(reading, "session_supplies", "pack_id") == ["77"]
    assert not reading.intake.misfits


def test_the_article_decides_about_a_lot_where_both_have_one(tmp_path: Path) -> None:
    other = "09506000134369"
    lots = f"lot_id,item_type,brand,lot_number,barcode\nL1,pigment,Acme,X9,{GTIN}\nL2,pigment,Best,X9,{other}\nL3,pigment,Coal,X9,\n"
    supplies = f"session,item,brand,Lot Number,barcode\nS1,pigment,Best,X9,{GTIN[1:]}\nS2,pigment,Coal,X9,{other}\nS3,pigment,Acme,X9,\n"
    reading = read(tmp_path, supply_lots=lots, session_supplies=supplies)
    assert column(reading, "session_supplies", "lot_id") == ["L1", "L2", "L1"]


def test_a_code_and_a_cell_that_differ_are_told(tmp_path: Path) -> None:
    heads = "session,item,Lot Number,Exp date,barcode\n"
    rows = "S1,needle,LOT x9,06/2026,(10)X9(17)260630\nS2,needle,X8,06/2027,(10)X9(17)260630\n"
    reading = read(tmp_path, session_supplies=heads + rows)
    assert column(reading, "session_supplies", "lot_number") == ["LOT x9", "X8"]
    assert reading.intake.logs.cells("session_supplies", "expires_on").why.tolist() == [0, Reason.unreadable]
    ((_, place),) = reading.intake.misfits
    assert (place.line, place.column) == (3, "Lot Number") and "says X9" in place.reason


def test_an_unreadable_code_is_no_lot(tmp_path: Path) -> None:
    reading = read(
        tmp_path, session_supplies="session,item,Lot Number\nS1,needle,+A99912345/$$52001510X3\nS2,needle,(17)260630\n"
    )
    assert column(reading, "session_supplies", "lot_number") == ["", ""]
    said = [place.reason for _, place in reading.intake.misfits]
    assert "HIBC" in said[0] and "holds no lot number" in said[1]
