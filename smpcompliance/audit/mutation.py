"""How well the examples of a rule hold it: which small changes of the rule none of them notices."""

from collections.abc import Iterator
from dataclasses import dataclass

from smpcompliance.audit.examples import differs, judge_tables, tables_of
from smpcompliance.rules.mutants import mutants
from smpcompliance.rules.rule import Rule
from smpcompliance.yamlio import Problem

BAR = 0.95
"""The share of changes that the examples of a ruleset must notice."""


@dataclass(frozen=True)
class Holding:
    """The changes of one rule: how many there are, how many no example notices, and what is wrong with that.

    Attributes:
        excused: unnoticed changes for which the rule says why (`unpinned`).
        open: unnoticed changes without a reason, and reasons given for changes that are noticed or do not exist.
    """

    rule: str
    changes: int
    unnoticed: int
    excused: int
    open: tuple[Problem, ...]


def holding(rule: Rule) -> Holding:
    """Tries every small change of a rule against its examples."""
    tables = [(case, tables_of(rule, case)) for example in rule.examples for case in example.cases()]
    changes, unnoticed = 0, {}
    for mutant in mutants(rule):
        changes += 1
        if not any(differs(example, logs, judge_tables(mutant.rule, example, logs)) for example, logs in tables):
            unnoticed[mutant.change] = mutant.place
    excused = rule.unpinned.keys() & unnoticed.keys()
    return Holding(rule.id, changes, len(unnoticed), len(excused), tuple(sorted(_open(rule, unnoticed))))


def _open(rule: Rule, unnoticed: dict[str, tuple[str | int, ...]]) -> Iterator[Problem]:
    for change, place in unnoticed.items():
        if change not in rule.unpinned:
            yield rule.document.problem(place, f"no example notices: {change}")
    for change in rule.unpinned.keys() - unnoticed.keys():
        yield rule.document.problem(("unpinned", change), f"this change is noticed, or there is none such: {change}")
