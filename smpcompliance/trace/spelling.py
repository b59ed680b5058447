"""How names of supplies and lot numbers compare where people write them: the same, spelled alike, or another."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from smpcompliance.checks.list.reference_list import lot_text, similar
from smpcompliance.logs.schema import normal
from smpcompliance.patterns import pattern

NEEDLES = ("needle", "needle_bar", "cartridge")
"""Item words that people use for one another."""

_SHORTEST = 5  # letters and figures of texts that may differ by one of them, as in `similar`
_SIZE = pattern(r"\d+(?:[.,/]\d+)?\s*(?:ml|cl|fl\.?\s*oz|oz|ounces?|g|gr|pcs|pieces)(?![^\W\d_])", re.IGNORECASE)
_LOOK_ALIKE = str.maketrans("OIL", "011")
_ZEROS = pattern(r"(?<!\d)0+(?=\d)")
_BETWEEN = pattern(r"[/,;+&|\n]|\b(?:and|und|et|y|e|en|og|och)\b", re.IGNORECASE)


def kind_of(item: str) -> str:
    """The kind of an item word: needles, needle bars and cartridges are one."""
    return NEEDLES[0] if item in NEEDLES else item


def bare(text: str) -> str:
    """Only the letters and figures of a text."""
    return text if text.isalnum() else "".join(filter(str.isalnum, text))


@lru_cache(maxsize=1 << 15)
def number_folds(number: str) -> frozenset[str]:
    """What stays of a lot number (`lot_text`) without dashes, dots, leading zeros; and O read as 0, I and L as 1."""
    plain = {_ZEROS.sub("", bare(number)), bare(_ZEROS.sub("", number))}
    return frozenset(plain | {_ZEROS.sub("", bare(number).translate(_LOOK_ALIKE))})


def numbers_in(text: str) -> frozenset[str]:
    """The lot numbers (`lot_text`) that may stand side by side in one cell; empty where it can only be one.

    `BL23/NH-7`, `BL23 and NH-7` and `BL23 NH-7` may be two; `BL 23` is one, for a lot number has a figure. What stands
    together may still be one number with a stroke in it.
    """
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    words = [word for part in parts for word in part.split()]
    pieces = [*parts, *(word for word in words if any(map(str.isdigit, word)))]
    several = len(parts) > 1 or len(pieces) > 2
    return frozenset(filter(None, map(lot_text, pieces))) if several else frozenset()


def without_sizes(name: str) -> str:
    """The normal form of a product's name without sizes: `CAROLINA BLUE 1/2oz/15mL` → `carolina blue`."""
    return normal(_SIZE.sub(" ", name).replace("/", " "))


def words_of(text: str) -> frozenset[str]:
    """The words of a text in its normal form; `FI-046` is two."""
    return frozenset(re.findall(r"[^\W_]+", normal(text)))


class Spellings:
    """Texts that are looked for, so that others can be told which of them they may be meant for.

    A text may be meant for another that it does not equal where `similar` says so; of lot numbers also where only
    dashes, dots, leading zeros, or figures written as letters differ.

    Args:
        wanted: the texts, in the form in which they compare (`normal`, or `lot_text` for numbers).
        numbers: whether they are lot numbers.
    """

    def __init__(self, wanted: Iterable[str], numbers: bool = False) -> None:
        self._numbers = numbers
        self._by: dict[str, set[str]] = {}
        for text in wanted:
            for key in self._keys(text):
                self._by.setdefault(key, set()).add(text)

    def alike(self, text: str) -> set[str]:
        """The wanted texts that this one may be meant for, without itself."""
        shared = self._by.keys() & self._keys(text)
        near: set[str] = set().union(*(self._by[key] for key in shared))
        return {other for other in near if other != text and self._may_be(text, other)}

    def _may_be(self, text: str, other: str) -> bool:
        return similar(text, other) or (self._numbers and not number_folds(text).isdisjoint(number_folds(other)))

    def _keys(self, text: str) -> frozenset[str]:
        return _near(text) | number_folds(text) if self._numbers else _near(text)


@lru_cache(maxsize=1 << 15)
def _near(text: str) -> frozenset[str]:
    """What two texts share that differ by one letter or in punctuation only: bare, and with one sign left out."""
    plain = bare(text)
    shorter = (plain[:n] + plain[n + 1 :] for n in range(len(plain) if len(plain) >= _SHORTEST else 0))
    return frozenset((plain, *shorter)) if plain else frozenset()


def brand_may_be(first: str, second: str) -> bool:
    """Whether two brands (normal forms) may be one: the same, spelled alike, or one is the other and more words."""
    if first == second or similar(first, second):
        return True
    a, b = words_of(first), words_of(second)
    return bool(a and b) and (a <= b or b <= a)


@dataclass(frozen=True)
class _Named:
    """Product and colour without sizes, in normal form; the words of each and of both."""

    parts: tuple[str, str]
    words: tuple[frozenset[str], frozenset[str]]
    both: frozenset[str]


@lru_cache(maxsize=1 << 14)
def _named(names: tuple[str, str]) -> _Named:
    product, color = without_sizes(names[0]), without_sizes(names[1])
    words = (words_of(product), words_of(color))
    return _Named((product, color), words, words[0] | words[1])


def product_may_be(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two pairs of product and colour as written may be of one thing; a blank agrees with everything.

    A name may stand in either column: what one calls its product, the other may call its colour. Where both write the
    same product, their colours decide. A second one that has one name as both is a recall's: it may stand in either.
    """
    a, b = _named(first), _named(second)
    both_say = [bool(a.parts[n] and b.parts[n]) for n in range(2)]
    alike = [
        both_say[n] and (_one_in_other(a.words[n], b.words[n]) or similar(a.parts[n], b.parts[n])) for n in range(2)
    ]
    if b.parts[0] == b.parts[1]:
        return any(alike) or not any(both_say) or _one_in_other(a.both, b.both)
    if alike[0]:
        return alike[1] or not both_say[1]
    if alike[1]:
        return not both_say[0] or a.words[0] <= b.words[1] or b.words[0] <= a.words[1]
    return not any(both_say) or _one_in_other(a.both, b.both)


def _one_in_other(first: frozenset[str], second: frozenset[str]) -> bool:
    return first <= second or second <= first
