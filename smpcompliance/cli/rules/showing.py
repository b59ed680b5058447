"""`smpcompliance rules list|show|explain`: rules as they are, and in words."""

from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.rules.chosen import chosen
from smpcompliance.cli.shared import kindly, law_options

if TYPE_CHECKING:
    from smpcompliance.rules.shelves import Law


@click.command("list")
@click.argument("what", nargs=-1)
@kindly
@law_options
def list_(what: tuple[str, ...], law: "Law") -> None:
    """List rules: id, severity, kind and title."""
    _, rules = chosen(law, what)
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        click.echo(f"{rule.id:{width}}  {rule.severity:8}  {rule.kind:10}  {rule.title}")
    click.echo(f"{len(rules)} rules")


@click.command("show")
@click.argument("rule")
@kindly
@law_options
def show(rule: str, law: "Law") -> None:
    """Print a rule's file as it is."""
    click.echo(_file(rule, law).read_bytes(), nl=False)


def _file(rule: str, law: "Law") -> Traversable:
    """The file of the one rule that some words name; that of an id is found by its name, whatever stands in it."""
    from smpcompliance.rules.shelves import rule_files

    home, _, name = rule.partition("/")
    if home in law.shelves and name in {each.name.removesuffix(".yaml") for each in rule_files(law.shelves[home])}:
        return law.shelves[home] / f"{name}.yaml"
    _, rules = chosen(law, [rule])
    if len(rules) != 1 or "/" not in rule:
        raise click.UsageError(f"{rule!r} names {len(rules)} rules; give the id of one")
    id, _, stem = rules[0].id.partition("/")
    return law.shelves[id] / f"{stem}.yaml"


@click.command("explain")
@click.argument("what", nargs=-1, required=True)
@kindly
@law_options
def explain(what: tuple[str, ...], law: "Law") -> None:
    """Say in words what rules ask and how they are judged."""
    from smpcompliance.cli.explain import said

    loaded, rules = chosen(law, what)
    click.echo("\n\n".join(said(rule, loaded[rule.id.partition("/")[0]]) for rule in rules))
