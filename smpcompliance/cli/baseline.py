"""`smpcompliance baseline`: take the breaches of today as known, so that a check fails for new ones only."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.output import write_whole
from smpcompliance.cli.shared import kindly

if TYPE_CHECKING:
    from smpcompliance.audit.baseline import Baseline, Known
    from smpcompliance.report.saved import Saved

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=Path("baseline.json"), show_default=True,
    help="Where to write it.",
)  # fmt: skip


@click.group(name="baseline")
def command() -> None:
    """Take the breaches of today as known, so that a check fails for new ones only.

    Give the file to `audit --baseline`. The breaches are told in every report as before; they do not count. Duties that
    cannot be waived (`waivable: false` in their rule) are never taken in.
    """


@command.command(name="create")
@click.argument("report", type=_FILE, metavar="AUDIT.json")
@_OUTPUT
@kindly
def create(report: Path, output: Path) -> None:
    """Make a baseline of the breaches in a JSON report."""
    from smpcompliance.report.saved import read_saved

    saved = read_saved(report.read_bytes(), str(report))
    entries, refused = _breaches(saved)
    _write(_baseline(saved, entries), output)
    click.echo(f"{output}: {entries.total():,} breaches are known from now on", err=True)
    if refused:
        click.echo(f"{refused:,} breaches are left out: their duties cannot be waived, so they count", err=True)


@command.command(name="update")
@click.argument("baseline", type=_FILE, metavar="BASELINE.json")
@click.argument("report", type=_FILE, metavar="AUDIT.json")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; default: in its place."
)
@kindly
def update(baseline: Path, report: Path, output: Path | None) -> None:
    """Take out of a baseline what a newer JSON report of the same days has judged and no longer found.

    Nothing is ever added.
    """
    from smpcompliance.audit.baseline import read_baseline
    from smpcompliance.report.saved import read_saved

    known = read_baseline(baseline.read_bytes(), str(baseline))
    saved = read_saved(report.read_bytes(), str(report))
    there, _ = _breaches(saved)
    judged = {
        (r.studio_id, r.rule)
        for r in saved.report.results
        if r.status in ("pass", "fail") and known.is_looked_at(saved.period)
    }
    kept = Counter(
        {
            entry: min(times, there[entry]) if (entry.studio_id, entry.rule) in judged else times
            for entry, times in known.entries.items()
        }
    )
    gone = sum(known.entries.values()) - kept.total()
    _write(replace(known, entries=+kept), output or baseline)
    click.echo(f"{output or baseline}: {gone:,} breaches are gone, {kept.total():,} stay known", err=True)


def _breaches(saved: "Saved") -> "tuple[Counter[Known], int]":
    """The breaches of a report that a baseline may hold, and how many it may not."""
    from smpcompliance.audit.baseline import Known

    entries: Counter[Known] = Counter()
    refused = 0
    for result in saved.report.results:
        if result.waivable:
            entries.update(Known(result.studio_id, result.rule, finding.fingerprint) for finding in result.findings)
        else:
            refused += len(result.findings)
    return entries, refused


def _baseline(saved: "Saved", entries: "Counter[Known]") -> "Baseline":
    from smpcompliance import dates
    from smpcompliance.audit.baseline import Baseline

    report = saved.report
    rulesets = {ruleset.id: ruleset.sha256 for ruleset in report.rulesets}
    return Baseline(dates.day(report.as_of), report.tool.version, rulesets, entries, saved.period)


def _write(baseline: "Baseline", file: Path) -> None:
    from smpcompliance.audit.baseline import baseline_data

    write_whole(file, (json.dumps(baseline_data(baseline), indent=1, ensure_ascii=False) + "\n").encode())
