"""A JSON report read back: what is no report is refused kindly, with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from sample_audit import sample

from smpcompliance.dates import month
from smpcompliance.report import render
from smpcompliance.report.saved import read_saved
from smpcompliance.yamlio import SourceError


@pytest.fixture(name="written")
def _written(tmp_path: Path) -> bytes:
    return render(sample(tmp_path), "json")


def refused(data: bytes) -> str:
    with pytest.raises(SourceError) as found:
        read_saved(data, "old.json")
    (problem,) = found.value.problems
    return str(problem)


def test_a_report_comes_back_as_it_was_written(written: bytes) -> None:
    saved = read_saved(written, "old.json")
    assert saved.data == json.loads(written)
    assert saved.period == month(saved.period.first) and saved.as_of.isoformat() == "2026-11-21"
    assert {r.status for r in saved.report.results} == {"fail", "not-checked", "not-applicable"}
    assert [f.message for r in saved.report.results for f in r.findings] == ["Load B has no contents."] * 2


def test_what_a_later_version_adds_is_passed_over(written: bytes) -> None:
    data: dict[str, Any] = json.loads(written) | {"added": 1}
    data["results"][0]["added"] = [1]
    assert read_saved(json.dumps(data).encode(), "x").report.results


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "old.json:1:1: this is no JSON report of an audit"),
        (b"{\n 1", "old.json:2:2: this is no JSON report of an audit"),
        (b"\xff\xfe\x00", "this is no JSON report of an audit"),
        (b"[" * 200_000, "this is no JSON report of an audit"),
        (b"[1]", "this is no JSON report of an audit"),
        (b"{}", "(schema: Field required)"),
        (b"%PDF-1.7", "this is a PDF; give the JSON report"),
        (b'{"schema": "smpcompliance/diff/1"}', "it is smpcompliance/diff/1, and smpcompliance/audit/1 is wanted"),
        (b'{"schema": "smpcompliance/\\u001b[2J"}', "it is smpcompliance/[U+001B][2J, and"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, said: str) -> None:
    assert said in refused(data)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("as_of",), "2026-02-30", "as_of"),
        (("period", "to"), "soon", "period.to"),
        (("results", 0, "status"), "fine", "results.0.status"),
        (("results", 0, "examined"), "many", "results.0.examined"),
        (("results", 0, "findings", 0, "fingerprint"), "x", "results.0.findings.0.fingerprint"),
    ],
)
def test_a_report_that_was_changed_by_hand_says_where_it_is_wrong(
    written: bytes, place: tuple[str | int, ...], value: str, said: str
) -> None:
    data = part = json.loads(written)
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    assert f"({said}: " in refused(json.dumps(data).encode())
