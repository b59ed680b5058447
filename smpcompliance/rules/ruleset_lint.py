"""Mistakes of a ruleset as a whole: sources nobody cites or that say less, rules that say the same or hide others."""

from collections.abc import Iterator, Sequence

from smpcompliance.checks.check import Check
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.record import Record
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import Ruleset
from smpcompliance.yamlio import Problem


def lint_ruleset(ruleset: Ruleset, parents: Sequence[Ruleset]) -> Iterator[Problem]:
    """Every mistake that no single rule shows, at its place.

    Args:
        parents: the rulesets it extends, the remotest first; their rules hold too, unless they are omitted.
    """
    yield from _sources(ruleset)
    yield from _bases(ruleset)
    yield from _in_the_place_of_others(ruleset, parents)
    yield from _twins(ruleset, parents)


def _sources(ruleset: Ruleset) -> Iterator[Problem]:
    cited = {rule.citation.source for rule in ruleset.rules}
    for n, source in enumerate(ruleset.sources):
        if source.id not in cited and not source.note:
            text = f"no rule cites the source '{source.id}'; say in its 'note' what it was read for, or leave it out"
            yield ruleset.head.problem(("sources", n, "id"), text)


def _bases(ruleset: Ruleset) -> Iterator[Problem]:
    for rule in ruleset.rules:
        source = ruleset.source(rule.citation.source)
        if source and rule.basis == "text" and source.read != "full":
            text = f"the basis is text, but of the source '{source.id}' only this was read: {source.read}"
            yield rule.document.problem(("basis",), text)


def _in_the_place_of_others(ruleset: Ruleset, parents: Sequence[Ruleset]) -> Iterator[Problem]:
    """A rule of the same name replaces the parent's: that must be said, with its reason, like any omission."""
    omitted = {omission.rule for omission in ruleset.omits}
    theirs = {rule.id.rpartition("/")[2]: rule.id for parent in parents for rule in parent.rules}
    for rule in ruleset.rules:
        other = theirs.get(rule.id.rpartition("/")[2])
        if other and other not in omitted:
            text = (
                f"this takes the place of {other}; name that under omits with the reason, or give the file another name"
            )
            yield rule.document.problem((), text)


def _twins(ruleset: Ruleset, parents: Sequence[Ruleset]) -> Iterator[Problem]:
    omitted = {omission.rule for omission in ruleset.omits}
    elder = [rule for parent in parents for rule in parent.rules if rule.id not in omitted]
    for n, rule in enumerate(ruleset.rules):
        for other in (*elder, *ruleset.rules[:n]):
            if other.kind == rule.kind != "attest" and _reach_the_same(rule, other):
                for same in _same(rule, other):
                    text = f"this says the same of the same record as {other.id}{same}"
                    yield rule.document.problem(("check",), text)


def _reach_the_same(rule: Rule, other: Rule) -> bool:
    """Whether one studio can be under both: no field of its profile must hold different words, or hold and not hold."""
    theirs = {path: constraint for path, constraint, _ in other.applies_to.columns()}
    return not any(path in theirs and _apart(own, theirs[path]) for path, own, _ in rule.applies_to.columns())


def _apart(one: Constraint, other: Constraint) -> bool:
    (wanted, barred), (their_wanted, their_barred) = _words(one), _words(other)
    if wanted and their_wanted and not wanted & their_wanted:
        return True
    return bool(wanted and wanted <= their_barred) or bool(their_wanted and their_wanted <= barred)


def _words(constraint: Constraint) -> tuple[set[str], set[str]]:
    wanted = constraint.enum or constraint.contains_any or constraint.contains_all or ()
    return set(wanted), set(constraint.not_ or constraint.contains_none or ())


def _same(rule: Rule, other: Rule) -> Iterator[str]:
    """What two rules have in common where they say the same on some day; at most once."""
    for version in rule.versions:
        for their in other.versions:
            if version.valid.meet(their.valid) is None or not version.check or not their.check:
                continue
            if version.check == their.check:
                yield ""
                return
            if shared := _shared_demand(version.check, their.check):
                yield f": both ask for {shared}"
                return


def _shared_demand(check: Check, other: Check) -> str | None:
    """The column that two checks of single records both demand the same of, where they look at the same records."""
    if not isinstance(check, Record) or not isinstance(other, Record):
        return None
    if (check.log, check.where, check.unless) != (other.log, other.where, other.unless):
        return None
    theirs = _demands(other.require)
    return next((path for path, asked in _demands(check.require).items() if theirs.get(path) == asked), None)


def _demands(require: Conditions) -> dict[str, object]:
    return {path: part for path, part in require.root.items() if path != "any_of"}
