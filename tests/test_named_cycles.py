"""Cycles of which much stands in the file's name: W&H Lisa log 64 and MELAview."""

from pathlib import Path

import pytest

from smpcompliance.logs.intake.printout import lisa, melaview
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile

TICKETS = Path(__file__).parent / "data" / "printout"
GOOD, FAILED = ((TICKETS / f"dac_{word}.txt").read_bytes() for word in ("good", "failed"))
CODE = "W&H O.D.Code 00-EC6FF-F62333696D4AD51A\n"
STERILE = f"LEV 27:24 00:30\n--------\nEND 27:24\n--------\nData : 28-01-04 11:24:37\nCARICO\nSTERILE\n========\n{CODE}"


def row_of(table: RawTable) -> dict[str, str]:
    cells = [column.to_pylist() for column in table.columns]
    assert {len(column) for column in cells} == {1}
    return {head: column[0] for head, column in zip(table.heads, cells, strict=True)}


def doubts_of(table: RawTable) -> set[str | None]:
    return {misfit.column for misfit in table.misfits}


def lisa_table(name: str, text: str = "") -> RawTable:
    source = SourceFile(name, text.encode())
    assert lisa.recognises(source)
    (table,) = lisa.read(source)
    return table


def test_a_lisa_name_is_read_part_by_part() -> None:
    table = lisa_table("040128 28-01-04 08_41_22 22E02-0095 01898 UNIVERSAL 134 .txt", STERILE)
    row = row_of(table)
    assert table.misfits == ()
    assert (row["cycle_id"], row["equipment_id"], row["cycle_number"]) == ("02-0095-01898", "02-0095", "1898")
    assert (row["program"], row["cycle_type"], row["method"]) == ("UNIVERSAL 134", "load", "steam")
    assert (row["started_at"], row["ended_at"], row["result"]) == ("2004-01-28", "", "pass")
    assert row["notes"] == "time in the file's name 08:41:22; W&H O.D.Code is there (only W&H can check it)"


@pytest.mark.parametrize("name", ["A99 22E02-0095 01898 UNIVERSAL 134.txt", "22E02-0095 01898 UNIVERSAL 134.txt"])
def test_an_alarm_in_name_or_folder_is_a_fail_whatever_the_text_says(name: str) -> None:
    row = row_of(lisa_table(f"Lisa 02-0095/A99/040128 28-01-04 08_41_22 {name}", STERILE))
    assert row["result"] == "fail"
    assert ("alarm A99" in row["notes"]) == name.startswith("A99")


@pytest.mark.parametrize("text", ["", CODE, STERILE.replace(CODE, ""), STERILE.replace("STERILE", "NON STERILE")])
def test_a_lisa_name_without_alarm_is_no_pass_by_itself(text: str) -> None:
    table = lisa_table("040128 28-01-04 08_41_22 22E02-0095 01898 UNIVERSAL 134.txt", text)
    assert row_of(table)["result"] == ""
    assert doubts_of(table) == {"result"}


def test_a_transmission_that_broke_off_is_not_the_cycle_before() -> None:
    table = lisa_table("040128 28-01-04 11_24_37 (22E02-0095 01898 UNIVERSAL 134).txt", STERILE)
    row = row_of(table)
    assert [row[head] for head in ("equipment_id", "cycle_number", "cycle_id", "program", "result")] == [""] * 5
    assert row["started_at"] == "2004-01-28"
    assert doubts_of(table) == {"equipment_id", "cycle_number", "program", "result"}


def test_a_program_for_two_tests_leaves_the_kind_open() -> None:
    table = lisa_table("040128 28-01-04 08_41_22 22E02-0095 01898 B&D _ HELIX TEST .txt", STERILE)
    assert (row_of(table)["cycle_type"], row_of(table)["method"]) == ("", "steam")
    assert doubts_of(table) == {"cycle_type"}


@pytest.mark.parametrize(
    ("date", "time", "version", "day"),
    [
        ("03-02-04", "08_41_22", "E", ""),
        ("02-03-04", "08_41_22", "E", "2004-03-02"),
        ("04-03-02", "08_41_22", "J", "2004-03-02"),
        ("03-02-04", "08_41_AM", "U", "2004-03-02"),
        ("31-02-04", "08_41_22", "E", ""),
    ],
)
def test_the_version_settles_the_order_of_the_date(date: str, time: str, version: str, day: str) -> None:
    table = lisa_table(f"040302 {date} {time} 17{version}02-0095 01898 FAST.txt", STERILE)
    assert row_of(table)["started_at"] == day
    assert doubts_of(table) == (set() if day else {"started_at"})


def test_other_names_are_no_lisa_files() -> None:
    for name in ("040128.txt", "040128 28-01-04 08_41_22 22E02-0095 01898 FAST.csv", "sessions 2024.txt"):
        assert not lisa.recognises(SourceFile(name, STERILE.encode()))
    with pytest.raises(NotReadable, match="expected a name"):
        lisa.read(SourceFile("sessions 2024.txt", b""))


def mela_table(name: str, data: bytes) -> RawTable:
    source = SourceFile(name, data)
    assert melaview.recognises(source)
    (table,) = melaview.read(source)
    return table


@pytest.mark.parametrize(
    ("ending", "data", "result"),
    [
        (".PRO", GOOD, "pass"),
        (".STR", FAILED, "fail"),
        (".pro", FAILED, ""),
        (".str", GOOD, ""),
        (".STR", GOOD.split(b"Zyklusende")[0], "fail"),
        (".PRO", GOOD.split(b"Zyklusende")[0], ""),
        (".PRO", GOOD.replace(b"Ausblasen ", b"Error code 9\nAusblasen "), ""),
        (".STR", GOOD.replace(b"Ausblasen ", b"Error code 9\nAusblasen "), ""),
    ],
)
def test_text_and_ending_of_a_mela_file_must_agree(ending: str, data: bytes, result: str) -> None:
    table = mela_table(f"DAC/05_2023/DAC0101F{ending}", data)
    assert row_of(table)["result"] == result
    assert ("result" in doubts_of(table)) == (result == "")


def test_several_cycles_cannot_share_one_ending() -> None:
    table = mela_table("05_2023/DAC0101F.PRO", GOOD + FAILED)
    assert table.columns[table.heads.index("result")].to_pylist() == ["", ""]


@pytest.mark.parametrize(("ending", "result"), [(".PRO", "pass"), (".STR", "fail")])
def test_of_an_unknown_text_only_the_names_are_used(ending: str, result: str) -> None:
    table = mela_table(f"03_2016/601MP00Z{ending}", b"Vacuklav\nProg.: 1\n12:01 134\n12:30 end\n")
    row = row_of(table)
    assert (row["equipment_id"], row["started_at"], row["result"]) == ("601MP", "2016-03", result)
    assert row["cycle_type"] == ""
    assert doubts_of(table) == {None}


def test_other_files_are_none_of_melaview() -> None:
    for name in ("project.pro", "05_2023/DAC0101F.txt", "app/DAC0101F.pro"):
        assert not melaview.recognises(SourceFile(name, b"TEMPLATE = app\n"))
    with pytest.raises(NotReadable, match="expected a file of MELAview"):
        melaview.read(SourceFile("project.pro", b""))
