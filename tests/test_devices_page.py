"""The owner's page on profiles (docs/devices.md): what it shows is read as it says."""

import re
from pathlib import Path

import pytest
from vapora import FAILED, FENCED, GOOD, PAGE, PROFILE

from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.intake.printout.profile import load_profile
from smpcompliance.logs.intake.printout.read import shipped
from smpcompliance.yamlio import SourceError, parse


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    (tmp_path / "studio.yaml").write_text("studio_id: s\nname: S\njurisdiction: US-CA\ntime_zone: UTC\n", "utf-8")
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "vapora.yaml").write_text(PROFILE, "utf-8")
    (tmp_path / "good.txt").write_text(GOOD, "utf-8")
    (tmp_path / "failed.txt").write_text(FAILED, "utf-8")
    return tmp_path


def test_the_tickets_of_the_page_are_read_as_the_page_says(studio: Path) -> None:
    intake = read_folders(find_studios([studio])).intake
    log = intake.logs.log("sterilization_cycles")
    rows = [{name: log.cells(name).text(row) for name in log.text} for row in range(len(log))]
    by_number = {row["cycle_number"]: row for row in rows}
    good = by_number["412"]
    said = PAGE.split("the good ticket above is one record:")[1]
    assert good["equipment_id"] in said
    assert (good["started_at"], good["ended_at"]) == ("2026-10-14 09:12", "2026-10-14 09:55")
    figures = ("temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes", "drying_minutes")
    assert [float(good[name]) for name in figures] == [133.0, 133.5, 295.07, 4.08, 20.0]
    assert all(text in said for text in ("133.0 °C", "133.5 °C", "295.07 kPa", "4.08 minutes", "20 minutes"))
    assert (good["result"], good.get("operator_id") or "") == ("pass", "")
    assert by_number["413"]["result"] == "fail"
    assert all(place.file == "failed.txt" for _, place in intake.misfits), intake.misfits


def test_every_piece_of_yaml_on_the_page_is_one_of_a_profile() -> None:
    whole = parse(PROFILE, "page").data
    assert isinstance(whole, dict)
    pieces = [text for kind, text in FENCED if kind == "yaml"]
    for piece in pieces:
        found = parse(piece, "page").data
        assert isinstance(found, dict)
        kept = {key: value for key, value in whole.items() if key not in found}
        text = "".join(line for line in _top_level(PROFILE) if line.split(":")[0] in kept)
        assert load_profile(text + piece, "page").device == "Vapora V18"


def _top_level(text: str) -> list[str]:
    return [part for part in re.split(r"(?m)^(?=\w)", text) if part]


def test_every_key_and_place_of_the_page_is_known_and_every_key_is_on_the_page() -> None:
    shown = set(re.findall(r"`([a-z_]+)`", "".join(re.findall(r"(?m)^\| (.*?) \|", PAGE))))
    known = {role.split(".")[0] for role in shipped()[0].shapes} - {"pass", "fail", "aborted"}
    assert known <= shown
    assert {"device", "known_from", "method", "pressure", "decimal", "recognised_by", "header", "programs"} <= shown


def test_the_mistake_that_the_page_shows_is_told_so() -> None:
    with pytest.raises(SourceError) as told:
        load_profile(PROFILE.replace("{date:MDY}", "{date}"), "devices/vapora.yaml")
    assert str(told.value).startswith("devices/vapora.yaml:10:5: `Date {date} Start {start}`: {date} must say how")
    assert "devices/vapora.yaml:10:5: `Date {date} Start {start}`: {date} must say how" in PAGE
