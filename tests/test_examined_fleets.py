"""Fleets as a software house, an inspector and a chain meet them: stray records, torn tables, damage, stops.

Each test is a case that an examination of the documented behaviour found answered wrongly.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from fleets import AS_OF, PERIOD, tables, under_small_law

from smpcompliance.cli import main
from smpcompliance.fleet import pack as packing
from smpcompliance.logs.intake.folder import Reading, find_studios, read_folders

STUDIOS = "studio_id,jurisdiction\nA,AA\nB,AA\nC,AA\n"
CYCLES = "studio_id,cycle_id,equipment_id,cycle_type,started_at\nA,L1,A1,load,2026-03-05 09:00\nB,L1,A1,load,2026-03-05 09:00\n"
MONTHLY = """title: A spore test in every month of use
severity: critical
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
message: "{equipment_id} was not tested in {span}"
remedy: Test it.
check:
  kind: interval
  log: spore_tests
  per: equipment_id
  every: P1M
  reckon: calendar
  while: {log: sterilization_cycles}
"""


@pytest.fixture(scope="module", autouse=True)
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("rules")
    with under_small_law(folder):
        (folder / "AA" / "monthly.yaml").write_text(MONTHLY)
        yield


def exports(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in {"studios": STUDIOS, "sterilization_cycles": CYCLES, **files}.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def days(*more: str) -> tuple[str, ...]:
    return ("--period", PERIOD, "--as-of", AS_OF, "--no-progress", "--quiet", *more)


def statuses(given: Path, out: Path, rule: str) -> dict[str, str]:
    run("fleet", "audit", given, "--out", out, *days("--select", rule))
    rows = map(json.loads, (out / "results.jsonl").read_text("utf-8").splitlines())
    return {row["studio_id"]: row["status"] for row in rows}


def read(folder: Path) -> Reading:
    return read_folders(find_studios([folder]))


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packed")
    assert run("fleet", "pack", tables(root / "t", 9), "--out", root / "p", "--buckets", "3").exit_code == 0
    return root / "p"


@pytest.fixture
def copied(packed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(packed, tmp_path / "copied"))


# Records of nobody


@pytest.mark.parametrize("whose", ["Z", "", "a", "0A"])
def test_a_record_of_no_known_studio_is_a_line_left_out(tmp_path: Path, whose: str) -> None:
    tests = f"studio_id,spore_test_id,equipment_id,tested_at,result\nA,T1,A1,2026-03-06,pass\n{whose},T2,A1,2026-03-06,pass\n"
    given = exports(tmp_path / "t", spore_tests=tests)
    ((_, place),) = read(given).intake.misfits
    assert (place.file, place.line, place.column) == ("spore_tests.csv", 3, None)
    assert f"studio_id {whose!r}: there is no studio of this id" in place.reason
    select = ("--select", "AA/monthly", "--select", "AA/consent")
    assert run("audit", given, *days(*select)).exit_code == 3
    assert run("fleet", "audit", given, "--out", tmp_path / "o", *days(*select)).exit_code == 3
    told = json.loads((tmp_path / "o" / "summary.json").read_bytes())
    assert (told["lines_left_out"], told["cells_unreadable"]) == (2, 0)  # and C handed in nothing


def test_what_could_not_be_read_is_told_with_its_places(tmp_path: Path) -> None:
    cycles = [f"A,L{n},A1,load,{'soon' if n % 2 else '2026-03-05 09:00'}" for n in range(8)]
    torn = "studio_id,cycle_id,equipment_id,cycle_type,started_at\n" + "\n".join([*cycles, "Z,L9,A1,load,2026-03-05"])
    given = exports(tmp_path / "t", sterilization_cycles=torn)
    out, parquet = tmp_path / "o", tmp_path / "unread.parquet"
    run("fleet", "audit", given, "--out", out, "--first", "2", "--unread", f"parquet={parquet}", *days())
    rows = [json.loads(line) for line in (out / "unread.jsonl").read_text("utf-8").splitlines()]
    assert pq.read_table(parquet).to_pylist() == rows
    own = [row for row in rows if row["studio_id"] == "A"]
    assert [(row["studio_id"], row["column"], row["n"], row["lines"]) for row in own] == [
        ("A", "started_at", 4, [3, 5]),
        ("A", None, 1, [10]),
    ]
    assert "no studio of this id" in own[1]["reason"]
    told = json.loads((out / "summary.json").read_bytes())
    assert told["cells_unreadable"] == sum(row["n"] for row in rows if row["column"])
    assert told["lines_left_out"] == sum(row["n"] for row in rows if not row["column"])


def test_what_could_not_be_read_shows_nothing_personal(tmp_path: Path) -> None:
    people = "studio_id,client_id,date_of_birth,full_name\nA,C1,secret,Ann Secret\nZ,C3,1990-01-01,Secret\nA,C4,Secret,S,ecret,x\n"
    run("fleet", "audit", exports(tmp_path / "t", clients=people), "--out", tmp_path / "o", *days())
    told = [json.loads(line) for line in (tmp_path / "o" / "unread.jsonl").read_text("utf-8").splitlines()]
    of_clients = [
        (row["column"], row["lines"]) for row in told if row["file"] == "clients.csv" and row["studio_id"] == "A"
    ]
    assert of_clients == [("date_of_birth", [2]), (None, [3]), (None, [4])]
    assert not [file.name for file in (tmp_path / "o").rglob("*") if file.is_file() and b"ecret" in file.read_bytes()]


@pytest.mark.parametrize("stray", ["", "Z,T9,A1,2026-03-06,pass\n"])
def test_what_strangers_recorded_says_nothing_of_the_first_studio(tmp_path: Path, stray: str) -> None:
    """Neither heads alone nor another's record means that the first studio handed in a log without a test."""
    given = exports(tmp_path / "t", spore_tests=f"studio_id,spore_test_id,equipment_id,tested_at,result\n{stray}")
    assert statuses(given, tmp_path / "o", "AA/monthly") == dict.fromkeys("ABC", "not-checked")


# The table of the studios


@pytest.mark.parametrize("row", ["C,short", 'C,"AA', "C,AA,one,more"])
def test_a_row_of_the_table_of_studios_is_never_lost(tmp_path: Path, row: str) -> None:
    given = exports(tmp_path / "t", studios=f"studio_id,name,jurisdiction\nA,A,AA\n{row}\nB,B,AA\n")
    for command in (("audit",), ("fleet", "pack", "--out", tmp_path / "p")):
        ran = run(*command, given)
        assert (ran.exit_code, "studios.csv:3:1: " in ran.output) == (2, True)


def test_a_table_of_one_studio_is_a_table_of_studios(tmp_path: Path) -> None:
    reading = read(exports(tmp_path / "t", studios="studio_id,jurisdiction\nA,AA\n"))
    assert list(reading.intake.logs.tables) == ["sterilization_cycles"]
    assert {file.file: file.problem for file in reading.files}["studios.csv"] == "the table of the studios"


def test_the_other_sheets_of_the_workbook_of_the_studios_are_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Studios"
    for line in STUDIOS.splitlines():
        book.active.append(line.split(","))
    sheet = book.create_sheet("sterilization_cycles")
    for line in CYCLES.splitlines():
        sheet.append(line.split(","))
    book.save(tmp_path / "studios.xlsx")
    assert read(tmp_path).intake.logs.log("sterilization_cycles").studio.tolist() == [0, 1]


# A torn quote among lines of another width


@pytest.mark.parametrize("between", ["", "x", "\n", "x,y,z,1,2,3,4"])
@pytest.mark.parametrize("closing", ['"in two\nlines"', '"b"', 'b"', '"in ""two""\n\nlines"'])
def test_a_torn_quote_swallows_nothing_whatever_lies_behind_it(tmp_path: Path, between: str, closing: str) -> None:
    """The next quote may be far below, and lines that are too short, too long or empty may lie between."""
    lines = [f"X{n},2026-03-{n % 28 + 1:02},C1,P1,room" for n in range(40)]
    lines[5] = 'X5,2026-03-06,C1,P1,"room'
    lines[15] = between
    lines[30] = f"X30,2026-03-03,C1,P1,{closing}"
    (tmp_path / "sessions.csv").write_text(
        "session_id,started_at,client_id,practitioner_id,station\n" + "\n".join(lines)
    )
    reading = read(tmp_path)
    ids = reading.intake.logs.log("sessions").text["session_id"].to_pylist()
    assert {f"X{n}" for n in range(40) if n not in (5, 15)} <= set(ids)
    told = [place.line for _, place in reading.intake.misfits]
    assert told == [7, *([17] if between.strip() else [])]


def test_a_note_of_several_lines_with_quotes_in_it_stays_one_cell(tmp_path: Path) -> None:
    text = 'session_id,station,notes,status\nX1,A,"He was late,\nsaid "sorry, traffic", and left",performed\nX2,B,,performed\n'
    (tmp_path / "sessions.csv").write_text(text)
    assert read(tmp_path).intake.logs.log("sessions").line.tolist()[-1] == 4


# What breaks, and what stops


def broken(copied: Path, how: str) -> None:
    bucket = sorted(copied.glob("bucket-*"))[0]
    if how == "gone":
        shutil.rmtree(bucket)
    else:
        (bucket / f"{how}.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize("how", ["studios", "sessions", "inputs", "gone"])
def test_whatever_of_a_bucket_is_damaged_the_others_are_audited(copied: Path, tmp_path: Path, how: str) -> None:
    broken(copied, how)
    ran = run("fleet", "audit", copied, "--out", tmp_path / "o", *days("--fail-on", "never"))
    assert (ran.exit_code, "not audited: bucket 0 (" in ran.output) == (4, True)
    told = json.loads((tmp_path / "o" / "summary.json").read_bytes())
    assert told["studios"] > 0
    (gone,) = told["not_audited"]
    assert gone["reason"].startswith("Damaged: bucket-0000")
    assert str(tmp_path) not in json.dumps(told)
    assert bool(gone["studios"]) == (how not in ("studios", "gone"))


def test_a_part_that_lost_its_end_is_made_anew(packed: Path, tmp_path: Path) -> None:
    """Cut at the end of a line, it would be a part of fewer studios."""
    command = ("fleet", "audit", packed, "--out", tmp_path, *days())
    run(*command)
    before = {name: (tmp_path / name).read_bytes() for name in ("results.jsonl", "findings.jsonl", "summary.json")}
    for part in (tmp_path / "parts").iterdir():
        lines = part.read_bytes().splitlines(keepends=True)
        for torn in (
            lines[:-1],
            lines[:1],
            [*lines[:-1], lines[-1][:40]],
            [*lines[:-1], lines[-1].replace(b"studio_id", b"studio_no")],
        ):
            part.write_bytes(b"".join(torn))
            assert "2 of 3 buckets were audited by an earlier run" in run(*command).output
            assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_summary_never_stands_beside_results_of_another_question(packed: Path, tmp_path: Path) -> None:
    run("fleet", "audit", packed, "--out", tmp_path, *days())
    (tmp_path / "results.jsonl").unlink()
    (tmp_path / "results.jsonl").mkdir()
    ran = run("fleet", "audit", packed, "--out", tmp_path, *days("--first", "2"))
    assert (ran.exit_code, "results.jsonl: it cannot be written (Is a directory)" in ran.output) == (2, True)
    assert not (tmp_path / "summary.json").exists()


def test_where_nothing_can_be_written_it_is_said(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for given in (("audit", packed), ("pack", packed.parent / "t")):
        ran = run("fleet", *given, "--out", tmp_path / "file" / "o", "--no-progress")
        assert (ran.exit_code, "this folder cannot be made" in ran.output) == (2, True)
    ran = run("fleet", "audit", packed, "--out", tmp_path / "o", *days("--results", f"parquet={tmp_path}/no/x.parquet"))
    assert (ran.exit_code, f"{tmp_path}/no/x.parquet: it cannot be written" in ran.output) == (2, True)


def test_nothing_is_packed_into_what_is_read(tmp_path: Path) -> None:
    given = exports(tmp_path / "t")
    ran = run("fleet", "pack", given, "--out", given / "packed")
    assert (ran.exit_code, "lies in what is read" in ran.output) == (2, True)
    assert not (given / "packed").exists()


def test_a_packing_that_breaks_leaves_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = exports(tmp_path / "t")
    written = packing._written

    def full(*args: object) -> object:
        if (tmp_path / "p" / "bucket-0000").exists():
            raise OSError(28, "No space left on device")
        return written(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(packing, "_written", full)
    assert run("fleet", "pack", given, "--out", tmp_path / "p", "--buckets", "1").exit_code == 2
    assert list((tmp_path / "p").iterdir()) == []
    monkeypatch.undo()
    assert run("fleet", "pack", given, "--out", tmp_path / "p", "--buckets", "1").exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_packing_that_is_told_to_end_leaves_an_empty_folder(tmp_path: Path) -> None:
    given, out = tables(tmp_path / "t", 12), tmp_path / "p"
    program = [
        sys.executable,
        "-m",
        "smpcompliance",
        "fleet",
        "pack",
        str(given),
        "--out",
        str(out),
        "--buckets",
        "1024",
    ]
    with subprocess.Popen(program, stderr=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80"}) as packing_now:
        until = time.monotonic() + 30
        while not list(out.glob("bucket-*")) and time.monotonic() < until:
            time.sleep(0.002)
        packing_now.send_signal(signal.SIGTERM)
        code = packing_now.wait()
    if code != 0:  # it was not ready before
        assert (code, list(out.iterdir())) == (143, [])


# What is told


def test_exports_that_are_not_packed_tell_what_of_them_is_not_used(tmp_path: Path) -> None:
    given = exports(tmp_path / "t", moods="a,b\n1,2\n")
    command = ("fleet", "audit", given, "--out", tmp_path / "o", *days())
    assert "not used: moods.csv: no log is called 'moods'" in run(*command).output


@pytest.mark.parametrize("change", [{"studios": "many"}, {"open": None}, {"more": 1}, {"counted": {"critical": 1}}])
def test_a_summary_that_is_none_is_a_mistake_in_a_file(packed: Path, tmp_path: Path, change: dict[str, object]) -> None:
    run("fleet", "audit", packed, "--out", tmp_path, *days())
    file = tmp_path / "summary.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **change}))
    ran = run("fleet", "summary", tmp_path)
    assert (ran.exit_code, "expected the summary of a fleet audit" in ran.output) == (2, True)


def test_what_is_no_size_of_memory_is_bad_usage(packed: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    command = ("fleet", "audit", packed, "--out", tmp_path, *days("--workers", "1", "--worker-memory", "lots"))
    ran = run(*command)
    assert (ran.exit_code, "'lots' is no size of memory" in ran.output) == (2, True)
