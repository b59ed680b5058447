"""Conditions on records: the vocabulary of `where`, `require` and `find.where`, typed and judged column by column."""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    model_validator,
)

from smpcompliance import strict
from smpcompliance.days import Duration, duration

Length = Annotated[Duration, BeforeValidator(duration)]


@dataclass(frozen=True)
class ColumnMark:
    """Marks a field that names a column; `outer` = of the log around the part that names it."""

    outer: bool = False


_PATH = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,2}$")
ColumnPath = Annotated[str, _PATH, ColumnMark()]
OuterPath = Annotated[str, _PATH, ColumnMark(outer=True)]
Bound = float | str


class Strict(strict.Strict):
    """A part of a check: it may hold lengths of time and reference lists, and fields whose key is a word of Python."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a pattern: {error}") from None
    return text


class Apart(Strict):
    """A distance to another moment: `{column: known_at, by: PT24H}`."""

    column: ColumnPath
    by: Length


def _word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


WordList = Annotated[list[Annotated[str, BeforeValidator(_word)]], Field(min_length=1)]


class Constraint(Strict):
    """What one column must be; several constraints in one map are all meant. Only `required` judges a blank."""

    required: bool | None = None
    enum: WordList | None = None
    not_: WordList | None = Field(None, alias="not")
    minimum: Bound | None = None
    maximum: Bound | None = None
    exclusive_minimum: Bound | None = None
    exclusive_maximum: Bound | None = None
    pattern: Annotated[str, AfterValidator(_pattern)] | None = None
    min_length: int | None = None
    contains_all: WordList | None = None
    contains_any: WordList | None = None
    contains_none: WordList | None = None
    min_items: int | None = None
    precision: Literal["time", "date", "month"] | None = None
    within: WordList | None = None
    equals: ColumnPath | None = None
    differs_from: ColumnPath | None = None
    not_before: ColumnPath | None = None
    not_after: ColumnPath | None = None
    at_least_after: Apart | None = None
    at_most_after: Apart | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Constraint":
        if not self.model_fields_set:
            raise ValueError("a condition without a constraint says nothing")
        return self

    def compared(self) -> Iterator[tuple[str, str]]:
        """The other columns this constraint names, each with the key it stands under."""
        for key in ("equals", "differs_from", "not_before", "not_after"):
            if other := getattr(self, key):
                yield key, other
        for key in ("at_least_after", "at_most_after"):
            if apart := getattr(self, key):
                yield key, apart.column


def _shape(source: Any) -> str:
    return "alternatives" if isinstance(source, list) else "constraint"


Part = Annotated[
    Annotated[Constraint, Tag("constraint")] | Annotated[list["Conditions"], Field(min_length=1), Tag("alternatives")],
    Discriminator(_shape),
]


class Conditions(RootModel[dict[str, Part]]):
    """Column path → constraint, all meant; `any_of` holds a list of such maps of which one must be met."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @model_validator(mode="after")
    def _lists_only_under_any_of(self) -> "Conditions":
        for name, part in self.root.items():
            if isinstance(part, list) != (name == "any_of"):
                raise ValueError(
                    "any_of takes a list of conditions"
                    if name == "any_of"
                    else f"'{name}' takes constraints, not a list"
                )
        return self

    def columns(self) -> Iterator[tuple[str, Constraint, tuple[str | int, ...]]]:
        """Every column with its constraint and its place below these conditions, those in `any_of` included."""
        for name, part in self.root.items():
            if isinstance(part, list):
                for n, each in enumerate(part):
                    for path, constraint, place in each.columns():
                        yield path, constraint, ("any_of", n, *place)
            else:
                yield name, part, (name,)

    def __bool__(self) -> bool:
        return bool(self.root)


def said_of(part: Constraint | list[Conditions]) -> Hashable:
    """What is asked of a column, or by alternatives: equal where the same is asked in the same order."""
    if isinstance(part, list):
        return tuple(tuple((name, said_of(each)) for name, each in one.root.items()) for one in part)
    return tuple((key, repr(getattr(part, key))) for key in sorted(part.model_fields_set))
