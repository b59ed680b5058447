"""`smpcompliance rules`: show, prove and compare the rules of law."""

import click

from smpcompliance.cli.rules.proving import lint_, test
from smpcompliance.cli.rules.showing import explain, list_, show
from smpcompliance.cli.rules.telling import coverage, diff, docs


@click.group(
    name="rules", commands={c.name or "": c for c in (list_, show, explain, lint_, test, diff, coverage, docs)}
)
def command() -> None:
    """Show, explain, test and compare the rules of law.

    WHAT is a ruleset (US-CA), a rule (US-CA/spore-test-monthly) or a glob over rules (US-CA/spore-*).
    """
