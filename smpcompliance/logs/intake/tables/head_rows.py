"""Which row of a table holds its heads, where titles, addresses and labels over several columns stand above them.

A row is plainly heads when at least half of its filled cells are heads that some log knows. Rows above it are passed
over only while they look like titles; where a table has no known head, the first row that is no title counts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from smpcompliance.logs.schema import known_heads, normal
from smpcompliance.patterns import pattern

LOOKED_AT = 40  # rows that are not blank, from the first on
_SHOWN = 6  # line numbers that a note names
_LONGEST_HEAD = 300  # characters; questions of consent forms are heads too
_LETTER = pattern(r"[^\d\W_]")


@dataclass(frozen=True)
class HeadRow:
    """Where the heads of a table are among its first rows.

    Attributes:
        row: which of the rows looked at holds the heads; the lower one where they stand on two.
        names: the heads, those of two rows put together.
        label_row: the row of labels over several heads, None where there is none.
    """

    row: int
    names: tuple[str, ...]
    label_row: int | None = None


def one_line(cell: str) -> str:
    """A head with line breaks and runs of space as one space."""
    return " ".join(cell.split())


def plainly_heads(cells: Sequence[str]) -> bool:
    """Whether a row can be nothing but heads: two or more are known, and they are at least half of what is filled."""
    filled = [cell for cell in cells if cell.strip()]
    if len(filled) < 2 or not _reads_as_heads(filled):
        return False
    familiar = sum(map(known, filled))
    return familiar >= 2 and 2 * familiar >= len(filled)


def find_head_row(rows: Sequence[Sequence[str]], beside: Sequence[bool] = ()) -> HeadRow:
    """The heads among the first rows of a table.

    Args:
        rows: at most `LOOKED_AT` rows, none of them blank.
        beside: per row, whether it stands on the line right behind the row above; by default all do.
    """
    at = _head_row(rows)
    follows = beside or [True] * len(rows)
    if at + 1 < len(rows) and follows[at + 1] and _continues(rows[at], rows[at + 1]):
        return HeadRow(at + 1, together(rows[at], rows[at + 1]), at)
    if at > 0 and follows[at] and _labels(rows[at - 1], rows[at]):
        return HeadRow(at, together(rows[at - 1], rows[at]), at - 1)
    return HeadRow(at, tuple(map(one_line, rows[at])))


def together(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Heads of two rows as one: a label stands for the columns to its right up to the next label."""
    often = Counter(normal(cell) for cell in lower)
    label, out = "", []
    for column in range(max(len(upper), len(lower))):
        own = one_line(upper[column]) if column < len(upper) else ""
        head = one_line(lower[column]) if column < len(lower) else ""
        label = own or label
        sure = known(head) and often[normal(head)] == 1
        if not head:
            out.append(own)
        elif normal(own) == normal(head) or (sure and not known(f"{label} {head}")):
            out.append(head)
        else:
            out.append(f"{label} {head}".strip())
    return tuple(out)


def notes_of_heads(where: str, above: Sequence[int], heads_at: int, labels_at: int | None) -> tuple[str, ...]:
    """What the owner should know of where the heads were found.

    Args:
        where: what a line is called, "line" or "row".
        above: numbers of the lines above the heads that are not read.
        heads_at: number of the line of the heads.
        labels_at: number of the line of labels over them, None where there is none.
    """
    out = []
    if above:
        out.append(
            f"{numbered(where, above)} {'stands' if len(above) == 1 else 'stand'} above the heads "
            f"({where} {heads_at}) and {'is' if len(above) == 1 else 'are'} not read"
        )
    if labels_at is not None:
        out.append(f"the heads stand on {where}s {labels_at} and {heads_at}; a label and a head below it are one head")
    return tuple(out)


def numbered(where: str, numbers: Sequence[int]) -> str:
    """Lines by their numbers: "line 5", "lines 5 and 6", "lines 5, 6, 7, 8, 9 and 12 more"."""
    shown = [str(number) for number in numbers[:_SHOWN]]
    if len(numbers) > len(shown):
        return f"{where}s {', '.join(shown)} and {len(numbers) - len(shown)} more"
    return f"{where} {shown[0]}" if len(shown) == 1 else f"{where}s {', '.join(shown[:-1])} and {shown[-1]}"


def known(cell: str) -> bool:
    """Whether some log knows this head; `normal` takes long, so that most cells are told by their bare letters."""
    if cell.isascii() and cell.translate(_BARE) not in _bare_heads():
        return False
    return normal(cell) in known_heads()


_BARE = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}


@cache
def _bare_heads() -> frozenset[str]:
    return frozenset(head.translate(_BARE) for head in known_heads())


def _reads_as_heads(cells: Sequence[str]) -> bool:
    """Whether a row is made of words rather than of numbers and dates, none of them longer than a question."""
    filled = [cell for cell in cells if cell.strip()]
    words = sum(_LETTER.search(cell) is not None for cell in filled)
    return 2 * words > len(filled) and all(len(cell) <= _LONGEST_HEAD for cell in filled)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _head_row(rows: Sequence[Sequence[str]]) -> int:
    for at, cells in enumerate(rows):
        if plainly_heads(cells):
            return at
        if not _may_be_title(cells, rows[at + 1 : at + 4]):
            break
    shaped = (at for at, cells in enumerate(rows) if not _is_title(cells, rows[at + 1 : at + 4]))
    at = next(shaped, 0)
    return at if _reads_as_heads(rows[at]) else 0


def _may_be_title(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row may be passed over on the way to a row of known heads."""
    return _is_title(cells, below) or any(plainly_heads(row) and 2 * _filled(cells) <= _filled(row) for row in below)


def _is_title(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row is a title by its shape: one cell, or a label with a colon, over rows of more cells."""
    if not below or max(map(_filled, below)) < 2:
        return False
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(filled) == 1:
        return not known(filled[0])
    return len(filled) <= 4 and any(cell.endswith(":") or ": " in cell for cell in filled)


def _continues(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row below known heads holds further heads, in columns that those leave blank."""
    filled = [(column, cell) for column, cell in enumerate(lower) if cell.strip()]
    if not filled or any(not known(cell) for _, cell in filled):
        return False
    twice = {normal(cell) for cell in upper} & {normal(cell) for _, cell in filled}
    blank_above = [column for column, _ in filled if column >= len(upper) or not upper[column].strip()]
    return bool(blank_above) and len(twice) < len(filled)


def _labels(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the row above the heads labels groups of them, which they need to be told apart."""
    filled = [column for column, cell in enumerate(upper) if cell.strip()]
    if any(re.search(r"\d|:", upper[column]) for column in filled) or filled == [0]:
        return False
    heads = [normal(cell) for cell in lower if cell.strip()]
    return len(set(heads)) < len(heads)
