import csv
import io
import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from importlib import resources
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from smpcompliance.logs.cells import Reading, type_column
from smpcompliance.logs.intake.raw import RawTable, SourceFile
from smpcompliance.logs.intake.tables.tidy import states_nothing
from smpcompliance.logs.intake.tables.workbook import read
from smpcompliance.logs.schema import LOGS, Column, log_named, schema
from smpcompliance.logs.studio import PROFILE, read_studio
from smpcompliance.report.blank_logs import EXAMPLE, HOW_TO, LISTS, blank_csv, example, heads, workbook
from smpcompliance.yamlio import parse

BYTES = workbook()
BOOK = openpyxl.load_workbook(io.BytesIO(BYTES))
TEMPLATES = resources.files("smpcompliance.templates") / "logs"
WORDS = parse((TEMPLATES / "workbook.yaml").read_text("utf-8"), "logs/workbook.yaml").data


def offered(log: str, column: Column) -> Any:
    """The rule for what may be typed into the cells of a column, None where anything may."""
    cells = f"{get_column_letter(heads(log).index(column) + 1)}2:"
    return next((rule for rule in BOOK[log].data_validations.dataValidation if str(rule.sqref).startswith(cells)), None)


def words_of(rule: Any) -> tuple[str, ...]:
    if rule.formula1.startswith('"'):
        return tuple(rule.formula1.strip('"').split(","))
    sheet, _, cells = rule.formula1.partition("!")
    return tuple(row[0].value for row in BOOK[sheet][cells.replace("$", "")])


def test_there_is_a_sheet_for_every_log_behind_the_one_that_explains() -> None:
    assert BOOK.sheetnames == [HOW_TO, *LOGS, LISTS]
    assert [sheet.title for sheet in BOOK if sheet.sheet_state != "visible"] == [LISTS]
    assert log_named(HOW_TO) is None and log_named(LISTS) is None


@pytest.mark.parametrize("log", LOGS)
def test_the_heads_are_the_columns_of_the_log(log: str) -> None:
    names = [column.name for column in heads(log)]
    assert [head.value for head in BOOK[log][1]] == names
    assert names == [name for name, column in schema(log).columns.items() if not column.derived]
    assert names[0] == schema(log).key
    assert list(csv.reader(io.StringIO(blank_csv(log).decode()))) == [names]


@pytest.mark.parametrize("log", LOGS)
def test_a_sheet_begins_with_a_grey_example_and_nothing_else(log: str) -> None:
    sheet = BOOK[log]
    assert sheet.max_row == 2 and sheet["A2"].value == EXAMPLE
    assert all(cell.font.italic and cell.value is not None for cell in sheet[2])
    assert [cell.value for cell in sheet[2]][1:] == list(example(log).values())[1:]


@pytest.mark.parametrize("log", LOGS)
def test_a_sheet_keeps_its_heads_in_sight_and_prints_on_its_side(log: str) -> None:
    sheet = BOOK[log]
    assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref.startswith("A1:")
    assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$1"


@pytest.fixture(scope="module")
def filled() -> dict[str, RawTable]:
    """What is read of the workbook of an owner who typed one record into every sheet."""
    book, written = openpyxl.load_workbook(io.BytesIO(BYTES)), io.BytesIO()
    for log in LOGS:
        for at, value in enumerate(example(log).values(), 1):
            book[log].cell(3, at).value = value
    book.save(written)
    return {table.sheet: table for table in read(SourceFile("all logs.xlsx", written.getvalue()))}


@pytest.mark.parametrize("log", LOGS)
def test_what_is_typed_reads_back(log: str, filled: dict[str, RawTable]) -> None:
    table = filled[log]
    assert [schema(log).column_called(head) for head in table.heads] == [column.name for column in heads(log)]
    assert table.lines.tolist() == [3] and not table.misfits and not table.hidden
    for column, cells in zip(heads(log), table.columns, strict=True):
        typed = type_column(column, cells, Reading(), np.zeros(1, np.int32))
        assert not typed.unreadable and not typed.cells.why.any(), (column.name, cells, typed.unreadable)


def test_a_lot_number_is_read_as_it_was_typed(filled: dict[str, RawTable]) -> None:
    lots = filled["supply_lots"]
    assert lots.columns[lots.heads.index("lot_number")].to_pylist() == ["0012"]


def test_the_workbook_as_it_is_holds_no_record_and_states_nothing() -> None:
    tables = {table.sheet: table for table in read(SourceFile("all logs.xlsx", BYTES))}
    assert all(tables[log].rows == 0 and states_nothing(tables[log]) for log in LOGS)
    assert tables[LISTS].hidden


def test_none_in_the_first_cell_states_that_there_is_nothing() -> None:
    book, written = openpyxl.load_workbook(io.BytesIO(BYTES)), io.BytesIO()
    book["incidents"]["A3"] = "none"
    book.save(written)
    tables = {table.sheet: table for table in read(SourceFile("all logs.xlsx", written.getvalue()))}
    assert tables["incidents"].rows == 0 and not states_nothing(tables["incidents"])


@pytest.mark.parametrize("log", LOGS)
def test_words_are_offered_in_a_list(log: str) -> None:
    for column in heads(log):
        rule = offered(log, column)
        if column.type in ("word", "flag"):
            assert rule.type == "list" and rule.showErrorMessage, column.name
            assert words_of(rule) == (column.one_of or ("yes", "no")), column.name
            assert len(rule.formula1) <= 257, column.name  # Excel takes 255 characters between two quotes
        elif column.type in ("date", "moment"):
            assert rule.type == "date" and rule.errorStyle == "warning", column.name
        else:
            assert rule is None, column.name


@pytest.mark.parametrize("log", LOGS)
def test_text_stays_text_and_dates_are_dates(log: str) -> None:
    formats = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "number": "General", "whole": "0"}
    for at, column in enumerate(heads(log), 1):
        letter, expected = get_column_letter(at), formats.get(column.type, "@")
        assert BOOK[log].column_dimensions[letter].number_format == expected, column.name
        assert BOOK[log][f"{letter}2"].number_format == expected, column.name


@pytest.mark.parametrize("log", LOGS)
def test_the_note_on_a_head_says_what_the_column_means(log: str) -> None:
    for head, column in zip(BOOK[log][1], heads(log), strict=True):
        note = head.comment.text
        assert note.startswith(column.about)
        assert all(word in note for word in column.one_of), column.name
        assert (column.unit or "") in note and (column.to or "") in note, column.name
        assert ("Personal data" in note) == bool(column.private), column.name


def test_heads_of_personal_data_have_a_color_of_their_own() -> None:
    colors = {
        (bool(column.private), head.fill.fgColor.rgb)
        for log in LOGS
        for head, column in zip(BOOK[log][1], heads(log), strict=True)
    }
    assert len(colors) == 2 and len({color for _, color in colors}) == 2


def test_the_first_sheet_names_every_log_once_and_says_who_needs_it() -> None:
    rows = [[cell.value for cell in row] for row in BOOK[HOW_TO].iter_rows()]
    needed = {row[0]: row[2] for row in rows if row[2] and row[0] in LOGS}
    assert sorted(row[0] for row in rows if row[0] in LOGS) == sorted(LOGS)
    assert "single-use" in needed["sessions"] and "sterilizer" in needed["spore_tests"]
    text = " ".join(str(value) for row in rows for value in row if value)
    assert all(
        said in text for said in (EXAMPLE, "write none in the first cell", "«blank logs»", "2026-03-04", "10.19.18")
    )


def test_examples_lead_to_each_other() -> None:
    for log in LOGS:
        for column in heads(log):
            if column.type == "id" and column.to:
                assert example(log)[column.name] == example(column.to)[schema(column.to).key]


def test_every_example_in_the_template_is_shown() -> None:
    shown = {name for log in LOGS for column in heads(log) for name in (column.name, f"{log}.{column.name}")}
    assert not set(WORDS["examples"]) - shown


def test_the_workbook_is_always_the_same_bytes() -> None:
    program = "import sys; from smpcompliance.report.blank_logs import workbook; sys.stdout.buffer.write(workbook())"
    for seed in ("1", "2"):
        again = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        assert again.stdout == BYTES
    with zipfile.ZipFile(io.BytesIO(BYTES)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    assert BOOK.properties.created == BOOK.properties.modified == datetime(1980, 1, 1)


def test_the_studio_to_fill_in_is_read_as_it_is_and_with_every_answer_filled_in() -> None:
    text = (TEMPLATES / "studio.yaml").read_text("utf-8")
    assert read_studio(text, "studio.yaml", "new").jurisdiction
    studio = read_studio(re.sub(r"(?m)^#(?=\S|  )", "", text), "studio.yaml", "new")
    assert not [name for name in PROFILE if getattr(studio, name) is None]
    assert studio.files and studio.readings
