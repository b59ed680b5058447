"""Bar codes on boxes, scanned or typed into a cell: GS1 element strings give article, lot, expiry and serial number.

Read by biip, which is loaded only when a cell looks like such a code. HIBC codes (`+A123…`) are known but not read.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from smpcompliance.patterns import pattern

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementStrings

LONGEST = 200
"""Characters of the longest code that is looked at; GS1 allows 48 in a bar code and a few hundred in a matrix code."""

SIGNS = r"^ *\*?\+|[](<{[\\]|01\d{14}"
"""What every code has in it that is printable ASCII (RE2)."""

_SEPARATORS = pattern(r"<GS>|\{GS\}|\[GS\]|\^\]|\\x1d|\\u001d|␝|<FNC1>|\{FNC1\}|\[FNC1\]", re.IGNORECASE)
_SCANNED = pattern(r"\](?:C1|d2|e0|Q3|J1)")
_BRACKETS = pattern(r"\(\d{2,4}\)")
_PLAIN = pattern(r"01\d{14}(?=1[01]|1[1-7]\d{6}|21)")
_ARTICLE = pattern(r"01(\d{14})", re.ASCII)
_HIBC = pattern(r"\*?\+(?:[A-Z][A-Z0-9]{3}[A-Z0-9]{2,14}|\${1,2}[A-Z0-9])[A-Z0-9 $+%./-]*\*?")
_LOST_SEPARATOR = pattern(r".(?:11|13|15|16|17)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")


@dataclass(frozen=True)
class Code:
    """What a code says.

    Attributes:
        lot, serial: as in the code; empty where it has none.
        expires_on: as 2026-06-30; a day 00 is the last day of its month.
        gtin: the 14 digits; empty where it has none or its check digit is wrong.
        problem: why nothing of the code is used; empty where it was read.
        gtin_problem: why its article number is not used.
    """

    lot: str = ""
    expires_on: str = ""
    gtin: str = ""
    serial: str = ""
    problem: str = ""
    gtin_problem: str = ""


@lru_cache(maxsize=4096)
def code_in(text: str) -> Code | None:
    """Reads a cell as a code; None where it does not look like one."""
    cell = text.strip()
    if _HIBC.fullmatch(cell[:LONGEST]):
        return Code(
            problem="this is an HIBC code, which is not read; type the lot number and the expiry as printed on the box"
        )
    marked = _SEPARATORS.sub("\x1d", cell[: LONGEST + 1])
    if not (_SCANNED.match(marked) or _BRACKETS.match(marked) or "\x1d" in marked or _PLAIN.match(marked)):
        article = _ARTICLE.fullmatch(cell)
        return _read(cell) if article and not gtin_problem(article[1]) else None
    if len(cell) > LONGEST:
        return Code(problem=f"a code of more than {LONGEST} characters is not read; type the lot number from the box")
    return _read(marked)


def gtin_problem(text: str) -> str:
    """What is wrong with an article number of 8, 12, 13 or 14 digits; empty where it is right, or is none at all."""
    digits = text.strip()
    if not re.fullmatch(r"\d{8}|\d{12,14}", digits, re.ASCII):
        return ""
    weighed = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(reversed(digits)))
    return "" if weighed % 10 == 0 else _WRONG_DIGIT


_WRONG_DIGIT = (
    "the check digit of this article number (GTIN) is wrong, so it is not used; scan or type it anew from the box"
)


def _read(marked: str) -> Code:
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    bare = _SCANNED.sub("", marked, count=1).strip(" \x1d")
    try:
        if _BRACKETS.match(bare):
            message = GS1Message.parse_hri(re.sub(r"\s*(\(\d{2,4}\))\s*", r"\1", bare.replace("\x1d", "")))
        else:
            message = GS1Message.parse(bare)
    except (ParseError, ValueError) as error:
        why = str(error).splitlines()[0] if str(error) else "it has another form"
        return Code(
            problem=f"this looks like a GS1 bar code but cannot be read ({why[:120]}); scan it anew, or type the lot"
        )
    said = message.element_strings
    lot, serial, gtin = _value(said, "10"), _value(said, "21"), said.get(ai="01") or said.get(ai="02")
    if "(" not in bare and "\x1d" not in bare and _LOST_SEPARATOR.search(lot):
        return Code(problem=f"the sign behind the lot got lost in this code, so that it cannot be told ({lot!r}?); "
                    "type lot number and expiry from the box")  # fmt: skip
    dated = next((found for ai in ("17", "15") if (found := said.get(ai=ai)) and found.date), None)
    wrong = bool(gtin and (gtin.gtin_error or gtin.gtin is None))
    return Code(
        lot, dated.date.isoformat() if dated and dated.date else "", gtin.value if gtin and not wrong else "", serial,
        "", _WRONG_DIGIT if wrong else "",
    )  # fmt: skip


def _value(said: "GS1ElementStrings", ai: str) -> str:
    found = said.get(ai=ai)
    return found.value if found else ""
