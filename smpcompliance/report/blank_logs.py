"""Empty logs to be filled in: one workbook with a sheet for each log, and the heads of each log as CSV.

Everything is made from the schemas; the words of the workbook and the values of its example rows are in
`templates/logs/workbook.yaml`. What an owner types into the workbook is read back without any mapping.
"""

import csv
import io
import zipfile
from datetime import datetime
from functools import cache
from importlib import resources
from math import ceil
from typing import TYPE_CHECKING, Any

from smpcompliance.logs.blank import EXAMPLE, HOW_TO, LISTS
from smpcompliance.logs.schema import LOGS, Column, schema
from smpcompliance.report.words import Words
from smpcompliance.yamlio import parse

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

Value = str | int | float | datetime

_LAST_ROW = 1048576  # of a sheet in Excel and LibreOffice
_LONGEST_LIST = 255  # characters of a list of words that Excel takes in a drop-down itself
_MADE = datetime(1980, 1, 1)  # the earliest day a zip file can name; the same workbook is always the same bytes
_OPEN, _PRIVATE, _GREY, _PALE = "1F4E5F", "9C2F2F", "808080", "F2F2F2"  # RGB of heads, private heads, examples
_TYPEFACE = "Calibri"
_FORMAT = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "number": "General", "whole": "0"}
_WIDTH = {"date": 12, "moment": 19, "number": 10, "whole": 10, "flag": 8, "duration": 10, "id": 18}  # characters
_WIDEST, _TEXT_WIDTH, _PAGE_WIDTH = 34, 26, 200  # characters; so many are still legible across a printed page
_HOW_TO_WIDTHS, _LINE = {"A": 30, "B": 90, "C": 42}, 15  # characters; points


def heads(log: str) -> tuple[Column, ...]:
    """The columns of a log that a person fills in, in the order of the schema."""
    return tuple(column for column in schema(log).columns.values() if not column.derived)


def blank_csv(log: str) -> bytes:
    """A CSV file of this log with its heads only (UTF-8)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(column.name for column in heads(log))
    return text.getvalue().encode()


def example(log: str) -> dict[str, Value]:
    """A plausible record of a log: column → text, number, or moment (also for dates), as it stands in a workbook."""
    return {column.name: _example(log, column) for column in heads(log)}


def workbook() -> bytes:
    """The workbook of all blank logs (XLSX); always the same bytes for the same schemas."""
    from openpyxl import Workbook

    book = Workbook()
    _explain(book.active)
    lists = book.create_sheet(LISTS)
    for log in LOGS:
        _log_sheet(book.create_sheet(log, len(book.sheetnames) - 1), log, lists)
    lists.sheet_state = "hidden"
    return _fixed(book)


@cache
def _source() -> dict[str, Any]:
    file = resources.files("smpcompliance.templates") / "logs" / "workbook.yaml"
    content: dict[str, Any] = parse(file.read_text("utf-8"), "logs/workbook.yaml").data
    return content


def _words() -> Words:
    return Words("en", _source())


def _example(log: str, column: Column) -> Value:
    if column.type == "id":
        return f"{schema(column.to or log).key.removesuffix('_id').replace('_', '-')}-1"
    given = _source()["examples"]
    value = given.get(f"{log}.{column.name}", given.get(column.name))
    if value is None:
        value = column.one_of[0] if column.one_of else _source()["types"][column.type]
    shown: Value = datetime.fromisoformat(value) if column.type in ("date", "moment") else value
    return shown


def _note(log: str, column: Column) -> str:
    """What the note on a head says: what the column means and how its cells are written."""
    known, words = schema(log), _words()
    said = [f"{column.about}."]
    if column.name == known.key:
        said += [words("notes.key"), words("notes.made_key", columns=", ".join(known.made_key))]
    elif column.to:
        said.append(words("notes.link", log=column.to, column=schema(column.to).key))
    if column.unit:
        said.append(words(f"notes.{column.type}_in", unit=column.unit))
    elif column.type not in ("id", "text"):
        said.append(words(f"notes.{column.type}", words=", ".join(column.one_of)))
    if column.month_end:
        said.append(words("notes.month_end"))
    if column.private:
        said.append(words("notes.private"))
    return " ".join(said)


def _log_sheet(sheet: "Worksheet", log: str, lists: "Worksheet") -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    columns, values = heads(log), example(log)
    for n, column in enumerate(columns, 1):
        letter, style = get_column_letter(n), _FORMAT.get(column.type, "@")
        head, shown = sheet.cell(1, n, column.name), sheet.cell(2, n, EXAMPLE if n == 1 else values[column.name])
        head.font = Font(name=_TYPEFACE, size=11, bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", fgColor=_PRIVATE if column.private else _OPEN)
        head.alignment = Alignment(vertical="center")
        note = _note(log, column)
        head.comment = Comment(note, "smpcompliance", width=340, height=40 + 18 * (len(note) // 45 + 1))
        shown.font = Font(name=_TYPEFACE, size=11, italic=True, color=_GREY)
        shown.fill = PatternFill("solid", fgColor=_PALE)
        shown.number_format = style
        sheet.column_dimensions[letter].width = _width(column)
        sheet.column_dimensions[letter].number_format = style
        if offered := _offered(column, lists):
            offered.add(f"{letter}2:{letter}{_LAST_ROW}")
            sheet.add_data_validation(offered)
    sheet.row_dimensions[1].height = 22  # points
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}2"
    sheet.sheet_properties.tabColor = _tab_color(log)
    sheet.print_title_rows, sheet.print_title_cols = "1:1", "A:A"
    _landscape(sheet, pages=ceil(sum(_width(column) for column in columns) / _PAGE_WIDTH))


def _width(column: Column) -> int:
    """Width of a column in characters: the head with its filter arrow, and what usually stands below."""
    longest = max((len(word) + 2 for word in column.one_of), default=0) if column.type == "word" else 0
    usual = longest or _WIDTH.get(column.type, _TEXT_WIDTH)
    return min(max(usual, len(column.name) + 4), _WIDEST)


def _offered(column: Column, lists: "Worksheet") -> "DataValidation | None":
    """What a cell of a column takes: a word of a drop-down, or a date (else only a warning); None for anything."""
    from openpyxl.worksheet.datavalidation import DataValidation

    title = column.name[:32]
    if column.type in ("date", "moment"):
        text = _words()("warnings.date")
        return DataValidation(
            type="date", operator="greaterThan", formula1="1", allow_blank=True, errorStyle="warning",
            showErrorMessage=True, errorTitle=title, error=text,
        )  # fmt: skip
    offered = column.one_of if column.type == "word" else ("yes", "no") if column.type == "flag" else ()
    if not offered:
        return None
    return DataValidation(
        type="list", formula1=_list_of(column.name, offered, lists), allow_blank=True,
        showErrorMessage=True, errorTitle=title, error=_words()("warnings.word"),
    )  # fmt: skip


def _list_of(name: str, offered: tuple[str, ...], lists: "Worksheet") -> str:
    """A drop-down's words as the formula names them: themselves, or their cells on the sheet of lists."""
    from openpyxl.utils import get_column_letter

    said = ",".join(offered)
    if len(said) <= _LONGEST_LIST:
        return f'"{said}"'
    at = 1 if lists["A1"].value is None else lists.max_column + 1
    for row, word in enumerate((name, *offered), 1):
        lists.cell(row, at, word)
    letter = get_column_letter(at)
    return f"{LISTS}!${letter}$2:${letter}${len(offered) + 1}"


def _explain(sheet: "Worksheet") -> None:
    """The first sheet: how the others are filled in, and what each is for."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink

    words, bold = _words(), Font(name=_TYPEFACE, size=11, bold=True)
    sheet.title = HOW_TO
    sheet.append([words("title")])
    sheet["A1"].font = Font(name=_TYPEFACE, bold=True, size=16)
    for part in _source()["intro"]:
        for n, text in enumerate(part["text"]):
            sheet.append(["" if n else part["heading"], text])
            sheet.cell(sheet.max_row, 1).font = bold
    sheet.append([""])
    sheet.append([words(f"table.{name}") for name in ("sheet", "holds", "needed")])
    for cell in sheet[sheet.max_row]:
        cell.font = bold
    for group in _source()["needed"]:
        for log in group["logs"]:
            sheet.append([log, f"{schema(log).title}. {schema(log).about}", group["who"]])
            name, _, who = sheet[sheet.max_row]
            name.hyperlink = Hyperlink(ref=name.coordinate, location=f"'{log}'!A1")
            name.font = Font(name=_TYPEFACE, size=11, underline="single", color="0563C1")
            who.fill = PatternFill("solid", fgColor=_tab_color(log))
    for letter, width in _HOW_TO_WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        lines = [ceil(len(cell.value or "") / _HOW_TO_WIDTHS[cell.column_letter]) for cell in row]
        sheet.row_dimensions[row[0].row].height = _LINE * max(1, *lines)
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    _landscape(sheet, pages=1)


def _tab_color(log: str) -> str:
    groups = [group["logs"] for group in _source()["needed"]]
    return ("BFD9C2", "C6D5EA", "E4DFCF")[next(n for n, logs in enumerate(groups) if log in logs)]


def _landscape(sheet: "Worksheet", pages: int) -> None:
    """Prints a sheet on its side, made to fit this number of pages across."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _fixed(book: "Workbook") -> bytes:
    """A workbook as bytes that name no time of their making."""
    from openpyxl.xml.functions import tostring

    written, out = io.BytesIO(), io.BytesIO()
    book.save(written)
    book.properties.created = book.properties.modified = _MADE
    book.properties.creator = "smpcompliance"
    with zipfile.ZipFile(written) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in made.namelist():
            data: Any = tostring(book.properties.to_tree()) if name == "docProps/core.xml" else made.read(name)
            entry = zipfile.ZipInfo(name, _MADE.timetuple()[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3  # as made under Unix, everywhere
            archive.writestr(entry, data)
    return out.getvalue()
