"""The words under a picture that say what its signs stand for, laid out in lines."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from smpcompliance.report.page import PICTURE_WIDTH, Label, Line, Mark, Rect, Shape
from smpcompliance.report.pictures.lettering import fitted, width

LEADING = 12.0
_SIGN, _APART = 15.0, 16.0


@dataclass(frozen=True)
class Entry:
    """A sign and what it stands for. The sign is drawn in a field of 12 by 7 points; its own place does not count."""

    sign: Mark | Rect | Line
    text: str


def legend(entries: Iterable[Entry], y: float) -> tuple[list[Shape], float]:
    """The entries in as many lines as they need.

    Returns:
        The shapes, and the y below the last line.
    """
    shapes: list[Shape] = []
    x, y = 0.0, y + LEADING
    for entry in entries:
        text = fitted(entry.text, PICTURE_WIDTH - _SIGN)
        room = _SIGN + width(text)
        if x and x + room > PICTURE_WIDTH:
            x, y = 0.0, y + LEADING
        shapes += [_placed(entry.sign, x, y), Label(x + _SIGN, y, text)]
        x += room + _APART
    return shapes, y + 4


def _placed(sign: Mark | Rect | Line, x: float, baseline: float) -> Shape:
    middle = baseline - 2.5
    if isinstance(sign, Mark):
        return replace(sign, x=x + 6, y=middle)
    if isinstance(sign, Rect):
        return replace(sign, x=x, y=middle - 3.5, width=12.0, height=7.0)
    if sign.x1 == sign.x2:
        return replace(sign, x1=x + 6, x2=x + 6, y1=middle - 4, y2=middle + 4)
    return replace(sign, x1=x, x2=x + 12, y1=middle, y2=middle)
