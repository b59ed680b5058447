"""A canvas on which everything drawn belongs to an element of the tree or is marked as mere decoration."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Literal

from reportlab.pdfbase.pdfmetrics import getFont
from reportlab.pdfgen.canvas import Canvas

from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import BODY, CAPITAL, TOP, Colour, Style
from smpcompliance.report.pdf.typeset import Line

Running = Literal["Header", "Footer"]
_WRITTEN = {n: f"\\{n:03o}" for n in (*range(32), *range(127, 256))} | {ord(c): f"\\{c}" for c in "()\\"}
"""How each byte of a string is written in the file."""


class TaggedCanvas(Canvas):  # type: ignore[misc]
    """Draws marked content.

    Attributes:
        root: the tree.
        owners: per page the element that owns each piece of marked content.
        first_top: where the first piece of a page begins.
    """

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

    def lines(self, lines: Sequence[Line], x: float, top: float, width: float | None = None) -> None:
        """Draws lines below `top`, flush right where a width is given; a blank ends each line, so words stay apart."""
        code, now = ["BT"], ""
        for n, line in enumerate(lines):
            left = x if width is None else x + width - line.width
            code.append(f"1 0 0 1 {left:.2f} {top - (line.leading + CAPITAL * line.size) / 2:.2f} Tm")
            blank = " " if line.goes_on and n < len(lines) - 1 else ""
            for place, (style, words) in enumerate(line.parts, 1):
                for look, shown in self._set(style, words + blank if place == len(line.parts) else words):
                    code.append(f"({shown}) Tj" if look == now else f"{look} ({shown}) Tj")
                    now = look
            top -= line.leading
        self._code.append(" ".join((*code, "ET")))

    def _set(self, style: Style, words: str) -> Iterator[tuple[str, str]]:
        """Words as the file writes them, each part with the font, size and colour it needs."""
        font = getFont(style.font)
        for subset, codes in font.splitString(words, self._doc):
            name = font.getSubsetInternalName(subset, self._doc)
            yield f"{name} {style.size:g} Tf {_said(style.colour)} rg", codes.decode("latin-1").translate(_WRITTEN)

    def hairline(self, x: float, y: float, width: float, colour: Colour, weight: float = 0.5) -> None:
        """A thin line across; draw it inside an artifact."""
        self._code.append(f"{_said(colour)} RG {weight:g} w {x:.2f} {y:.2f} m {x + width:.2f} {y:.2f} l S")

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle; draw it inside an artifact."""
        self._code.append(f"{_said(colour)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")


def _said(colour: Colour) -> str:
    return " ".join(f"{part:.4g}" for part in colour)
