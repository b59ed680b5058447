"""The whole way in one place: a folder of records, the law of its place, an audit, its findings as a table.

The command line stands on this module, and so may any other program. There is no clock here: whoever asks for an audit
says the audit day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance import __version__, dates
from smpcompliance.audit.finding import NOTHING_MORE, Asked, Audit, Input
from smpcompliance.audit.run import audit, law_of, under, wanted_rulesets, with_law
from smpcompliance.dates import Period
from smpcompliance.logs.intake.folder import FileRead, Reading, find_studios, read_folders
from smpcompliance.logs.intake.places.place import WAIVERS, Place, own_files, text_of
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.logs.intake.raw import SourceFile, Unreadable
from smpcompliance.logs.studio import Studio
from smpcompliance.report.untrusted import clean
from smpcompliance.rules.ruleset import Law, Ruleset, law_at, load_rulesets

if TYPE_CHECKING:
    import pandas as pd

    from smpcompliance.audit.baseline import Baseline
    from smpcompliance.audit.waivers import Waiver
    from smpcompliance.trace.recalls import RecallList
    from smpcompliance.trace.run import Kind, Query, Trace

_LONGEST_LINE = 2000  # characters of a message
_SILENT = "no log of this studio holds a record; nothing of it could be judged"


@dataclass(frozen=True)
class Handed:
    """What was handed in, and the law it is judged by."""

    reading: Reading
    rulesets: dict[str, Ruleset]
    inputs: tuple[Input, ...]
    waivers: "tuple[Waiver, ...]"


def hand_in(
    paths: Sequence[Path | SourceFile],
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    law: Law,
    progress: Callable[[str], None] = lambda _: None,
    order: Sequence[str] = (),
) -> Handed:
    """Reads studios, logs and law; with `order`, ids of studios, in that order instead of the paths'.

    Raises:
        NothingToRead: there is nothing to judge, or nothing to judge it by.
        SourceError: mistakes in files that people wrote.
    """
    known_places(jurisdictions, law)
    rank = {id: n for n, id in enumerate(order)}
    placed = sorted(find_studios(paths), key=lambda one: rank.get(one[1].studio_id, len(rank)))
    studios, loaded = under_law([studio for _, studio in placed], jurisdictions, overlays, law)
    found = [(place, studio) for (place, _), studio in zip(placed, studios, strict=True)]
    reading = read_folders(found, progress)
    if not any(file.log and not file.problem for file in reading.files):
        left = "\n".join(f"  {line}" for line in left_out(reading.files))
        raise NothingToRead("\n".join(filter(None, ("nothing to audit: no file could be used as a log.", left))))
    return Handed(reading, loaded, inputs_of(reading), tuple(_waivers(found)))


def known_places(jurisdictions: Sequence[str], law: Law) -> None:
    """Looks at the places that were asked for.

    Raises:
        NothingToRead: there is no ruleset of one.
    """
    for id in jurisdictions:
        if id not in law.shelves:
            raise NothingToRead(f"there is no ruleset {id!r}; known are {', '.join(law.shelves)}")


def under_law(
    studios: Sequence[Studio], jurisdictions: Sequence[str], overlays: Sequence[str], law: Law
) -> tuple[list[Studio], dict[str, Ruleset]]:
    """Studios with the law they are judged by, and the rulesets of all of them, parents included.

    Raises:
        NothingToRead: a ruleset of the user's own is the law of none of them.
        SourceError: a studio names no law, or one that is not known; mistakes in rulesets.
    """
    lawful = [with_law(studio, jurisdictions, overlays) for studio in studios]
    loaded = load_rulesets(law.shelves, {*wanted_rulesets(lawful, list(law.shelves)), *law.own})
    lawful = [under(studio, loaded, law.own) for studio in lawful]
    for id in law.own:
        if not any(id in law_of(studio) for studio in lawful):
            raise NothingToRead(f"the ruleset {id} extends {loaded[id].extends}, which is the law of no studio here")
    return lawful, loaded


def judge(
    handed: Handed,
    period: Period,
    as_of: date,
    asked: Asked = NOTHING_MORE,
    waivers: "Sequence[Waiver]" = (),
    baseline: "Baseline | None" = None,
    inputs: Sequence[Input] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Judges what was handed in, and marks what waivers (those in the studios' folders first) and a baseline cover.

    Raises:
        ValueError: a glob of `asked` matches no rule.
    """
    files = handed.inputs if inputs is None else inputs
    intake = handed.reading.intake
    found = audit(
        handed.rulesets,
        replace(intake, misfits=(*intake.misfits, *not_there(handed.reading))),
        files,
        period,
        as_of,
        version=__version__,
        asked=asked,
        progress=progress,
    )
    if every := [*handed.waivers, *waivers]:
        from smpcompliance.audit.waive import waived

        found = waived(found, every)
    if baseline:
        from smpcompliance.audit.waive import since_baseline

        found = since_baseline(found, baseline)
    return found


def audit_studios(
    *paths: str | Path,
    as_of: date | str,
    period: Period | str | None = None,
    jurisdictions: Sequence[str] = (),
    overlays: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    rulesets: Sequence[str | Path] = (),
    waivers: Sequence[str | Path] = (),
    baseline: str | Path | None = None,
) -> Audit:
    """Audits studios, as `smpcompliance audit` does.

    Args:
        paths: studio folders, folders of them, ZIP archives.
        as_of: the audit day, a date or `2026-11-10`.
        period: the days whose records are judged, as in `2026-10`, `2026` or `all`; by default the last full month.
        jurisdictions, overlays: law to judge by, instead of and beside that of studio.yaml.
        select, ignore: globs over rule ids (`US-CA/spore-*`).
        rulesets: folders with rulesets of your own.
        waivers, baseline: files beside those in the studios' folders.

    Raises:
        NothingToRead: a path leads nowhere, or no file there is a log.
        SourceError: every mistake in a studio's own files, in waivers or rules, each with its place.
        ValueError: a day, period or glob that says nothing.
    """
    day = dates.day(as_of) if isinstance(as_of, str) else as_of
    days = dates.period(period) if isinstance(period, str) else period or last_month(day)
    if days.first > day:
        raise ValueError(f"the period begins after the audit day, {day.isoformat()}; nothing of it can be judged yet")
    if "" in paths:
        raise NothingToRead("a path is empty; say '.' for the present folder")
    law = law_at(own=[Path(folder) for folder in rulesets])
    handed = hand_in([Path(path) for path in paths], jurisdictions, overlays, law)
    more = [waiver for file in waivers for waiver in _read_waivers(Path(file).read_text("utf-8-sig"), beside(file))]
    known = _read_baseline(Path(baseline)) if baseline else None
    asked = Asked(tuple(jurisdictions), tuple(overlays), tuple(select), tuple(ignore))
    return judge(handed, days, day, asked, more, known)


def traced(
    handed: Handed,
    query: "Query",
    as_of: date,
    recalls: "RecallList | None" = None,
    inputs: Sequence[Input] | None = None,
) -> "Trace":
    """Traces one thing through what was handed in.

    Args:
        recalls: the list of recalls to be asked; None: the shipped one.

    Raises:
        NotKnown: no studio knows the machine, practitioner, client or station that is asked for.
        ValueError: a kind that needs a key has none.
    """
    from smpcompliance.trace.run import trace, unreadable_cells

    intake = handed.reading.intake
    studios = intake.logs.studios
    lines = [(studios[code].studio_id, place) for code, place in (*intake.misfits, *not_there(handed.reading))]
    return trace(
        query,
        handed.rulesets,
        intake.logs,
        as_of,
        version=__version__,
        inputs=handed.inputs if inputs is None else inputs,
        unreadable=[*lines, *unreadable_cells(intake.logs)],
        recalls=recalls,
    )


def trace_studios(
    *paths: str | Path,
    as_of: date | str,
    kind: "Kind",
    key: str = "",
    period: Period | str | None = None,
    seed: int | None = None,
    recalls: Sequence[str | Path] = (),
    jurisdictions: Sequence[str] = (),
    overlays: Sequence[str] = (),
    rulesets: Sequence[str | Path] = (),
) -> "Trace":
    """Traces one thing through studios, as `smpcompliance trace` does.

    Args:
        paths: studio folders, folders of them, ZIP archives.
        as_of: the day of the trace, a date or `2026-11-10`; later records are not looked at.
        kind: what is traced: `failed_tests`, `equipment`, `lot`, `recalls`, `practitioner`, `client`, `station`,
            `period` or `drill`.
        key: the machine, lot number, practitioner, client or station.
        period: the days asked for, as in `2026-10`, `2026` or `all`; by default all.
        seed: of a drill; by default the day of the trace as a number.
        recalls: files of recalls beside the shipped list.
        jurisdictions, overlays: law to ask by, instead of and beside that of studio.yaml.
        rulesets: folders with rulesets of your own.

    Raises:
        NothingToRead: a path leads nowhere, or no file there is a log.
        SourceError: every mistake in a studio's own files, in recalls or rules, each with its place.
        ValueError: a day, period, kind or key that says nothing; `NotKnown` where no studio knows the key.
    """
    from smpcompliance.trace.recalls import recall_list
    from smpcompliance.trace.run import KINDS, Query

    if kind not in KINDS:
        raise ValueError(f"there is nothing called {kind!r} to trace; there are {', '.join(KINDS)}")
    day = dates.day(as_of) if isinstance(as_of, str) else as_of
    days = dates.period(period) if isinstance(period, str) else period
    if days and days.first > day:
        raise ValueError(f"the period begins after the day of the trace, {day.isoformat()}")
    if "" in paths:
        raise NothingToRead("a path is empty; say '.' for the present folder")
    law = law_at(own=[Path(folder) for folder in rulesets])
    handed = hand_in([Path(path) for path in paths], jurisdictions, overlays, law)
    more = ((Path(file).read_text("utf-8-sig"), str(file)) for file in recalls)
    known = recall_list(*more) if kind == "recalls" else None
    return traced(handed, Query(kind, key, days, seed), day, known)


def findings(found: Audit) -> "pd.DataFrame":
    """The breaches and the things that could not be judged as a pandas DataFrame, one row each (`report/frame.py`)."""
    from smpcompliance.report.frame import frame

    return frame(found)


def last_month(day: date) -> Period:
    """The last full calendar month before a day."""
    return dates.month(day.replace(day=1) - timedelta(days=1))


def left_out(files: Sequence[FileRead]) -> list[str]:
    """A line for each file that is not used, with the reason; files that never could be a log are not spoken of."""
    return [clean(f"{file.place}: {_why(file)}", _LONGEST_LINE) for file in files if file.is_left_out]


def unread_logs(files: Sequence[FileRead]) -> tuple[tuple[int, Unreadable], ...]:
    """The files that are logs by their names and are not used: like a torn line, each may hold what breaches a duty."""
    return tuple(
        (file.studio, Unreadable(file.file, 1, None, "", f"the file is not used; {_why(file)}", file.sheet))
        for file in files
        if file.is_unread_log
    )


def not_there(reading: Reading) -> tuple[tuple[int, Unreadable], ...]:
    """What a studio handed in without a record that could be judged: logs that are not used, and all logs empty.

    An export that broke looks like a studio in which nothing happened.
    """
    logs = reading.intake.logs
    filled = np.zeros(len(logs.studios), bool)
    for log in logs.tables.values():
        filled[log.studio] = True
    names = {file.studio: file for file in reversed(reading.files) if file.log}
    silent = [
        (code, Unreadable(names[code].file, 1, None, "", _SILENT, names[code].sheet))
        for code in range(len(logs.studios))
        if not filled[code] and code in names
    ]
    return (*unread_logs(reading.files), *silent)


def _why(file: FileRead) -> str:
    return file.problem.removeprefix(f"{file.file}: ")


def beside(file: str | Path) -> str:
    """The name of a file of waivers that lies in no studio's folder; never one that those in the folders have."""
    return f"./{file}" if str(file) in WAIVERS else str(file)


def _read_waivers(text: str, name: str, whose: str | None = None) -> "Sequence[Waiver]":
    from smpcompliance.audit.waivers import read_waivers

    return read_waivers(text, name, whose)


def _read_baseline(file: Path) -> "Baseline":
    from smpcompliance.audit.baseline import read_baseline

    return read_baseline(file.read_bytes(), str(file))


def _waivers(found: Sequence[tuple[Place, Studio]]) -> "Iterator[Waiver]":
    """The waivers that lie in the studios' folders; each holds for the studio of its folder."""
    for place in dict.fromkeys(place for place, _ in found):
        here = [studio.studio_id for there, studio in found if there is place]
        whose = here[0] if len(here) == 1 else None
        for name in own_files(place):
            if name in WAIVERS:
                read = _read_waivers(text_of(place, name), f"{place}/{name}", whose)
                yield from (replace(waiver, file=name) for waiver in read)


def inputs_of(reading: Reading) -> tuple[Input, ...]:
    """Each file of each studio, with its hash and what is to be known of its reading."""
    remarks: dict[tuple[int, str], list[str]] = {}
    for studio, file, text in reading.intake.remarks:
        remarks.setdefault((studio, file), []).append(text)
    studios = reading.intake.logs.studios
    return tuple(
        Input(
            studios[f.studio].studio_id,
            f.file,
            None if f.problem else f.log,
            f.sha256,
            f.rows,
            tuple([f.problem] * bool(f.problem) + remarks.get((f.studio, f.place), [])),
            f.sheet,
        )
        for f in reading.files
    )
