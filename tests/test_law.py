"""The law as a whole: mistakes between rules, rulesets of one's own, what differs, and the pages."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from law import contents_rule, law, write

from smpcompliance.cli import main
from smpcompliance.rules.lint import lint, stale
from smpcompliance.rules.ruleset import Ruleset, chain, library, load_rulesets
from smpcompliance.rules.ruleset_lint import lint_ruleset
from smpcompliance.yamlio import SourceError

EXAMPLE = "examples: [{title: none, finds: []}]"


def loaded(folder: Path, id: str = "XX") -> tuple[Ruleset, list[Ruleset]]:
    rulesets = load_rulesets(library(folder), [id])
    return rulesets[id], chain(rulesets, id)[:-1]


def said(folder: Path, id: str = "XX") -> list[str]:
    ruleset, parents = loaded(folder, id)
    problems = [p for rule in ruleset.rules for p in lint(rule, {s.id for s in ruleset.sources})]
    return [problem.text for problem in (*problems, *lint_ruleset(ruleset, parents))]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("in_force: {since: 2020-01-02, until: 2020-01-01}", "it ends before it begins"),
        ("applies_to: {studio.procedures: {enum: [tattoo], not: [tattoo]}}", "every word of enum is also under not"),
        ("duties: {spore_tests: yearly}", "'spore_tests' is no duty to compare"),
        ("duties: {consent: within 3 days}", "numbers stand here as $parameter only"),
        ("duties: {consent: within $days}", "there is no parameter 'days'"),
    ],
)
def test_a_rule_that_can_never_apply_or_answers_wrongly_is_a_mistake(tmp_path: Path, more: str, text: str) -> None:
    rule = contents_rule(more=f"{EXAMPLE}\n{more}")
    try:
        assert any(text in problem for problem in said(law(tmp_path, a=rule)))
    except SourceError as error:
        assert text in str(error)


@pytest.mark.parametrize(
    ("condition", "wrong"),
    [
        ("{temperature_c: {minimum: 135, maximum: 134}}", True),
        ("{temperature_c: {minimum: 134, exclusive_maximum: 134}}", True),
        ("{temperature_c: {minimum: 134, maximum: 134}}", False),
        ("{cycle_type: {required: false, enum: [load]}}", True),
    ],
)
def test_conditions_that_nothing_meets_are_a_mistake(tmp_path: Path, condition: str, wrong: bool) -> None:
    rule = contents_rule(more=EXAMPLE).replace("{cycle_type: {enum: [load]}}", condition)
    assert any("this can never be met" in text for text in said(law(tmp_path, a=rule))) == wrong


def test_two_rules_that_say_the_same_are_a_mistake_also_across_parent_and_child(tmp_path: Path) -> None:
    rule = contents_rule(more=EXAMPLE)
    law(tmp_path, "PP", a=rule)
    law(tmp_path, "XX", extends="PP", b=rule, c=rule)
    texts = [text for text in said(tmp_path) if "says the same" in text]
    assert len(texts) == 3
    assert any("PP/a" in text for text in texts)


def test_rules_for_other_studios_or_other_days_are_no_twins(tmp_path: Path) -> None:
    one, other = (
        contents_rule(more=f"{EXAMPLE}\n{more}")
        for more in ("in_force: {until: 2019-12-31}", "in_force: {since: 2020-01-01}")
    )
    assert not any("says the same" in text for text in said(law(tmp_path, a=one, b=other)))
    one, other = (
        contents_rule(more=f"{EXAMPLE}\napplies_to: {{studio.instruments: [{word}]}}")
        for word in ("reusable", "single_use_only")
    )
    assert not any("says the same" in text for text in said(law(tmp_path / "b", a=one, b=other)))


def test_a_source_that_nothing_rests_on_must_say_what_it_was_read_for(tmp_path: Path) -> None:
    folder = law(tmp_path, a=contents_rule(more=EXAMPLE))
    head = folder / "XX" / "ruleset.yaml"
    more = "sources: [{{id: act, title: The Act, kind: statute, read: full}}, {{id: blog, title: B, kind: guidance, read: full{}}}]"
    text = head.read_text("utf-8")
    head.write_text(text.replace(text[text.index("sources:") :], more.format("")), "utf-8")
    assert said(folder) == ["no rule cites the source 'blog'; say in its 'note' what it was read for, or leave it out"]
    head.write_text(text.replace(text[text.index("sources:") :], more.format(", note: for the dates")), "utf-8")
    assert said(folder) == []


def test_a_source_read_in_part_is_no_text(tmp_path: Path) -> None:
    folder = law(tmp_path, a=contents_rule(more=EXAMPLE))
    head = folder / "XX" / "ruleset.yaml"
    head.write_text(head.read_text("utf-8").replace("read: full", "read: excerpt"), "utf-8")
    assert said(folder) == ["the basis is text, but of the source 'act' only this was read: excerpt"]


@pytest.mark.parametrize(("today", "old"), [(date(2028, 1, 1), False), (date(2028, 1, 2), True)])
def test_a_source_compared_over_two_years_ago_is_a_warning(tmp_path: Path, today: date, old: bool) -> None:
    ruleset, _ = loaded(law(tmp_path, a=contents_rule()))
    assert (stale(ruleset.rules[0], today) is not None) == old


def test_a_parent_that_is_not_there_and_a_circle_are_told_at_their_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"XX/ruleset.yaml:6:.*no ruleset 'YY'"):
        loaded(law(tmp_path / "a", extends="YY", a=contents_rule()))
    law(tmp_path / "b", "YY", extends="XX", a=contents_rule())
    with pytest.raises(SourceError, match="extends itself"):
        loaded(law(tmp_path / "b", extends="YY", a=contents_rule()))


def run(*words: object) -> tuple[int, str]:
    found = CliRunner().invoke(main, [str(word) for word in words])
    return found.exit_code, found.output


STUDIO = "jurisdiction: PP\nstudio_id: s\n"
CYCLES = "cycle_id,cycle_type,started_at,contents\nA,load,2025-01-01,\n"


def test_a_ruleset_of_ones_own_is_judged_beside_what_it_extends_and_may_omit_from_it(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", "PP", a=contents_rule(), b=contents_rule("minor"))
    own = law(tmp_path / "mine", "county", extends="PP", c=contents_rule("critical")) / "county"
    head = own / "ruleset.yaml"
    omits = "omits: [{rule: PP/a, because: the county asks more, citation: s. 2}]\n"
    head.write_text(head.read_text("utf-8") + omits, "utf-8")
    shop = write(tmp_path / "shop", studio=STUDIO, sterilization_cycles_dot_csv=CYCLES)
    report = tmp_path / "audit.json"
    code, text = run(
        "audit", "--rulesets", rules, "--ruleset", own, "--period", "all", shop, "--report", f"json={report}"
    )
    assert code == 1
    audit = json.loads(report.read_bytes())
    assert [result["rule"] for result in audit["results"]] == ["PP/b", "county/c"]
    assert audit["rulesets"][1]["omits"] == [{"rule": "PP/a", "because": "the county asks more", "citation": "s. 2"}]
    assert run("rules", "lint", "--rulesets", rules, "--ruleset", own, "county")[0] == 2


def test_a_ruleset_that_extends_another_law_reaches_nobody_and_says_so(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", "PP", a=contents_rule())
    law(tmp_path / "law", "QQ", a=contents_rule())
    own = law(tmp_path / "mine", "county", extends="QQ", c=contents_rule()) / "county"
    shop = write(tmp_path / "shop", studio=STUDIO, sterilization_cycles_dot_csv=CYCLES)
    code, text = run("audit", "--rulesets", rules, "--ruleset", own, "--period", "all", shop)
    assert (code, "county extends QQ" in text) == (2, True)


@pytest.mark.parametrize("name", ["PP", "empty"])
def test_a_folder_without_a_ruleset_or_with_a_name_that_is_taken_is_told(tmp_path: Path, name: str) -> None:
    rules = law(tmp_path / "law", "PP", a=contents_rule())
    (tmp_path / "mine" / "empty").mkdir(parents=True)
    law(tmp_path / "mine", "PP", a=contents_rule())
    code, text = run("rules", "list", "--rulesets", rules, "--ruleset", tmp_path / "mine" / name)
    assert (code, "already" in text or "no ruleset.yaml" in text) == (2, True)


AGE = """
title: Records are kept
severity: major
citation: {text: s. 2, source: act}
basis: text
verified: 2026-01-01
parameters: {keep: {about: how long, since: {2012-01-01: P2Y, 2014-01-01: P3Y}}}
duties: {client_record_retention: for $keep}
check: {kind: retention, log: sessions, keep: $keep, from: started_at}
message: They do not reach back.
remedy: Look for them.
"""


def test_what_differs_between_two_days_of_a_place(tmp_path: Path) -> None:
    later = contents_rule(more="in_force: {since: 2015-01-01}")
    rules = law(tmp_path, "PP", a=contents_rule(), b=AGE, c=later)
    code, text = run("rules", "diff", "--rulesets", rules, "PP@2013", "PP@2025-06")
    assert code == 0
    assert "PP on 2013-12-31 and PP on 2025-06-30" in text
    assert "PP/b: Records are kept. how long: 2 years → 3 years" in text
    assert "Only PP on 2025-06-30 (1)\n  PP/c" in text
    assert "The same on both days: 1 rules" in text


def test_what_differs_between_two_places(tmp_path: Path) -> None:
    law(tmp_path, "PP", a=contents_rule())
    law(tmp_path, "XX", extends="PP", b=AGE)
    law(tmp_path, "YY", extends="PP", b=AGE.replace("P3Y", "P5Y"), c=contents_rule("minor"))
    code, text = run("rules", "diff", "--rulesets", tmp_path, "XX@2025", "YY@2025")
    assert code == 0
    assert "How long client records are kept\n  XX: for 3 years" in text.replace(
        "for 2 years (2012-01-01 to 2013-12-31); ", "for "
    )
    assert "Only YY on 2025-12-31 (1)\n  YY/c" in text
    assert "PP/a" not in text


def test_a_place_or_day_that_is_not_there_is_told(tmp_path: Path) -> None:
    rules = law(tmp_path, "PP", a=contents_rule())
    assert run("rules", "diff", "--rulesets", rules, "PP@2013", "ZZ")[0] == 2
    assert run("rules", "diff", "--rulesets", rules, "PP@soon", "PP")[0] == 2


def test_the_docs_have_a_page_per_place_and_rule_and_lose_old_ones(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", "PP", a=contents_rule(), b=AGE)
    code, _ = run("rules", "docs", "--rulesets", rules, tmp_path / "docs")
    pages = {p.relative_to(tmp_path / "docs").as_posix() for p in (tmp_path / "docs").rglob("*.md")}
    assert (code, pages) == (
        0,
        {"README.md", "comparison.md", "kinds.md", "logs.md", "PP/README.md", "PP/a.md", "PP/b.md"},
    )
    comparison = (tmp_path / "docs" / "comparison.md").read_text("utf-8")
    assert "| PP | for 2 years (2012-01-01 to 2013-12-31); 3 years (from 2014-01-01) | [PP/b](PP/b.md) |" in comparison
    (rules / "PP" / "a.yaml").unlink()
    assert "1 old" in run("rules", "docs", "--rulesets", rules, tmp_path / "docs")[1]
    assert not (tmp_path / "docs" / "PP" / "a.md").exists()


def test_mutate_says_what_no_example_notices_and_ends_with_one(tmp_path: Path) -> None:
    rules = law(tmp_path, "PP", a=contents_rule(more=EXAMPLE))
    code, text = run("rules", "test", "--rulesets", rules, "--mutate", "PP")
    assert code == 1
    assert "PP/a.yaml" in text
    assert "no example notices: check.where.cycle_type: left out" in text
    assert "changes noticed" in text


def test_a_ruleset_to_fill_in_has_no_mistakes_and_proves_itself(tmp_path: Path) -> None:
    own = tmp_path / "my-county"
    assert run("init", "--ruleset", own)[0] == 0
    assert run("rules", "lint", "--ruleset", own, "my-county")[0] == 0
    assert run("rules", "test", "--mutate", "--ruleset", own, "my-county")[0] == 0
    assert run("init", "--ruleset", "--sample", "golden-needle", tmp_path / "other")[0] == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("XX__b_dot_yml", "rename it to .yaml"),
        ("XX__sub__b", "rules stand in the ruleset's own folder"),
        ("XX__my_rule", "named with small letters"),
    ],
)
def test_nothing_that_looks_like_a_rule_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    folder = law(tmp_path, a=contents_rule())
    write(folder, **{name: contents_rule()})
    with pytest.raises(SourceError, match=text):
        loaded(folder)


def test_an_omission_names_a_rule_and_a_rule_that_hides_anothers_is_omitted_with_a_reason(tmp_path: Path) -> None:
    law(tmp_path, "PP", a=contents_rule(more=EXAMPLE))
    law(tmp_path, "XX", extends="PP", a=contents_rule(more=EXAMPLE, severity="minor"))
    assert any("takes the place of PP/a" in text for text in said(tmp_path))
    head = tmp_path / "XX" / "ruleset.yaml"
    plain = head.read_text("utf-8")
    head.write_text(plain + "omits: [{rule: PP/a, because: more is asked, citation: s. 2}]\n", "utf-8")
    assert not any("takes the place" in text for text in said(tmp_path))
    head.write_text(plain + "omits: [{rule: PP/z, because: more is asked, citation: s. 2}]\n", "utf-8")
    with pytest.raises(SourceError, match=r"XX/ruleset.yaml:7:.*'PP/z' is no rule of PP"):
        loaded(tmp_path)


def test_pages_never_write_over_what_somebody_else_wrote(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", "PP", a=contents_rule())
    mine = tmp_path / "docs" / "README.md"
    mine.parent.mkdir()
    mine.write_text("mine", "utf-8")
    assert run("rules", "docs", "--rulesets", rules, tmp_path / "docs")[0] == 2
    assert mine.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "field", ["studio: {instrument: reusable}", "studio: {opened_on: soon}", "for_each: {trade: [a]}"]
)
def test_an_example_with_an_unknown_profile_is_a_mistake(tmp_path: Path, field: str) -> None:
    rule = contents_rule(more=f"examples: [{{title: none, finds: [], {field}}}]")
    with pytest.raises(SourceError, match=r"XX/a.yaml:\d+:\d+: ('instrument'|'trade'|'soon')"):
        loaded(law(tmp_path, a=rule))
