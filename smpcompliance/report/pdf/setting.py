"""Blocks of a page into pieces of paper: which style, which element, how much space, what keeps together."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from smpcompliance.report.page import Block, Break, Facts, Figure, Heading, Items, Page, Table, Text, Verdict
from smpcompliance.report.pdf import theme
from smpcompliance.report.pdf.figures import drawn
from smpcompliance.report.pdf.pieces import Banner, NewPage, Piece, Prose
from smpcompliance.report.pdf.tables import rows
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.typeset import Line, lay, shown, width_of

_LONG = 2000


def pieces(page: Page, width: float, height: float) -> Iterator[Piece]:
    """Everything that will stand on the pages, in order, for a page of so many points."""
    before: Block = Break()
    for block, following in pairwise((*page.blocks, Break())):
        match block:
            case Heading():
                yield _heading(block, width)
            case Text():
                yield _text(block, before, following, width)
            case Verdict():
                yield _verdict(block, width)
            case Facts():
                yield from _facts(block, width)
            case Items():
                yield from _items(block, width)
            case Table():
                yield from _with_note(rows(block, width), following)
            case Figure():
                yield from _with_note(drawn(block, width, height), following)
            case Break():
                yield NewPage(0.0)
        before = block


def _with_note(table: Iterator[Piece], following: Block) -> Iterator[Piece]:
    """A table, its last row kept with the note below it, if there is one."""
    last: Piece | None = None
    for piece in table:
        if last:
            yield last
        last = piece
    if last:
        yield replace(last, keep=True) if _remarks(following) else last


def _remarks(block: Block) -> bool:
    """Whether a block is small print, which below a table belongs to it."""
    return isinstance(block, Text) and block.role in ("note", "fine")


def _height(lines: list[Line]) -> float:
    return sum(line.leading for line in lines)


def _heading(block: Heading, width: float) -> Prose:
    lines = lay([(block.text, theme.HEADINGS[block.level])], width)
    role = {1: "H1", 2: "H2", 3: "H3"}[block.level]
    return Prose(
        _height(lines), theme.BEFORE_HEADING[block.level], True, None, Tag(role), tuple(lines),  # type: ignore[arg-type]
        bookmark=block.level, rule=theme.HAIRLINE if block.level == 2 else None,
    )  # fmt: skip


def _text(block: Text, before: Block, following: Block, width: float) -> Prose:
    style = theme.TEXTS[block.role]
    lead = theme.Style(style.size, style.leading, theme.BOLD, theme.TONES[block.tone])
    lines = lay([*([(block.lead, lead)] if block.lead else []), (block.text, style)], min(width, theme.MEASURE), _LONG)
    opens = isinstance(before, Heading) and isinstance(following, Heading)
    remark = _remarks(block) and isinstance(before, Table | Figure)
    introduces = isinstance(following, Table | Items | Figure) and not block.lead
    keep = not remark and (opens or introduces or block.role in ("label", "fine", "total"))
    space = theme.BEFORE_TEXT[block.role] + (theme.AFTER_TABLE if isinstance(before, Table | Items | Figure) else 0)
    return Prose(_height(lines), space, keep, None, Tag("P"), tuple(lines))


def _verdict(block: Verdict, width: float) -> Banner:
    colour = theme.TONES[block.tone]
    large = theme.Style(theme.VERDICT.size, theme.VERDICT.leading, theme.BOLD, colour)
    inner = width - 36
    parts = [(Tag("P"), tuple(lay([(block.line, large)], inner)), 0.0)]
    parts += [(Tag("P"), tuple(lay([(rest, theme.VERDICT_REST)], inner)), 4.0) for rest in block.rest]
    height = sum(before + _height(list(lines)) for _, lines, before in parts) + 26
    return Banner(height, 16, False, None, tuple(parts), width, colour)


def _facts(block: Facts, width: float) -> Iterator[Prose]:
    whole = Tag("L", numbering="None")
    indent = max(width_of(shown(name), theme.FACT_NAME) for name, _ in block.pairs) + 16
    for n, (name, value) in enumerate(block.pairs):
        item = Tag("LI", whole)
        label = lay([(name, theme.FACT_NAME)], indent)[0]
        lines = lay([(value, theme.FACT)], width - indent)
        keep = n < len(block.pairs) - 1
        mark = (Tag("Lbl", item), label)
        yield Prose(_height(lines), 2 if n else 10, keep, None, Tag("LBody", item), tuple(lines), indent, mark)


def _items(block: Items, width: float) -> Iterator[Prose]:
    whole = Tag("L", numbering={"number": "Decimal", "dot": "Disc", "box": "None"}[block.kind])  # type: ignore[arg-type]
    indent = 24.0 if block.kind == "box" else 20.0
    for n, entry in enumerate(block.items, 1):
        item = Tag("LI", whole)
        mark = {"number": f"{n}.", "dot": "–", "box": "☐"}[block.kind]
        label = lay([(mark, theme.BOX if block.kind == "box" else theme.MARK)], indent)[0]
        measure = min(width, theme.MEASURE + indent) - indent
        title = [(entry.title, theme.ITEM_TITLE)] if entry.title else []
        short = block.kind == "dot" or not entry.title
        if short:
            lines = lay([*title, (entry.text, theme.ITEM)], measure, _LONG)
        else:
            lines = lay(title, measure, _LONG) + (lay([(entry.text, theme.ITEM)], measure, _LONG) if entry.text else [])
        lines += lay([(entry.fine, theme.ITEM_FINE)], measure) if entry.fine else []
        yield Prose(_height(lines), 8, False, None, Tag("LBody", item), tuple(lines), indent, (Tag("Lbl", item), label))
