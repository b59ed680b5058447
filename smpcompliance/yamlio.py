"""Strict YAML that knows where everything stands.

Only `true`/`false`, whole numbers, decimals, `null` and text are recognised: `NO`, `1:30`, `010` and dates stay text
until a typed field wants them. Duplicate keys, anchors, aliases, tags and several documents in one file are mistakes.
Plain PyYAML gets all of these wrong.

A file is read fast, without positions. The moment anything in it is odd it is read again the careful way, which names
every mistake at its place; where a mistake is found later, the positions are read then.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from smpcompliance.patterns import pattern

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound="BaseModel")

_WHOLE = pattern(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = pattern(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_PLAIN = {"": None, "null": None, "~": None, "true": True, "false": False}
_Loader: Any = getattr(yaml, "CLoader", yaml.Loader)
_SIGNS = frozenset("+-0123456789")  # with which numbers begin


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake in a file that a person wrote; line and column count from 1."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class SourceError(Exception):
    """All mistakes of the files that were to be loaded, in one go."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Document:
    """Plain data of one YAML file, and the position of each of its nodes by path of keys and indices.

    Attributes:
        text: all that was read, also where `data` holds only a part of it (`parse_without`).
    """

    file: str
    data: Any
    marks: Mapping[Path, tuple[int, int]] = field(repr=False, compare=False)
    text: str = field(default="", repr=False, compare=False)

    def problem(self, path: Iterable[str | int], text: str) -> Problem:
        """A problem at the node of this path, or at its nearest ancestor that is in the file."""
        return Problem(self.file, *self.where(path), text)

    def where(self, path: Iterable[str | int]) -> tuple[int, int]:
        """Line and column of a node. Steps that are not in the file (names of union members, say) are passed over."""
        known: Path = ()
        for step in path:
            if known + (step,) in self.marks:
                known += (step,)
        return self.marks[known]

    def as_model(self, model: type[Model]) -> Model:
        """The content as a strict model.

        Raises:
            SourceError: every mistake, each at its place in the file.
        """
        from pydantic import ValidationError  # what only reads text needs no models

        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise SourceError(self.problems_of(error)) from None

    def problems_of(self, error: "ValidationError", under: Path = ()) -> list[Problem]:
        """The mistakes pydantic found, each at its place in the file."""
        return [self.problem(under + found["loc"], _words_of(found)) for found in error.errors()]


def _words_of(found: Any) -> str:
    name = str(found["loc"][-1]) if found["loc"] else ""
    match found["type"]:
        case "extra_forbidden":
            return f"unknown key '{name}'"
        case "missing":
            return f"'{name}' is missing"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"'{name}' takes keys and values" if name else "expected keys and values"
        case "value_error":
            return str(found["ctx"]["error"])
        case _:
            return f"'{name}': {found['msg'][0].lower()}{found['msg'][1:]}" if name else str(found["msg"])


def parse(text: str, file: str) -> Document:
    """Reads one YAML document.

    Raises:
        SourceError: with every duplicate key, anchor, alias or tag, or the first syntax error.
    """
    try:
        return Document(file, _plain(text), _Marks(text, file), text)
    except _Odd:
        return parse_carefully(text, file)


def parse_without(text: str, file: str, key: str) -> Document:
    """Reads one YAML document but for a key at its top, whose part of the text is passed over unread.

    What stands before the key and what stands behind it are read each as a document of its own, so that nothing which
    is open at one end of the part (a quotation, a list) is taken for closed. Where they cannot be read so, all is read.

    Raises:
        SourceError: as `parse` does, for all of the document where all is read.
    """
    try:
        return Document(file, _apart(text, key), _Marks(text, file), text)
    except _Odd:
        whole = parse(text, file)
    if not isinstance(whole.data, dict):
        return whole
    return Document(file, {name: part for name, part in whole.data.items() if name != key}, whole.marks, text)


def parse_carefully(text: str, file: str) -> Document:
    """Reads one YAML document with the position of every node; else as `parse`.

    Raises:
        SourceError: as `parse` does.
    """
    reader = _Reader(file)
    try:
        data = reader.document(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise SourceError([Problem(file, line, column, f"this is not YAML: {error.problem}")]) from None
    except RecursionError:
        problem = Problem(file, 1, 1, "lists or tables stand in one another too deeply to be read")
        raise SourceError([problem]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SourceError([Problem(file, line, 1, f"a character that YAML forbids: {error.reason}")]) from None
    if reader.problems:
        raise SourceError(reader.problems)
    return Document(file, data, reader.marks, text)


class _Marks(Mapping[Path, tuple[int, int]]):
    """The positions of a document that was read fast; they are found when one is asked for."""

    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file

    @cached_property
    def _found(self) -> Mapping[Path, tuple[int, int]]:
        return parse_carefully(self._text, self._file).marks

    def __getitem__(self, path: Path) -> tuple[int, int]:
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class _Odd(Exception):
    """The text holds something for which it must be read the careful way."""


def _plain(text: str, piece: bool = False) -> Any:
    """The plain data of a document without any oddity.

    Args:
        piece: the text is whole lines of a document; it must then hold keys at its margin, and no mark of a document.

    Raises:
        _Odd: there is one.
    """
    try:
        parser = _Loader(text)
        next_event: Callable[[], Any] = parser.get_event
        next_event()
        start = next_event()
        if type(start) is not yaml.DocumentStartEvent:
            raise _Odd
        event = next_event()
        if piece and (event.start_mark.column or type(event) is not yaml.MappingStartEvent or event.flow_style):
            raise _Odd
        data = _node(event, next_event)
        end = next_event()
        if type(next_event()) is not yaml.StreamEndEvent or (piece and (start.explicit or end.explicit)):
            raise _Odd
    except (yaml.YAMLError, RecursionError):
        raise _Odd from None
    return data


def _node(event: Any, next_event: Callable[[], Any]) -> Any:
    kind = type(event)
    if kind is yaml.AliasEvent or event.anchor is not None:
        raise _Odd
    if event.tag is not None and not (kind is yaml.ScalarEvent and event.tag == "!"):
        raise _Odd
    if kind is yaml.ScalarEvent:
        return _scalar(event)
    if kind is yaml.SequenceStartEvent:
        items: list[Any] = []
        while type(event := next_event()) is not yaml.SequenceEndEvent:
            items.append(_node(event, next_event))
        return items
    found: dict[str, Any] = {}
    while type(event := next_event()) is not yaml.MappingEndEvent:
        if type(event) is not yaml.ScalarEvent or event.value in found:
            raise _Odd
        found[event.value] = _node(next_event(), next_event)
    return found


def _apart(text: str, key: str) -> dict[str, Any]:
    """The plain data of a document of keys and values, all but that of one key at its top.

    Raises:
        _Odd: the key's part of the text does not stand clearly apart.
    """
    part = re.search(rf"^{re.escape(key)}:[ ]*\n(?:(?:[ #].*|- .*)?(?:\n|\Z))*", text, re.MULTILINE)
    before, behind = (text[: part.start()], text[part.end() :]) if part else (text, "")
    data: dict[str, Any] = _plain(before, piece=True)
    more: dict[str, Any] = _plain(behind, piece=True) if behind else {}
    if data.keys() & more.keys() or key in data or key in more:
        raise _Odd
    return data | more


class _Reader:
    """Builds plain data from the events of PyYAML's parser."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def document(self, text: str) -> Any:
        self.events = iter(yaml.parse(text, Loader=_Loader))
        data: Any = None
        self.marks[()] = (1, 1)
        started = False
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if started:
                    self._complain(event, "a second document begins here; one file holds one document")
                started = True
            elif isinstance(event, yaml.NodeEvent):
                value = self._node(event, ())
                data = value if data is None else data
        return data

    def _mark(self, event: Any, path: Path) -> None:
        self.marks[path] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def _complain(self, event: Any, text: str) -> None:
        self.problems.append(Problem(self.file, event.start_mark.line + 1, event.start_mark.column + 1, text))

    def _node(self, event: Any, path: Path) -> Any:
        self._mark(event, path)
        if isinstance(event, yaml.AliasEvent):
            self._complain(event, f"alias *{event.anchor}: write the value out, aliases are not read")
            return None
        if event.anchor:
            self._complain(event, f"anchor &{event.anchor}: anchors are not read")
        if event.tag and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!"):
            self._complain(event, f"tag {event.tag}: tags are not read")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return _scalar(event)

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, path + (len(items),)))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._complain(event, "a key must be a word")
                self._node(event, path + ("?",))
                self._node(next(self.events), path + ("?",))
                continue
            key = event.value
            if key in found:
                self._complain(event, f"the key '{key}' stands here a second time")
            found[key] = self._node(next(self.events), path + (key,))
            self._mark(event, path + (key,))
        return found


def _scalar(event: Any) -> Any:
    text = event.value
    if not event.implicit[0] or event.style:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] not in _SIGNS:
        return text
    if _WHOLE.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text
