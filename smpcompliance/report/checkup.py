"""What doctor says of a studio's files: what each is, what each head means, what cannot be read, what is missing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from smpcompliance.audit.judge import Task
from smpcompliance.audit.needs import Blocked, LeftOpen, blocked, left_open
from smpcompliance.logs.intake.build import Intake
from smpcompliance.logs.intake.folder import FileRead, Reading
from smpcompliance.logs.intake.heads.meaning import Meaning
from smpcompliance.logs.intake.heads.proposals import Proposal, open_proposals, waiting
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.schema import schema
from smpcompliance.logs.target import Target

MOST_UNREADABLE = 40
"""How many unreadable cells of one file are shown."""


@dataclass(frozen=True)
class HeadTold:
    """A head and where its cells go, as the studio would write it.

    Attributes:
        unit, order: what the head itself states; empty where it states none.
        proposed: where they may go; never used before the studio says so.
    """

    head: str
    targets: tuple[str, ...]
    unit: str
    order: str
    proposed: tuple[str, ...]


@dataclass(frozen=True)
class FileTold:
    """A file, or a sheet of a workbook; files that tell the same (the printouts of one machine) stand together.

    Attributes:
        files: the names.
        log: the log it is, None where it is none; `proposed_log` the one it may be.
        feeds: further logs that it feeds, each with the number of records.
        remarks: what the owner should know of its reading: dates, letters, what was left out.
        unreadable: how many lines and cells cannot be read; `shown` the first of them.
    """

    files: tuple[str, ...]
    sheet: str
    log: str | None
    format: str
    rows: int
    problem: str
    feeds: tuple[tuple[str, int], ...]
    remarks: tuple[str, ...]
    heads: tuple[HeadTold, ...]
    proposed_log: str | None = None
    unreadable: int = 0
    shown: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class Checkup:
    """What doctor says of one studio.

    Attributes:
        law: the ids of its rulesets; empty where it says none, so that nothing can be said of duties.
        new: proposals of which the studio's own file says nothing yet; `waiting` those that stand in it.
        choices: (file and sheet, head, places) of heads that may mean one of several columns, for the owner to choose.
    """

    studio_id: str
    name: str
    law: tuple[str, ...]
    files: tuple[FileTold, ...]
    new: tuple[Proposal, ...]
    waiting: tuple[Proposal, ...]
    choices: tuple[tuple[str, str, tuple[str, ...]], ...]
    missing: tuple[Blocked, ...]
    left_open: tuple[LeftOpen, ...]

    def as_json(self) -> dict[str, Any]:
        """The checkup as plain data."""
        data: dict[str, Any] = asdict(self)
        return data


def checkup(reading: Reading, tasks: Sequence[Task], law: Sequence[str], code: int) -> Checkup:
    """What doctor says of the studio of this code."""
    intake = reading.intake
    studio = intake.logs.studios[code]
    own = [file for file in reading.files if file.studio == code]
    found = [proposal for file in own for proposal in _proposals(file)]
    choices = [
        (file.place, meaning.head, tuple(t.text(file.log or "") for t in meaning.proposed))
        for file in own
        for meaning in _heads(file)
        if len(meaning.proposed) > 1
    ]
    return Checkup(
        studio.studio_id,
        studio.name,
        tuple(law),
        tuple(_told(own, _remarks(intake, code), _unreadable(intake, code))),
        tuple(dict.fromkeys(open_proposals(studio, found))),
        tuple(waiting(studio)),
        tuple(choices),
        tuple(blocked(tasks, intake.logs, code)),
        tuple(left_open(tasks, intake.logs, code)),
    )


def _told(
    files: Sequence[FileRead],
    remarks: dict[str, tuple[str, ...]],
    unreadable: dict[tuple[str, str], list[Unreadable]],
) -> list[FileTold]:
    alike: dict[tuple[FileRead, tuple[str, ...]], list[FileRead]] = {}
    told_at = {file.place: file for file in reversed(files)}
    for file in files:
        own = remarks.get(file.place, ()) if told_at[file.place] is file else ()
        cannot = (file.file, file.sheet) in unreadable
        feeds = tuple((log, 0) for log, _ in file.feeds)
        kind = replace(file, file=file.file if cannot else "", sha256="", rows=0, feeds=feeds)
        alike.setdefault((kind, own), []).append(file)
    out = []
    for (_, own), same in alike.items():
        first = same[0]
        cells = unreadable.get((first.file, first.sheet), [])
        out.append(
            FileTold(
                tuple(file.file for file in same),
                first.sheet,
                first.log,
                first.format,
                sum(file.rows for file in same),
                first.problem,
                tuple((log, sum(dict(f.feeds).get(log, 0) for f in same)) for log, _ in first.feeds),
                own,
                tuple(_head(meaning, first.log or "") for meaning in _heads(first)),
                first.likely,
                len(cells),
                tuple(cells[:MOST_UNREADABLE]),
            )
        )
    return out


def _heads(file: FileRead) -> tuple[Meaning, ...]:
    return tuple(meaning for meaning in file.meanings if meaning.head.strip())


def _head(meaning: Meaning, log: str) -> HeadTold:
    targets = tuple(target.text(log) for target in meaning.targets)
    return HeadTold(meaning.head, targets, meaning.unit, meaning.order, tuple(t.text(log) for t in meaning.proposed))


def _proposals(file: FileRead) -> list[Proposal]:
    """What would be written for a file: its likely log, or the one column that a head may mean."""
    if file.log is None:
        return [Proposal(file.file, file.sheet, "", file.likely)] if file.likely else []
    return [
        Proposal(file.file, file.sheet, meaning.head, meaning.proposed[0].text(file.log), _about(meaning.proposed[0]))
        for meaning in _heads(file)
        if len(meaning.proposed) == 1
    ]


def _about(place: Target) -> str:
    return schema(place.log).columns[place.column].about


def _remarks(intake: Intake, code: int) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for studio, file, text in intake.remarks:
        if studio == code and text not in found.get(file, ()):
            found[file] = (*found.get(file, ()), text)
    return found


def _unreadable(intake: Intake, code: int) -> dict[tuple[str, str], list[Unreadable]]:
    places = [place for studio, place in intake.misfits if studio == code]
    places += [place for log in intake.logs.tables.values() for studio, place in log.unreadable() if studio == code]
    found: dict[tuple[str, str], list[Unreadable]] = {}
    for place in sorted(dict.fromkeys(places), key=lambda p: (p.file, p.sheet, p.line, p.column or "")):
        found.setdefault((place.file, place.sheet), []).append(place)
    return found
