"""`smpcompliance explain`: a rule in words, or a finding or a due day step by step, with the rule behind it."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smpcompliance.cli.shared import fail, kindly, law_options

if TYPE_CHECKING:
    from smpcompliance.report.saved import Saved, SavedFinding, SavedResult
    from smpcompliance.rules.rule import Example, Rule
    from smpcompliance.rules.ruleset import Law, Ruleset


@click.command(name="explain")
@click.argument("what", metavar="RULE-ID|FINGERPRINT|UID")
@click.option(
    "--in",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The JSON report a finding is in, or the JSON list of `due` that a UID is in.",
)
@kindly
@law_options
def command(what: str, file: Path | None, law: "Law") -> None:
    """Say in words what a rule asks and how it is judged, or, step by step, what a finding or a due day rests on."""
    if file is None:
        if "/" not in what or what.partition("/")[0] not in law.shelves:
            fail(
                f"{what!r} is no rule; `smpcompliance rules list` shows them all "
                "(a fingerprint needs --in AUDIT.json, a UID --in DUE.json)"
            )
        click.echo(said(*_rule(what, law)))
    elif "@" in what:
        from smpcompliance import dates
        from smpcompliance.report.law.explained import of_due

        entry = _due(file, what)
        rule, ruleset = _rule(entry["rule"], law)
        day = dates.day(entry["due_on"] or entry["as_of"])
        click.echo(f"{of_due(entry, rule, dates.Period(day, day))}\n\n{said(rule, ruleset)}")
    else:
        from smpcompliance.report.law.explained import of_finding
        from smpcompliance.report.saved import read_saved

        saved = read_saved(file.read_bytes(), str(file))
        result, finding = _found(saved, what)
        rule, ruleset = _rule(result.rule, law)
        click.echo(f"{of_finding(result, finding, rule, saved.period)}\n\n{said(rule, ruleset)}")


def _rule(id: str, law: "Law") -> "tuple[Rule, Ruleset]":
    from smpcompliance.rules.ruleset import load_rulesets

    home = id.partition("/")[0]
    if home not in law.shelves:
        fail(f"there is no ruleset {home!r}; a ruleset of your own is named by --ruleset FOLDER")
    ruleset = load_rulesets(law.shelves, [home], only=id)[home]
    if not ruleset.rules:
        fail(f"there is no rule {id!r}; `smpcompliance rules list {home}` shows them all")
    return ruleset.rules[0], ruleset


def _found(saved: "Saved", fingerprint: str) -> "tuple[SavedResult, SavedFinding]":
    for result in saved.report.results:
        for finding in (*result.findings, *result.undecided, *result.coming):
            if finding.fingerprint == fingerprint:
                return result, finding
    fail(f"{saved.file}: no finding has the fingerprint {fingerprint!r}")


def _due(file: Path, uid: str) -> dict[str, Any]:
    """The entry of a list of `due` with this UID, and the day of the list."""
    try:
        data = json.loads(file.read_bytes())
        entries = [entry for entry in data["due"] if entry["uid"] == uid]
    except (ValueError, KeyError, TypeError):
        fail(f"{file}: this is no list of what is due; make one with `smpcompliance due --format json`")
    if not entries:
        fail(f"{file}: nothing that is due has the UID {uid!r}")
    return {**entries[0], "as_of": data["as_of"]}


def said(rule: "Rule", ruleset: "Ruleset") -> str:
    """A rule in words: what the law is, since when, how it is judged, what to do, and what it leaves out."""
    return "\n".join(_lines(rule, ruleset))


def _lines(rule: "Rule", ruleset: "Ruleset") -> Iterator[str]:
    from smpcompliance.report.law.words import day_words, judged, parameter_words

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
    for example in rule.examples:
        yield _wrap(f"for example: {example.title}: {_outcome(example)}")


def _outcome(example: "Example") -> str:
    if example.finds:
        return "breached" if len(example.finds) == 1 else f"breached {len(example.finds)} times"
    return "not judged" if example.undecided else (example.status or "nothing is found").replace("pass", "met")


def _wrap(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 100, initial_indent="  ", subsequent_indent="    ")
