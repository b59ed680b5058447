"""What changed from one report to the next: nothing that was not judged or not looked at is ever called fixed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from law import audited, contents_rule, law, write

from smpcompliance.audit.finding import Asked, Audit, Findings, Input
from smpcompliance.cli import main
from smpcompliance.report import render
from smpcompliance.report.changes import Changes, compare
from smpcompliance.report.changes_text import as_json, diff_schema
from smpcompliance.report.page import Block, Heading, Items, Table, Text
from smpcompliance.report.saved import Saved, read_saved
from smpcompliance.report.sections.changes import changes
from smpcompliance.report.state import present_state, saved_state
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import load_words

LOADS = "cycle_id,cycle_type,started_at,contents\n"
A, B, C = "A,load,2026-10-01T09:00,", "B,load,2026-10-02T09:00,", "C,load,2026-10-03T09:00,"
NOVEMBER = "N,load,2026-11-03T09:00,"
FILLED = "forceps"
SPORES = """
title: Every spore test says how it ended
severity: critical
citation: {text: s. 3, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: spore_tests, require: {result: {required: true}}}
message: Spore test {spore_test_id} has no result.
"""
MONTHLY = """
title: A spore test every month
severity: critical
citation: {text: s. 4, source: act}
basis: text
verified: 2026-01-01
check:
  kind: interval
  log: spore_tests
  every: P1M
  per: equipment_id
  while: {log: sterilization_cycles}
  reckon: RECKON
  idle: excused
message: "{equipment_id} has no spore test: {spans} ({count})"
"""
KEPT = """
title: Loads have an operator
severity: major
citation: {text: s. 5, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sterilization_cycles, require: {operator_id: {required: true}}}
message: Load {cycle_id} has no operator.
"""


def made(folder: Path, *rows: str, period: str = "2026-10", as_of: str = "2026-11-10", **how: Any) -> Audit:
    """Audits one studio with these loads; `rules`, `files` and `asked` say otherwise."""
    n = len(list(folder.iterdir())) if folder.exists() else 0
    loads = LOADS + "".join(f"{row}\n" for row in rows)
    files = {"sterilization_cycles_dot_csv": loads, **how.get("files", {})}
    files = {name: text for name, text in files.items() if text is not None}
    place = write(folder / f"s{n}", studio="studio_id: s1\nname: Fade\njurisdiction: XX\n", **files)
    rules = law(folder / f"law{n}", **how.get("rules", {"a": contents_rule()}))
    return audited(rules, place, period=period, as_of=as_of, asked=how.get("asked", Asked()))


def saved(found: Audit, name: str = "x.json") -> Saved:
    return read_saved(render(found, "json"), name)


def compared(old: Audit, new: Audit) -> Changes:
    found = compare(saved_state(saved(old)), saved_state(saved(new)))
    jsonschema.validate(json.loads(as_json(found, "1")), diff_schema())
    return found


def fates(found: Changes) -> list[tuple[str, str, str]]:
    return [(c.fate, c.because, c.entry.record.get("cycle_id", "")) for c in found.findings]


def test_new_still_there_and_fixed(tmp_path: Path) -> None:
    found = compared(made(tmp_path, A, B, C + FILLED), made(tmp_path, A, B + FILLED, C))
    assert fates(found) == [("new", "appeared", "C"), ("open", "same", "A"), ("fixed", "found_no_more", "B")]
    assert found.covers and not [d for d in found.differences if d.what != "files"]


def test_equal_reports_have_no_changes(tmp_path: Path) -> None:
    one = made(tmp_path, A, B)
    assert fates(compared(one, one)) == [("open", "same", "A"), ("open", "same", "B")]


def test_a_finding_survives_other_lines_and_another_message(tmp_path: Path) -> None:
    other = contents_rule().replace("has no contents", "says nothing of its contents")
    found = compared(made(tmp_path, A, B), made(tmp_path, B, C + FILLED, A, rules={"a": other}))
    assert {(c.fate, c.because) for c in found.findings} == {("open", "same")}
    change = next(c for c in found.findings if c.entry.record["cycle_id"] == "A")
    assert change.entry.line == 4 and change.entry.message == "Load A says nothing of its contents."
    assert change.before and change.before.line == 2
    assert [d.what for d in found.differences] == ["ruleset"]


def test_equal_findings_are_counted_not_merged(tmp_path: Path) -> None:
    one = made(tmp_path, A)
    result = one.results[0]
    thrice = replace(one, results=(replace(result, failed=3, findings=Findings(3, lambda _: result.findings[0])),))
    assert [c.fate for c in compared(one, thrice).findings] == ["new", "new", "open"]
    assert [c.fate for c in compared(thrice, one).findings] == ["open", "fixed", "fixed"]


def test_the_same_record_with_other_facts_is_still_there(tmp_path: Path) -> None:
    asked = "{operator_id: {required: true}, contents: {required: true}}"
    rules = {"a": KEPT.replace("{operator_id: {required: true}}", asked)}
    head = "cycle_id,cycle_type,started_at,operator_id,contents\n"
    old, new = (
        made(tmp_path, rules=rules, files={"sterilization_cycles_dot_csv": f"{head}A,load,2026-10-01T09:00,,{text}\n"})
        for text in ("", "forceps")
    )
    assert old.results[0].findings[0].fingerprint != new.results[0].findings[0].fingerprint
    assert fates(compared(old, new)) == [("open", "changed", "A")]


@pytest.mark.parametrize(
    ("reckon", "old_period", "old_loads", "new_period", "new_loads"),
    [
        ("calendar", "2026-10", ["2026-10-05"], "2026-10", ["2026-10-05", "2026-10-02"]),
        ("gap", "2026-09-01/2026-10-15", ["2026-09-05"], "2026-09-01/2026-10-31", ["2026-09-05", "2026-10-20"]),
    ],
)
def test_a_stretch_that_goes_on_or_has_more_events_is_still_there(
    tmp_path: Path, reckon: str, old_period: str, old_loads: list[str], new_period: str, new_loads: list[str]
) -> None:
    tests = "spore_test_id,equipment_id,tested_at,result\nT1,M1,2026-06-01,pass\n"
    old, new = (
        made(
            tmp_path,
            period=period,
            rules={"a": MONTHLY.replace("RECKON", reckon)},
            files={
                "sterilization_cycles_dot_csv": "cycle_id,equipment_id,cycle_type,started_at\n"
                + "".join(f"{day},M1,load,{day}\n" for day in loads),
                "spore_tests_dot_csv": tests,
            },
        )
        for period, loads in ((old_period, old_loads), (new_period, new_loads))
    )
    assert [(c.fate, c.because) for c in compared(old, new).findings] == [("open", "changed")]


@pytest.mark.parametrize(
    ("how", "because"),
    [
        ({"files": {"sterilization_cycles_dot_csv": "cycle_id,cycle_type,started_at\nA,load,2026-10-01\n"}}, "open"),
        ({"files": {"sterilization_cycles_dot_csv": None, "clients_dot_csv": "client_id\nC1\n"}}, "open"),
        ({"files": {"sterilization_cycles_dot_csv": LOADS}}, "nothing_there"),
        ({"files": {"sterilization_cycles_dot_csv": LOADS + "A,,2026-10-01T09:00,\nB,load,2026-10-02,x\n"}}, "open"),
        ({"asked": Asked(select=("XX/b",)), "rules": {"a": contents_rule(), "b": KEPT}}, "not_asked"),
        ({"asked": Asked(ignore=("XX/a",)), "rules": {"a": contents_rule(), "b": KEPT}}, "not_asked"),
    ],
)
def test_what_is_not_judged_any_more_is_not_fixed(tmp_path: Path, how: dict[str, Any], because: str) -> None:
    found = compared(made(tmp_path, A), made(tmp_path, **how))
    assert fates(found)[-1][:2] == ("not_judged", because)
    assert not found.of("fixed")
    assert [d.duty.rule for d in found.duties_of("not_judged")] == ["XX/a"]


def test_a_record_that_cannot_be_judged_any_more_is_not_fixed(tmp_path: Path) -> None:
    new = made(tmp_path, "A,,2026-10-01T09:00,", B, files={})
    found = compared(made(tmp_path, A, B), new)
    assert fates(found) == [("not_judged", "undecided", "A"), ("open", "same", "B")]
    assert found.findings[0].about == ("blank",)


@pytest.mark.parametrize(
    ("result", "coverage", "fate", "because"),
    [
        ({}, [], "not_judged", "no_log"),
        ({"status": "error", "cause": "broke"}, None, "not_judged", "broke"),
        ({"status": "unknown", "cause": "profile_silent"}, None, "not_judged", "silent"),
        ({"status": "not-checked", "reasons": {"no_log": 1}}, None, "not_judged", "open"),
        ({"status": "fail", "reasons": {"parameter_unknown": 1}}, None, "not_judged", "partly"),
        ({"status": "not-applicable"}, None, "not_judged", "nothing_there"),
        ({"coming": "the old findings"}, None, "other_days", "not_due"),
        ({"examined": 0}, None, "not_judged", "fewer"),
        ({}, None, "fixed", "found_no_more"),
    ],
)
def test_only_what_was_judged_again_is_fixed(
    tmp_path: Path, result: dict[str, Any], coverage: list[Any] | None, fate: str, because: str
) -> None:
    old = render(made(tmp_path, A), "json")
    data = json.loads(render(made(tmp_path, A + FILLED), "json"))
    found = json.loads(old)["results"][0]["findings"]
    data["results"][0] |= {name: found if value == "the old findings" else value for name, value in result.items()}
    data["coverage"] = data["coverage"] if coverage is None else coverage
    new = read_saved(json.dumps(data).encode(), "new.json")
    changes_ = compare(saved_state(read_saved(old, "old.json")), saved_state(new))
    assert fates(changes_) == [(fate, because, "A")]


def test_a_record_that_was_taken_out_is_not_fixed(tmp_path: Path) -> None:
    old, new = made(tmp_path, A, B), made(tmp_path, B)
    assert fates(compared(old, new)) == [("not_judged", "fewer", "A"), ("open", "same", "B")]


def test_beside_the_logs_a_record_that_was_taken_out_is_told_from_one_that_was_put_right(tmp_path: Path) -> None:
    old, new = made(tmp_path, A, B, C), made(tmp_path, A + FILLED, C, "D,load,2026-10-05T09:00,x")
    found = compare(saved_state(saved(old)), present_state(new, "s1"))
    assert fates(found) == [
        ("not_judged", "record_gone", "B"), ("open", "same", "C"), ("fixed", "record_passes", "A"),
    ]  # fmt: skip


def test_a_month_says_nothing_of_the_month_before(tmp_path: Path) -> None:
    old, new = made(tmp_path, A), made(tmp_path, A, NOVEMBER, period="2026-11", as_of="2026-12-10")
    found = compared(old, new)
    assert fates(found) == [("new", "new_days", "N"), ("other_days", "days", "A")]
    assert not found.covers and {d.what for d in found.differences} >= {"period", "as_of"}
    year = made(tmp_path, A + FILLED, NOVEMBER, period="2026", as_of="2026-12-10")
    assert fates(compared(old, year)) == [("new", "new_days", "N"), ("fixed", "found_no_more", "A")]


def test_an_audit_of_an_earlier_day_fixes_nothing(tmp_path: Path) -> None:
    found = compared(made(tmp_path, A), made(tmp_path, A + FILLED, as_of="2026-11-01"))
    assert fates(found) == [("other_days", "earlier", "A")]
    assert found.differences[0].what == "order"


@pytest.mark.parametrize(
    ("rules", "because"),
    [
        ({"b": KEPT}, "rule_gone"),
        ({"a": contents_rule(more="in_force: {until: 2001-01-01}")}, "not_in_force"),
        ({"a": contents_rule(more="applies_to: {studio.overlays: {contains_any: [SMP]}}")}, "out_of_reach"),
    ],
)
def test_what_the_law_no_longer_asks_is_not_fixed(tmp_path: Path, rules: dict[str, str], because: str) -> None:
    found = compared(made(tmp_path, A), made(tmp_path, A, rules=rules))
    assert [(c.fate, c.because) for c in found.of("away")] == [("away", because)]
    assert not found.of("fixed") and "ruleset" in {d.what for d in found.differences}


def test_a_rule_that_another_ruleset_replaces_is_told_so(tmp_path: Path) -> None:
    folder = law(tmp_path / "law", "XX", a=contents_rule())
    law(folder, "XX-Y", "XX", a=contents_rule("minor"))
    place = write(tmp_path / "s", sterilization_cycles_dot_csv=LOADS + A + "\n")
    audits = []
    for id in ("XX", "XX-Y"):
        write(place, studio=f"studio_id: s1\njurisdiction: {id}\n")
        audits.append(audited(folder, place, ids=("XX", "XX-Y"), period="2026-10"))
    found = compared(*audits)
    assert [(c.fate, c.because, c.about) for c in found.findings] == [
        ("new", "new_rule", ()), ("away", "replaced", ("XX-Y/a",)),
    ]  # fmt: skip
    assert "chain" in {d.what for d in found.differences}


def test_the_files_that_are_the_same_are_counted(tmp_path: Path) -> None:
    old = replace(made(tmp_path, A), inputs=(Input("s1", "a.csv", "sessions", "0" * 64, 1),
                  Input("s1", "b.xlsx", "clients", "1" * 64, 1), Input("s1", "b.xlsx", "notices", "1" * 64, 1)))  # fmt: skip
    new = replace(old, inputs=(*old.inputs[1:], Input("s1", "c.csv", None, "2" * 64, 1)))
    (each,) = compared(old, new).differences
    assert (each.what, each.old, each.name, each.new) == ("files", "2", "1", "2")


def test_a_studio_that_is_gone_is_not_fixed_and_a_new_one_is_new(tmp_path: Path) -> None:
    old, new = made(tmp_path, A), made(tmp_path, A)
    studio = replace(new.studios[0], studio_id="s2")
    new = replace(
        new, studios=(studio,), logs=replace(new.logs, studios=(studio,)), chains={"s2": new.chains["s1"]},
        results=tuple(replace(r, studio_id="s2") for r in new.results),
    )  # fmt: skip
    found = compared(old, new)
    assert fates(found) == [("new", "new_studio", "A"), ("not_judged", "studio_gone", "A")]
    assert [d.what for d in found.differences if d.what.startswith("studio")] == ["studio_gone", "studio_new"]


def test_a_rule_that_was_not_judged_before_is_newly_judged(tmp_path: Path) -> None:
    rules = {"a": contents_rule(), "b": SPORES}
    tests = {"spore_tests_dot_csv": "spore_test_id,tested_at,result\nT1,2026-10-05,\n"}
    found = compared(made(tmp_path, A, rules=rules), made(tmp_path, A, files=tests, rules=rules))
    assert ("new", "newly_judged") in {(c.fate, c.because) for c in found.findings}
    assert [(d.fate, d.because, d.duty.rule) for d in found.duties] == [("new", "newly_judged", "XX/b")]


def test_another_severity_is_said(tmp_path: Path) -> None:
    found = compared(made(tmp_path, A), made(tmp_path, A, rules={"a": contents_rule("minor")}))
    assert [(c.fate, c.was, c.duty.severity) for c in found.findings] == [("open", "major", "minor")]


def run(*words: object) -> Result:
    found = CliRunner().invoke(main, ["diff", *map(str, words)])
    assert "Traceback" not in found.output + found.stderr
    return found


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> dict[str, Path]:
    audits = {
        "bad": made(tmp_path, A, B), "good": made(tmp_path, A + FILLED, B + FILLED), "half": made(tmp_path, A, B + "x"),
        "gone": made(tmp_path, files={"sterilization_cycles_dot_csv": LOADS}),
    }  # fmt: skip
    for name, found in audits.items():
        (tmp_path / f"{name}.json").write_bytes(render(found, "json"))
    return {name: tmp_path / f"{name}.json" for name in audits}


@pytest.mark.parametrize(
    ("old", "new", "options", "code"),
    [
        ("bad", "bad", [], 0),
        ("bad", "good", [], 0),
        ("good", "bad", [], 1),
        ("half", "bad", ["--fail-on", "major"], 1),
        ("good", "bad", ["--fail-on", "critical"], 0),
        ("good", "bad", ["--fail-on", "never"], 0),
        ("bad", "gone", [], 3),
        ("good", "gone", [], 3),
        ("good", "gone", ["--fail-on", "never"], 3),
        ("bad", "gone", ["--allow-incomplete"], 0),
        ("gone", "bad", [], 1),
    ],
)
def test_exit_codes(files: dict[str, Path], old: str, new: str, options: list[str], code: int) -> None:
    assert run(files[old], files[new], *options).exit_code == code


def test_a_waived_finding_is_not_new(tmp_path: Path, files: dict[str, Path]) -> None:
    data = json.loads(files["bad"].read_bytes())
    for finding in data["results"][0]["findings"]:
        finding["waiver"] = "until the printer is repaired"
    (tmp_path / "waived.json").write_text(json.dumps(data))
    found = run(files["good"], tmp_path / "waived.json")
    assert found.exit_code == 0 and "waived: until the printer is repaired" in found.output


def test_what_is_no_report_ends_with_2_and_says_where(tmp_path: Path, files: dict[str, Path]) -> None:
    (tmp_path / "no.json").write_text("{\n")
    for words in ([files["bad"], tmp_path / "no.json"], [tmp_path / "no.json", files["bad"]]):
        found = run(*words)
        assert found.exit_code == 2 and "no.json:2:1: this is no JSON report of an audit" in found.stderr
    assert run(files["bad"], tmp_path / "not-there.json").exit_code == 2
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7\nnothing")
    found = run(files["bad"], tmp_path / "x.pdf")
    assert found.exit_code == 2 and "give the JSON report instead" in found.stderr


def test_a_pdf_report_carries_its_json(tmp_path: Path, files: dict[str, Path]) -> None:
    (tmp_path / "bad.pdf").write_bytes(render(made(tmp_path / "p", A, B), "pdf"))
    assert "Findings before" in run(tmp_path / "bad.pdf", files["half"]).output
    assert run(files["good"], tmp_path / "bad.pdf").exit_code == 1


def test_the_text_tells_new_before_the_rest_each_with_its_place(files: dict[str, Path]) -> None:
    said = run(files["half"], files["bad"]).output
    assert "New are 1 of 2 findings. Fixed are 0 of the 1 findings before." in said
    assert said.index("✕ New\n-") < said.index("Still there\n-")
    new = said[said.index("✕ New\n-") : said.index("Still there\n-")]
    assert "- ◆ Major · Contents are written down\n  Load B has no contents.\n" in new
    assert "sterilization_cycles.csv, line 3" in new and "1 of 2 findings now." in new
    gone = run(files["bad"], files["gone"]).output
    assert "nothing is there to examine any more" in gone and "Fixed are 0 of the 2" in gone


def test_json_and_text_go_to_a_file_and_are_the_same_each_time(tmp_path: Path, files: dict[str, Path]) -> None:
    for form in ("json", "text"):
        assert run(files["half"], files["bad"], "--format", form, "--output", tmp_path / "out").output == ""
        assert (tmp_path / "out").read_bytes() == run(files["half"], files["bad"], "--format", form).stdout_bytes
    data = json.loads(run(files["half"], files["bad"], "--format", "json").output)
    jsonschema.validate(data, diff_schema())
    assert data["counts"]["new"] == {"findings": 1, "duties": 0}
    assert [(f["fate"], f["line"]) for f in data["findings"]] == [("new", 3), ("open", 2)]


def test_text_from_logs_cannot_steer_a_terminal(tmp_path: Path) -> None:
    old, new = made(tmp_path, C + FILLED), made(tmp_path, C + FILLED, "\x1b[2J,load,2026-10-05T09:00,")
    (tmp_path / "a.json").write_bytes(render(old, "json"))
    (tmp_path / "b.json").write_bytes(render(new, "json"))
    assert "\x1b" not in run(tmp_path / "a.json", tmp_path / "b.json").output


def section(old: Audit | None, new: Audit) -> list[Block]:
    return changes(new, new.studios[0], Telling(previous=saved(old) if old else None), load_words())


def test_without_an_earlier_report_there_is_no_section(tmp_path: Path) -> None:
    assert section(None, made(tmp_path, A)) == []


def test_the_section_counts_every_finding_once_and_lists_new_and_fixed(tmp_path: Path) -> None:
    blocks = section(made(tmp_path, A, B, C + FILLED), made(tmp_path, A, B + FILLED, C))
    assert blocks[0] == Heading(2, "Since the last audit (as of 10 November 2026)")
    table = next(b for b in blocks if isinstance(b, Table))
    assert [row[1].text for row in table.rows] == ["1", "0", "1", "1", "0", "0", "2", "2"]
    titles = [b.text for b in blocks if isinstance(b, Heading)][1:]
    assert titles == ["✕ New", "✓ Fixed"]
    messages = [item.text for b in blocks if isinstance(b, Items) for item in b.items]
    assert messages[-2:] == ["Load C has no contents.", "Load B has no contents."]


def test_the_section_lists_twenty_and_says_how_many_there_are(tmp_path: Path) -> None:
    rows = [f"L{n},load,2026-10-02T09:00," for n in range(25)]
    blocks = section(made(tmp_path, A + FILLED), made(tmp_path, A + FILLED, *rows))
    assert [len(b.items) for b in blocks if isinstance(b, Items)][-1] == 20
    assert any(isinstance(b, Text) and b.text.startswith("The first 20 of 25 findings are listed") for b in blocks)


def test_the_section_says_that_a_studio_was_not_there_before(tmp_path: Path) -> None:
    old = made(tmp_path, A)
    studio = replace(old.studios[0], studio_id="other")
    old = replace(
        old, studios=(studio,), logs=replace(old.logs, studios=(studio,)), chains={"other": ("XX",)}, results=()
    )
    blocks = section(old, made(tmp_path, A))
    assert len(blocks) == 2 and "not in the earlier report" in repr(blocks)


def test_the_report_that_was_saved_and_the_audit_itself_compare_alike(tmp_path: Path) -> None:
    old, new = made(tmp_path, A, B, C + FILLED), made(tmp_path, A, B + FILLED, C)
    direct = compare(saved_state(saved(old)), present_state(new, "s1"))
    assert [c[:1] for c in fates(direct)] == [c[:1] for c in fates(compared(old, new))]
