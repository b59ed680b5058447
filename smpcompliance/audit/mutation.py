"""How well the examples of a rule hold it: which small changes of the rule none of them notices."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from smpcompliance.audit.examples import differs, judge_tables, tables_of
from smpcompliance.rules.mutants import mutants
from smpcompliance.rules.rule import Rule
from smpcompliance.yamlio import Path, Problem

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


MANY = 50
"""From so many rules on they are shared out between processes: starting those takes a second or two."""


def holdings(rules: Sequence[Rule]) -> Iterator[Holding]:
    """Tries every small change of some rules, in their order; of many rules on all cores."""
    if len(rules) < MANY:
        yield from map(holding, rules)
        return
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        yield from processes.map(holding, rules, chunksize=8)


def holding(rule: Rule) -> Holding:
    """Tries every small change of a rule against its examples."""
    tables = [(case, tables_of(rule, case)) for example in rule.examples for case in example.cases()]
    wrong = [case for case, logs in tables if differs(case, logs, judge_tables(rule, case, logs))]
    if wrong:
        text = f"nothing is tried while an example is wrong: {wrong[0].title}"
        return Holding(rule.id, 0, 0, 0, (rule.document.problem(("examples",), text),))
    unnoticed: dict[str, Path] = {}
    known = set()
    for mutant in mutants(rule):
        known.add(mutant.change)
        if not any(differs(example, logs, judge_tables(mutant.rule, example, logs)) for example, logs in tables):
            unnoticed[mutant.change] = mutant.place
    excused = rule.unpinned.keys() & unnoticed.keys()
    return Holding(rule.id, len(known), len(unnoticed), len(excused), tuple(sorted(_open(rule, unnoticed, known))))


def _open(rule: Rule, unnoticed: dict[str, Path], known: set[str]) -> Iterator[Problem]:
    for change, place in unnoticed.items():
        if change not in rule.unpinned:
            yield rule.document.problem(place, f"no example notices: {change}")
    for change in rule.unpinned.keys() - unnoticed.keys():
        text = "an example notices this change" if change in known else "there is no such change"
        yield rule.document.problem(("unpinned", change), f"{text}: {change}")
