"""Places side by side: for each duty what every place answers, its parents' answer where it has none of its own."""

from collections.abc import Iterator, Mapping

from smpcompliance.report.law.words import answer, markdown, table
from smpcompliance.rules.duties import DUTIES
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import Ruleset, chain


def comparison(rulesets: Mapping[str, Ruleset]) -> Iterator[str]:
    """A Markdown page: a section per duty, a row per place and rule."""
    yield from ("# The places side by side", "")
    yield "What each place asks, duty by duty. «No rule» means that what was read holds none, not that there is none."
    yield ""
    for duty, title in DUTIES.items():
        yield from (f"## {title}", "")
        rows = [row for id in sorted(rulesets) for row in _rows(rulesets, id, duty)]
        yield from table(["place", "what it asks", "rule"], rows)


def _rows(rulesets: Mapping[str, Ruleset], id: str, duty: str) -> list[list[str]]:
    found = answers(rulesets, id, duty)
    if not found:
        return [[id, "no rule", ""]]
    return [[id, markdown(answer(rule, duty)), f"[{rule.id}]({rule.id}.md)"] for rule in found]


def answers(rulesets: Mapping[str, Ruleset], id: str, duty: str) -> list[Rule]:
    """The rules of a place that answer a duty: its own, or else those of the nearest parent that has any."""
    omitted: set[str] = set()
    for ruleset in reversed(chain(rulesets, id)):
        found = [rule for rule in ruleset.rules if duty in rule.duties and rule.id not in omitted]
        if found:
            return found
        omitted |= {omission.rule for omission in ruleset.omits}
    return []
