"""The report as plain text for a terminal, a mail or a diff: UTF-8, a hundred columns, no colours."""

import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from smpcompliance.audit.finding import Audit
from smpcompliance.report.content import content
from smpcompliance.report.page import (
    Block,
    Break,
    Cell,
    Facts,
    Figure,
    Heading,
    Item,
    Items,
    Page,
    Table,
    Text,
    Verdict,
)
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import load_words

WIDTH = 100
_GAP = "  "
_UNDER = {1: "=", 2: "-", 3: "~"}
_NARROWEST = 5


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The text report of an audit, UTF-8."""
    return text(content(audit, load_words(telling.language), telling)).encode()


def text(page: Page) -> str:
    """A page as text; everything from outside is cleaned of what would steer a terminal."""
    parts = ["\n".join(lines) for block in page.blocks if (lines := list(_block(block, page)))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, page: Page) -> Iterator[str]:
    match block:
        case Heading():
            yield from _heading(block)
        case Text():
            yield from _wrap(f"{block.lead} {block.text}" if block.lead else block.text)
        case Verdict():
            lines = [line for part in (block.line, *block.rest) for line in _wrap(part, WIDTH - 2)]
            yield from (f"| {line}" for line in lines)
        case Facts():
            yield from _facts(block, page.labels.get("colon", ":"))
        case Items():
            for number, item in enumerate(block.items, 1):
                yield from _item(item, {"number": f"{number}.", "dot": "-", "box": "[ ]"}[block.kind])
        case Table():
            yield from _table(block)
        case Figure():
            yield from (*_wrap(block.title), "", *_table(block.table))
        case Break():
            yield "=" * WIDTH


def _heading(heading: Heading) -> Iterator[str]:
    lines = list(_wrap(heading.text))
    yield from lines
    yield _UNDER[heading.level] * max(map(len, lines))


def _facts(facts: Facts, colon: str) -> Iterator[str]:
    width = max(len(clean(name)) for name, _ in facts.pairs) + len(colon) + 1
    for name, value in facts.pairs:
        first, *others = list(_wrap(value, WIDTH - width)) or [""]
        yield f"{clean(name) + colon:{width}}{first}".rstrip()
        yield from (" " * width + line for line in others)


def _item(item: Item, mark: str) -> Iterator[str]:
    indent = len(mark) + 1
    parts = [part for part in (item.title, item.text, item.fine) if part]
    lines = [line for part in parts for line in _wrap(part, WIDTH - indent)]
    yield f"{mark} {lines[0]}"
    yield from (" " * indent + line for line in lines[1:])


def _table(table: Table) -> Iterator[str]:
    widths = _widths(table)
    heads = [_lines(Cell(head), width) for head, width in zip(table.heads, widths, strict=True)]
    yield from _row(heads, widths, table)
    yield _GAP.join("-" * width for width in widths)
    for row in table.rows:
        yield from _row([_lines(cell, width) for cell, width in zip(row, widths, strict=True)], widths, table)


def _widths(table: Table) -> list[int]:
    """Characters per column: as wide as the cells need, and where that is too much, their share of the page."""
    free = WIDTH - len(_GAP) * (len(table.heads) - 1)
    needed = [
        max(len(clean(part)) for part in (head, *(t for row in table.rows for t in (row[n].text, *row[n].fine))))
        for n, head in enumerate(table.heads)
    ]
    words = [max(map(len, head.split()), default=_NARROWEST) for head in table.heads]
    if sum(needed) <= free:
        return needed
    parts = [int(free * width / sum(table.widths)) for width in table.widths]
    shares = [max(word, part, _NARROWEST) for word, part in zip(words, parts, strict=True)]
    widths = [min(share, need) for share, need in zip(shares, needed, strict=True)]
    widest = max(range(len(widths)), key=lambda n: needed[n] - widths[n])
    widths[widest] += free - sum(widths)
    return widths


def _lines(cell: Cell, width: int) -> list[str]:
    return [line for part in (cell.text, *cell.fine) for line in _wrap(part, width)]


def _row(cells: Sequence[list[str]], widths: Sequence[int], table: Table) -> Iterator[str]:
    for parts in zip_longest(*cells, fillvalue=""):
        fitted = (
            part.rjust(width) if n in table.right else part.ljust(width)
            for n, (part, width) in enumerate(zip(parts, widths, strict=True))
        )
        yield _GAP.join(fitted).rstrip()


def _wrap(part: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(clean(part, _limit(part)), width, break_on_hyphens=False) or [""]


def _limit(part: str) -> int:
    return 2000 if len(part) <= 2000 else 500
