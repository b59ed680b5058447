"""`smpcompliance fleet audit`: every bucket judged, results and a summary written, and an exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.fleet.telling import (
    SUMMARY,
    exit_code,
    fail_on_option,
    incomplete_option,
    language_option,
    put_out,
    summary_option,
)
from smpcompliance.cli.output import outside
from smpcompliance.cli.progress import progress_bar
from smpcompliance.cli.reading import GIVEN, given
from smpcompliance.cli.shared import (
    audit_day,
    fail,
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
from smpcompliance.report.untrusted import clean

if TYPE_CHECKING:
    from smpcompliance.audit.finding import Asked
    from smpcompliance.audit.waivers import Waiver
    from smpcompliance.dates import Period
    from smpcompliance.fleet.bucket import Question
    from smpcompliance.fleet.drive import Driven, Workers
    from smpcompliance.fleet.merge import Wanted, What
    from smpcompliance.rules.shelves import Law

FORMS = ("jsonl", "parquet")
_PACK_FIRST = "exports are audited in one pass by one process; for workers, pack them first with `fleet pack`"


@click.command(name="audit")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results; a run that was stopped goes on from what it left there.",
)
@click.option(
    "--period", metavar="PERIOD", help="2026-10, 2026, 2026-07-01/2026-09-30 or all; default: the last full month."
)
@click.option("--as-of", metavar="DATE", callback=audit_day, help="The audit day; default today.")
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    default=0,
    show_default=True,
    help="Processes that share the buckets; 0: this one alone.",
)
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="A Dask cluster that is there, instead of --workers.")
@click.option(
    "--worker-memory", default="auto", show_default=True, metavar="SIZE", help="Most that a worker may take, like 1GB."
)
@click.option(
    "--first", type=click.IntRange(0), default=10, show_default=True, help="Findings told of each rule and studio."
)
@summary_option
@click.option("--results", multiple=True, metavar="FORMAT=FILE", help=f"Studio by rule ({', '.join(FORMS)}).")
@click.option("--findings", multiple=True, metavar="FORMAT=FILE", help=f"The first findings ({', '.join(FORMS)}).")
@click.option("--unread", multiple=True, metavar="FORMAT=FILE", help=f"What could not be read ({', '.join(FORMS)}).")
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to judge by, instead of the studios'."
)
@overlay_option
@select_option
@ignore_option
@waivers_option
@fail_on_option
@incomplete_option
@language_option
@quiet_option
@no_progress_option
@kindly
@law_options
def audit(
    paths: Sequence[Path],
    out: Path,
    period: str | None,
    as_of: date,
    workers: int,
    scheduler: str | None,
    worker_memory: str,
    first: int,
    summaries: Sequence[tuple[str, str]],
    results: Sequence[str],
    findings: Sequence[str],
    unread: Sequence[str],
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    select: Sequence[str],
    ignore: Sequence[str],
    waiver_files: Sequence[Path],
    fail_on: str,
    allow_incomplete: bool,
    language: str,
    quiet: bool,
    no_progress: bool,
    law: "Law",
) -> None:
    """Audit a packed dataset, or exports as `audit` takes them (these in one pass, all of them in memory).

    Writes results.jsonl, findings.jsonl, unread.jsonl (what could not be read) and summary.json into the folder --out;
    the summary as text goes to stdout.
    The bytes are the same whatever the number of workers, and whichever of them died. A bucket that could not be
    audited is named, gives exit code 4, and is never a pass.
    """
    from smpcompliance.api import beside
    from smpcompliance.audit.finding import Asked
    from smpcompliance.audit.waivers import read_waivers
    from smpcompliance.cli.audit import asked_period
    from smpcompliance.fleet.drive import Workers
    from smpcompliance.fleet.merge import summary, tables
    from smpcompliance.fleet.whole import NotWritten

    days = asked_period(period, as_of)
    wanted = [*_tables("results", results, out), *_tables("findings", findings, out), *_tables("unread", unread, out)]
    _apart([*(str(each.file) for each in wanted), *(file for _, file in summaries)], out, paths)
    asked = Asked(tuple(jurisdictions), tuple(overlays), tuple(select), tuple(ignore))
    waivers = [waiver for file in waiver_files for waiver in read_waivers(text_of_file(file), beside(file))]
    who = Workers(workers, scheduler, worker_memory)
    try:
        with progress_bar(not (quiet or no_progress)) as progress, rules_named(select, ignore):
            question, driven, buckets = _driven(paths, out, who, law, days, as_of, asked, waivers, first, progress)
        for line in driven.left_out:
            click.echo(f"not used: {line}", err=True)
        if driven.kept:
            click.echo(f"{driven.kept:,} of {len(driven.parts):,} buckets were audited by an earlier run", err=True)
        (out / SUMMARY).unlink(missing_ok=True)
        with tables(wanted) as seen:
            found = summary(driven.parts, question, buckets, driven.not_audited, seen)
    except NotWritten as error:
        fail(f"{error}; give a folder that exists and can be written to")
    for gone in found.not_audited:
        whose = f"{len(gone.studios):,} studios" if gone.studios else "which studios, cannot be read"
        click.echo(f"not audited: bucket {gone.bucket} ({whose}): {clean(gone.reason)}", err=True)
    put_out(found, [("json", str(out / SUMMARY)), *summaries], language, quiet)
    sys.exit(exit_code(found, fail_on, allow_incomplete))


def _driven(
    paths: Sequence[Path],
    out: Path,
    workers: "Workers",
    law: "Law",
    days: "Period",
    as_of: date,
    asked: "Asked",
    waivers: Sequence["Waiver"],
    first: int,
    progress: Callable[[str], None],
) -> tuple["Question", "Driven", int]:
    """What was asked, what came of it, and the number of buckets; exports that are not packed are one bucket."""
    from smpcompliance.fleet.asking import ask_at_once, question_of
    from smpcompliance.fleet.dataset import is_dataset, open_dataset
    from smpcompliance.fleet.drive import drive

    if not any(map(is_dataset, paths)):
        if workers.local or workers.scheduler:
            fail(_PACK_FIRST)
        question, driven = ask_at_once(given(paths), law, days, as_of, asked, waivers, first, out, progress)
        return question, driven, 1
    if len(paths) > 1:
        fail("give one dataset, or exports; a dataset stands alone")
    dataset = open_dataset(paths[0].resolve())
    question = question_of(dataset, law, days, as_of, asked, waivers, first)
    return question, drive(dataset, question, out, workers, progress), len(dataset.files)


def _tables(what: "What", texts: Sequence[str], out: Path) -> list["Wanted"]:
    """The tables that are wanted, and the one that is always written."""
    from smpcompliance.fleet.merge import Wanted

    found = [Wanted(what, "jsonl", out / f"{what}.jsonl")]
    for text in texts:
        name, equals, file = text.partition("=")
        if name not in FORMS or not equals or not file or file == "-":
            hint = f"{text!r}: write FORMAT=FILE, the formats are {', '.join(FORMS)}"
            raise click.BadParameter(hint, param_hint=f"--{what}")
        found.append(Wanted(what, name, Path(file)))
    return found


def _apart(files: Sequence[str], out: Path, paths: Sequence[Path]) -> None:
    """Each output has a place of its own, and none lies in what is read."""
    places = [os.path.realpath(file) for file in (*files, str(out / SUMMARY)) if file != "-"]
    if len(set(places)) < len(places) or list(files).count("-") > 1:
        raise click.BadParameter("two outputs go to one place; give each its own", param_hint="--summary")
    outside([*places, out], paths)
