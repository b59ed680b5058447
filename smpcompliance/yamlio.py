"""Strict YAML that knows where everything stands.

Only `true`/`false`, whole numbers, decimals, `null` and text are recognised: `NO`, `1:30`, `010` and dates stay text
until a typed field wants them. Duplicate keys, anchors, aliases, tags and several documents in one file are mistakes.
Plain PyYAML gets all of these wrong.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_PLAIN = {"": None, "null": None, "~": None, "true": True, "false": False}
_Loader: Any = getattr(yaml, "CLoader", yaml.Loader)


class Strict(BaseModel):
    """A part of a file that a person writes, as a typed model: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    """Plain data of one YAML file, and the position of each of its nodes by path of keys and indices."""

    file: str
    data: Any
    marks: dict[Path, tuple[int, int]] = field(repr=False)

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
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            raise SourceError(self.problems_of(error)) from None

    def problems_of(self, error: ValidationError, under: Path = ()) -> list[Problem]:
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
    return Document(file, data, reader.marks)


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
    if _WHOLE.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text
