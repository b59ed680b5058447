"""A ruleset: the rules of one place, read from its folder with every mistake at its line, and the chain it extends."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from smpcompliance.garbage import not_collecting
from smpcompliance.patterns import pattern
from smpcompliance.rules.rule import EXAMPLES, Rule, read_rule
from smpcompliance.rules.shelves import Law as Law
from smpcompliance.rules.shelves import Library as Library
from smpcompliance.rules.shelves import law_at as law_at
from smpcompliance.rules.shelves import library as library
from smpcompliance.rules.shelves import packaged as packaged
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Problem, SourceError, parse, parse_without

if TYPE_CHECKING:
    from smpcompliance.checks.list.reference_list import ReferenceList

_LISTS = "lists/"
_NAME = pattern(r"[a-z0-9][a-z0-9.-]*\.yaml\Z")


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
    omits: list[Omission] = []
    covers: dict[str, str] = {}
    not_expressed: dict[str, str] = {}
    notes: str = ""
    overlay: bool = False


@dataclass(frozen=True)
class Ruleset:
    """The rules of one jurisdiction or overlay, without those of its parent.

    Attributes:
        extends: id of the parent, whose rules hold too.
        omits: ids of the parent's rules that do not.
        covers, not_expressed: facts of law that have no rule of their own: where they are honoured, or why not.
        files: each of its files by its name below the folder, as it was read: its own by name, then its lists.
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
    notes: str = ""
    head: Document = field(default=Document("", {}, {(): (1, 1)}), repr=False, compare=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def sha256(self) -> str:
        """The hash over all its files, names included."""
        digest = hashlib.sha256()
        for name, data in self.files.items():
            digest.update(f"{name.removeprefix(_LISTS)}\0".encode() + data)
        return digest.hexdigest()

    def source(self, id: str) -> SourceRead | None:
        """A source by its id."""
        return next((s for s in self.sources if s.id == id), None)


def load_rulesets(
    shelves: Library, ids: Iterable[str], *, only: str | None = None, proofs: bool = False
) -> dict[str, Ruleset]:
    """Reads rulesets and the parents they extend.

    Args:
        shelves: where each ruleset lies.
        ids: the rulesets wanted.
        only: read just this rule of its ruleset (for showing one rule quickly).
        proofs: prove the rulesets that come with the program like any other: read the examples of their rules, and look
            for mistakes that typing does not see (`lint.mistakes`). Without it the tests of the program, which do so,
            are relied on, and examples, most of the text, are read when one is asked for.

    Raises:
        SourceError: every mistake in every file that was read.
        KeyError: there is no ruleset of one of these ids.
    """
    with not_collecting():
        return _loaded(shelves, ids, only, proofs)


def _loaded(shelves: Library, ids: Iterable[str], only: str | None, proofs: bool) -> dict[str, Ruleset]:
    found: dict[str, Ruleset] = {}
    problems: list[Problem] = []
    wanted = list(ids)
    while wanted:
        id = wanted.pop(0)
        if id in found:
            continue
        ruleset = _read(shelves[id], id, problems, only, proofs or shelves[id] != packaged() / id)
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


def _read(folder: Traversable, id: str, problems: list[Problem], only: str | None, proofs: bool) -> Ruleset | None:
    inside = sorted(folder.iterdir(), key=lambda f: f.name)
    listed = sorted(_in(folder / "lists"), key=lambda f: f.name)
    files = _Files([f for f in inside if f.name.endswith(".yaml")], listed)
    lists = _Lists(files, id, problems)
    if only is None:
        lists.read_all()
    problems += _strangers(inside, id)
    head, rules = None, []
    for name in files:
        stem = name.removesuffix(".yaml")
        if name == "ruleset.yaml":
            head = _document(f"{id}/{name}", files[name], problems)
        elif not name.startswith(_LISTS) and only in (None, f"{id}/{stem}"):
            document = _document(f"{id}/{name}", files[name], problems, "" if proofs else EXAMPLES)
            rule = document and _rule(document, f"{id}/{stem}", problems, lists, proofs)
            rules += [rule] if rule else []
    typed = head and _head(head, problems)
    if not head or not typed:
        return None
    if proofs:
        problems += _mistakes(rules, {source.id for source in typed.sources})
    if only is None:
        files.read_all()
    return Ruleset(
        id, typed.name, typed.extends, typed.authority, typed.instrument, tuple(typed.sources), tuple(typed.omits),
        typed.covers, typed.not_expressed, tuple(rules), typed.notes, head, files,
    )  # fmt: skip


def _mistakes(rules: Sequence[Rule], sources: Collection[str]) -> list[Problem]:
    from smpcompliance.rules.lint import mistakes  # what only reads proven rules needs nothing that proves them

    return [problem for rule in rules for problem in mistakes(rule, sources)]


class _Files(Mapping[str, bytes]):
    """The files of a ruleset by their names below its folder; each is read once, when it is asked for."""

    def __init__(self, own: Sequence[Traversable], lists: Sequence[Traversable]) -> None:
        self._places = {f.name: f for f in own} | {f"{_LISTS}{f.name}": f for f in lists}
        self._read: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._read:
            self._read[name] = self._places[name].read_bytes()
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def read_all(self) -> None:
        """Reads every file, so that what was judged by is what is hashed, whatever happens to the folder meanwhile."""
        for name in self:
            self[name]


class _Lists(Mapping[str, "ReferenceList"]):
    """The published lists of a ruleset by their names; each is read once, when a rule names it."""

    def __init__(self, files: Mapping[str, bytes], id: str, problems: list[Problem]) -> None:
        self._names = {
            name.removeprefix(_LISTS).removesuffix(".yaml"): name for name in files if name.startswith(_LISTS)
        }
        self._files, self._id, self._problems = files, id, problems
        self._read: dict[str, ReferenceList | None] = {}

    def __getitem__(self, name: str) -> "ReferenceList":
        if name not in self._read:
            self._read[name] = self._list(self._names[name])
        found = self._read[name]
        if found is None:
            raise KeyError(name)
        return found

    def _list(self, name: str) -> "ReferenceList | None":
        from smpcompliance.checks.list.reference_list import reference_list

        document = _document(f"{self._id}/{name}", self._files[name], self._problems)
        try:
            return reference_list(document) if document else None
        except SourceError as error:
            self._problems += error.problems
            return None

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._names if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def read_all(self) -> None:
        """Reads every list, also those that no rule names, for the mistakes in them."""
        for _ in self:
            pass


def _strangers(inside: Sequence[Traversable], id: str) -> Iterator[Problem]:
    """Files that look like rules and are none: nothing is passed over in silence."""
    for file in inside:
        if _NAME.match(file.name):
            continue
        if file.name != "lists" and any(f.name.endswith((".yaml", ".yml")) for f in _in(file)):
            text = "rules stand in the ruleset's own folder; only lists/ is read below it"
            yield Problem(f"{id}/{file.name}", 1, 1, text)
        elif file.name.endswith(".yml"):
            yield Problem(f"{id}/{file.name}", 1, 1, "files that end with .yml are not read; rename it to .yaml")
        elif file.name.endswith(".yaml"):
            text = "a rule's file is named with small letters, digits, '-' and '.', since its name is the rule's id"
            yield Problem(f"{id}/{file.name}", 1, 1, text)


def _in(folder: Traversable) -> list[Traversable]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _document(name: str, data: bytes, problems: list[Problem], without: str = "") -> Document | None:
    try:
        text = data.decode("utf-8")
        document = parse_without(text, name, without) if without else parse(text, name)
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


def _rule(
    document: Document, id: str, problems: list[Problem], lists: "Mapping[str, ReferenceList]", proofs: bool
) -> Rule | None:
    if not isinstance(document.data.get("check", {}), dict):
        problems.append(document.problem(("check",), "'check' takes keys and values, the first of them kind"))
        return None
    return read_rule(document, id, problems, lists, proofs)


def _head(document: Document, problems: list[Problem]) -> _Head | None:
    try:
        return _Head.model_validate(document.data)
    except ValidationError as error:
        problems += document.problems_of(error)
        return None


def ruleset_schema() -> dict[str, Any]:
    """The JSON Schema of a `ruleset.yaml`."""
    return _Head.model_json_schema()
