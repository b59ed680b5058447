"""The same month as tidy tables, as one messy workbook, and as printouts beside a log by hand: the same verdicts."""

import csv
import io
import shutil
from datetime import date, datetime
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

from smpcompliance.audit.finding import Audit
from smpcompliance.audit.run import audit, wanted_rulesets
from smpcompliance.dates import Period
from smpcompliance.logs.cells import Moments, Numbers
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.schema import Column, schema
from smpcompliance.logs.table import Log
from smpcompliance.report.blank_logs import workbook
from smpcompliance.rules.ruleset import library, load_rulesets

SAMPLE = Path(str(resources.files("smpcompliance.sample_logs"))) / "golden-needle"
MONTH = Period(date(2026, 10, 1), date(2026, 10, 31))
HEADS = {
    "temperature_c": "Temp (°F)",
    "lot_number": "Lot No.",
    "started_at": "Date and time",
    "exposure_minutes": "Exposure (min)",
    "client_id": "client no.",
}


def read(folder: Path) -> Reading:
    return read_folders(find_studios([folder]))


def judged(reading: Reading) -> Audit:
    shelves = library(resources.files("smpcompliance.rulesets"))
    rulesets = load_rulesets(shelves, wanted_rulesets(reading.intake.logs.studios, list(shelves)))
    return audit(rulesets, reading.intake, (), MONTH, date(2026, 11, 21), version="test")


def verdicts(reading: Reading) -> dict[str, tuple[str, int, int, int]]:
    return {r.rule.id: (r.status, r.examined, r.failed, r.unknown) for r in judged(reading).results}


def told(log: Log, column: str) -> list[str]:
    """Cells as people see them: what was typed, or what was written where a cell has no value."""
    typed = log.cells(column)
    written = log.text[column].to_pylist()
    return [typed.text(row) if not typed.why[row] else written[row] for row in range(len(log))]


def studio_yaml(folder: Path) -> None:
    text = (SAMPLE / "studio.yaml").read_text("utf-8")
    folder.mkdir()
    (folder / "studio.yaml").write_text(text[: text.index("files:")], "utf-8")


def as_tidy_tables(reading: Reading, folder: Path) -> None:
    studio_yaml(folder)
    for name, log in reading.intake.logs.tables.items():
        columns = [c for c in log.text if not (name == "supply_lots" and log.made_up.any() and c == "made_up")]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        rows = zip(*(told(log, c) for c in columns), strict=True)
        writer.writerows(row for row, made_up in zip(rows, log.made_up, strict=True) if not made_up)
        (folder / f"{name}.csv").write_text(out.getvalue(), "utf-8")


def head_of(log: str, column: Column) -> str:
    wanted = [HEADS.get(column.name, ""), *column.also_called]
    return next((head for head in wanted if schema(log).column_called(head) == column.name), column.name)


def native(log: Log, column: str, row: int, text: str) -> object:
    """What a spreadsheet makes of a cell: a date, a number, or text."""
    cells = log.cells(column)
    if not text or cells.why[row]:
        return text or None
    if isinstance(cells, Moments) and len(text) in (10, 16, 19):
        return datetime.fromisoformat(text)
    if isinstance(cells, Numbers):
        value = float(cells.values[row])
        return value * 9 / 5 + 32 if column == "temperature_c" else value
    return text


def as_messy_workbook(reading: Reading, folder: Path) -> None:
    studio_yaml(folder)
    book = Workbook()
    book.active.title = "Read me"
    book.active.append(["Our records. Ask Mia before you change anything."])
    for name, log in reading.intake.logs.tables.items():
        if not len(log):
            continue
        sheet = book.create_sheet(name.replace("_", " ").title()[:31])
        sheet.append(["Golden Needle, all of 2026"])
        sheet.append([])
        columns = list(log.text)
        heads = ["Temp (°F)" if c == "temperature_c" else head_of(name, schema(name).columns[c]) for c in columns]
        sheet.append(heads)
        shown = {column: told(log, column) for column in columns}
        above: dict[str, str] = {}
        for row in range(len(log)):
            if log.made_up[row]:
                continue
            if row and row % 40 == 0:
                sheet.append([])
                sheet.append(heads)
            cells = [native(log, c, row, shown[c][row]) for c in columns]
            for n, column in enumerate(columns):
                if column == "equipment_id" and name == "sterilization_cycles" and row % 40:
                    cells[n] = "〃" if above.get(column) == shown[column][row] else cells[n]
                above[column] = shown[column][row]
            sheet.append(cells)
        sheet.append(["Total", len(log)])
    book.create_sheet("old lists").sheet_state = "hidden"
    book.save(folder / "Everything (copy).xlsx")


def as_filled_in_workbook(reading: Reading, folder: Path) -> None:
    """The workbook that `init` writes, filled in; its example rows stay, and sheets without a record stay blank."""
    studio_yaml(folder)
    book = load_workbook(io.BytesIO(workbook()))
    for name, log in reading.intake.logs.tables.items():
        sheet = book[name]
        heads = [cell.value for cell in sheet[1]]
        shown = {column: told(log, column) for column in log.text}
        for row in np.flatnonzero(~log.made_up).tolist():
            cells = {c: native(log, c, row, shown[c][row]) for c in shown if c != "temperature_c"}
            if "temperature_c" in shown:
                cells["temperature_c"] = float(shown["temperature_c"][row]) if shown["temperature_c"][row] else None
            sheet.append([cells.get(head) for head in heads])
    book.save(folder / "all logs.xlsx")


def with_a_log_by_hand(folder: Path) -> None:
    """The sample without its torn line, with what a person writes beside each run: contents, indicators, release."""
    shutil.copytree(SAMPLE, folder)
    supplies = (folder / "session_supplies.csv").read_text("utf-8").splitlines(keepends=True)
    whole = [line for line in supplies if line.count(",") == supplies[0].count(",") or '"' in line]
    (folder / "session_supplies.csv").write_text("".join(whole), "utf-8")
    log = read(SAMPLE).intake.logs.log("sterilization_cycles")
    cells = {name: log.cells(name) for name in ("cycle_number", "started_at", "cycle_type")}
    rows = [row for row in range(len(log)) if log.files[int(log.file[row])].printed]
    out = [
        "Autoclave,Load #,Date,Load contents,content_types,packaging,packs,pack label,Cleaned first,integrator class,Class V,Class 1,Operator"
    ]
    for row in rows:
        number, at, kind = (cells[name].text(row) for name in cells)
        load = (
            "tubes,tubes_grips,pouch,8,date; operator; cycle_number; contents,yes,5,pass,changed"
            if kind == "load"
            else ",,,,,,,,"
        )
        out.append(f"80541926,{number},{at[:10]},{load},MV")
    (folder / "autoclave_records.csv").write_text("\n".join(out) + "\n", "utf-8")
    text = (folder / "studio.yaml").read_text("utf-8")
    columns = '{columns: {"Class V": internal_indicator_result, "Cleaned first": precleaned}}'
    (folder / "studio.yaml").write_text(f"{text}  autoclave_records.csv: {columns}\n", "utf-8")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("printed") / "golden-needle"
    with_a_log_by_hand(folder)
    return read(folder)


def test_tidy_tables_say_the_same_as_printouts_and_a_log_by_hand(printed: Reading, tmp_path: Path) -> None:
    as_tidy_tables(printed, tmp_path / "golden-needle")
    assert verdicts(read(tmp_path / "golden-needle")) == verdicts(printed)


def test_a_messy_workbook_says_the_same_as_printouts_and_a_log_by_hand(printed: Reading, tmp_path: Path) -> None:
    as_messy_workbook(printed, tmp_path / "golden-needle")
    reading = read(tmp_path / "golden-needle")
    assert not any(file.is_left_out for file in reading.files)
    assert verdicts(reading) == verdicts(printed)


def test_the_workbook_of_init_filled_in_says_the_same(printed: Reading, tmp_path: Path) -> None:
    as_filled_in_workbook(printed, tmp_path / "golden-needle")
    reading = read(tmp_path / "golden-needle")
    assert not any(file.is_left_out for file in reading.files)
    assert verdicts(reading) == verdicts(printed)
