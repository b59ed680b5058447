"""How the printed report looks: fonts, sizes, colours and measures, all in points."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from smpcompliance.report.page import Role, Tone

CAPITAL = 0.729
"""Height of a capital letter as a part of the size, in both fonts."""
BODY, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
Colour = tuple[float, float, float]


def _hex(code: str) -> Colour:
    red, green, blue = (int(code[n : n + 2], 16) / 255 for n in (0, 2, 4))
    return red, green, blue


INK, MUTED, FAINT = _hex("1a1d21"), _hex("565c64"), _hex("686e76")
ACCENT, HAIRLINE, TINT = _hex("1f3f57"), _hex("c9ced3"), _hex("f3f5f6")
TONES: dict[Tone, Colour] = {
    "plain": INK,
    "critical": _hex("9c2a17"),
    "major": _hex("7d4e00"),
    "minor": _hex("2c5777"),
    "advice": MUTED,
    "good": _hex("1f5a7a"),
    "open": _hex("6a5200"),
}
"""Dark enough on white for 4.5 : 1, told apart by the colour-blind (brick, ochre, blue), and never without a word."""


@dataclass(frozen=True)
class Style:
    """One way to set text."""

    size: float
    leading: float
    font: str = BODY
    colour: Colour = INK


HEADINGS = {
    1: Style(25, 30, BOLD, INK),
    2: Style(15, 19, BOLD, ACCENT),
    3: Style(10.6, 14, BOLD, INK),
}
BEFORE_HEADING = {1: 2.0, 2: 30.0, 3: 21.0}
TEXTS: dict[Role, Style] = {
    "body": Style(9.2, 13.4),
    "label": Style(8.6, 12, BOLD, ACCENT),
    "total": Style(9.2, 13.4, BOLD),
    "fine": Style(8, 11.4, BODY, MUTED),
    "note": Style(8, 11.4, BODY, MUTED),
}
BEFORE_TEXT: dict[Role, float] = {"body": 7, "label": 0, "total": 6, "fine": 3, "note": 6}
AFTER_TABLE = 4.0
VERDICT, VERDICT_REST = Style(16.5, 21, BOLD), Style(9.2, 13.4)
FACT_NAME, FACT = Style(8.6, 13.4, BODY, MUTED), Style(9.2, 13.4)
ITEM_TITLE, ITEM, ITEM_FINE = Style(9.2, 13.4, BOLD), Style(9.2, 13.4), Style(7.8, 11, BODY, MUTED)
MARK, BOX = Style(9.2, 13.4, BOLD, ACCENT), Style(13, 13.4, BODY, INK)
HEAD = Style(7.6, 10.2, BOLD, MUTED)
CELL, CELL_STRONG, CELL_FINE = Style(8.3, 11.2), Style(8.3, 11.2, BOLD), Style(7.2, 9.9, BODY, MUTED)
FIGURE_TITLE, FIGURE, FIGURE_STRONG = Style(9.2, 13.4, BOLD), Style(7, 9), Style(7, 9, BOLD)
BEFORE_TITLE, BEFORE_FIGURE = 16.0, 5.0
RUNNING = Style(7.6, 10, BODY, MUTED)

MARGIN, TOP, BOTTOM = 57.0, 74.0, 64.0
MEASURE = 424.0
"""The longest line of running text that the eye follows well; tables take the whole width."""
GUTTER, ROW_PAD = 11.0, 4.2


@cache
def fonts() -> dict[str, dict[int, float]]:
    """Registers the fonts that come with the program; gives the width of every character in thousandths of the size."""
    found = {}
    for name in (BODY, BOLD):
        data = (resources.files("smpcompliance.report.pdf") / "fonts" / f"{name}.ttf").read_bytes()
        font = TTFont(name, BytesIO(data), shapable=False)
        pdfmetrics.registerFont(font)
        found[name] = font.face.charWidths
    return found


def colour_profile() -> bytes:
    """The ICC profile that says what the colours mean."""
    return (resources.files("smpcompliance.report.pdf") / "fonts" / "sRGB2014.icc").read_bytes()
