"""What a report says, in which order and in which words: one source for every human format."""

from collections.abc import Callable
from dataclasses import replace

from smpcompliance.audit.finding import Audit
from smpcompliance.logs.studio import Studio
from smpcompliance.patterns import pattern
from smpcompliance.report.page import Block, Break, Cell, Heading, Page, Table, Text
from smpcompliance.report.pictures import pictures
from smpcompliance.report.sections.appendix import every_rule, files, method, sources, unread, visit
from smpcompliance.report.sections.breaches import breaches
from smpcompliance.report.sections.coverage import coverage
from smpcompliance.report.sections.due_next import upcoming
from smpcompliance.report.sections.opening import headline, opening, said_day, said_period, verdict_on_all
from smpcompliance.report.sections.recalls import recalls
from smpcompliance.report.sections.traceability import traceable
from smpcompliance.report.sections.undecided import open_questions
from smpcompliance.report.sections.waived import waived
from smpcompliance.report.tally import STANDINGS, tally
from smpcompliance.report.telling import TOLD, Edition, Telling
from smpcompliance.report.words import Words


def changes(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """What changed since an earlier audit; how it is reckoned is loaded only where there is one."""
    if telling.previous is None:
        return []
    from smpcompliance.report.sections import changes as section

    return section.changes(audit, studio, telling, words)


Section = Callable[[Audit, Studio, Telling, Words], list[Block]]


def _changes(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """What changed since an earlier audit; loaded only where there is an earlier report."""
    if telling.previous is None:
        return []
    from smpcompliance.report.sections.changes import changes

    return changes(audit, studio, telling, words)


def _sample(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The sample, which only an inspector gets and only his report loads."""
    from smpcompliance.report.sections.sample import sample

    return sample(audit, studio, telling, words)


EDITIONS: dict[Edition, tuple[Section, ...]] = {
    "owner": (
        opening,
        upcoming,
        _changes,
        breaches,
        recalls,
        traceable,
        waived,
        pictures,
        open_questions,
        unread,
        coverage,
        visit,
        every_rule,
        files,
    ),
    "inspector": (
        opening,
        coverage,
        traceable,
        _changes,
        breaches,
        recalls,
        waived,
        open_questions,
        unread,
        pictures,
        visit,
        _sample,
        every_rule,
        files,
    ),
}
"""The sections of a studio's part for each kind of reader, in order."""

_LETTER = pattern(r"(US|CA)(-|$)")


def content(audit: Audit, words: Words, telling: Telling = TOLD) -> Page:
    """The report of an audit.

    Args:
        audit: what was found; of long lists only the entries that are shown are made.
        words: the words of a language.
        telling: for whom, and how much.

    Returns:
        The page, complete: several studios give a table of them all and a part for each.
    """
    many = len(audit.studios) != 1
    period = said_period(audit.period, words)
    who = {"n": len(audit.studios)} if many else {"studio": audit.studios[0].name}
    suffix = "_many" if many else ""
    blocks: list[Block] = _summary(audit, words) if many else []
    for studio in audit.studios:
        blocks += [Break()] if many else []
        blocks += part(audit, studio, telling, words)
    blocks += [Break(), Heading(1, words("document.about"))] if many else []
    blocks += [*sources(audit, words), *method(audit, words)]
    return Page(
        words(f"document.title{suffix}", **who),
        words(f"document.running{suffix}", period=period, **who),
        "letter" if any(_LETTER.match(s.jurisdiction or "") for s in audit.studios) else "a4",
        words.language,
        audit.as_of,
        audit.version,
        tuple(blocks),
        {"page": words("labels.page", page="{page}", pages="{pages}"), "attachment": words("labels.attachment"),
         "made": words("labels.made", day=said_day(audit.as_of, words)), "colon": words("labels.colon")},
    )  # fmt: skip


def part(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """Everything the report says of one studio."""
    sections = EDITIONS[telling.edition]
    return [block for section in sections for block in section(audit, studio, telling, words)]


def _summary(audit: Audit, words: Words) -> list[Block]:
    tallies = {s.studio_id: tally(audit.of(s.studio_id)).duties for s in audit.studios}
    shown = [p for p in STANDINGS if p != "error" or any(counts[p] for counts in tallies.values())]
    heads = tuple(words(f"fleet.heads.{name}") for name in ("studio", *shown, "total"))
    rows = tuple(
        (
            Cell(studio.name, (studio.studio_id, headline(counts, words))),
            *(Cell(words.number(counts[place])) for place in shown),
            Cell(words.number(sum(counts.values()))),
        )
        for studio, counts in ((s, tallies[s.studio_id]) for s in audit.studios)
    )
    verdict = verdict_on_all(audit, words)
    widths = (30, *(12.0 for _ in shown), 10)
    return [
        Text(words("cover.label"), "label"),
        Heading(1, words("document.title_many", n=len(audit.studios))),
        Text(said_period(audit.period, words)),
        replace(verdict, rest=(*verdict.rest, words("fleet.rest"))),
        Heading(2, words("fleet.title")),
        Table(heads, rows, widths, frozenset(range(1, len(heads))), True, words("fleet.about")),
    ]
