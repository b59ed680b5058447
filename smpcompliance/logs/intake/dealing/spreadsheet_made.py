"""Numbers of lots, of machines and of papers that a spreadsheet took for a number or a date.

Such a number is text: leading zeros count. What a date was made of is lost; of a number only the zeros in front are.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from smpcompliance.dates import Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import UNREAD, blanks, unread_at
from smpcompliance.logs.intake.dealing.columns import Column
from smpcompliance.logs.intake.raw import DATE, NUMBER, YEARLESS, RawTable, Unreadable
from smpcompliance.patterns import pattern

NUMBERS_AS_TEXT = frozenset({
    "lot_number", "indicator_lot", "control_lot", "serial_number", "number", "approval_number", "carrier_licence",
    "gtin", "note_number",
})  # fmt: skip
"""Columns whose cells look like numbers and are none."""

EXPIRIES = frozenset({"expires_on", "indicator_expires_on", "packs_expire_on", "id_expires_on"})
"""Columns in which a month and a year are the rule, which a spreadsheet takes for a day and a month of this year."""

DIGITS_KEPT = 15
"""A spreadsheet keeps this many digits of a number (binary64); further ones turn into 0."""

_MONTH = (
    "(?:jan|feb|f[ée]v|mar|mrz|mär|maa|mrt|apr|avr|abr|ebr|may|mai|maj|mei|mag|jun|juin|jul|juil|giu|lug|aug|ao[uû]t?|"
    "ago|sep|sept|set|oct|okt|ott|out|nov|dec|dez|d[ée]c|dic)"
)
_SHORTENED = r"\d(?:[.,]\d+)?E[+-]?\d+"
_NAMED = rf"\d{{1,2}}[-. ]{{1,2}}{_MONTH}\.?|{_MONTH}[-. ]{{1,2}}\d{{2}}"
_DATED = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
_SHAPES = (
    (pattern(_SHORTENED, re.IGNORECASE), "the spreadsheet shortened this number, and its last digits are lost"),
    (pattern(_NAMED, re.IGNORECASE), "the spreadsheet made a date of this number"),
    (pattern(_DATED), "the spreadsheet made a date of this number"),
)
_ODD = rf"\d(?:[.,]\d+)?E|[-. ]{_MONTH}|{_MONTH}[-. ]|\d{{4}}-\d\d-\d\d|\d/\d{{1,2}}/\d{{4}}|\d[.,]0$"
"""What every number that a spreadsheet may have spoilt has in it (RE2)."""

_SOME_SHAPE = pattern(f"{_SHORTENED}|{_NAMED}|{_DATED}", re.IGNORECASE)
_NO_NUMBER = pattern(
    r"\?+|unknown|unk\.?|not known|inconnue?|unbekannt|desconocido|desconhecido|sconosciuto|onbekend|ukendt|okänd|"
    r"nieznany|tb[ac]|none|nil|keine?|aucune?|ninguno|nenhum|nessuno|geen|ingen|brak",
    re.IGNORECASE,
)
_TICK = pattern(r"[x✓✔☑]|y|yes|ok|oui|ja|s[iíì]|sim|tak", re.IGNORECASE)
_NOT_KNOWN = "this is no number, so the cell counts as blank; write the number from the box or the paper"
_NO_TICK = "a number is asked for here, not a tick; write it from the box or the paper"
_LIKE_A_DATE = pattern(r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4}")
_WHOLE_WITH_POINT = pattern(r"\d+[.,]0")
_ANEW = "format the column as text and type it anew from the box or the paper"
_YEARLESS = (
    "the sheet shows a day and a month here and no year, and the spreadsheet added one, as it does when it is given a "
    "month and a year"
)


def without_made_over(columns: Sequence[Column], table: RawTable) -> tuple[list[Column], list[Unreadable], list[str]]:
    """Leaves the numbers that a spreadsheet spoilt unread and reports each; says which others may have lost zeros.

    Returns:
        The columns, a report for each spoilt cell, and one note for each head with doubtful numbers.
    """
    out = list(columns)
    misfits: list[Unreadable] = []
    notes: list[str] = []
    for n, column in enumerate(columns):
        if column.means is not None and column.means.column in EXPIRIES:
            out[n] = _with_year(column, table, misfits)
        if column.means is None or column.means.column not in NUMBERS_AS_TEXT:
            continue
        column = out[n] = _without_words(column, table, misfits)
        distinct = arrow.encoded(column.cells)
        if column.native is None and not arrow.suspects(distinct.dictionary, _ODD).any():
            continue
        texts, codes = distinct.dictionary.to_pylist(), arrow.numbers(distinct.indices)
        kinds = np.zeros(len(codes), np.uint8) if column.native is None else column.native
        filled = ~blanks(column.cells)
        shape = np.array([*map(_spoilt, texts), 0], np.int64)[codes]
        long = np.array([*map(_is_long, texts), False])[codes]
        too_long = (kinds == NUMBER) & long
        spoilt = filled & ((shape > 0) | np.isin(kinds, (DATE, YEARLESS)) | too_long)
        for row in np.flatnonzero(spoilt).tolist():
            what = (
                _SHAPES[1][1]
                if kinds[row] in (DATE, YEARLESS)
                else _SHAPES[0][1]
                if too_long[row]
                else _SHAPES[shape[row] - 1][1]
            )
            misfits.append(_report(table, column, row, f"{what}; {_ANEW}"))
        doubtful = np.array([bool(_WHOLE_WITH_POINT.fullmatch(t)) for t in texts] + [False])[codes]
        numeric = filled & ~spoilt & ((kinds == NUMBER) | doubtful)
        notes += _notes(column, table, numeric, "are numbers to the spreadsheet", "zeros in front of them may be lost")
        dated = np.array([bool(_LIKE_A_DATE.fullmatch(t.strip())) for t in texts] + [False])[codes]
        notes += _notes(column, table, filled & ~spoilt & dated, "look like dates", "a spreadsheet may have made them")
        if spoilt.any():
            out[n] = replace(column, cells=unread_at(column.cells, np.flatnonzero(spoilt)))
    return out, misfits, notes


def _with_year(column: Column, table: RawTable, misfits: list[Unreadable]) -> Column:
    """Leaves the dates that the sheet shows without their year unread and reports each."""
    if column.native is None or not (rows := np.flatnonzero(column.native == YEARLESS)).size:
        return column
    misfits += [_report(table, column, row, f"{_YEARLESS}; {_ANEW}") for row in rows.tolist()]
    return replace(column, cells=unread_at(column.cells, rows))


def _without_words(column: Column, table: RawTable, misfits: list[Unreadable]) -> Column:
    """Blanks words that say that there is no number, or that nobody knows it; leaves ticks unread. Reports each.

    No such word has a figure.
    """
    distinct = arrow.encoded(column.cells)
    wordy = np.flatnonzero(~arrow.numbers(pc.match_substring_regex(distinct.dictionary, "[0-9]")))
    texts = [text.strip() for text in arrow.take(distinct.dictionary, wordy).to_pylist()]
    cells = column.cells
    for words, reason, instead in ((_NO_NUMBER, _NOT_KNOWN, ""), (_TICK, _NO_TICK, UNREAD)):
        meant = np.zeros(len(distinct.dictionary), bool)
        meant[wordy] = [words.fullmatch(text) is not None for text in texts]
        if not meant.any():
            continue
        rows = meant[arrow.numbers(distinct.indices)]
        misfits += [_report(table, column, row, reason) for row in np.flatnonzero(rows).tolist()]
        cells = arrow.put(cells, rows, arrow.repeated(instead, int(rows.sum())))
    return replace(column, cells=cells)


def _report(table: RawTable, column: Column, row: int, reason: str) -> Unreadable:
    return table.unreadable_at(row, column.head, column.cells[row].as_py(), reason)


def _is_long(text: str) -> bool:
    """Whether a number has more digits than a spreadsheet keeps."""
    return len(text) > DIGITS_KEPT and sum(c.isdigit() for c in text) > DIGITS_KEPT


def _spoilt(text: str) -> int:
    """Which of the shapes a text has, counted from 1; 0 where it has none."""
    if not _SOME_SHAPE.fullmatch(text.strip()):
        return 0
    return next((n for n, (shape, _) in enumerate(_SHAPES, 1) if shape.fullmatch(text.strip())), 0)


def _notes(column: Column, table: RawTable, rows: Mask, what: str, danger: str) -> list[str]:
    if not rows.any():
        return []
    first = int(table.lines[int(np.argmax(rows))])
    cells = f"{int(rows.sum())} cells under '{column.head}' {what} (first on line {first})"
    return [f"{cells}: they are used as they stand, but {danger}; {_ANEW} where that is so"]
