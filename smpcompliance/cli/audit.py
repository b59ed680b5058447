"""`smpcompliance audit`: the audit, its reports and its exit code."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.choices import EDITION, EDITIONS, LANGUAGE, REPORTS, SAMPLE, THRESHOLDS, languages
from smpcompliance.cli.outcome import exit_code
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
    quiet_option,
    rules_named,
    select_option,
    text_of_file,
    waivers_option,
)
from smpcompliance.memory import keep_memory

if TYPE_CHECKING:
    from smpcompliance.audit.baseline import Baseline
    from smpcompliance.audit.finding import Audit
    from smpcompliance.audit.waivers import Waiver
    from smpcompliance.dates import Period
    from smpcompliance.report.saved import Saved
    from smpcompliance.report.telling import Edition, Telling
    from smpcompliance.rules.shelves import Law


def asked_period(text: str | None, as_of: date) -> "Period":
    """The days that `--period` names; the last full month where it is not given."""
    from smpcompliance import dates as calendar
    from smpcompliance.api import last_month

    if text is None:
        return last_month(as_of)
    try:
        found = calendar.period(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--period") from None
    if found.first > as_of:
        said = f"{text!r} begins after the audit day, {as_of.isoformat()}; nothing of it can be judged yet"
        raise click.BadParameter(said, param_hint="--period")
    return found


def _report(text: str) -> tuple[str, str]:
    name, equals, file = text.partition("=")
    if name not in REPORTS or not equals or not file:
        hint = f"{text!r}: write FORMAT=FILE, the formats are {', '.join(REPORTS)}; the file - is stdout"
        raise click.BadParameter(hint, param_hint="--report")
    return name, file


def _once(files: Sequence[str]) -> None:
    places = [file if file == "-" else os.path.realpath(file) for file in files]
    for file, place in zip(files, places, strict=True):
        if places.count(place) > 1 and place != os.devnull:
            raise click.BadParameter(f"two reports go to {file!r}; give each its own", param_hint="--report")


def _spared(files: Sequence[str], read: Sequence[Path], paths: Sequence[Path], logs: Iterable[str]) -> None:
    """No report takes the place of a file that the audit reads: of a record there may be no other copy."""
    logs = set(logs)
    for file in files:
        if file == "-" or not os.path.isfile(file):
            continue
        place = Path(file).resolve()
        names = {str(PurePosixPath(*place.parts[n:])) for n in range(len(place.parts))} & logs
        within = names and any(path.resolve() in place.parents for path in paths)
        if within or any(path.resolve() == place for path in (*paths, *read)):
            raise click.BadParameter(f"{file!r} is read by this audit; write elsewhere", param_hint="--report")


@click.command(name="audit")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to judge by, instead of studio.yaml."
)
@overlay_option
@click.option(
    "--period", metavar="PERIOD", help="2026-10, 2026, 2026-07-01/2026-09-30 or all; default: the last full month."
)
@click.option("--as-of", metavar="DATE", callback=audit_day, help="The audit day; default today.")
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE", help=f"{', '.join(REPORTS)}; repeatable; - is stdout."
)
@click.option(
    "--fail-on",
    type=click.Choice(THRESHOLDS),
    default="minor",
    show_default=True,
    help="Findings from here on give exit code 1.",
)
@click.option("--allow-incomplete", is_flag=True, help="Duties that could not be judged do not give exit code 3.")
@select_option
@ignore_option
@click.option(
    "--edition",
    type=click.Choice(EDITIONS),
    default=EDITION,
    show_default=True,
    help="For whom: an owner reads first what to do, an inspector reads in the order of the law and gets a sample.",
)
@click.option(
    "--language",
    type=click.Choice(languages()),
    default=LANGUAGE,
    show_default=True,
    help="Language of the report; rules keep the language they are written in.",
)
@click.option("--all-findings", is_flag=True, help="List every finding on paper too, not the first 200 of each rule.")
@click.option(
    "--sample", type=click.IntRange(0, 1000), default=SAMPLE, show_default=True, help="Records an inspector draws."
)
@click.option("--seed", type=click.IntRange(0), help="Seed of the draw; default: the audit day as a number.")
@click.option(
    "--previous",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An earlier JSON report, to say what changed since.",
)
@waivers_option
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Breaches that were known before (`smpcompliance baseline create`); they are told, but do not count.",
)
@quiet_option
@no_progress_option
@kindly
@law_options
def command(
    paths: Sequence[Path],
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    period: str | None,
    as_of: date,
    reports: Sequence[str],
    fail_on: str,
    allow_incomplete: bool,
    select: Sequence[str],
    ignore: Sequence[str],
    edition: "Edition",
    language: str,
    all_findings: bool,
    sample: int,
    seed: int | None,
    previous: Path | None,
    waiver_files: Sequence[Path],
    baseline: Path | None,
    quiet: bool,
    no_progress: bool,
    law: "Law",
) -> None:
    """Audit studios: their folders, a folder of studio folders, or a ZIP of either (- is a ZIP on stdin).

    The text report goes to stdout unless --quiet is given or a report already does.
    """
    keep_memory()
    from smpcompliance.api import hand_in, judge, left_out
    from smpcompliance.audit.finding import Asked
    from smpcompliance.logs.intake.places.place import PROFILE_FILE, WAIVERS
    from smpcompliance.report.telling import Telling

    wanted = [_report(text) for text in reports]
    _once([file for _, file in wanted])
    days = asked_period(period, as_of)
    earlier = _saved(previous) if previous else None
    telling = Telling(edition, language, all_findings, sample, seed, earlier)
    more = [waiver for file in waiver_files for waiver in _waivers(file)]
    known = _baseline(baseline) if baseline else None
    asked = Asked(tuple(jurisdictions), tuple(overlays), tuple(select), tuple(ignore))
    with progress_bar(not (quiet or no_progress)) as progress:
        handed = hand_in(given(paths), jurisdictions, overlays, law, progress)
        read = [*waiver_files, *filter(None, (previous, baseline))]
        own = (PROFILE_FILE, *WAIVERS, *(file.file for file in handed.reading.files if file.log))
        _spared([file for _, file in wanted], read, paths, own)
        with rules_named(select, ignore):
            found = judge(handed, days, as_of, asked, more, known, progress=progress)
    if not quiet and not any(file == "-" for _, file in wanted):
        wanted.append(("text", "-"))
    if not quiet:
        for line in left_out(handed.reading.files):
            click.echo(f"not used: {line}", err=True)
    _write(found, wanted, telling)
    sys.exit(exit_code(found, fail_on, allow_incomplete))


def _saved(file: Path) -> "Saved":
    from smpcompliance.report.saved import read_saved

    return read_saved(file.read_bytes(), str(file))


def _waivers(file: Path) -> "Sequence[Waiver]":
    from smpcompliance.api import beside
    from smpcompliance.audit.waivers import read_waivers

    return read_waivers(text_of_file(file), beside(file))


def _baseline(file: Path) -> "Baseline":
    from smpcompliance.audit.baseline import read_baseline

    return read_baseline(file.read_bytes(), str(file))


def _write(found: "Audit", wanted: Sequence[tuple[str, str]], telling: "Telling") -> None:
    from smpcompliance.report import render

    for name, file in wanted:
        put(file, render(found, name, telling), f"{name} report")
