"""Which columns a check names, each with its place in the rule: one walk over the typed model, for every kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from smpcompliance.checks.condition import ColumnMark, Conditions, Constraint
from smpcompliance.yamlio import Path


@dataclass(frozen=True)
class Use:
    """A column that a check names: the log it must be in, its place below the check, and what is asked of it."""

    log: str
    path: str
    place: Path
    constraint: Constraint | None = None


def columns_used(part: Any, log: str = "", outer: str = "", place: Path = ()) -> Iterator[Use]:
    """Every column below a part of a check.

    A part with a `log` of its own speaks of that log; a check that starts from an event (`after`) of the event's log.
    Columns marked as those of the record (in `find.match`, `find.at` and what `find.where` compares with) belong to the
    log around it.

    Args:
        log: the log that the part around this one speaks of; `outer` the one around that.
    """
    named = getattr(part, "log", None)
    own = str(named or log or getattr(getattr(part, "after", None), "log", ""))
    around = (log if named else outer) or own
    model: type[BaseModel] = type(part)
    for name, key, marks in _fields(model):
        if (value := getattr(part, name)) is not None:
            yield from _of_field(part, value, marks, own, around, (*place, key))


@cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str, tuple[ColumnMark, ...]], ...]:
    """The fields of a model: name, key in a rule, and how its columns are marked."""
    every = ((name, info, _marks(info.annotation, info.metadata)) for name, info in model.model_fields.items())
    return tuple(
        (name, info.alias or name, tuple(mark for mark in marks if isinstance(mark, ColumnMark)))
        for name, info, marks in every
    )


def _of_field(
    part: BaseModel, value: Any, marks: tuple[ColumnMark, ...], own: str, around: str, place: Path
) -> Iterator[Use]:
    if isinstance(value, Conditions):
        compared = around if getattr(part, "compares_outside", False) else own
        yield from _of_conditions(value, own, compared, place)
    elif isinstance(value, BaseModel):
        yield from columns_used(value, own, around, place)
    elif isinstance(value, dict) and marks:
        for key, other in value.items():
            yield Use(around, key, (*place, key))
            yield Use(own, other, (*place, key))
    elif isinstance(value, list):
        for n, each in enumerate(value):
            if isinstance(each, str) and marks:
                yield Use(_log(marks, own, around), each, (*place, n))
            elif isinstance(each, BaseModel):
                yield from columns_used(each, own, around, (*place, n))
    elif isinstance(value, str) and marks:
        yield Use(_log(marks, own, around), value, place)


def _log(marks: tuple[ColumnMark, ...], own: str, around: str) -> str:
    return around if marks[0].outer else own


def _of_conditions(conditions: Conditions, own: str, compared: str, place: Path) -> Iterator[Use]:
    for path, constraint, at in conditions.columns():
        yield Use(own, path, (*place, *at), constraint)
        for key, other in constraint.compared():
            yield Use(compared, other, (*place, *at, key))


def _marks(annotation: Any, metadata: list[Any]) -> Iterator[Any]:
    yield from metadata
    for inner in getattr(annotation, "__metadata__", ()):
        yield inner
    for inner in getattr(annotation, "__args__", ()):
        yield from _marks(inner, [])
