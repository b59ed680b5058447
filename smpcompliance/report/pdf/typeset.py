"""Text into lines: every character cleaned, every word measured, words too long for the line broken."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, chain
from typing import NamedTuple

from smpcompliance.report.pdf.theme import BODY, BOLD, Style, fonts
from smpcompliance.report.untrusted import clean

_BREAKS_AFTER = "/_-.,;:?&=+)"
_HAIR = 1e-6
"""What a line may be too wide by reckoning, in points: sums of widths are not exact."""


class Line(NamedTuple):
    """One line, set: its parts by style, its width, and whether its last word ends here (not broken)."""

    parts: tuple[tuple[Style, str], ...]
    width: float
    goes_on: bool = True

    @property
    def size(self) -> float:
        return self.parts[0][0].size if self.parts else 0.0

    @property
    def leading(self) -> float:
        return self.parts[0][0].leading if self.parts else 0.0


@cache
def drawable() -> frozenset[str]:
    """The characters that both fonts can draw as they are read.

    Right-to-left scripts are not among them: the glyphs exist, but would stand in the wrong order and unjoined.
    """
    both = set(fonts()[BODY]) & set(fonts()[BOLD])
    return frozenset(c for c in map(chr, both) if unicodedata.bidirectional(c) not in ("R", "AL", "AN"))


def shown(text: str, limit: int = 500) -> str:
    """Text as it can be printed; the only way by which any text reaches the paper or the file."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text  # most text; both fonts draw all of ASCII
    return clean(text, limit, drawable())


class _Widths(dict[str, float]):
    """Width of each character of a font in points, reckoned when it is first asked for: a report needs a hundred."""

    def __init__(self, font: str, size: float) -> None:
        self._widths, self._size = fonts()[font], size

    def __missing__(self, character: str) -> float:
        self[character] = self._widths[ord(character)] * self._size / 1000
        return self[character]


_widths = cache(_Widths)


def width_of(text: str, style: Style) -> float:
    """Width of cleaned text in points."""
    return sum(map(_widths(style.font, style.size).__getitem__, text))


def lay(runs: Sequence[tuple[str, Style]], width: float, limit: int = 500) -> list[Line]:
    """Lines no wider than `width` for a text in one or more styles; a blank stands between the runs."""
    said = [(words, style) for text, style in runs if (words := " ".join(shown(text, limit).split()))]
    if not said:
        return [Line((), 0.0)]
    if len(said) > 1:
        return _mixed(said, width)
    ((text, style),) = said
    if (wide := width_of(text, style)) <= width:
        return [Line(((style, text),), wide)]
    edges = list(accumulate(map(_widths(style.font, style.size).__getitem__, text)))
    return [
        Line(((style, text[start:stop]),), _between(edges, start, stop), whole)
        for start, stop, whole in _breaks(text, edges, width)
    ]


def _mixed(said: Sequence[tuple[str, Style]], width: float) -> list[Line]:
    text = "".join(words + " " for words, _ in said)[:-1]
    each = (map(_widths(style.font, style.size).__getitem__, words + " ") for words, style in said)
    edges = list(accumulate(chain.from_iterable(each)))
    ends = accumulate(len(words) + 1 for words, _ in said)
    spans = [(end - len(words) - 1, end, style) for (words, style), end in zip(said, ends, strict=True)]
    return [
        Line(
            tuple((style, text[max(start, a) : min(stop, b)]) for a, b, style in spans if a < stop and start < b),
            _between(edges, start, stop),
            whole,
        )
        for start, stop, whole in _breaks(text, edges, width)
    ]


def _between(edges: Sequence[float], start: int, stop: int) -> float:
    return edges[stop - 1] - (edges[start - 1] if start else 0.0)


def _breaks(text: str, edges: Sequence[float], width: float) -> Iterator[tuple[int, int, bool]]:
    """Where each line of a text begins and ends, and whether it ends with a whole word."""
    start, before = 0, 0.0
    while start < len(text):
        fits = bisect_right(edges, before + width + _HAIR, start, len(text))
        if fits == len(text):
            yield start, fits, True
            return
        stop = fits if text[fits] == " " else text.rfind(" ", start, fits)
        whole = stop > start
        if not whole:
            stop = _cut(text, start, max(fits, start + 1))
        yield start, stop, whole
        before = edges[stop if whole else stop - 1]
        start = stop + 1 if whole else stop


def _cut(text: str, start: int, fits: int) -> int:
    """Where a word is broken that does not fit: if possible behind a mark after which it may be, in its second half."""
    half = max(start + 1, start + (fits - start) // 2)
    return next((n for n in range(fits, half - 1, -1) if text[n - 1] in _BREAKS_AFTER), fits)
