"""Delimited text: every record with its line, every oddity reported, nothing lost."""

import csv
import io
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.tables import delimited, heads
from smpcompliance.logs.intake.tables.delimited import read
from smpcompliance.logs.intake.tables.tidy import states_nothing


def table(data: str | bytes) -> RawTable:
    (only,) = read(SourceFile("logs/cycles.csv", data.encode() if isinstance(data, str) else data))
    return only


def rows(found: RawTable) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def misfits(found: RawTable) -> list[tuple[int, str, str]]:
    return [(misfit.line, misfit.text, misfit.reason) for misfit in found.misfits]


def refusal(data: bytes) -> str:
    with pytest.raises(NotReadable) as refused:
        table(data)
    return str(refused.value)


def test_a_plain_table_is_read_with_the_line_of_every_record() -> None:
    found = table("Cycle,Type,Date\nA1,load,2025-01-10\nA2,leak,2025-01-11\n")
    assert found.file == "logs/cycles.csv"
    assert found.heads == ("Cycle", "Type", "Date")
    assert rows(found) == [("A1", "load", "2025-01-10"), ("A2", "leak", "2025-01-11")]
    assert found.lines.tolist() == [2, 3]
    assert (found.head_line, found.misfits, found.notes, found.log) == (1, (), (), None)


def test_columns_are_strings_without_nulls_and_lines_are_int64() -> None:
    found = table('a,b\nNA,\nnull,""\n')
    assert [column.type for column in found.columns] == [pa.string()] * 2
    assert all(isinstance(column, pa.Array) and column.null_count == 0 for column in found.columns)
    assert rows(found) == [("NA", ""), ("null", "")]
    assert isinstance(found.lines, np.ndarray) and found.lines.dtype == np.int64


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_of_every_kind_are_read(delimiter: str, end: str) -> None:
    lines = [delimiter.join(cells) for cells in (("a", "b", "c"), ("1", "2", "3"), ("4", "5", "6"))]
    for data in (end.join(lines), end.join([*lines, ""])):
        found = table(data)
        assert rows(found) == [("1", "2", "3"), ("4", "5", "6")]
        assert found.lines.tolist() == [2, 3]


def test_commas_in_prose_heads_do_not_hide_the_semicolon() -> None:
    found = table("Any allergies, asthma, epilepsy?;Name\nno;Ann\nno;Bo\n")
    assert found.heads == ("Any allergies, asthma, epilepsy?", "Name")
    assert rows(found) == [("no", "Ann"), ("no", "Bo")]


def test_decimal_commas_do_not_hide_the_semicolon() -> None:
    assert rows(table("Cycle;Temp\n1;134,2\n2;134,5\n")) == [("1", "134,2"), ("2", "134,5")]


def test_a_table_of_one_column_is_read() -> None:
    found = table('Lot\nL1\n\n"L\n2"\nL3\n')
    assert rows(found) == [("L1",), ("L\n2",), ("L3",)]
    assert found.lines.tolist() == [2, 4, 6]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_files_are_read_without_a_note(encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    found = table((mark + "Künstler,Größe\nÉva,≥ 3\n").encode(encoding))
    assert found.heads == ("Künstler", "Größe")
    assert rows(found) == [("Éva", "≥ 3")]
    assert found.notes == ()


def test_other_bytes_are_read_as_windows_1252_and_the_note_says_so() -> None:
    found = table("Name,Price\nAnn,3 €\nZoë,4 €\n".encode("cp1252"))
    assert rows(found) == [("Ann", "3 €"), ("Zoë", "4 €")]
    (note,) = found.notes
    assert "Windows-1252" in note and "line 2" in note


def test_bytes_that_windows_1252_lacks_are_counted_in_the_note() -> None:
    found = table(b"Name,x\nZo\xeb,\x81\x8d\n")
    assert rows(found) == [("Zoë", "\ufffd\ufffd")]
    assert found.notes[0].endswith(": 2.")


def test_a_damaged_utf_16_file_is_refused() -> None:
    assert "UTF-16" in refusal("\ufeffa,b\n1,2\n".encode("utf-16-le")[:-1])


def test_blank_lines_are_no_rows_and_keep_the_numbers_right() -> None:
    found = table('\n  \na,b,c\n\n1,2,3\n,,\n \t\n"",, \n4,5,6\n\n')
    assert (found.head_line, found.heads) == (3, ("a", "b", "c"))
    assert rows(found) == [("1", "2", "3"), ("4", "5", "6")]
    assert found.lines.tolist() == [5, 9]
    assert found.misfits == ()


def test_quoted_line_breaks_belong_to_the_cell_and_move_later_lines() -> None:
    found = table('a,b\n1,"x\r\ny\nz"\n2,"say ""hi"""\n"3\n",q\n4,r')
    assert rows(found) == [("1", "x\r\ny\nz"), ("2", 'say "hi"'), ("3\n", "q"), ("4", "r")]
    assert found.lines.tolist() == [2, 5, 6, 8]


def test_line_breaks_in_the_heads_become_one_space() -> None:
    found = table('"Date\n  (dd/mm/yy)","Temp.\r\n°C"\n1,2\n')
    assert found.heads == ("Date (dd/mm/yy)", "Temp. °C")
    assert (found.head_line, found.lines.tolist()) == (1, [4])


def test_double_and_blank_heads_stay_as_they_are() -> None:
    assert table("a,a,,\n1,2,3,4\n").heads == ("a", "a", "", "")


def test_ragged_records_are_reported_with_their_counts_and_never_padded() -> None:
    found = table("a,b,c\n1,2\n1,2,3\n1,2,3,4\nalone\n4,5,6\n")
    assert rows(found) == [("1", "2", "3"), ("4", "5", "6")]
    assert found.lines.tolist() == [3, 6]
    assert misfits(found) == [
        (2, "1,2", "has 2 cells, the heads name 3"),
        (4, "1,2,3,4", "has 4 cells, the heads name 3"),
        (5, "alone", "has 1 cell, the heads name 3"),
    ]
    assert {(misfit.file, misfit.column) for misfit in found.misfits} == {("logs/cycles.csv", None)}


def test_a_ragged_record_over_several_lines_is_one_misfit() -> None:
    found = table('a,b,c\n1,"x\ny"\n4,5,6\n')
    assert misfits(found) == [(2, '1,"x\ny"', "has 2 cells, the heads name 3")]
    assert found.lines.tolist() == [4]


def test_the_text_of_a_misfit_is_cut() -> None:
    (misfit,) = table("a,b\n" + "é" * 500 + "\n").misfits
    assert misfit.text == "é" * 200


def test_ragged_records_of_a_windows_1252_file_keep_their_letters() -> None:
    found = table("a,b\nZoë\nÉva,x\n".encode("cp1252"))
    assert misfits(found) == [(2, "Zoë", "has 1 cell, the heads name 2")]


@pytest.mark.parametrize("data", ["a,b\n1,2,\n3,4,\n", 'a,b\n1,2\n3,4, ,""\n', 'a,b\n1,"2",,\n3,4,,\n'])
def test_blank_cells_too_many_are_cut(data: str) -> None:
    found = table(data)
    assert rows(found) == [("1", "2"), ("3", "4")]
    assert (found.lines.tolist(), found.misfits) == ([2, 3], ())


def test_an_extra_cell_that_holds_something_is_ragged_even_if_the_others_are_blank() -> None:
    found = table("a,b\n" + "1,2,\n" * 8 + "3,4,x\n" + '"5\n6",7,,\n' + "8,9\n")
    assert misfits(found) == [(10, "3,4,x", "has 3 cells, the heads name 2")]
    assert rows(found) == [("1", "2")] * 8 + [("5\n6", "7"), ("8", "9")]
    assert found.lines.tolist() == [*range(2, 10), 11, 13]


def test_spaces_and_tabs_around_cells_and_heads_are_trimmed() -> None:
    found = table("Cycle,        Type ,   Date\nA1,           load,   2025-01-10\nA2,\tleak test ,2025-01-11\n")
    assert found.heads == ("Cycle", "Type", "Date")
    assert rows(found) == [("A1", "load", "2025-01-10"), ("A2", "leak test", "2025-01-11")]


def test_heads_alone_are_a_table_of_no_rows() -> None:
    for data in ("a,b\n", "a,b", "a,b\n\n,\n"):
        found = table(data)
        assert (found.heads, found.rows, found.misfits) == (("a", "b"), 0, ())
        assert [(len(column), column.type) for column in found.columns] == [(0, pa.string())] * 2
        assert found.lines.dtype == np.int64


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n  \n", b",,,\n\t\n", b"\xff\xfe"])
def test_an_empty_file_is_refused_and_told_how_to_state_zero_records(data: bytes) -> None:
    message = refusal(data)
    assert message.startswith("logs/cycles.csv: the file is empty") and "zero records" in message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"a,b\n1,\x00\x00\x01\n", "not a text file"),
        (b"\x01\x02\x03\x04abc,\x05\n", "not a text file"),
        (b"{\\rtf1 a,b}", "word processor"),
        (b"\xef\xbb\xbf \n<!-- x --><HTML><table><tr><td>Date", "a web page (HTML)"),
        (b"<table border=1><tr><td>Date", "a web page (HTML)"),
        (b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "Excel 2003"),
        (b'<?xml version="1.0"?>\n<log/>', "an XML file"),
        ("<html>\n".encode("utf-16"), "a web page (HTML)"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"%PDF-1.7\n", "a PDF"),
    ],
)
def test_what_is_no_text_is_refused_by_its_kind(data: bytes, kind: str) -> None:
    assert kind in refusal(data)


def test_a_torn_quote_costs_only_its_own_line() -> None:
    lines = [f"{number},load,ok,AB" for number in range(2, 200)]
    lines[97] = '99,"load,ok,AB'
    found = table("cycle,type,result,by\n" + "\n".join(lines) + "\n")
    assert [(line, text) for line, text, _ in misfits(found)] == [(99, '99,"load,ok,AB')]
    assert "never closed" in found.misfits[0].reason
    assert found.lines.tolist() == [line for line in range(2, 200) if line != 99]
    assert rows(found)[-1] == ("199", "load", "ok", "AB")


def test_two_torn_quotes_that_would_make_one_valid_record_are_told_apart() -> None:
    lines = [f"{number},load,ok,AB" for number in range(2, 100)]
    lines[10], lines[50] = '12,"load,ok,AB', '52,"load,ok,AB'
    found = table("cycle,type,result,by\n" + "\n".join(lines))
    assert [misfit.line for misfit in found.misfits] == [12, 52]
    assert found.lines.tolist() == [line for line in range(2, 100) if line not in (12, 52)]


def test_a_torn_quote_before_cells_in_quotes_costs_only_its_own_line() -> None:
    found = table('a,b,c\n1,"x,3\n2,"y, z",3\n3,"p\nq",4\n4,5,6\n')
    assert [misfit.line for misfit in found.misfits] == [2]
    assert rows(found) == [("2", "y, z", "3"), ("3", "p\nq", "4"), ("4", "5", "6")]
    assert found.lines.tolist() == [3, 4, 6]


def test_a_torn_quote_closed_by_an_inch_mark_far_below_is_found_by_the_delimiters_between() -> None:
    lines = [f"{number},needle,12,AB" for number in range(2, 40)]
    lines[0], lines[30] = '2,"needle,12,AB', '32,12",12,AB'
    found = table("no,what,size,by\n" + "\n".join(lines) + "\n")
    assert [misfit.line for misfit in found.misfits] == [2]
    assert rows(found)[29] == ("32", '12"', "12", "AB")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_torn_quote_on_the_last_line_is_found(end: str) -> None:
    found = table('a,b\n1,2\n3,"4' + end)
    assert (rows(found), [misfit.line for misfit in found.misfits]) == ([("1", "2")], [3])


def test_a_torn_quote_in_every_line_leaves_every_line_reported() -> None:
    found = table("a,b,c\n" + '1,"2,3\n' * 50)
    assert (found.rows, [misfit.line for misfit in found.misfits]) == (0, list(range(2, 52)))


def test_torn_quotes_in_a_table_of_one_column_are_found() -> None:
    found = table('Lot\nL1\n"L2\nL3\n"L4"\nL5\n')
    assert [misfit.line for misfit in found.misfits] == [3]
    assert rows(found) == [("L1",), ("L3",), ("L4",), ("L5",)]


def test_notes_of_several_lines_with_commas_are_not_taken_for_torn() -> None:
    notes = "rest\nno sun, no sea\nsoap, water, ointment"
    found = table(f'a,b\n1,"{notes}"\n2,x\n')
    assert (rows(found), found.misfits) == ([("1", notes), ("2", "x")], ())


def test_a_torn_quote_in_the_heads_is_refused_with_the_line() -> None:
    for body in ("1,2\n3,4\n", '1,"x"\n3,4\n'):
        message = refusal(b'\na,"b\n' + body.encode())
        assert message.startswith("logs/cycles.csv:2: a quote in the heads")


def test_a_first_line_too_long_for_heads_is_refused() -> None:
    assert "should hold the heads, but it holds 200001 bytes" in refusal(b"x" * 200_000 + b"\n1,2\n")


def test_misfits_come_in_the_order_of_their_lines() -> None:
    found = table('a,b,c\n1,2,3,4\n1,"2,3\n1\n1,2,3\n')
    assert [misfit.line for misfit in found.misfits] == [2, 3, 4]


def test_a_cell_longer_than_a_block_is_read() -> None:
    long = "x" * (5 << 20)
    found = table(f"a,b\n1,{long}\n2,y\n")
    assert (found.columns[1][0].as_py() == long, found.lines.tolist()) == (True, [2, 3])


def test_a_line_beyond_all_measure_is_refused_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LONGEST_CELL", 100)
    assert refusal(b"a,b\n1,2\n3," + b"x" * 300).startswith("logs/cycles.csv:3: ")


def test_no_line_end_is_lost_between_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_BLOCK", 64)
    for end in ("\n", "\r\n", "\r"):
        lines = [f"{number},{'x' * (number % 7)}" for number in range(500)]
        found = table(end.join(["a,b", *lines[:250], "", *lines[250:]]))
        assert [row[0] for row in rows(found)] == [str(number) for number in range(500)]
        assert found.lines.tolist() == [*range(2, 252), *range(253, 503)]


def test_reading_does_not_import_pandas() -> None:
    program = """
        import sys
        from smpcompliance.logs.intake.tables.delimited import read
        from smpcompliance.logs.intake.raw import SourceFile
        read(SourceFile("fast.csv", b"a,b\\n1, 2\\n\\n"))
        read(SourceFile("heads.csv", b"a,b\\n"))
        read(SourceFile("careful.csv", b'a,b\\n1,2\\n3\\n4,5,\\n"6\\n7", \\xe9\\n8,"9\\n'))
        sys.exit("pandas" in sys.modules)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False).returncode == 0


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_read_and_the_note_says_so(encoding: str) -> None:
    found = table("Date,Künstler\n1,Éva\n".encode(encoding))
    assert rows(found) == [("1", "Éva")]
    assert "UTF-16" in found.notes[0]


def test_stray_bytes_in_utf_8_are_read_as_windows_1252_and_the_note_says_so() -> None:
    found = table("Name,City\nÉva,Düren\nBjörn,é\n".encode() + b"Zo\xeb,x\n")
    assert rows(found) == [("Éva", "Düren"), ("Björn", "é"), ("Zoë", "x")]
    assert "UTF-8 but for some bytes (first on line 4)" in found.notes[0]


def test_letters_as_an_old_mac_writes_them_are_named_as_a_possibility() -> None:
    assert "old Mac" in table("Name,City\nRenée,Zürich\n".encode("mac-roman")).notes[0]
    assert "old Mac" not in table("Name,City\nRenée,Zürich\n".encode("cp1252")).notes[0]


def test_zero_bytes_within_a_text_are_shown_and_named() -> None:
    found = table(b"Date,Lot\n1,L1\n" + b"2,L2\n" * 200 + b"3,\0\0\n")
    assert rows(found)[-1] == ("3", "\ufffd\ufffd")
    assert "2 zero bytes (first on line 203)" in found.notes[0]


def test_titles_above_the_heads_are_passed_over_and_named_without_their_text() -> None:
    for pad in ("", ",,"):
        found = table(f"Log of A. Person{pad}\n\nMonth/Year:,March 2026{pad[1:]}\nDate,Lot,Result\n1,L1,ok\n")
        assert (found.heads, found.head_line, rows(found)) == (("Date", "Lot", "Result"), 4, [("1", "L1", "ok")])
        assert found.lines.tolist() == [5]
        assert found.notes == ("lines 1 and 3 stand above the heads (line 4) and are not read",)


def test_titles_do_not_hide_the_delimiter() -> None:
    found = table("Autoclave, room 2\nDate;Lot;Temperature\n1;L1;134,2\n")
    assert (found.heads, rows(found)) == (("Date", "Lot", "Temperature"), [("1", "L1", "134,2")])


def test_heads_on_two_lines_are_put_together() -> None:
    found = table("Date,Client,Needle,,Ink,\n,,Lot,Expiry,Lot,Expiry\n1,2,3,4,5,6\n")
    assert found.heads == ("Date", "Client", "Needle Lot", "Needle Expiry", "Ink Lot", "Ink Expiry")
    assert (found.head_line, found.lines.tolist()) == (2, [3])
    assert found.notes == ("the heads stand on lines 1 and 2; a label and a head below it are one head",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("blank", ["", ",,", "  "])
def test_new_heads_behind_a_blank_line_begin_a_table_of_their_own(end: str, blank: str) -> None:
    lines = ["Date,Lot", "1,L1", "", "2,L2", blank, '"Date",Lot,Result', "3,L3,ok", blank, "Date,Lot,Result", "4,L4,ok"]
    first, second = read(SourceFile("a.csv", end.join(lines).encode()))
    assert (first.heads, first.head_line, first.lines.tolist()) == (("Date", "Lot"), 1, [2, 4])
    assert (second.heads, second.head_line, second.lines.tolist()) == (("Date", "Lot", "Result"), 6, [7, 10])
    assert rows(second) == [("3", "L3", "ok"), ("4", "L4", "ok")]
    assert first.notes == ("2 tables stand in this file, each below heads of its own (lines 1 and 6)",)
    assert second.notes == ("line 9: the heads once more; not read as a record",)


def test_a_title_over_new_heads_belongs_to_their_table() -> None:
    first, second = read(SourceFile("a.csv", b"Date,Lot\n1,L1\n\nPart B\nDate,Lot,Result\n3,L3,ok\n"))
    assert (rows(first), rows(second)) == ([("1", "L1")], [("3", "L3", "ok")])
    assert second.notes == ("line 4 stands above the heads (line 5) and is not read",)


def test_heads_of_a_table_without_records_beside_another_state_nothing() -> None:
    first, second = read(SourceFile("a.csv", b"Date,Lot\n\nDate,Lot,Result\n3,L3,ok\n"))
    assert (states_nothing(first), states_nothing(second)) == (True, False)


def test_heads_within_quotes_or_records_behind_a_blank_line_begin_no_table() -> None:
    assert rows(table('Date,Notes\n1,"see\n\nDate,Lot\n"\n')) == [("1", "see\n\nDate,Lot\n")]
    assert table("Date,Lot\n1,L1\n\n2026-03-04,lot\n").rows == 2


def test_more_tables_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MOST_TABLES", 2)
    monkeypatch.setattr(heads, "MOST_TABLES", 2)
    assert "at most 2 tables" in refusal(b"Date,Lot\n\nDate,Result\n\nDate,Lot\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_bare_quotes_as_ditto_marks_are_read_where_nothing_else_fits(delimiter: str) -> None:
    lines = ["Date,Lot,By", "1,L1,AB", '2,",AB', '3,","', '4,L2,"AB"', '",", "']
    found = table("\n".join(lines).replace(",", delimiter))
    assert rows(found) == [
        ("1", "L1", "AB"),
        ("2", "L1", "AB"),
        ("3", "L1", "AB"),
        ("4", "L2", "AB"),
        ("4", "L2", "AB"),
    ]
    assert found.lines.tolist() == [2, 3, 4, 5, 6]
    assert found.notes[0] == "a quote alone in a cell was read as a ditto mark: 6"


def test_bare_quotes_beside_cells_of_several_lines_are_no_ditto_marks() -> None:
    text = 'Date,Lot,Notes\n1,L1,"\nsoap"\n2,L2,"a,"\n'
    assert rows(table(text)) == [("1", "L1", "\nsoap"), ("2", "L2", "a,")]
    found = table('Date,Lot,Notes\n1,L1,x\n2,",y\n3,L3,"two\nlines"\n')
    assert rows(found) == [("1", "L1", "x"), ("3", "L3", "two\nlines")]
    assert [misfit.line for misfit in found.misfits] == [3]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.text(st.sampled_from('ab,;"\n\té '), max_size=5).map("w{}w".format)] * 3), min_size=1, max_size=8
    )
)
def test_what_is_written_is_read(records: list[tuple[str, ...]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("Date", "Lot", "Notes"), *records])
    found = table(text.getvalue())
    assert rows(found) == records
    lines = [2 + sum(1 + "".join(record).count("\n") for record in records[:at]) for at in range(len(records))]
    assert (found.lines.tolist(), found.misfits) == (lines, ())


Expected = tuple[tuple[str, ...], int, list[tuple[tuple[str, ...], int]], list[tuple[int, str, str]]]


def by_csv_reader(text: str, delimiter: str) -> Expected:
    """What the standard library makes of the same text: heads, their line, rows with lines, ragged records."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
    reader = csv.reader(lines, delimiter=delimiter)
    heads: tuple[str, ...] = ()
    head_line = 0
    kept: list[tuple[tuple[str, ...], int]] = []
    ragged: list[tuple[int, str, str]] = []
    before = 0
    for record in reader:
        cells = [cell.strip(" \t") for cell in record]
        line, before, start = before + 1, reader.line_num, before
        if not any(cells):
            continue
        if not heads:
            heads, head_line = tuple(" ".join(cell.split()) for cell in record), line
        elif len(cells) < len(heads) or any(cells[len(heads) :]):
            raw = "".join(lines[start : reader.line_num]).rstrip("\r\n")
            count = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
            ragged.append((line, raw[:200], f"has {count}, the heads name {len(heads)}"))
        else:
            kept.append((tuple(cells[: len(heads)]), line))
    return heads, head_line, kept, ragged


def random_cell(draw: random.Random, delimiter: str, end: str, oddities: bool) -> str:
    letters = [*"abc 12.-éüß€", '"', "'", "/"]
    text = "".join(draw.choice(letters) for _ in range(draw.choice((0, 1, 3, 8))))
    shape = draw.random()
    if oddities and shape < 0.06:
        return '"' + text.replace('"', '""') + draw.choice(("\n", "\r\n", end)) + text.replace('"', '""') + '"'
    if shape < 0.25:
        return '"' + text.replace('"', '""') + draw.choice(("", delimiter, ", ; ")) + '"'
    return text.lstrip('"')


def random_file(draw: random.Random) -> tuple[str, str]:
    """A text and its delimiter: sometimes clean, sometimes with everything that happens to exports but torn quotes."""
    delimiter, end = draw.choice(",;\t"), draw.choice(("\n", "\r\n", "\r"))
    width, oddities = draw.randint(2, 6), draw.random() < 0.7
    heads = [f'"head{end}{n}"' if oddities and draw.random() < 0.1 else f"head {n}" for n in range(width)]
    records = [""] * draw.choice((0, 0, 2)) + [delimiter.join(heads)]
    trailing = draw.random() < 0.2
    for _ in range(draw.randint(0, 30)):
        shape = draw.random()
        cells = width + (draw.choice((-1, 1, 2)) if oddities and shape < 0.1 else 0)
        record: Sequence[str] = [random_cell(draw, delimiter, end, oddities) for _ in range(cells)]
        if trailing and draw.random() < 0.9:
            record = [*record, ""]
        records.append("" if shape > 0.95 else delimiter.join(record))
    return end.join(records) + draw.choice(("", end)), delimiter


@pytest.mark.parametrize("seed", range(40))
def test_random_files_read_as_the_standard_library_reads_them(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "tidied", lambda table, alone: table)
    draw = random.Random(seed)
    for _ in range(25):
        text, delimiter = random_file(draw)
        encoding = draw.choice(("utf-8", "utf-8-sig", "utf-16", "cp1252"))
        found = table(text.encode(encoding))
        heads, head_line, kept, ragged = by_csv_reader(text, delimiter)
        assert (found.heads, found.head_line) == (heads, head_line), text
        assert list(zip(rows(found), found.lines.tolist(), strict=True)) == kept, text
        assert misfits(found) == ragged, text
        assert bool(found.notes) == (encoding == "cp1252" and not text.isascii()), text


@pytest.mark.parametrize("seed", range(20))
def test_the_fast_and_the_careful_way_give_the_same_table(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(1000 + seed)
    texts = [random_file(draw)[0] for _ in range(15)]
    either = [table(text) for text in texts]
    monkeypatch.setattr(delimited, "_read_fast", lambda text, heads: None)
    for text, first in zip(texts, either, strict=True):
        careful = table(text)
        assert (rows(first), first.lines.tolist(), first.misfits) == (
            rows(careful), careful.lines.tolist(), careful.misfits,
        ), text  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_torn_quotes_at_random_places_cost_their_own_lines_and_no_others(seed: int) -> None:
    draw = random.Random(2000 + seed)
    width = draw.randint(4, 8)
    lines = [[f"r{n}c{cell}" for cell in range(width)] for n in range(120)]
    for cells in lines:
        if draw.random() < 0.3:
            cells[draw.randrange(width)] = '"in, quotes"'
    torn = sorted(draw.sample(range(120), draw.randint(1, 12)))
    for number in torn:
        lines[number] = [f"r{number}c{cell}" for cell in range(width)]
        lines[number][draw.randrange(width)] = '"torn'
    text = "\n".join([",".join(f"h{cell}" for cell in range(width)), *map(",".join, lines)]) + "\n"
    found = table(text)
    assert [misfit.line for misfit in found.misfits] == [number + 2 for number in torn]
    assert found.lines.tolist() == [number + 2 for number in range(120) if number not in torn]
