"""`smpcompliance diff`: what changed from one report to the next, and its exit code."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance import __version__
from smpcompliance.cli.choices import LANGUAGE, SEVERITIES, THRESHOLDS, languages
from smpcompliance.cli.output import write_out, write_whole
from smpcompliance.cli.shared import fail, kindly

if TYPE_CHECKING:
    from smpcompliance.report.changes import Changes
    from smpcompliance.report.saved import Saved

_AUDIT = "audit.json"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="diff")
@click.argument("old", metavar="OLD.json", type=_FILE)
@click.argument("new", metavar="NEW.json", type=_FILE)
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: stdout.")
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    default="minor",
    show_default=True,
    help="New findings from here on give exit code 1.",
)
@click.option("--allow-incomplete", is_flag=True, help="Duties that are no longer judged do not give exit code 3.")
@click.option(
    "--language", type=click.Choice(languages()), default=LANGUAGE, show_default=True, help="Language of the text."
)
@kindly
def command(
    old: Path, new: Path, form: str, output: Path | None, fail_on: str, allow_incomplete: bool, language: str
) -> None:
    """Say what changed from one JSON report to the next: new, no longer judged, still there, fixed.

    Both are reports of `smpcompliance audit --report json=FILE`, or PDF reports, which carry one inside (it is read;
    `smpcompliance verify` checks it). What the new audit did not judge, or did not look at, is never called fixed.

    \b
    Exit codes: 0 nothing new at or above --fail-on · 1 new findings there · 2 a file is no report ·
    3 nothing new there, but something is no longer judged (--allow-incomplete makes it 0)
    """
    from smpcompliance.report.changes import compare
    from smpcompliance.report.changes_text import as_json, told
    from smpcompliance.report.state import saved_state
    from smpcompliance.report.words import load_words

    found = compare(saved_state(_read(old)), saved_state(_read(new)))
    data = as_json(found, __version__) if form == "json" else told(found, __version__, load_words(language))
    if output:
        write_whole(output, data)
    else:
        write_out(data)
    sys.exit(exit_code(found, fail_on, allow_incomplete))


def _read(file: Path) -> "Saved":
    from smpcompliance.report.saved import read_saved

    data = file.read_bytes()
    return read_saved(_inside(data, file) if data.startswith(b"%PDF-") else data, str(file))


def _inside(data: bytes, file: Path) -> bytes:
    """The JSON report that a PDF report carries."""
    from smpcompliance.report.pdf.opened import NotOpened, opened

    try:
        inside = opened(data).attachments
    except NotOpened:
        fail(f"{file}: this PDF cannot be read; give the JSON report instead")
    if _AUDIT not in inside:
        fail(f"{file}: this PDF carries no {_AUDIT}; give the JSON report instead")
    return inside[_AUDIT]


def exit_code(found: "Changes", fail_on: str, allow_incomplete: bool) -> int:
    """0 nothing new at the threshold · 1 new findings at or above it · 3 duties or findings no longer judged.

    What is waived is not new; advice that is no longer judged counts only under `--fail-on advice`.
    """
    heavy = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    if any(change.duty.severity in heavy and not change.entry.waiver for change in found.of("new")):
        return 1
    duties = SEVERITIES if fail_on == "advice" else SEVERITIES[:-1]
    waiting = [change.duty for change in found.of("not_judged")]
    waiting += [change.duty for change in found.duties_of("not_judged")]
    return 3 if any(duty.severity in duties for duty in waiting) and not allow_incomplete else 0
