"""Tables: rows that repeat their head on every page, hairlines instead of a grid, figures flush right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from smpcompliance.report.page import Cell, Table
from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.pieces import Piece
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import (
    ACCENT, CELL, CELL_FINE, CELL_STRONG, FAINT, GUTTER, HAIRLINE, HEAD, ROW_PAD, TONES, Colour,
)  # fmt: skip
from smpcompliance.report.pdf.typeset import Line, lay, width_of
from smpcompliance.report.untrusted import CUT

_LINES = 48
"""Lines a cell may have, so that every row fits on a page; what is cut ends with […]."""


@dataclass(frozen=True)
class Row(Piece):
    """One row: per cell its element, its lines, its place and width, and whether it is set flush right."""

    tag: Tag | None = None
    cells: tuple[tuple[Tag | None, tuple[Line, ...], float, float, bool], ...] = ()
    width: float = 0.0
    line: Colour = HAIRLINE
    weight: float = 0.5

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        if self.tag:
            self.tag.join(canvas.root)
        for tag, lines, left, width, right in self.cells:
            if tag is not None and lines:
                with canvas.mark(tag):
                    canvas.lines(list(lines), x + left, top - ROW_PAD, width if right else None)
            elif tag is not None:
                tag.join(canvas.root)
        with canvas.artifact():
            canvas.hairline(x, top - self.height, self.width, self.line, self.weight)


@dataclass(frozen=True)
class HeadAgain(Piece):
    """The head of a table on a further page: seen, but not read out a second time."""

    row: Row = Row(0.0)

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        with canvas.artifact():
            for _, lines, left, width, right in self.row.cells:
                canvas.lines(list(lines), x + left, top - ROW_PAD, width if right else None)
            canvas.hairline(x, top - self.height, self.row.width, self.row.line, self.row.weight)


def rows(table: Table, width: float) -> Iterator[Piece]:
    """The head and the rows of a table as pieces."""
    places = _places(table, width)
    whole = Tag("Table", summary=table.about)
    tr = Tag("TR", whole)
    heads = [
        (Tag("TH", tr, scope="Column"), tuple(lay([(head, HEAD)], wide)), left, wide, n in table.right)
        for n, (head, (left, wide)) in enumerate(zip(table.heads, places, strict=True))
    ]
    head = Row(_height(heads), 10, True, None, tr, tuple(heads), width, ACCENT, 0.9)
    again = HeadAgain(head.height, row=head)
    yield head
    for n, cells in enumerate(table.rows):
        row = _row(table, cells, places, whole, width)
        yield replace(row, again=again, keep=n == 0 and len(table.rows) > 2)


def _places(table: Table, width: float) -> list[tuple[float, float]]:
    """Left edge and width of each column: its share, but room for the longest word of its head."""
    free = width - GUTTER * (len(table.heads) - 1)
    least = [max(width_of(word, HEAD) for word in [*head.split(), "0"]) + 1 for head in table.heads]
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


def _row(
    table: Table, cells: tuple[Cell, ...], places: list[tuple[float, float]], whole: Tag, width: float
) -> Row:
    tr = Tag("TR", whole)
    set_ = []
    for n, (cell, (left, wide)) in enumerate(zip(cells, places, strict=True)):
        tag = Tag("TH", tr, scope="Row") if table.named and n == 0 else Tag("TD", tr)
        set_.append((tag, _lines(cell, wide, n in table.right), left, wide, n in table.right))
    return Row(_height(set_), 0.0, False, None, tr, tuple(set_), width)


def _lines(cell: Cell, width: float, number: bool) -> tuple[Line, ...]:
    style = CELL_STRONG if cell.strong else CELL
    nothing = number and cell.text in ("0", "–") and not cell.strong
    style = replace(style, colour=FAINT if nothing else TONES[cell.tone])
    lines = lay([(cell.text, style)], width) if cell.text else []
    for part in cell.fine:
        lines += lay([(part, CELL_FINE)], width)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], *lay([(CUT, CELL_FINE)], width)]
    return tuple(line for line in lines if line.parts)


def _height(cells: list[tuple[Tag, tuple[Line, ...], float, float, bool]]) -> float:
    return 2 * ROW_PAD + max(sum(line.leading for line in lines) for _, lines, *_ in cells)
