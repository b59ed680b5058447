"""Tables: rows that repeat their head on every page, hairlines instead of a grid, figures flush right."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from smpcompliance.report.page import Cell, Table, Tone
from smpcompliance.report.pdf import theme
from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.pieces import Piece
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import ACCENT, CELL_FINE, GUTTER, HAIRLINE, HEAD, ROW_PAD, Colour, Style
from smpcompliance.report.pdf.typeset import Line, lay, shown, width_of
from smpcompliance.report.untrusted import CUT

Set = tuple[Tag, tuple[Line, ...], float, float, bool]
"""A cell set in type: its element, its lines, left edge and width of its column, and whether it is flush right."""
_SHORT, _LOW = 7, 160.0
"""A table of so few rows and points of height stays on one page; of any other, no row stands alone."""
_FINE = 300
"""Characters of a line of small print that are shown."""
_LINES = 48
"""Lines a cell may have, so that every row fits on a page; what is cut ends with […]."""


@dataclass(frozen=True)
class Row(Piece):
    """One row of a table, with the line below it."""

    tag: Tag | None = None
    cells: tuple[Set, ...] = ()
    width: float = 0.0
    line: Colour = HAIRLINE
    weight: float = 0.5

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        if self.tag:
            self.tag.join(canvas.root)
        for tag, lines, left, width, right in self.cells:
            tag.join(canvas.root)
            if lines:
                with canvas.mark(tag):
                    canvas.lines(lines, x + left, top - ROW_PAD, width if right else None)
        with canvas.artifact():
            canvas.hairline(x, top - self.height, self.width, self.line, self.weight)


@dataclass(frozen=True)
class HeadAgain(Piece):
    """The head of a table on a further page: seen, but not read out a second time."""

    row: Row = Row(0.0)

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        with canvas.artifact():
            for _, lines, left, width, right in self.row.cells:
                canvas.lines(lines, x + left, top - ROW_PAD, width if right else None)
            canvas.hairline(x, top - self.height, self.row.width, self.row.line, self.row.weight)


def rows(table: Table, width: float) -> Iterator[Piece]:
    """The head and the rows of a table as pieces."""
    places = _places(table, width)
    whole = Tag("Table", summary=table.about)
    tr = Tag("TR", whole)
    heads: list[Set] = [
        (Tag("TH", tr, scope="Column"), tuple(lay([(head, HEAD)], wide)), left, wide, n in table.right)
        for n, (head, (left, wide)) in enumerate(zip(table.heads, places, strict=True))
    ]
    head = Row(_height(heads), 10, True, None, tr, tuple(heads), width, ACCENT, 0.9)
    again = HeadAgain(head.height, row=head)
    yield head
    set_: Iterable[Row] = (_row(table, cells, places, Tag("TR", whole), again, width) for cells in table.rows)
    low = False
    if len(table.rows) <= _SHORT:
        set_ = list(set_)
        low = sum(row.height for row in set_) <= _LOW
    last = len(table.rows) - 1
    for n, row in enumerate(set_):
        yield replace(row, keep=True) if n < last and (low or n in (0, last - 1)) else row


def _row(
    table: Table, cells: tuple[Cell, ...], places: list[tuple[float, float]], tr: Tag, again: Piece, width: float
) -> Row:
    set_ = tuple(_cells(table, cells, places, tr))
    return Row(_height(set_), 0.0, False, again, tr, set_, width)


def _places(table: Table, width: float) -> list[tuple[float, float]]:
    """Left edge and width of each column: its share, but room for the longest word of its head."""
    free = width - GUTTER * (len(table.heads) - 1)
    most = free / len(table.heads)
    least = [min(most, max(width_of(word, HEAD) for word in [*shown(head).split(), "0"]) + 1) for head in table.heads]
    share = [free * w / sum(table.widths) for w in table.widths]
    lacking = sum(max(0.0, need - has) for need, has in zip(least, share, strict=True))
    spare = sum(max(0.0, has - need) for need, has in zip(least, share, strict=True))
    give = min(1.0, lacking / spare) if spare else 0.0
    wide = [need if has < need else has - (has - need) * give for need, has in zip(least, share, strict=True)]
    places, left = [], 0.0
    for each in wide:
        places.append((left, each))
        left += each + GUTTER
    return places


def _cells(table: Table, cells: tuple[Cell, ...], places: list[tuple[float, float]], tr: Tag) -> list[Set]:
    """The cells of a row; its first is its head, but not in a table of two columns, half of which would be heads."""
    out: list[Set] = []
    for n, (cell, (left, wide)) in enumerate(zip(cells, places, strict=True)):
        names = table.named and n == 0 and len(cells) > 2
        tag = Tag("TH", tr, scope="Row") if names else Tag("TD", tr)
        out.append((tag, _lines(cell, wide, n in table.right), left, wide, n in table.right))
    return out


@cache
def _style(strong: bool, tone: Tone, nothing: bool) -> Style:
    style = theme.CELL_STRONG if strong else theme.CELL
    return replace(style, colour=theme.FAINT if nothing else theme.TONES[tone])


def _lines(cell: Cell, width: float, number: bool) -> tuple[Line, ...]:
    nothing = number and cell.text in ("0", "–") and not cell.strong
    lines = lay([(cell.text, _style(cell.strong, cell.tone, nothing))], width) if cell.text else []
    for part in cell.fine:
        lines += lay([(part, CELL_FINE)], width, _FINE)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], *lay([(CUT, CELL_FINE)], width)]
    return tuple(line for line in lines if line.parts)


def _height(cells: Sequence[Set]) -> float:
    return 2 * ROW_PAD + max(sum(line.leading for line in lines) for _, lines, *_ in cells)
