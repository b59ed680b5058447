"""Exports of known services and devices: recognised by their heads, and read as their file in `logs/exports/` says.

What studio.yaml says of a file always comes first: a head that it declares is left to it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.logs.intake.exports import json_table
from smpcompliance.logs.intake.exports.cells import Made, each, joined, replaced, signed, told, worse
from smpcompliance.logs.intake.exports.export_file import ExportFile, Run, Signed, export_files, fits, places
from smpcompliance.logs.intake.exports.json_table import Layout, Records
from smpcompliance.logs.intake.exports.printouts import runs
from smpcompliance.logs.intake.heads.meaning import meanings
from smpcompliance.logs.intake.raw import RawTable, SourceFile
from smpcompliance.logs.schema import normal, schema
from smpcompliance.logs.studio import FileReading
from smpcompliance.logs.target import target

CONSENT_LEAST = 2
"""So many heads must ask about health or state what was explained before a form counts as a consent form …"""
CONSENT_WORDS = ("consent", "signature", "release form", "waiver")
"""… or one of them, beside a head with one of these words."""


@dataclass(frozen=True)
class Applied:
    """A table of a known export, ready to be used like any other.

    Attributes:
        table: with the columns that its heads tell together, without those that are known and of no use; what the
            owner should know stands in its notes.
        log: the log it is.
        preset: column → cell that holds for every row.
        reading: how it is read: what studio.yaml says, and where that says nothing, what the export means.
    """

    table: RawTable
    log: str
    preset: dict[str, str]
    reading: FileReading


@dataclass(frozen=True)
class Export:
    """A known export.

    Attributes:
        name: of its file in `logs/exports/`.
        says: what that file says.
    """

    name: str
    says: ExportFile

    @property
    def title(self) -> str:
        """The service, and which of its exports this is."""
        return self.says.title

    @property
    def log(self) -> str | None:
        """The log it is; None where it is left aside."""
        return self.says.log

    @property
    def aside(self) -> str:
        """Why it is not used and what to do instead; empty where it is."""
        return self.says.aside

    def apply(self, table: RawTable, declared: FileReading) -> Applied:
        """Reads a table as this export.

        Args:
            table: that `known_export` recognised.
            declared: what studio.yaml says of the file; it comes first.

        Raises:
            ValueError: the export is left aside (`aside`).
        """
        if self.log is None:
            raise ValueError(f"{self.title} is left aside")
        applied = _Reading(self, table, declared).applied(self.log)
        return replace(applied, table=replace(applied.table, of_machine=self.log == "sterilization_cycles"))


def known_export(table: RawTable) -> Export | None:
    """The known export whose heads a table has, the one that knows most of them; None where it is none."""
    if table.log is not None:
        return None
    return _known(table.heads)


def export_for(table: RawTable, declared: FileReading, named: str | None) -> Export | None:
    """The known export as which a table is to be read.

    Args:
        declared: what studio.yaml says of the file.
        named: the log that the name of the file or sheet says; None where it says none.

    Returns:
        None where it is no known export, or where studio.yaml or the name says that it is another log. An export that
        is left aside stays so whatever it is called; only studio.yaml can say otherwise.
    """
    export = known_export(table)
    if export is None or (export.aside and not declared.log):
        return export
    said = declared.log or named
    return None if said and said != export.log else export


def _known(heads: Sequence[str]) -> Export | None:
    best: tuple[int, Export | None] = (0, None)
    for name, says in export_files().items():
        known = _score(says, heads)
        if known > best[0]:
            best = known, Export(name, says)
    return best[1]


def _score(says: ExportFile, heads: Sequence[str]) -> int:
    """How many heads an export knows of a table, 0 where the table is not that export."""
    wanted = all(any(_has(heads, one) for one in places(said)) for said in says.known_by)
    if not wanted or any(_has(heads, other) for other in says.not_with):
        return 0
    further = sum(_has(heads, one) for one in says.and_any)
    if further < says.at_least or (says.first and not (heads and fits(says.first, heads[0]))):
        return 0
    if says.consent and not is_consent(heads):
        return 0
    patterns = [*says.columns, *says.not_used, *(head for one in says.joined for head in one.heads)]
    return len(says.known_by) + further + sum(_has(heads, pattern) for pattern in patterns)


def _has(heads: Sequence[str], pattern: str) -> bool:
    return any(fits(pattern, head) for head in heads)


def is_consent(heads: Sequence[str]) -> bool:
    """Whether the questions of a form are those of a consent form, and not of just any form."""
    found = meanings(heads, "consent_forms", FileReading())
    asked = {target.word for meaning in found for target in meaning.targets if target.word}
    named = any(word in normal(head) for head in heads for word in CONSENT_WORDS)
    return len(asked) >= (1 if named else CONSENT_LEAST)


def read_json(source: SourceFile) -> tuple[RawTable, ...]:
    """A JSON file as tables: the records of known exports if it has any, else every list of records.

    Raises:
        NotReadable: the file is no JSON, is too large or too deep, or holds no records.
    """
    found = json_table.records(source)
    chosen: list[tuple[Records, ExportFile]] = []
    for group in found.groups:
        if not any(group.path[: len(done.path)] == done.path for done, _ in chosen):
            chosen += _recognised(group)
    if not chosen:
        return json_table.read(source)
    tables = [replace(json_table.table(source.name, group, _layout(says)), sheet="") for group, says in chosen]
    tables[0] = replace(tables[0], misfits=found.misfits + tables[0].misfits, notes=found.notes + tables[0].notes)
    return tuple(tables)


def _recognised(group: Records) -> list[tuple[Records, ExportFile]]:
    """The records that are a known export, also where each lies in an envelope of its own."""
    if export := _known(json_table.keys(group.objects)):
        return [(group, export.says)]
    for key in [key for key, value in group.objects[0].items() if isinstance(value, dict)]:
        if all(isinstance(one.get(key), dict) for one in group.objects):
            inner = tuple(one[key] for one in group.objects)
            if export := _known(json_table.keys(inner)):
                return [(replace(group, path=(*group.path, key), objects=inner), export.says)]
    return []


def _layout(says: ExportFile) -> Layout:
    people = says.people
    if people is None:
        return Layout(questions=tuple(says.answers))
    return Layout(people.key, tuple(people.instead_of), people.number, tuple(says.answers))


class _Reading:
    """One table, read as one export."""

    def __init__(self, export: Export, table: RawTable, declared: FileReading) -> None:
        self.export, self.says, self.declared = export, export.says, declared
        own = {normal(head) for head in declared.columns}
        self.table = table
        self.free = [n for n, head in enumerate(table.heads) if normal(head) not in own]
        self.dropped: set[int] = set()
        self.made: list[tuple[Made, tuple[str, ...]]] = []
        self.notes: list[str] = []

    def applied(self, log: str) -> Applied:
        says, table = self.says, self.table
        columns = self._mapped()
        cells = list(table.columns)
        for n in self.free:
            for head, words in says.words.items():
                if fits(head, table.heads[n]):
                    cells[n] = replaced(cells[n], words)
        self.made += self._makings(log)
        unused = [n for n in self.free if n not in columns and any(fits(p, table.heads[n]) for p in says.not_used)]
        self.dropped |= set(unused)
        self._give_way(log, columns)
        kept = [n for n in range(len(table.heads)) if n not in self.dropped]
        heads = _distinct([table.heads[n] for n in kept], [made.head for made, _ in self.made])
        places_of = {table.heads[n]: list(where) for n, where in columns.items() if n not in self.dropped}
        places_of |= {head: list(where) for head, (_, where) in zip(heads, self.made, strict=True)}
        declared = self._declared(log)
        out = replace(
            table,
            heads=(*(table.heads[n] for n in kept), *heads),
            columns=(*(cells[n] for n in kept), *(made.cells for made, _ in self.made)),
            native=self._native(kept),
            misfits=table.misfits + tuple(misfit for made, _ in self.made for misfit in made.misfits),
            notes=(*table.notes, self._opening(unused), *self.notes, *self._said(), *says.remarks),
        )
        reading = self.declared.model_copy(
            update={
                "dates": self.declared.dates or tuple(says.dates.items()) or None,
                "columns": places_of | declared,
                "units": says.units | self.declared.units,
            }
        )
        return Applied(out, log, dict(says.preset), reading)

    def _native(self, kept: Sequence[int]) -> tuple[np.ndarray, ...]:
        """What a workbook holds in each cell, also for the columns that are made of its heads."""
        native = self.table.native
        if not native:
            return ()
        text = np.zeros(self.table.rows, np.uint8)
        of = [self._one(made.kind_of) if made.kind_of else None for made, _ in self.made]
        return (*(native[n] for n in kept), *(text if n is None else native[n] for n in of))

    def _declared(self, log: str) -> dict[str, str | list[str]]:
        """The heads that studio.yaml declares; a place that leads nowhere in this log is told and not used."""
        out: dict[str, str | list[str]] = {}
        for head, said in self.declared.columns.items():
            try:
                for place in places(said):
                    target(place, log)
                out[head] = said
            except ValueError as error:
                self.notes.append(f"what studio.yaml says of '{head}' is not used: {error}")
        return out

    def _mapped(self) -> dict[int, tuple[str, ...]]:
        """Where the heads go that the export knows; of several that go to one place the first in its file is used."""
        columns: dict[int, tuple[str, ...]] = {}
        taken: dict[str, str] = {}
        for pattern, said in self.says.columns.items():
            for n in self.free:
                found = fits(pattern, self.table.heads[n])
                if n in columns or not found:
                    continue
                number = found.groupdict().get("n") or ""
                where = tuple(place.replace("{n}", number) for place in places(said))
                head = self.table.heads[n]
                if first := next((taken[place] for place in where if place in taken), None):
                    self.notes.append(f"'{head}' is not used: '{first}' goes to the same column")
                    self.dropped.add(n)
                    columns[n] = ()
                    continue
                columns[n] = where
                taken |= dict.fromkeys(where, head)
        return columns

    def _give_way(self, log: str, columns: dict[int, tuple[str, ...]]) -> None:
        """Leaves out heads that mean by name what several heads tell together."""
        heads_of = {place: made.head for made, where in self.made for place in where}
        left = [n for n in self.free if n not in columns and n not in self.dropped]
        heads = [self.table.heads[n] for n in left]
        for n, meaning in zip(left, meanings(heads, log, FileReading()), strict=True):
            if first := next((heads_of[t.text(log)] for t in meaning.targets if t.text(log) in heads_of), None):
                self.notes.append(f"'{meaning.head}' is not used: '{first}' goes to the same column")
                self.dropped.add(n)

    def _makings(self, log: str) -> Iterator[tuple[Made, tuple[str, ...]]]:
        """The columns that heads tell together, each with where it goes; heads that are used up are dropped."""
        says = self.says
        for one in says.joined:
            if found := self._all(one.heads):
                self._use_up(found)
                heads = [self.table.heads[n] for n in found]
                yield joined(heads, [self.table.columns[n] for n in found], one.called), places(one.to)
        if says.signed:
            yield from self._signed(says.signed)
        for column, rule in says.told.items():
            if found := self._all(rule.heads):
                yield told(column, rule, [self.table.columns[n] for n in found]), (column,)
        for column, wanted in says.worse.items():
            if found := self._all(wanted):
                self._use_up(found)
                heads = [self.table.heads[n] for n in found]
                results = [self.table.columns[n] for n in found]
                yield worse(schema(log).columns[column], heads, results, self.table), (column,)
        if says.run:
            yield from self._run(says.run)

    def _run(self, run: Run) -> Iterator[tuple[Made, tuple[str, ...]]]:
        ended, began, number, text = (self._one(head) for head in (run.succeeded, run.began, run.number, run.printed))
        if ended is None or began is None or number is None:
            return
        columns = self.table.columns
        printed = each(columns[ended], lambda _: "") if text is None else columns[text]
        self._use_up([n for n in (ended, began, text) if n is not None])
        made = runs(self.table, printed, columns[ended], columns[began], columns[number], run.printed)
        for column, one in made.items():
            yield one, (column,)

    def _signed(self, rule: Signed) -> Iterator[tuple[Made, tuple[str, ...]]]:
        at = self._one(rule.at)
        if at is None:
            return
        by = []
        for n in self.free:
            head = self.table.heads[n]
            signer = next((who for pattern, who in rule.by.items() if n != at and fits(pattern, head)), "nobody")
            if signer != "nobody":
                by.append((n, signer))
        minor = self._one(rule.minor) if rule.minor else None
        guardians = self._all(rule.guardian)
        self._use_up([at, *(n for n, _ in by), *(() if minor is None else (minor,))])
        columns = self.table.columns
        when, who = signed(
            rule,
            self.table,
            columns[at],
            [(self.table.heads[n], signer, columns[n]) for n, signer in by],
            None if minor is None else columns[minor],
            [columns[n] for n in guardians],
        )
        yield when, ("signed_at",)
        if who:
            yield who, ("signed_by",)

    def _one(self, pattern: str) -> int | None:
        return next((n for n in self.free if fits(pattern, self.table.heads[n])), None)

    def _all(self, patterns: Sequence[str]) -> list[int]:
        found = [self._one(pattern) for pattern in patterns]
        return list(dict.fromkeys(n for n in found if n is not None))

    def _use_up(self, found: Sequence[int]) -> None:
        self.dropped |= set(found)

    def _opening(self, unused: Sequence[int]) -> str:
        text = f"read as {self.export.title}"
        if unused:
            text += "; known and not used: " + ", ".join(f"'{self.table.heads[n]}'" for n in unused)
        return text

    def _said(self) -> Iterator[str]:
        for made, _ in self.made:
            yield from made.notes


def _distinct(taken: Sequence[str], heads: Sequence[str]) -> list[str]:
    """Heads for made columns that no other head of the table has."""
    used = {normal(head) for head in taken}
    out = []
    for head in heads:
        while normal(head) in used:
            head += " (as read)"
        used.add(normal(head))
        out.append(head)
    return out
