"""The audit: statuses, whose law reaches whom, the law of the day, and studios that never mix."""

from pathlib import Path

import pytest
from law import audited, contents_rule, law, result, write

from smpcompliance.audit.finding import Asked
from smpcompliance.yamlio import SourceError

STUDIO = "studio_id: {id}\njurisdiction: XX\n"
CYCLES = "cycle_id,cycle_type,started_at,contents\n"


def studio(folder: Path, id: str = "s", profile: str = "", **files: str) -> Path:
    return write(folder / id, studio=STUDIO.format(id=id) + profile, **files)


def cycles(folder: Path, *rows: str, **how: str) -> Path:
    return studio(folder, sterilization_cycles_dot_csv=CYCLES + "\n".join(rows) + "\n", **how)


@pytest.mark.parametrize(
    ("rows", "status", "numbers"),
    [
        (["A,load,2025-01-01,tubes"], "pass", (1, 0, 0)),
        (["A,load,2025-01-01,"], "fail", (1, 1, 0)),
        (["A,,2025-01-01,", "B,load,2025-01-01,x"], "unknown", (2, 0, 1)),
        (["A,load,2025-01-01,", "B,load,03/04/2025,"], "fail", (2, 1, 1)),
        (["A,load,03/04/2025,", "B,load,2025-01-01,x"], "unknown", (2, 0, 1)),
        (["A,helix,2025-01-01,"], "not-applicable", (0, 0, 0)),
        ([], "not-applicable", (0, 0, 0)),
    ],
)
def test_a_rule_ends_in_one_status_with_its_denominator(
    tmp_path: Path, rows: list[str], status: str, numbers: tuple[int, int, int]
) -> None:
    found = result(audited(law(tmp_path / "law", a=contents_rule()), cycles(tmp_path, *rows)), "XX/a")
    assert (found.status, (found.examined, found.failed, found.unknown)) == (status, numbers)


def test_a_log_that_was_not_handed_in_is_not_checked_and_never_a_pass(tmp_path: Path) -> None:
    place = studio(tmp_path, clients_dot_csv="client_id\nC1\n")
    found = result(audited(law(tmp_path / "law", a=contents_rule()), place), "XX/a")
    assert (found.status, found.reasons) == ("not-checked", {"no_log": 1})


def test_a_missing_column_alone_is_not_checked_and_mixed_with_others_unknown(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule())
    one = studio(tmp_path, "one", sterilization_cycles_dot_csv="cycle_id,cycle_type,started_at\nA,load,2025-01-01\n")
    assert result(audited(rules, one), "XX/a").status == "not-checked"
    blank = "cycle_id,cycle_type,started_at,contents\nB,mystery,2025-01-01,\n"
    two = studio(
        tmp_path,
        "two",
        autoclave_log_dot_csv="cycle_id,cycle_type,started_at\nA,load,2025-01-01\n",
        cycles_dot_csv=blank,
    )
    assert result(audited(rules, two), "XX/a").status == "unknown"


def test_a_finding_names_file_line_column_record_and_what_to_do(tmp_path: Path) -> None:
    place = write(
        tmp_path / "s",
        studio=STUDIO.format(id="s"),
        autoclave_log_dot_csv='cycle_id,cycle_type,started_at,Load contents\nA,load,2025-01-01,"x\ny"\n\nB,load,2025-01-01,\n',
    )
    finding = result(audited(law(tmp_path / "law", a=contents_rule()), place), "XX/a").findings[0]
    assert (finding.where.file, finding.where.line, finding.where.record) == ("autoclave_log.csv", 5, {"cycle_id": "B"})
    assert finding.where.column == "Load contents"
    assert finding.message == "Load B has no contents."


def test_a_fingerprint_survives_sorting_and_other_records(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule())
    one = cycles(tmp_path / "1", "A,load,2025-01-01,x", "B,load,2025-01-02,")
    two = cycles(tmp_path / "2", "B,load,2025-01-02,", "Z,load,2025-01-01,x", "A,load,2025-01-01,")
    before = result(audited(rules, one), "XX/a").findings[0].fingerprint
    after = {f.where.record["cycle_id"]: f.fingerprint for f in result(audited(rules, two), "XX/a").findings}
    assert after["B"] == before
    assert after["A"] != before


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule())
    rows = ["A,load,2025-01-01,", "B,load,2025-01-02,x", "C,,03/04/2025,", "D,helix,2025-01-02,"]
    said = []
    for n, order in enumerate((rows, rows[::-1])):
        found = result(audited(rules, cycles(tmp_path / str(n), *order)), "XX/a")
        said.append((found.examined, found.failed, found.unknown, sorted(f.fingerprint for f in found.findings)))
    assert said[0] == said[1]


def test_a_rule_is_not_in_force_before_its_first_and_after_its_last_day(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule(more="in_force: {since: 2025-01-02, until: 2025-01-03}"))
    found = result(audited(rules, cycles(tmp_path, *(f"C{d},load,2025-01-0{d},\n" for d in (1, 2, 3, 4)))), "XX/a")
    assert [f.where.record["cycle_id"] for f in found.findings] == ["C2", "C3"]


DATED = """
title: Hot enough
severity: major
citation: {text: s. 2, source: act}
basis: text
verified: 2026-01-01
parameters: {lowest: {about: lowest temperature, since: {2024-01-01: 121, 2025-01-01: 134, 2026-01-01: unknown, 2027-01-01: none}}}
check: {kind: record, log: sterilization_cycles, require: {temperature_c: {minimum: $lowest}}}
message: "{temperature_c} is under {lowest}."
"""


def test_each_record_is_judged_by_the_law_of_its_own_day(tmp_path: Path) -> None:
    rows = [
        "A,2023-12-31,100",
        "B,2024-12-31,121",
        "C,2025-01-01,121",
        "D,2025-12-31,134",
        "E,2026-01-01,100",
        "F,2027-01-01,100",
    ]
    place = studio(tmp_path, sterilization_cycles_dot_csv="cycle_id,started_at,temperature_c\n" + "\n".join(rows))
    rules = law(tmp_path / "law", a=DATED)
    found = result(audited(rules, place), "XX/a")
    assert [f.message for f in found.findings] == ["121 is under 134."]
    assert found.reasons == {"parameter_unknown": 1}
    assert result(audited(rules, place, period="2023"), "XX/a").status == "not-applicable"
    assert result(audited(rules, place, period="2026"), "XX/a").status == "unknown"
    assert result(audited(rules, place, period="2027"), "XX/a").status == "not-applicable"


@pytest.mark.parametrize(
    ("profile", "status"),
    [
        ("instruments: reusable\nemployees_peak: 11\n", "fail"),
        ("employees_peak: 11\n", "fail"),
        ("instruments: single_use_only\nemployees_peak: 11\n", "not-applicable"),
        ("instruments: reusable\nemployees_peak: 10\n", "not-applicable"),
        ("instruments: reusable\n", "unknown"),
    ],
)
def test_a_rule_reaches_the_studios_it_names_and_a_silent_profile_never_fails(
    tmp_path: Path, profile: str, status: str
) -> None:
    more = "applies_to: {studio.instruments: [reusable], studio.employees_peak: {minimum: 11}}"
    rules = law(tmp_path / "law", a=contents_rule(more=more))
    assert result(audited(rules, cycles(tmp_path, "A,load,2025-01-01,", profile=profile)), "XX/a").status == status


READ_TWO_WAYS = "readings: {all: {check: {where: {cycle_type: {enum: [load, helix]}}}, because: some say so}}"


def test_a_stricter_reading_alone_is_never_more_than_advice(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule(more=READ_TWO_WAYS))
    chosen = "readings: {XX/a: all}\n"
    alone = result(audited(rules, cycles(tmp_path / "1", "A,helix,2025-01-01,", profile=chosen)), "XX/a")
    assert (alone.status, alone.severity) == ("fail", "advice")
    both = result(
        audited(rules, cycles(tmp_path / "2", "A,helix,2025-01-01,", "B,load,2025-01-01,", profile=chosen)), "XX/a"
    )
    assert (both.failed, both.severity) == (2, "major")
    assert result(audited(rules, cycles(tmp_path / "3", "A,helix,2025-01-01,")), "XX/a").status == "not-applicable"


def test_a_broken_check_is_an_error_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from smpcompliance.checks.record import Record

    judge = Record.evaluate

    def broken(self: Record, scope: object) -> object:
        if self.require.root.get("contents"):
            raise ZeroDivisionError("boom")
        return judge(self, scope)  # type: ignore[arg-type]

    monkeypatch.setattr(Record, "evaluate", broken)
    place = studio(
        tmp_path, sterilization_cycles_dot_csv="cycle_id,cycle_type,started_at,temperature_c\nA,load,2025-01-01,100\n"
    )
    found = audited(law(tmp_path / "law", a=contents_rule(), b=DATED), place)
    assert result(found, "XX/a").status == "error"
    assert (result(found, "XX/a").cause, result(found, "XX/a").about) == ("broke", ("ZeroDivisionError: boom",))
    assert result(found, "XX/b").status == "fail"


def test_a_parents_rules_hold_unless_omitted_or_replaced(tmp_path: Path) -> None:
    folder = law(tmp_path / "law", "XX", a=contents_rule(), b=contents_rule(), c=contents_rule())
    law(folder, "XX-Y", "XX", b=contents_rule("minor"))
    head = folder / "XX-Y" / "ruleset.yaml"
    head.write_text(head.read_text() + "omits: [{rule: XX/c, because: repealed here, citation: s. 9}]\n")
    place = write(tmp_path / "s", studio="jurisdiction: XX-Y\n", sterilization_cycles_dot_csv=CYCLES)
    assert [r.rule.id for r in audited(folder, place, ids=("XX-Y",)).results] == ["XX-Y/b", "XX/a"]


def test_an_overlay_adds_its_rules_and_an_unknown_one_is_a_mistake(tmp_path: Path) -> None:
    folder = law(tmp_path / "law", a=contents_rule())
    law(folder, "CLUB", b=contents_rule("advice"))
    place = cycles(tmp_path, "A,load,2025-01-01,", profile="overlays: [CLUB]\n")
    assert [r.rule.id for r in audited(folder, place, ids=("XX", "CLUB")).results] == ["CLUB/b", "XX/a"]
    wrong = cycles(tmp_path / "w", profile="overlays: [CLUBB]\n")
    with pytest.raises(SourceError, match="knows the overlay 'CLUBB'"):
        audited(folder, wrong, ids=("XX", "CLUB"))


def test_select_and_ignore_choose_rules_and_must_match_something(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", a=contents_rule(), b=contents_rule())
    place = cycles(tmp_path, "A,load,2025-01-01,")
    assert [r.rule.id for r in audited(rules, place, asked=Asked(select=("XX/a*",))).results] == ["XX/a"]
    assert [r.rule.id for r in audited(rules, place, asked=Asked(ignore=("XX/a",))).results] == ["XX/b"]
    with pytest.raises(ValueError, match="matches no rule"):
        audited(rules, place, asked=Asked(select=("XX/z*",)))


def test_private_columns_never_reach_a_finding(tmp_path: Path) -> None:
    rule = """
title: Adults
severity: critical
citation: {text: s. 3, source: act}
basis: text
verified: 2026-01-01
check: {kind: record, log: sessions, require: {client_age: {minimum: 18}, client.name: {pattern: ^X}}}
message: "{session_id}"
"""
    place = studio(
        tmp_path,
        sessions_dot_csv="session_id,started_at,client_id\nS1,2025-01-01,C1\n",
        clients_dot_csv="client_id,name,birth_date\nC1,Jane Doe,2010-09-09\nC2,Ann Doe,09/31/2010\n",
    )
    from smpcompliance.report.json import json

    found = audited(law(tmp_path / "law", a=rule), place)
    assert result(found, "XX/a").failed == 1
    text = json(found).decode()
    assert all(secret not in text for secret in ("Jane", "Doe", "2010", '"14"'))


def test_three_studios_together_give_what_each_gives_alone(tmp_path: Path) -> None:
    from smpcompliance.report.json import as_data

    rules = law(tmp_path / "law", a=contents_rule(), b=DATED)
    for id, rows in {"a": ["A,load,2025-01-01,"], "b": ["A,load,2025-01-01,x", "B,,2025-01-02,"], "c": []}.items():
        cycles(tmp_path / "all", *rows, id=id)
    together = as_data(audited(rules, tmp_path / "all"))["results"]
    alone = [r for id in "abc" for r in as_data(audited(rules, tmp_path / "all" / id))["results"]]
    assert together == alone
