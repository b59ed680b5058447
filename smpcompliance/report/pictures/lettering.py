"""Small text in pictures: how wide it is likely to be, cut to its room, and dates in few letters."""

import unicodedata
from datetime import date, timedelta
from functools import cache

from smpcompliance.dates import EPOCH
from smpcompliance.report.page import Label, Tone
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words

SIZE = 7.0
"""Points in which every format sets the labels of pictures."""
CUT = "…"
_NARROW, _BROAD = frozenset("iljtfrI.,:;'|!()[] -·/"), frozenset("mwMWGOQDHNUÆŒ@%…–—")


def width(text: str, strong: bool = False) -> float:
    """Points that a line is likely to take, in the widest of the fonts that reports are set in."""
    return sum(map(_share, text)) * SIZE * (1.1 if strong else 1.0)


@cache
def _share(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.74 if character in _BROAD else 0.63 if character.isupper() else 0.56


def fitted(text: str, room: float, strong: bool = False) -> str:
    """Clean text, cut with … to a room in points; of text that has no room at all the … remains."""
    text = clean(text, 200)
    if width(text, strong) <= room:
        return text
    kept, taken, factor = 0, width(CUT, strong), SIZE * (1.1 if strong else 1.0)
    while kept < len(text) and (taken := taken + _share(text[kept]) * factor) <= room:
        kept += 1
    return text[:kept].rstrip() + CUT


def start(x: float, y: float, text: str, room: float, tone: Tone = "plain", strong: bool = False) -> Label:
    """A label that begins at x."""
    return Label(x, y, fitted(text, room, strong), "start", tone, strong)


def centred(x: float, y: float, text: str, tone: Tone = "plain", strong: bool = False) -> Label:
    """A label in the middle over x, for words that are known to be short."""
    return Label(x, y, text, "middle", tone, strong)


def ended(x: float, y: float, text: str, tone: Tone = "plain", strong: bool = False) -> Label:
    """A label that ends at x, for words that are known to be short."""
    return Label(x, y, text, "end", tone, strong)


def day_of(number: int) -> date:
    """A day by its number since 1970-01-01."""
    return EPOCH + timedelta(days=number)


def said(number: int, words: Words) -> str:
    """A day by its number as `26 Oct 2026`."""
    day = day_of(number)
    month = words.several("pictures.months_short")[day.month - 1]
    return words("pictures.day", day=str(day.day), month=month, year=str(day.year))


def listed(texts: list[str], most: int, words: Words) -> str:
    """The first of some texts, joined, and how many more there are."""
    more = [words("pictures.more", n=len(texts) - most)] if len(texts) > most else []
    return words.series([*texts[:most], *more])
