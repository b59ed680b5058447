"""`smpcompliance explain`: a rule in words, or a finding of an audit with the rule behind it."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from smpcompliance.cli.shared import fail, kindly, law_options
from smpcompliance.report.law.words import day_words, judged, parameter_words
from smpcompliance.report.saved import SavedFinding, SavedResult, read_saved
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import Law, Ruleset, load_rulesets


@click.command(name="explain")
@click.argument("what", metavar="RULE-ID|FINGERPRINT")
@click.option(
    "--in",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The JSON report a finding is in.",
)
@kindly
@law_options
def command(what: str, file: Path | None, law: Law) -> None:
    """Say in words what a rule asks and how it is judged, or what a finding of an audit rests on."""
    if file:
        result, finding = _found(file, what)
        click.echo("\n".join(_finding(result, finding)) + "\n")
        what = result.rule
    id = what.partition("/")[0]
    if "/" not in what or id not in law.shelves:
        fail(f"{what!r} is no rule; `smpcompliance rules list` shows them all (a fingerprint needs --in AUDIT.json)")
    ruleset = load_rulesets(law.shelves, [id], only=what)[id]
    if not ruleset.rules:
        fail(f"there is no rule {what!r}; `smpcompliance rules list {id}` shows them all")
    click.echo(said(ruleset.rules[0], ruleset))


def _found(file: Path, fingerprint: str) -> tuple[SavedResult, SavedFinding]:
    for result in read_saved(file.read_bytes(), str(file)).report.results:
        for finding in (*result.findings, *result.undecided, *result.coming):
            if finding.fingerprint == fingerprint:
                return result, finding
    fail(f"{file}: no finding has the fingerprint {fingerprint!r}")


def _finding(result: SavedResult, finding: SavedFinding) -> Iterator[str]:
    yield f"{result.status} ({result.severity}): {finding.message}"
    for evidence in [finding, *finding.related]:
        if evidence.file:
            column = f", {evidence.column}" if evidence.column else ""
            sheet = f", sheet {evidence.sheet}" if evidence.sheet else ""
            yield f"  {evidence.file}{sheet}, line {evidence.line}{column}"
    if finding.arithmetic:
        yield f"  {finding.arithmetic}"
    yield from (f"  {name}: {value}" for name, value in finding.facts.items())


def said(rule: Rule, ruleset: Ruleset) -> str:
    """A rule in words: what the law is, since when, how it is judged, what to do, and what it leaves out."""
    return "\n".join(_lines(rule, ruleset))


def _lines(rule: Rule, ruleset: Ruleset) -> Iterator[str]:
    yield f"{rule.id}: {rule.title}"
    yield f"  {rule.severity} · {rule.citation.text} · {ruleset.name}"
    source = ruleset.source(rule.citation.source)
    if source:
        yield _wrap(
            f"source: {source.title}"
            + (f", {source.url}" if source.url else "")
            + f" (read: {rule.basis}, compared {rule.verified})"
        )
    for version in rule.versions:
        yield _wrap(f"{day_words(version.valid) or 'how it is judged'}: {judged(version)}")
    for name, parameter in rule.parameters.items():
        yield _wrap(f"{name}: {parameter.about}: {parameter_words(parameter)}")
    for name, reading in rule.readings.items():
        yield _wrap(f"may also be read as '{name}': {reading.because}")
    if rule.remedy:
        yield _wrap(f"what to do: {rule.remedy}")
    if rule.leaves_out:
        yield _wrap(f"leaves out: {rule.leaves_out}")


def _wrap(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 100, initial_indent="  ", subsequent_indent="    ")
