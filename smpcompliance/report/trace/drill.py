"""A drill: what was drawn and how to draw it again, and how many sessions can be traced end to end."""

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Facts, Heading, Table, Text
from smpcompliance.report.sections.places import place
from smpcompliance.report.words import Words
from smpcompliance.trace.drill import Drawn
from smpcompliance.trace.run import Trace
from smpcompliance.trace.traceability import Traceability, traceability


def draw_of(trace: Trace, studio: Studio) -> Drawn | None:
    """What the seed of the drill drew in a studio; None where there was nothing to draw from."""
    return next((each.drawn for each in trace.traced if each.studio.studio_id == studio.studio_id), None)


def share(trace: Trace, studio: Studio) -> Traceability:
    """How many sessions of the days asked for can be traced end to end."""
    return traceability(trace.logs, trace.logs.studios.index(studio), trace.query.period, trace.as_of)


def drill(trace: Trace, studio: Studio, words: Words) -> list[Block]:
    """The drill of one studio; empty where something else was asked."""
    if trace.query.kind != "drill":
        return []
    found, counted = draw_of(trace, studio), share(trace, studio)
    what = words("trace.drill.nothing")
    if found:
        what = words(f"trace.drill.drew.{found.kind}", which=found.key)
    pairs = [(words("trace.drill.seed"), str(trace.query.seed)), (words("trace.drill.drawn"), what)]
    if counted.weakest:
        link = words(f"trace.link.{counted.weakest.link}")
        weakest = words("trace.drill.weakest_said", link=link, n=counted.weakest.broken, of=counted.looked_at)
    else:
        weakest = words("trace.drill.none_weak" if counted.looked_at else "trace.drill.no_sessions")
    pairs += [
        (words("trace.drill.share"), words("trace.drill.share_said", traceable=counted.traceable, n=counted.looked_at)),
        (words("trace.drill.weakest"), weakest),
    ]
    again = [Text(words("trace.drill.again", text=found.text, hash=found.hash[:16]), "note")] if found else []
    return [Heading(2, words("trace.drill.title")), Facts(tuple(pairs)), *again, *_links(trace, counted, words)]


def _links(trace: Trace, counted: Traceability, words: Words) -> list[Block]:
    heads = tuple(words(f"trace.drill.heads.{name}") for name in ("link", "applies", "holds", "broken", "first"))
    rows = []
    for each in counted.links:
        places = [place(evidence_at(trace.logs.log(log), row, None), words) for log, row in each.first]
        numbers = (Cell(words.number(n)) for n in (each.applies, each.holds, each.broken))
        first = Cell(places[0], tuple(places[1:])) if places else Cell("–")
        rows.append((Cell(words(f"trace.link.{each.link}")), *numbers, first))
    table = Table(heads, tuple(rows), (34, 11, 11, 11, 33), frozenset({1, 2, 3}), True, words("trace.drill.about"))
    return [table] if rows else []
