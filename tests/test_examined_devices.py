"""Printouts as a suspicious inspector looks at them: what is cut off, damaged or contradicted is never a pass."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from vapora import FAILED, GOOD, PROFILE

from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.logs.intake.printout.profile import load_profile
from smpcompliance.yamlio import SourceError

CYCLES = "sterilization_cycles"
OWN = {"devices/vapora.yaml": PROFILE}
HAND = (
    "equipment_id,cycle_number,started_at,temperature_c,exposure_minutes,result,contents,released_by\n"
    "V18-2207,412,2026-10-14 09:12,133,4,{},grips,AB\n"
)
DATA = Path(__file__).parent / "data"


def reading(folder: Path, files: Mapping[str, str]) -> Reading:
    (folder / "studio.yaml").write_text("studio_id: s\nname: S\njurisdiction: US-CA\ntime_zone: UTC\n", "utf-8")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return read_folders(find_studios([folder]))


def rows(found: Reading) -> list[dict[str, str]]:
    log = found.intake.logs.log(CYCLES)
    return [{name: log.cells(name).text(row) or "" for name in log.text} for row in range(len(log))]


def reasons(found: Reading, column: str | None) -> list[str]:
    return [place.reason for _, place in found.intake.misfits if place.column == column]


def remarks(found: Reading) -> str:
    return "\n".join(text for _, _, text in found.intake.remarks)


DOUBTFUL = {
    "cut off": GOOD.split("CYCLE PASSED")[0],
    "trouble that the profile does not know": GOOD.replace("DRY START ", "ALARM 12\nDRY START "),
    "no hold": re.sub(r"(?ms)^STERILIZE START.*?^STERILIZE END[^\n]*\n", "", GOOD),
}


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_an_entry_by_hand_does_not_stand_for_what_the_printout_does_not_show(tmp_path: Path, text: str) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": text, f"{CYCLES}.csv": HAND.format("pass")})
    (row,) = rows(found)
    assert (row["result"], row["contents"], row["released_by"]) == ("", "grips", "AB")
    assert any("an entry by hand does not stand for it" in reason for reason in reasons(found, "result"))


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_a_failure_noted_by_hand_stands_beside_a_printout_that_shows_no_end(tmp_path: Path, text: str) -> None:
    (row,) = rows(reading(tmp_path, {**OWN, "a.txt": text, f"{CYCLES}.csv": HAND.format("fail")}))
    assert row["result"] == "fail"


def test_values_by_hand_do_not_stand_for_a_hold_that_the_machine_did_not_show(tmp_path: Path) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": DOUBTFUL["no hold"], f"{CYCLES}.csv": HAND.format("pass")})
    (row,) = rows(found)
    assert (row["temperature_c"], row["exposure_minutes"]) == ("", "")
    assert reasons(found, "temperature_c")


def test_values_by_hand_do_not_stand_beside_a_failed_printout_that_has_none(tmp_path: Path) -> None:
    hand = HAND.format("pass").replace("412,2026-10-14 09:12", "413,2026-10-14 11:02")
    (row,) = rows(reading(tmp_path, {**OWN, "a.txt": FAILED, f"{CYCLES}.csv": hand}))
    assert (row["result"], row["temperature_c"], row["exposure_minutes"]) == ("fail", "", "")


def test_values_by_hand_fill_what_a_sound_printout_does_not_print(tmp_path: Path) -> None:
    without = re.sub(r"(?m)^(hold|drying|readings):\n(?:  .*\n)+", "", PROFILE)
    profile = without.replace(
        'passed_over: ["Set {any}"]', 'header: open\npassed_over: ["{clock} {any}", "STERILIZE {any}"]'
    )
    files = {"devices/vapora.yaml": profile, "a.txt": GOOD, f"{CYCLES}.csv": HAND.format("pass")}
    (row,) = rows(reading(tmp_path, files))
    assert (row["result"], float(row["temperature_c"]), float(row["exposure_minutes"])) == ("pass", 133, 4)


def test_a_printout_without_its_first_line_is_no_pass(tmp_path: Path) -> None:
    second = GOOD.replace("00412", "00413").split("\n", 1)[1]
    found = reading(tmp_path, {**OWN, "a.txt": GOOD + second})
    assert [row["result"] for row in rows(found)] == ["pass", ""]
    assert any("its first line is missing" in reason for reason in reasons(found, "result"))


def test_an_end_that_stands_alone_is_no_pass(tmp_path: Path) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": GOOD + "VAPORA V1\nCYCLE PASSED     10:40:00\n"})
    assert [row["result"] for row in rows(found)] == ["pass", ""]


def test_no_result_is_told_where_the_line_of_trouble_stands(tmp_path: Path) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": GOOD.replace("CYCLE PASSED     09:55:20", "DOOR FAILURE 7")})
    (place,) = [place for _, place in found.intake.misfits if place.column == "result"]
    assert (place.line, place.text) == (19, "DOOR FAILURE 7")


def test_a_clock_that_was_set_back_leaves_the_end_unknown(tmp_path: Path) -> None:
    text = GOOD
    for old, new in (("09:33:00", "08:33:00"), ("09:53:00", "08:53:00"), ("09:55:20", "08:55:20")):
        text = text.replace(old, new)
    found = reading(tmp_path, {**OWN, "a.txt": text})
    assert rows(found)[0].get("ended_at", "") == ""
    assert any("set back" in reason or "goes back" in reason for reason in reasons(found, "ended_at"))


def test_readings_below_the_next_stage_are_none_of_the_hold(tmp_path: Path) -> None:
    text = GOOD.replace("STERILIZE END    09:31:15\n", "").replace("DRY END", "09:40:00   150.0    0.1\nDRY END")
    (row,) = rows(reading(tmp_path, {**OWN, "a.txt": text}))
    assert (float(row["temperature_c"]), float(row["exposure_minutes"])) == (133.0, 4.0)


@pytest.mark.parametrize("wrong", ["absolute", "gauge"])
def test_a_hold_off_saturated_steam_is_told(tmp_path: Path, wrong: str) -> None:
    profile = PROFILE.replace("pressure: gauge", f"pressure: {wrong}")
    found = reading(tmp_path, {"devices/vapora.yaml": profile, "a.txt": GOOD})
    assert ("not those of saturated steam" in remarks(found)) == (wrong == "absolute")


def test_a_file_of_melaview_in_the_folder_of_another_month_is_told(tmp_path: Path) -> None:
    good = (DATA / "printout" / "dac_good.txt").read_text("iso-8859-1")
    found = reading(tmp_path, {"05_2001/DAC01001.PRO": good})
    assert rows(found)[0].get("started_at", "") == ""
    assert any("the folder 05_2001 is of another month" in reason for reason in reasons(found, "started_at"))


def test_a_text_that_no_profile_fits_is_told_of_profiles(tmp_path: Path) -> None:
    found = reading(tmp_path, {"a.txt": GOOD, "heads.csv": "a,b\n1,2\n"})
    said = {file.file: file.problem for file in found.files}
    assert "profile of the machine in the folder devices" in said["a.txt"]
    assert "profile" not in said["heads.csv"]


STATCLAVE = "\r\n".join((
    "STATCLAVE G4 SBS1R118", "SN 710123B00004", "CYCLE NUMBER  001755", " 9:54:52  08/10/2025", "Solid/Wrapped",
    "270 F/4min", "STERILIZING    25:35", "CYCLE COMPLETE 52:10", "Min. steri. Values:", "270.1 F  43.5psi",
    "Max. steri. Values:", "271.4 F  44.8psi", "Digital Signature #", "3F2A9C", "",
))  # fmt: skip


def test_a_statclave_that_prints_fahrenheit_is_read(tmp_path: Path) -> None:
    (row,) = rows(reading(tmp_path, {"a.txt": STATCLAVE}))
    assert (row["result"], row["cycle_type"]) == ("pass", "load")
    assert [float(row[name]) for name in ("temperature_c", "max_temperature_c", "pressure_kpa")] == [
        132.3,
        133.0,
        299.92,
    ]


def test_the_units_of_a_log_inside_an_export_are_those_it_prints(tmp_path: Path) -> None:
    found = reading(tmp_path, {"a.json": run_of_statclave()})
    (row,) = rows(found)
    assert [float(row[name]) for name in ("temperature_c", "pressure_kpa")] == [132.3, 299.92]
    assert "says neither" not in remarks(found)
    assert "does not say its unit" not in remarks(found)


def test_a_failure_below_a_good_end_takes_the_result_away(tmp_path: Path) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": GOOD.replace("Operator", "CYCLE FAILED 09:55:30\nOperator")})
    assert [row["result"] for row in rows(found)] == [""]
    assert any("yet this line says that the cycle failed" in reason for reason in reasons(found, "result"))


def test_a_clock_set_forward_in_the_hold_proves_no_hour(tmp_path: Path) -> None:
    text = GOOD
    for minute in ("09:30:10", "09:31:10", "09:31:15", "09:33:00", "09:53:00", "09:55:20"):
        text = text.replace(minute, "10" + minute[2:])
    found = reading(tmp_path, {**OWN, "a.txt": text})
    assert rows(found)[0].get("exposure_minutes", "") == ""
    assert any("leave a gap here" in reason for reason in reasons(found, "exposure_minutes"))


@pytest.mark.parametrize("said", ["Unsigned", "not signed", "Pending", "(not yet signed)", "declined", "no signature"])
def test_a_word_under_the_head_of_a_signature_that_denies_it_is_no_signature(tmp_path: Path, said: str) -> None:
    form = (
        "Submission Date,Name,Birth Date,Are you pregnant?,Signature,Submission ID\n"
        f"2026-10-13 09:15:00,Nottingham Singer,1990-02-03,No,{said},51234\n"
        "2026-10-13 09:16:00,Nottingham Singer,1990-02-03,No,https://forms.example/1_signature.png,51235\n"
        "2026-10-13 09:17:00,Nottingham Singer,1990-02-03,No,Nottingham Singer,51236\n"
    )
    log = reading(tmp_path, {"consent.csv": form}).intake.logs.log("consent_forms")
    assert [log.cells("signed_at").text(row) for row in range(3)] == ["", "2026-10-13 09:16", "2026-10-13 09:17"]


def test_a_profile_nested_without_end_is_told() -> None:
    with pytest.raises(SourceError) as told:
        load_profile(PROFILE + "x: " + "[" * 5000, "devices/vapora.yaml")
    assert "devices/vapora.yaml" in str(told.value)
    assert "too deeply" in str(told.value)


def run_of_statclave(**other: object) -> str:
    run = {
        "date": "2025-10-08T09:54:52", "number": "1755", "runmode": "1", "display_units": "imperial", "succeeded": True,
        "status": "Solid/Wrapped / 270°F/4min", "temp": "70 270", "pressure": "14 43", "log": STATCLAVE,
    }  # fmt: skip
    return json.dumps(run | other)


BY_HAND = HAND.format("pass").replace("V18-2207,412,2026-10-14 09:12", "710123B00004,1755,2025-10-08 09:54")


def test_a_run_of_the_devices_page_and_the_log_by_hand_are_one_cycle(tmp_path: Path) -> None:
    (row,) = rows(reading(tmp_path, {"a.json": run_of_statclave(), f"{CYCLES}.csv": BY_HAND}))
    assert (row["result"], row["contents"], float(row["max_temperature_c"])) == ("pass", "grips", 133)


@pytest.mark.parametrize("with_printout", [True, False])
def test_a_run_that_did_not_succeed_is_no_pass_by_hand(tmp_path: Path, with_printout: bool) -> None:
    failed = run_of_statclave(succeeded=False, log=STATCLAVE.replace("CYCLE COMPLETE", "CYCLE FAULT"))
    printed = {"a.txt": STATCLAVE.replace("CYCLE COMPLETE", "CYCLE FAULT")} if with_printout else {}
    (row,) = rows(reading(tmp_path, {"a.json": failed, f"{CYCLES}.csv": BY_HAND, **printed}))
    assert row["result"] == "fail"


OTHER_YEAR = GOOD.replace("10/14/2026", "10/14/2024").replace("271.4", "270.4")


@pytest.mark.parametrize("files", [{"a.txt": GOOD, "b.txt": OTHER_YEAR}, {"a.txt": OTHER_YEAR + GOOD}])
def test_a_number_used_again_after_the_counter_restarted_is_a_cycle_of_its_own(
    tmp_path: Path, files: dict[str, str]
) -> None:
    found = reading(tmp_path, {**OWN, **files})
    assert sorted(row["started_at"] for row in rows(found)) == ["2024-10-14 09:12", "2026-10-14 09:12"]
    assert len({row["cycle_id"] for row in rows(found)}) == 2
    assert "the counter was set back" in remarks(found)
    assert not reasons(found, "cycle_id")


@pytest.mark.parametrize("first", [True, False])
def test_a_failure_is_not_undone_by_another_printout_of_the_cycle(tmp_path: Path, first: bool) -> None:
    failed = GOOD.replace("CYCLE PASSED", "CYCLE FAILED")
    found = reading(tmp_path, {**OWN, "a.txt": failed if first else GOOD, "b.txt": GOOD if first else failed})
    assert [row["result"] for row in rows(found)] == ["fail"]
    assert any("the worse of the two stands" in reason for reason in reasons(found, "cycle_id"))


def test_a_copy_that_is_cut_off_does_not_stand_before_the_whole_printout(tmp_path: Path) -> None:
    found = reading(tmp_path, {**OWN, "a.txt": GOOD[:300], "b.txt": GOOD})
    assert [row["result"] for row in rows(found)] == ["pass"]


def test_a_spore_test_whose_control_did_not_grow_is_void_not_passed(tmp_path: Path) -> None:
    tests = (
        "spore_test_id,equipment_id,tested_at,result,control_result\n"
        "1,A1,2026-10-01,Negative,no growth\n2,A1,2026-10-08,Negative,growth\n3,A1,2026-10-15,Positive,no growth\n"
    )
    found = reading(tmp_path, {"spore_tests.csv": tests})
    log = found.intake.logs.log("spore_tests")
    assert [log.cells("result").text(row) for row in range(3)] == ["void", "pass", "fail"]
    assert "1 spore tests are void, not passed (first on line 2)" in remarks(found)
