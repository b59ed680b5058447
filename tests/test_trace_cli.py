"""`smpcompliance trace`: one question at a time, its exit codes, and files that are not written over."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from traced_studio import DAY, studio

from smpcompliance.cli import main

LIST = "recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on\n"
NEWER = (
    LIST + "OWN-1,the maker,ink,2026-10-01,Night Harbour,,Dense Lining,Night Harbour,NH-7,,mould,a letter,2026-10-02\n"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return studio(tmp_path_factory.mktemp("studios"))


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["trace", *map(str, words), "--as-of", DAY, "--no-progress"])


def complete(place: Path) -> Path:
    """A studio in which nothing is left open and no test failed."""
    supplies = place / "session_supplies.csv"
    supplies.write_text("".join(supplies.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    tests = place / "spore_tests.csv"
    lines = tests.read_text("utf-8").splitlines(keepends=True)
    tests.write_text("".join(line for line in lines if "fail" not in line and "no_growth" not in line), "utf-8")
    return place


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (("--failed-tests",), 1), (("--equipment", "A1"), 1), (("--lot", "BL23"), 1), (("--recalls",), 1),
        (("--practitioner", "ZM"), 3), (("--client", "K-1"), 3), (("--station", "chair 1"), 3), (("--period", "2026-09"), 3),
        (("--drill",), 3), (("--failed-tests", "--period", "2025"), 3),
        (("--failed-tests", "--period", "2025", "--allow-incomplete"), 0), (("--client", "K-1", "--allow-incomplete"), 0),
    ],
    ids=str,
)  # fmt: skip
def test_exit_codes(place: Path, question: tuple[str, ...], code: int) -> None:
    ran = run(place, *question)
    assert ran.exit_code == code, ran.stdout + ran.stderr


def test_nobody_and_nothing_open_is_0(tmp_path: Path) -> None:
    assert run(complete(studio(tmp_path)), "--failed-tests").exit_code == 0


@pytest.mark.parametrize("log", ["spore_tests", "sterilization_cycles", "session_supplies", "sessions"])
def test_a_missing_log_is_never_nobody(tmp_path: Path, log: str) -> None:
    place = complete(studio(tmp_path))
    (place / f"{log}.csv").unlink()
    ran = run(place, "--failed-tests")
    assert ran.exit_code == 3
    assert "Not handed in" in ran.stdout


def test_a_studio_of_single_use_owes_no_log_of_loads(tmp_path: Path) -> None:
    place = complete(studio(tmp_path))
    for name in ("spore_tests", "sterilization_cycles"):
        (place / f"{name}.csv").unlink()
    profile = place / "studio.yaml"
    profile.write_text(profile.read_text("utf-8").replace("reusable", "single_use_only"), "utf-8")
    assert run(place, "--failed-tests").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing is asked"),
        (("--lot", "BL23", "--drill"), "--lot and --drill are 2 questions"),
        (("--failed-tests", "--client", "K-1", "--recalls"), "3 questions"),
        (("--seed", "1", "--failed-tests"), "--seed is for --drill"),
        (("--lot", "BL23", "--since", "2026-01-01"), "--lot looks at all days"),
        (("--recalls", "--period", "2026"), "--recalls looks at all days"),
        (("--period", "2026", "--since", "2026-01-01"), "not both"),
        (("--since", "2026-02-01", "--until", "2026-01-01"), "--until lies before --since"),
        (("--since", "2027-01-01"), "begin after the day of the trace"),
        (("--period", "september"), "is not a period"),
        (("--since", "yesterday"), "is not a day"),
        (("--equipment", " "), "--equipment is empty"),
        (("--equipment", "Z9"), "known are A1"),
        (("--station", "Chair 9"), "known are Chair 1, Chair 2"),
        (("--client", "K-99"), "known are K-1, K-2, K-3, K-4"),
        (("--practitioner", "XX"), "known are BT, ZM"),
        (("--recalls", "nowhere.csv"), "there is no file"),
        (("--jurisdiction", "XX-YY", "--drill"), "there is no ruleset"),
    ],
    ids=str,
)
def test_a_mistake_in_the_question_is_told_kindly(place: Path, words: tuple[str, ...], said: str) -> None:
    ran = run(place, *words)
    assert ran.exit_code == 2
    assert said in " ".join(ran.stderr.split()), ran.stderr
    assert ran.stdout == ""


def test_a_studio_behind_recalls_is_told_kindly(place: Path) -> None:
    ran = run("--recalls", place)
    assert ran.exit_code == 2
    assert "write the studio's folder first" in " ".join(ran.stderr.split())


def test_a_list_of_ones_own_is_asked_beside_the_shipped_one(place: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_text(NEWER, "utf-8")
    answer = json.loads(run(place, "--recalls", newer, "--format", "json").stdout)
    assert {each["recall"]["id"] for each in answer["traced"]} == {"OWN-1", "US-FDA-2024-08-a"}
    assert [Path(each["file"]).name for each in answer["recalls"]["files"]] == ["recalls.csv", "newer.csv"]


def test_a_mistake_in_a_list_of_recalls_has_its_place(place: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_text(NEWER.replace("2026-10-01", "10/01/2026"), "utf-8")
    ran = run(place, "--recalls", newer)
    assert ran.exit_code == 2 and "newer.csv:2:" in ran.stderr


def test_a_lot_that_nobody_knows_is_an_answer(place: Path) -> None:
    assert run(place, "--lot", "QQ-991").exit_code in (1, 3)


def test_days_alone_ask_for_all_sessions_of_these_days(place: Path) -> None:
    answer = json.loads(run(place, "--since", "2026-09-10", "--until", "2026-09-12", "--format", "json").stdout)
    assert answer["query"]["kind"] == "period"
    assert [each["client"] for each in answer["traced"][0]["clients"]] == ["K-2", "K-3"]


def test_the_answer_goes_to_a_file_and_is_said(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.pdf"
    ran = run(place, "--failed-tests", "--format", "pdf", "--output", file)
    assert ran.exit_code == 1 and ran.stdout == "" and f"pdf: {file}" in ran.stderr
    assert file.read_bytes().startswith(b"%PDF")


def test_no_record_is_written_over(place: Path) -> None:
    log = place / "sessions.csv"
    before = log.read_bytes()
    ran = run(place, "--failed-tests", "--format", "csv", "--output", log)
    assert ran.exit_code == 2 and log.read_bytes() == before


def test_french(place: Path) -> None:
    assert "clients exposés" in run(place, "--failed-tests", "--language", "fr").stdout


def test_the_schema_is_printed() -> None:
    ran = CliRunner().invoke(main, ["schema", "trace"])
    assert json.loads(ran.stdout)["$id"] == "urn:smpcompliance:trace:1"
