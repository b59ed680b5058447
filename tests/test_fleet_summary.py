"""The summary of a fleet: counts with their denominators, worst first, the same in every form."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from fleets import AS_OF, PERIOD
from jsonschema import Draft202012Validator

from smpcompliance.cli import main
from smpcompliance.cli.fleet.telling import exit_code
from smpcompliance.report.fleet import FORMATS, render
from smpcompliance.report.fleet.json import read_summary, report
from smpcompliance.report.fleet.summary import WORST, Counting, NotAudited, Summary
from smpcompliance.report.words import languages, load_words
from smpcompliance.yamlio import SourceError

EN = load_words("en")
RULES = {
    id: {"title": f"About {id}", "severity": severity, "citation": f"s. {id}", "kind": kind}
    for id, severity, kind in (
        ("AA/few", "major", "record"), ("AA/half", "minor", "record"), ("AA/hope", "advice", "record"),
        ("AA/open", "critical", "record"), ("AA/visit", "critical", "attest"),
    )
}  # fmt: skip
ASKED = {
    "period": {"from": PERIOD[:10], "to": PERIOD[11:]}, "as_of": AS_OF, "jurisdictions": [], "overlays": [],
    "select": ["AA/*"], "ignore": [], "first": 10,
}  # fmt: skip


def result(rule: str, status: str, failed: int = 0, **more: Any) -> dict[str, Any]:
    months = {"months": {"2026-03": failed - 1, "": 1}} if failed else {}
    counts = {"examined": 5, "failed": failed, "unknown": 0, "waived": 0}
    return (
        {"rule": f"AA/{rule}", "severity": RULES[f"AA/{rule}"]["severity"], "status": status} | counts | months | more
    )


def studio(n: int, *results: dict[str, Any], lines: int = 0) -> dict[str, Any]:
    about = {"studio_id": f"S{n:03d}", "name": f"Studio <{n}>", "jurisdiction": "AA", "rulesets": ["AA"]}
    return {**about, "lines_left_out": lines, "cells_unreadable": 0, "results": list(results)}


def summed(*studios: dict[str, Any], gone: tuple[NotAudited, ...] = ()) -> Summary:
    counting = Counting()
    counting.know(RULES)
    for each in studios:
        counting.add(each)
    return counting.done("0.1", ASKED, {"AA": "0" * 64}, 4, 1234, gone)


def fleet() -> Summary:
    """Ten studios: one breaches `few` where ten were judged, two breach `half` where four were judged."""
    unknown = result("open", "unknown", unknown=2, reasons={"blank": 2})
    studios = [
        studio(n, result("few", "fail" if n == 9 else "pass", 40 if n == 9 else 0),
               result("half", ("fail", "pass")[n % 2] if n < 4 else "not-applicable", 3 * (n < 4 and n % 2 == 0)),
               result("hope", "fail", 7), unknown, result("visit", "not-checked"), lines=n == 1)
        for n in range(10)
    ]  # fmt: skip
    return summed(*studios)


def test_duties_stand_worst_first_by_their_share_of_the_studios_judged() -> None:
    duties = fleet().failing_duties
    assert [(d.rule, d.failing, d.judged) for d in duties] == [
        ("AA/hope", 10, 10),
        ("AA/half", 2, 4),
        ("AA/few", 1, 10),
    ]
    text = render(fleet(), "text", EN).decode()
    assert re.search(r"About AA/half +2 of 4 +50 % +0 +6 ", text)
    assert re.search(r"About AA/few +1 of 10 +10 % +0 +40 ", text)


def test_advice_is_no_breach_of_law() -> None:
    found = fleet()
    assert found.failing == 3
    assert [(m.month, m.failures, m.studios) for m in found.months] == [("", 3, 3), ("2026-03", 43, 3)]
    assert "Breaches of law in 3 of 10 studios audited" in render(found, "text", EN).decode()


def test_what_could_not_be_judged_is_told_with_the_reasons() -> None:
    found = fleet()
    assert [(d.rule, d.open, d.reasons) for d in found.open_duties] == [("AA/open", 10, {"blank": 10})]
    text = " ".join(render(found, "text", EN).decode().split())
    assert "In 10 studios a critical duty could not be judged in full; it may still be breached." in text
    assert "10 of 10 a cell it needs is blank (10)" in text
    assert "1 line or file was left out" in text
    assert found.visits == 10


def test_the_worst_studios_are_counted_by_severity_and_the_rest_are_told() -> None:
    many = summed(*(studio(n, result("few", "fail", 2), result("open", "fail", n % 2)) for n in range(WORST + 30)))
    assert len(many.worst) == WORST
    assert [s.studio_id for s in many.worst[:2]] == ["S001", "S003"]
    text = render(many, "text", EN).decode()
    assert f"{WORST + 30 - 20} more are not shown here; the results hold them all." in text
    found = summed(studio(1, result("few", "fail", 9)), studio(2, result("open", "fail", 1)))
    assert [s.studio_id for s in found.worst] == ["S002", "S001"]


def test_a_bucket_that_was_not_audited_is_never_a_pass() -> None:
    gone = (NotAudited(3, tuple(f"G{n:02d}" for n in range(14)), "Damaged: \x1b[2Jfile"), NotAudited(5, (), "x"))
    found = summed(studio(1, result("few", "pass")), gone=gone)
    assert exit_code(found, "never", True) == 4
    text = " ".join(render(found, "text", EN).decode().split())
    assert "2 buckets of studios could not be audited; nothing is said of them, and that is no pass." in text
    assert "2 more are not shown here" in text
    assert "\x1b" not in text
    nobody = render(summed(gone=gone), "text", EN).decode()
    assert "No studio was audited" in nobody
    assert "is breached" not in nobody


@pytest.mark.parametrize(
    ("results", "fail_on", "incomplete", "code"),
    [
        ((result("few", "pass"),), "minor", False, 0),
        ((result("few", "fail", 1),), "minor", False, 1),
        ((result("few", "fail", 1),), "critical", False, 0),
        ((result("few", "fail", 1, waived=1),), "minor", False, 0),
        ((result("hope", "fail", 1),), "minor", False, 0),
        ((result("hope", "fail", 1),), "advice", False, 1),
        ((result("open", "unknown", unknown=1),), "minor", False, 3),
        ((result("open", "not-checked"),), "minor", True, 0),
        ((result("visit", "not-checked"),), "minor", False, 0),
        ((result("few", "error"), result("half", "fail", 1)), "never", True, 4),
    ],
)
def test_exit_codes_are_those_of_an_audit(
    results: tuple[dict[str, Any], ...], fail_on: str, incomplete: bool, code: int
) -> None:
    assert exit_code(summed(studio(1, *results)), fail_on, incomplete) == code


def test_a_line_left_out_leaves_a_duty_open() -> None:
    found = summed(studio(1, result("few", "pass"), lines=1))
    assert (exit_code(found, "minor", False), exit_code(found, "minor", True)) == (3, 0)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", FORMATS)
def test_every_form_can_be_made_and_is_made_alike(name: str, language: str) -> None:
    words = load_words(language)
    data = render(fleet(), name, words)
    assert data == render(fleet(), name, words)
    if name == "pdf":
        with pikepdf.open(BytesIO(data)) as pdf:
            assert str(pdf.Root.Lang) == language
            assert len(pdf.pages) >= 2
    elif name == "html":
        assert b"Studio &lt;9&gt;" in data
        assert b"Studio <9>" not in data
    elif name == "text":
        assert b"{" not in data


def test_the_summary_is_read_back_from_its_json() -> None:
    found = fleet()
    assert read_summary(report(found, EN), "summary.json") == found
    for text in (b"{}", b"[]", b"no", b'{"schema": "smpcompliance/fleet-summary/1"}'):
        with pytest.raises(SourceError, match="summary of a fleet audit"):
            read_summary(text, "summary.json")


def test_the_json_fits_its_schema() -> None:
    shown = CliRunner().invoke(main, ["schema", "fleet_summary"])
    schema = json.loads(shown.output)
    Draft202012Validator.check_schema(schema)
    gone = (NotAudited(3, ("G1",), "x"),)
    for found in (fleet(), summed(gone=gone)):
        Draft202012Validator(schema).validate(json.loads(report(found, EN)))


def test_the_command_tells_it_again(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_bytes(report(fleet(), EN))
    ran = CliRunner().invoke(main, ["fleet", "summary", str(tmp_path), "--summary", f"json={tmp_path / 'again.json'}"])
    assert ran.exit_code == 1
    assert "Compliance of 10 studios" in ran.output
    assert json.loads((tmp_path / "again.json").read_bytes())["studios"] == 10
    french = CliRunner().invoke(main, ["fleet", "summary", str(tmp_path), "--language", "fr", "--fail-on", "never"])
    assert (french.exit_code, "Conformité de 10 studios" in french.output) == (3, True)
    none = CliRunner().invoke(main, ["fleet", "summary", str(tmp_path.parent)])
    assert (none.exit_code, "there is no summary.json" in none.output) == (2, True)
