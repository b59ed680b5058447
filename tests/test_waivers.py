"""Waivers and baselines: a breach that is answered for stays a breach; only its weight for the exit code goes."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main
from smpcompliance.report.schema import audit_schema

LOADS = "cycle_id,cycle_type,started_at,equipment_id,contents\nA,load,2026-10-01,M1,\nB,load,2026-10-02,M2,\n"
HEAD = "waivers:\n  - rule: XX/a\n    reason: old paper\n    approved_by: the owner\n    until: 2026-12-31\n"


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    law(tmp_path / "law", a=contents_rule(), strict=contents_rule("critical", more="waivable: false"))
    return write(
        tmp_path / "studio", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=LOADS
    )  # fmt: skip


def audit(studio: Path, *words: object, select: str = "XX/a") -> Result:
    how = ["--rulesets", str(studio.parent / "law"), "--period", "2026-10", "--as-of", "2026-11-10"]
    return CliRunner().invoke(main, ["audit", str(studio), *how, "--select", select, *map(str, words)])


def data(found: Result) -> dict[str, object]:
    report: dict[str, object] = json.loads(found.stdout)
    jsonschema.validate(report, audit_schema())
    return report


def states(studio: Path, waivers: str, *words: object, select: str = "XX/a") -> list[tuple[str, int]]:
    (studio / "waivers.yaml").write_text(waivers)
    found = data(audit(studio, "--report", "json=-", *words, select=select))
    return [(use["state"], use["covered"]) for use in found["waivers"]]  # type: ignore[attr-defined]


def test_a_waived_breach_is_told_and_does_not_count(studio: Path) -> None:
    assert audit(studio).exit_code == 1
    assert states(studio, HEAD + "    period: 2026-10\n") == [("applied", 2)]
    found = audit(studio)
    assert found.exit_code == 0
    assert "Waived: old paper (the owner, until 2026-12-31)" in found.stdout
    assert "Breached: 1 of 1 duty judged" in found.stdout and "covers 2 breaches" in found.stdout
    (result,) = data(audit(studio, "--report", "json=-"))["results"]  # type: ignore[misc]
    assert (result["status"], result["failed"], result["waived"]) == ("fail", 2, 2)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [("record: A", 1), ("machine: M2", 1), ("period: 2026-10-02/2026-10-31", 1), ("record: A\n    machine: M2", 0)],
)
def test_all_of_a_scope_must_fit(studio: Path, scope: str, covered: int) -> None:
    assert states(studio, HEAD + f"    {scope}\n") == [("applied" if covered else "unused", covered)]
    assert audit(studio).exit_code == 1, "the other breach counts"


def test_a_finding_can_be_waived_by_its_fingerprint(studio: Path) -> None:
    (result,) = data(audit(studio, "--report", "json=-"))["results"]  # type: ignore[misc]
    print_ = result["findings"][1]["fingerprint"]
    assert states(studio, HEAD + f"    fingerprint: {print_}\n") == [("applied", 1)]


@pytest.mark.parametrize(
    ("written", "state"),
    [
        (HEAD, "too-broad"),
        (HEAD.replace("XX/a", "XX/*") + "    record: A\n", "too-broad"),
        (HEAD.replace("XX/a", "XX/b") + "    record: A\n", "unknown-rule"),
        (HEAD.replace("XX/a", "XX/strict") + "    record: A\n", "not-waivable"),
        (HEAD.replace("2026-12-31", "2026-11-09") + "    record: A\n", "expired"),
        (HEAD.replace("2026-12-31", "2026-11-10") + "    record: A\n", "applied"),
        (HEAD + "    record: A\n    from: 2026-11-11\n", "not-yet"),
        (HEAD + "    record: A\n    from: 2026-11-10\n", "applied"),
        (HEAD + "    record: Z\n", "unused"),
    ],
)
def test_what_a_waiver_does_not_do_is_told(studio: Path, written: str, state: str) -> None:
    assert [found for found, _ in states(studio, written, select="XX/*")] == [state]
    assert audit(studio, select="XX/*").exit_code == 1


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (HEAD.replace("    reason: old paper\n", ""), "waivers.yaml:2:5: 'reason' is missing"),
        (HEAD.replace("    until: 2026-12-31\n", ""), "waivers.yaml:2:5: 'until' is missing"),
        (HEAD.replace("old paper", '""'), "waivers.yaml:3:"),
        (HEAD + "    recrod: A\n", "waivers.yaml:6:"),
        (HEAD + "    from: 2027-01-01\n", "waivers.yaml:5:"),
        (HEAD + "    studio_id: other\n", "waivers.yaml:6:"),
        ("- rule: XX/a\n", "waivers.yaml:1:1: expected waivers:"),
    ],
)
def test_a_mistake_in_a_waiver_ends_the_audit_with_its_place(studio: Path, written: str, told: str) -> None:
    (studio / "waivers.yaml").write_text(written)
    found = audit(studio)
    assert found.exit_code == 2 and told in found.stderr


def test_waivers_may_be_a_table(studio: Path) -> None:
    head = "rule,record,machine,reason,approved_by,until\n"
    (studio / "waivers.csv").write_text(head + "XX/a,A,,old paper,the owner,2026-12-31\n\n")
    report = data(audit(studio, "--report", "json=-"))
    assert [(use["state"], use["line"]) for use in report["waivers"]] == [("applied", 2)]  # type: ignore[attr-defined]
    (studio / "waivers.csv").write_text(head + "XX/a,A,,,the owner,2026-12-31\n")
    assert "waivers.csv:2:1: 'reason' is missing" in audit(studio).stderr


def test_waivers_may_lie_elsewhere(studio: Path) -> None:
    file = studio.parent / "ours.yaml"
    file.write_text(HEAD + "    record: A\n")
    found = data(audit(studio, "--waivers", file, "--report", "json=-"))
    assert [use["covered"] for use in found["waivers"]] == [1]  # type: ignore[attr-defined]


def baseline(studio: Path, *words: object) -> Result:
    return CliRunner().invoke(main, ["baseline", *map(str, words)])


def test_a_baseline_lets_only_new_breaches_count(studio: Path) -> None:
    report, file = studio.parent / "audit.json", studio.parent / "baseline.json"
    audit(studio, "--report", f"json={report}", select="XX/*")
    made = baseline(studio, "create", report, "--output", file)
    assert made.exit_code == 0 and "2 breaches are known" in made.stderr and "2 breaches are left out" in made.stderr
    assert audit(studio, "--baseline", file).exit_code == 0
    assert audit(studio, "--baseline", file, select="XX/*").exit_code == 1, "a duty that cannot be waived counts"
    log = studio / "sterilization_cycles.csv"
    log.write_text(LOADS + "C,load,2026-10-03,M1,\n")
    found = audit(studio, "--baseline", file)
    assert found.exit_code == 1 and "2 breaches of this audit are among them" in " ".join(found.stdout.split())


def test_a_baseline_tells_what_is_gone_and_never_grows(studio: Path) -> None:
    report, file = studio.parent / "audit.json", studio.parent / "baseline.json"
    audit(studio, "--report", f"json={report}")
    baseline(studio, "create", report, "--output", file)
    log = studio / "sterilization_cycles.csv"
    log.write_text(LOADS.replace("A,load,2026-10-01,M1,", "A,load,2026-10-01,M1,forceps") + "C,load,2026-10-03,M1,\n")
    found = audit(studio, "--baseline", file, "--report", f"json={report}")
    assert found.exit_code == 1
    assert json.loads(report.read_text())["baseline"]["gone"][0]["rule"] == "XX/a"
    assert "1 breaches are gone, 1 stay known" in baseline(studio, "update", file, report).stderr
    assert len(json.loads(file.read_text())["entries"]) == 1
    assert audit(studio, "--baseline", file).exit_code == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "smpcompliance/baseline/1", "as_of": "x"}'])
def test_what_is_no_baseline_ends_kindly(studio: Path, text: str) -> None:
    file = studio.parent / "baseline.json"
    file.write_text(text)
    found = audit(studio, "--baseline", file)
    assert found.exit_code == 2 and "baseline.json:1:1: this is no baseline" in found.stderr
