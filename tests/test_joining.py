"""A cycle that the machine printed and the hand wrote down is one record: physics of the machine, release of the hand."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.intake.build import Intake, assemble
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.intake.raw import RawTable
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.studio import FileReading, Studio

REAL = Path(os.environ.get("SMPCOMPLIANCE_REAL_DATA", "")) / "tuttnauer-elara11"
CYCLES = "sterilization_cycles"
PRINTED = {
    "cycle_id": "00012345-000259", "equipment_id": "00012345", "cycle_number": "000259", "cycle_type": "load",
    "program": "WRAPPED", "started_at": "2025-03-01 10:00:05", "temperature_c": "134.2", "exposure_minutes": "4.0",
    "result": "pass",
}  # fmt: skip


def table(file: str, rows: list[Mapping[str, str]], log: str | None = None) -> RawTable:
    heads = tuple(dict.fromkeys(head for row in rows for head in row))
    cells = tuple(strings(row.get(head, "") for row in rows) for head in heads)
    return RawTable(file, heads, cells, np.arange(2, len(rows) + 2, dtype=np.int64), log=log)


def intake(
    by_hand: list[Mapping[str, str]], *printed: Mapping[str, str], machines: list[Mapping[str, str]] | None = None,
    reading: FileReading | None = None,
) -> Intake:  # fmt: skip
    sources = [Source.of(0, table("log.csv", by_hand), CYCLES, None, reading)] if by_hand else []
    sources += [Source.of(0, table(f"cycle_{n}.txt", [row], CYCLES), CYCLES) for n, row in enumerate(printed)]
    if machines:
        sources.append(Source.of(0, table("equipment.csv", machines), "equipment"))
    return assemble([Studio("s", "s", time_zone="UTC")], sources)


def record(found: Intake, row: int = 0) -> dict[str, str]:
    log = found.logs.log(CYCLES)
    return {name: text for name in log.text if (text := log.cells(name).text(row))}


HAND = {
    "equipment_id": "12345", "cycle_number": "259", "started_at": "2025-03-01", "packaging": "pouch",
    "internal_indicator_result": "pass", "released_by": "MV",
}  # fmt: skip


def test_both_are_one_record_where_the_hand_wrote_it() -> None:
    found = intake([HAND], PRINTED)
    log = found.logs.log(CYCLES)
    assert len(log) == 1
    assert (log.where(0), int(log.line[0])) == ("log.csv", 2)
    said = record(found)
    assert said["temperature_c"] == "134.2" and said["started_at"] == "2025-03-01 10:00"
    assert said["released_by"] == "MV" and said["packaging"] == "pouch" and said["program"] == "WRAPPED"
    assert said["cycle_id"] == "00012345-000259"
    assert log.head(0, "temperature_c") == "temperature_c of cycle_0.txt, line 2"
    assert log.head(0, "released_by") == "released_by"
    assert found.misfits == ()


def test_a_machine_is_known_by_name_and_by_serial_number() -> None:
    machines = [{"equipment_id": "Ella", "equipment_type": "sterilizer", "serial_number": "12345"}]
    found = intake(
        [HAND | {"equipment_id": "ella"}],
        PRINTED,
        PRINTED | {"cycle_number": "260", "cycle_id": "x"},
        machines=machines,
    )
    assert len(found.logs.log(CYCLES)) == 2
    assert [record(found, row)["equipment_id"] for row in (0, 1)] == ["ella", "Ella"]
    assert len(intake([HAND | {"equipment_id": "Otto"}], PRINTED, machines=machines).logs.log(CYCLES)) == 2


def test_without_a_number_the_minute_decides() -> None:
    hand = {"equipment_id": "12345", "started_at": "2025-03-01 10:00", "released_by": "MV"}
    assert len(intake([hand], PRINTED).logs.log(CYCLES)) == 1
    assert len(intake([hand | {"started_at": "2025-03-01 10:02"}], PRINTED).logs.log(CYCLES)) == 2
    assert len(intake([hand | {"started_at": "2025-03-01"}], PRINTED).logs.log(CYCLES)) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"cycle_number": "260"},
        {"equipment_id": "999"},
        {"started_at": "2025-06-01"},  # the counter was reset
    ],
)
def test_another_cycle_stands_alone(other: dict[str, str]) -> None:
    assert len(intake([HAND | other], PRINTED).logs.log(CYCLES)) == 2


def test_a_studio_with_one_machine_need_not_name_it() -> None:
    assert len(intake([HAND | {"equipment_id": ""}], PRINTED).logs.log(CYCLES)) == 1
    assert len(intake([HAND], PRINTED | {"equipment_id": ""}).logs.log(CYCLES)) == 1
    two = [HAND | {"equipment_id": ""}, HAND | {"equipment_id": "B", "cycle_number": "7"}]
    assert len(intake(two, PRINTED).logs.log(CYCLES)) == 3
    machines = [{"equipment_id": name, "equipment_type": "autoclave", "serial_number": name} for name in ("12345", "B")]
    assert len(intake([HAND | {"equipment_id": ""}], PRINTED, machines=machines).logs.log(CYCLES)) == 2


def test_a_machine_called_otherwise_is_remarked() -> None:
    found = intake([HAND | {"equipment_id": "Ella"}], PRINTED)
    assert len(found.logs.log(CYCLES)) == 2
    (said,) = [text for _, file, text in found.remarks if "another machine" in text and file == "log.csv"]
    assert "1 cycles" in said and "first on line 2" in said


def test_each_row_is_joined_once() -> None:
    found = intake([HAND, HAND | {"released_by": "XX"}], PRINTED)
    assert [record(found, row).get("released_by") for row in (0, 1)] == ["MV", "XX"]
    assert [record(found, row).get("temperature_c") for row in (0, 1)] == ["134.2", None]


def test_rounding_is_no_contradiction() -> None:
    hand = HAND | {
        "temperature_c": "134",
        "exposure_minutes": "4",
        "started_at": "2025-03-01 10:05",
        "result": "Passed",
    }
    found = intake([hand], PRINTED)
    assert found.misfits == () and record(found)["temperature_c"] == "134.2"


@pytest.mark.parametrize(
    ("column", "text", "stands"),
    [
        ("temperature_c", "121", "134.2"),
        ("exposure_minutes", "15", "4"),
        ("started_at", "2025-03-01 11:00", "2025-03-01 10:00"),
        ("started_at", "2025-03-02", "2025-03-01 10:00"),
        ("result", "fail", "fail"),
    ],
)
def test_a_contradiction_is_told_with_both_places(column: str, text: str, stands: str) -> None:
    found = intake([HAND | {column: text}], PRINTED)
    ((_, place),) = found.misfits
    assert (place.file, place.line, place.column, place.text) == ("log.csv", 2, column, text)
    assert "cycle_0.txt, line 2" in place.reason
    assert record(found)[column] == stands


def test_a_failure_of_the_machine_is_not_hidden_by_the_hand() -> None:
    found = intake([HAND | {"result": "pass"}], PRINTED | {"result": "fail"})
    assert record(found)["result"] == "fail" and len(found.misfits) == 1


def test_a_program_that_the_machine_left_open_is_no_load() -> None:
    found = intake([HAND, HAND | {"cycle_number": "9"}], PRINTED | {"cycle_type": "", "program": ""})
    assert [record(found, row).get("cycle_type") for row in (0, 1)] == [None, "load"]
    assert any("1 cycles name neither" in text for _, _, text in found.remarks)


def test_what_the_machine_left_open_the_hand_fills() -> None:
    found = intake([HAND | {"temperature_c": "134", "drying_minutes": "20"}], PRINTED | {"temperature_c": ""})
    assert record(found)["temperature_c"] == "134" and record(found)["drying_minutes"] == "20"


def test_the_unit_of_the_log_is_not_that_of_the_printout() -> None:
    reading = FileReading(units={"temperature_c": "F"})
    rows = [HAND | {"temperature_c": "273"}, HAND | {"temperature_c": "250", "cycle_number": "9"}]
    found = intake(rows, PRINTED, reading=reading)
    assert found.misfits == ()
    assert [record(found, row)["temperature_c"] for row in (0, 1)] == ["134.2", "121.111"]


def test_printouts_alone_and_a_log_alone_stay_as_they_are() -> None:
    assert len(intake([], PRINTED, PRINTED | {"cycle_number": "260", "cycle_id": "x"}).logs.log(CYCLES)) == 2
    assert len(intake([HAND, HAND | {"cycle_number": "260"}]).logs.log(CYCLES)) == 2


@pytest.mark.skipif(not REAL.joinpath("txt").is_dir(), reason="SMPCOMPLIANCE_REAL_DATA is unset or has no printouts")
def test_real_printouts_and_a_log_of_the_same_cycles_are_one(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    for printout in REAL.joinpath("txt").glob("cycle_*.txt"):
        (folder / printout.name).write_bytes(printout.read_bytes())
    rows = list(csv.DictReader(REAL.joinpath("cycles.csv").read_text("utf-8").splitlines()))
    lines = [f"{row['date']},{row['cycle_number']},MV" for row in rows]
    (folder / "autoclave_log.csv").write_text("\n".join(["Date,Cycle #,released_by", *lines]), "utf-8")
    found = read_folders(find_studios([folder])).intake
    log = found.logs.log(CYCLES)
    assert len(log) == len(rows) and found.misfits == ()
    assert {log.where(row) for row in range(len(log))} == {"autoclave_log.csv"}
    assert all(log.cells("readings_hash").why == 0) or "readings_hash" not in log.text


def test_a_contradiction_within_a_workbook_names_file_and_sheet_apart(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    sheet.title = "Loads"
    for row in (
        ["cycle_id", "started_at", "equipment_id", "temperature_c"],
        ["C-1", "2026-10-01T09:00", "A1", "134"],
        ["C-1", "2026-10-01T09:00", "A1", "121"],
    ):
        sheet.append(row)
    (tmp_path / "s").mkdir()
    book.save(tmp_path / "s" / "sterilization_cycles.xlsx")
    (found,) = read_folders(find_studios([tmp_path / "s"])).intake.misfits
    assert (found[1].file, found[1].sheet, found[1].line) == ("sterilization_cycles.xlsx", "Loads", 3)
