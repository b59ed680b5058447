"""`smpcompliance rules diff|docs|coverage`: the law told, compared and counted."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.choices import SEVERITIES
from smpcompliance.cli.output import write_whole
from smpcompliance.cli.rules.chosen import chosen
from smpcompliance.cli.shared import fail, kindly, law_options, today

if TYPE_CHECKING:
    from smpcompliance.report.law.difference import LawOfDay
    from smpcompliance.rules.rule import Rule
    from smpcompliance.rules.ruleset import Law, Ruleset

_BASES = ("text", "excerpt", "secondary")


@click.command("diff", short_help="What differs between two places, or two days of one.")
@click.argument("one", metavar="PLACE[@DATE]")
@click.argument("other", metavar="PLACE[@DATE]")
@kindly
@law_options
def diff(one: str, other: str, law: "Law") -> None:
    """Say in words what differs between two places, or two days of one: US-CA@2013 US-CA@2025, or US-CA US-NJ.

    A year or a month means its last day; without a date it is today.
    """
    from smpcompliance.report.law.difference import difference
    from smpcompliance.rules.ruleset import load_rulesets

    laws = [_law(text) for text in (one, other)]
    for each in laws:
        if each.place not in law.shelves:
            fail(f"there is no ruleset {each.place!r}; known are {', '.join(law.shelves)}")
    loaded = load_rulesets(law.shelves, [each.place for each in laws])
    click.echo("\n".join(difference(loaded, *laws)))


def _law(text: str) -> "LawOfDay":
    from smpcompliance.report.law.difference import LawOfDay

    place, at, when = text.partition("@")
    try:
        return LawOfDay(place, _last_day(when) if at else today())
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}") from None


def _last_day(text: str) -> date:
    from smpcompliance import dates

    return dates.day(text) if text.count("-") == 2 else dates.period(text).last


@click.command("docs", short_help="Write the pages of the law.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@kindly
@law_options
def docs(folder: Path, law: "Law") -> None:
    """Write the pages of the law into FOLDER: one per place and per rule, and the places side by side."""
    from smpcompliance.report.law.pages import MADE, pages
    from smpcompliance.rules.ruleset import load_rulesets

    made = pages(load_rulesets(law.shelves, law.shelves))
    there = [page for page in folder.rglob("*.md") if page.is_file()]
    own = {page for page in there if page.read_bytes().startswith(MADE.encode())}
    for page in there:
        if page not in own and page.relative_to(folder).as_posix() in made:
            fail(f"{page} is not a page of the law; give another folder, since it would be written over")
    for name, text in made.items():
        try:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            fail(f"{folder}: the pages cannot be written ({error.strerror})")
        write_whole(folder / name, text.encode())
    stale = [page for page in own if page.relative_to(folder).as_posix() not in made]
    for page in stale:
        page.unlink()
    click.echo(f"{len(made)} pages in {folder}" + (f", {len(stale)} old ones removed" if stale else ""))


@click.command("coverage", short_help="Count what rulesets say.")
@click.argument("what", nargs=-1)
@kindly
@law_options
def coverage(what: tuple[str, ...], law: "Law") -> None:
    """Count what rulesets say: rules by weight, questions for the visit, and how their sources were read.

    «asked» are questions for the visit, «text, excerpt, secondary» how the source of a rule was read, «covered» what
    other rules honour, «not said» what no rule can say.
    """
    loaded, picked = chosen(law, what)
    shown = [(loaded[id], [r for r in picked if r.id.startswith(f"{id}/")]) for id in sorted(loaded)]
    shown = [(ruleset, rules) for ruleset, rules in shown if rules]
    heads = ["", "rules", *SEVERITIES, "asked", *_BASES, "covered", "not said"]
    rows = [heads, *(_counts(ruleset, rules) for ruleset, rules in shown)]
    first, *widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    for name, *counts in rows:
        cells = [count.rjust(width) for count, width in zip(counts, widths, strict=True)]
        click.echo("  ".join([name.ljust(first), *cells]))


def _counts(ruleset: "Ruleset", rules: "list[Rule]") -> list[str]:
    judged = [rule for rule in rules if rule.kind != "attest"]
    weights = [sum(rule.severity == severity for rule in judged) for severity in SEVERITIES]
    bases = [sum(rule.basis == basis for rule in rules) for basis in _BASES]
    asked = len(rules) - len(judged)
    counts = [len(judged), *weights, asked, *bases, len(ruleset.covers), len(ruleset.not_expressed)]
    return [ruleset.id, *map(str, counts)]
