"""Text into lines: every character cleaned, every word measured, words too long for the line broken."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from smpcompliance.report.pdf.theme import BODY, BOLD, Style, fonts
from smpcompliance.report.untrusted import clean

_BREAKS_AFTER = "/_-.,;:?&=+)"


@dataclass(frozen=True)
class Line:
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
    return clean(text, limit, drawable())


@lru_cache(maxsize=100_000)
def _measure(text: str, font: str) -> float:
    widths = fonts()[font]
    return sum(map(widths.__getitem__, map(ord, text)))


def width_of(text: str, style: Style) -> float:
    """Width of cleaned text in points."""
    return _measure(text, style.font) * style.size / 1000


def lay(runs: Sequence[tuple[str, Style]], width: float, limit: int = 500) -> list[Line]:
    """Lines no wider than `width` for a text in one or more styles; a blank stands between the runs."""
    if len(runs) == 1:
        ((text, style),) = runs
        line = " ".join(shown(text, limit).split())
        if line and (wide := width_of(line, style)) <= width:
            return [Line(((style, line),), wide)]
    lines: list[Line] = []
    parts: list[tuple[Style, str]] = []
    used = 0.0
    for style, word, whole in _pieces(runs, width, limit):
        wide, blank = width_of(word, style), width_of(" ", style) if parts else 0.0
        if parts and used + blank + wide > width:
            lines.append(Line(tuple(parts), used))
            parts, used, blank = [], 0.0, 0.0
        _append(parts, style, word, bool(blank))
        used += blank + wide
        if not whole:
            lines.append(Line(tuple(parts), used, goes_on=False))
            parts, used = [], 0.0
    return [*lines, Line(tuple(parts), used)] if parts or not lines else lines


def _append(parts: list[tuple[Style, str]], style: Style, word: str, blank: bool) -> None:
    if parts and parts[-1][0] == style:
        parts[-1] = (style, parts[-1][1] + (" " if blank else "") + word)
    else:
        if blank:
            parts[-1] = (parts[-1][0], parts[-1][1] + " ")
        parts.append((style, word))


def _pieces(runs: Sequence[tuple[str, Style]], width: float, limit: int) -> Iterator[tuple[Style, str, bool]]:
    for text, style in runs:
        for word in shown(text, limit).split():
            while width_of(word, style) > width and len(word) > 1:
                cut = _cut(word, style, width)
                yield style, word[:cut], False
                word = word[cut:]
            yield style, word, True


def _cut(word: str, style: Style, width: float) -> int:
    """How many characters of a word fit, if possible up to a mark after which it may be broken."""
    fits = next((n for n in range(1, len(word)) if width_of(word[: n + 1], style) > width), len(word) - 1)
    marks = [n for n in range(max(1, fits // 2), fits + 1) if word[n - 1] in _BREAKS_AFTER]
    return marks[-1] if marks else fits
