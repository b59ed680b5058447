"""`explain`: a rule, a finding, a due day, each from what was found to the law behind it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main

LOADS = "cycle_id,cycle_type,started_at,contents\nA,load,2026-10-01,\n"
EXAMPLES = """examples:
  - title: nothing written
    logs: {sterilization_cycles: "cycle_id, cycle_type, started_at, contents\\nA, load, 2026-01-01,"}
    finds: [{record: A}]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    law(tmp_path / "law", a=contents_rule(more="leaves_out: Packs.") + EXAMPLES)
    write(tmp_path / "studio", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=LOADS)
    return tmp_path


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words), "--rulesets", "law"])


def audited(here: Path, **changed: str) -> str:
    run("audit", "studio", "--as-of", "2026-11-10", "--quiet", "--report", "json=audit.json")
    report = json.loads((here / "audit.json").read_text())
    (finding,) = report["results"][0]["findings"]
    finding |= changed
    (here / "audit.json").write_text(json.dumps(report))
    return str(finding["fingerprint"])


def test_a_rule_is_explained_with_its_examples() -> None:
    said = CliRunner().invoke(main, ["explain", "US-CA/spore-test-monthly"]).stdout
    assert "for example: a test in each month of use" in said and "leaves out:" in said and "interval:" in said


def test_a_finding_is_explained_step_by_step(here: Path) -> None:
    found = run("explain", audited(here), "--in", "audit.json")
    assert found.exit_code == 0
    steps = [line for line in found.stdout.splitlines() if line[:2] in ("1.", "2.", "3.", "4.", "5.")]
    assert [step[:2] for step in steps] == ["1.", "2.", "3.", "4.", "5."]
    for part in (
        "Load A has no contents.",
        "sterilization_cycles.csv, line 2, contents, cycle id A",
        "s. 1 (read: text)",
    ):
        assert part in found.stdout


def test_a_waived_finding_says_so(here: Path) -> None:
    assert "It is waived: because." in run("explain", audited(here, waiver="because"), "--in", "audit.json").stdout


def test_what_steers_a_terminal_is_shown_by_number(here: Path) -> None:
    said = run("explain", audited(here, message="a\x1b[31mb"), "--in", "audit.json").stdout
    assert "\x1b" not in said and "[U+001B]" in said


def test_a_due_day_is_explained_by_its_uid(tmp_path: Path) -> None:
    sample = Path(__file__).parents[1] / "sample_logs" / "golden-needle"
    listed = CliRunner().invoke(main, ["due", str(sample), "--as-of", "2026-11-10", "--format", "json"])
    (tmp_path / "due.json").write_text(listed.stdout)
    entry = next(e for e in json.loads(listed.stdout)["due"] if e["rule"] == "US-CA/spore-test-monthly")
    found = CliRunner().invoke(main, ["explain", entry["uid"], "--in", str(tmp_path / "due.json")])
    assert found.exit_code == 0
    assert entry["due_on"] in found.stdout and entry["reason"] in " ".join(found.stdout.split())
    assert "1. What is due (overdue, critical)" in found.stdout


@pytest.mark.parametrize("words", [["0" * 16], ["nobody@smpcompliance"]])
def test_what_is_not_in_the_file_ends_kindly(here: Path, words: list[str]) -> None:
    audited(here)
    found = run("explain", *words, "--in", "audit.json")
    assert found.exit_code == 2 and "audit.json" in found.stderr
