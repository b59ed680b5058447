"""`smpcompliance doctor`: what was read from each file, what was not, and which duties wait for what."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.reading import GIVEN, given
from smpcompliance.cli.shared import fail, kindly, law_options, overlay_option

if TYPE_CHECKING:
    from smpcompliance.audit.judge import Task
    from smpcompliance.logs.intake.heads.proposals import Proposal
    from smpcompliance.logs.intake.places.place import Place
    from smpcompliance.logs.studio import Studio
    from smpcompliance.report.checkup import Checkup
    from smpcompliance.rules.shelves import Law

SCHEMA = "smpcompliance/doctor/1"


@click.command(name="doctor")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to look at, instead of studio.yaml."
)
@overlay_option
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", help="What is printed.")
@click.option(
    "--write", is_flag=True, help="Put proposals into studio.yaml, for you to confirm; nothing else is touched."
)
@kindly
@law_options
def command(
    paths: Sequence[Path], jurisdictions: Sequence[str], overlays: Sequence[str], shape: str, write: bool, law: "Law"
) -> None:
    """Show each file and the log it is, each head and the column it means, what cannot be read, and what is missing."""
    from smpcompliance.audit.run import law_of
    from smpcompliance.logs.intake.folder import read_folders
    from smpcompliance.report.checkup import checkup
    from smpcompliance.report.checkup_text import checkup_text

    found = _found(paths, jurisdictions, overlays, law)
    studios, rules = _law(found, law)
    places = [place for place, _ in found]
    reading = read_folders(list(zip(places, studios, strict=True)))
    told = [checkup(reading, rules, law_of(studio), code) for code, studio in enumerate(studios)]
    if shape == "json":
        data = {"schema": SCHEMA, "studios": [each.as_json() for each in told]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n\n".join(map(checkup_text, told)))
    if write:
        for place, each in zip(places, told, strict=True):
            click.echo(_write(place, each), err=shape == "json")
    sys.exit(0)


def _found(
    paths: Sequence[Path], jurisdictions: Sequence[str], overlays: Sequence[str], law: "Law"
) -> "list[tuple[Place, Studio]]":
    from smpcompliance.audit.run import with_law
    from smpcompliance.logs.intake.folder import find_studios

    for id in jurisdictions:
        if id not in law.shelves:
            fail(f"there is no ruleset {id!r}; known are {', '.join(law.shelves)}")
    return [(place, with_law(studio, jurisdictions, overlays)) for place, studio in find_studios(given(paths))]


def _law(found: "Sequence[tuple[Place, Studio]]", law: "Law") -> "tuple[list[Studio], list[Task]]":
    """The studios under their law, and the rules that reach them; a studio that names no law is looked at without."""
    from smpcompliance.audit.run import check_profiles, tasks, under, wanted_rulesets
    from smpcompliance.rules.ruleset import load_rulesets

    known = list(law.shelves)
    lawful = [studio for _, studio in found if studio.jurisdiction]
    loaded = load_rulesets(law.shelves, {*wanted_rulesets(lawful, known), *law.own})
    studios = [under(studio, loaded, law.own) if studio.jurisdiction else studio for _, studio in found]
    check_profiles([studio for studio in studios if studio.jurisdiction], loaded)
    return studios, tasks(studios, loaded)


def _write(place: "Place", told: "Checkup") -> str:
    """Puts the new proposals into a studio's own file; what was done, in words."""
    from smpcompliance.logs.intake import fleet
    from smpcompliance.logs.intake.heads.proposals import with_proposals
    from smpcompliance.logs.intake.places.place import PROFILE_FILE, at_top
    from smpcompliance.report.untrusted import clean

    if not told.new:
        return f"\n{clean(str(place))}: there is nothing new to propose; studio.yaml stays as it is"
    if place.archive is not None:
        return f"\n{clean(str(place))}: an archive is not written to; unpack it and run doctor --write on the folder"
    file = place.path / PROFILE_FILE
    if not file.is_file() and any(True for _ in at_top(place, fleet.is_called)):
        return (
            f"\n{clean(str(place))}: the studios of this folder stand in a table; a studio.yaml is not made beside it"
        )
    before = file.read_bytes().decode("utf-8") if file.is_file() else ""
    after, written = with_proposals(before, told.new)
    if written:
        _replace(file, after)
    lines = [f"\nproposals written to {clean(str(file))}: {len(written)}"] + [f"  {_said(each)}" for each in written]
    if written:
        lines.append(
            "Nothing of this is used yet. Look at each: move it from proposed to columns, rename proposed_log to"
        )
        lines.append("log, or delete the line. Then run doctor again.")
    if left := [each for each in told.new if each not in written]:
        lines.append("not written, because what stands in studio.yaml leaves no place for it; add it yourself:")
        lines += [f"  {_said(each)}" for each in left]
    return "\n".join(lines)


def _replace(file: Path, text: str) -> None:
    """Writes beside the file first, so that it is never half written."""
    from smpcompliance.report.untrusted import clean

    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_bytes(text.encode("utf-8"))
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        fail(f"{clean(str(file))} cannot be written: {error.strerror}")


def _said(proposal: "Proposal") -> str:
    from smpcompliance.report.untrusted import clean

    sheet = f", sheet {clean(proposal.sheet)}" if proposal.sheet else ""
    what = f"{clean(proposal.head, 80)} → {proposal.place}" if proposal.head else f"the log may be {proposal.place}"
    return f"{clean(proposal.file)}{sheet}: {what}"
