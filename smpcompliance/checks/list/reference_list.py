"""Reference lists: published lists of things that are forbidden, allowed or limited, as they ship with a ruleset.

A list is a YAML file, `rulesets/<ID>/lists/<name>.yaml`:

    about: Inks called back in 2019
    source: https://…                     # where it is published
    as_of: 2026-11-21                     # the day it was last compared with its source
    complete: true                        # false: more things may be on it
    columns: [brand, color, lots, from]
    comparator: below                     # limits only: reaching the bound is a breach; at_most (default): it is not
    entries:
      - {brand: Scalpaink, color: Basic Black, lots: [101, 102], from: 2019-05-01}

Columns of text match by their normal form; a column that an entry leaves out, `all` or `*` matches everything. `lots`
(a list) serves the column `lot_number`. `from` and `to` (and any other column whose cells are days) bound an entry.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from smpcompliance.days import day
from smpcompliance.logs.numbers import number_text
from smpcompliance.logs.schema import normal
from smpcompliance.patterns import pattern
from smpcompliance.strict import Strict
from smpcompliance.yamlio import Document, Problem, SourceError

Comparator = Literal["below", "at_most"]
_ANY = {"all", "*"}
_LOT_WORDS = pattern(r"^(LOT-?(NUMBER|NUMMER|NR|NO)|LOT|BATCH-?(NUMBER|NR|NO)|BATCH|CH\.?-?B|CHARGE)[.:#]*")


@dataclass(frozen=True)
class Entry:
    """One line of a list.

    Attributes:
        texts: column → the texts it may be, in normal form; None where it matches everything.
        days: column → the day in it.
        bounds: column → the number in it.
        words: the entry as it is written, for findings.
    """

    texts: dict[str, frozenset[str] | None]
    days: dict[str, date]
    bounds: dict[str, float]
    words: str


@dataclass(frozen=True)
class ReferenceList:
    """A published list with its source, the day it was compared with it, and whether it is complete."""

    name: str
    about: str
    source: str
    as_of: date
    complete: bool
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    comparator: Comparator = "at_most"


class _Source(Strict):
    about: str
    source: str
    as_of: Annotated[date, BeforeValidator(day)]
    complete: StrictBool
    columns: Annotated[list[str], Field(min_length=1)]
    comparator: Comparator = "at_most"
    entries: list[dict[str, Any]]


def reference_list(document: Document) -> ReferenceList:
    """Reads a list; its name is that of its file.

    Raises:
        SourceError: every mistake in the file, each with line and column.
    """
    if not isinstance(document.data, dict):
        raise SourceError([Problem(document.file, 1, 1, "expected about, source, as_of, complete, columns, entries")])
    source = document.as_model(_Source)
    problems: list[Problem] = []
    entries = [_entry(each, n, source.columns, document, problems) for n, each in enumerate(source.entries)]
    if problems:
        raise SourceError(problems)
    return ReferenceList(
        PurePath(document.file).stem, source.about, source.source, source.as_of, source.complete,
        tuple(source.columns), tuple(entries), source.comparator,
    )  # fmt: skip


def _entry(
    cells: dict[str, Any], number: int, columns: list[str], document: Document, problems: list[Problem]
) -> Entry:
    texts: dict[str, frozenset[str] | None] = dict.fromkeys(columns)
    days: dict[str, date] = {}
    bounds: dict[str, float] = {}
    for column, cell in cells.items():
        place = ("entries", number, column)
        if column not in columns:
            problems.append(document.problem(place, f"the list has no column '{column}'; add it to columns"))
        elif isinstance(cell, dict) or cell is None or isinstance(cell, bool):
            problems.append(document.problem(place, f"'{column}': expected a text, a number or a list of texts"))
        elif isinstance(cell, int | float) and column not in ("from", "to"):
            bounds[column] = float(cell)
            texts[column] = frozenset({comparable(str(cell), column)})
        elif isinstance(cell, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
            try:
                days[column] = day(cell)
            except ValueError as error:
                problems.append(document.problem(place, f"'{column}': {error}"))
        elif column in ("from", "to"):
            problems.append(document.problem(place, f"'{column}': {cell!r} is not a day; write it as 2025-06-30"))
        else:
            texts[column] = _texts(cell, column)
    if not any(texts.values()) and not problems:
        problems.append(document.problem(("entries", number), "the entry names nothing, so it would match everything"))
    words = ", ".join(f"{column} {_said(cell)}" for column, cell in cells.items())
    return Entry(texts, days, bounds, words)


def _texts(cell: Any, column: str) -> frozenset[str] | None:
    written = [str(part) for part in cell] if isinstance(cell, list) else [str(cell)]
    if any(text.strip().casefold() in _ANY for text in written):
        return None
    return frozenset(comparable(text, column) for text in written)


def _said(cell: Any) -> str:
    if isinstance(cell, list):
        return "; ".join(map(_said, cell))
    return number_text(cell) if isinstance(cell, float) else str(cell)


def is_lot(column: str) -> bool:
    """Whether a column holds lot numbers."""
    return column in ("lot_number", "lots", "lot")


def comparable(text: str, column: str) -> str:
    """The form in which a text is compared: lot numbers as lots, everything else in lower case without accents."""
    return lot_text(text) if is_lot(column) else normal(text)


def lot_text(text: str) -> str:
    """A lot number without blanks and without the words before it: `Lot no. 12-a` → `12-A`. Dashes and dots stay."""
    plain = "".join(text.upper().split())
    while plain != (plain := _LOT_WORDS.sub("", plain).lstrip("#:")):
        pass
    return plain


def _figures(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def similar(first: str, second: str) -> bool:
    """Whether two different texts are spelled so alike that one may be meant for the other.

    True where they differ by one letter (longer texts only), or only in blanks and punctuation. Another figure is
    another thing: CI 74160 is not CI 74100.
    """
    a, b = ("".join(c for c in text if c.isalnum()) for text in (first, second))
    if a == b:
        return bool(a)
    if _figures(a) != _figures(b) or min(len(a), len(b)) < 5 or abs(len(a) - len(b)) > 1:
        return False
    start = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[start + 1 :] == b[start + 1 :] or a[start:] == b[start + 1 :] or a[start + 1 :] == b[start:]
