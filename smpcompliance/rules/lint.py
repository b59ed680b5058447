"""Mistakes in a rule that typing does not see: columns, words, names in messages, parameters, sources, examples."""

from collections.abc import Collection, Iterator
from datetime import date
from functools import cache

from smpcompliance.checks.columns import Use, columns_used
from smpcompliance.checks.condition import Constraint
from smpcompliance.logs.profile import INSTRUMENTS, PROFILE
from smpcompliance.logs.schema import Column, schema
from smpcompliance.patterns import pattern
from smpcompliance.rules.duties import DUTIES
from smpcompliance.rules.parameters import PARAMETER
from smpcompliance.rules.rule import Rule
from smpcompliance.yamlio import Problem

_NAME = pattern(r"\{([^{}]*)\}")
_NUMERIC = ("number", "whole")
_DATED = ("date", "moment")
_LISTS = ("words", "list")


def mistakes(rule: Rule, sources: Collection[str]) -> Iterator[Problem]:
    """Every mistake for which a rule must not be used, at its place in the file.

    Args:
        sources: the ids of the sources that its ruleset names.
    """
    yield from _columns(rule)
    yield from _applies_to(rule)
    yield from _texts(rule)
    yield from _parameters(rule)
    yield from _duties(rule)
    if rule.citation.source not in sources:
        text = f"there is no source '{rule.citation.source}' in ruleset.yaml{_near(rule.citation.source, sources)}"
        yield rule.document.problem(("citation", "source"), text)


def lint(rule: Rule, sources: Collection[str]) -> Iterator[Problem]:
    """The mistakes of a rule, that it does not prove itself, and that it can never apply."""
    yield from mistakes(rule, sources)
    if rule.kind != "attest" and not rule.examples:
        yield rule.document.problem((), "the rule has no examples")
    yield from _never(rule)


def stale(rule: Rule, today: date) -> Problem | None:
    """A warning where the source was compared more than two years ago."""
    if rule.verified.replace(year=rule.verified.year + 2, day=min(rule.verified.day, 28)) >= today:
        return None
    return rule.document.problem(("verified",), f"compared with its source on {rule.verified}, over two years ago")


def _never(rule: Rule) -> Iterator[Problem]:
    if rule.in_force.first > rule.in_force.last:
        yield rule.document.problem(("in_force",), "the rule can never apply: it ends before it begins")
    elif not rule.versions:
        yield rule.document.problem(("parameters",), "the rule can never apply: its parameters hold on no day")
    for _, constraint, place in rule.applies_to.columns():
        if text := _contradiction(constraint):
            yield rule.document.problem(("applies_to", *place), f"the rule can never apply: {text}")
    seen = set()
    for version in rule.versions:
        for use in columns_used(version.check) if version.check else ():
            text = _contradiction(use.constraint) if use.constraint else None
            if text and (use.place, text) not in seen:
                seen.add((use.place, text))
                yield rule.document.problem(("check", *use.place), f"this can never be met: {text}")


def _contradiction(constraint: Constraint) -> str | None:
    if constraint.required is False and len(constraint.model_fields_set) > 1:
        return "it must be blank and also hold something"
    if constraint.enum and not set(constraint.enum) - set(constraint.not_ or ()):
        return f"every word of enum is also under not: {', '.join(constraint.enum)}"
    if both := set(constraint.contains_all or ()) & set(constraint.contains_none or ()):
        return f"it must and must not contain {', '.join(sorted(both))}"
    if constraint.contains_any and not set(constraint.contains_any) - set(constraint.contains_none or ()):
        return f"it must contain one of {', '.join(constraint.contains_any)} and none of them"
    return _empty_range(constraint)


def _empty_range(constraint: Constraint) -> str | None:
    lows = [(getattr(constraint, key), key) for key in ("minimum", "exclusive_minimum")]
    highs = [(getattr(constraint, key), key) for key in ("maximum", "exclusive_maximum")]
    for low, low_key in lows:
        for high, high_key in highs:
            if low is None or high is None or type(low) is not type(high):
                continue
            if low > high or (low == high and "exclusive" in low_key + high_key):
                return f"nothing is {low_key} {low} and {high_key} {high}"
    return None


def _columns(rule: Rule) -> Iterator[Problem]:
    seen = set()
    for version in rule.versions:
        checks = [(version.check, ("check",))] + [(c, ("readings", n, "check")) for n, c in version.readings.items()]
        for check, at in checks:
            for use in columns_used(check) if check else ():
                for text in _wrong(use):
                    problem = rule.document.problem((*at, *use.place), text)
                    if problem not in seen:
                        seen.add(problem)
                        yield problem


def _wrong(use: Use) -> Iterator[str]:
    column = find_column(use.log, use.path) if use.log else None
    if not use.log:
        yield f"'{use.path}' names a column of no log"
    elif column is None:
        yield f"{use.log} has no column '{use.path}'{_near(use.path, _paths(use.log))}"
    elif use.constraint is not None:
        yield from _unfitting(column, use.constraint)


def _near(word: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1)
    return f"; did you mean {found[0]}?" if found else f"; it has {', '.join(known)}"


@cache
def _paths(log: str) -> tuple[str, ...]:
    known = schema(log)
    behind = [f"{link}.{name}" for link, (_, to) in known.links.items() for name in schema(to).columns]
    return (*known.columns, *behind)


@cache
def find_column(log: str, path: str) -> Column | None:
    """The schema column of a path, also of the profile; None where the path leads nowhere."""
    head, _, rest = path.partition(".")
    if head == "studio" and rest:
        kind, words = PROFILE.get(rest), INSTRUMENTS if rest == "instruments" else ()
        return Column(rest, kind, "", one_of=words) if kind else None  # type: ignore[arg-type]
    known = schema(log)
    if rest:
        return find_column(known.links[head][1], rest) if head in known.links else None
    return known.columns.get(path)


def _unfitting(column: Column, constraint: Constraint) -> Iterator[str]:
    for key in ("minimum", "maximum", "exclusive_minimum", "exclusive_maximum"):
        bound = getattr(constraint, key)
        if bound is None:
            continue
        if column.type not in _NUMERIC + _DATED:
            yield f"'{key}' needs a number or a date, {column.name} is {column.type}"
        elif (column.type in _DATED) != isinstance(bound, str):
            yield f"'{key}' of {column.name} must be a {'day like 2025-06-30' if column.type in _DATED else 'number'}"
    for key in ("enum", "not_", "contains_all", "contains_any", "contains_none", "within"):
        words = getattr(constraint, key)
        if words is None:
            continue
        if key.startswith("contains") and column.type not in (*_LISTS, "word"):
            yield f"'{key}' needs a list, {column.name} is {column.type}"
        if column.type in _DATED:
            yield f"'{key.rstrip('_')}' needs a column of words, {column.name} is a {column.type}"
        if column.type == "flag" and set(words) - {"true", "false"}:
            yield f"{column.name} is true or false, not {words}"
        for word in words:
            if column.one_of and word not in column.one_of:
                yield f"'{word}' is no word of {column.name}; it has {', '.join(column.one_of)}"
    for key in ("pattern", "min_length"):
        if getattr(constraint, key) is not None and column.type not in ("text", "word", "id"):
            yield f"'{key}' needs a column of text, {column.name} is {column.type}"
    if constraint.precision and column.type not in _DATED:
        yield f"'precision' needs a date, {column.name} is {column.type}"
    for key in ("not_before", "not_after", "at_least_after", "at_most_after"):
        if getattr(constraint, key) is not None and column.type not in _NUMERIC + _DATED:
            yield f"'{key}' needs a date, {column.name} is {column.type}"


def _applies_to(rule: Rule) -> Iterator[Problem]:
    for path, constraint, place in rule.applies_to.columns():
        if not path.startswith("studio.") or path.removeprefix("studio.") not in PROFILE:
            text = f"'{path}' is no field of a studio's profile; they are {', '.join(f'studio.{f}' for f in PROFILE)}"
            yield rule.document.problem(("applies_to", *place), text)
            continue
        column = (
            schema("sessions").columns["procedure"] if path == "studio.procedures" else find_column("sessions", path)
        )
        if column:
            for text in _unfitting(column, constraint):
                yield rule.document.problem(("applies_to", *place), text)


def _texts(rule: Rule) -> Iterator[Problem]:
    for name in _NAME.findall(rule.message):
        if name in rule.parameters and (name in _facts(rule) or any(find_column(log, name) for log in _logs(rule))):
            text = f"{{{name}}} is a parameter and a column or fact too; give the parameter another name"
            yield rule.document.problem(("message",), text)
        for log in _logs(rule):
            column = find_column(log, name)
            if column is not None and column.private:
                yield rule.document.problem(("message",), f"the message names {{{name}}}, which is personal data")
                break
            if column is not None:
                break
        else:
            if name not in rule.parameters and name not in _facts(rule):
                yield rule.document.problem(("message",), f"{{{name}}} is no fact, column or parameter")


def _logs(rule: Rule) -> list[str]:
    return [log for version in rule.versions[:1] if version.check for log in version.check.logs_needed()]


def _facts(rule: Rule) -> set[str]:
    return {fact for version in rule.versions if version.check for fact in version.check.facts()}


def _duties(rule: Rule) -> Iterator[Problem]:
    for duty, answer in rule.duties.items():
        place = ("duties", duty)
        if duty not in DUTIES:
            yield rule.document.problem(place, f"'{duty}' is no duty to compare; they are {', '.join(DUTIES)}")
        for name in PARAMETER.findall(answer):
            if name not in rule.parameters:
                text = f"there is no parameter '{name}'{_near(name, rule.parameters)}"
                yield rule.document.problem(place, text)
        if any(sign.isdigit() for sign in PARAMETER.sub("", answer)):
            yield rule.document.problem(place, "numbers stand here as $parameter only")


def _parameters(rule: Rule) -> Iterator[Problem]:
    for name in rule.parameters:
        if name not in rule.used and f"{{{name}}}" not in rule.message:
            yield rule.document.problem(("parameters", name), f"the parameter '{name}' is not used")
