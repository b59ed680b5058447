"""`smpcompliance doctor`: what was read from each file, what was not, and which duties wait for what."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from smpcompliance.audit.finding import Input
from smpcompliance.audit.needs import Blocked, blocked
from smpcompliance.audit.run import check_profiles, tasks
from smpcompliance.cli.reading import Handed, hand_in
from smpcompliance.cli.shared import Law, kindly, law_options
from smpcompliance.logs.intake.folder import FileRead
from smpcompliance.logs.intake.meaning import Meaning
from smpcompliance.report.untrusted import clean

_SHOWN = 8


@click.command(name="doctor")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to look at, instead of studio.yaml."
)
@click.option("--overlay", "overlays", multiple=True, metavar="ID", help="Further ruleset or county.")
@kindly
@law_options
def command(paths: Sequence[Path], jurisdictions: Sequence[str], overlays: Sequence[str], law: Law) -> None:
    """Show each file and the log it is, each head and the column it means, what cannot be read, and what is missing."""
    handed = hand_in(paths, jurisdictions, overlays, law, lambda _: None)
    logs = handed.reading.intake.logs
    check_profiles(logs.studios, handed.rulesets)
    rules = tasks(logs.studios, handed.rulesets)
    for code, studio in enumerate(logs.studios):
        click.echo(f"{clean(studio.name)} ({clean(studio.studio_id)}), {studio.jurisdiction}")
        own = [file for file in handed.reading.files if file.studio == code]
        click.echo("\n".join(_files(own, handed.inputs, studio.studio_id)))
        click.echo("\n".join(_unreadable(handed, code)))
        click.echo("\n".join(_missing(blocked(rules, logs, code))) + "\n")
    sys.exit(0)


def _files(files: Sequence[FileRead], inputs: Sequence[Input], studio_id: str) -> Iterator[str]:
    """Each file with its heads; files that tell the same (the printouts of one machine) as one."""
    alike: dict[tuple[FileRead, tuple[str, ...]], list[FileRead]] = {}
    for file in files:
        remarks = next((i.remarks for i in inputs if (i.studio_id, i.file) == (studio_id, file.file)), ())
        alike.setdefault((replace(file, file="", sha256="", rows=0), remarks), []).append(file)
    for (kind, remarks), same in alike.items():
        more = f" and {len(same) - 1} more like it" if len(same) > 1 else ""
        yield f"\n  {clean(same[0].file)}{more} → {kind.log or 'no log'}, {sum(file.rows for file in same)} rows"
        yield from (f"    ! {clean(remark)}" for remark in remarks)
        if not same[0].problem:
            yield from (f"    {clean(m.head):32} → {_targets(m, kind.log or '')}" for m in same[0].meanings if m.head)


def _targets(meaning: Meaning, log: str) -> str:
    return ", ".join(target.text(log) for target in meaning.targets) or "not used"


def _unreadable(handed: Handed, code: int) -> Iterator[str]:
    intake = handed.reading.intake
    places = [place for studio, place in intake.misfits if studio == code]
    places += [p for log in intake.logs.tables.values() for studio, p in log.unreadable() if studio == code]
    yield f"\n  {len(places)} lines or cells cannot be read"
    for place in sorted(places, key=lambda p: (p.file, p.line, p.column or "")):
        column = f", {clean(place.column)}" if place.column else ""
        yield f"    {clean(place.file)}, line {place.line}{column}: {clean(place.text)!r}: {clean(place.reason)}"


def _missing(found: Sequence[Blocked]) -> Iterator[str]:
    yield f"\n  {len(found)} logs and columns are not handed in; rules that wait for them:"
    for each in found:
        rules = ", ".join(each.rules[:_SHOWN]) + (
            f" and {len(each.rules) - _SHOWN} more" if len(each.rules) > _SHOWN else ""
        )
        name = f"{each.log}.{each.column}" if each.column else f"{each.log} (the whole log)"
        yield f"    {name}: {rules}"
