"""Pieces onto pages, and the pages onto a canvas with running head and page numbers."""

from collections.abc import Iterable

from smpcompliance.report.page import Page
from smpcompliance.report.pdf import theme
from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.pieces import NewPage, Piece
from smpcompliance.report.pdf.setting import pieces
from smpcompliance.report.pdf.sweeping import unswept
from smpcompliance.report.pdf.typeset import lay

PAPERS = {"letter": (612.0, 792.0), "a4": (595.28, 841.89)}
Placed = list[tuple[Piece, float]]


@unswept()
def draw(page: Page) -> TaggedCanvas:
    """Draws a whole report; the canvas then has its tree."""
    theme.fonts()
    paper = PAPERS[page.paper]
    width, height = paper[0] - 2 * theme.MARGIN, paper[1] - theme.TOP - theme.BOTTOM
    filled = fill(pieces(page, width, height), height)
    canvas = TaggedCanvas(paper)
    canvas.setTitle(page.title)
    for number, placed in enumerate(filled, 1):
        if number > 1:
            canvas.next_page()
        _running(canvas, page, number, len(filled), paper)
        for piece, down in placed:
            piece.draw(canvas, theme.MARGIN, canvas.first_top - down)
    return canvas


def fill(story: Iterable[Piece], height: float) -> list[Placed]:
    """Places pieces on pages of a height: per page each piece with its distance from the top."""
    waiting = list(story)[::-1]
    pages: list[Placed] = [[]]
    used = 0.0
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, NewPage):
            if pages[-1]:
                pages.append([])
                used = 0.0
            continue
        if pages[-1] and used + piece.before + _needed(piece, waiting, height) > height:
            parts = piece.split(height - used - piece.before)
            if parts:
                pages[-1].append((parts[0], used + piece.before))
                piece = parts[1]
            pages.append([])
            used = 0.0
        if not pages[-1] and piece.again:
            pages[-1].append((piece.again, 0.0))
            used = piece.again.height
        down = used + (piece.before if pages[-1] else 0.0)
        if down + piece.height > height and (parts := piece.split(height - down)):
            piece = parts[0]
            waiting.append(parts[1])
        pages[-1].append((piece, down))
        used = down + piece.height
    return [placed for placed in pages if placed]


def _needed(piece: Piece, waiting: list[Piece], height: float) -> float:
    """Height of a piece and of all it must not be parted from; where no page holds them, only of the piece itself."""
    own = needed = piece.height
    for following in reversed(waiting):
        if not piece.keep or isinstance(following, NewPage):
            break
        needed += following.before + following.least
        piece = following
    return needed if needed <= height else own


def _running(canvas: TaggedCanvas, page: Page, number: int, count: int, paper: tuple[float, float]) -> None:
    width = paper[0] - 2 * theme.MARGIN
    if number > 1:
        with canvas.artifact("Header"):
            canvas.lines(lay([(page.running, theme.RUNNING)], width)[:1], theme.MARGIN, paper[1] - 36)
            canvas.hairline(theme.MARGIN, paper[1] - 51, width, theme.HAIRLINE)
    told = page.labels["page"].replace("{page}", str(number)).replace("{pages}", str(count))
    with canvas.artifact("Footer"):
        canvas.lines(lay([(page.labels["made"], theme.RUNNING)], width / 2)[:1], theme.MARGIN, 42)
        canvas.lines(lay([(told, theme.RUNNING)], width / 2)[:1], theme.MARGIN + width / 2, 42, width / 2)
