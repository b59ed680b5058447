"""A canvas on which everything drawn belongs to an element of the tree or is marked as mere decoration."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Literal, Self

from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfbase.pdfmetrics import getFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import BODY, CAPITAL, TOP, Colour, Style
from smpcompliance.report.pdf.typeset import Line

Running = Literal["Header", "Footer"]
_WRITTEN = {n: f"\\{n:03o}" for n in (*range(32), *range(127, 256))} | {ord(c): f"\\{c}" for c in "()\\"}
"""How each byte of a string is written in the file."""
_ELSEWHERE = "\x00"
"""Stands for a character that is not in the first 256 of a font."""


class _Letters(dict[int, str]):
    """How the first 256 characters that a document asks of a font are written; found out when first asked."""

    def __init__(self, font: TTFont, document: PDFDocument) -> None:
        self._font, self._document = font, document

    def __missing__(self, code: int) -> str:
        ((subset, codes),) = self._font.splitString(chr(code), self._document)
        self[code] = _ELSEWHERE if subset else _WRITTEN.get(codes[0], chr(codes[0]))
        return self[code]


class TaggedCanvas(Canvas):  # type: ignore[misc]
    """Draws marked content.

    Attributes:
        root: the tree.
        owners: per page the element that owns each piece of marked content.
        drawings: what is drawn on each page that is ended, in the language of PDF.
        first_top: where the first piece of a page begins.
    """

    def __init__(self, paper: tuple[float, float]) -> None:
        self.buffer = BytesIO()
        self.paper, self.first_top = paper, paper[1] - TOP
        super().__init__(self.buffer, pagesize=paper, pageCompression=0, invariant=1, initialFontName=BODY)
        self.root = Tag("Document")
        self.owners: list[list[Tag]] = [[]]
        self.drawings: list[bytes] = []
        self._marking = False
        self._letters: dict[str, _Letters] = {}
        self._looks: dict[Style, tuple[str, _Letters]] = {}

    def mark(self, tag: Tag) -> Self:
        """What is drawn in a `with` of it is the content of an element."""
        tag.join(self.root)
        number = len(self.owners[-1])
        self.owners[-1].append(tag)
        tag.kids.append((len(self.owners) - 1, number))
        return self._opened(f"/{tag.role} <</MCID {number}>> BDC")

    def artifact(self, running: Running | None = None) -> Self:
        """What is drawn in a `with` of it is decoration, or repeats what was said before."""
        kind = f"<</Type /Pagination /Subtype /{running}>>" if running else "<</Type /Layout>>"
        return self._opened(f"/Artifact {kind} BDC")

    def _opened(self, opening: str) -> Self:
        assert not self._marking, "marked content does not nest"
        self._marking = True
        self._code.append(opening)
        return self

    def __enter__(self) -> None:
        assert self._marking

    def __exit__(self, *_: object) -> None:
        self._code.append("EMC")
        self._marking = False

    def next_page(self) -> None:
        """Ends a page and begins another."""
        self._end_page()
        self.owners.append([])

    def _end_page(self) -> None:
        self.drawings.append("\n".join(self._code).encode("ascii"))
        self._code.clear()
        self.showPage()

    def finished(self) -> bytes:
        """Ends the last page; the file with its fonts and bookmarks, without what is drawn and without its tree."""
        self._end_page()
        self.save()
        return self.buffer.getvalue()

    def lines(self, lines: Sequence[Line], x: float, top: float, width: float | None = None) -> None:
        """Draws lines below `top`, flush right where a width is given; a blank ends each line, so words stay apart."""
        code, now = ["BT"], ""
        last = len(lines) - 1
        for n, (parts, wide, goes_on) in enumerate(lines):
            first = parts[0][0]
            left = x if width is None else x + width - wide
            code.append(f"1 0 0 1 {left:.2f} {top - (first.leading + CAPITAL * first.size) / 2:.2f} Tm")
            for style, words in parts:
                for look, written in self._set(style, words):
                    code.append(f"({written}) Tj" if look == now else f"{look} ({written}) Tj")
                    now = look
            if goes_on and n < last:
                code[-1] = f"{code[-1][:-4]} ) Tj"
            top -= first.leading
        code.append("ET")
        self._code.append(" ".join(code))

    def _set(self, style: Style, words: str) -> Sequence[tuple[str, str]]:
        """Words as the file writes them, each part with the font, size and colour it needs."""
        look, letters = self._looks.get(style) or self._look(style)
        written = words.translate(letters)
        if _ELSEWHERE not in written:
            return ((look, written),)
        font = getFont(style.font)
        return [
            (self._look(style, subset)[0], codes.decode("latin-1").translate(_WRITTEN))
            for subset, codes in font.splitString(words, self._doc)
        ]

    def _look(self, style: Style, subset: int = 0) -> "tuple[str, _Letters]":
        """How a style is asked for, in one of the parts into which a font is divided."""
        font = getFont(style.font)
        letters = self._letters.setdefault(style.font, _Letters(font, self._doc))
        name = font.getSubsetInternalName(subset, self._doc)
        look = f"{name} {style.size:g} Tf {said(style.colour)} rg", letters
        if subset == 0:
            self._looks[style] = look
        return look

    def words(self, text: str, style: Style, x: float, y: float) -> None:
        """Draws one line of clean text from x on, its baseline at y."""
        told = " ".join(f"{look} ({written}) Tj" for look, written in self._set(style, text))
        self._code.append(f"BT 1 0 0 1 {x:.2f} {y:.2f} Tm {told} ET")

    def paint(self, operators: str) -> None:
        """Draws what the operators say, in the measures of the page."""
        self._code.append(operators)

    def hairline(self, x: float, y: float, width: float, colour: Colour, weight: float = 0.5) -> None:
        """A thin line across; draw it inside an artifact."""
        self._code.append(f"{said(colour)} RG {weight:g} w {x:.2f} {y:.2f} m {x + width:.2f} {y:.2f} l S")

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """A filled rectangle; draw it inside an artifact."""
        self._code.append(f"{said(colour)} rg {x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")


@cache
def said(colour: Colour) -> str:
    """A colour as the file writes it."""
    return " ".join(f"{part:.4g}" for part in colour)
