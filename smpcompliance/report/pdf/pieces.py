"""What stands on a page, from top to bottom: pieces that know their height, draw themselves and keep together."""

from dataclasses import dataclass, replace

from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import TINT, Colour
from smpcompliance.report.pdf.typeset import Line, shown

_ALONE = 2
"""Lines of a paragraph that may not stand alone at the foot or head of a page."""
_BEGINNING = 40.0
"""What must stand of a paragraph below the heading that it belongs to."""


@dataclass(frozen=True)
class Piece:
    """One piece.

    Attributes:
        height: in points, without the space before.
        before: space above it; none at the head of a page.
        keep: it stands on the page of the next piece.
        again: what must be drawn above it when it comes first on a page (the head of its table).
    """

    height: float
    before: float = 0.0
    keep: bool = False
    again: "Piece | None" = None

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        """Draws it below `top`."""

    @property
    def least(self) -> float:
        """Height of what must at least stand of it on the page where it begins."""
        return self.height

    def split(self, space: float) -> "tuple[Piece, Piece] | None":
        """The part that fits into the space and the rest; None where it does not part."""
        return None


@dataclass(frozen=True)
class NewPage(Piece):
    """What follows begins on a new page."""


@dataclass(frozen=True)
class Prose(Piece):
    """Lines of one element: a paragraph or a heading; `mark` is the label of a list's item, drawn left of it."""

    tag: Tag = Tag("P")
    lines: tuple[Line, ...] = ()
    indent: float = 0.0
    mark: tuple[Tag, Line] | None = None
    bookmark: int | None = None
    rule: Colour | None = None

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        if self.rule and top < canvas.first_top - 1:
            with canvas.artifact():
                canvas.hairline(x, top + 9, canvas.paper[0] - 2 * x, self.rule, 0.8)
        if self.bookmark:
            self._bookmark(canvas, top)
        if self.mark:
            tag, line = self.mark
            with canvas.mark(tag):
                canvas.lines([line], x, top)
        with canvas.mark(self.tag):
            canvas.lines(self.lines, x + self.indent, top)

    @property
    def least(self) -> float:
        whole = self.keep or self.bookmark or len(self.lines) < 2 * _ALONE
        return self.height if whole else min(self.height, _BEGINNING)

    def _bookmark(self, canvas: TaggedCanvas, top: float) -> None:
        key = f"h{len(canvas.owners)}-{len(canvas.owners[-1])}"
        title = "".join(words for line in self.lines for _, words in ((s, t + " ") for s, t in line.parts)).strip()
        canvas.bookmarkPage(key, fit="XYZ", left=0, top=top + 12)
        canvas.addOutlineEntry(shown(title), key, (self.bookmark or 1) - 1, closed=self.bookmark == 2)

    def split(self, space: float) -> tuple[Piece, Piece] | None:
        if self.keep or self.bookmark:
            return None
        fits = 0
        while fits < len(self.lines) and self.lines[fits].leading <= space:
            space -= self.lines[fits].leading
            fits += 1
        fits = min(fits, len(self.lines) - _ALONE)
        if fits < _ALONE:
            return None
        head, tail = self.lines[:fits], self.lines[fits:]
        first = replace(self, lines=head, height=sum(line.leading for line in head))
        return first, replace(self, lines=tail, mark=None, before=0.0, height=sum(line.leading for line in tail))


@dataclass(frozen=True)
class Banner(Piece):
    """The verdict: large words on a tint with a bar of colour at the left."""

    parts: tuple[tuple[Tag, tuple[Line, ...], float], ...] = ()
    width: float = 0.0
    colour: Colour = TINT
    pad: float = 13.0

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        with canvas.artifact():
            canvas.box(x, top - self.height, self.width, self.height, TINT)
            canvas.box(x, top - self.height, 4, self.height, self.colour)
        top -= self.pad
        for tag, lines, before in self.parts:
            top -= before
            with canvas.mark(tag):
                canvas.lines(lines, x + 18, top)
            top -= sum(line.leading for line in lines)
