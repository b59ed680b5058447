"""`smpcompliance due`: what is due next, and its exit code."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from smpcompliance import __version__
from smpcompliance.cli.choices import LANGUAGE, LISTS, THRESHOLDS, languages
from smpcompliance.cli.outcome import at_threshold, duties
from smpcompliance.cli.output import put
from smpcompliance.cli.progress import progress_bar
from smpcompliance.cli.reading import GIVEN, given
from smpcompliance.cli.shared import (
    audit_day,
    ignore_option,
    kindly,
    law_options,
    no_progress_option,
    overlay_option,
    rules_named,
)
from smpcompliance.memory import keep_memory

if TYPE_CHECKING:
    from smpcompliance.audit.due import DueList
    from smpcompliance.dates import Duration
    from smpcompliance.rules.shelves import Law


def _length(_ctx: Any, _param: Any, text: str) -> "Duration":
    from smpcompliance import dates as calendar

    try:
        length = calendar.duration(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a length of time; write P90D, P6M or P1Y") from None
    if length.needs_times:
        raise click.BadParameter(f"{text!r}: a list looks whole days ahead; write P90D, P6M or P1Y")
    return length


@click.command(name="due")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option(
    "--within", default="P90D", show_default=True, metavar="LENGTH", callback=_length, help="How far to look ahead."
)
@click.option("--as-of", metavar="DATE", callback=audit_day, help="The day of the list; default today.")
@click.option("--format", "form", type=click.Choice(LISTS), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: stdout.")
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to go by, instead of studio.yaml."
)
@overlay_option
@click.option("--select", multiple=True, metavar="GLOB", help="Only rules like US-CA/spore-*; repeatable.")
@ignore_option
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    default="never",
    show_default=True,
    help="What is overdue from here on gives exit code 1.",
)
@click.option("--allow-incomplete", is_flag=True, help="What cannot be told does not give exit code 3.")
@click.option(
    "--language", type=click.Choice(languages()), default=LANGUAGE, show_default=True, help="Language of the list."
)
@no_progress_option
@kindly
@law_options
def command(
    paths: Sequence[Path],
    within: "Duration",
    as_of: date,
    form: str,
    output: Path | None,
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    select: Sequence[str],
    ignore: Sequence[str],
    fail_on: str,
    allow_incomplete: bool,
    language: str,
    no_progress: bool,
    law: "Law",
) -> None:
    """Show what is due next, by the rules of the audit: overdue first, each with its law and the line it rests on.

    PATHS are as for audit. Beside text and CSV there is JSON for programs, and a calendar file (ics) to subscribe to.

    \b
    Exit codes: 0 the list was made · 1 something is overdue at or above --fail-on ·
    2 nothing to read, or a mistake in a file · 3 of a duty that applies it cannot be told what is due,
    or a line was left out (--allow-incomplete makes it 0) · 4 a check broke
    """
    keep_memory()
    from smpcompliance.api import hand_in, left_out, unread_logs
    from smpcompliance.audit.due import due
    from smpcompliance.audit.finding import Asked
    from smpcompliance.report.due import render
    from smpcompliance.report.words import load_words

    asked = Asked(tuple(jurisdictions), tuple(overlays), tuple(select), tuple(ignore))
    with progress_bar(not no_progress) as progress:
        handed = hand_in(given(paths), jurisdictions, overlays, law, progress)
        logs = handed.reading.intake.logs
        with rules_named(select, ignore):
            found = due(handed.rulesets, logs, as_of, within, version=__version__, asked=asked, progress=progress)
    for line in left_out(handed.reading.files):
        click.echo(f"not used: {line}", err=True)
    words = load_words(language)
    if found.untold and form == "ics":
        click.echo(words("due.calendar_open", n=len(found.untold)), err=True)
    put(output or "-", render(found, form, words), form)
    misfits = (*handed.reading.intake.misfits, *unread_logs(handed.reading.files))
    lines = sum(place.column is None for _, place in misfits)
    if lines:
        click.echo(words("due.left_out", n=lines), err=True)
    sys.exit(exit_code(found, fail_on, allow_incomplete, bool(lines)))


def exit_code(found: "DueList", fail_on: str, allow_incomplete: bool, lines_left_out: bool = False) -> int:
    """0 nothing overdue at the threshold · 1 something is · 3 of a duty it cannot be told · 4 a check broke.

    Advice is no duty: that it cannot be told counts only under `--fail-on advice`.
    """
    if any(each.reason == "broke" for each in found.untold):
        return 4
    if any(each.severity in at_threshold(fail_on) for each in found.overdue):
        return 1
    open_ = any(each.severity in duties(fail_on) for each in found.untold)
    return 3 if (open_ or lines_left_out) and not allow_incomplete else 0
