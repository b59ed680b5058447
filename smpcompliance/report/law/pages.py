"""The pages of the law: an index, places side by side, and for each place what it asks, with a page per rule."""

from collections.abc import Iterator, Mapping, Sequence

from smpcompliance.checks.words import say
from smpcompliance.report.law import reference
from smpcompliance.report.law.comparison import comparison
from smpcompliance.report.law.words import day_words, judged, markdown, parameter_words, table
from smpcompliance.rules.rule import SEVERITIES, Rule
from smpcompliance.rules.ruleset import Ruleset, SourceRead

MADE = "<!-- made by `smpcompliance rules docs`; change the rules, not this page -->"


def pages(rulesets: Mapping[str, Ruleset]) -> dict[str, str]:
    """Every page: its path below the folder of the docs, and its text.

    Args:
        rulesets: all rulesets, parents included.
    """
    ordered = [rulesets[id] for id in sorted(rulesets)]
    out = {
        "README.md": _text(_index(ordered)),
        "comparison.md": _text([MADE, "", *comparison(rulesets)]),
        "logs.md": _text([MADE, "", *reference.logs()]),
        "kinds.md": _text([MADE, "", *reference.kinds()]),
    }
    for ruleset in ordered:
        out[f"{ruleset.id}/README.md"] = _text(_place(ruleset))
        for rule in ruleset.rules:
            out[f"{ruleset.id}/{_stem(rule)}.md"] = _text(_rule(rule, ruleset))
    return out


def _text(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _stem(rule: Rule) -> str:
    return rule.id.rpartition("/")[2]


def _index(rulesets: list[Ruleset]) -> Iterator[str]:
    yield from (MADE, "", "# The law, as the program judges it", "")
    places = "[The places side by side, duty by duty](comparison.md)"
    yield f"{places} · [the logs](logs.md) · [the kinds of check](kinds.md)"
    yield ""
    heads = ["place", "name", "under", "rules", "asked on a visit", "source read as text", "excerpt", "secondary"]
    yield from table(heads, [_index_row(ruleset) for ruleset in rulesets])
    yield "How the source of a rule was read: *text* in full, *excerpt* in part, *secondary* in an account of the law."


def _index_row(ruleset: Ruleset) -> list[str]:
    asked = sum(rule.kind == "attest" for rule in ruleset.rules)
    bases = [sum(rule.basis == basis for rule in ruleset.rules) for basis in ("text", "excerpt", "secondary")]
    counts = [len(ruleset.rules) - asked, asked, *bases]
    return [f"[{ruleset.id}]({ruleset.id}/README.md)", markdown(ruleset.name), ruleset.extends or "", *map(str, counts)]


def _place(ruleset: Ruleset) -> Iterator[str]:
    yield from (MADE, "", f"# {ruleset.id}: {markdown(ruleset.name)}", "")
    yield from (f"**Law:** {markdown(ruleset.instrument)}", "", f"**Authority:** {markdown(ruleset.authority)}", "")
    if ruleset.extends:
        yield from (f"The rules of [{ruleset.extends}](../{ruleset.extends}/README.md) hold too.", "")
    if ruleset.notes:
        yield from (markdown(ruleset.notes), "")
    judged_here = [rule for rule in ruleset.rules if rule.kind != "attest"]
    yield from (f"## What it asks of the records ({len(judged_here)})", "")
    ordered = sorted(judged_here, key=lambda rule: (SEVERITIES.index(rule.severity), rule.id))
    yield from table(["rule", "weight", "where it stands"], [[_link(r), r.severity, _cited(r)] for r in ordered])
    asked = [rule for rule in ruleset.rules if rule.kind == "attest"]
    if asked:
        yield from (f"## What only a visit can tell ({len(asked)})", "")
        yield from table(["question", "where it stands"], [[_link(rule), _cited(rule)] for rule in asked])
    yield from _not_asked(ruleset)
    yield from ("## What was read", "")
    yield from table(["source", "kind", "read"], [_source(source) for source in ruleset.sources])


def _not_asked(ruleset: Ruleset) -> Iterator[str]:
    if ruleset.omits:
        yield from ("## Rules of the parent that do not hold here", "")
        rows = [[f"`{o.rule}`", markdown(o.because), markdown(o.citation)] for o in ruleset.omits]
        yield from table(["rule", "because", "where it stands"], rows)
    if ruleset.covers:
        yield from ("## What other rules honour", "")
        yield from table(["what the law says", "where it is honoured"], _facts(ruleset.covers))
    if ruleset.not_expressed:
        yield from ("## What no rule says", "")
        yield from table(["what the law says", "why no rule says it"], _facts(ruleset.not_expressed))


def _facts(facts: Mapping[str, str]) -> list[list[str]]:
    return [[fact.replace("-", " "), markdown(text)] for fact, text in facts.items()]


def _source(source: SourceRead) -> list[str]:
    title = markdown(source.title)
    linked = f"[{title}]({source.url})" if source.url else title
    return [linked + (f": {markdown(source.note)}" if source.note else ""), source.kind, source.read]


def _link(rule: Rule) -> str:
    days = day_words(rule.in_force)
    return f"[{markdown(rule.title)}]({_stem(rule)}.md)" + (f", {days}" if days else "")


def _cited(rule: Rule) -> str:
    return markdown(rule.citation.text)


def _rule(rule: Rule, ruleset: Ruleset) -> Iterator[str]:
    yield from (MADE, "", f"# {markdown(rule.title)}", "")
    yield from (f"`{rule.id}` · {rule.severity} · [{markdown(ruleset.name)}](README.md)", "")
    yield from _law(rule, ruleset)
    yield from ("## How it is judged", "")
    if rule.applies_to:
        reach = say.conditions(rule.applies_to).replace("studio's ", "")
        yield from (f"It reaches studios with {markdown(reach)}.", "")
    for version in rule.versions:
        days = day_words(version.valid)
        yield from ((f"**{days}:** " if days else "") + markdown(judged(version)), "")
    if rule.parameters:
        rows = [[f"`{n}`", markdown(p.about), markdown(parameter_words(p))] for n, p in rule.parameters.items()]
        yield from table(["figure", "what it is", "value"], rows)
    for name, reading in rule.readings.items():
        yield from (f"**May also be read as `{name}`:** {markdown(reading.because).rstrip('.')}.", "")
        last = next((v.readings[name] for v in reversed(rule.versions) if name in v.readings), None)
        if last:
            yield from (f"Then: {markdown(last.explain())}", "")
        yield from (f"A studio chooses it in its `studio.yaml`: `readings: {{{rule.id}: {name}}}`", "")
    yield from _said(rule)


def _law(rule: Rule, ruleset: Ruleset) -> Iterator[str]:
    source = ruleset.source(rule.citation.source)
    title = markdown(source.title) if source else ""
    where = f"[{title}]({source.url})" if source and source.url else title
    yield f"**Where it stands:** {_cited(rule)}. Read in {where}; basis: {rule.basis}; compared on {rule.verified}."
    if rule.citation.note:
        yield markdown(rule.citation.note)
    yield ""


def _said(rule: Rule) -> Iterator[str]:
    yield from ("## What the report says", "", f"> {markdown(rule.message)}", "")
    if rule.remedy:
        yield from (f"**What to do:** {markdown(rule.remedy)}", "")
    if rule.leaves_out:
        yield from (f"**What it leaves out:** {markdown(rule.leaves_out)}", "")
    if rule.examples:
        yield from (f"## Proved by {len(rule.examples)} examples", "")
        yield from (f"- {markdown(example.title)}" for example in rule.examples)
        yield ""
    yield f"The rule itself: `smpcompliance rules show {rule.id}`"
