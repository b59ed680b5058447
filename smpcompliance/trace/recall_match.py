"""Comparing what is written of lots and supplies with recalls: kind, brand, product, number, each as far as known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.list.reference_list import lot_text
from smpcompliance.dates import Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Coded
from smpcompliance.logs.rows import distinct
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs
from smpcompliance.trace.spelling import Spellings, kind_of, numbers_in, without_sizes, words_of

BRAND_ONLY, POSSIBLE, CERTAIN = 1, 2, 3
"""How well something agrees with a recall; 0 where it does not."""

_NO, _ALIKE, _BLANK, _YES, _ONE_OF_MANY = 0, 1, 2, 3, 4
Levels = NDArray[np.int8]


@dataclass(frozen=True)
class Wanted:
    """What a recall is of, as its list writes it.

    Attributes:
        kinds: item words; brands: spellings of one brand; products: names, empty for every product.
        numbers: lot numbers; every_lot: all lots are meant. Neither: the source names no lots.
    """

    kinds: tuple[str, ...]
    brands: tuple[str, ...]
    products: tuple[str, ...]
    numbers: tuple[str, ...]
    every_lot: bool


@dataclass(frozen=True)
class EntryLevels:
    """How well entries agree with recalls, by what is written of them.

    Attributes:
        places: places among the entries of those that may agree with any recall.
        combination: for each of these the row of `table`, which is combinations × recalls.
    """

    places: Ints
    combination: Ints
    table: Levels

    def of(self, recall: int) -> tuple[Ints, Ints]:
        """The entries that agree with one recall: (place, level)."""
        levels = self.table[:, recall]
        if not levels.any():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        level = levels[self.combination]
        agree = np.flatnonzero(level)
        return self.places[agree], level[agree].astype(np.int64)


def levels(
    logs: Logs, wanted: tuple[Wanted, ...], lots: Ints, entries: Ints, kind: Ints, kinds: tuple[str, ...]
) -> tuple[Levels, EntryLevels]:
    """Compares lots and entries of supplies with recalls.

    Args:
        lots: rows of `supply_lots`; entries: rows of `session_supplies`.
        kind: for each entry the code of its kind in `kinds` (`kind_of`), -1 where it may be any.

    Returns:
        lots × recalls, and the same for the entries.
    """
    ask = _Ask(wanted)
    listed = _Texts.of(logs, "supply_lots", ask)
    item = logs.cells("supply_lots", "item_type")
    assert isinstance(item, Coded)
    of_item = np.array([*(ask.kind_code(kind_of(str(word))) for word in item.values), -1], np.int64)
    by_lot = _compared(ask, listed, of_item[item.codes[lots]], lots)
    used = _Texts.of(logs, "session_supplies", ask)
    places = np.flatnonzero(used.may_agree(entries))
    rows = entries[places]
    code = np.array([*(ask.kind_code(word) for word in kinds), -1], np.int64)[kind[places]]
    first, combination = used.combinations(code, rows)
    return by_lot, EntryLevels(places, combination, _compared(ask, used, code[first], rows[first]))


class _Ask:
    """All recalls side by side: which of them each brand, number, product and kind is of."""

    def __init__(self, wanted: tuple[Wanted, ...]) -> None:
        self.n = len(wanted)
        self.names_lots = np.array([bool(each.numbers) or each.every_lot for each in wanted], bool)
        self.every_lot = np.array([each.every_lot for each in wanted], bool)
        self.every_product = np.array([not each.products for each in wanted], bool)
        self.kinds = tuple(dict.fromkeys(kind_of(kind) for each in wanted for kind in each.kinds))
        self.of_kind = np.ones((len(self.kinds) + 2, self.n), bool)
        for n, each in enumerate(wanted):
            meant = {kind_of(kind) for kind in each.kinds}
            self.of_kind[:-1, n] = [*(kind in meant for kind in self.kinds), False]
        self._brands = _by_text([normal(brand) for brand in each.brands] for each in wanted)
        self._brand_words = {brand: words_of(brand) for brand in self._brands}
        self._numbers = _by_text([lot_text(number) for number in each.numbers] for each in wanted)
        self._products = _by_text([normal(name) for name in each.products] for each in wanted)
        names = [(words_of(without_sizes(name)), n) for n, each in enumerate(wanted) for name in each.products]
        self._product_words = [(words, n) for words, n in names if words]
        self._other_number = np.where(self.every_lot, _YES, _NO).astype(np.int8)
        self._alike_brands = Spellings(self._brands)
        self._alike_numbers = Spellings(self._numbers, numbers=True)
        bare = _by_text([without_sizes(name) for name in each.products] for each in wanted)
        self._bare_products = bare
        self._alike_products = Spellings(bare)

    def kind_code(self, kind: str) -> int:
        """The row of `of_kind`: that of the kind, or that of all kinds no recall is of; -1 stands for a blank."""
        return self.kinds.index(kind) if kind in self.kinds else len(self.kinds)

    def brand(self, text: str) -> Levels:
        """How a brand as written agrees with each recall."""
        level = np.full(self.n, _NO, np.int8)
        wanted, words = normal(text), words_of(text)
        for other in self._alike_brands.alike(wanted):
            level[self._brands[other]] = _ALIKE
        for other, its in self._brand_words.items() if words else ():
            if its and (words <= its or its <= words):
                level[self._brands[other]] = _ALIKE
        level[self._brands.get(wanted, [])] = _YES
        return level

    def numbers(self, texts: Sequence[str]) -> list[Levels]:
        """How lot numbers as written agree with each recall; most have other figures than any that is recalled."""
        asked = self._alike_numbers.worth_asking(arrow.strings(texts)).tolist()
        return [self.number(text) if ask else self._other_number for text, ask in zip(texts, asked, strict=True)]

    def number(self, text: str) -> Levels:
        """How a lot number as written agrees with each recall."""
        wanted = lot_text(text)
        alike, same = self._alike_numbers.alike(wanted), self._numbers.get(wanted)
        many = numbers_in(text) & self._numbers.keys()
        if not wanted:
            return self.no_number()
        if not alike and not same and not many:
            return self._other_number
        level = self._other_number.copy()
        for other in alike:
            level[self._numbers[other]] = _ALIKE
        for other in many:
            level[self._numbers[other]] = _ONE_OF_MANY
        level[same or []] = _YES
        return level

    def no_number(self) -> Levels:
        """The same for a blank."""
        return np.where(self.every_lot, _YES, _BLANK).astype(np.int8)

    def product(self, product: str, color: str) -> Levels:
        """How product and colour as written agree with each recall; a part of its name (`black`) may be it."""
        if not normal(product) and not normal(color):
            return np.where(self.every_product, _YES, _BLANK).astype(np.int8)
        level = np.full(self.n, _NO, np.int8)
        texts = [text for text in (product, color, f"{product} {color}") if text.strip()]
        for text in texts:
            for other in self._alike_products.alike(without_sizes(text)):
                level[self._bare_products[other]] = _ALIKE
        bare = words_of(without_sizes(f"{product} {color}"))
        level[[n for words, n in self._product_words if bare and bare < words]] = _ALIKE
        said = words_of(f"{product} {color}") | bare
        level[[n for words, n in self._product_words if words <= said]] = _YES
        for text in texts:
            level[self._products.get(normal(text), [])] = _YES
        level[self.every_product] = _YES
        return level


def _by_text(texts: Iterable[list[str]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for n, each in enumerate(texts):
        for text in dict.fromkeys(filter(None, each)):
            found.setdefault(text, []).append(n)
    return found


@dataclass(frozen=True)
class _Texts:
    """The texts of a log and how each of its brands and numbers agrees with each recall (the last row: a blank)."""

    product: Coded
    color: Coded
    brand: Coded
    number: Coded
    by_brand: Levels
    by_number: Levels

    @classmethod
    def of(cls, logs: Logs, log: str, ask: _Ask) -> "_Texts":
        cells = [logs.cells(log, name) for name in ("product", "color", "brand", "lot_number")]
        product, color, brand, number = cells
        assert isinstance(product, Coded) and isinstance(color, Coded)
        assert isinstance(brand, Coded) and isinstance(number, Coded)
        blank = np.full(ask.n, _BLANK, np.int8)
        by_brand = [ask.brand(text) if normal(text) else blank for text in map(str, brand.values)]
        by_number = ask.numbers([str(value) for value in number.values])
        return cls(
            product, color, brand, number,
            np.array([*by_brand, blank], np.int8), np.array([*by_number, ask.no_number()], np.int8),
        )  # fmt: skip

    def may_agree(self, rows: Ints) -> NDArray[np.bool_]:
        """Which rows may agree with any recall: by their brand, or by their number."""
        named = (self.by_number >= _YES) & (self.by_number[-1] != _YES)
        brand, number = (self.by_brand == _YES).any(1), named.any(1)
        found: NDArray[np.bool_] = brand[self.brand.codes[rows]] | number[self.number.codes[rows]]
        return found

    def combinations(self, kind: Ints, rows: Ints) -> tuple[Ints, Ints]:
        """Of rows with the same kind and texts the place of the first, and for each row which of these it is."""
        key = kind + 1
        for column in (self.brand, self.product, self.color, self.number):
            key = np.unique(key, return_inverse=True)[1].astype(np.int64) if key.max(initial=0) >= 1 << 40 else key
            key = key * (len(column.values) + 1) + column.codes[rows] + 1
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        return first.astype(np.int64), inverse.astype(np.int64)


def _compared(ask: _Ask, texts: _Texts, kind: Ints, rows: Ints) -> Levels:
    """How well rows agree with each recall: rows × recalls."""
    brand, number = texts.by_brand[texts.brand.codes[rows]], texts.by_number[texts.number.codes[rows]]
    near = ask.of_kind[kind] & (brand != _NO) & ((brand == _YES) | (number >= _YES))
    product, unnamed = _products(ask, texts, rows, near.any(1))
    all_agree = (brand == _YES) & (product == _YES)
    named, listed = number == _YES, ask.names_lots & ~ask.every_lot
    open_number = (number == _BLANK) | (number == _ALIKE)
    possible = listed & (number >= _YES) & (product != _NO)
    possible |= ask.every_lot & (brand == _YES) & (product != _NO)
    possible |= listed & open_number & all_agree
    possible |= listed & (number == _ALIKE) & (brand == _YES) & (product == _BLANK)
    brand_only = (brand == _YES) & ~ask.names_lots & (product != _NO)
    brand_only |= (brand == _YES) & unnamed[:, None] & (texts.number.codes[rows] < 0)[:, None]
    level = np.where(brand_only, BRAND_ONLY, 0)
    level = np.where(possible, POSSIBLE, level)
    level = np.where(ask.names_lots & named & all_agree, CERTAIN, level)
    return np.where(near, level, 0).astype(np.int8)


def _products(ask: _Ask, texts: _Texts, rows: Ints, near: NDArray[np.bool_]) -> tuple[Levels, NDArray[np.bool_]]:
    """How product and colour of rows (of those that are `near`) agree with each recall, and which rows name neither."""
    product, color = texts.product.codes[rows], texts.color.codes[rows]
    level = np.full((len(rows), ask.n), _NO, np.int8)
    asked = np.flatnonzero(near)
    pair = (product[asked] + 1) * np.int64(len(texts.color.values) + 1) + color[asked] + 1
    distinct, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
    products, colors = (*map(str, texts.product.values), ""), (*map(str, texts.color.values), "")
    if len(distinct):
        told = [ask.product(products[product[n]], colors[color[n]]) for n in asked[first].tolist()]
        level[asked] = np.array(told, np.int8)[inverse]
    return level, (product < 0) & (color < 0)


def near_studios(logs: Logs, wanted: tuple[Wanted, ...]) -> Ints:
    """The studios with a lot or an entry of supplies that may agree with any recall, by its brand or its number."""
    ask, found = _Ask(wanted), []
    for log in ("supply_lots", "session_supplies"):
        some = _Texts.of(logs, log, ask).may_agree(logs.every(log))
        found.append(distinct(logs.log(log).studio[some].astype(np.int64)))
    return distinct(np.concatenate(found))
