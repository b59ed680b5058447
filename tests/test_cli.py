"""The command line as people and scripts use it: exit codes, kind messages, no traceback, no half-written file."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main

CYCLES = "cycle_id,cycle_type,started_at,contents\n"


def run(*words: object) -> Result:
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in found.output + found.stderr
    return found


@pytest.fixture
def rulesets(tmp_path: Path) -> Path:
    return law(tmp_path / "law", a=contents_rule())


def studio(folder: Path, *rows: str, profile: str = "jurisdiction: XX\n", **files: str) -> Path:
    return write(
        folder, studio=profile, sterilization_cycles_dot_csv=CYCLES + "".join(f"{row}\n" for row in rows), **files
    )


def audit(rulesets: Path, *words: object) -> Result:
    return run("audit", "--rulesets", rulesets, "--period", "all", "--as-of", "2026-11-21", *words)


@pytest.mark.parametrize(
    ("row", "options", "code"),
    [
        ("A,load,2025-01-01,tubes", [], 0),
        ("A,load,2025-01-01,", [], 1),
        ("A,load,2025-01-01,", ["--fail-on", "major"], 1),
        ("A,load,2025-01-01,", ["--fail-on", "critical"], 0),
        ("A,load,2025-01-01,", ["--fail-on", "never"], 0),
        ("A,load,soon,", [], 3),
        ("A,load,soon,", ["--allow-incomplete"], 0),
        ("A,load,soon,", ["--fail-on", "never"], 3),
        ("A,helix,2025-01-01,", [], 0),
    ],
)
def test_exit_codes_of_an_audit(tmp_path: Path, rulesets: Path, row: str, options: list[str], code: int) -> None:
    assert audit(rulesets, studio(tmp_path / "s", row), *options).exit_code == code


def test_a_line_that_was_left_out_is_no_pass(tmp_path: Path, rulesets: Path) -> None:
    place = studio(tmp_path / "s", "A,load,2025-01-01,tubes", "B,load,2025-01-02,,more")
    assert [audit(rulesets, place, *options).exit_code for options in ([], ["--allow-incomplete"])] == [3, 0]


def test_findings_come_before_what_could_not_be_judged(tmp_path: Path, rulesets: Path) -> None:
    assert audit(rulesets, studio(tmp_path / "s", "A,load,2025-01-01,", "B,load,soon,")).exit_code == 1


def test_advice_never_fails_and_is_no_duty_unless_asked(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule("advice"))
    breached, open_ = studio(tmp_path / "b", "A,load,2025-01-01,"), studio(tmp_path / "o", "A,load,soon,")
    assert [audit(rules, place).exit_code for place in (breached, open_)] == [0, 0]
    assert [audit(rules, place, "--fail-on", "advice").exit_code for place in (breached, open_)] == [1, 3]


def test_a_log_that_is_missing_is_incomplete(tmp_path: Path, rulesets: Path) -> None:
    place = write(tmp_path / "s", studio="jurisdiction: XX\n", sessions_dot_csv="session_id\nS1\n")
    assert audit(rulesets, place).exit_code == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "nowhere", "there is no such folder"),
        (lambda p: write(p / "s", studio="jurisdiction: XX\n", notes_dot_md="x"), "nothing to audit"),
        (lambda p: write(p / "s", studio="jurisdiction: XX\n", sessions_dot_csv=""), "sessions.csv"),
        (
            lambda p: write(p / "s", studio="jurisdiction: XX\n", sessions_dot_csv="alpha,beta\n1,2\n"),
            "none of its heads",
        ),
        (lambda p: studio(p / "s", profile="name: x\n"), "'jurisdiction' is missing"),
        (lambda p: studio(p / "s", profile="jurisdiction: ZZ\n"), "there is no ruleset 'ZZ'; known are XX"),
        (lambda p: studio(p / "s", profile="jurisdiction: XX\nopened_on: 2025-02-30\n"), "studio.yaml:2:1: "),
        (lambda p: studio(p / "s", profile="jurisdiction: XX\nopend: 1\n"), "unknown key 'opend'"),
        (lambda p: studio(p / "s", profile="- a\n"), "expected keys and values"),
        (lambda p: studio(p / "s", profile="a: [\n"), "not YAML"),
    ],
)
def test_no_verdict_is_exit_code_2_with_a_kind_message(
    tmp_path: Path, rulesets: Path, make: object, words: str
) -> None:
    found = audit(rulesets, make(tmp_path))  # type: ignore[operator]
    assert found.exit_code == 2
    assert words in found.stderr


@pytest.mark.parametrize(
    "options",
    [["--period", "2026-13"], ["--as-of", "tomorrow"], ["--report", "docx=x"], ["--report", "json"], ["--fail-on", "x"],
     ["--select", "XX/z*"], ["--ignore", "nothing"], ["--jurisdiction", "ZZ"], ["--what"]],
)  # fmt: skip
def test_bad_usage_is_exit_code_2(tmp_path: Path, rulesets: Path, options: list[str]) -> None:
    assert audit(rulesets, studio(tmp_path / "s", "A,load,2025-01-01,x"), *options).exit_code == 2


def test_a_binary_file_does_not_stop_the_others(tmp_path: Path, rulesets: Path) -> None:
    place = studio(tmp_path / "s", "A,load,2025-01-01,x")
    (place / "clients.csv").write_bytes(b"PK\x03\x04\x00\x00")
    found = audit(rulesets, place)
    assert found.exit_code == 3
    assert "not used: clients.csv: this is" in found.stderr
    assert "clients.csv" in run("doctor", "--rulesets", rulesets, place).output


def test_a_report_that_cannot_be_written_is_exit_code_2_and_leaves_nothing(tmp_path: Path, rulesets: Path) -> None:
    place = studio(tmp_path / "s", "A,load,2025-01-01,x")
    found = audit(rulesets, place, "--report", f"json={tmp_path}/no/such/x.json")
    assert found.exit_code == 2
    assert "cannot be written" in found.stderr


def test_the_json_report_fits_its_published_schema_and_is_the_same_twice(tmp_path: Path, rulesets: Path) -> None:
    place = studio(tmp_path / "s", "A,load,2025-01-01,", "B,load,soon,", "C,load,2025-01-01,x,y")
    for name in ("1", "2"):
        audit(rulesets, place, "--quiet", "--report", f"json={tmp_path}/{name}.json")
    first = (tmp_path / "1.json").read_bytes()
    assert first == (tmp_path / "2.json").read_bytes()
    data = json.loads(first)
    schema = json.loads(run("schema", "audit").output)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    assert data["schema"] == "smpcompliance/audit/1"
    assert data["period"] == {"from": "0001-01-01", "to": "9999-12-31"}
    assert [(u["line"], u["text"]) for u in data["unreadable"]] == [(3, "soon"), (4, "C,load,2025-01-01,x,y")]
    result = data["results"][0]
    assert (result["rule"], result["status"], result["examined"], result["failed"], result["unknown"]) == (
        "XX/a",
        "fail",
        3,
        1,
        2,
    )
    finding = result["findings"][0]
    assert (finding["file"], finding["line"], finding["column"], finding["log"]) == (
        "sterilization_cycles.csv",
        2,
        "contents",
        "sterilization_cycles",
    )
    assert finding["record"] == {"cycle_id": "A"}
    assert data["inputs"][0]["sha256"]


def test_a_report_on_stdout_is_alone_there(tmp_path: Path, rulesets: Path) -> None:
    found = audit(rulesets, studio(tmp_path / "s", "A,load,2025-01-01,x"), "--report", "json=-")
    assert json.loads(found.stdout)["schema"] == "smpcompliance/audit/1"


def test_the_default_period_is_the_last_full_month(tmp_path: Path, rulesets: Path) -> None:
    place = studio(tmp_path / "s", "A,load,2026-10-31,", "B,load,2026-11-01,", "C,load,2026-09-30,")
    found = run("audit", "--rulesets", rulesets, "--as-of", "2026-11-21", place, "--report", "json=-")
    data = json.loads(found.stdout)
    assert data["period"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert [f["record"]["cycle_id"] for f in data["results"][0]["findings"]] == ["A"]


BROKEN = """
title: Broken
severity: heavy
citation: {text: s. 1, source: act}
basis: text
verified: 2026-02-30
chekc: {}
check:
  kind: record
  log: moods
  require: {contents: {requird: true}}
message: x
"""
WRONG = """
title: Wrong
severity: major
citation: {text: s. 1, source: nowhere}
basis: text
verified: 2026-02-03
parameters: {unused: {about: nothing, value: 3}}
check:
  kind: record
  log: sessions
  where: {statuss: {enum: [performed]}, status: {enum: [done]}}
  require: {started_at: {minimum: 5}, client.name: {pattern: x}}
message: "{client.name} {nothing}"
"""


def test_all_mistakes_of_a_ruleset_come_at_once_each_with_its_place(tmp_path: Path) -> None:
    rules = law(
        tmp_path / "law",
        a=BROKEN,
        b=contents_rule(),
        c="title: [\n",
        d=contents_rule(more="parameters: {x: {about: y}}"),
    )
    found = audit(rules, studio(tmp_path / "s", "A,load,2025-01-01,x"))
    assert found.exit_code == 2
    lines = found.stderr.splitlines()
    for start in ("XX/a.yaml:3:1:", "XX/a.yaml:6:1:", "XX/a.yaml:7:1:", "XX/c.yaml:", "XX/d.yaml:"):
        assert any(line.startswith(start) for line in lines), (start, lines)
    assert "mistakes" in lines[-1]


def test_mistakes_in_the_check_of_a_rule_have_their_places(tmp_path: Path) -> None:
    text = BROKEN.replace("heavy", "major").replace("02-30", "02-03").replace("chekc: {}\n", "")
    found = run("rules", "lint", "--rulesets", law(tmp_path / "law", a=text))
    assert found.exit_code == 2
    assert "XX/a.yaml:9:3:" in found.stderr and "XX/a.yaml:10:24: unknown key 'requird'" in found.stderr


def test_lint_knows_columns_words_types_messages_parameters_and_sources(tmp_path: Path) -> None:
    found = run("rules", "lint", "--rulesets", law(tmp_path / "law", a=WRONG))
    assert found.exit_code == 2
    for words in (
        "sessions has no column 'statuss'", "'done' is no word of status", "must be a day like 2025-06-30", "personal data",
        "{nothing} is no fact", "'unused' is not used", "no source 'nowhere'",
    ):  # fmt: skip
        assert words in found.stderr, words
    audited = audit(tmp_path / "law", studio(tmp_path / "s", "A,load,2025-01-01,x"))
    assert (audited.exit_code, audited.stderr) == (2, found.stderr), "an audit by such a rule gives no verdict either"


def test_lint_wants_examples(tmp_path: Path, rulesets: Path) -> None:
    assert "the rule has no examples" in run("rules", "lint", "--rulesets", rulesets).stderr


def test_a_parameter_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    text = contents_rule().replace("[load]", "$types")
    found = run("rules", "lint", "--rulesets", law(tmp_path / "law", a=text))
    assert found.exit_code == 2
    assert "there is no parameter 'types'" in found.stderr


def test_rules_can_be_listed_shown_explained_and_tested(tmp_path: Path, rulesets: Path) -> None:
    assert "XX/a" in run("rules", "list", "--rulesets", rulesets).output
    assert run("rules", "show", "XX/a", "--rulesets", rulesets).output == (rulesets / "XX" / "a.yaml").read_text()
    for words in (["rules", "explain"], ["explain"]):
        said = run(*words, "XX/a", "--rulesets", rulesets)
        assert said.exit_code == 0 and "contents filled in" in " ".join(said.output.split()) and "s. 1" in said.output
    assert run("rules", "test", "XX", "--rulesets", rulesets).exit_code == 1
    assert run("rules", "show", "XX/zz", "--rulesets", rulesets).exit_code == 2
    assert run("rules", "list", "QQ", "--rulesets", rulesets).exit_code == 2
    assert run("explain", "XX/zz", "--rulesets", rulesets).exit_code == 2


def test_a_finding_is_explained_by_its_fingerprint(tmp_path: Path, rulesets: Path) -> None:
    audit(rulesets, studio(tmp_path / "s", "A,load,2025-01-01,"), "--quiet", "--report", f"json={tmp_path}/x.json")
    mark = json.loads((tmp_path / "x.json").read_text())["results"][0]["findings"][0]["fingerprint"]
    said = run("explain", mark, "--in", tmp_path / "x.json", "--rulesets", rulesets)
    assert said.exit_code == 0
    assert "sterilization_cycles.csv, line 2" in said.output and "Contents are written down" in said.output
    assert run("explain", "0" * 16, "--in", tmp_path / "x.json", "--rulesets", rulesets).exit_code == 2


def test_doctor_shows_heads_unreadable_cells_and_what_is_missing(tmp_path: Path, rulesets: Path) -> None:
    place = write(
        tmp_path / "s",
        studio="jurisdiction: XX\n",
        sterilization_cycles_dot_csv="cycle_id,started_at,Moon\nA,soon,full\n",
    )
    said = run("doctor", "--rulesets", rulesets, place)
    assert said.exit_code == 0
    assert "Moon" in said.output and "not used" in said.output
    assert "line 2, started_at: 'soon'" in said.output
    assert "sterilization_cycles.contents: XX/a" in said.output


def test_init_makes_a_folder_that_doctor_reads(tmp_path: Path) -> None:
    assert run("init", tmp_path / "new").exit_code == 0
    assert (tmp_path / "new" / "studio.yaml").is_file()
    assert (tmp_path / "new" / "blank logs" / "all logs.xlsx").is_file()
    assert len(list((tmp_path / "new" / "blank logs").glob("*.csv"))) == 18
    nothing = run("audit", tmp_path / "new")
    assert nothing.exit_code == 2 and "nothing to audit" in nothing.stderr
    assert run("init", tmp_path / "new").exit_code == 2
    assert run("init", tmp_path / "x", "--sample", "nothing").exit_code == 2


@pytest.mark.parametrize("what", [["audit"], ["rule"], ["ruleset"], ["studio"], ["log", "spore_tests"]])
def test_schemas_are_json_schemas(what: list[str]) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(run("schema", *what).output))


def test_schema_log_wants_a_name() -> None:
    assert run("schema", "log").exit_code == 2
    assert run("schema", "audit", "sessions").exit_code == 2


@pytest.mark.parametrize(("words", "code"), [(["--version"], 0), (["rules", "list", "XX"], 2), (["nothing"], 2)])
def test_the_program_ends_with_the_exit_code_of_its_command(words: list[str], code: int) -> None:
    done = subprocess.run([sys.executable, "-m", "smpcompliance", *words], capture_output=True, text=True)
    assert done.returncode == code
    assert "smpcompliance" in done.stdout + done.stderr
