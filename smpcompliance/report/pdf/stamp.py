"""What a visible signature shows, drawn with the report's own fonts."""

from io import BytesIO

from pikepdf import Pdf

from smpcompliance.report.pdf import theme
from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.typeset import Line, lay

WIDTH, HEIGHT = 235.0, 38.0  # points
_STRONG, _FINE = theme.Style(8.2, 11.4, theme.BOLD, theme.ACCENT), theme.Style(6.6, 9.2, theme.BODY, theme.MUTED)
_HASH = theme.Style(5.2, 9.2, theme.BODY, theme.MUTED)
_LEFT, _TOP = 8.0, 4.0


def stamp(first: str, rest: tuple[str, str]) -> bytes:
    """A box with three lines as a PDF of one page, `WIDTH` by `HEIGHT`; what does not fit on a line ends with dots."""
    theme.fonts()
    canvas = TaggedCanvas((WIDTH, HEIGHT))
    with canvas.artifact():
        canvas.box(0, 0, WIDTH, HEIGHT, theme.TINT)
        canvas.box(0, 0, 2.5, HEIGHT, theme.ACCENT)
        top = HEIGHT - _TOP
        for text, style in ((first, _STRONG), (rest[0], _FINE), (rest[1], _HASH)):
            canvas.lines(_on_one_line(text, style), _LEFT, top)
            top -= style.leading
    out = BytesIO()
    with Pdf.open(BytesIO(canvas.finished())) as pdf:
        pdf.pages[0].obj.Contents = pdf.make_stream(canvas.drawings[0])
        pdf.save(out, recompress_flate=True)
    return out.getvalue()


def _on_one_line(text: str, style: theme.Style) -> list[Line]:
    lines = lay([(text, style)], WIDTH - 2 * _LEFT)
    kept = len(text)
    while len(lines) > 1 and kept:
        kept -= 1
        lines = lay([(f"{text[:kept].rstrip()} …", style)], WIDTH - 2 * _LEFT)
    return lines


def box(signatory: int, height: float) -> tuple[float, float, float, float]:
    """Where the box of the first or second signatory stands: in the upper margin of the first page.

    Args:
        height: of the page, in points.
    """
    left, top = theme.MARGIN + signatory * (WIDTH + 10), height - 20
    return left, top - HEIGHT, left + WIDTH, top
