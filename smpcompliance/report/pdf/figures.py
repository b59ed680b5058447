"""Pictures: their shapes drawn as lines and areas, in an element that says in words what they show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from smpcompliance.report.page import PICTURE_WIDTH, Figure, Label, Line, Mark, Rect
from smpcompliance.report.pdf import theme
from smpcompliance.report.pdf.canvas import TaggedCanvas, said
from smpcompliance.report.pdf.pieces import Piece, Prose
from smpcompliance.report.pdf.tables import rows
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.theme import TONES, Colour
from smpcompliance.report.pdf.typeset import lay, shown, width_of
from smpcompliance.report.pictures.lettering import CUT, width

_TINT = 0.22
"""How much of its colour a tinted area keeps."""
_HATCH = 3.0
"""Distance of the lines of a hatched area, in points."""
_ROUND = 0.5523
"""Where the control points of a quarter of a circle lie, as a part of its radius."""
_LONGEST = 200
"""Characters of a label."""


@dataclass(frozen=True)
class Drawing(Piece):
    """A picture, never parted; its title stands above it."""

    tag: Tag = Tag("Figure")
    figure: Figure | None = None
    scale: float = 1.0

    def draw(self, canvas: TaggedCanvas, x: float, top: float) -> None:
        if self.figure is None:
            return
        right = x + PICTURE_WIDTH * self.scale
        self.tag.box = (x, top - self.height, right, top)
        sheet = _Sheet(canvas, x, top, self.scale)
        with canvas.mark(self.tag):
            for shape in self.figure.shapes:
                match shape:
                    case Rect():
                        sheet.rect(shape)
                    case Line():
                        sheet.line(shape)
                    case Mark():
                        sheet.mark(shape)
                    case Label():
                        sheet.label(shape)


def drawn(figure: Figure, wide: float, high: float) -> Iterator[Piece]:
    """The title of a figure, its picture, as wide as the text but no higher than a page, and its table."""
    title = lay([(figure.title, theme.FIGURE_TITLE)], wide)
    above = sum(line.leading for line in title)
    scale = min(wide / PICTURE_WIDTH, (high - above - theme.BEFORE_FIGURE) / figure.height)
    tag = Tag("Figure", alt=figure.alt)
    yield Prose(above, theme.BEFORE_TITLE, True, None, Tag("Caption"), tuple(title))
    yield Drawing(figure.height * scale, theme.BEFORE_FIGURE, False, None, tag, figure, scale)
    yield from rows(figure.table, wide)


@dataclass(frozen=True)
class _Sheet:
    """A canvas in the measures of a picture: the origin at the upper left, y downwards."""

    canvas: TaggedCanvas
    left: float
    top: float
    scale: float

    def _at(self, x: float, y: float) -> str:
        return f"{self.left + x * self.scale:.2f} {self.top - y * self.scale:.2f}"

    def _paint(self, path: str, fill: Colour | None = None, stroke: Colour | None = None, weight: float = 0.6) -> None:
        colours = [f"{said(fill)} rg"] if fill else []
        colours += [f"{said(stroke)} RG {weight * self.scale:.2f} w"] if stroke else []
        self.canvas.paint(f"{' '.join(colours)} {path} {'B' if fill and stroke else 'f' if fill else 'S'}")

    def rect(self, rect: Rect) -> None:
        """An area, or its outline; a hatched one has both lines and an outline, so that it is seen in grey."""
        colour = TONES[rect.tone]
        wide, high = rect.width * self.scale, rect.height * self.scale
        path = f"{self._at(rect.x, rect.y + rect.height)} {wide:.2f} {high:.2f} re"
        if rect.look == "filled":
            self._paint(path, fill=colour)
        elif rect.look == "tinted":
            self._paint(path, fill=_pale(colour))
        else:
            if rect.look == "hatched":
                self._hatch(rect, path)
            self._paint(path, stroke=colour)

    def _hatch(self, rect: Rect, path: str) -> None:
        step = _HATCH * 2**0.5
        lines, x = [], rect.x - rect.height + step / 2
        while x < rect.x + rect.width:
            lines.append(f"{self._at(x, rect.y + rect.height)} m {self._at(x + rect.height, rect.y)} l")
            x += step
        if lines:
            self.canvas.paint(f"q {path} W n")
            self._paint(" ".join(lines), stroke=TONES[rect.tone], weight=1.0)
            self.canvas.paint("Q")

    def line(self, line: Line) -> None:
        dashes = f"[{3 * self.scale:.2f} {2 * self.scale:.2f}] 0 d " if line.dashed else ""
        path = f"{self._at(line.x1, line.y1)} m {self._at(line.x2, line.y2)} l"
        self._paint(dashes + path, stroke=TONES[line.tone], weight=line.weight)
        if dashes:
            self.canvas.paint("[] 0 d")

    def mark(self, mark: Mark) -> None:
        x, y, half, colour = mark.x, mark.y, mark.size / 2, TONES[mark.tone]
        match mark.shape:
            case "circle":
                self._paint(self._circle(x, y, half), fill=colour)
            case "ring":
                self._paint(self._circle(x, y, half), stroke=colour, weight=1.2)
            case "cross":
                one = self._way((x - half, y - half), (x + half, y + half))
                other = self._way((x - half, y + half), (x + half, y - half))
                self._paint(f"{one} {other}", stroke=colour, weight=1.2)
            case "triangle":
                self._paint(self._way((x, y - half), (x + half, y + half), (x - half, y + half)) + " h", fill=colour)
            case "square":
                corners = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
                self._paint(self._way(*corners) + " h", fill=colour)
            case "diamond":
                corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
                self._paint(self._way(*corners) + " h", fill=colour)
            case "bar":
                self._paint(self._way((x, y - half), (x, y + half)), stroke=colour, weight=1.2)

    def _way(self, first: tuple[float, float], *more: tuple[float, float]) -> str:
        return " ".join((f"{self._at(*first)} m", *(f"{self._at(*each)} l" for each in more)))

    def _circle(self, x: float, y: float, r: float) -> str:
        k = r * _ROUND
        quarters = (
            ((r, k), (k, r), (0, r)),
            ((-k, r), (-r, k), (-r, 0)),
            ((-r, -k), (-k, -r), (0, -r)),
            ((k, -r), (r, -k), (r, 0)),
        )
        curves = (" ".join(self._at(x + dx, y + dy) for dx, dy in quarter) + " c" for quarter in quarters)
        return " ".join((f"{self._at(x + r, y)} m", *curves, "h"))

    def label(self, label: Label) -> None:
        style = theme.FIGURE_STRONG if label.strong else theme.FIGURE
        style = replace(style, size=style.size * self.scale, colour=TONES[label.tone])
        text = _lettered(label, style)
        before = {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor] * width_of(text, style)
        self.canvas.words(text, style, self.left + label.x * self.scale - before, self.top - label.y * self.scale)


def _pale(colour: Colour) -> Colour:
    red, green, blue = (1 - _TINT * (1 - part) for part in colour)
    return red, green, blue


def _lettered(label: Label, style: theme.Style) -> str:
    """The text of a label; where it grew, because the font lacks a sign, it is cut to the room it was given."""
    text = shown(label.text, _LONGEST)
    if text == label.text:
        return text
    room = width(label.text, label.strong) * style.size / theme.FIGURE.size
    kept = text
    while kept and width_of(kept + CUT, style) > room:
        kept = kept[:-1]
    return text if width_of(text, style) <= room else kept.rstrip() + CUT
