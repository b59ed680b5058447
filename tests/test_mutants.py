"""Small changes of a rule: what is changed, what examples notice, and what a rule may excuse."""

from pathlib import Path

from law import law

from smpcompliance.audit.mutation import holding
from smpcompliance.rules.mutants import mutants
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import library, load_rulesets

RULE = """
title: A session is written down in time
severity: minor
citation: {text: s. 1, source: act}
basis: text
verified: 2026-01-01
in_force: {since: 2020-01-01}
applies_to: {studio.procedures: [tattoo, piercing]}
parameters:
  words: {about: what counts, value: [performed, booked]}
  age: {about: youngest client, value: 18}
  keep: {about: how long, since: {2020-01-01: P3Y, 2024-01-01: P30D}}
check:
  kind: record
  log: sessions
  where: {status: {enum: $words}, ended_at: {at_most_after: {column: started_at, by: $keep}}}
  require: {client_age: {minimum: $age}}
message: Too young.
remedy: Wait.
"""


def rule(folder: Path, more: str = "") -> Rule:
    return load_rulesets(library(law(folder, a=RULE + more)), ["XX"])["XX"].rules[0]


def test_every_number_length_day_word_comparison_and_condition_is_changed_once(tmp_path: Path) -> None:
    assert [mutant.change for mutant in mutants(rule(tmp_path))] == [
        "in_force.since: a day later",
        "in_force.since: a day earlier",
        "applies_to.studio.procedures: left out",
        "applies_to.studio.procedures: without tattoo",
        "applies_to.studio.procedures: without piercing",
        "parameters.words.value: without performed",
        "parameters.words.value: without booked",
        "parameters.age.value: 19 instead of 18",
        "parameters.age.value: 17 instead of 18",
        "parameters.keep.since.2020-01-01: a day longer than P3Y",
        "parameters.keep.since.2020-01-01: a day shorter than P3Y",
        "parameters.keep.since.2024-01-01: a day longer than P30D",
        "parameters.keep.since.2024-01-01: a day shorter than P30D",
        "parameters.keep.since.2020-01-01: a day later",
        "parameters.keep.since.2024-01-01: a day later",
        "parameters.keep.since.2024-01-01: a day earlier",
        "check.where.status: left out",
        "check.where.ended_at: left out",
        "check.where.ended_at.at_most_after: at_least_after instead of at_most_after",
        "check.require.client_age: left out",
        "check.require.client_age.minimum: exclusive_minimum instead of minimum",
    ]


def test_a_change_is_nothing_but_that_change(tmp_path: Path) -> None:
    changed = {mutant.change: mutant.rule for mutant in mutants(rule(tmp_path))}
    older = changed["parameters.age.value: 19 instead of 18"]
    assert older.parameters["age"].since.popitem()[1] == 19
    assert older.parameters["keep"] == rule(tmp_path).parameters["keep"]


EXAMPLES = """
examples:
  - title: eighteen and a day younger
    logs:
      clients: |
        client_id, birth_date
        C1,        2005-05-01
      sessions: |
        session_id, client_id, started_at, ended_at,   status
        S1,         C1,        2023-05-01, 2023-05-01, performed
        S2,         C1,        2023-04-30, 2023-04-30, performed
    finds: [{session_id: S2}]
"""


def test_examples_on_both_sides_of_a_number_notice_its_change(tmp_path: Path) -> None:
    held = holding(rule(tmp_path, EXAMPLES))
    unnoticed = {problem.text.removeprefix("no example notices: ") for problem in held.open}
    assert not {change for change in unnoticed if "age" in change or "performed" in change}
    assert "parameters.words.value: without booked" in unnoticed
    assert held.changes == 21
    assert held.unnoticed == len(unnoticed)


def test_an_unnoticed_change_may_be_excused_but_not_a_noticed_one(tmp_path: Path) -> None:
    more = 'unpinned: {"parameters.words.value: without booked": why, "parameters.age.value: 19 instead of 18": why}\n'
    held = holding(rule(tmp_path, EXAMPLES + more))
    assert held.excused == 1
    assert "an example notices this change: parameters.age.value: 19 instead of 18" in [p.text for p in held.open]


def test_a_change_that_is_excused_must_exist(tmp_path: Path) -> None:
    held = holding(rule(tmp_path, EXAMPLES + 'unpinned: {"check.wher: left out": why}\n'))
    assert "there is no such change: check.wher: left out" in [p.text for p in held.open]


def test_nothing_is_tried_while_an_example_is_wrong(tmp_path: Path) -> None:
    held = holding(rule(tmp_path, EXAMPLES.replace("S2}]", "S1}]")))
    assert (held.changes, [p.text for p in held.open]) == (
        0,
        ["nothing is tried while an example is wrong: eighteen and a day younger"],
    )


def test_an_example_may_stand_for_several_studios(tmp_path: Path) -> None:
    example = "examples: [{title: reach, for_each: {procedures: [tattoo, piercing]}, finds: [], status: not-checked}]\n"
    unnoticed = {p.text.removeprefix("no example notices: ") for p in holding(rule(tmp_path, example)).open}
    assert not any("without tattoo" in text or "without piercing" in text for text in unnoticed)
