"""Values, days and answers of rules in words."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from smpcompliance.days import FIRST_DAY, LAST_DAY, Period
from smpcompliance.patterns import pattern
from smpcompliance.rules.parameters import NONE, PARAMETER, UNKNOWN, Parameter, in_words
from smpcompliance.rules.rule import Rule, Version

_EVERY_ONE = pattern(r"\bevery 1 ")


def value_words(value: Any) -> str:
    """A parameter's value: «1 month» for P1M, words without underscores, lists with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value_words(each) for each in value)
    if value == NONE:
        return "nothing asked"
    if value == UNKNOWN:
        return "not researched"
    return in_words(value).replace("_", " ")


def day_words(days: Period) -> str:
    """«from 2014-01-01», «until 2013-12-31», «2012-07-01 to 2013-12-31»; empty where it is all time."""
    if days.first == FIRST_DAY:
        return "" if days.last == LAST_DAY else f"until {days.last}"
    return f"from {days.first}" if days.last == LAST_DAY else f"{days.first} to {days.last}"


def parameter_words(parameter: Parameter) -> str:
    """All values of a parameter, each with its first day where it changed."""
    if set(parameter.since) == {FIRST_DAY}:
        return value_words(parameter.since[FIRST_DAY])
    firsts = sorted(parameter.since)
    lasts = [first - timedelta(days=1) for first in firsts[1:]] + [LAST_DAY]
    return "; ".join(
        f"{value_words(parameter.since[first])} ({day_words(Period(first, last))})"
        for first, last in zip(firsts, lasts, strict=True)
    )


def judged(version: Version) -> str:
    """How a version judges, in a sentence."""
    return version.check.explain() if version.check else "The number of the law has not been researched."


def answer(rule: Rule, duty: str) -> str:
    """What a rule answers to a duty, with the values of its parameters in place of their names."""
    said = PARAMETER.sub(lambda found: parameter_words(rule.parameters[found[1]]), rule.duties[duty])
    return _EVERY_ONE.sub("every ", said)


def markdown(text: str) -> str:
    """Text of a rule inside a Markdown line or table cell."""
    flat = " ".join(text.split())
    for sign in "\\|<>*_`[]":
        flat = flat.replace(sign, f"\\{sign}")
    return flat


def table(heads: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A Markdown table; cells are Markdown already."""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "|".join("---" for _ in heads) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
