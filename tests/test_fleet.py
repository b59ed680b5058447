"""Tables of many studios beside a table of the studios."""

from pathlib import Path

import pytest

from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders
from smpcompliance.yamlio import SourceError

STUDIOS = """studio_id,name,jurisdiction,overlays,procedures,instruments,employees_peak,opened_on,phone
north,North Ink,US-CA,SMP; san-joaquin,tattoo,reusable,4,2022-03-01,555
south,South Ink,US-NJ,,permanent_cosmetics,single_use_only,,,
"""
SESSIONS = "studio_id,session_id,station\nnorth,S1,A\nsouth,S1,B\n,S2,C\nwest,S3,D\n"


def fleet(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in {"studios": STUDIOS, **files}.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def read(folder: Path) -> Reading:
    return read_folders(find_studios([folder]))


def test_each_row_is_a_studio_with_its_profile(tmp_path: Path) -> None:
    (_, north), (_, south) = find_studios([fleet(tmp_path / "f", sessions=SESSIONS)])
    assert (north.studio_id, north.name, north.jurisdiction) == ("north", "North Ink", "US-CA")
    assert (north.overlays, north.procedures, north.employees_peak) == (("SMP", "san-joaquin"), ("tattoo",), 4)
    assert (south.jurisdiction, south.instruments, south.overlays) == ("US-NJ", "single_use_only", ())


def test_a_record_belongs_to_the_studio_it_names_and_to_none_without(tmp_path: Path) -> None:
    reading = read(fleet(tmp_path / "f", sessions=SESSIONS))
    log = reading.intake.logs.log("sessions")
    assert list(zip(log.studio.tolist(), log.text["station"].to_pylist(), strict=True)) == [(0, "A"), (1, "B")]
    assert sorted(place.line for _, place in reading.intake.misfits) == [4, 5]


def test_a_table_that_does_not_say_whose_it_is_is_not_used(tmp_path: Path) -> None:
    reading = read(fleet(tmp_path / "f", sessions=SESSIONS, spore_tests="spore_test_id,result\nT1,pass\n"))
    told = {file.file: file.problem for file in reading.files if file.is_left_out}
    assert list(told) == ["spore_tests.csv"]
    assert "studio_id" in told["spore_tests.csv"]


@pytest.mark.parametrize(
    ("studios", "text"),
    [
        ("studio_id,jurisdiction\nnorth,US-CA\nnorth,US-NJ\n", "the studio id 'north' is also that of"),
        ("studio_id,opened_on\nnorth,soon\n", "'soon' is not a day"),
        ("name\nNorth\n", "needs a studio_id"),
        ("studio_id,time_zone\nnorth,Moon/Sea\n", "is not a time zone"),
    ],
)
def test_mistakes_in_the_table_are_told_with_their_line(tmp_path: Path, studios: str, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        find_studios([fleet(tmp_path / "f", studios=studios)])
    assert text in str(caught.value)
