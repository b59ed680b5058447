"""`smpcompliance fleet summary`: the summary of a fleet audit, in any form, again; and what it means to a shell."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smpcompliance.cli.choices import LANGUAGE, SUMMARIES, THRESHOLDS, languages
from smpcompliance.cli.outcome import at_threshold, duties
from smpcompliance.cli.output import put
from smpcompliance.cli.shared import fail, kindly, quiet_option

if TYPE_CHECKING:
    from smpcompliance.report.fleet.summary import Summary

SUMMARY = "summary.json"


def _wanted(_ctx: Any, _param: Any, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in texts:
        name, equals, file = text.partition("=")
        if name not in SUMMARIES or not equals or not file:
            raise click.BadParameter(
                f"{text!r}: write FORMAT=FILE, the formats are {', '.join(SUMMARIES)}; the file - is stdout"
            )
        found.append((name, file))
    return tuple(found)


summary_option = click.option(
    "--summary",
    "summaries",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=_wanted,
    help=f"The summary ({', '.join(SUMMARIES)}); repeatable; - is stdout.",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    default="minor",
    show_default=True,
    help="Breaches from here on give exit code 1.",
)
incomplete_option = click.option(
    "--allow-incomplete", is_flag=True, help="Duties that could not be judged do not give exit code 3."
)
language_option = click.option(
    "--language", type=click.Choice(languages()), default=LANGUAGE, show_default=True, help="Of the summary."
)


@click.command(name="summary")
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@summary_option
@fail_on_option
@incomplete_option
@language_option
@quiet_option
@kindly
def summary(
    out: Path,
    summaries: Sequence[tuple[str, str]],
    fail_on: str,
    allow_incomplete: bool,
    language: str,
    quiet: bool,
) -> None:
    """Tell the summary of a fleet audit again, from the folder OUT that it wrote; nothing is judged anew."""
    from smpcompliance.report.fleet.json import read_summary

    file = out / SUMMARY
    if not file.is_file():
        fail(f"{out}: there is no {SUMMARY} in this folder; give the folder that `fleet audit --out` wrote")
    found = read_summary(file.read_bytes(), str(file))
    put_out(found, summaries, language, quiet)
    sys.exit(exit_code(found, fail_on, allow_incomplete))


def put_out(found: "Summary", wanted: Sequence[tuple[str, str]], language: str, quiet: bool) -> None:
    """Writes the summary wherever it is wanted; as text to stdout unless something else goes there."""
    from smpcompliance.report.fleet import render
    from smpcompliance.report.words import load_words

    words = load_words(language)
    if not quiet and not any(file == "-" for _, file in wanted):
        wanted = [*wanted, ("text", "-")]
    for name, file in wanted:
        put(file, render(found, name, words), f"{name} summary")


def exit_code(found: "Summary", fail_on: str, allow_incomplete: bool) -> int:
    """As `cli.outcome.exit_code`, over all studios; a bucket that was not audited is a check that broke: 4."""
    if found.not_audited or found.broke:
        return 4
    if any(found.counted[severity] for severity in at_threshold(fail_on)):
        return 1
    open_ = any(found.open[severity] for severity in duties(fail_on))
    return 3 if (open_ or found.lines_left_out) and not allow_incomplete else 0
