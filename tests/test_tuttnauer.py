"""Reading the printouts of Tuttnauer autoclaves."""

import csv
import os
import random
import re
from pathlib import Path

import pytest
from readings import rows_of

from smpcompliance.logs.intake.printout.tuttnauer.reader import read, recognises
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile

PRINTOUTS = Path(__file__).parent / "data" / "tuttnauer"
NAMES = sorted(path.name for path in PRINTOUTS.glob("*.txt"))
GOOD_STATUS = re.compile(
    r"^\s*Status:\s*(cycle ended|cycle done|test ended|process done)\s*$", re.IGNORECASE | re.MULTILINE
)
REAL_DATA = os.environ.get("SMPCOMPLIANCE_REAL_DATA", "")
REAL_CYCLES = Path(REAL_DATA) / "tuttnauer-elara11"


def bytes_of(name: str) -> bytes:
    return (PRINTOUTS / name).read_bytes()


def text_of(name: str) -> str:
    return bytes_of(name).decode()


def table_of(data: bytes | str) -> RawTable:
    (table,) = read(SourceFile("autoclave/cycle.txt", data.encode() if isinstance(data, str) else data))
    return table


def row_of(data: bytes | str) -> dict[str, str]:
    (row,) = rows_of(table_of(data))
    return row


def doubts_of(data: bytes | str) -> set[str | None]:
    return {misfit.column for misfit in table_of(data).misfits}


def swapped(old: str, new: str, name: str = "load.txt") -> str:
    text = text_of(name)
    assert old in text
    return text.replace(old, new)


def without(line: str, name: str = "load.txt") -> str:
    return swapped(line + "\n", "", name)


def test_a_wrapped_load_is_read_into_the_words_of_the_log() -> None:
    table = table_of(bytes_of("load.txt"))
    assert (table.log, table.lines.tolist(), table.head_line) == ("sterilization_cycles", [5], 0)
    assert (table.misfits, table.notes) == ((), ())
    assert rows_of(table) == [
        {
            "cycle_id": "90417733-000071",
            "equipment_id": "90417733",
            "cycle_number": "71",
            "record_number": "",
            "cycle_type": "load",
            "method": "steam",
            "program": "WRAPPED INSTU",
            "started_at": "2023-05-03T09:02:10",
            "ended_at": "2023-05-03T09:33:07",
            "temperature_c": "134.8",
            "max_temperature_c": "135.3",
            "pressure_kpa": "313.06",
            "exposure_minutes": "4.01",
            "drying_minutes": "15.01",
            "sample_seconds": "60",
            "readings_hash": row_of(bytes_of("load.txt"))["readings_hash"],
            "result": "pass",
            "operator_id": "",
            "notes": "(Customized)",
        }
    ]


def test_a_bowie_dick_test_over_midnight_ends_on_the_next_day() -> None:
    row = row_of(bytes_of("bowie_dick.txt"))
    assert (row["cycle_type"], row["method"], row["result"]) == ("bowie_dick", "steam", "pass")
    assert (row["started_at"], row["ended_at"]) == ("2023-05-04T23:45:30", "2023-05-05T00:02:36")
    assert row["exposure_minutes"] == "3.50"


def test_a_hold_over_midnight_is_counted_by_the_clock() -> None:
    text = swapped("CLK 1: 09:12:13", "CLK 1: 23:58:00").replace("CLK 1: 09:16:14", "CLK 1: 00:02:01")
    text = text.replace("CLK 2: 09:12:13", "CLK 2: 23:58:00").replace("CLK 2: 09:16:13", "CLK 2: 00:02:00")
    assert row_of(text)["exposure_minutes"] == "4.01"


def test_a_failed_load_without_error_and_with_its_clock_jumping_back_has_no_hold() -> None:
    table = table_of(bytes_of("failed_clock_back.txt"))
    (row,) = rows_of(table)
    assert (row["result"], row["cycle_type"], row["drying_minutes"]) == ("fail", "load", "1.08")
    held = ("temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes")
    assert [row[head] for head in held] == [""] * 4
    assert table.misfits == ()


def test_a_cancelled_vacuum_test_is_aborted_and_tells_its_pressures() -> None:
    table = table_of(bytes_of("vacuum_test.txt"))
    (row,) = rows_of(table)
    assert (row["cycle_type"], row["method"], row["result"]) == ("leak_test", "", "aborted")
    assert row["notes"].startswith("Cycle Error: Cancelled by user; P1=25.112 (inHg)")
    assert table.misfits == ()


def test_extra_drying_is_no_sterilisation() -> None:
    table = table_of(bytes_of("extra_drying.txt"))
    (row,) = rows_of(table)
    assert (row["cycle_type"], row["method"], row["result"]) == ("drying", "", "pass")
    assert (row["temperature_c"], row["exposure_minutes"], row["drying_minutes"]) == ("", "", "5.00")
    assert table.misfits == ()


def test_celsius_and_kilopascals_with_crlf_and_latin_degree_signs_are_read() -> None:
    table = table_of(bytes_of("celsius_kpa.txt"))
    (row,) = rows_of(table)
    assert (row["temperature_c"], row["max_temperature_c"]) == ("134.7", "135.1")
    assert (row["pressure_kpa"], row["exposure_minutes"]) == ("312.40", "3.50")
    assert (row["cycle_id"], row["operator_id"]) == ("2105-0033-001204", "M. Ode")
    assert table.misfits == ()
    assert "ISO-8859-1" in table.notes[0]


@pytest.mark.parametrize("sign", ["º", "?", "\ufffd", "", "Â°"])
def test_any_form_of_the_degree_sign_gives_the_same_row(sign: str) -> None:
    assert row_of(swapped("°", sign)) == row_of(bytes_of("load.txt"))


def test_the_degree_sign_as_one_byte_gives_the_same_row() -> None:
    assert row_of(text_of("load.txt").encode("iso-8859-1")) == row_of(bytes_of("load.txt"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_do_not_hinder_reading(encoding: str) -> None:
    data = text_of("load.txt").encode(encoding)
    assert recognises(data)
    assert row_of(data) == row_of(bytes_of("load.txt"))


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_numbers_count_physical_lines_whatever_ends_them(ending: str) -> None:
    table = table_of(swapped("\n", ending))
    assert table.lines.tolist() == [5]
    assert rows_of(table) == rows_of(table_of(bytes_of("load.txt")))


@pytest.mark.parametrize(("unit", "written"), [("bar", "2.11"), ("barg", "2.11"), ("Bara", "3.12"), ("bar", "3.12")])
def test_bar_is_gauge_or_absolute_as_the_steam_table_or_the_unit_says(unit: str, written: str) -> None:
    text = re.sub(r"(?m)^(S \S+ \S+) .*$", rf"\1 {written}", swapped("Psig", unit))
    assert abs(float(row_of(text)["pressure_kpa"]) - 312.2) < 0.3


def test_a_pressure_that_fits_neither_gauge_nor_absolute_is_left_blank() -> None:
    text = re.sub(r"(?m)^(S \S+ \S+) .*$", r"\1 1.20", swapped("Psig", "bar"))
    assert row_of(text)["pressure_kpa"] == ""
    assert doubts_of(text) == {"pressure_kpa"}


def test_inches_of_vacuum_in_the_hold_count_below_the_atmosphere() -> None:
    assert row_of(swapped("275.0 30.77", "275.0 02.00In"))["pressure_kpa"] == "94.55"


@pytest.mark.parametrize(
    ("program", "status", "kind"),
    [
        ("Bowie and Dick", "Test Ended", "bowie_dick"),
        ("BD Test", "Test Ended", "bowie_dick"),
        ("B&D", "Test Ended", "bowie_dick"),
        ("Helix", "Test Ended", "helix"),
        ("Hollow Load", "Cycle Ended", "load"),
        ("Hollow Load T", "Test Ended", "helix"),
        ("Hollow test", "Test Ended", "helix"),
        ("Vacuum Test", "Test Ended", "leak_test"),
        ("Air leak", "Test Ended", "leak_test"),
        ("Extra Dry", "Process Done", "drying"),
        ("Warm-up", "Process Done", "warm_up"),
        ("Bio Hazard B", "Cycle Ended", "load"),
        ("Liquids A", "Cycle Ended", "load"),
        ("Unwrapped 134", "Cycle Ended", "load"),
        ("Prion 134", "Cycle Ended", "load"),
        ("Wrapped Delicate", "Cycle Ended", "load"),
        ("Custom 12", "Cycle Ended", "load"),
        ("Big Packages", "Cycle Ended", "load"),
    ],
)
def test_the_program_decides_what_kind_of_cycle_it_was(program: str, status: str, kind: str) -> None:
    text = swapped("WRAPPED INSTU", program).replace("Cycle Ended", status)
    row = row_of(text)
    assert (row["program"], row["cycle_type"], row["result"]) == (program, kind, "pass")
    assert row["method"] == ("steam" if kind in {"load", "bowie_dick", "helix"} else "")


@pytest.mark.parametrize("status", ["Test Ended", "Process Done"])
def test_a_run_that_calls_itself_no_cycle_is_never_a_load(status: str) -> None:
    text = swapped("Cycle Ended", status)
    assert row_of(text)["cycle_type"] == ""
    assert doubts_of(text) == {"cycle_type"}


def test_a_failed_load_cancelled_by_the_user_is_aborted() -> None:
    text = swapped("Status: Cycle Ended", "Cycle Error:\nCancelled by user\nStatus: Cycle Failed")
    row = row_of(text)
    assert (row["result"], row["notes"]) == ("aborted", "Cycle Error: Cancelled by user; (Customized)")


@pytest.mark.parametrize("reason", ["Heat time-out", "Time out heat", "Ster. temp. low 3 °C"])
def test_a_failed_load_with_another_error_is_a_fail(reason: str) -> None:
    text = swapped("Status: Cycle Ended", f"Cycle Error:\n{reason}\nStatus: Cycle Failed")
    row = row_of(text)
    assert (row["result"], row["notes"]) == ("fail", f"Cycle Error: {reason}; (Customized)")
    assert table_of(text).misfits == ()


def test_a_good_status_beside_an_error_is_no_pass() -> None:
    text = swapped("Status:", "Cycle Error:\nDoor open\nStatus:")
    assert row_of(text)["result"] == ""
    assert doubts_of(text) == {"result"}


@pytest.mark.parametrize(
    "line", ["", "Status: Cycle Endet\n", "Status:\n", "Status: Cycle Ended\nStatus: Cycle Failed\n"]
)
def test_without_one_known_status_there_is_no_result(line: str) -> None:
    text = swapped("Status: Cycle Ended\n", line)
    assert row_of(text)["result"] == ""
    assert doubts_of(text) == {"result"}


def test_a_printout_cut_off_in_the_hold_keeps_what_is_sure() -> None:
    text = text_of("load.txt").split("S 00:13:03")[0]
    row = row_of(text)
    assert (row["started_at"], row["temperature_c"], row["exposure_minutes"]) == (
        "2023-05-03T09:02:10",
        "134.8",
        "2.00",
    )
    assert (row["ended_at"], row["result"]) == ("", "")
    assert doubts_of(text) == {"ended_at", "result"}


@pytest.mark.parametrize(
    ("end", "head"),
    [
        ("Ser. Num: 9041", "equipment_id"),
        ("Cycle Num: 0000", "cycle_number"),
        ("WRAPPED", "program"),
        ("Cyc", "program"),
    ],
)
def test_a_value_cut_off_in_its_line_is_not_taken_for_the_whole(end: str, head: str) -> None:
    whole = text_of("load.txt")
    text = whole[: whole.index(end) + len(end)]
    assert row_of(text)[head] == ""
    assert {None, head} <= doubts_of(text)


def test_a_reading_of_the_hold_cut_off_in_its_line_is_not_taken_for_the_whole() -> None:
    text = text_of("load.txt").split("0.71\nS 00:13:03")[0]
    assert text.endswith("S 00:12:03 275.2 3")
    row = row_of(text)
    assert (row["temperature_c"], row["pressure_kpa"], row["exposure_minutes"]) == ("", "", "1.00")
    assert {None, "temperature_c", "pressure_kpa"} <= doubts_of(text)


def test_a_good_load_without_any_reading_of_its_hold_is_reported() -> None:
    text = re.sub(r"(?m)^S .*\n", "", text_of("load.txt"))
    assert (row_of(text)["exposure_minutes"], row_of(text)["result"]) == ("", "")
    assert doubts_of(text) == {"exposure_minutes", "result"}


def test_clock_two_stands_in_for_a_missing_clock_one() -> None:
    assert row_of(without("CLK 1: 09:16:14"))["exposure_minutes"] == "4.00"


def test_without_clocks_the_readings_of_the_hold_tell_its_time() -> None:
    text = re.sub(r"(?m)^CLK .*\n", "", text_of("load.txt"))
    row = row_of(text)
    assert row["exposure_minutes"] == "4.00"
    assert row["notes"] == "(Customized); hold time by readings 60 s apart, from the first to the last of the hold"


def test_a_hold_off_saturated_steam_is_noted() -> None:
    text = re.sub(r"(?m)^(S \S+ \S+) .*$", r"\1 21.00", text_of("load.txt"))
    assert re.fullmatch(r"\(Customized\); .* lie \d\.\d K off saturated steam", row_of(text)["notes"])


def test_a_damaged_clock_is_reported_and_not_used() -> None:
    text = swapped("CLK 1: 09:16:14", "CLK 1: 09:86:14")
    assert row_of(text)["exposure_minutes"] == "4.00"
    (misfit,) = table_of(text).misfits
    assert (misfit.line, misfit.text) == (34, "CLK 1: 09:86:14")


def test_clocks_that_disagree_leave_the_hold_blank() -> None:
    text = swapped("CLK 1: 09:16:14", "CLK 1: 09:46:14")
    assert row_of(text)["exposure_minutes"] == ""
    assert doubts_of(text) == {"exposure_minutes"}


def test_a_single_clock_far_beyond_the_readings_leaves_the_hold_blank() -> None:
    text = without("CLK 2: 09:16:13").replace("CLK 1: 09:16:14", "CLK 1: 09:46:14")
    assert row_of(text)["exposure_minutes"] == ""
    assert doubts_of(text) == {"exposure_minutes"}


def test_a_damaged_line_in_the_hold_leaves_its_extremes_blank() -> None:
    text = swapped("S 00:12:03 275.2 30.71", "S 00:12:03 2#5.2 30.71")
    row = row_of(text)
    assert (row["temperature_c"], row["max_temperature_c"], row["pressure_kpa"]) == ("", "", "")
    assert row["exposure_minutes"] == "4.01"
    assert doubts_of(text) == {None, "temperature_c", "max_temperature_c", "pressure_kpa"}
    assert {misfit.line for misfit in table_of(text).misfits} == {30}


def test_a_damaged_line_outside_the_hold_is_reported_alone() -> None:
    text = swapped("H 00:07:41 251.3 17.62", "H 00:07:41 25")
    whole, row = row_of(bytes_of("load.txt")), row_of(text)
    assert {head for head in whole if whole[head] != row[head]} == {"readings_hash"}
    assert doubts_of(text) == {None}


def test_a_hold_interrupted_by_another_phase_is_not_one_hold() -> None:
    text = swapped("S 00:12:03", "H 00:12:03")
    assert [row_of(text)[head] for head in ("temperature_c", "exposure_minutes")] == ["", ""]


@pytest.mark.parametrize(
    ("head", "blank"),
    [
        ("  Time     °G    Psig", {"temperature_c", "max_temperature_c"}),
        ("  Time     °F    Psix", {"pressure_kpa"}),
        ("", {"temperature_c", "max_temperature_c", "pressure_kpa"}),
        ("  Time     °C    Psig", {"temperature_c", "max_temperature_c"}),
    ],
)
def test_values_of_an_unknown_or_impossible_unit_are_blank(head: str, blank: set[str]) -> None:
    text = swapped("  Time     °F    Psig", head)
    row = row_of(text)
    assert {name for name in ("temperature_c", "max_temperature_c", "pressure_kpa") if not row[name]} == blank
    assert doubts_of(text) == blank


@pytest.mark.parametrize("date", ["31/FEB/2023", "3/MAI/2023", "3/05/2023", "3/MAY/9023", "", "٣/MAY/2023"])
def test_a_damaged_date_leaves_both_times_blank(date: str) -> None:
    text = swapped("Date: 3/MAY/2023", f"Date: {date}")
    row = row_of(text)
    assert (row["started_at"], row["ended_at"]) == ("", "")
    assert doubts_of(text) == {"started_at", "ended_at"}
    assert row["exposure_minutes"] == "4.01"


def test_an_impossible_end_time_leaves_only_the_end_blank() -> None:
    text = swapped("Time: 09:33:07", "Time: 29:33:07")
    assert row_of(text)["started_at"] == "2023-05-03T09:02:10"
    assert doubts_of(text) == {"ended_at"}


@pytest.mark.parametrize(
    ("line", "blank", "doubts"),
    [
        ("Cycle Num: 000071", {"cycle_id", "cycle_number"}, {"cycle_number"}),
        ("Ser. Num: 90417733", {"cycle_id", "equipment_id"}, {"equipment_id"}),
        ("Date: 3/MAY/2023", {"started_at", "ended_at"}, {"started_at", "ended_at"}),
        ("WRAPPED INSTU", {"program", "cycle_type", "method"}, {"program"}),
    ],
)
def test_a_missing_line_blanks_only_what_it_told(line: str, blank: set[str], doubts: set[str]) -> None:
    whole, row = row_of(bytes_of("load.txt")), row_of(without(line))
    assert {head for head in whole if whole[head] != row[head]} == blank
    assert all(row[head] == "" for head in blank)
    assert doubts_of(without(line)) == doubts


def test_lines_said_twice_alike_change_nothing() -> None:
    whole = bytes_of("load.txt")
    lines = text_of("load.txt").split("\n")
    for place, line in enumerate(lines):
        table = table_of("\n".join([*lines[:place], line, *lines[place:]]))
        assert rows_of(table) == rows_of(table_of(whole)), line
        assert table.misfits == ()


def test_a_cycle_copied_under_another_date_and_number_has_the_same_curve() -> None:
    whole = row_of(bytes_of("load.txt"))["readings_hash"]
    copied = swapped("Date: 3/MAY/2023", "Date: 4/JUN/2023").replace("000071", "000092").replace("09:", "11:")
    assert re.fullmatch(r"[0-9a-f]{16}", whole)
    assert row_of(copied)["readings_hash"] == whole
    assert row_of(swapped("S 00:11:03 275.0", "S 00:11:03 275.1"))["readings_hash"] not in ("", whole)
    assert row_of(text_of("load.txt").split("H 00:04")[0])["readings_hash"] == ""


def test_two_serial_numbers_in_one_printout_are_none() -> None:
    text = swapped("Ser. Num: 90417733", "Ser. Num: 90417733\nSer. Num: 90417738")
    assert row_of(text)["equipment_id"] == ""
    assert doubts_of(text) == {"equipment_id"}


def test_printouts_one_after_the_other_are_one_row_each() -> None:
    texts = [text_of(name) for name in ("load.txt", "bowie_dick.txt", "vacuum_test.txt")]
    table = table_of("".join(texts))
    assert rows_of(table) == [row_of(text) for text in texts]
    first, second = texts[0].count("\n"), texts[1].count("\n")
    assert table.lines.tolist() == [5, first + 5, first + second + 5]
    assert table.misfits == ()


def test_a_printout_cut_off_above_its_readings_does_not_swallow_the_next() -> None:
    table = table_of(text_of("load.txt").split("Ster. Temp.")[0] + text_of("bowie_dick.txt"))
    assert [row["cycle_number"] for row in rows_of(table)] == ["71", "72"]
    assert [row["result"] for row in rows_of(table)] == ["", "pass"]


def test_only_printouts_of_the_family_are_recognised() -> None:
    assert all(recognises(bytes_of(name)) for name in NAMES)
    for other in (b"", b"Ser. Num,Cycle Num\n1,2\n", b"Date: 2023-05-03\nTime: 12:00\n", b"\xff\xfe", b"%PDF-1.7\n"):
        assert not recognises(other)
        with pytest.raises(NotReadable, match="expected a Tuttnauer printout"):
            read(SourceFile("x.txt", other))


def test_the_binary_twin_of_a_printout_is_left_to_others() -> None:
    assert not recognises(b"\0" * 900 + bytes_of("load.txt") + b"\0" * 4000)


def mutated(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        change = chance.choice(("cut", "drop", "double", "move", "flip", "flip", "flip"))
        if change == "cut":
            lines = b"\n".join(lines)[: chance.randrange(1, len(data))].split(b"\n")
        elif change == "drop" and len(lines) > 1:
            del lines[place]
        elif change == "double":
            lines.insert(place, lines[place])
        elif change == "move":
            lines.insert(chance.randrange(len(lines)), lines.pop(place))
        elif lines[place]:
            line = bytearray(lines[place])
            line[chance.randrange(len(line))] = chance.randrange(256)
            lines[place] = bytes(line)
    return b"\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_no_damage_raises_and_none_makes_a_pass(name: str) -> None:
    chance = random.Random(name)
    for _ in range(400):
        data = mutated(bytes_of(name), chance)
        if not recognises(data):
            continue
        table = table_of(data)
        assert table.rows >= 1
        assert {len(column) for column in table.columns} == {table.rows}
        assert all(1 <= line <= data.count(b"\n") + data.count(b"\r") + 1 for line in table.lines.tolist())
        passes = sum(row["result"] == "pass" for row in rows_of(table))
        assert passes <= len(GOOD_STATUS.findall(data.decode("iso-8859-1").replace("\r", "\n")))


@pytest.mark.skipif(
    not REAL_CYCLES.joinpath("txt").is_dir(), reason="SMPCOMPLIANCE_REAL_DATA is unset or has no printouts"
)
def test_real_printouts_say_what_was_worked_out_by_hand() -> None:
    with (REAL_CYCLES / "cycles.csv").open(newline="") as listed:
        worked_out = {cycle["file"]: cycle for cycle in csv.DictReader(listed)}
    files = sorted((REAL_CYCLES / "txt").glob("*.txt"))
    assert files
    for path in files:
        table, cycle = table_of(path.read_bytes()), worked_out[path.name]
        (row,) = rows_of(table)
        assert table.misfits == (), path.name
        expected = {
            "cycle_number": cycle["cycle_number"],
            "program": cycle["program"],
            "started_at": f"{cycle['date']}T{cycle['start']}",
            "ended_at": f"{cycle['date']}T{cycle['end']}",
            "temperature_c": cycle["s_min_c"],
            "max_temperature_c": cycle["s_max_c"],
            "operator_id": "",
        }
        assert {head: row[head] for head in expected} == expected, path.name
        hold = cycle["hold_clk1_s"]
        assert row["exposure_minutes"] == (f"{int(hold) * 100 // 60 / 100:.2f}" if hold else ""), path.name
        assert (len(row["readings_hash"]), row["sample_seconds"]) == (16, "60" if hold else ""), path.name
        psig = cycle["s_min_psig"]
        assert row["pressure_kpa"] == (f"{101.325 + float(psig) * 6.894757:.2f}" if psig else ""), path.name
        failed = "aborted" if "Cancelled" in cycle["error"] else "fail"
        assert row["result"] == (failed if cycle["status"].endswith("Failed") else "pass"), path.name
