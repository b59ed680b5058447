"""Columns that no export has as such, but that several of its heads tell together.

Every function looks at distinct cells and spreads what they say over the rows. Where heads leave it open what a cell
should say, the cell is blank and told as unreadable, or keeps a text that no reader takes for an answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import blanks
from smpcompliance.logs.intake.exports.export_file import Signed, Told
from smpcompliance.logs.intake.raw import RawTable, Unreadable
from smpcompliance.logs.schema import Column, normal, shared

NO_SIGNATURE = "no signature shown"
"""Stands where an export says that nobody confirmed to have signed; no reader takes it for a signer or a moment."""
NO_GUARDIAN = "not told (a minor, and no guardian is named)"
_UNSIGNED = (
    r"(?i)^\W*(?:(?:not|non|nicht|pas|no)(?: yet)?[ -]?(?:sign|unterschr)|unsigned|declined|refused|pending|missing"
    r"|awaiting|waiting|incomplete)"
)
BADNESS = ("fail", "", "void", "pending", "pass")
"""Results from the worst to the best; "" is a text that is no known word."""


@dataclass(frozen=True)
class Made:
    """A column made of several heads.

    Attributes:
        head: how it is called in messages.
        cells: one text per row.
        misfits: what could not be told.
        notes: what the owner should know of it.
        kind_of: the head whose kinds of cells (`RawTable.native`) hold for these too; empty where all are text.
    """

    head: str
    cells: pa.Array
    misfits: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    kind_of: str = ""


def each(cells: pa.Array, say: Callable[[str], str]) -> pa.Array:
    """The cells with another text for each distinct one."""
    distinct = cells.dictionary_encode()
    if not len(distinct.dictionary):
        return cells
    texts = [say(text) for text in distinct.dictionary.to_pylist()]
    return arrow.take(arrow.strings(texts), arrow.numbers(distinct.indices).astype(np.int64))


def joined(heads: Sequence[str], columns: Sequence[pa.Array], called: str = "") -> Made:
    """The filled cells of several heads with a blank between them, under all these heads or as `called`."""
    blank = arrow.repeated(" ", len(columns[0]))
    cells = pc.binary_join_element_wise(*columns, blank)
    return Made(called or " + ".join(heads), pc.utf8_trim(pc.replace_substring_regex(cells, r"\s+", " "), " "))


def told(column: str, rule: Told, columns: Sequence[pa.Array]) -> Made:
    """A column of words that other heads tell of: the first head with a known text counts."""
    known = {_plain(raw): word for raw, word in rule.words.items()}

    def word(text: str) -> str:
        said = _plain(text)
        if rule.match == "whole":
            return known.get(said, "")
        return next((word for raw, word in known.items() if f" {raw} " in f" {said} "), "")

    cells = each(columns[0], word)
    for other in columns[1:]:
        cells = _first_filled(cells, each(other, word))
    if rule.otherwise == "as_written":
        cells = _first_filled(cells, columns[0])
    return Made(f"{column} (by {' and '.join(rule.heads)})", cells)


def _plain(text: str) -> str:
    """A text as its words alone: `Solid/Wrapped` is `solid wrapped`."""
    return " ".join(re.findall(r"\w+", normal(text)))


def _first_filled(first: pa.Array, second: pa.Array) -> pa.Array:
    return arrow.chosen(arrow.numbers(pc.binary_length(first)) > 0, first, second)


def signed(rule: Signed, table: RawTable, at: pa.Array, by: Sequence[tuple[str, str, pa.Array]],
           minor: pa.Array | None, guardians: Sequence[pa.Array]) -> tuple[Made, Made | None]:  # fmt: skip
    """When and by whom a form was signed.

    Args:
        at: the cells of `rule.at`.
        by: (head, who signs there, cells).
        minor: the cells that say whether the client is a minor, None where no head does.
        guardians: the cells that name the guardian.

    Returns:
        `signed_at`, unreadable where the export shows no signature of client or guardian; and `signed_by`, None where
        no head tells of it.
    """
    if not by:
        note = "no head tells who signed: the time of submission counts as the time of signing, signed_by is not known"
        return Made(rule.at, at, (), (note,), rule.at), None
    rows = len(at)
    who: dict[str, Mask] = {}
    refused = np.zeros(rows, bool)
    for _, signer, cells in by:
        no = _flag(cells, "false") | _says_unsigned(cells)
        who[signer] = who.get(signer, np.zeros(rows, bool)) | (~blanks(cells) & ~no)
        refused |= no
    adult = who.get("client", np.zeros(rows, bool))
    unnamed = np.zeros(rows, bool)
    if minor is not None:
        young = _flag(minor, "true")
        named = np.zeros(rows, bool)
        for cells in guardians:
            named |= ~blanks(cells)
        who["guardian"] = who.get("guardian", np.zeros(rows, bool)) | (adult & young & named)
        unnamed = adult & young & ~named
        who["client"] = adult & ~young
    told_by = [who[signer] for signer in ("client", "guardian") if signer in who] or list(who.values())
    shown = np.logical_or.reduce([*told_by, unnamed])
    texts: dict[str, int] = {}
    code = np.zeros(rows, np.int64)
    names = [signer for signer in who if who[signer].any()]
    state = np.zeros(rows, np.int64)
    for n, signer in enumerate(names):
        state |= who[signer].astype(np.int64) << n
    state = np.where(unnamed, -1, np.where((state == 0) & refused, -2, state))
    for value in np.unique(state):
        said = "; ".join(signer for n, signer in enumerate(names) if value >> n & 1)
        text = NO_GUARDIAN if value == -1 else NO_SIGNATURE if value == -2 else said
        code[state == value] = texts.setdefault(text, len(texts))
    signer_cells = arrow.take(arrow.strings(texts), code) if rows else at
    open_ = ~shown & ~blanks(at)
    suffix = arrow.take(arrow.strings(["", f" ({NO_SIGNATURE})"]), open_.astype(np.int64))
    nothing = arrow.repeated("", rows)
    heads = " and ".join(f"'{head}'" for head, _, _ in by)
    notes = []
    if open_.any():
        line = int(table.lines[int(np.argmax(open_))])
        notes.append(
            f"{int(open_.sum())} of {rows} forms show no signature of client or guardian under {heads} (first on line "
            f"{line}); when they were signed is not known"
        )
    return (
        Made(rule.at, pc.binary_join_element_wise(at, suffix, nothing), (), tuple(notes), rule.at),
        Made(f"signed_by (by {' and '.join(head for head, _, _ in by)})", signer_cells),
    )


def _flag(cells: pa.Array, wanted: str) -> Mask:
    """Which cells are a yes (`true`) or a no (`false`)."""
    flags = shared().flags
    said = each(cells, lambda text: "1" if flags.get(normal(text)) is (wanted == "true") else "")
    length: Mask = arrow.numbers(pc.binary_length(said)) > 0
    return length


def _says_unsigned(cells: pa.Array) -> Mask:
    """Which cells say in words that a signature is not there (yet), as a status column does."""
    found: Mask = arrow.numbers(pc.match_substring_regex(cells, _UNSIGNED))
    return found


def worse(column: Column, heads: Sequence[str], columns: Sequence[pa.Array], table: RawTable) -> Made:
    """The worst of several results of one test; blank where none has any, or where a mere sign stands alone.

    A text that is no known word is as bad as can be but for a fail: it stays, and is then unreadable.
    """
    known = column.words
    rows = table.rows
    ranks = np.full(rows, len(BADNESS), np.int64)
    best = columns[0]
    misfits = []
    for head, cells in zip(heads, columns, strict=True):
        signs = arrow.numbers(pc.binary_length(each(cells, _sign))) > 0
        reason = (
            "a sign alone is no result: + and − mean one thing to one laboratory and another elsewhere; write the word"
        )
        misfits += [
            table.unreadable_at(int(row), head, cells[int(row)].as_py(), reason) for row in np.flatnonzero(signs)
        ]
        rank = each(cells, lambda text: str(BADNESS.index(known.get(normal(text), "")) if normal(text) else 9))
        own = arrow.numbers(pc.cast(rank, pa.int64()))
        own = np.where(blanks(cells), len(BADNESS), np.where(signs, BADNESS.index(""), own))
        takes = own < ranks
        best = cells if head == heads[0] else arrow.chosen(takes, cells, best)
        ranks = np.minimum(ranks, own)
    blank = arrow.repeated("", rows)
    alone = arrow.numbers(pc.binary_length(each(best, _sign))) > 0
    return Made(" and ".join(heads), arrow.chosen(alone, blank, best), tuple(misfits))


def _sign(text: str) -> str:
    return "1" if text.strip() and not any(c.isalnum() for c in text) and text.casefold() not in shared().blanks else ""


def replaced(cells: pa.Array, words: dict[str, str]) -> pa.Array:
    """The cells with raw texts (compared in normal form) replaced by what they mean."""
    known = {normal(raw): word for raw, word in words.items()}
    return each(cells, lambda text: known.get(normal(text), text))
