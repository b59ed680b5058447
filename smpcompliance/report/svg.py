"""A picture as SVG: its shapes as they are, its colours by class, so that a page may turn them dark.

The classes are `t-<tone>` for filled shapes and text, `l-<tone>` for lines and outlines, `tint`, `strong` and `dashed`.
"""

from collections.abc import Iterator

from smpcompliance.report.page import PICTURE_WIDTH, Figure, Label, Line, Mark, Rect, Shape, Tone
from smpcompliance.report.pictures.lettering import SIZE
from smpcompliance.report.untrusted import for_markup

LONGEST = 2000
"""Characters of the alternative text that are kept."""
_HATCH = 4.0
"""Distance of the lines of a hatched shape, in points."""


def svg(figure: Figure, id: str) -> str:
    """A figure as an SVG element that says its title and what it shows.

    Args:
        figure: the picture, in points.
        id: a word that no other element of the page has; those of the picture's parts begin with it.
    """
    hatched = sorted({s.tone for s in figure.shapes if isinstance(s, Rect) and s.look == "hatched"})
    patterns = "".join(_pattern(tone, id) for tone in hatched)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{id}-title {id}-desc" '
            f'viewBox="0 0 {_n(PICTURE_WIDTH)} {_n(figure.height)}" font-size="{_n(SIZE)}">',
            f'<title id="{id}-title">{for_markup(figure.title, LONGEST)}</title>',
            f'<desc id="{id}-desc">{for_markup(figure.alt, LONGEST)}</desc>',
            f"<defs>{patterns}</defs>" if patterns else "",
            *(part for shape in figure.shapes for part in _shape(shape, id)),
            "</svg>",
        )
    )


def _pattern(tone: Tone, id: str) -> str:
    size = _n(_HATCH)
    return (
        f'<pattern id="{id}-{tone}" width="{size}" height="{size}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V{size}" class="l-{tone}" stroke-width="2"/></pattern>'
    )


def _shape(shape: Shape, id: str) -> Iterator[str]:
    match shape:
        case Rect():
            yield _rect(shape, id)
        case Line():
            dashed = " dashed" if shape.dashed else ""
            yield (
                f'<path d="M{_n(shape.x1)} {_n(shape.y1)}L{_n(shape.x2)} {_n(shape.y2)}" '
                f'class="l-{shape.tone}{dashed}" stroke-width="{_n(shape.weight)}"/>'
            )
        case Mark():
            yield _mark(shape)
        case Label():
            strong = " strong" if shape.strong else ""
            anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
            text = for_markup(shape.text)
            yield f'<text x="{_n(shape.x)}" y="{_n(shape.y)}" class="t-{shape.tone}{strong}"{anchor}>{text}</text>'


def _rect(rect: Rect, id: str) -> str:
    place = f'x="{_n(rect.x)}" y="{_n(rect.y)}" width="{_n(rect.width)}" height="{_n(rect.height)}"'
    if rect.look == "filled":
        return f'<rect {place} class="t-{rect.tone}"/>'
    if rect.look == "tinted":
        return f'<rect {place} class="t-{rect.tone} tint"/>'
    fill = f' fill="url(#{id}-{rect.tone})"' if rect.look == "hatched" else ' fill="none"'
    return f'<rect {place} class="l-{rect.tone}" stroke-width="0.6"{fill}/>'


def _mark(mark: Mark) -> str:
    x, y, half = mark.x, mark.y, mark.size / 2
    filled, drawn = f'class="t-{mark.tone}"', f'class="l-{mark.tone}" fill="none" stroke-width="1.2"'
    left, right, top, bottom = (_n(v) for v in (x - half, x + half, y - half, y + half))
    match mark.shape:
        case "circle":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" {filled}/>'
        case "ring":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" {drawn}/>'
        case "cross":
            return f'<path d="M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}" {drawn}/>'
        case "triangle":
            return f'<path d="M{_n(x)} {top}L{right} {bottom}L{left} {bottom}Z" {filled}/>'
        case "square":
            return f'<path d="M{left} {top}H{right}V{bottom}H{left}Z" {filled}/>'
        case "diamond":
            return f'<path d="M{_n(x)} {top}L{right} {_n(y)}L{_n(x)} {bottom}L{left} {_n(y)}Z" {filled}/>'
        case "bar":
            return f'<path d="M{_n(x)} {top}V{bottom}" {drawn}/>'


def _n(value: float) -> str:
    """A measure with at most two decimals, without needless noughts."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
