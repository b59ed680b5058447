"""What is due, as plain text."""

from smpcompliance.audit.due import DueList
from smpcompliance.report.page import Block, Break, Heading, Page, Text, Tone, Verdict
from smpcompliance.report.sections.due_next import tables, untold
from smpcompliance.report.sections.opening import said_day
from smpcompliance.report.text import text
from smpcompliance.report.words import Words


def report(found: DueList, words: Words) -> bytes:
    """The whole list, studio by studio, UTF-8, a hundred columns."""
    return text(page(found, words)).encode()


def page(found: DueList, words: Words) -> Page:
    """The list before it has a form: overdue first, then by day, then what has no day and what cannot be told."""
    blocks: list[Block] = []
    span = words("due.span", first=said_day(found.as_of, words), last=said_day(found.until, words))
    for studio in found.studios:
        own = [each for each in found.due if each.studio_id == studio.studio_id]
        open_ = [each for each in found.untold if each.studio_id == studio.studio_id]
        late, last = sum(each.late for each in own), said_day(found.until, words)
        line = words("due.line", n=late) if late else words("due.line_none")
        ahead = sum(each.due_on is not None and not each.late for each in own)
        rest = [words("due.ahead", n=ahead, last=last)] + ([words("due.open", n=len(open_))] if open_ else [])
        tone: Tone = "critical" if late else "open" if open_ else "good"
        blocks += [Break()] if blocks else []
        blocks += [Heading(1, studio.name), Text(span), Verdict(line, tuple(rest), tone)]
        blocks += tables(own, studio, words) or [Text(words("due.none", last=last))]
        blocks += [*untold(open_, studio, words), Text(words("due.advice"), "note")]
    title = words("due.page")
    running = words("due.running", day=said_day(found.as_of, words))
    return Page(title, running, "a4", words.language, found.as_of, found.version, tuple(blocks))
