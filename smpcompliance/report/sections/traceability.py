"""Traceability: how many sessions lead from the client to the spore tests, and which link breaks most often."""

from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text
from smpcompliance.report.sections.places import place
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words
from smpcompliance.trace.of_audit import tracing
from smpcompliance.trace.traceability import LinkCount


def traceable(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """How many sessions of the period can be traced end to end, link by link. Counts only; there is no score."""
    found = tracing(audit).of[studio.studio_id].traceable
    out: list[Block] = [Heading(2, words("traceable.title"))]
    if not found.looked_at:
        return [*out, Text(words("traceable.no_sessions"), tone="open")]
    whole = found.traceable == found.looked_at
    said = words("traceable.share", traceable=found.traceable, n=found.looked_at)
    out.append(Text(words("traceable.about_share"), lead=said, tone="good" if whole else "plain"))
    if weakest := found.weakest:
        broken = words(
            "traceable.broken", link=words(f"trace.link.{weakest.link}"), n=weakest.broken, of=found.looked_at
        )
        out.append(Text(f"{broken} {words(f'traceable.write.{weakest.link}')}", lead=words("traceable.weakest")))
    heads = tuple(words(f"traceable.heads.{name}") for name in ("link", "applies", "holds", "broken", "first"))
    rows = tuple(_row(audit, each, words) for each in found.links)
    table = Table(heads, rows, (36, 11, 9, 9, 35), frozenset({1, 2, 3}), True, words("traceable.about"))
    return [*out, table, Text(words("traceable.meaning"), "note")]


def _row(audit: Audit, each: LinkCount, words: Words) -> tuple[Cell, ...]:
    places = [place(evidence_at(audit.logs.log(log), row, None), words) for log, row in each.first]
    counts = (Cell(words.number(n)) for n in (each.applies, each.holds, each.broken))
    if not each.applies:
        counts = (Cell("–") for _ in range(3))
    first = Cell(places[0], tuple(places[1:])) if places else Cell("–")
    return (Cell(words(f"trace.link.{each.link}")), *counts, first)
