"""What one cell says of lots: their numbers, and the expiry that stands beside a number.

A number is taken apart from its neighbour only where the cell leaves no doubt. Dashes and dots are part of a number;
so is a slash without blanks (`A/12`, `2023/114`). `A123/B456` may be two lots: it stays whole, and the studio is told.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from smpcompliance.logs.calendar_words import BEFORE_EXPIRY, MONTHS, plain
from smpcompliance.patterns import pattern

LONGEST = 300
"""Characters of the longest cell that is taken apart."""

_MARK = r"(?:lots?|batch(?:es)?|ch\.?-?b\.?|charge|chargen-?nr\.?|lotes?|lott[oi]|lotnr\.?|partia|parti)"
_MARKED = pattern(rf"(?<![\w-]){_MARK}(?![a-z])(?:[\s.]*(?:no|nr|number|num|#|n°|nº|°)(?![a-z]))?[\s:.#]*(?=\w)")
_AND = pattern(r"\s+(?:and|und|et|y|e|en|och|og|i)\s+|\s+[/+&]\s+|\s*[&,]\s*")
_HARD = pattern(r"\s*[;|\n\r]+\s*")
_THOUSANDS = pattern(r"\d{1,3}(?:,\d{3})+")
_DATE = pattern(
    r"(?:\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?"
    r"|\d{1,2}[-/. ]?(?P<a>[^\W\d_]{3,12})\.?[-/., ]{0,2}(?:\d{4}|\d{2})"
    r"|(?P<b>[^\W\d_]{3,12})\.?[-/., ]{0,2}\d{1,2}(?:st|nd|rd|th)?[-/., ]{1,2}\d{4}"
    r"|(?P<c>[^\W\d_]{3,12})\.?[-/., ]{0,2}\d{4}|(?P<d>[^\W\d_]{3,12})[-/. ]{0,2}\d{2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{1,2}[-/.](?:\d{4}|\d{2})|\d{8})(?!\w)"
)
_SURE_DATE = pattern(r".*(?:[^\W\d_]{3}|(?<!\d)(?:19|20)\d\d(?!\d)).*")
_PLAINLY_EXPIRY = pattern(
    r"exp|use|best|mindestens|haltbar|verw|zu |dluo|peremption|caducidad|scadenza|houdbaar|validade"
)
_GLUE = pattern(r"[\s,;(\[]*\x01[\s)\],;.+&]*")
_SHAPE = pattern(r"(\d+)|([^\W\d_]+)")


@dataclass(frozen=True)
class LotCell:
    """What a cell says.

    Attributes:
        lots: the numbers, with the words before them; the whole cell where it cannot be taken apart.
        expiries: per lot the expiry beside it as written, empty where none is.
        loose: expiries of which it cannot be told to which lot they belong.
        product: what stands before the only number (`Ash 2 LOT 123`).
        doubt: what to do where the cell cannot be taken apart for sure; empty where it can.
    """

    lots: tuple[str, ...]
    expiries: tuple[str, ...]
    loose: tuple[str, ...] = ()
    product: str = ""
    doubt: str = ""


@lru_cache(maxsize=4096)
def lots_in(text: str, head_names_expiry: bool = False) -> LotCell:
    """Takes a cell apart.

    Args:
        text: the cell.
        head_names_expiry: whether the head announces an expiry too, so that it needs no word before it.
    """
    cell = text.strip()
    if len(cell) > LONGEST:
        return _whole(
            cell,
            f"the cell has more than {LONGEST} characters; write one lot number, and its expiry in a column of its own",
        )
    folded = _folded(cell)
    dates, lost = _expiries(folded, head_names_expiry)
    if lost:
        return _whole(cell, "the expiry in this cell cannot be told from the lot number; write it like EXP 2026-06")
    marked, at = "", 0
    for begin, _, end in dates:
        marked, at = f"{marked}{cell[at:begin]}\x01", end
    pieces = _GLUE.sub("\x01", marked + cell[at:]).split("\x01")
    written = [cell[begin:end].strip() for _, begin, end in dates]
    lots: list[str] = []
    order: list[tuple[int, str]] = []  # (how many lots stand before the expiry, the expiry)
    for n, piece in enumerate(pieces):
        apart = _apart(piece)
        if isinstance(apart, str):
            return _whole(cell, apart)
        lots += apart
        if n < len(written):
            order.append((len(lots), written[n]))
    if len(lots) == 1:
        product, lot = _before_mark(lots[0])
        if len(written) <= 1:
            return LotCell((lot,), (written[0] if written else "",), (), product)
        return LotCell((lot,), ("",), tuple(written), product)
    if not lots:
        return LotCell(("",), (written[0],)) if len(written) == 1 else LotCell(("",), ("",), tuple(written))
    return _paired(lots, order)


def names_lot(text: str) -> bool:
    """Whether a cell has a word like LOT before a number."""
    return bool(_MARKED.search(_folded(text[:LONGEST])))


def dates_in(text: str) -> tuple[str, ...]:
    """The expiries that a cell holds if it holds nothing else and more than one; () otherwise."""
    if len(text) > LONGEST:
        return ()
    folded = _folded(text.strip())
    found, at, rest = [], 0, ""
    while match := _date_from(folded, at):
        rest += folded[at : match.start()]
        found.append(text.strip()[match.start() : match.end()])
        at = match.end()
    rest = plain(rest + folded[at:])
    while shorter := BEFORE_EXPIRY.search(rest):
        rest = rest[: shorter.start()] + rest[shorter.end() :]
    return tuple(found) if len(found) > 1 and not re.search(r"\w", _AND.sub("", f" {rest} ")) else ()


def _whole(cell: str, doubt: str) -> LotCell:
    return LotCell((cell,), ("",), (), "", doubt)


def _folded(text: str) -> str:
    """Lower case without accents, letter by letter, so that places stay the same."""
    return "".join(_letter(c) for c in text)


@lru_cache(maxsize=1024)
def _letter(sign: str) -> str:
    if sign.isspace():
        return " " if sign not in "\n\r" else sign
    folded = plain(sign)
    return folded if len(folded) == 1 else sign


def _date_from(folded: str, at: int) -> "re.Match[str] | None":
    while match := _DATE.search(folded, at):
        before = folded[match.start() - 1] if match.start() else " "
        if not before.isalnum() and before not in "-/." and _is_date(match):
            return match
        at = match.start() + 1
    return None


def _is_date(match: "re.Match[str]") -> bool:
    name = next((match[key] for key in "abcd" if match[key]), None)
    return name is None or name in MONTHS


def _expiries(folded: str, head_names_expiry: bool) -> tuple[list[tuple[int, int, int]], bool]:
    """Where each expiry begins with its words, its date begins and ends; and whether a word has no date behind it."""
    found: list[tuple[int, int, int]] = []
    for word in BEFORE_EXPIRY.finditer(folded):
        if word.start() and folded[word.start() - 1].isalnum() or (found and word.start() < found[-1][2]):
            continue
        date = _DATE.match(folded, word.end())
        if date and _is_date(date):
            found.append((word.start(), word.end(), date.end()))
        elif _PLAINLY_EXPIRY.match(word.group()) and not (
            word.group()[-1].isalpha() and folded[word.end() :][:1].isdigit()
        ):
            return [], True
    if not found and head_names_expiry:
        at = 0
        while (date := _date_from(folded, at)) and date.start() > 0:
            if _SURE_DATE.fullmatch(date.group()) and folded[date.start() - 1] in " ,;(\n\r":
                found.append((date.start(), date.start(), date.end()))
            at = date.end()
    return found, False


def _apart(piece: str) -> list[str] | str:
    """The lots of a piece of text without expiries, or what to do where they cannot be told."""
    piece = piece.strip(" \t,;+&/")
    if not piece:
        return []
    parts = [part for hard in _HARD.split(piece) for part in _by_marks(hard)]
    split = [bit for part in parts for bit in _by_signs(part)]
    split = [bare for bit in split if (bare := bit.strip(" \t,;+&/"))]
    if len({_kind_of_mark(bit) for bit in split if _kind_of_mark(bit)} & {"batch", "lot"}) == 2 and len(split) == 2:
        return "a batch and a lot number stand in one cell; write the one that stands beside LOT on the box"
    if len(split) > 1 and not all(map(_is_lot, split)):
        return "it cannot be told which lots stand in this cell; write them like LOT A1; LOT B2"
    for bit in split:
        if _may_be_two(bit):
            return "this may be one lot or two; if two, write them like LOT A1; LOT B2"
    return split


def _by_marks(text: str) -> list[str]:
    """Cuts before each further LOT: `LOT A1 LOT B2`."""
    starts = [mark.start() for mark in _MARKED.finditer(_folded(text))]
    cuts = [0, *(at for at in starts[1:]), len(text)]
    return [text[a:b].strip() for a, b in zip(cuts, cuts[1:], strict=False)]


def _by_signs(text: str) -> list[str]:
    if _THOUSANDS.fullmatch(text):
        return [text]
    parts = _AND.split(text)
    out: list[str] = []
    for part in parts:
        halves = part.split("+")
        out += halves if len(halves) > 1 and all(len(h.strip()) >= 3 and _is_lot(h) for h in halves) else [part]
    return out


def _kind_of_mark(text: str) -> str:
    mark = _MARKED.match(_folded(text))
    return "" if not mark else "lot" if mark.group().startswith("lot") else "batch"


def _is_lot(text: str) -> bool:
    return any(c.isdigit() for c in text) or bool(_MARKED.match(_folded(text)))


def _may_be_two(text: str) -> bool:
    """Whether two numbers of one shape stand to both sides of a slash, plus or comma: `A123/B456`, `1,234`."""
    if _THOUSANDS.fullmatch(text):
        return True
    bare = _MARKED.sub("", _folded(text))
    for sign in "/+":
        halves = [half.strip() for half in bare.split(sign)]
        if len(halves) > 1 and len({(_shape(half), len(half)) for half in halves}) == 1 and len(halves[0]) >= 3:
            return any(c.isdigit() for c in halves[0])
    return False


def _shape(text: str) -> str:
    return _SHAPE.sub(lambda match: "9" if match[1] else "a", text)


def _before_mark(text: str) -> tuple[str, str]:
    """What stands before the only LOT of a text, and the rest."""
    marks = list(_MARKED.finditer(_folded(text)))
    if len(marks) != 1 or not marks[0].start():
        return "", text
    return text[: marks[0].start()].strip(" \t,;:-("), text[marks[0].start() :].strip(" )")


def _paired(lots: list[str], order: list[tuple[int, str]]) -> LotCell:
    """Several lots with the expiries that stand in the cell: one behind each lot, or as many behind all."""
    expiries = tuple(text for _, text in order)
    if [n for n, _ in order] == list(range(1, len(lots) + 1)) or ([n for n, _ in order] == [len(lots)] * len(lots)):
        return LotCell(tuple(lots), expiries)
    return LotCell(tuple(lots), ("",) * len(lots), expiries)
