"""A ruleset: the rules of one place, read from its folder with every mistake at its line, and the chain it extends."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from smpcompliance.checks.list.reference_list import ReferenceList, reference_list
from smpcompliance.rules.lint import mistakes
from smpcompliance.rules.rule import Rule, read_rule
from smpcompliance.yamlio import Document, Problem, SourceError, Strict, parse

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*\.yaml\Z")
Library = Mapping[str, Traversable]
"""The id of each ruleset → its folder."""


class SourceRead(Strict):
    """A source of law: where it stands and how far it was read."""

    id: str
    title: str
    url: str | None = None
    kind: str
    read: str
    note: str | None = None


class Omission(Strict):
    """A rule of the parent that does not hold here."""

    rule: str
    because: str
    citation: str


class _Head(Strict):
    name: str
    extends: str | None = None
    authority: str
    instrument: str
    sources: list[SourceRead]
    omits: list[Omission] = Field(default_factory=list)
    covers: dict[str, str] = Field(default_factory=dict)
    not_expressed: dict[str, str] = Field(default_factory=dict)
    notes: str = ""
    overlay: bool = False


@dataclass(frozen=True)
class Ruleset:
    """The rules of one jurisdiction or overlay, without those of its parent.

    Attributes:
        extends: id of the parent, whose rules hold too.
        omits: ids of the parent's rules that do not.
        covers, not_expressed: facts of law that have no rule of their own: where they are honoured, or why not.
        sha256: hash over all its files, names included.
        files: each of its files by its name below the folder, as it was read.
    """

    id: str
    name: str
    extends: str | None
    authority: str
    instrument: str
    sources: tuple[SourceRead, ...]
    omits: tuple[Omission, ...]
    covers: dict[str, str]
    not_expressed: dict[str, str]
    rules: tuple[Rule, ...]
    sha256: str
    notes: str = ""
    head: Document = field(default=Document("", {}, {(): (1, 1)}), repr=False, compare=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def source(self, id: str) -> SourceRead | None:
        """A source by its id."""
        return next((s for s in self.sources if s.id == id), None)


def packaged() -> Traversable:
    """The folder of rulesets that comes with the program."""
    return resources.files("smpcompliance.rulesets")


def library(root: Traversable, own: Sequence[Path] = ()) -> Library:
    """All rulesets that can be had, by id: those below a folder, and further ones that a user keeps elsewhere.

    Args:
        root: a folder that holds one folder per ruleset.
        own: folders with a `ruleset.yaml` each; the folder's name is the id.

    Raises:
        SourceError: a folder holds no ruleset, or its name is taken.
    """
    found = {f.name: f for f in root.iterdir() if f.is_dir() and (f / "ruleset.yaml").is_file()}
    problems = []
    for folder in own:
        id = folder.resolve().name
        if not (folder / "ruleset.yaml").is_file():
            problems.append(Problem(str(folder), 1, 1, "there is no ruleset.yaml in this folder"))
        elif id in found:
            text = f"there is a ruleset {id} already; give the folder another name"
            problems.append(Problem(str(folder), 1, 1, text))
        else:
            found[id] = folder
    if problems:
        raise SourceError(problems)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Law:
    """Where the law lies that is worked with.

    Attributes:
        shelves: id → folder of each ruleset.
        own: the ids of those that the user keeps elsewhere.
    """

    shelves: Library
    own: tuple[str, ...] = ()


def law_at(root: Path | None = None, own: Sequence[Path] = ()) -> Law:
    """The rulesets below a folder, by default those that come with the program, and further ones of the user's own.

    Raises:
        SourceError: a folder holds no ruleset, or its name is taken.
    """
    return Law(library(root or packaged(), own), tuple(folder.resolve().name for folder in own))


def load_rulesets(shelves: Library, ids: Iterable[str], *, only: str | None = None) -> dict[str, Ruleset]:
    """Reads rulesets and the parents they extend.

    Args:
        shelves: where each ruleset lies.
        ids: the rulesets wanted.
        only: read just this rule of its ruleset (for showing one rule quickly).

    Raises:
        SourceError: every mistake in every file that was read.
        KeyError: there is no ruleset of one of these ids.
    """
    found: dict[str, Ruleset] = {}
    problems: list[Problem] = []
    wanted = list(ids)
    while wanted:
        id = wanted.pop(0)
        if id in found:
            continue
        ruleset = _read(shelves[id], id, problems, only)
        if ruleset is None:
            continue
        found[id] = ruleset
        if ruleset.extends and ruleset.extends in shelves:
            wanted.append(ruleset.extends)
        elif ruleset.extends:
            text = f"there is no ruleset '{ruleset.extends}'; known are {', '.join(shelves)}"
            problems.append(ruleset.head.problem(("extends",), text))
    circular = [id for id in found if _circular(found, id)]
    problems += [found[id].head.problem(("extends",), "it extends itself") for id in circular]
    if not problems:
        problems = [problem for id in found for problem in _omitted_nothing(found, id, only)]
    if problems:
        raise SourceError(problems)
    return found


def _omitted_nothing(rulesets: Mapping[str, Ruleset], id: str, only: str | None) -> Iterator[Problem]:
    *parents, own = chain(rulesets, id)
    known = {rule.id for parent in parents for rule in parent.rules}
    for n, omission in enumerate(own.omits):
        if only is None and omission.rule not in known:
            text = f"'{omission.rule}' is no rule of {', '.join(p.id for p in parents) or 'a parent: it has none'}"
            yield own.head.problem(("omits", n, "rule"), text)


def _circular(rulesets: Mapping[str, Ruleset], id: str) -> bool:
    parent, steps = rulesets[id].extends, 0
    while parent and parent in rulesets and parent != id and steps < len(rulesets):
        parent, steps = rulesets[parent].extends, steps + 1
    return parent == id


def chain(rulesets: Mapping[str, Ruleset], id: str) -> list[Ruleset]:
    """A ruleset behind all its parents, the remotest first."""
    ruleset = rulesets[id]
    return (chain(rulesets, ruleset.extends) if ruleset.extends else []) + [ruleset]


def rules_of(rulesets: Mapping[str, Ruleset], ids: Sequence[str]) -> list[Rule]:
    """The rules that hold under several rulesets: parents', minus what is omitted; a file of the same name replaces."""
    rules: dict[str, Rule] = {}
    for id in ids:
        by_stem: dict[str, Rule] = {}
        for ruleset in chain(rulesets, id):
            for omission in ruleset.omits:
                by_stem.pop(omission.rule.rpartition("/")[2], None)
            by_stem |= {rule.id.rpartition("/")[2]: rule for rule in ruleset.rules}
        rules |= {rule.id: rule for rule in by_stem.values()}
    return [rules[id] for id in sorted(rules)]


def _read(folder: Traversable, id: str, problems: list[Problem], only: str | None) -> Ruleset | None:
    digest = hashlib.sha256()
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    lists = folder / "lists"
    files += sorted(lists.iterdir(), key=lambda f: f.name) if lists.is_dir() else []
    head, rules, known = None, [], _lists(lists, id, problems)
    read: dict[str, bytes] = {}
    problems += _strangers(folder, id)
    for file in files:
        data = file.read_bytes()
        read[f"lists/{file.name}" if file in _in(lists) else file.name] = data
        digest.update(f"{file.name}\0".encode() + data)
        stem = file.name.removesuffix(".yaml")
        if file.name == "ruleset.yaml":
            head = _document(f"{id}/{file.name}", data, problems)
        elif file.name.endswith(".yaml") and file not in _in(lists) and only in (None, f"{id}/{stem}"):
            document = _document(f"{id}/{file.name}", data, problems)
            rule = document and _rule(document, f"{id}/{stem}", problems, known)
            rules += [rule] if rule else []
    typed = head and _head(head, problems)
    if not head or not typed:
        return None
    sources = {source.id for source in typed.sources}
    problems += [problem for rule in rules for problem in mistakes(rule, sources)]
    return Ruleset(
        id, typed.name, typed.extends, typed.authority, typed.instrument, tuple(typed.sources), tuple(typed.omits),
        typed.covers, typed.not_expressed, tuple(rules), digest.hexdigest(), typed.notes, head, read,
    )  # fmt: skip


def _strangers(folder: Traversable, id: str) -> Iterator[Problem]:
    """Files that look like rules and are none: nothing is passed over in silence."""
    for file in folder.iterdir():
        if file.is_dir() and file.name != "lists" and any(f.name.endswith((".yaml", ".yml")) for f in file.iterdir()):
            text = "rules stand in the ruleset's own folder; only lists/ is read below it"
            yield Problem(f"{id}/{file.name}", 1, 1, text)
        elif file.name.endswith(".yml"):
            yield Problem(f"{id}/{file.name}", 1, 1, "files that end with .yml are not read; rename it to .yaml")
        elif file.name.endswith(".yaml") and not _NAME.match(file.name):
            text = "a rule's file is named with small letters, digits, '-' and '.', since its name is the rule's id"
            yield Problem(f"{id}/{file.name}", 1, 1, text)


def _in(folder: Traversable) -> list[Traversable]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _lists(folder: Traversable, id: str, problems: list[Problem]) -> dict[str, ReferenceList]:
    found = {}
    for file in _in(folder):
        document = _document(f"{id}/lists/{file.name}", file.read_bytes(), problems)
        if document:
            try:
                found[file.name.removesuffix(".yaml")] = reference_list(document)
            except SourceError as error:
                problems += error.problems
    return found


def _document(name: str, data: bytes, problems: list[Problem]) -> Document | None:
    try:
        document = parse(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(Problem(name, line, 1, "this is not UTF-8 text; save the file as UTF-8"))
        return None
    except SourceError as error:
        problems += error.problems
        return None
    if not isinstance(document.data, dict):
        problems.append(Problem(name, 1, 1, "expected keys and values"))
        return None
    return document


def _rule(document: Document, id: str, problems: list[Problem], lists: dict[str, ReferenceList]) -> Rule | None:
    if not isinstance(document.data.get("check", {}), dict):
        problems.append(document.problem(("check",), "'check' takes keys and values, the first of them kind"))
        return None
    return read_rule(document, id, problems, lists)


def _head(document: Document, problems: list[Problem]) -> _Head | None:
    try:
        return _Head.model_validate(document.data)
    except ValidationError as error:
        problems += document.problems_of(error)
        return None


def ruleset_schema() -> dict[str, Any]:
    """The JSON Schema of a `ruleset.yaml`."""
    return _Head.model_json_schema()
