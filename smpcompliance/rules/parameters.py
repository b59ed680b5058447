"""The numbers, lengths, days and words of a law, dated where it changed, and their place in a check."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from smpcompliance.days import FIRST_DAY, LAST_DAY, Period, duration
from smpcompliance.logs.numbers import number_text
from smpcompliance.patterns import pattern

NONE, UNKNOWN = "none", "unknown"
PARAMETER = pattern(r"\$([a-z][a-z0-9_]*)")
"""A parameter's name in a text, as in «every $interval»."""


@dataclass(frozen=True)
class Parameter:
    """A value of the law.

    Attributes:
        about: what it is, in words.
        since: first day → the value from then on. `none` = the law asks nothing from then on (repealed), `unknown` =
            nobody has researched it; a value without dates stands under the first day of all.
    """

    about: str
    since: dict[date, Any] = field(default_factory=dict)

    def on(self, day: date) -> Any:
        """The value on a day; `none` before the first."""
        begun = [first for first in self.since if first <= day]
        return self.since[max(begun)] if begun else NONE


def stretches(parameters: dict[str, Parameter], in_force: Period) -> list[Period]:
    """The days a rule is in force, cut wherever a parameter changes."""
    starts = {in_force.first} | {
        day for parameter in parameters.values() for day in parameter.since if in_force.first < day <= in_force.last
    }
    ordered = sorted(starts)
    ends = [start - timedelta(days=1) for start in ordered[1:]] + [in_force.last]
    return [Period(first, last) for first, last in zip(ordered, ends, strict=True)]


def always(value: Any) -> dict[date, Any]:
    """A value that has no dates."""
    return {FIRST_DAY: value}


def whole_time(since: date | None, until: date | None) -> Period:
    """The days from `since` through `until`, open where they are None."""
    return Period(since or FIRST_DAY, until or LAST_DAY)


def named(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str, tuple[str | int, ...]]]:
    """Every `$name` below a node, with its place."""
    found: list[tuple[str, tuple[str | int, ...]]] = []
    _gather(node, path, found)
    return found


def _gather(node: Any, path: tuple[str | int, ...], found: list[tuple[str, tuple[str | int, ...]]]) -> None:
    if isinstance(node, str):
        if node.startswith("$"):
            found.append((node[1:], path))
        return
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(value, dict | list) or (isinstance(value, str) and value.startswith("$")):
            _gather(value, (*path, key), found)


def in_words(value: Any) -> str:
    """A value as people say it: «1 month» for P1M, plain figures, a list with commas and without underscores."""
    if isinstance(value, list):
        return ", ".join(str(word).replace("_", " ") for word in value)
    if isinstance(value, float):
        return number_text(value)
    try:
        return str(duration(value))
    except ValueError:
        return str(value)


def fill(node: Any, values: dict[str, Any]) -> Any:
    """The node with each `$name` replaced by its value; a list inside a list is laid out in it."""
    if isinstance(node, str) and node.startswith("$"):
        return values[node[1:]]
    if isinstance(node, dict):
        return {key: fill(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [part for value in node for part in _parts(value, values)]
    return node


def _parts(value: Any, values: dict[str, Any]) -> list[Any]:
    filled = fill(value, values)
    return filled if isinstance(filled, list) and isinstance(value, str) else [filled]
