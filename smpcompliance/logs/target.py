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

from dataclasses import dataclass

from smpcompliance.logs.schema import LOGS, schema, shared

SUPPLIES = "session_supplies"
WORD_LISTS = {"health": ("question", "health_answered"), "explained": ("content", "explained")}
"""First part of a target → the vocabulary its second part is a word of, and the column that the word goes into."""


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
        if self.item:
            return ".".join(filter(None, (self.item, str(self.number or ""), self.column)))
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
    if first in shared().vocabularies["item"]:
        number = int(rest.pop(0)) if len(rest) == 2 and rest[0].isdecimal() else 0
        if len(rest) == 1:
            return Target(SUPPLIES, _column(SUPPLIES, rest[0]), first, number)
    if first in LOGS and len(rest) == 1:
        return Target(first, _column(first, rest[0]))
    raise ValueError(
        f"{text!r} leads nowhere; write a column, log.column, needle.lot_number (any item word, pigment.2.lot_number "
        "for the second), health.pregnancy or explained.risks"
    )


def _column(log: str, name: str) -> str:
    if name not in schema(log).columns or schema(log).columns[name].derived:
        raise ValueError(f"{log} has no column {name!r}")
    return name
