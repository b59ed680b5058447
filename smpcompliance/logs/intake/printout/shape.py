"""Shapes of lines, as an owner writes them in a profile: text with named places, `Serien Nr: {equipment_id}`.

There are no regular expressions in a profile: each place has one pattern of ours, at most one of them takes any text,
and lines are cut to a length, so that no line of any file takes long.
"""

import re
from dataclasses import dataclass

from smpcompliance.patterns import pattern

LONGEST_LINE = 400
"""A longer line is no line of a printout."""
LONGEST_SHAPE = 200

_DEGREE = "[°º?\ufffdÂ]{0,2}"
_FREE = {"any", "phase", "program", "operator_id"}
_CLOCK = r"\d{1,2}[:.-]\d\d(?:[:.-]\d\d)?(?: ?[ap]\.?m\.?)?"
_PLACES = {
    "any": r".*",
    "phase": r".+?",
    "program": r".+?",
    "operator_id": r".+?",
    "letter": r"[a-z]",
    "equipment_id": r"[0-9a-z][0-9a-z./_-]{0,39}",
    "cycle_number": r"\d{1,12}",
    "record_number": r"\d{1,12}",
    "start": _CLOCK,
    "end": _CLOCK,
    "clock": _CLOCK,
    "temperature_unit": rf"{_DEGREE}[cf]",
    "pressure_unit": r"(?:psi|kpa|mpa|m?bar)[ag]?",
    "elapsed": r"\d{1,3}:\d\d(?::\d\d)?",
}
MEASURED = ("temperature", "pressure")
"""Places of numbers whose unit stands in the column head."""
UNITS = ("celsius", "fahrenheit", "bar", "mbar", "kpa", "mpa", "psi")
DATES = {
    "DMY": r"\d{1,2}[-/. ](?:\d{1,2}|[a-z]{3,9})[-/. ]\d{4}",
    "MDY": r"(?:\d{1,2}|[a-z]{3,9})[-/. ]\d{1,2},?[-/. ]\d{4}",
    "YMD": r"\d{4}[-/.]?\d\d[-/.]?\d\d",
    "DMy": r"\d{1,2}[-/.]\d{1,2}[-/.]\d\d",
    "MDy": r"\d{1,2}[-/.]\d{1,2}[-/.]\d\d",
    "yMD": r"\d\d[-/.]?\d\d[-/.]?\d\d",
}
"""The orders of a date: a capital Y is a year of four figures, a small y one of two."""
TIMES = {
    "h-m-s": r"\d{1,3}[-:.]\d\d[-:.]\d\d",
    "m-s": r"\d{1,3}[-:.]\d\d",
    "min": r"\d{1,4}",
    "s": r"\d{1,5}",
}
"""How a length of time is written."""
NAMES = frozenset({*_PLACES, *UNITS, *MEASURED, "number", "date", "held"})

_TOKEN = pattern(r"\{(?P<name>[^{}:]*)(?::(?P<form>[^{}]*))?\}|(?P<blank>\s+)|(?P<text>[^\s{}]+)|(?P<stray>[{}])")
_LITERAL = pattern(r"(?P<dots>\.{2,})|(?P<degree>°)|(?P<other>.)", re.DOTALL)


@dataclass(frozen=True)
class Shape:
    """A shape made ready.

    Attributes:
        source: as the profile has it.
        begins: the small letter that its first line begins with; "" where that is a place.
        lines: a pattern for the line, and one for the line below where the shape has two.
        forms: of `date` and `held`, how they are written.
    """

    source: str
    begins: str
    lines: tuple[re.Pattern[str], ...]
    forms: dict[str, str]


def shape(source: str, decimal: str = "point") -> Shape:
    """Makes a shape ready.

    Args:
        source: text with places; a second line stands for the line below.
        decimal: what parts the decimals of numbers, `point` or `comma`.

    Raises:
        ValueError: it is empty or too long, names an unknown place, one place twice, or two that take any text.
    """
    lines = [line for line in source.split("\n") if line.strip()]
    if not lines or len(lines) > 2 or len(source) > LONGEST_SHAPE:
        raise ValueError(f"a shape is one line, or two, of at most {LONGEST_SHAPE} characters")
    forms: dict[str, str] = {}
    named: set[str] = set()
    patterns = [_pattern(line, decimal, named, forms) for line in lines]
    first = lines[0].strip()[0].casefold()
    return Shape(source, first if first.isalnum() else "", tuple(patterns), forms)


def cleaned(line: str) -> str:
    """A line as shapes see it: single blanks, none outside, no zero bytes."""
    return " ".join(line[: LONGEST_LINE + 1].replace("\0", " ").split())


def _pattern(line: str, decimal: str, named: set[str], forms: dict[str, str]) -> re.Pattern[str]:
    parts: list[str] = []
    before = ""  # "" at the beginning, "place", or the last character of a text
    apart = False
    free = 0
    for token in _TOKEN.finditer(line.strip()):
        if token["stray"]:
            raise ValueError(f"`{line.strip()}`: a brace stands alone; a place is written {{cycle_number}}")
        if token["blank"]:
            apart = True
            continue
        if token["text"]:
            parts += [_between(before, token["text"][0], apart), _literal(token["text"])]
            before = token["text"][-1]
        else:
            name, form = token["name"], token["form"] or ""
            parts += [_between(before, "place", apart), _place(line, name, form, decimal, named)]
            before = "place"
            free += name in _FREE
            if form:
                forms[name] = form
        apart = False
    if free > 1:
        raise ValueError(f"`{line.strip()}`: only one place of a line may take any text ({', '.join(sorted(_FREE))})")
    return re.compile("".join(parts), re.IGNORECASE | re.ASCII)


def _between(before: str, after: str, apart: bool) -> str:
    """What may stand between two tokens: a blank that must be there, one that may, or nothing."""
    if not before:
        return ""
    if not apart:
        return " ?" if (before == "place") != (after == "place") else ""
    solid = all(edge == "place" or edge.isalnum() for edge in (before, after))
    return " " if solid else " ?"


def _place(line: str, name: str, form: str, decimal: str, named: set[str]) -> str:
    if name not in NAMES:
        raise ValueError(f"`{line.strip()}`: no place is called {{{name}}}; there are {', '.join(sorted(NAMES))}")
    if name in ("date", "held"):
        known = DATES if name == "date" else TIMES
        if form not in known:
            written = ", ".join(f"{{{name}:{form}}}" for form in known)
            raise ValueError(f"`{line.strip()}`: {{{name}}} must say how it is written: {written}")
        pattern = known[form]
    elif form:
        raise ValueError(f"`{line.strip()}`: {{{name}}} takes nothing behind a colon")
    elif name in UNITS or name in MEASURED or name == "number":
        pattern = rf"[-+]?\d{{1,6}}(?:{',' if decimal == 'comma' else '[.]'}\d{{1,4}})?"
    else:
        pattern = _PLACES[name]
    if name in ("any", "number"):
        return f"(?:{pattern})"
    if name in named:
        raise ValueError(f"`{line.strip()}`: the place {{{name}}} stands there twice")
    named.add(name)
    return f"(?P<{name}>{pattern})"


def _literal(text: str) -> str:
    out = []
    for piece in _LITERAL.finditer(text):
        if piece["dots"]:
            out.append(r"\.* ?")
        else:
            out.append(_DEGREE if piece["degree"] else re.escape(piece["other"]))
    return "".join(out)
