"""One bucket judged: a pure function of what lies in it and of what is asked, the same on every machine.

What comes out is a *part*: lines of JSON, the first about the bucket, then one for each of its studios by id. Parts are
small, are kept as files, and are merged in the order of the studios, so that nothing depends on who was ready first.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from smpcompliance import __version__
from smpcompliance.api import Handed, judge
from smpcompliance.audit.finding import Asked, Audit
from smpcompliance.audit.run import tasks, under, with_law
from smpcompliance.audit.waivers import Waiver
from smpcompliance.dates import Period
from smpcompliance.fleet.dataset import Dataset, load_bucket
from smpcompliance.logs.intake.folder import Reading
from smpcompliance.logs.studio import Studio
from smpcompliance.report.rows import Months, result_data
from smpcompliance.rules.ruleset import Ruleset, load_rulesets
from smpcompliance.rules.shelves import Law, packaged

SCHEMA = "smpcompliance/fleet-part/1"
FIRST = 10
"""Findings of each rule and studio that a part holds, unless another number is asked for."""


@dataclass(frozen=True)
class Question:
    """What is asked of every bucket.

    Attributes:
        law: id → folder of each ruleset; None where it is one that comes with the program.
        own: the ids of those that the user keeps elsewhere.
        hashes: id → SHA-256 of each ruleset; a machine that has another does not answer.
        waivers: beside those that were packed.
        first: findings that are told of each rule and studio, in the order of file and line; totals are always exact.
    """

    period: Period
    as_of: date
    asked: Asked
    law: tuple[tuple[str, str | None], ...]
    own: tuple[str, ...]
    hashes: tuple[tuple[str, str], ...]
    waivers: tuple[Waiver, ...] = ()
    first: int = FIRST
    version: str = __version__

    def key(self, contents: str) -> str:
        """A hash of all that decides a part: this question, and the contents (a hash) of what it is asked of."""
        said = [contents, self.period.plain(), self.as_of.isoformat(), vars(self.asked), self.own, self.hashes]
        told = [*said, [{**vars(w), "period": str(w.period)} for w in self.waivers], self.first, self.version]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


class OtherProgram(Exception):
    """A machine has another version of the program, or of a ruleset, than the one that asks."""


def law_of_question(law: Law, ids: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    """Where rulesets lie, told so that another machine finds those that come with the program in its own copy."""
    own = {folder.name: str(folder) for folder in packaged().iterdir()}
    return tuple((id, None if own.get(id) == str(law.shelves[id]) else str(law.shelves[id])) for id in sorted(ids))


@cache
def _rulesets(law: tuple[tuple[str, str | None], ...], hashes: tuple[tuple[str, str], ...]) -> dict[str, Ruleset]:
    """The rulesets of a question, loaded once in each process."""
    shelves = {id: packaged() / id if place is None else Path(place) for id, place in law}
    loaded = load_rulesets(shelves, shelves)
    for id, sha256 in hashes:
        if loaded[id].sha256 != sha256:
            raise OtherProgram(f"the ruleset {id} is another one on this machine")
    return loaded


def audit_bucket(dataset: Dataset, number: int, question: Question) -> bytes:
    """The part of a bucket.

    Raises:
        OtherProgram: this machine would judge by other rules.
        Damaged: the bucket is not what was packed.
    """
    return part(audit_of(dataset, number, question), number, question)


def audit_of(dataset: Dataset, number: int, question: Question) -> Audit:
    """Judges one bucket, as an audit of the exports of its studios would.

    Raises:
        OtherProgram, Damaged: as `audit_bucket`.
    """
    if question.version != __version__:
        raise OtherProgram(f"this machine has smpcompliance {__version__}, not {question.version}")
    rulesets = _rulesets(question.law, question.hashes)
    read = load_bucket(dataset, number)
    logs = read.intake.logs
    studios = tuple(_lawful(studio, question, rulesets) for studio in logs.studios)
    intake = replace(read.intake, logs=replace(logs, studios=studios))
    handed = Handed(Reading(intake, ()), rulesets, read.inputs, read.waivers)
    asked, is_asked = _reaching(question.asked, studios, rulesets)
    found = judge(handed, question.period, question.as_of, asked, question.waivers)
    return found if is_asked else replace(found, results=())


def _lawful(studio: Studio, question: Question, rulesets: Mapping[str, Ruleset]) -> Studio:
    asked = question.asked
    return under(with_law(studio, asked.jurisdictions, asked.overlays), rulesets, question.own)


def _reaching(asked: Asked, studios: Sequence[Studio], rulesets: Mapping[str, Ruleset]) -> tuple[Asked, bool]:
    """The globs that match a rule of these studios, and whether any rule of theirs is asked for at all.

    That a glob matches no rule of any studio is told before the first bucket is judged. Where none of theirs is asked
    for, one is judged nonetheless, so that what could not be read is told as in any other bucket.
    """
    if not asked.select and not asked.ignore:
        return asked, True
    ids = [task.rule.id for task in tasks(studios, rulesets)]
    select, ignore = (tuple(g for g in globs if _matches((g,), ids)) for globs in (asked.select, asked.ignore))
    chosen = [id for id in ids if not asked.select or any(fnmatchcase(id, g) for g in select)]
    if any(not any(fnmatchcase(id, g) for g in ignore) for id in chosen):
        return replace(asked, select=select, ignore=ignore), True
    return replace(asked, select=tuple(ids[:1]), ignore=()), False


def _matches(globs: Sequence[str], ids: Sequence[str]) -> bool:
    return any(fnmatchcase(id, glob) for glob in globs for id in ids)


def part(found: Audit, number: int, question: Question) -> bytes:
    """The part of an audit."""
    months = Months(found.logs)
    rules = {result.rule.id: result.rule for result in found.results}
    head = {
        "schema": SCHEMA,
        "bucket": number,
        "rows": sum(map(len, found.logs.tables.values())),
        "rules": {
            id: {"title": rule.title, "severity": rule.severity, "citation": rule.citation.text, "kind": rule.kind}
            for id, rule in sorted(rules.items())
        },
    }
    lines, cells = _left_out(found)
    results: dict[str, list[dict[str, Any]]] = {}
    for result in found.results:
        results.setdefault(result.studio_id, []).append(result_data(result, months, question.first))
    studios = [
        _studio(s, found.chains[s.studio_id], lines.get(s.studio_id, 0), cells.get(s.studio_id, 0), results)
        for s in sorted(found.studios, key=lambda s: s.studio_id)
    ]
    told = _lines(studios)
    return _lines([{**head, "sha256": hashlib.sha256(told).hexdigest()}]) + told


def _studio(
    studio: Studio, chain: Sequence[str], lines: int, cells: int, results: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "studio_id": studio.studio_id,
        "name": studio.name,
        "jurisdiction": studio.jurisdiction,
        "rulesets": list(chain),
        "lines_left_out": lines,
        "cells_unreadable": cells,
        "results": results.get(studio.studio_id, []),
    }


def _left_out(found: Audit) -> tuple[dict[str, int], dict[str, int]]:
    """Per studio the lines and files that are left out, and the cells that cannot be read."""
    lines: dict[str, int] = {}
    cells: dict[str, int] = {}
    for studio_id, place in found.unreadable:
        whole = lines if place.column is None else cells
        whole[studio_id] = whole.get(studio_id, 0) + 1
    return lines, cells


def _lines(entries: Sequence[Mapping[str, Any]]) -> bytes:
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return "".join(encode(entry) + "\n" for entry in entries).encode()


def is_part(file: Path, bucket: int) -> bool:
    """Whether a file is the whole part of a bucket: what its head says of the lines behind it still holds."""
    try:
        with file.open("rb") as opened:
            head = json.loads(opened.readline())
            rest = hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, ValueError):
        return False
    said = [head.get(name) for name in ("schema", "bucket", "sha256")] if isinstance(head, dict) else []
    return said == [SCHEMA, bucket, rest]


def entries(part: Path) -> Iterator[dict[str, Any]]:
    """The entries of a part that was written: its head, then its studios; no file stays open between two of them."""
    at = 0
    while True:
        with part.open("rb") as file:
            file.seek(at)
            line = file.readline()
        if not line:
            return
        at += len(line)
        yield json.loads(line)
