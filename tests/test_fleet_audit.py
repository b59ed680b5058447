"""A fleet audit tells the same, whoever judges which bucket and whoever dies on the way; what failed is never a pass."""

import gc
import json
import os
import signal
import weakref
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from fleets import AS_OF, PERIOD, deadly, tables, under_small_law

from smpcompliance import dates
from smpcompliance.api import hand_in, judge
from smpcompliance.audit.finding import NOTHING_MORE
from smpcompliance.cli import main
from smpcompliance.fleet import bucket as judging
from smpcompliance.fleet.asking import question_of
from smpcompliance.fleet.bucket import Question
from smpcompliance.fleet.dataset import Dataset
from smpcompliance.fleet.drive import Workers, drive
from smpcompliance.fleet.pack import pack
from smpcompliance.rules.shelves import Law

DAYS, DAY = dates.period(PERIOD), date.fromisoformat(AS_OF)
TOLD = ("results.jsonl", "findings.jsonl", "unread.jsonl", "summary.json")


@pytest.fixture(scope="module", autouse=True)
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Law]:
    with under_small_law(tmp_path_factory.mktemp("rules")) as rules:
        yield rules


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tables(tmp_path_factory.mktemp("exports") / "t", 15)


@pytest.fixture(scope="module")
def packed(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return pack([exports], tmp_path_factory.mktemp("packed"), 4).dataset


@pytest.fixture(scope="module")
def question(packed: Dataset, rules: Law) -> Question:
    return question_of(packed, rules, DAYS, DAY, NOTHING_MORE, (), 10)


def test_a_bucket_that_is_done_takes_no_memory(packed: Dataset, question: Question) -> None:
    gc.disable()
    try:
        for bucket in packed.filled:
            found = judging.audit_of(packed, bucket, question)
            judging.part(found, bucket, question)
            logs = weakref.ref(found.logs)
            del found
            assert logs() is None
    finally:
        gc.enable()


def run(given: Path, out: Path, *more: str) -> Result:
    """`fleet audit`."""
    days = ("--period", PERIOD, "--as-of", AS_OF)
    return CliRunner().invoke(main, ["fleet", "audit", str(given), "--out", str(out), *days, *more])


def told(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in TOLD}


def parts(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (out / "parts").iterdir()}


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def plain(packed: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder of an audit by this process alone."""
    out = tmp_path_factory.mktemp("plain")
    return out, run(packed.folder, out)


def test_results_are_those_of_an_ordinary_audit(exports: Path, plain: tuple[Path, Result], rules: Law) -> None:
    found = judge(hand_in([exports], (), (), rules), DAYS, DAY)
    own = {(r["studio_id"], r["rule"]): r for r in lines(plain[0] / "results.jsonl")}
    assert len(own) == len(found.results)
    for result in found.results:
        row = own[result.studio_id, result.rule.id]
        assert [row[name] for name in ("severity", "status", "examined", "failed", "unknown", "waived", "cause")] == [
            result.severity, result.status, result.examined, result.failed, result.unknown, 0, result.cause,
        ]  # fmt: skip
        assert {each["reason"]: each["n"] for each in row["reasons"]} == result.reasons
        assert sum(each["failures"] for each in row["months"]) == result.failed
    keys = [(r["studio_id"], r["rule"], f.where.line, f.fingerprint) for r in own.values() for f in _findings(found, r)]
    assert [
        (f["studio_id"], f["rule"], f["line"], f["fingerprint"]) for f in lines(plain[0] / "findings.jsonl")
    ] == keys
    assert keys


def _findings(found: Any, row: dict[str, Any]) -> list[Any]:
    return next(list(r.findings) for r in found.of(row["studio_id"]) if r.rule.id == row["rule"])


def test_exports_that_are_not_packed_tell_the_same(exports: Path, plain: tuple[Path, Result], tmp_path: Path) -> None:
    ran = run(exports, tmp_path / "o")
    assert ran.exit_code == plain[1].exit_code == 1
    own, other = told(tmp_path / "o"), told(plain[0])
    assert own["results.jsonl"] == other["results.jsonl"]
    assert own["findings.jsonl"] == other["findings.jsonl"]
    first, second = (json.loads(each["summary.json"]) | {"buckets": 0} for each in (own, other))
    assert first == second


def test_failures_lie_in_the_month_of_their_own_day(plain: tuple[Path, Result]) -> None:
    rows = [r for r in lines(plain[0] / "results.jsonl") if r["rule"] == "AA/consent"]
    late = [r for r in rows if r["failed"]]
    assert late
    assert all(r["months"] == [{"month": "2026-03", "failures": 1}] for r in late)


def test_how_many_buckets_there_are_changes_nothing(exports: Path, plain: tuple[Path, Result], tmp_path: Path) -> None:
    one = pack([exports], tmp_path / "p", 1).dataset
    run(one.folder, tmp_path / "o")
    for name in ("results.jsonl", "findings.jsonl"):
        assert (tmp_path / "o" / name).read_bytes() == (plain[0] / name).read_bytes()


def test_only_the_first_findings_are_told_and_how_many_are_left_out(packed: Dataset, tmp_path: Path) -> None:
    run(packed.folder, tmp_path, "--first", "0")
    rows = lines(tmp_path / "results.jsonl")
    assert sum(row["failed"] for row in rows) > 0
    assert [row["findings_left_out"] for row in rows] == [row["failed"] for row in rows]
    assert (tmp_path / "findings.jsonl").read_bytes() == b""


def test_parquet_holds_the_same_rows(packed: Dataset, plain: tuple[Path, Result], tmp_path: Path) -> None:
    places = {"results": tmp_path / "r.parquet", "findings": tmp_path / "f.parquet"}
    run(packed.folder, plain[0], *(word for what, file in places.items() for word in (f"--{what}", f"parquet={file}")))
    for what, file in places.items():
        assert pq.read_table(file).to_pylist() == lines(plain[0] / f"{what}.jsonl")


def test_a_stopped_run_goes_on_where_it_stopped(
    packed: Dataset, question: Question, plain: tuple[Path, Result], tmp_path: Path
) -> None:
    seen: list[str] = []

    def stop(name: str) -> None:
        seen.append(name)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drive(packed, question, tmp_path, Workers(), stop)
    assert len(parts(tmp_path)) == 2
    ran = run(packed.folder, tmp_path)
    assert f"2 of {len(packed.filled)} buckets were audited by an earlier run" in ran.output
    assert told(tmp_path) == told(plain[0])


def test_a_part_of_another_question_or_a_torn_one_is_not_taken(
    packed: Dataset, question: Question, plain: tuple[Path, Result], tmp_path: Path
) -> None:
    drive(packed, question, tmp_path, Workers())
    for file in (tmp_path / "parts").iterdir():
        file.write_bytes(b"")
    assert drive(packed, question, tmp_path, Workers()).kept == 0
    assert "earlier run" not in run(packed.folder, tmp_path, "--first", "3").output
    changed = question.key("a"), question.key("b"), Question(**{**vars(question), "first": 3}).key("a")
    assert len(set(changed)) == 3


def test_a_bucket_that_breaks_is_named_and_no_pass(packed: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in packed.folder.rglob("*"):
        if file.is_file():
            place = copy / file.relative_to(packed.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    bucket = packed.filled[0]
    (copy / f"bucket-{bucket:04d}" / "sessions.parquet").write_bytes(b"PAR1")
    ran = run(copy, tmp_path / "o", "--fail-on", "never", "--allow-incomplete")
    assert ran.exit_code == 4
    ids = {studio.studio_id for studio in packed.studios(bucket)}
    assert f"not audited: bucket {bucket} ({len(ids)} studios)" in ran.output
    assert "1 bucket of studios could not be audited" in ran.output
    lost = [row for row in lines(tmp_path / "o" / "results.jsonl") if row["status"] == "not-audited"]
    assert {row["studio_id"] for row in lost} == ids
    again = CliRunner().invoke(main, ["fleet", "summary", str(tmp_path / "o"), "--fail-on", "never"])
    assert again.exit_code == 4


def test_another_program_or_other_law_does_not_answer(packed: Dataset, question: Question) -> None:
    with pytest.raises(judging.OtherProgram, match="not 9.9"):
        judging.audit_bucket(packed, packed.filled[0], Question(**{**vars(question), "version": "9.9"}))
    other = tuple((id, "0" * 64) for id, _ in question.hashes)
    with pytest.raises(judging.OtherProgram, match="another one on this machine"):
        judging.audit_bucket(packed, packed.filled[0], Question(**{**vars(question), "hashes": other}))


def test_a_glob_need_not_match_in_every_bucket_but_somewhere(packed: Dataset, tmp_path: Path) -> None:
    days = ("--period", PERIOD, "--as-of", AS_OF, "--out", str(tmp_path))
    none = CliRunner().invoke(main, ["fleet", "audit", str(packed.folder), *days, "--select", "AA/nothing"])
    assert (none.exit_code, "matches no rule" in none.output) == (2, True)
    one = CliRunner().invoke(main, ["fleet", "audit", str(packed.folder), *days, "--select", "BB/*consent*"])
    assert one.exit_code in (0, 1, 3)
    assert {row["rule"].partition("/")[0] for row in lines(tmp_path / "results.jsonl")} == {"BB"}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--workers", "2"), "pack them first"),
        (("--results", "csv=x"), "the formats are jsonl, parquet"),
        (("--summary", "csv=x"), "the formats are text, json, pdf, html"),
    ],
)
def test_what_cannot_be_is_told(exports: Path, tmp_path: Path, more: tuple[str, ...], text: str) -> None:
    ran = run(exports, tmp_path / "o", *more)
    assert (ran.exit_code, text in " ".join(ran.output.split())) == (2, True)


def test_nothing_is_written_into_what_is_read(packed: Dataset, exports: Path) -> None:
    for given in (packed.folder, exports):
        assert run(given, given / "out").exit_code == 2
        assert not (given / "out").exists()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two workers on this machine, each brought up again when it dies."""
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
        ) as local,
    ):
        yield local


def test_a_worker_killed_on_the_way_costs_nothing_but_time(
    packed: Dataset, question: Question, plain: tuple[Path, Result], tmp_path: Path, cluster: Any
) -> None:
    import distributed

    address = cluster.scheduler_address
    with distributed.Client(address, set_as_default=False) as client:
        before = sorted(client.run(os.getpid).values())
    done: list[str] = []

    def kill(name: str) -> None:
        if not done:
            os.kill(before[0], signal.SIGKILL)
        done.append(name)

    driven = drive(packed, question, tmp_path, Workers(scheduler=address), kill)
    assert (len(done), driven.not_audited, driven.kept) == (len(packed.filled), (), 0)
    assert parts(tmp_path) == parts(plain[0]) or parts(tmp_path).items() <= parts(plain[0]).items()
    run(packed.folder, tmp_path, "--scheduler", address)
    assert told(tmp_path) == told(plain[0])


def test_a_bucket_that_kills_its_workers_again_and_again_is_not_audited(
    packed: Dataset, question: Question, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smpcompliance.fleet import cluster as handing

    monkeypatch.setattr(handing, "_alone", deadly)
    driven = drive(packed, question, tmp_path, Workers(scheduler=cluster.scheduler_address))
    (gone,) = driven.not_audited
    assert gone.bucket == packed.filled[0]
    assert "each worker that began it died" in gone.reason
    assert len(driven.parts) == len(packed.filled) - 1


def test_no_scheduler_there_is_told(packed: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from smpcompliance.fleet import cluster as handing

    monkeypatch.setattr(handing, "_PATIENCE", "1s")
    ran = run(packed.folder, tmp_path, "--scheduler", "tcp://127.0.0.1:9")
    assert (ran.exit_code, "there is no Dask scheduler" in ran.output) == (2, True)
