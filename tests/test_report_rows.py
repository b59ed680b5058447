"""Results as rows: the columns of `fleet audit`, every finding, the same in JSON Lines and in Parquet, nothing private."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fleets import AS_OF, PERIOD, tables, under_small_law
from law import audited, contents_rule, law, write

from smpcompliance.api import hand_in, judge
from smpcompliance.audit.finding import Audit
from smpcompliance.cli import main
from smpcompliance.dates import day, period
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.report import render
from smpcompliance.report.frame import frame
from smpcompliance.report.rows import FINDINGS, RESULTS, WHOLE
from smpcompliance.rules.shelves import Law

DAYS = ("--period", PERIOD, "--as-of", AS_OF)


@pytest.fixture(scope="module", autouse=True)
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Law]:
    with under_small_law(tmp_path_factory.mktemp("rules")) as rules:
        yield rules


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tables(tmp_path_factory.mktemp("exports") / "t", 15)


@pytest.fixture(scope="module")
def found(exports: Path, rules: Law) -> Audit:
    return judge(hand_in([exports], (), (), rules), period(PERIOD), day(AS_OF))


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.decode().splitlines()]


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """The rows of a Parquet file."""
    return pq.read_table(BytesIO(data)).to_pylist()  # type: ignore[no-any-return]


def test_both_forms_hold_the_same_rows_with_the_columns_that_are_told(found: Audit) -> None:
    own = lines(render(found, "jsonl"))
    assert rows_of(render(found, "parquet")) == own
    assert all(list(row) == WHOLE.names for row in own)
    assert pq.read_schema(BytesIO(render(found, "parquet"))).equals(WHOLE)
    assert len(own) == len(found.results)


def test_the_same_audit_gives_the_same_bytes(exports: Path, found: Audit, rules: Law) -> None:
    again = judge(hand_in([exports], (), (), rules), period(PERIOD), day(AS_OF))
    for name in ("jsonl", "parquet"):
        assert render(again, name) == render(found, name) == render(found, name)


def test_rows_are_those_of_a_fleet_audit_and_findings_those_of_its_table(
    exports: Path, found: Audit, tmp_path: Path
) -> None:
    asked = ["fleet", "audit", str(exports), "--out", str(tmp_path), *DAYS, "--first", "1000", "--quiet"]
    assert CliRunner().invoke(main, asked).exit_code == 1
    own = lines(render(found, "jsonl"))
    assert [{name: row[name] for name in RESULTS.names} for row in own] == lines(
        (tmp_path / "results.jsonl").read_bytes()
    )
    told = [
        {"studio_id": row["studio_id"], "rule": row["rule"], "severity": row["severity"], **finding}
        for row in own
        for finding in row["findings"]
    ]
    assert told == lines((tmp_path / "findings.jsonl").read_bytes())
    assert all(list(each) == FINDINGS.names for each in told)


def test_nothing_is_left_out_and_what_is_open_has_its_reason(found: Audit) -> None:
    own = lines(render(found, "jsonl"))
    for row, result in zip(own, found.results, strict=True):
        assert len(row["findings"]) == row["failed"] == result.failed
        assert row["findings_left_out"] == 0
        assert [each["line"] for each in row["undecided"]] == [each.where.line for each in result.undecided]
    table = frame(found)
    named = table[table["file"].notna()]
    assert sum(len(row["findings"]) + len(row["undecided"]) for row in own) == len(named)
    reasons = {each["reason"] for row in own for each in row["undecided"]}
    assert reasons and reasons <= {reason for result in found.results for reason in result.reasons}
    assert {row["status"] for row in own} >= {"pass", "fail", "unknown", "not-checked"}


def test_a_studio_alone_has_its_rows_too(tmp_path: Path) -> None:
    studio = write(
        tmp_path / "one",
        studio="studio_id: one\nname: One\njurisdiction: XX\n",
        sterilization_cycles_dot_csv="cycle_id,cycle_type,started_at,contents\n"
        "C1,load,2026-10-01,\nC2,load,2026-10-02,tubes\nC3,,2026-10-03,\n",
    )
    (row,) = lines(render(audited(law(tmp_path / "law", r=contents_rule()), studio), "jsonl"))
    (breach,), (open_,) = row["findings"], row["undecided"]
    assert (row["studio_id"], row["status"], row["examined"], row["failed"], row["unknown"]) == ("one", "fail", 3, 1, 1)
    assert (breach["file"], breach["line"], breach["column"]) == ("sterilization_cycles.csv", 2, "contents")
    assert json.loads(breach["record"]) == {"cycle_id": "C1"}
    assert (open_["line"], open_["reason"]) == (4, "blank")


def test_private_columns_are_in_neither(tmp_path: Path) -> None:
    rule = """
title: Nothing is taken
severity: major
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
check:
  kind: record
  log: consent_forms
  require: {medications: {pattern: none}}
message: Something is taken by the client of form {consent_id}.
remedy: Ask.
"""
    studio = write(
        tmp_path / "one",
        studio="studio_id: one\nname: One\njurisdiction: XX\n",
        consent_forms_dot_csv="consent_id,signed_at,client_name,medications\n"
        "F1,2026-10-01,Jane Roe,warfarin\nF2,2026-10-02,Jane Roe,\n",
    )
    audit = audited(law(tmp_path / "law", r=rule), studio)
    (row,) = lines(render(audit, "jsonl"))
    assert (row["failed"], row["unknown"]) == (1, 1)
    for data in (render(audit, "jsonl"), json.dumps(rows_of(render(audit, "parquet"))).encode()):
        assert b"F1" in data and b"Jane" not in data and b"warfarin" not in data


def test_the_command_line_writes_them_to_files_and_to_stdout(exports: Path, found: Audit, tmp_path: Path) -> None:
    place = tmp_path / "a.parquet"
    asked = ["audit", str(exports), *DAYS, "--report", f"parquet={place}", "--report", "jsonl=-"]
    ran = CliRunner().invoke(main, asked)
    assert ran.exit_code == 1
    assert ran.stdout_bytes == render(found, "jsonl")
    assert rows_of(place.read_bytes()) == lines(ran.stdout_bytes)


def test_a_table_without_any_row_is_a_table(tmp_path: Path) -> None:
    studio = write(
        tmp_path / "one", studio="studio_id: one\nname: One\njurisdiction: XX\n", sessions_dot_csv="session_id\nS1\n"
    )
    audit = audited(law(tmp_path / "law", r=contents_rule()), studio)
    empty = replace(audit, results=())
    assert render(empty, "jsonl") == b""
    assert pq.read_table(BytesIO(render(empty, "parquet"))).schema.equals(WHOLE)


def test_lists_of_rows_can_be_taken_apart(found: Audit) -> None:
    """As a database unnests them: a row per finding, with the columns of its rule."""
    table = pq.read_table(BytesIO(render(found, "parquet")))
    inside = pa.compute.list_flatten(table["findings"])
    assert len(inside) == sum(result.failed for result in found.results)


@pytest.mark.parametrize(
    ("known", "asked", "said"),
    [
        (3, "S9", "known are S0000, S0001, S0002"),
        (300, "S0151x", "300 are known, next to it S0150, S0151, S0152, S0153, S0154"),
        (300, "A", "300 are known, next to it S0000, S0001, S0002, S0003, S0004"),
        (300, "Z", "300 are known, next to it S0295, S0296, S0297, S0298, S0299"),
        (300, "", "300 are known"),
    ],
)
def test_of_many_studios_only_those_next_to_an_unknown_one_are_named(
    tmp_path: Path, known: int, asked: str, said: str
) -> None:
    ids = "".join(f"S{n:04d},US-CA\n" for n in reversed(range(known)))
    (tmp_path / "studios.csv").write_text(f"studio_id,jurisdiction\n{ids}")
    (tmp_path / "sessions.csv").write_text(f"studio_id,session_id\nS0001,X1\n{asked},X2\n")
    ((_, place),) = read_folders(find_studios([tmp_path])).intake.misfits
    ordered = ", ".join(reversed(said.removeprefix("known are ").split(", "))) if known == 3 else said
    nobody = f"there is no studio of this id; {'known are ' * (known == 3)}{ordered}"
    assert place.reason == f"studio_id {asked!r}: {nobody}"
