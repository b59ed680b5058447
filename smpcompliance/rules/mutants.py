"""A rule changed a little: one unit, one day, one word, one comparison, one condition at a time.

A change that no example of the rule notices shows a number, day, word or condition that nothing proves. Changes are
made in the plain data of the rule's file, so that each is read and checked like any rule; one that cannot be read is
none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from smpcompliance.checks.list import List
from smpcompliance.checks.list.reference_list import ReferenceList
from smpcompliance.days import LENGTH
from smpcompliance.patterns import pattern
from smpcompliance.rules.parameters import NONE, UNKNOWN
from smpcompliance.rules.rule import Rule, read_rule
from smpcompliance.yamlio import Path, Problem

_DAY = pattern(r"\d{4}-\d{2}-\d{2}\Z")
_WORDS: Final = ("enum", "not", "contains_all", "contains_any", "contains_none", "within", "document_type")
_TURNED: Final = {
    "minimum": "exclusive_minimum",
    "exclusive_minimum": "minimum",
    "maximum": "exclusive_maximum",
    "exclusive_maximum": "maximum",
    "not_before": "not_after",
    "not_after": "not_before",
    "at_least_after": "at_most_after",
    "at_most_after": "at_least_after",
    "equals": "differs_from",
    "differs_from": "equals",
    "at_most": "at_least",
    "at_least": "at_most",
}
_CONDITIONS: Final = ("where", "require")
_DROPPED: Final = ("unless", "exempt", "grace", "valid")


@dataclass(frozen=True)
class Mutant:
    """A rule with one small change; `change` says which, at `place` of its file."""

    change: str
    place: Path
    rule: Rule


@dataclass(frozen=True)
class _Change:
    """Ways to write one change, the nearest first: the node at `place` is replaced, or left out where it is `...`."""

    place: Path
    said: str
    ways: tuple[Any, ...]
    key: str | None = None


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every small change of a rule that still is a rule."""
    data = {key: value for key, value in rule.document.data.items() if key not in ("examples", "unpinned")}
    lists = _lists(rule)
    for change in _changes(data):
        for way in change.ways:
            document = replace(rule.document, data=_changed(data, change.place, way, change.key))
            problems: list[Problem] = []
            other = read_rule(document, rule.id, problems, lists)
            if other is None or problems:
                continue
            if not _same(rule, other):
                yield Mutant(f"{'.'.join(map(str, change.place))}: {change.said}", change.place, other)
            break


def _same(rule: Rule, other: Rule) -> bool:
    return (rule.in_force, rule.applies_to, rule.versions) == (other.in_force, other.applies_to, other.versions)


def _lists(rule: Rule) -> dict[str, ReferenceList]:
    checks = [check for version in rule.versions for check in (version.check, *version.readings.values())]
    return {name: entries for check in checks if isinstance(check, List) for name, entries in check.lists.items()}


def _changed(node: Any, place: Path, way: Any, key: str | None) -> Any:
    """A copy with the node at `place` replaced by `way`, under another key where one is given; `...` leaves it out."""
    head, rest = place[0], place[1:]
    if isinstance(node, dict):
        out = {}
        for name, value in node.items():
            if name != head:
                out[name] = value
            elif rest:
                out[name] = _changed(value, rest, way, key)
            elif way is not ...:
                out[key or name] = way
        return out
    items = list(node)
    assert isinstance(head, int)
    items[head : head + 1] = [_changed(node[head], rest, way, key)] if rest else [] if way is ... else [way]
    return items


def _changes(data: dict[str, Any]) -> Iterator[_Change]:
    for name, day in (data.get("in_force") or {}).items():
        yield from _of_day(("in_force", name), day)
    for column, constraint in (data.get("applies_to") or {}).items():
        place: Path = ("applies_to", column)
        yield _Change(place, "left out", (...,))
        yield from _words(place, constraint) if isinstance(constraint, list) else _of_node(place, constraint)
    for name, parameter in (data.get("parameters") or {}).items():
        yield from _of_parameter(("parameters", name), parameter)
    yield from _of_node(("check",), data["check"])
    for name, reading in (data.get("readings") or {}).items():
        yield from _of_node(("readings", name, "check"), reading["check"])


def _of_parameter(place: Path, parameter: dict[str, Any]) -> Iterator[_Change]:
    values: list[tuple[Path, Any]] = [(("value",), parameter["value"])] if "value" in parameter else []
    values += [(("since", day), value) for day, value in (parameter.get("since") or {}).items()]
    for key, value in values:
        at = (*place, *key)
        yield from _words(at, value) if isinstance(value, list) else _of_node(at, value)
    for day in parameter.get("since") or {}:
        for step, said in ((1, "a day later"), (-1, "a day earlier")):
            yield _Change((*place, "since", day), said, (parameter["since"][day],), _day(day, step))


def _of_node(place: Path, node: Any) -> Iterator[_Change]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _of_key((*place, key), key, value, node)
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _of_node((*place, n), value)
    elif isinstance(node, bool):
        yield _Change(place, str(not node).lower(), (not node,))
    elif isinstance(node, int | float):
        yield from _of_number(place, node)
    elif isinstance(node, str) and _DAY.match(node):
        yield from _of_day(place, node)
    elif isinstance(node, str) and (found := LENGTH.match(node)):
        yield from _of_length(place, node, found)


def _of_key(place: Path, key: str, value: Any, node: dict[str, Any]) -> Iterator[_Change]:
    if key in _WORDS and isinstance(value, list):
        yield from _words(place, value)
    elif key == "any_of" and isinstance(value, list):
        for n, branch in enumerate(value):
            if isinstance(branch, dict):
                yield _Change((*place, n), "left out", (...,))
                yield from _of_conditions((*place, n), branch)
    elif key in _CONDITIONS and isinstance(value, dict):
        yield from _of_conditions(place, value)
    else:
        yield from _of_node(place, value)
    if key in _DROPPED:
        yield _Change(place, "left out", (...,))
    if (turned := _TURNED.get(key)) and turned not in node:
        yield _Change(place, f"{turned} instead of {key}", (value,), turned)


def _of_conditions(place: Path, conditions: dict[str, Any]) -> Iterator[_Change]:
    for column, constraint in conditions.items():
        if column == "any_of":
            yield from _of_key((*place, column), column, constraint, conditions)
            continue
        yield _Change((*place, column), "left out", (...,))
        if isinstance(constraint, dict):
            if len(constraint) > 1:
                for key in constraint:
                    yield _Change((*place, column, key), "left out", (...,))
            yield from _of_node((*place, column), constraint)


def _words(place: Path, words: list[Any]) -> Iterator[_Change]:
    for n, word in enumerate(words):
        if len(words) > 1 and not (isinstance(word, str) and word.startswith("$")):
            yield _Change(place, f"without {word}", ([*words[:n], *words[n + 1 :]],))


def _of_number(place: Path, number: int | float) -> Iterator[_Change]:
    exact = Decimal(repr(number))
    step = Decimal(1).scaleb(int(exact.as_tuple().exponent)) if isinstance(number, float) else Decimal(1)
    for other in (exact + step, exact - step):
        yield _Change(place, f"{other} instead of {number}", (type(number)(other),))


def _of_day(place: Path, day: str) -> Iterator[_Change]:
    for step, said in ((1, "a day later"), (-1, "a day earlier")):
        yield _Change(place, said, (_day(day, step),))


def _day(day: str, step: int) -> str:
    if day in (NONE, UNKNOWN):
        return day
    return (date.fromisoformat(day) + timedelta(days=step)).isoformat()


def _of_length(place: Path, length: str, found: re.Match[str]) -> Iterator[_Change]:
    longer: tuple[str, ...]
    shorter: tuple[str, ...]
    years, months, weeks, days, hours, minutes = (int(group or 0) for group in found.groups())
    if hours or minutes:
        name, unit = ("a minute", 1) if minutes else ("an hour", 60)
        total = 24 * 60 * (7 * weeks + days) + 60 * hours + minutes
        longer, shorter = (f"PT{total + unit}M",), (f"PT{total - unit}M",)
    elif weeks or days and not (years or months):
        name, total = "a day", 7 * weeks + days
        longer, shorter = (f"P{total + 1}D",), (f"P{total - 1}D",)
    else:
        name, total = "a day", 12 * years + months
        longer = (f"P{total}M{days + 1}D", f"P{total + 1}M")
        shorter = (f"P{total}M{days - 1}D",) if days else (f"P{total - 1}M29D", f"P{total - 1}M")
    yield _Change(place, f"{name} longer than {length}", longer)
    yield _Change(place, f"{name} shorter than {length}", shorter)
