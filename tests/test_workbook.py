"""Workbooks: every sheet, cells as the sheet shows them, rows as a person counts them; what is damaged is refused kindly."""

import io
import random
import re
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.intake.raw import DATE, NUMBER, TEXT, NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.tables import workbook, workbook_scan
from smpcompliance.logs.intake.tables.tidy import HEADS_ONLY, states_nothing
from smpcompliance.logs.intake.tables.workbook import read, recognises
from smpcompliance.logs.intake.tables.workbook_scan import in_format, plain

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def of(*sheets: list[list[Any]]) -> Workbook:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"S{number + 1}")
        for row in rows:
            sheet.append(row)
    return book


def tables(data: bytes | Workbook) -> tuple[RawTable, ...]:
    return read(SourceFile("logs/a.xlsx", data if isinstance(data, bytes) else saved(data)))


def one(data: bytes | Workbook) -> RawTable:
    (only,) = tables(data)
    return only


def rows(found: RawTable) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def refusal(data: bytes | Workbook) -> str:
    with pytest.raises(NotReadable) as refused:
        tables(data)
    return str(refused.value)


def with_sheet(xml: bytes, **others: bytes) -> bytes:
    """A workbook of one sheet whose file is given."""
    return changed(saved(of([["a"]])), {"xl/worksheets/sheet1.xml": xml, **others})


def changed(data: bytes, files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, files.pop(name, before.read(name)))
        for name, content in files.items():
            after.writestr(name, content)
    return out.getvalue()


def sheet_xml(body: bytes, prefix: bytes = b"") -> bytes:
    name = b"xmlns:" + prefix[:-1] if prefix else b"xmlns"
    return (
        b"<" + prefix + b"worksheet " + name + b'="' + MAIN + b'"><' + prefix + b"sheetData>"
        + body + b"</" + prefix + b"sheetData></" + prefix + b"worksheet>"
    )  # fmt: skip


HEADS_XML = (
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>Date</t></is></c><c r="B1" t="inlineStr"><is><t>Lot</t></is></c></row>'
)


def ods(body: str, manifest: str = "<m/>") -> bytes:
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    text = f'<?xml version="1.0"?><office:document-content{names} xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body><office:spreadsheet><table:table table:name="log">{body}</table:table></office:spreadsheet></office:body></office:document-content>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", text)
        archive.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def ods_row(*cells: str) -> str:
    shown = "".join(
        cell
        if cell.startswith("<")
        else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        for cell in cells
    )
    return f"<table:table-row>{shown}</table:table-row>"


def test_cells_come_as_the_sheet_shows_them() -> None:
    shown = {
        3: "3", 134.0: "134", 134.2: "134.2", 0.1 + 0.2: "0.3", True: "true", "x ": "x",
        date(2026, 3, 4): "2026-03-04", datetime(2026, 3, 4, 14, 10): "2026-03-04 14:10",
        datetime(2026, 3, 4, 14, 10, 5): "2026-03-04 14:10:05", time(14, 10): "14:10", time(0, 5, 30): "00:05:30",
        timedelta(hours=30, minutes=5): "30:05", timedelta(minutes=5, seconds=7): "0:05:07",
    }  # fmt: skip
    found = one(of([[f"head {n}" for n in range(len(shown))], list(shown)]))
    assert rows(found) == [tuple(shown.values())]
    assert [kind[0] for kind in found.native] == [NUMBER] * 4 + [TEXT] * 2 + [DATE] * 7
    assert (found.sheet, found.hidden, found.head_line, found.lines.tolist()) == ("S1", False, 1, [2])


def test_number_formats_of_percent_and_leading_zeros_are_kept() -> None:
    book = of([["Lot", "Humidity", "Code", "Price"], [123, 0.455, 71234, 12.5], ["", 0.5, 1.5, ""]])
    for cell, code in {
        "A2": "00000",
        "B2": "0.0%",
        "B3": "0%",
        "C2": "000-000",
        "C3": "0000",
        "D2": '"$"#,##0.00',
    }.items():
        book["S1"][cell].number_format = code
    assert rows(one(book)) == [("00123", "45.5%", "071-234", "12.5"), ("", "50%", "1.5", "")]


def test_dates_of_a_workbook_that_counts_from_1904_are_right() -> None:
    book = of([["Date", "Lot"]])
    book.epoch = CALENDAR_MAC_1904
    book["S1"].append([date(2026, 3, 4), "L1"])
    assert rows(one(book)) == [("2026-03-04", "L1")]


def test_every_sheet_is_read_and_hidden_ones_say_so() -> None:
    book = of([["Date", "Lot"], ["1", "L1"]], [["Date", "Result"], ["2", "ok"]], [["Date", "Type"], ["3", "x"]], [])
    book["S2"].sheet_state, book["S3"].sheet_state = "hidden", "veryHidden"
    found = tables(book)
    assert [(t.sheet, t.hidden, rows(t)) for t in found] == [
        ("S1", False, [("1", "L1")]), ("S2", True, [("2", "ok")]), ("S3", True, [("3", "x")]),
    ]  # fmt: skip


def test_lines_are_the_rows_of_the_sheet_and_blank_rows_and_columns_are_left_out() -> None:
    book = of([])
    for cell, value in {"C4": "Date", "E4": "Lot", "C5": "1", "E5": "L1", "E9": "L2", "G9": " "}.items():
        book["S1"][cell] = value
    found = one(book)
    assert (found.heads, found.head_line, found.lines.tolist()) == (("Date", "Lot"), 4, [5, 9])
    assert rows(found) == [("1", "L1"), ("", "L2")]


def test_titles_are_passed_over_and_named_by_their_rows_without_their_text() -> None:
    found = one(of([["Autoclave log of A. Person"], ["Month/Year:", "March 2026"], ["Date", "Lot"], ["1", "L1"]]))
    assert (found.heads, found.head_line) == (("Date", "Lot"), 3)
    assert found.notes == ("rows 1 and 2 stand above the heads (row 3) and are not read",)


def test_merged_labels_and_merged_cells() -> None:
    book = of([
        ["Date", "Client", "Needle", "", "Ink", ""], ["", "", "Lot", "Expiry", "Lot", "Expiry"],
        ["4 May", "C1", "N1", "x", "I1", "y"], ["", "C2", "N2", "x", "I2", "y"],
    ])  # fmt: skip
    for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "A3:A4"):
        book["S1"].merge_cells(area)
    found = one(book)
    assert found.heads == ("Date", "Client", "Needle Lot", "Needle Expiry", "Ink Lot", "Ink Expiry")
    assert found.columns[0].to_pylist() == ["4 May", "4 May"]
    assert any("cover several rows" in note for note in found.notes)
    assert "the heads stand on rows 1 and 2; a label and a head below it are one head" in found.notes


def test_further_heads_behind_a_blank_row_begin_a_table_of_their_own() -> None:
    found = tables(of([
        ["Date", "Lot"], ["1", "L1"], [], ["2", "L2"], [], ["Part B"], ["Date", "Result", "Type"], ["3", "ok", "x"], [], ["Date", "Result", "Type"], ["4", "ok", "x"],
    ]))  # fmt: skip
    assert [(t.heads, t.head_line, t.lines.tolist()) for t in found] == [
        (("Date", "Lot"), 1, [2, 4]), (("Date", "Result", "Type"), 7, [8, 11]),
    ]  # fmt: skip
    assert found[1].notes[0] == "row 6 stands above the heads (row 7) and is not read"


def test_a_sheet_of_heads_only_states_nothing_beside_others_and_zero_alone() -> None:
    heads = ["Date", "Lot"]
    assert not states_nothing(one(of([heads])))
    first, second, third = tables(of([heads], [heads, ["none"]], [heads, ["1", "L1"]]))
    assert (states_nothing(first), first.notes) == (True, (HEADS_ONLY,))
    assert (states_nothing(second), second.rows) == (False, 0)
    assert (states_nothing(third), third.rows) == (False, 1)


def test_errors_and_formulas_that_were_never_calculated_are_unread_and_reported() -> None:
    book = of([["Date", "Lot", "Sum"], ["1", "#N/A", "=1+1"], ["2", "L2", ""]])
    book["S1"]["B2"].data_type = "e"
    found = one(book)
    assert rows(found) == [("1", UNREAD, UNREAD), ("2", "L2", "")]
    assert [(m.sheet, m.line, m.column, m.text) for m in found.misfits] == [
        ("S1", 2, "Lot", "#N/A"),
        ("S1", 2, "Sum", ""),
    ]
    assert "never calculated" in found.misfits[1].reason


def test_a_formula_counts_with_the_value_it_was_saved_with() -> None:
    body = HEADS_XML + (
        b'<row r="2"><c r="A2" t="str"><f>B2&amp;1</f><v>x1</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
        b'<row r="3"><c r="A3" t="str"><f>""</f><v></v></c><c r="B3"><v>3</v></c></row>'
    )
    found = one(with_sheet(sheet_xml(body)))
    assert (rows(found), found.misfits) == ([("x1", "2"), ("", "3")], ())


def test_many_errors_of_a_column_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_REPORTED", 2)
    book = of([["Date", "Lot"], *([n, "#N/A"] for n in range(5))])
    for n in range(2, 7):
        book["S1"][f"B{n}"].data_type = "e"
    assert [m.line for m in one(book).misfits] == [2, 3, 4]
    assert "3 (rows 4, 5 and 6)" in one(book).misfits[2].reason


def test_rows_hidden_by_a_filter_are_read_and_named() -> None:
    book = of([["Date", "Lot"], ["1", "L1"], ["2", "L2"]])
    book["S1"].row_dimensions[3].hidden = True
    assert one(book).rows == 2
    assert one(book).notes == ("rows that the sheet hides, by a filter or by hand, are read too: 1",)


def test_numbers_longer_than_a_workbook_keeps_are_named() -> None:
    found = one(of([["Lot", "Date"], [1234567890123456789, "1"]]))
    assert found.columns[0].to_pylist() == ["1234567890123460000"]
    assert "more than 15 digits stand in 1 cells" in found.notes[0]


@pytest.mark.parametrize("code", ["00000", "0000-0", '"A"0000'])
def test_digits_fill_a_format_from_the_right(code: str) -> None:
    assert in_format(12, code) == {"00000": "00012", "0000-0": "0001-2", '"A"0000': "A0012"}[code]
    assert in_format(1234567, code).replace("-", "").endswith("1234567")


def test_numbers_are_written_without_exponent() -> None:
    assert [plain(n) for n in (1e20, 1e-7, 0.1, 134.25)] == ["100000000000000000000", "0.0000001", "0.1", "134.25"]


@pytest.mark.parametrize(("prefix", "quote"), [(b"x:", b'"'), (b"", b"'")])
def test_unusual_xml_is_looked_through_alike(prefix: bytes, quote: bytes) -> None:
    body = HEADS_XML + b'<row r="2" hidden="1"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><v>7</v></c></row>'
    body = re.sub(rb"<(/?)", rb"<\1" + prefix, body)
    found = one(with_sheet(sheet_xml(body, prefix).replace(b'"', quote)))
    assert (rows(found), [m.text for m in found.misfits]) == ([(UNREAD, "7")], ["#REF!"])
    assert found.notes == ("rows that the sheet hides, by a filter or by hand, are read too: 1",)


def test_cells_without_a_place_are_counted_from_the_left() -> None:
    body = b'<row><c t="inlineStr"><is><t>Date</t></is></c><c t="inlineStr"><is><t>Lot</t></is></c></row><row><c t="e"><v>#N/A</v></c><c><v>7</v></c></row>'
    found = one(with_sheet(sheet_xml(body)))
    assert [(m.line, m.column) for m in found.misfits] == [(2, "Date")]


def test_an_opendocument_spreadsheet_is_read() -> None:
    body = ods_row("Date", "Lot", "Humidity", "Passed", "Sum") + ods_row(
        '<table:table-cell office:value-type="date" office:date-value="2026-03-04"><text:p>4.3.26</text:p></table:table-cell>',
        '<table:table-cell office:value-type="float" office:value="123"><text:p>00123</text:p></table:table-cell>',
        '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></table:table-cell>',
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>',
        '<table:table-cell table:formula="of:=#N/A" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>',
    )  # fmt: skip
    source = SourceFile("a.ods", ods(body))
    assert recognises(source)
    (found,) = read(source)
    assert rows(found) == [("2026-03-04", "00123", "50%", "true", UNREAD)]
    assert [(m.line, m.column, m.text) for m in found.misfits] == [(2, "Sum", "#N/A")]


def test_blank_repeated_rows_of_an_opendocument_cost_nothing_and_filled_ones_are_refused() -> None:
    heads = ods_row("Date", "Lot")
    blank = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    (found,) = read(SourceFile("a.ods", ods(heads + blank)))
    assert found.rows == 0
    filled = blank.replace("/></", ' office:value-type="float" office:value="1"/></')
    with pytest.raises(NotReadable, match="a cell far out, at XFD"):
        read(SourceFile("a.ods", ods(heads + filled)))


def test_sheets_that_together_cover_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = [["Date", "Lot", *[""] * 40], ["2026-03-04", "L1", *[""] * 39, "x"]]
    book = of(wide, wide, wide)
    monkeypatch.setattr(workbook, "MOST_COLUMNS", 100)
    assert "down to 'S3' cover 252 cells in 126 columns" in refusal(book)
    monkeypatch.setattr(workbook, "MOST_COLUMNS", 200)
    assert len(tables(book)) == 3


def test_an_opendocument_spreadsheet_that_is_no_whole_xml_is_refused() -> None:
    whole = ods(ods_row("Date", "Lot"))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        content = archive.read("content.xml")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content.replace(b"</table:table>", b"</table:ta"))
    assert "damaged" in refusal(out.getvalue())


def test_workbooks_are_recognised_by_what_they_hold() -> None:
    assert recognises(SourceFile("a.csv", saved(of([["a"]]))))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("sessions.csv", "a,b")
    assert not recognises(SourceFile("a.xlsx", zipped.getvalue()))
    assert not recognises(SourceFile("a.xlsx", b"Date,Lot\n"))
    assert not recognises(SourceFile("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600))


def test_a_workbook_without_cells_is_refused() -> None:
    assert "no sheet of this workbook holds any cell" in refusal(of([], []))


def test_formulas_alone_that_were_never_calculated_are_refused_with_advice() -> None:
    assert "never calculated" in refusal(of([["=1+1"]]))


@pytest.mark.parametrize("place", ["XFD1048576", "A4294967295", "ZZZZZ1", "B0", "7"])
def test_a_cell_far_out_or_nowhere_is_refused(place: str) -> None:
    body = HEADS_XML + b'<row r="2"><c r="' + place.encode() + b'"><v>1</v></c></row>'
    assert "far out" in refusal(with_sheet(sheet_xml(body))) or "there is no cell" in refusal(
        with_sheet(sheet_xml(body))
    )


def test_a_lying_dimension_and_styled_cells_far_out_cost_nothing() -> None:
    body = HEADS_XML + b'<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    xml = sheet_xml(body).replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
    assert one(with_sheet(xml)).heads == ("Date", "Lot")


def test_a_lying_count_of_texts_costs_nothing() -> None:
    texts = b'<sst xmlns="' + MAIN + b'" count="4294967295" uniqueCount="4294967295"><si><t>L1</t></si></sst>'
    body = HEADS_XML + b'<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    book = changed(with_sheet(sheet_xml(body)), {"xl/sharedStrings.xml": texts})
    rels = zipfile.ZipFile(io.BytesIO(book)).read("xl/_rels/workbook.xml.rels")
    target = b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    book = changed(book, {"xl/_rels/workbook.xml.rels": rels.replace(b"</Relationships>", target)})
    assert rows(one(book)) == [("L1", "")]


def test_an_archive_larger_than_is_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_scan, "LARGEST_UNPACKED", 1000)
    assert "at most 5000 files of 1000 bytes" in refusal(of([["a"]]))


def test_a_size_that_lies_is_found() -> None:
    data = bytearray(saved(of([["a" * 5000]])))
    entry = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/worksheets/sheet1.xml"))
    struct.pack_into("<I", data, entry + 24, 10)
    assert "damaged" in refusal(bytes(data))


def test_xml_entities_are_refused() -> None:
    assert "entities" in refusal(with_sheet(b'<!DOCTYPE a [<!ENTITY b "c">]>' + sheet_xml(HEADS_XML)))


def test_passwords_are_named() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le")
    assert recognises(SourceFile("a.xlsx", ole))
    assert "protected by a password" in refusal(ole)
    assert "protected by a password" in refusal(ods("", "<encryption-data/>"))


def test_damage_is_said_kindly() -> None:
    whole = saved(of([["Date", "Lot"], ["1", "L1"]]))
    for data in (whole[: len(whole) // 2], b"PK\x03\x04xl/workbook.xml", with_sheet(b"<worksheet><sheetData>")):
        assert "the workbook is damaged" in refusal(data)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600 + "Workbook".encode("utf-16-le")
    assert "save it anew as .xlsx" in refusal(ole)


CELL = st.one_of(
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=6).map(lambda text: f"w{text}"),
    st.integers(-(10**9), 10**9),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_what_is_written_is_read(cells: list[tuple[Any, ...]]) -> None:
    found = one(of([["Date", "Lot", "Result"], *map(list, cells)]))
    assert rows(found) == [tuple(str(c).lower() if isinstance(c, bool) else str(c) for c in row) for row in cells]
    assert found.lines.tolist() == list(range(2, len(cells) + 2))


OLD = (Path(__file__).parent / "data" / "old_workbook.xls").read_bytes()


def test_an_old_workbook_whose_list_of_streams_is_cut_off_is_refused_in_silence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    hostile = (Path(__file__).parent / "data" / "hostile" / "streams.xls").read_bytes()
    with pytest.raises(NotReadable, match="its list of streams is cut off"):
        read(SourceFile("a.xls", hostile))
    assert capfd.readouterr() == ("", "")


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    assert recognises(SourceFile("a.xls", OLD))
    cycles, notes = read(SourceFile("a.xls", OLD))
    assert rows(cycles) == [
        ("2026-03-04", "00123", "50%", "pass", "134.2"),
        ("2026-03-05 14:10", "00007", "45.5%", UNREAD, "134"),
    ]
    assert [(m.sheet, m.line, m.column, m.text) for m in cycles.misfits] == [("cycles", 3, "Result", "#N/A")]
    assert (notes.hidden, notes.rows, states_nothing(notes)) == (True, 0, False)


def test_an_old_workbook_whose_sheet_covers_too_much_is_refused() -> None:
    dimensions = struct.pack("<HHIIHH", 0x0200, 14, 0, 3, 0, 5)
    assert dimensions in OLD
    for low, high in ((9, 3), (0, 1 << 30)):
        lying = OLD.replace(dimensions, struct.pack("<HHIIHH", 0x0200, 14, low, high, 0, 5))
        assert "is said to reach" in refusal(lying)


def test_an_old_workbook_with_bytes_changed_is_read_or_refused() -> None:
    draw = random.Random(1)
    for _ in range(60):
        data = bytearray(OLD)
        for _ in range(draw.choice((1, 5, 20))):
            data[draw.randrange(len(data))] = draw.choice((0, 1, 255))
        try:
            read(SourceFile("a.xls", bytes(data)))
        except NotReadable as refused:
            assert str(refused).startswith("a.xls: ")
