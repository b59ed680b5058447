"""What differs between the law of two places, or between two days of one place, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from smpcompliance.report.law.comparison import answers
from smpcompliance.report.law.words import answer, value_words
from smpcompliance.rules.duties import DUTIES
from smpcompliance.rules.rule import Rule, Version
from smpcompliance.rules.ruleset import Ruleset, chain, rules_of


@dataclass(frozen=True)
class LawOfDay:
    """The law of a place on a day."""

    place: str
    day: date

    def __str__(self) -> str:
        return f"{self.place} on {self.day}"


def difference(rulesets: Mapping[str, Ruleset], one: LawOfDay, other: LawOfDay) -> Iterator[str]:
    """Lines that say what differs; parents that both places share are left out where the day is the same."""
    yield f"{one} and {other}"
    shared = _shared(rulesets, one, other)
    ours, theirs = _standing(rulesets, one, shared), _standing(rulesets, other, shared)
    changed = [line for id in ours.keys() & theirs.keys() for line in _changed(ours[id], theirs[id])]
    if one.place != other.place:
        yield from _duties(rulesets, one, other)
        ours = {id: rule for id, rule in ours.items() if not rule[0].duties}
        theirs = {id: rule for id, rule in theirs.items() if not rule[0].duties}
    yield from _listed("Changed", sorted(changed))
    yield from _listed(f"Only {one}", [_named(*ours[id]) for id in sorted(ours.keys() - theirs.keys())])
    yield from _listed(f"Only {other}", [_named(*theirs[id]) for id in sorted(theirs.keys() - ours.keys())])
    same = len(ours.keys() & theirs.keys()) - len({line.partition(":")[0] for line in changed})
    if one.place == other.place:
        yield f"The same on both days: {same} rules"
    for law, their in ((one, other), (other, one)):
        if their.place in {ruleset.id for ruleset in chain(rulesets, law.place)[:-1]}:
            yield f"{law.place} extends {their.place}, whose rules hold too and are left out here."
            yield from _listed("But for", [f"{o.rule}: {o.because}" for o in rulesets[law.place].omits])
            return
    if shared and one.place != other.place:
        yield f"Both are under {', '.join(sorted(shared))}, which is left out here."


def _shared(rulesets: Mapping[str, Ruleset], one: LawOfDay, other: LawOfDay) -> set[str]:
    if one.day != other.day or one.place == other.place:
        return set()
    chains = [{ruleset.id for ruleset in chain(rulesets, law.place)} for law in (one, other)]
    return chains[0] & chains[1]


def _standing(rulesets: Mapping[str, Ruleset], law: LawOfDay, without: set[str]) -> dict[str, tuple[Rule, Version]]:
    """The rules that are law of a place on the day, each in the version of that day."""
    found = {}
    for rule in rules_of(rulesets, [law.place]):
        version = next((v for v in rule.versions if v.valid.first <= law.day <= v.valid.last), None)
        if version and rule.id.partition("/")[0] not in without:
            found[rule.id] = (rule, version)
    return found


def _changed(ours: tuple[Rule, Version], theirs: tuple[Rule, Version]) -> Iterator[str]:
    rule = ours[0]
    for name, parameter in rule.parameters.items():
        before, after = ours[1].values[name], theirs[1].values[name]
        if before != after:
            yield f"{rule.id}: {rule.title}. {parameter.about}: {value_words(before)} → {value_words(after)}"


def _duties(rulesets: Mapping[str, Ruleset], one: LawOfDay, other: LawOfDay) -> Iterator[str]:
    same, silent = [], []
    for duty, title in DUTIES.items():
        ours, theirs = (_answers(rulesets, law, duty) for law in (one, other))
        if not ours and not theirs:
            silent.append(title)
        elif ours == theirs:
            same.append(title)
        else:
            yield title
            for law, said in ((one, ours), (other, theirs)):
                for line in said or ["no rule"]:
                    yield f"  {law.place}: {line}"
    yield from _listed("The same in both", same)
    yield from _listed("Neither has a rule on", silent)


def _answers(rulesets: Mapping[str, Ruleset], law: LawOfDay, duty: str) -> list[str]:
    rules = answers(rulesets, law.place, duty)
    return [f"{answer(rule, duty)} ({rule.citation.text})" for rule in rules
            if any(v.valid.first <= law.day <= v.valid.last for v in rule.versions)]  # fmt: skip


def _named(rule: Rule, version: Version) -> str:
    return f"{rule.id}: {rule.title} ({rule.citation.text})"


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{title} ({len(lines)})"
        yield from (f"  {line}" for line in lines)
