"""SARIF: valid by the published schema, read by tools that are not ours, and honest about what is open."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import openpyxl
import pytest
from law import contents_rule
from machine_audit import BAD, GOOD, LOADS, TORN, UNREAD, WAIVER, audited, shelf, studio
from sarif.loader import load_sarif_file
from sarif_pydantic import Sarif

from smpcompliance.audit.finding import Audit
from smpcompliance.report import render
from smpcompliance.report.telling import Telling

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif" / "sarif-2.1.0.json").read_text("utf-8"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return shelf(tmp_path / "law")


def run(found: Audit, language: str = "en") -> dict[str, Any]:
    """The one run of a report that the schema and a reader of it take."""
    data = render(found, "sarif", Telling(language=language))
    report = json.loads(data)
    jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(report)
    assert len(Sarif.model_validate_json(data).runs) == 1
    (only,) = report["runs"]
    return dict(only)


def by_rule(only: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [each for each in only["results"] if each["ruleId"] == f"XX/{rule}"]


def place(result: dict[str, Any]) -> tuple[str, int | None]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical.get("region", {}).get("startLine")


def test_a_breach_has_rule_level_place_and_fingerprint(here: Path) -> None:
    found = audited(here, studio(Path("studios/one")))
    only = run(found)
    (result,) = by_rule(only, "contents")
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert result["message"]["text"].startswith("Load B has no contents.")
    assert place(result) == ("studios/one/sterilization_cycles.csv", 3)
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "one/sterilization_cycles/B"
    fingerprint = next(r for r in found.results if r.rule.id == "XX/contents").findings[0].fingerprint
    assert result["partialFingerprints"] == {"smpcompliance/v1": fingerprint}
    assert only["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert [r["level"] for name in ("minor", "advice") for r in by_rule(only, name)] == ["warning", "note"]


def test_sarif_tools_count_breaches_by_level_and_find_their_places(here: Path, tmp_path: Path) -> None:
    found = audited(here, studio(Path("studios/one")))
    file = tmp_path / "a.sarif"
    file.write_bytes(render(found, "sarif"))
    read = load_sarif_file(str(file))
    assert read.get_distinct_tool_names() == ["smpcompliance"]
    assert read.get_report().get_issue_count_for_severity("error") == 1
    records = {each["Code"]: each for each in read.get_records()}
    assert {id: each["Severity"] for id, each in records.items()} == {
        "XX/contents": "error", "XX/minor": "warning", "XX/advice": "note", "XX/other": "none",
    }  # fmt: skip
    assert (records["XX/contents"]["Location"], records["XX/contents"]["Line"]) == (
        "studios/one/sterilization_cycles.csv", 3,
    )  # fmt: skip


def test_a_rule_says_the_law_what_to_do_and_what_it_leaves_out(here: Path) -> None:
    head = here / "XX" / "ruleset.yaml"
    head.write_text(head.read_text().replace("kind: statute", 'kind: statute, url: "https://example.org/act?x=1"'))
    driver = run(audited(here, studio(Path("one"))))["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("smpcompliance", "1.2.3")
    assert "informationUri" not in driver
    rules = {rule["id"]: rule for rule in driver["rules"]}
    assert set(rules) == {f"XX/{name}" for name in ("contents", "advice", "asked", "away", "met", "minor", "other")}
    rule = rules["XX/contents"]
    assert rule["helpUri"] == "https://example.org/act?x=1"
    assert rule["shortDescription"]["text"] == "Contents are written down"
    for text in ("s. 1 (The Act)", "What to do. Write down what was in it.", "Not looked at. Packs bought"):
        assert text in rule["help"]["text"]
    assert r"\*sterile\* \[see\](https://example.org)" in rule["help"]["markdown"]
    assert "[see](https" not in rule["help"]["text"], "no viewer makes a link of it"
    levels = {id: each["defaultConfiguration"]["level"] for id, each in rules.items()}
    assert (levels["XX/contents"], levels["XX/minor"], levels["XX/advice"]) == ("error", "warning", "note")


def test_what_is_not_judged_is_open_and_what_is_met_or_for_the_visit_is_told_apart(here: Path) -> None:
    only = run(audited(here, studio(Path("one"))))
    (open_,) = by_rule(only, "other")
    assert (open_["kind"], open_["level"]) == ("open", "none")
    assert open_["message"]["text"].startswith("Not judged: a log it needs was not handed in")
    assert place(open_) == ("one/studio.yaml", None)
    assert not [rule for rule in ("met", "away", "asked") if by_rule(only, rule)]
    statuses = {each["rule"]: each for each in only["properties"]["statuses"]}
    assert [statuses[f"XX/{rule}"]["status"] for rule in ("met", "away", "other")] == [
        "pass", "not-applicable", "not-checked",
    ]  # fmt: skip
    assert statuses["XX/asked"]["for_the_visit"] is True


def test_each_case_that_cannot_be_judged_is_a_result_of_its_own(tmp_path: Path, here: Path) -> None:
    passed = contents_rule().replace("contents: {required: true}", "result: {enum: [pass]}")
    law = shelf(tmp_path / "other", results=passed)
    only = run(audited(law, studio(Path("one"), GOOD + UNREAD + UNREAD.replace("C,", "E,"))))
    cases = by_rule(only, "results")
    assert [(each["kind"], place(each)[1]) for each in cases] == [("open", 3), ("open", 4)]
    assert all("Not judged: a cell it needs cannot be read" in each["message"]["text"] for each in cases)


def test_only_waived_breaches_are_suppressed_with_their_reason(here: Path) -> None:
    waivers = WAIVER % ("XX/contents", "XX/minor")
    only = run(audited(here, studio(Path("one"), waivers=waivers)))
    (waived,) = by_rule(only, "contents")
    assert waived["kind"] == "fail" and "Waived: paper log kept" in waived["message"]["text"]
    (suppression,) = waived["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == "paper log kept (the owner, until 2026-12-31)"
    assert all(each["suppressions"] == [] for each in only["results"] if each is not waived)
    (notice,) = only["invocations"][0]["toolConfigurationNotifications"]
    assert notice["descriptor"]["id"] == "waiver-without-effect" and "XX/minor" in notice["message"]["text"]
    assert place(notice) == ("one/waivers.yaml", 3)
    assert "suppressions" not in run(audited(here, studio(Path("two"))))["results"][0]


def test_a_check_that_broke_is_an_execution_that_failed(here: Path) -> None:
    found = audited(here, studio(Path("one")))
    assert run(found)["invocations"][0]["executionSuccessful"] is True
    results = [
        replace(r, status="error", cause="broke", about=("boom",)) if r.rule.id == "XX/met" else r
        for r in found.results
    ]
    only = run(replace(found, results=tuple(results)))
    (invocation,) = only["invocations"]
    assert invocation["executionSuccessful"] is False
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["level"] == "error" and "the check broke: boom" in notice["message"]["text"]
    assert notice["associatedRule"]["id"] == "XX/met" and not by_rule(only, "met")


def test_lines_and_cells_that_cannot_be_read_are_notifications_with_places(here: Path) -> None:
    loads = GOOD + UNREAD + TORN
    only = run(audited(here, studio(Path("one"), loads)))
    told = only["invocations"][0]["toolExecutionNotifications"]
    assert [(each["descriptor"]["id"], place(each)[1]) for each in told] == [
        ("cell-unreadable", 3), ("line-left-out", 4),
    ]  # fmt: skip
    assert "31/31" in told[0]["message"]["text"]
    assert "Jane Roe" not in json.dumps(only), "a line that is no record may hold personal data"


@pytest.mark.parametrize("name", ["Beläge #1 100%.csv", "a:b [c]?.csv", "jahr 2026/okt 10.csv"])
def test_a_file_is_found_by_its_uri_whatever_its_name(here: Path, name: str) -> None:
    folder = studio(Path("Étude 1"), GOOD + BAD)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / "sterilization_cycles.csv").rename(folder / name)
    with (folder / "studio.yaml").open("a", encoding="utf-8") as file:
        file.write(f'files: {{"{name}": {{log: sterilization_cycles}}}}\n')
    only = run(audited(here, folder))
    uri, line = place(by_rule(only, "contents")[0])
    assert uri.isascii() and not set(uri) & set(' #?[]:"') and line == 3
    assert Path(unquote(uri)).is_file()
    index = by_rule(only, "contents")[0]["locations"][0]["physicalLocation"]["artifactLocation"]["index"]
    artifact = only["artifacts"][index]
    assert artifact["location"]["uri"] == uri and len(artifact["hashes"]["sha-256"]) == 64


def test_no_absolute_path_stands_in_a_report(here: Path, tmp_path: Path) -> None:
    found = audited(here, studio(tmp_path / "one"))
    assert str(tmp_path).encode() not in render(found, "sarif")
    only = run(found)
    assert place(by_rule(only, "contents")[0]) == ("sterilization_cycles.csv", 3)
    assert set(only["originalUriBaseIds"]) == {"%SRCROOT%", "one"}
    assert not any("uri" in base for base in only["originalUriBaseIds"].values())


def test_several_studios_stand_in_one_run(here: Path) -> None:
    only = run(audited(here, studio(Path("all/one"), name="First"), studio(Path("all/two"), name="Second")))
    first, second = by_rule(only, "contents")
    assert [place(each)[0] for each in (first, second)] == [
        "all/one/sterilization_cycles.csv", "all/two/sterilization_cycles.csv",
    ]  # fmt: skip
    assert first["message"]["text"].startswith("First: ") and second["message"]["text"].startswith("Second: ")
    assert first["partialFingerprints"] == second["partialFingerprints"]


def test_a_sheet_is_named_and_its_line_is_that_of_the_sheet(here: Path) -> None:
    folder = studio(Path("one"))
    (folder / "sterilization_cycles.csv").unlink()
    book = openpyxl.Workbook()
    book.active.title = "Sterilization cycles"
    for row in (LOADS + GOOD + BAD).splitlines():
        book.active.append(row.split(","))
    book.save(folder / "Logs.xlsx")
    (result,) = by_rule(run(audited(here, folder)), "contents")
    assert place(result) == ("one/Logs.xlsx", 3)
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == (
        "one/sterilization_cycles/Sterilization cycles/B"
    )
    assert "Logs.xlsx, sheet Sterilization cycles, line 3" in result["message"]["text"]


def test_what_is_missing_points_at_its_log_without_a_line(here: Path, tmp_path: Path) -> None:
    tests = """
title: Each steriliser is tested every month
severity: critical
citation: {text: s. 4, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sterilization_cycles, require: {contents: {required: true}}}
message: Load {cycle_id} has no contents.
"""
    found = audited(shelf(tmp_path / "more", tests=tests), studio(Path("one")))
    result = next(r for r in found.results if r.rule.id == "XX/tests")
    absent = result.findings[0].where._replace(file=None, line=None, column=None, record={}, row=-1)
    gone = result.findings[0]._replace(evidence=(absent,))
    results = tuple(
        replace(r, findings=type(r.findings)(1, lambda _: gone)) if r is result else r for r in found.results
    )
    only = run(replace(found, results=results))
    (missing,) = by_rule(only, "tests")
    assert place(missing) == ("one/sterilization_cycles.csv", None)
    assert missing["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "one/sterilization_cycles"


def test_nothing_hidden_and_no_link_reaches_a_viewer(here: Path) -> None:
    bad = "[x](https://evil.example)\u202e\x1b[2J,load,2026-10-02T09:00,,pass\n"
    data = render(audited(here, studio(Path("one"), GOOD + bad)), "sarif").decode()
    (result,) = by_rule(json.loads(data)["runs"][0], "contents")
    assert r"[x\](https://evil.example)[U+202E][U+001B][2J" in result["message"]["text"]
    assert "\u202e" not in data and "\\u001b" not in data


def test_the_same_audit_gives_the_same_bytes_and_french_has_its_own_words(here: Path) -> None:
    found = audited(here, studio(Path("one")))
    assert render(found, "sarif") == render(found, "sarif")
    (open_,) = by_rule(run(found, "fr"), "other")
    assert open_["message"]["text"].startswith("Pas jugé : un registre nécessaire")


def test_twenty_thousand_findings_are_all_told_soon(here: Path) -> None:
    loads = "".join(f"L{n},load,2026-10-{n % 28 + 1:02}T09:00,,pass\n" for n in range(20_000))
    found = audited(here, studio(Path("one"), loads))
    for result in found.results:
        if result.rule.id in ("XX/advice", "XX/minor"):
            found = replace(found, results=tuple(r for r in found.results if r is not result))
    began = time.process_time()
    data = render(found, "sarif")
    took = time.process_time() - began
    print(took)
    assert took < 4
    assert data.count(b'"ruleId": "XX/contents"') == 20_000
