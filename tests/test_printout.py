"""Reading printouts with profiles: tickets in a capture, what they prove, and the profiles that owners write."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import rows_of

from smpcompliance.logs.intake.printout.profile import load_profile
from smpcompliance.logs.intake.printout.read import profile_of, read, read_with, recognises, shipped
from smpcompliance.logs.intake.printout.shape import shape
from smpcompliance.logs.intake.printout.steam import absolute_by_steam, saturation_c, saturation_kpa
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.logs.schema import schema
from smpcompliance.yamlio import SourceError

TICKETS = Path(__file__).parent / "data" / "printout"
NAMES = sorted(path.name for path in TICKETS.glob("*.txt"))
GOOD = [name for name in NAMES if name != "dac_failed.txt"]
VERDICTS = {
    "dac_good.txt": "Zyklusende         00:09:16 Ok",
    "sercon_or2011.txt": "FINAL DO CICLO...............: 00:16:00",
    "sercon_lac210.txt": "08:50 FIM DE CICLO",
    "afr13.txt": "20:00:00 CICLO FINALIZADO",
    "statclave.txt": "CYCLE COMPLETE 45:30",
}
REAL_DAC = Path(os.environ.get("SMPCOMPLIANCE_REAL_DATA", "")) / "dac-universal"


def bytes_of(name: str) -> bytes:
    return (TICKETS / name).read_bytes()


def text_of(name: str) -> str:
    return bytes_of(name).decode()


def table_of(data: bytes | str, name: str = "autoclave/ticket.txt") -> RawTable:
    (table,) = read(SourceFile(name, data.encode() if isinstance(data, str) else data))
    return table


def row_of(data: bytes | str) -> dict[str, str]:
    (row,) = rows_of(table_of(data))
    return row


def doubts_of(data: bytes | str) -> set[str | None]:
    return {misfit.column for misfit in table_of(data).misfits}


def swapped(old: str, new: str, name: str = "dac_good.txt") -> str:
    text = text_of(name)
    assert old in text
    return text.replace(old, new)


# ---------------------------------------------------------------- the DAC UNIVERSAL, from real tickets


def test_a_good_ticket_is_read_into_the_words_of_the_log() -> None:
    table = table_of(bytes_of("dac_good.txt"))
    assert (table.log, table.lines.tolist(), table.head_line) == ("sterilization_cycles", [1], 0)
    assert (table.misfits, table.notes) == ((), ())
    (row,) = rows_of(table)
    assert re.fullmatch(r"[0-9a-f]{16}", row.pop("readings_hash"))
    assert row == {
        "cycle_id": "700815-207",
        "equipment_id": "700815",
        "cycle_number": "207",
        "record_number": "",
        "cycle_type": "load",
        "method": "steam",
        "program": "Universal/134?C/3min",
        "started_at": "2023-05-04T23:49:10",
        "ended_at": "2023-05-05T00:09:16",
        "temperature_c": "135.1",
        "max_temperature_c": "135.5",
        "pressure_kpa": "315.00",
        "exposure_minutes": "3.20",
        "drying_minutes": "",
        "sample_seconds": "31",
        "result": "pass",
        "operator_id": "",
        "notes": "",
    }


def test_every_column_is_one_of_the_log() -> None:
    assert set(table_of(bytes_of("dac_good.txt")).heads) <= set(schema("sterilization_cycles").columns)


def test_a_failed_ticket_tells_its_error_and_what_was_printed_after_it() -> None:
    table = table_of(bytes_of("dac_failed.txt"))
    (row,) = rows_of(table)
    assert (row["result"], row["cycle_number"], row["ended_at"]) == ("fail", "208", "2023-05-05T08:14:22")
    assert row["notes"].startswith("Dichtheitspruefung 08:13:52 FEHL; Error code 81; ")
    assert row["notes"].endswith("below the end: Error code 72 (3 times), Error code 81")
    assert (row["temperature_c"], row["exposure_minutes"]) == ("", "")
    assert (table.misfits, table.notes) == ((), ())


def test_a_ticket_that_stops_at_its_error_has_failed() -> None:
    text = text_of("dac_failed.txt").split("Start  ")[0] + " Error code   92\n\n"
    assert row_of(text)["result"] == "fail"
    assert doubts_of(text) == {"ended_at"}


def test_noise_of_a_capture_is_one_note_and_breaks_no_ticket() -> None:
    noise = (
        "04.05.2023 06:00:06\nSystem.Management.Automation.PSEventJob\nCOM3 erfolgreich geöffnet 05/04/2023 21:52:44.\n"
    )
    torn = text_of("dac_good.txt").split("Maximum")[0]
    text = noise * 40 + text_of("dac_good.txt") + noise + torn + "===------------\n" + noise + text_of("dac_failed.txt")
    table = table_of(text)
    assert [row["result"] for row in rows_of(table)] == ["pass", "", "fail"]
    assert table.lines.tolist() == [121, 121 + 35 + 3, 121 + 35 + 3 + 25 + 4]
    assert table.notes == (
        "127 lines are no part of a printout of Sirona DAC UNIVERSAL (lines 1 to 187); nothing of it is used",
    )
    assert {misfit.column for misfit in table.misfits} == {"result", "ended_at"}


def test_a_stray_error_below_a_good_end_is_told_and_changes_nothing() -> None:
    row = row_of(text_of("dac_good.txt") + "\nError code   72\n\nError code   72\n")
    assert (row["result"], row["notes"]) == ("pass", "below the end: Error code 72 (2 times)")


@pytest.mark.parametrize("line", ["Error code   97", "            Fehler!", "Abbruch Sterilisation"])
def test_a_good_end_beside_a_failure_is_no_pass(line: str) -> None:
    for text in (swapped("Ausblasen ", f"{line}\nAusblasen "), swapped("Ok  \nAussen", "FEHL\nAussen")):
        assert row_of(text)["result"] == ""
        assert doubts_of(text) == {"result"}
    below = text_of("dac_good.txt") + f"--------------------------------\n{line}\n"
    assert row_of(below)["result"] == ("pass" if "code" in line else "")


@pytest.mark.parametrize("line", ["ALARM 12", "Cycle interrupted", "load NOT STERILE", "Abgebrochen", "Fehler 12"])
def test_a_good_end_beside_an_unknown_line_of_trouble_is_no_pass(line: str) -> None:
    text = swapped("Ausblasen ", f"{line}\nAusblasen ")
    assert row_of(text)["result"] == ""
    assert doubts_of(text) == {"result", None}


def test_an_unknown_line_without_trouble_is_reported_and_no_more() -> None:
    text = swapped("Ausblasen ", "Wasser 1.2 uS\nAusblasen ")
    assert row_of(text) == row_of(bytes_of("dac_good.txt"))
    (misfit,) = table_of(text).misfits
    assert (misfit.line, misfit.text) == (31, "Wasser 1.2 uS")


def test_many_unknown_lines_are_told_in_one() -> None:
    text = swapped("Ausblasen ", "".join(f"ruido {n}\n" for n in range(5000)) + "Ausblasen ")
    misfits = table_of(text).misfits
    assert len(misfits) == 21
    assert "4980 more lines down to line 5030" in misfits[-1].reason


@pytest.mark.parametrize(
    ("old", "new", "head"),
    [
        ("Serien Nr:  700815", "Serien Nr:  7008%5", "equipment_id"),
        ("Zyklus:     207", "Zyklus:     2o7", "cycle_number"),
        ("Programm: ", "Pro#ramm: ", "program"),
        ("04-05-2023", "34-05-2023", "started_at"),
        ("04-05-2023", "04-05-20", "started_at"),
        ("23:49:10", "27:49:10", "started_at"),
        ("Minimum            135.1", "Minimum            135.x", None),
    ],
)
def test_a_damaged_line_blanks_what_it_told(old: str, new: str, head: str | None) -> None:
    text = swapped(old, new)
    assert head is None or row_of(text)[head] == ""
    assert head in doubts_of(text)


def test_the_readings_stand_in_for_damaged_extremes_unless_one_of_them_is_damaged_too() -> None:
    text = swapped("Minimum            135.1", "Minimum            135.x")
    assert (row_of(text)["temperature_c"], row_of(text)["pressure_kpa"]) == ("", "")
    text = swapped("Minimum            135.1    3.15\n", "")
    assert (row_of(text)["temperature_c"], row_of(text)["pressure_kpa"]) == ("135.2", "316.00")
    text = text.replace("00:02:20           135.4", "00:02:20           13#.4")
    assert row_of(text)["temperature_c"] == ""
    assert doubts_of(text) == {None, "temperature_c", "pressure_kpa"}


def test_a_reading_beyond_a_printed_extreme_is_a_doubt() -> None:
    text = swapped("00:02:50           135.3", "00:02:50           130.3")
    assert row_of(text)["temperature_c"] == ""
    assert doubts_of(text) == {"temperature_c"}


def test_the_hold_is_told_by_duration_then_clock_then_readings() -> None:
    by_clock = swapped("Dauer (m-s)        03-12\n", "")
    assert row_of(by_clock)["exposure_minutes"] == "3.20"
    by_readings = by_clock.replace("Sterilisation      00:04:23 Ok", "Ausblasen          Deaktiviert")
    row = row_of(by_readings)
    assert row["exposure_minutes"] == "3.03"
    assert row["notes"] == "hold time by readings 31 s apart, from the first to the last of the hold"


@pytest.mark.parametrize("duration", ["13-12", "00-12", "03-72"])
def test_times_of_the_hold_that_contradict_each_other_leave_it_blank(duration: str) -> None:
    text = swapped("03-12", duration)
    assert row_of(text)["exposure_minutes"] == ""
    assert doubts_of(text) == {"exposure_minutes"}


def test_a_good_end_without_any_sign_of_a_hold_is_reported() -> None:
    text = re.sub(r"(?ms)^Beginn Halte.*?^Ausblasen", "Ausblasen", text_of("dac_good.txt"))
    row = row_of(text)
    assert (row["exposure_minutes"], row["result"]) == ("", "")
    assert doubts_of(text) == {"exposure_minutes", "result"}


def test_a_time_that_goes_back_is_reported() -> None:
    text = swapped("00:00:41 Ok", "23:20:41 Ok")
    (misfit,) = table_of(text).misfits
    assert (misfit.line, misfit.column) == (15, None)
    assert "its time lies before that of the line above" in misfit.reason
    assert doubts_of(swapped("00:09:16 Ok", "00:01:16 Ok")) == {None, "ended_at"}


def test_pressure_far_from_saturated_steam_is_noted() -> None:
    text = re.sub(r"(?m)(13\d\.\d    )3\.", r"\g<1>2.", text_of("dac_good.txt"))
    row = row_of(text)
    assert row["pressure_kpa"] == "215.00"
    assert re.search(r"lie 1\d\.\d K off saturated steam", row["notes"])


def test_a_ticket_whose_first_line_is_damaged_is_its_own_and_told() -> None:
    text = text_of("dac_good.txt").split("Sterilisation ")[0] + swapped("DAC Univ", "DxC Univ", "dac_failed.txt")
    table = table_of(text)
    assert [(row["cycle_number"], row["result"]) for row in rows_of(table)] == [("207", ""), ("208", "fail")]
    assert any("the line that begins this printout is missing" in misfit.reason for misfit in table.misfits)


def test_two_cycles_in_one_ticket_are_no_pass() -> None:
    good = text_of("dac_good.txt")
    cut, whole = good.split("Innenreinigung")[0], good.replace("23:", "11:").replace("00:", "12:")
    text = cut + whole[whole.index("Start ") :]
    assert row_of(text)["result"] == ""
    assert "result" in doubts_of(text)


def test_a_cycle_copied_under_another_date_and_number_has_the_same_curve() -> None:
    whole = row_of(bytes_of("dac_good.txt"))["readings_hash"]
    copied = swapped("04-05-2023", "11-05-2023").replace("Zyklus:     207", "Zyklus:     211")
    assert row_of(copied)["readings_hash"] == whole
    assert row_of(swapped("135.2    3.16", "135.2    3.17"))["readings_hash"] != whole


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_and_the_degree_sign_do_not_matter(encoding: str) -> None:
    expected = row_of(bytes_of("dac_good.txt")) | {"program": "Universal/134°C/3min"}
    assert row_of(swapped("?C", "°C").encode(encoding)) == expected


def test_zero_bytes_of_the_serial_line_do_no_harm() -> None:
    assert row_of(b"\0\0" + bytes_of("dac_good.txt")) == row_of(bytes_of("dac_good.txt"))


# ---------------------------------------------------------------- the other profiles, from descriptions


def test_statclave_takes_pressure_by_steam_and_the_record_number_from_the_name() -> None:
    table = table_of(bytes_of("statclave.txt"), "2025/10/08/S20251008_00391_711004C00021.txt")
    (row,) = rows_of(table)
    assert table.misfits == ()
    assert (row["cycle_id"], row["cycle_number"], row["record_number"]) == ("711004C00021-00391", "612", "391")
    assert (row["program"], row["cycle_type"], row["result"]) == ("Solid/Wrapped", "load", "pass")
    assert (row["started_at"], row["ended_at"]) == ("2025-10-08T09:54:52", "2025-10-08T10:40:22")
    assert (row["temperature_c"], row["max_temperature_c"], row["pressure_kpa"]) == ("132.3", "133.5", "300.00")
    assert (row["exposure_minutes"], row["drying_minutes"], row["readings_hash"]) == ("", "15.00", "")
    assert "does not say how long it held" in table.notes[0]


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        ("S20250810_00391_711004C00021.txt", {"started_at", "ended_at"}),
        ("S20251008_00391_711004C00022.txt", {"equipment_id"}),
    ],
)
def test_a_name_that_contradicts_its_text_leaves_both_open(name: str, heads: set[str]) -> None:
    assert {misfit.column for misfit in table_of(bytes_of("statclave.txt"), name).misfits} == heads


def test_a_pressure_that_fits_neither_gauge_nor_absolute_is_left_blank() -> None:
    text = swapped("300kPa", "120kPa", "statclave.txt")
    assert row_of(text)["pressure_kpa"] == ""
    assert doubts_of(text) == {"pressure_kpa"}
    assert row_of(swapped("300kPa", "195kPa", "statclave.txt"))["pressure_kpa"] == "296.32"


def test_statclave_without_its_last_event_has_no_result() -> None:
    text = swapped("CYCLE COMPLETE 45:30", "CYCLE FAULT 45:30", "statclave.txt")
    assert row_of(text)["result"] == ""
    both = swapped("DRYING START", "CYCLE FAULT    28:00\nDRYING START", "statclave.txt")
    assert (row_of(both)["result"], doubts_of(both)) == ("", {"result"})


def test_sercon_or2011_with_decimal_commas_over_midnight() -> None:
    table = table_of(bytes_of("sercon_or2011.txt"))
    (row,) = rows_of(table)
    assert table.misfits == ()
    assert (row["started_at"], row["ended_at"]) == ("2024-03-16T23:50:10", "2024-03-17T00:16:00")
    assert (row["temperature_c"], row["max_temperature_c"], row["pressure_kpa"]) == ("134.2", "134.6", "306.32")
    assert (row["exposure_minutes"], row["drying_minutes"], row["sample_seconds"]) == ("4.08", "10.00", "60")
    assert (row["cycle_number"], row["result"]) == ("123", "pass")
    aborted = swapped("FINAL DO CICLO...............:", "CICLO ABORTADO...............:", "sercon_or2011.txt")
    assert row_of(aborted)["result"] == "aborted"


def test_a_reading_a_minute_proves_a_hold_only_from_the_first_to_the_last() -> None:
    text = re.sub(r"(?m)^TERMINO DA ESTERILIZACAO.*\n", "", text_of("sercon_or2011.txt"))
    row = row_of(text)
    assert (row["exposure_minutes"], row["sample_seconds"]) == ("4.00", "60")
    assert "by readings 60 s apart" in row["notes"]


def test_a_clock_of_minutes_proves_a_minute_less_than_it_shows() -> None:
    row = row_of(bytes_of("sercon_lac210.txt"))
    assert (row["exposure_minutes"], row["sample_seconds"], row["result"]) == ("4.00", "120", "pass")
    assert (row["started_at"], row["ended_at"]) == ("2024-03-16T08:15", "2024-03-16T08:50")
    assert "one minute less" in row["notes"]
    short = swapped("08:35 INICIO DESC", "08:31 INICIO DESC", "sercon_lac210.txt")
    assert row_of(short.replace("08:32 1", "08:30 1").replace("08:34 1", "08:31 1"))["exposure_minutes"] == ""


def test_ethylene_oxide_is_not_steam() -> None:
    row = row_of(bytes_of("afr13.txt"))
    assert (row["method"], row["result"], row["operator_id"]) == ("other", "pass", "A. ROCHA")
    assert (row["started_at"], row["exposure_minutes"], row["pressure_kpa"]) == (
        "2024-04-13T17:21:17",
        "120.00",
        "70.33",
    )


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("dac_good.txt", "Sirona DAC UNIVERSAL"),
        ("dac_failed.txt", "Sirona DAC UNIVERSAL"),
        ("statclave.txt", "SciCan STATCLAVE G4"),
        ("sercon_or2011.txt", "Sercon OR2011"),
        ("sercon_lac210.txt", "Sercon JP/LAC210"),
        ("afr13.txt", "AFR13 ethylene oxide sterilizer"),
    ],
)
def test_each_ticket_is_known_by_its_marks(name: str, device: str) -> None:
    found = profile_of(bytes_of(name))
    assert found and found.device == device
    assert recognises(SourceFile(name, bytes_of(name)))


# ---------------------------------------------------------------- damage


def all_rows(data: bytes) -> list[dict[str, str]]:
    """The rows of any bytes, read with the profile that fits them or, where none does, with every profile."""
    source = SourceFile("x.txt", data)
    fitting = profile_of(data)
    out = []
    for profile in (fitting,) if fitting else shipped():
        try:
            (table,) = read_with(profile, source)
        except NotReadable:
            continue
        lines = data.count(b"\n") + data.count(b"\r") + 1
        assert all(1 <= line <= lines for line in table.lines.tolist())
        assert {len(column) for column in table.columns} == {table.rows}
        assert len(table.misfits) <= table.rows * 45
        out += rows_of(table)
    return out


@pytest.mark.parametrize("name", GOOD)
def test_a_printout_cut_off_above_its_verdict_is_never_a_pass(name: str) -> None:
    data, verdict = bytes_of(name), VERDICTS[name].encode()
    last = data.index(verdict) + len(verdict)
    for end in sorted({*range(0, last, 7), *range(last - 60, last)}):
        assert all(row["result"] != "pass" for row in all_rows(data[:end])), data[:end][-60:]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_no_damage_raises_or_makes_a_pass_without_its_verdict(name: str, data: st.DataObject) -> None:
    lines = bytes_of(name).split(b"\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(("drop", "double", "move", "flip", "insert"))):
            case "drop" if len(lines) > 1:
                del lines[place]
            case "double":
                lines.insert(place, lines[place])
            case "move":
                lines.insert(data.draw(st.integers(0, len(lines) - 1)), lines.pop(place))
            case "insert":
                lines.insert(place, data.draw(st.binary(max_size=30)))
            case _ if lines[place]:
                at = data.draw(st.integers(0, len(lines[place]) - 1))
                lines[place] = lines[place][:at] + data.draw(st.binary(min_size=1, max_size=1)) + lines[place][at + 1 :]
    damaged = b"\n".join(lines)
    passes = sum(row["result"] == "pass" for row in all_rows(damaged))
    words = rb"(?i)Zyklusende .*Ok|FINAL DO CICLO|FIM DE CICLO|CICLO FINALIZADO|CYCLE COMPLETE"
    assert passes <= len(re.findall(words, damaged.replace(b"\0", b" ")))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet="0123456789:.,- \nDACUniversal{}()\0", max_size=400).map(str.encode))
def test_any_bytes_are_no_printout_or_no_pass(data: bytes) -> None:
    assert all(row["result"] != "pass" for row in all_rows(data))
    prefixed = bytes_of("dac_good.txt").split(b"Start  ")[0] + data
    assert all(row["result"] != "pass" for row in all_rows(prefixed))


def test_a_large_file_of_garbage_is_read_in_bounds() -> None:
    head = text_of("dac_good.txt").split("Start  ")[0]
    for garbage in (
        "1:30:2.......:" * 20 + "\n",
        "12:30:30 " * 200_000,
        "0.1 x\n",
        " " * 200_000 + "\n",
        "#" * 99 + "\n",
    ):
        table = table_of(head + garbage * max(1, 300_000 // len(garbage)))
        assert table.rows == 1
        assert len(table.misfits) < 45


def test_a_file_of_nobody_is_not_readable() -> None:
    for data in (b"", b"\0" * 5000, b"%PDF-1.7\n", b"DAC Universal\nZyklus:\n", b"Serial;Cycle\n1;2\n"):
        assert not recognises(SourceFile("x.txt", data))
        with pytest.raises(NotReadable, match="the printout of no sterilizer that is known here"):
            read(SourceFile("x.txt", data))


# ---------------------------------------------------------------- profiles that owners write

OWN = """
device: Steamer 300
known_from: the printouts of our own machine
method: steam
pressure: by_steam
recognised_by: ["STEAMER 300", "Cycle no"]
begins: ["STEAMER 300"]
ends: ["End {clock} {any}"]
labels:
  - "Serial {equipment_id}"
  - "Cycle no {cycle_number}"
  - "Program {program}"
  - "Date {date:MDY} {start}"
  - "Signed: {operator_id}"
readings:
  heads: ["Time {temperature_unit} {pressure_unit}"]
  lines: ["{letter} {elapsed} {temperature} {pressure}"]
hold:
  letters: [S]
verdict:
  pass: ["End {clock} good"]
  fail: ["End {clock} bad"]
programs:
  leak_test: [tightness]
"""
TICKET = """STEAMER 300
Serial A-77
Cycle no 0031
Program wrapped
Date MAY/03/2023 10:15 PM
Time  °F  psi
H 00:10 212.0 0.1
S 12:00 273.5 29.9
S 13:00 274.0 30.1
S 14:00 274.1 30.2
S 15:00 273.9 30.0
E 15:30 230.0 5.0
End 10:45 PM good
Signed: ______
"""


def own_row(ticket: str = TICKET, profile: str = OWN) -> dict[str, str]:
    (table,) = read_with(load_profile(profile, "devices/steamer.yaml"), SourceFile("a.txt", ticket.encode()))
    (row,) = rows_of(table)
    return row


def test_an_owners_profile_reads_phases_by_letter_and_units_from_the_head() -> None:
    own = load_profile(OWN, "devices/steamer.yaml")
    assert profile_of(TICKET.encode()) is None
    assert profile_of(TICKET.encode(), [own]) is own
    row = own_row()
    assert (row["cycle_id"], row["cycle_type"], row["result"]) == ("A-77-0031", "load", "pass")
    assert (row["started_at"], row["ended_at"]) == ("2023-05-03T22:15", "2023-05-03T22:45")
    assert (row["temperature_c"], row["max_temperature_c"]) == ("134.2", "134.5")
    assert (row["pressure_kpa"], row["exposure_minutes"], row["sample_seconds"]) == ("307.48", "3.00", "60")
    assert len(row["readings_hash"]) == 16
    assert own_row(TICKET.replace("wrapped", "Tightness test"))["cycle_type"] == "leak_test"
    assert own_row(TICKET.replace("°F", "°C").replace("27", "13"))["temperature_c"] == "133.5"
    assert own_row(TICKET.replace(" psi", " psia"))["pressure_kpa"] == "206.15"


def test_a_hold_interrupted_by_another_phase_is_not_one_hold() -> None:
    row = own_row(TICKET.replace("S 14:00", "H 14:00"))
    assert [row[head] for head in ("temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes")] == [
        ""
    ] * 4


def test_a_word_of_trouble_is_passed_over_only_knowingly() -> None:
    ticket = TICKET.replace("Time ", "Alarms: 0\nTime ")
    assert own_row(ticket)["result"] == ""
    assert own_row(ticket, OWN + 'passed_over: ["Alarms: 0"]\n')["result"] == "pass"
    assert (
        own_row(ticket.replace("Alarms: 0", "Alarms: 1"), OWN + 'passed_over: ["Alarms: 0", "{any}"]\n')["result"] == ""
    )


def test_a_good_word_above_a_missing_last_line_is_no_pass() -> None:
    profile = OWN.replace('["End {clock} {any}"]', '["Signature {any}"]')
    assert own_row(TICKET, profile)["result"] == ""
    assert own_row(TICKET + "Signature 77A\n", profile)["result"] == "pass"


def test_without_a_unit_in_the_head_nothing_is_guessed() -> None:
    row = own_row(TICKET.replace("Time  °F  psi\n", ""))
    assert [row[head] for head in ("temperature_c", "max_temperature_c", "pressure_kpa")] == [""] * 3
    assert row["exposure_minutes"] == "3.00"


@pytest.mark.parametrize(
    ("old", "new", "line", "text"),
    [
        ("{date:MDY}", "{date}", 13, "must say how it is written"),
        ("{date:MDY}", "{date:DYM}", 13, "must say how it is written"),
        ("{cycle_number}", "{cycle}", 11, "no place is called {cycle}"),
        ("{cycle_number}", "{celsius}", 11, "{celsius} cannot stand here"),
        ("{cycle_number}", "{program} {program}", 11, "there twice"),
        ("Program {program}", "{program} {operator_id}", 12, "only one place of a line may take any text"),
        ("Program {program}", "Program {program", 12, "a brace stands alone"),
        ("pressure: by_steam", "pressure: maybe", 5, "'pressure'"),
        ("method: steam", "", 2, "'method' is missing"),
        ("leak_test", "leaky", 24, "'load'"),
        ('"STEAMER 300", "Cycle no"', '"STEAMER 300"', 6, "at least 2"),
        ('"STEAMER 300", "Cycle no"', '"STEAMER 300", "No"', 6, "at least 3 characters"),
        ("device:", "devise:", 2, "unknown key 'devise'"),
        ("  letters: [S]", "  begins: [Hold]", 18, "both `begins` and `ends`"),
        ("End {clock} good", "{clock} {any}", 21, "{any} cannot stand here"),
        ("End {clock} good", "{clock}", 21, "too few letters of its own"),
        ('begins: ["STEAMER 300"]', 'begins: ["{any}"]', 7, "too few letters of its own"),
        ("Serial {equipment_id}", "x" * 201, 10, "at most 200 characters"),
    ],
)
def test_mistakes_of_a_profile_are_told_with_their_place(old: str, new: str, line: int, text: str) -> None:
    assert old in OWN
    with pytest.raises(SourceError) as caught:
        load_profile(OWN.replace(old, new, 1), "devices/steamer.yaml")
    problem = next(problem for problem in caught.value.problems if text in problem.text)
    assert (problem.file, problem.line) == ("devices/steamer.yaml", line)


def test_shapes_know_no_regular_expressions() -> None:
    made = shape("Temp. (max) [a-z]* {celsius} C")
    assert made.lines[0].fullmatch("temp. (max) [a-z]* 134.2 C")
    assert made.lines[0].fullmatch("Temp. (max) bbb 134.2 C") is None
    dots = shape("FINAL DO CICLO......: {clock}").lines[0]
    assert dots.fullmatch("FINAL DO CICLO: 10:20:30")
    assert dots.fullmatch("FINAL DO CICLO..........: 10:20") is not None


# ---------------------------------------------------------------- steam and curves


def test_saturated_steam_is_that_of_the_table() -> None:
    for celsius, kpa in ((121, 205), (132, 287), (134, 304), (135.5, 318), (138, 342)):
        assert abs(saturation_kpa(celsius) - kpa) < 0.6
        assert abs(saturation_c(saturation_kpa(celsius)) - celsius) < 1e-6
    assert abs(saturation_kpa(26.85) - 3.53658941) < 1e-6


def test_gauge_or_absolute_is_settled_by_steam_or_not_at_all() -> None:
    assert absolute_by_steam([134.0, 134.2], [304.0, 306.0]) == [304.0, 306.0]
    assert absolute_by_steam([134.0], [203.0]) == [203.0 + 101.325]
    assert absolute_by_steam([134.0], [250.0]) is None
    assert absolute_by_steam([], []) is None


# ---------------------------------------------------------------- real tickets


@pytest.mark.skipif(not REAL_DAC.is_dir(), reason="SMPCOMPLIANCE_REAL_DATA is unset or has no tickets")
def test_real_tickets_of_a_dac_universal() -> None:
    table = table_of((REAL_DAC / "DAC.Log").read_bytes())
    rows = rows_of(table)
    assert table.misfits == ()
    assert len(table.notes) == 1
    told = [
        [row[head] for head in ("cycle_number", "started_at", "ended_at", "exposure_minutes", "result")] for row in rows
    ]
    assert told == [
        ["13", "2016-03-16T00:53:20", "2016-03-16T01:12:08", "3.18", "pass"],
        ["14", "2016-04-05T21:58:02", "2016-04-05T22:01:49", "", "fail"],
        ["15", "2016-04-05T22:06:37", "2016-04-05T22:36:44", "3.18", "pass"],
        ["16", "2016-04-06T22:30:24", "2016-04-06T22:53:01", "3.20", "pass"],
        ["17", "2016-04-07T20:32:59", "2016-04-07T21:11:32", "3.18", "pass"],
    ]
    good = [row for row in rows if row["result"] == "pass"]
    assert {(row["temperature_c"], row["max_temperature_c"], row["pressure_kpa"]) for row in good} == {
        ("135.3", "135.4", "317.00")
    }
    assert len({row["readings_hash"] for row in good}) == 4
    assert row_of((REAL_DAC / "DACLogOK.TXT").read_bytes()) == rows[0]
    assert row_of((REAL_DAC / "DACLogFehler.TXT").read_bytes()) == rows[1]
    stopped = (REAL_DAC / "DACLogFehlerIII.TXT").read_bytes()
    assert (row_of(stopped)["cycle_number"], row_of(stopped)["result"]) == ("1015", "fail")
    assert doubts_of(stopped) == {"ended_at"}
