"""Where a cell under a head goes: a column of its log, a row of another log, or a word of a list.

Studios write it in studio.yaml (`columns: {"Ink 2": pigment.2.lot_number}`), schemas in their `feeds`:

- `started_at`                a column of the table's own log
- `clients.birth_date`        a column of another log
- `needle.lot_number`         what was used on the client: a row of session_supplies with this item word; a number tells
  `pigment.2.expires_on`      rows of one kind apart
- `health.pregnancy`          a question: its word goes into health_answered where the cell is filled, and into
                              health_yes where it says yes
- `explained.risks`           a statement: its word goes into explained where the cell says yes
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from smpcompliance.logs.schema import LOGS, Feed, normal, schema, shared, words_of
from smpcompliance.patterns import pattern

SUPPLIES = "session_supplies"
ANY_ITEM = "supply"
"""Stands for the item word where the kind of supply is not told: `supply.2.lot_number`."""
WORD_LISTS = {"health": ("question", "health_answered"), "explained": ("content", "explained")}
"""First part of a target → the vocabulary its second part is a word of, and the column that the word goes into."""
OF_AN_ITEM = ("lot_number", "expires_on", "brand", "product", "color", "quantity", "pack_id", "gtin")
"""Columns of session_supplies that heads name together with an item («needle brand»), or with a number («lot 2»)."""
_NUMBERED = pattern(r"(?P<before>.*?)(?:\b|(?<=[a-z]))(?P<number>[1-9]|[1-3]\d)\b(?P<behind>.*)")


@dataclass(frozen=True)
class Target:
    """Where a cell goes.

    Attributes:
        log: the log.
        column: its column.
        item: item word of the row of session_supplies that the cell belongs to; else empty.
        number: which of several rows alike (ink 1, ink 2 …); 0 where there is one.
        word: the question or statement that the cell answers; else empty.
    """

    log: str
    column: str
    item: str = ""
    number: int = 0
    word: str = ""

    def text(self, own: str) -> str:
        """The target as a studio writes it for a table of the log `own`."""
        if self.word:
            return f"{'health' if self.column == 'health_answered' else self.column}.{self.word}"
        if self.item or self.number:
            return ".".join(filter(None, (self.item or ANY_ITEM, str(self.number or ""), self.column)))
        return self.column if self.log == own else f"{self.log}.{self.column}"


def target(text: str, own: str) -> Target:
    """Reads a target as a studio writes it for a table of the log `own`.

    Raises:
        ValueError: it names nothing; the message says what there is.
    """
    first, *rest = text.split(".")
    if not rest:
        return Target(own, _column(own, first))
    if first in WORD_LISTS and len(rest) == 1:
        vocabulary, column = WORD_LISTS[first]
        if column not in schema(own).columns:
            raise ValueError(f"{own} has no {column}, so that {text!r} leads nowhere")
        if rest[0] not in shared().vocabularies[vocabulary]:
            raise ValueError(f"{rest[0]!r} is no word of {column}; see `smpcompliance schema log {own}`")
        return Target(own, column, word=rest[0])
    if first in shared().vocabularies["item"] or first == ANY_ITEM:
        number = int(rest.pop(0)) if len(rest) == 2 and rest[0].isdecimal() else 0
        if len(rest) == 1:
            return Target(SUPPLIES, _column(SUPPLIES, rest[0]), first.removeprefix(ANY_ITEM), number)
    if first in LOGS and len(rest) == 1:
        return Target(first, _column(first, rest[0]))
    raise ValueError(
        f"{text!r} leads nowhere; write a column, log.column, needle.lot_number (any item word, pigment.2.lot_number "
        "for the second), health.pregnancy or explained.risks"
    )


def fed_by(log: str, head: str, heads: Sequence[str] = ()) -> tuple[Target, ...]:
    """Where the cells under a head of a log's table go when the log itself has no column for it.

    A number in the head tells records of one kind apart: `Ink 2 lot`, `Pigment Lot #2`, `Needle 1 Exp`, `Lot 2`.

    Args:
        log: the log of the table.
        head: the head as written.
        heads: all heads of the table; some heads count only beside others.

    Returns:
        Other logs' columns by the schema's `feeds`; numbered columns of session_supplies; () where neither fits.
    """
    said = normal(head)
    if found := _fed(log, said, heads):
        return (found,)
    numbered = _NUMBERED.fullmatch(said)
    if not numbered:
        return ()
    plain = " ".join(f"{numbered['before']} {numbered['behind']}".split())
    plain = re.sub(r" (no|nr|num|number)$", "", plain) if not _fed(log, plain, heads) else plain
    number = int(numbered["number"])
    if log == SUPPLIES and (column := schema(log).column_called(plain)) in OF_AN_ITEM:
        return (Target(log, str(column), number=number),)
    found = _fed(log, plain, heads)
    return (replace(found, number=number),) if found and found.log == SUPPLIES else ()


def _fed(log: str, said: str, heads: Sequence[str]) -> Target | None:
    """The target of a head in normal form without a number, as the feeds of the log say, or `<item> <column>`."""
    for feed in schema(log).feeds:
        if said in feed.heads and _stands(feed, heads):
            return Target(feed.log, feed.heads[said], feed.item)
    if log == SUPPLIES or any(feed.log == SUPPLIES for feed in schema(log).feeds):
        return _of_an_item(said)
    return None


def _stands(feed: Feed, heads: Sequence[str]) -> bool:
    return not feed.beside or any(normal(head) in feed.beside for head in heads)


@cache
def _of_an_item(said: str) -> Target | None:
    """`needle lot`, `cartridges expiry date`, `ink lots`: an item word, and what session_supplies calls a column."""
    words = said.split()
    for length in range(min(3, len(words) - 1), 0, -1):
        item = words_of("item").get(" ".join(words[:length]))
        rest = " ".join(words[length:])
        column = schema(SUPPLIES).column_called(rest) or schema(SUPPLIES).column_called(rest.removesuffix("s"))
        if item and column in OF_AN_ITEM:
            return Target(SUPPLIES, str(column), item)
    return None


def _column(log: str, name: str) -> str:
    if name not in schema(log).columns or schema(log).columns[name].derived:
        raise ValueError(f"{log} has no column {name!r}")
    return name
