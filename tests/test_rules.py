"""Every packaged rule is free of mistakes and does what its examples say."""

import pytest

from smpcompliance.audit.examples import run_examples
from smpcompliance.rules.lint import lint
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import chain, library, load_rulesets, packaged
from smpcompliance.rules.ruleset_lint import lint_ruleset

SHELVES = library(packaged())
RULESETS = load_rulesets(SHELVES, SHELVES)
RULES = [rule for ruleset in RULESETS.values() for rule in ruleset.rules]
JUDGED = [rule for rule in RULES if rule.kind != "attest"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_no_mistakes(rule: Rule) -> None:
    sources = {source.id for source in RULESETS[rule.id.partition("/")[0]].sources}
    assert [str(problem) for problem in lint(rule, sources)] == []


@pytest.mark.parametrize("rule", JUDGED, ids=lambda rule: rule.id)
def test_the_examples_of_a_rule_give_what_they_say_on_both_sides(rule: Rule) -> None:
    outcomes = list(run_examples(rule))
    assert [f"{each.place}: {'; '.join(each.wrong)}" for each in outcomes if each.wrong] == []
    results = [each.result for each in outcomes if each.result]
    offers = any(getattr(version.check, "offered", False) for version in rule.versions)
    assert offers or any(result.failed or result.unknown for result in results), "no example has anything to say"
    passed = sum(result.examined - result.failed - result.unknown for result in results)
    assert passed or any(not result.failed for result in results), "nothing passes in any example"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_explains_itself_and_says_what_to_do(rule: Rule) -> None:
    for version in rule.versions:
        assert version.check is None or version.check.explain().strip()
    assert rule.message.strip()
    assert rule.remedy.strip() or rule.kind == "attest"


def test_guidance_and_doubtful_readings_never_rise_above_advice() -> None:
    for id in ("SMP",):
        if id in RULESETS:
            assert {rule.severity for rule in RULESETS[id].rules if rule.kind != "attest"} <= {"advice"}


@pytest.mark.parametrize("id", sorted(RULESETS))
def test_a_ruleset_has_no_mistakes_between_its_rules(id: str) -> None:
    assert [str(problem) for problem in lint_ruleset(RULESETS[id], chain(RULESETS, id)[:-1])] == []


def test_every_source_is_named_once() -> None:
    for ruleset in RULESETS.values():
        ids = [source.id for source in ruleset.sources]
        assert len(ids) == len(set(ids))
