"""The answer before it has a form, studio by studio: what was traced, whom it concerns, and what was not traced."""

from smpcompliance.logs.studio import Studio
from smpcompliance.patterns import pattern
from smpcompliance.report.page import Block, Break, Cell, Heading, Page, Table, Text, Verdict
from smpcompliance.report.sections.opening import said_day, said_period
from smpcompliance.report.trace.concerned import clients, counts, everything_used, headline
from smpcompliance.report.trace.drill import drill
from smpcompliance.report.trace.subject import age, asked, heading, list_of_recalls, loads, lots, question, why
from smpcompliance.report.trace.untraced import beside, files, gaps, gaps_beside, lacking, unread
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.run import Kind, Trace, Traced

_LETTER = pattern(r"(US|CA)(-|$)")
_NOTHING: dict[Kind, str] = {"failed_tests": "trace.none_failed", "recalls": "trace.none_recalled"}
EXPOSING: tuple[Kind, ...] = ("failed_tests", "equipment", "lot", "recalls")
"""Questions after which somebody is exposed, and is not only found."""


def page(trace: Trace, words: Words, names: bool) -> Page:
    """The whole answer; with names every page, and the first and the last line, say that it is confidential."""
    withheld = Withheld(trace.logs, names)
    asked_for = question(trace.query, withheld, trace.traced, words)
    blocks: list[Block] = []
    for studio in trace.studios:
        blocks += [Break()] if blocks else []
        blocks += _part(trace, studio, withheld, names, asked_for, words)
    blocks += list_of_recalls(trace, words)
    blocks += [
        Heading(2, words("trace.about.title")),
        Text(words("trace.about.tiers")),
        Text(words("trace.about.records")),
    ]
    blocks.append(Text(words("trace.about.names" if names else "trace.about.codes"), "note"))
    running = words("trace.running", what=asked_for, day=said_day(trace.as_of, words))
    made = words("trace.made", day=said_day(trace.as_of, words))
    if names:
        notice = Text(words("trace.confidential.notice"), "body", words("trace.confidential.word"), "critical")
        blocks = [notice, *blocks, notice]
        running = words("trace.confidential.running", what=running)
        made = words("trace.confidential.running", what=made)
    return Page(
        words("trace.title", what=asked_for),
        running,
        "letter" if any(_LETTER.match(studio.jurisdiction or "") for studio in trace.studios) else "a4",
        words.language,
        trace.as_of,
        trace.version,
        tuple(blocks),
        {"page": words("labels.page", page="{page}", pages="{pages}"), "attachment": words("trace.attachment"),
         "made": made, "colon": words("labels.colon")},
    )  # fmt: skip


def _part(trace: Trace, studio: Studio, withheld: Withheld, names: bool, asked_for: str, words: Words) -> list[Block]:
    own = [each for each in trace.traced if each.studio.studio_id == studio.studio_id]
    line, tone = headline(own, trace.query.kind in EXPOSING, words)
    rest = [*_looked_at(trace, studio, own, words), *_warnings(trace, studio, own, words)]
    tone = "open" if tone == "good" and _warnings(trace, studio, own, words) else tone
    days = [Text(said_period(trace.query.period, words))] if trace.query.period else []
    out: list[Block] = [
        Text(words("trace.label"), "label"),
        Heading(1, studio.name),
        Text(asked_for),
        *days,
        Verdict(line, tuple(rest), tone),
        *drill(trace, studio, withheld, words),
        *(_summary(trace, own, withheld, words) if len(own) > 1 else ()),
    ]
    for each in own:
        out += _traced(trace, each, withheld, names, words)
    out += gaps_beside(trace, studio, withheld, words)
    return [*out, *unread(trace, studio, withheld, words), *files(trace, studio, withheld, words)]


def _looked_at(trace: Trace, studio: Studio, own: list[Traced], words: Words) -> list[str]:
    pairs = dict(trace.looked_at[trace.studios.index(studio)])
    told = [words.series(words(f"trace.looked_at.{what}", n=n) for what, n in pairs.items()) + "."] if pairs else []
    if trace.recalls:
        told.append(age(trace, words))
    if not own:
        told.append(words(_NOTHING.get(trace.query.kind, "trace.none_traced")))
    return told


def _warnings(trace: Trace, studio: Studio, own: list[Traced], words: Words) -> list[str]:
    out = []
    if lack := lacking(trace, studio):
        out.append(words("trace.lacking", logs=", ".join(words(f"logs.{log}") for log in lack)))
    if n := sum(id == studio.studio_id and place.column is None for id, place in trace.unreadable):
        out.append(words("trace.unread.line", n=n))
    if n := sum(len(each.gaps) for each in own) + len(beside(trace, studio)):
        out.append(words("trace.gaps.line", n=n))
    return out


def _summary(trace: Trace, own: list[Traced], withheld: Withheld, words: Words) -> list[Block]:
    tiers = (Strength.certain, Strength.possible, Strength.excluded)
    heads = tuple(words(f"trace.summary.heads.{name}") for name in ("what", *(tier.name for tier in tiers), "clients"))
    rows = tuple(
        (
            Cell(heading(trace, each, withheld, words)),
            *(Cell(words.number(len(each.exposed.of(tier)))) for tier in tiers),
            Cell(words.number(len(each.clients.of(tiers[0])) + len(each.clients.of(tiers[1])))),
        )
        for each in own
    )
    table = Table(heads, rows, (48, 13, 13, 13, 13), frozenset({1, 2, 3, 4}), True, words("trace.summary.about"))
    return [Heading(2, words("trace.summary.title")), table]


def _traced(trace: Trace, each: Traced, withheld: Withheld, names: bool, words: Words) -> list[Block]:
    out: list[Block] = [Heading(2, heading(trace, each, withheld, words))]
    out += [*why(trace, each, withheld, words), counts(each, words)]
    out += loads(trace, each.loads, withheld, words) if each.loads else []
    out += lots(trace, each, each.lots, withheld, words) if each.lots else []
    out += asked(trace, each, withheld, words)
    if each.kind == "client":
        out += _one_client(trace, each, withheld, names, words)
    else:
        out += clients(trace, each, withheld, names, words)
    return [*out, *gaps(each, withheld, words)]


def _one_client(trace: Trace, each: Traced, withheld: Withheld, names: bool, words: Words) -> list[Block]:
    from_log = clients(trace, each, withheld, names, words)[:2] if names else []
    return [*from_log, *everything_used(trace, each, withheld, words)]
