"""A canvas on which everything drawn belongs to an element of the tree or is marked as mere decoration."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Literal

from reportlab.pdfgen.canvas import Canvas

from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import BODY, TOP, Colour
from smpcompliance.report.pdf.typeset import Line

Running = Literal["Header", "Footer"]


class TaggedCanvas(Canvas):  # type: ignore[misc]
    """Draws marked content; `root` is the tree, `owners` says per page which element owns each piece; `first_top` is where pages begin."""

    def __init__(self, paper: tuple[float, float]) -> None:
        self.buffer = BytesIO()
        self.paper, self.first_top = paper, paper[1] - TOP
        super().__init__(self.buffer, pagesize=paper, pageCompression=1, invariant=1, initialFontName=BODY)
        self.root = Tag("Document")
        self.owners: list[list[Tag]] = [[]]
        self._marking = False

    @contextmanager
    def mark(self, tag: Tag) -> Iterator[None]:
        """What is drawn inside is the content of an element."""
        tag.join(self.root)
        page, number = len(self.owners) - 1, len(self.owners[-1])
        self.owners[-1].append(tag)
        tag.kids.append((page, number))
        with self._between(f"/{tag.role} <</MCID {number}>> BDC"):
            yield

    @contextmanager
    def artifact(self, running: Running | None = None) -> Iterator[None]:
        """What is drawn inside is decoration, or repeats what was said before."""
        kind = f"<</Type /Pagination /Subtype /{running}>>" if running else "<</Type /Layout>>"
        with self._between(f"/Artifact {kind} BDC"):
            yield

    @contextmanager
    def _between(self, opening: str) -> Iterator[None]:
        assert not self._marking, "marked content does not nest"
        self._marking = True
        self._code.append(opening)
        yield
        self._code.append("EMC")
        self._marking = False

    def next_page(self) -> None:
        """Ends a page and begins another."""
        self.showPage()
        self.owners.append([])

    def finished(self) -> bytes:
        """Ends the last page; the file without its tree."""
        self.showPage()
        self.save()
        return self.buffer.getvalue()

    def lines(self, lines: list[Line], x: float, top: float, width: float | None = None) -> None:
        """Draws lines below `top`; flush right where a width is given. Lines end with a blank, so that words stay apart."""
        text = self.beginText()
        for n, line in enumerate(lines):
            baseline = top - (line.leading + 0.729 * line.size) / 2
            text.setTextOrigin(x if width is None else x + width - line.width, baseline)
            for place, (style, words) in enumerate(line.parts):
                last = place == len(line.parts) - 1
                text.setFont(style.font, style.size)
                text.setFillColorRGB(*style.colour)
                text.textOut(words + " " if last and line.goes_on and n < len(lines) - 1 else words)
            top -= line.leading
        self.drawText(text)

    def hairline(self, x: float, y: float, width: float, colour: Colour, weight: float = 0.5) -> None:
        """A thin line across; draw it inside an artifact."""
        self.setStrokeColorRGB(*colour)
        self.setLineWidth(weight)
        self.line(x, y, x + width, y)
