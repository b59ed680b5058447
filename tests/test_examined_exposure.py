"""Names in odd cells, letters that say more than is known, and files that an answer would replace."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_trace_privacy import read
from traced_studio import DAY, QUESTIONS, studio

from smpcompliance.cli import main
from smpcompliance.report.trace import FORMATS

HEADS = "recall_id,authority,kind,published,brand,also_called,product,maker,lots,expires,reason,source,read_on"
RECALL = "MY-1,Me,ink,2026-11-01,Night Harbour,,Dense Lining,,NH-7,,mould,https://example.org,2026-11-09"
NAMED = re.compile("odalys|brightwater|quillfeather|oakapple|fennimore", re.IGNORECASE)


def run(place: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["trace", str(place), "--as-of", DAY, "--no-progress", *words])


def changed(place: Path, file: str, *pairs: tuple[str, str]) -> Path:
    """The studio with other words in a file."""
    path = place / file
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return place


@pytest.fixture
def heron(tmp_path: Path) -> Path:
    return studio(tmp_path)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio that writes its clients' names on pouches, into session numbers, load numbers and names of files."""
    place = studio(tmp_path_factory.mktemp("odd"))
    changed(
        place,
        "sessions.csv",
        ("S-1,", "Odalys Brightwater 3 Sept,"),
        ("S-2,", "Brightwater Odalys 10/9,"),
        ("Chair 1", "Odalys Brightwater's chair"),
    )
    changed(
        place,
        "session_supplies.csv",
        ("S-1,", "Odalys Brightwater 3 Sept,"),
        ("S-2,", "Brightwater Odalys 10/9,"),
        ("U-4", "Kit of Tamsin QUILLFEATHER"),
        ("C-3", "C-3 Lysander Oakapple"),
        ("Odalys Brightwater,torn,line", "torn,line,again"),
    )
    changed(place, "sterilization_cycles.csv", ("C-3", "C-3 Lysander Oakapple"))
    changed(place, "ink_lots.csv", ("Inkwell Supply", "Odalys Brightwater"))
    changed(place, "equipment.csv", ("installed", "installed,model"), ("2025-01-01", "2025-01-01,Tamsin Quillfeather"))
    (place / "ink_lots.csv").rename(place / "ink lots of Odalys Brightwater.csv")
    return place


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("question", [each for each in QUESTIONS if each[0] != "--station"], ids=" ".join)
def test_a_listed_clients_name_is_taken_out_of_every_cell(odd: Path, question: tuple[str, ...], form: str) -> None:
    ran = run(odd, *question, "--format", form)
    assert ran.exit_code in (0, 1, 3), ran.stderr
    assert NAMED.findall(read(ran.stdout_bytes)) == []


def test_the_clients_code_stands_where_the_name_was(odd: Path) -> None:
    answer = json.loads(run(odd, "--failed-tests", "--format", "json").stdout)
    sessions = {one["session"] for client in answer["traced"][0]["clients"] for one in client["sessions"]}
    assert {"K-1 3 Sept", "K-1 10/9"} <= sessions
    files = {each["file"] for each in answer["inputs"]}
    assert "ink lots of K-1.csv" in files


def test_a_name_that_two_clients_share_is_nobodys_code(heron: Path) -> None:
    changed(heron, "clients.csv", ("Tamsin Quillfeather", "Odalys Brightwater"))
    changed(heron, "sessions.csv", ("S-1,", "Odalys Brightwater 3 Sept,"))
    changed(heron, "session_supplies.csv", ("S-1,", "Odalys Brightwater 3 Sept,"))
    said = run(heron, "--failed-tests", "--format", "csv").stdout
    assert "client 3 Sept" in said and not NAMED.search(said)


def test_an_artist_written_by_first_name_only_is_not_named(heron: Path) -> None:
    changed(heron, "sessions.csv", ("S-3,BT", "S-3,Fennimore"), ("S-5,BT", ",Fennimore"))
    for form in ("json", "csv", "text", "letters"):
        assert not NAMED.search(run(heron, "--failed-tests", "--format", form).stdout)
    assert "Fennimore" in run(heron, "--failed-tests", "--format", "csv", "--names").stdout


def test_a_code_of_the_list_of_staff_stays(heron: Path) -> None:
    for file in ("staff.csv", "sessions.csv"):
        changed(heron, file, ("ZM", "Zed"))
    assert ",Zed," in run(heron, "--failed-tests", "--format", "csv").stdout


@pytest.mark.parametrize("names", [(), ("--names",)], ids=["codes", "names"])
def test_no_letter_names_another_client(odd: Path, names: tuple[str, ...]) -> None:
    letters = run(odd, "--failed-tests", "--format", "letters", *names).stdout.split("\f")
    of = [letter for letter in letters if "Our file: K-2" in letter or "Client K-2" in letter]
    assert len(of) == 1 and "C-3 K-4" in of[0]
    assert "Oakapple" not in of[0] and "Odalys" not in of[0]


def test_a_letter_parts_what_is_certain_from_what_may_be(heron: Path) -> None:
    changed(heron, "sessions.csv", ("S-3,BT,K-3", "S-3,BT,K-1"))
    letters = run(heron, "--failed-tests", "--format", "letters").stdout.split("\f")
    letter = " ".join(next(each for each in letters if "Client K-1" in each).split())
    assert "You are concerned by this session: - 2026-09-03" in letter
    assert "You may be concerned by this session; our records do not tell: - 2026-09-12" in letter


def test_the_list_of_recalls_is_not_written_over(heron: Path, tmp_path: Path) -> None:
    mine = tmp_path / "recalls-of-today.csv"
    mine.write_text(f"{HEADS}\n{RECALL}\n", "utf-8")
    ran = run(heron, "--recalls", str(mine), "--output", str(mine))
    assert ran.exit_code == 2 and "read by this trace" in ran.stderr
    assert mine.read_text("utf-8") == f"{HEADS}\n{RECALL}\n"


@pytest.mark.parametrize("lot", ["LOT", "Batch no.", "  lot "])
def test_a_lot_without_a_number_is_no_question(heron: Path, lot: str) -> None:
    ran = run(heron, "--lot", lot)
    assert ran.exit_code == 2 and "holds no number" in ran.stderr


@pytest.mark.parametrize("asked", ["K-1", "k-1"])
def test_a_client_is_found_by_the_studios_own_code_where_pseudonyms_stand(heron: Path, asked: str) -> None:
    changed(heron, "sessions.csv", ("K-4", "Somebody Unlisted"))
    by_code = json.loads(run(heron, "--client", asked, "--format", "json").stdout)
    by_name = json.loads(run(heron, "--client", "Odalys Brightwater", "--format", "json").stdout)
    assert by_code == by_name and by_code["query"]["key"].startswith("client-")
    assert by_code["traced"][0]["counts"]["certain"] == 1


def test_a_test_whose_day_of_result_is_blank_is_told_in_whole_words(heron: Path) -> None:
    answer = json.loads(run(heron, "--failed-tests", "--format", "json").stdout)
    told = {each["reason"] for each in answer["traced"][0]["asked"]}
    assert "known on a day that is not written, nothing since" in told
    assert not any("known ," in reason for reason in told)


def test_a_long_address_of_a_source_stays_whole_in_a_letter(heron: Path, tmp_path: Path) -> None:
    source = f"https://example.org/{'recall-of-night-harbour-' * 5}end"
    mine = tmp_path / "mine.csv"
    mine.write_text(f"{HEADS}\n{RECALL.replace('https://example.org', source)}\n", "utf-8")
    assert source in run(heron, "--recalls", str(mine), "--format", "letters").stdout
