"""A packed dataset holds what the exports hold: an audit of it says the same, to the byte."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fleets import AS_OF, PERIOD, folders, tables

from smpcompliance import dates
from smpcompliance.api import hand_in, judge
from smpcompliance.audit.finding import NOTHING_MORE, Audit
from smpcompliance.cli import main
from smpcompliance.fleet import pack as packing
from smpcompliance.fleet.asking import question_of
from smpcompliance.fleet.bucket import Question, audit_of
from smpcompliance.fleet.dataset import Damaged, Dataset, bucket_of, load_bucket, open_dataset
from smpcompliance.fleet.pack import pack
from smpcompliance.logs.cells import Numbers
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.report.json import as_data
from smpcompliance.rules.shelves import law_at
from smpcompliance.yamlio import SourceError

REAL = ("US-CA", "US-NJ")
DAYS, DAY = dates.period(PERIOD), date.fromisoformat(AS_OF)
LISTS = ("studios", "inputs", "coverage", "unreadable", "results", "waivers")


def by_studio(found: Audit) -> dict[str, bytes]:
    """What the JSON report says of each studio."""
    told: dict[str, dict[str, Any]] = defaultdict(lambda: {name: [] for name in LISTS})
    data = as_data(found)
    for name in LISTS:
        for each in data[name]:
            told[each["studio_id"]][name].append(each)
    return {id: json.dumps(each, ensure_ascii=False).encode() for id, each in told.items()}


def audits(dataset: Dataset, question: Question) -> dict[str, bytes]:
    """The same, bucket by bucket."""
    out: dict[str, bytes] = {}
    for bucket in dataset.filled:
        out |= by_studio(audit_of(dataset, bucket, question))
    return out


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder of studios, and two folders with tables of many."""
    root = tmp_path_factory.mktemp("exports")
    return [folders(root / "own"), tables(root / "a", 5, places=REAL), tables(root / "b", 3, first=5, places=REAL)]


@pytest.fixture(scope="module")
def packed(exports: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return pack(exports, tmp_path_factory.mktemp("packed"), 2).dataset


@pytest.fixture(scope="module")
def question(packed: Dataset) -> Question:
    return question_of(packed, law_at(), DAYS, DAY, NOTHING_MORE, (), 10)


@pytest.fixture(scope="module")
def told(packed: Dataset, question: Question) -> dict[str, bytes]:
    return audits(packed, question)


def test_each_studio_fares_as_in_an_audit_of_its_exports(exports: list[Path], told: dict[str, bytes]) -> None:
    """Each folder by itself, as a table of many is read whole."""
    left = dict(told)
    for path in exports:
        for id, said in by_studio(judge(hand_in([path], (), (), law_at()), DAYS, DAY)).items():
            assert left.pop(id).decode() == said.decode(), id
    assert left == {}


def test_a_studio_stands_in_the_bucket_of_its_id_and_in_no_other(packed: Dataset) -> None:
    seen = {studio.studio_id: bucket for bucket in packed.filled for studio in packed.studios(bucket)}
    assert len(seen) == 10
    assert seen == {id: bucket_of(id, 2) for id in seen}
    for bucket in packed.filled:
        here = {id for id, own in seen.items() if own == bucket}
        for file in packed.files[bucket]:
            if file.name != "waivers":
                table = pq.read_table(packed.place(bucket, file.name))
                assert set(table["studio_id"].to_pylist()) <= here


def test_the_bucket_of_an_id_never_changes() -> None:
    assert [bucket_of(id, 64) for id in ("S001", "alder", "Ünïcode", "")] == [9, 21, 60, 0]


def test_cells_stay_as_they_were_written_with_their_lines(packed: Dataset) -> None:
    cycles = pq.read_table(packed.place(bucket_of("birch", 2), "sterilization_cycles"))
    rows = [row for row in cycles.to_pylist() if row["studio_id"] == "birch"]
    told = [(row["temperature_c"], row["_file"], row["_line"], row["_made_up"]) for row in rows]
    assert told == [("273", "sterilization_cycles.csv", 2, False), ("250", "sterilization_cycles.csv", 3, False)]


def test_the_same_exports_give_the_same_bytes(exports: list[Path], packed: Dataset, tmp_path: Path) -> None:
    again = pack(exports, tmp_path / "again", 2).dataset
    assert again.files == packed.files
    assert (again.folder / "fleet.json").read_bytes() == (packed.folder / "fleet.json").read_bytes()
    assert open_dataset(again.folder) == again


def test_how_many_are_read_at_once_changes_nothing_that_is_told(
    exports: list[Path],
    question: Question,
    told: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "_AT_ONCE", 1)
    assert audits(pack(exports, tmp_path / "one-by-one", 2).dataset, question) == told


def test_how_another_studio_writes_numbers_says_nothing_of_this_one(tmp_path: Path) -> None:
    """1.234 minutes are no 1234 because a neighbour writes 3,5."""
    for id, sign, cells in (
        ("point", ",", ("1.234", "3.5")),
        ("comma", ";", ("1.234", "3,5")),
        ("bare", ",", ("1.234",)),
    ):
        rows = [sign.join((f"R{n}", "A", f"2026-01-0{n} 10:00", cell)) for n, cell in enumerate(cells, 1)]
        head = sign.join(("cycle_id", "equipment_id", "started_at", "exposure_minutes"))
        (tmp_path / id).mkdir()
        (tmp_path / id / "studio.yaml").write_text(f"studio_id: {id}\njurisdiction: US-CA\n", "utf-8")
        (tmp_path / id / "sterilization_cycles.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")

    def minutes(*ids: str) -> dict[str, list[float]]:
        logs = read_folders(find_studios([tmp_path / id for id in ids])).intake.logs
        cells, log = logs.cells("sterilization_cycles", "exposure_minutes"), logs.log("sterilization_cycles")
        assert isinstance(cells, Numbers)
        return {id: cells.values[(log.studio == n) & (cells.why == 0)].tolist() for n, id in enumerate(ids)}

    alone = minutes("point") | minutes("comma") | minutes("bare")
    assert minutes("point", "comma", "bare") == alone
    assert alone == {"point": [1.234, 3.5], "comma": [1234.0, 3.5], "bare": [1.234]}


def test_a_studio_without_a_record_is_packed_and_told(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "studio.yaml").write_text("studio_id: bare\njurisdiction: US-CA\n", "utf-8")
    (tmp_path / "s" / "sessions.csv").write_text("session_id,started_at\n", "utf-8")
    dataset = pack([tmp_path / "s"], tmp_path / "out", 2).dataset
    (bucket,) = dataset.filled
    read = load_bucket(dataset, bucket)
    assert read.intake.logs.has("sessions").tolist() == [True]
    assert [place.reason for _, place in read.intake.misfits] == [
        "no log of this studio holds a record; nothing of it could be judged"
    ]


def test_the_secret_of_the_pseudonyms_is_not_packed(packed: Dataset) -> None:
    assert not any(b"not-for-anyone" in file.read_bytes() for file in packed.folder.rglob("*.parquet"))
    (alder,) = (s for n in packed.filled for s in packed.studios(n) if s.studio_id == "alder")
    assert alder.pseudonym_key is None
    assert (alder.name, alder.time_zone) == ("Alder", "America/Los_Angeles")


def test_a_mistake_in_a_profile_is_told_with_its_line_when_it_is_packed_too(tmp_path: Path) -> None:
    source = tables(tmp_path / "t", 3, places=REAL)
    text = (source / "studios.csv").read_text("utf-8").replace("S001,Studio 1,US-NJ", "S001,Studio 1,Atlantis")
    (source / "studios.csv").write_text(text, "utf-8")
    dataset = pack([source], tmp_path / "out", 2).dataset
    with pytest.raises(SourceError, match=r"studios.csv:3:1: there is no ruleset 'Atlantis'"):
        question_of(dataset, law_at(), DAYS, DAY, NOTHING_MORE, (), 10)


def test_a_file_that_was_changed_or_lost_is_never_judged(exports: list[Path], tmp_path: Path) -> None:
    dataset = pack(exports[1:2], tmp_path / "out", 1).dataset
    place = dataset.place(0, "sessions")
    data = place.read_bytes()
    place.write_bytes(data[:-20] + b"x" + data[-19:])
    with pytest.raises(Damaged, match="not what it was"):
        load_bucket(dataset, 0)
    place.unlink()
    with pytest.raises(Damaged, match="No such file"):
        load_bucket(dataset, 0)


def test_a_folder_that_holds_something_is_left_alone(exports: list[Path], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(NothingToRead, match="something in this folder"):
        pack(exports, tmp_path, 4)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_packing_that_stopped_is_no_dataset(
    exports: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packing, "_written", full)
    with pytest.raises(OSError, match="No space"):
        pack(exports, tmp_path / "out", 4)
    ran = CliRunner().invoke(main, ["fleet", "audit", str(tmp_path / "out"), "--out", str(tmp_path / "o")])
    assert ran.exit_code == 2


def test_a_torn_head_is_told(tmp_path: Path) -> None:
    (tmp_path / "fleet.json").write_text('{"schema": "smpcompliance/fleet/1"', "utf-8")
    ran = CliRunner().invoke(main, ["fleet", "audit", str(tmp_path), "--out", str(tmp_path.parent / "o")])
    assert (ran.exit_code, "pack the exports anew" in ran.output) == (2, True)


def test_the_command_says_what_it_packed_and_what_is_not_used(exports: list[Path], tmp_path: Path) -> None:
    given = [*map(str, exports), "--out", str(tmp_path / "p"), "--buckets", "3"]
    ran = CliRunner().invoke(main, ["fleet", "pack", *given])
    assert ran.exit_code == 0
    assert "10 studios, " in ran.output
    assert "in 3 of 3 buckets" in ran.output
    assert "not used: notes.txt" in ran.output
    (tmp_path / "void").mkdir()
    (tmp_path / "void" / "x.txt").write_text("x", "utf-8")
    ran = CliRunner().invoke(main, ["fleet", "pack", str(tmp_path / "void"), "--out", str(tmp_path / "q")])
    assert (ran.exit_code, "nothing to pack" in ran.output) == (2, True)
