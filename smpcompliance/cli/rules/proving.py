"""`smpcompliance rules lint|test`: rules without mistakes, that prove themselves."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.rules.chosen import chosen
from smpcompliance.cli.shared import fail, kindly, law_options, many, today

if TYPE_CHECKING:
    from smpcompliance.audit.mutation import Holding
    from smpcompliance.rules.rule import Rule
    from smpcompliance.rules.ruleset import Law


@click.command("lint", short_help="Find mistakes in rules.")
@click.argument("what", nargs=-1)
@kindly
@law_options
def lint_(what: tuple[str, ...], law: "Law") -> None:
    """Find mistakes in rules: unknown columns and words, unused parameters, personal data in messages, sources nobody
    cites, rules that can never apply, two rules that say the same. A source compared over two years ago is a warning.
    """
    from smpcompliance.rules.lint import lint, stale
    from smpcompliance.rules.ruleset import chain
    from smpcompliance.rules.ruleset_lint import lint_ruleset

    if not law.shelves:
        fail("there is no ruleset here (a folder with a ruleset.yaml)")
    loaded, rules = chosen(law, what, proofs=True)
    sources = {id: {source.id for source in ruleset.sources} for id, ruleset in loaded.items()}
    problems = [problem for rule in rules for problem in lint(rule, sources[rule.id.partition("/")[0]])]
    for id, ruleset in loaded.items():
        if id in what or not what and id in {rule.id.partition("/")[0] for rule in rules}:
            problems += lint_ruleset(ruleset, chain(loaded, id)[:-1])
    if problems:
        fail("\n".join([*map(str, sorted(set(problems))), many(len(set(problems)))]))
    for rule in rules:
        if warning := stale(rule, today()):
            click.echo(f"warning: {warning}")
    click.echo(f"{len(rules)} rules: no mistakes")


@click.command("test", short_help="Run the examples of rules.")
@click.argument("what", nargs=-1)
@click.option(
    "--mutate", is_flag=True, help="Also change each rule a little and list the changes that no example notices."
)
@kindly
@law_options
def test(what: tuple[str, ...], mutate: bool, law: "Law") -> None:
    """Run the examples of rules; exit code 1 when one does not give what it says.

    With --mutate each number, length, day, word, comparison and condition of a rule is changed by one unit, one at a
    time, and some example must then give another answer. Exit code 1 when a change goes unnoticed for which the rule
    gives no reason under `unpinned`, or when a ruleset's examples notice less than 95 % of its changes.
    """
    _, rules = chosen(law, what, proofs=True)
    good = _examples_hold(rules)
    if mutate:
        good &= _changes_are_noticed(rules)
    sys.exit(0 if good else 1)


def _examples_hold(rules: "Sequence[Rule]") -> bool:
    from smpcompliance.audit.examples import run_examples

    count = wrong = 0
    for rule in rules:
        for outcome in run_examples(rule):
            count += 1
            if outcome.wrong:
                wrong += 1
                click.echo(f"{outcome.place}")
                for difference in outcome.wrong:
                    click.echo(f"    {difference}")
    without = [rule.id for rule in rules if not rule.examples and rule.kind != "attest"]
    for id in without:
        click.echo(f"{id}: has no examples")
    click.echo(
        f"{count} examples of {len(rules)} rules: {wrong} wrong"
        + (f"; {len(without)} rules without" if without else "")
    )
    return not (wrong or without)


def _changes_are_noticed(rules: "Sequence[Rule]") -> bool:
    from smpcompliance.audit.mutation import BAR, holdings

    by_ruleset: dict[str, list[Holding]] = {}
    for held in holdings(rules):
        by_ruleset.setdefault(held.rule.partition("/")[0], []).append(held)
        for problem in held.open:
            click.echo(str(problem))
    good = True
    for id, all_held in by_ruleset.items():
        changes = sum(held.changes for held in all_held)
        noticed = changes - sum(held.unnoticed for held in all_held)
        excused = sum(held.excused for held in all_held)
        click.echo(
            f"{id}: {noticed} of {changes} changes noticed ({noticed / max(changes, 1):.1%}), {excused} with a reason"
        )
        good &= noticed >= BAR * changes and not any(held.open for held in all_held)
    return good
