"""How people and machines write numbers and their units: one cell at a time, for the distinct oddities.

A unit behind a number counts for that cell. Where nothing tells the unit, or one word means two units (`bar` is gauge
or absolute), the cell is unreadable. Nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from smpcompliance.logs.schema import normal
from smpcompliance.patterns import pattern

ATMOSPHERE_KPA = 101.325
_PSI, _INCH_OF_MERCURY = 6.894757, 3.386389
_POUNDS = ("psi", "lb/in2", "lbs")


@dataclass(frozen=True)
class Unit:
    """A unit that a studio may declare or a head may state.

    Attributes:
        of: the unit of the column it is turned into.
        factor, shift: value × factor + shift is the value in that unit.
        also_written: how it is written behind a number, in lower case, without blanks and signs of degrees.
        clock: it is written like a clock (`03:30`), as hours or as minutes in front of the colon.
    """

    of: str
    factor: float
    shift: float
    also_written: tuple[str, ...] = ()
    clock: str = ""


def _pressure(factor: float, shift: float, *also_written: str) -> Unit:
    return Unit("kPa absolute", factor, shift, also_written)


UNITS = {
    "C": Unit("°C", 1.0, 0.0, ("c", "celsius", "centigrade")),
    "F": Unit("°C", 5 / 9, -160 / 9, ("f", "fahrenheit")),
    "psig": _pressure(_PSI, ATMOSPHERE_KPA, "psig", "psi(g)", "psigauge", *_POUNDS),
    "psia": _pressure(_PSI, 0.0, "psia", "psi(a)", "psiabs", "psiabsolute", *_POUNDS),
    "bar": _pressure(100.0, 0.0, "bar", "bara", "bar(a)", "barabs", "barabsolute"),
    "bar_absolute": _pressure(100.0, 0.0, "bar", "bara", "bar(a)", "barabs", "barabsolute"),
    "bar_gauge": _pressure(100.0, ATMOSPHERE_KPA, "bar", "barg", "bar(g)", "bargauge"),
    "kpa_absolute": _pressure(1.0, 0.0, "kpa", "kpaa", "kpa(a)", "kpaabs", "kpaabsolute"),
    "kpa_gauge": _pressure(1.0, ATMOSPHERE_KPA, "kpa", "kpag", "kpa(g)", "kpagauge"),
    "mpa_absolute": _pressure(1000.0, 0.0, "mpa", "mpaa", "mpa(a)", "mpaabs", "mpaabsolute"),
    "mpa_gauge": _pressure(1000.0, ATMOSPHERE_KPA, "mpa", "mpag", "mpa(g)", "mpagauge"),
    "mbar_absolute": _pressure(0.1, 0.0, "mbar", "mbara", "mbar(a)", "mbarabs", "mbarabsolute", "hpa"),
    "mbar_gauge": _pressure(0.1, ATMOSPHERE_KPA, "mbar", "mbarg", "mbar(g)", "mbargauge"),
    "inhg_vacuum": _pressure(-_INCH_OF_MERCURY, ATMOSPHERE_KPA, "inhg", "inhgvac", "inhgvacuum"),
    "inhg_absolute": _pressure(_INCH_OF_MERCURY, 0.0, "inhg", "inhga", "inhgabs", "inhgabsolute"),
    "minutes": Unit("minutes", 1.0, 0.0, ("min", "mins", "minute", "minutes", "minuten", "minutos", "m", "'")),
    "seconds": Unit("minutes", 1 / 60, 0.0, ("s", "sec", "secs", "second", "seconds", "sekunden", "segundos", '"')),
    "hours": Unit("minutes", 60.0, 0.0, ("h", "hr", "hrs", "hour", "hours", "std", "uhr")),
    "mm:ss": Unit("minutes", 1.0, 0.0, clock="minutes"),
    "h:mm": Unit("minutes", 1.0, 0.0, clock="hours"),
    "kg": Unit("kg", 1.0, 0.0, ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms")),
    "g": Unit("kg", 0.001, 0.0, ("g", "gram", "grams")),
    "lb": Unit("kg", 0.45359237, 0.0, ("lb", "lbs", "pound", "pounds")),
    "litres": Unit("litres", 1.0, 0.0, ("l", "ltr", "litre", "litres", "liter", "liters")),
}  # fmt: skip
"""Units that a studio may declare for a column: temperature, pressure, time, weight. `bar` alone is bar absolute.

Factors are those of NIST Special Publication 811 (psi, inch of mercury at 0 °C, pound, standard atmosphere).
"""

UNTOLD = "untold"
"""In place of a unit: nothing tells which one it is, so that a number without a unit is unreadable."""

OWN = {"°C": "C", "kPa absolute": "kpa_absolute", "minutes": "minutes", "kg": "kg", "litres": "litres"}
"""Unit of a column → its name among UNITS."""

_SAME_UNIT = {
    "hours": ("h", "hr", "hrs", "hour", "hours", "std"),
    "%": ("%", "percent", "prozent"),
    "% w/w": ("%", "%w/w", "percent"),
    "days": ("d", "day", "days", "tage", "jours"),
    "years": ("y", "yr", "yrs", "year", "years"),
    "pieces": ("pcs", "pieces", "pc", "pairs", "pair"),
}
_SIGNS = pattern(r"[\s°˚]|\?(?=\s*[cf])|degrees?|deg\.?|grad\b")
_GROUPED = pattern(r"[-+]?\d{1,3}(?P<by>[., '])\d{3}(?:(?P=by)\d{3})*(?P<part>[.,]\d+)?\Z", re.ASCII)
_PLAIN = pattern(r"[-+]?\d*(?P<mark>[.,])?\d+\Z", re.ASCII)
_POWER = pattern(r"[-+]?\d+(?:\.\d+)?e[-+]?\d{1,2}\Z", re.ASCII)
_WITH_UNIT = pattern(r"(?P<number>[-+]?\d(?:[\d., ']*\d)?|[-+]?[.,]\d+)\s*(?P<unit>[^\d\s].*)?\Z", re.ASCII)
_CLOCK = pattern(r"(?P<first>\d{1,3}):(?P<second>[0-5]\d)(?::(?P<third>[0-5]\d))?\s*(?P<unit>[a-z:]*)\Z", re.ASCII)
_TWO_UNITS = pattern(
    r"(?P<first>\d{1,3})\s*(?P<of>h|hrs?|hours?|m|mins?|minutes?|')\s*(?:and\s+)?"
    r"(?P<second>\d{1,2})\s*(?:m|mins?|minutes?|s|secs?|seconds?|\"|'')?\Z",
    re.ASCII,
)
_LIMIT = pattern(r"\s*(?:[<>≤≥]|at least|min\. ?\d|over |under |up to )")
_ABOUT = pattern(r"\s*(?:[~≈±]|approx|about|around|circa|ca\.|c\. )")
_FRACTION = pattern(r"[\u00bc-\u00be\u2150-\u215e]|\d\s*[/\u2044]\s*\d")
_RANGE = pattern(r"\d\s*(?:-|–|to|bis)\s*\d")
_BLANKS = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"})
_LONGEST = 60


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of one column are to be understood.

    Attributes:
        unit: the unit of the column, None where it has none.
        declared: the unit of cells that state none, a key of UNITS or UNTOLD; None = the column's own.
        marks: the decimal marks that other cells of the column show.
        whole: only whole numbers are meant.
        column: the column's name, for messages.
    """

    unit: str | None = None
    declared: str | None = None
    marks: frozenset[str] = frozenset()
    whole: bool = False
    column: str = ""


def number(raw: str, words: dict[str, str], how: NumberStyle) -> tuple[float | None, str | None]:
    """Reads one number: (value in the column's unit, None), or (None, what was expected).

    A mark before one, two or more than three figures is a decimal mark. A comma before exactly three could be either;
    it is read only where other cells of the column show what it is. A point before exactly three is a decimal point,
    unless the column writes decimal commas.
    """
    if (word := words.get(normal(raw))) is not None:
        return float(word), None
    expected = f"expected a {'whole ' if how.whole else ''}number" + (f" in {how.unit}" if how.unit else "")
    text = raw.strip().translate(_BLANKS)
    if len(text) > _LONGEST:
        return None, expected
    if how.unit == "minutes" and (found := _duration(text.casefold(), how)) is not None:
        return (None, f"{expected}; {found}") if isinstance(found, str) else (found, None)
    split = _POWER.match(text.casefold()) or _WITH_UNIT.match(text)
    if not split or _RANGE.search(text.casefold()) or _FRACTION.search(text):
        return None, f"{expected}{_why_not(text)}"
    power = split.re is _POWER
    value = float(text) if power else _value(split["number"], how.marks)
    if isinstance(value, str):
        return None, f"{expected}; {value}"
    unit = _unit_of("" if power else split["unit"] or "", how)
    if unit is not None and unit not in UNITS:
        return None, f"{expected}{unit}"
    if unit:
        if UNITS[unit].clock:
            return None, f"{expected}; the unit is declared as {unit}, so write it like 03:30"
        value = converted(value, unit)
    return (None, expected) if how.whole and value % 1 else (value, None)


def converted(value: float, unit: str) -> float:
    """A value in a unit of UNITS, in the unit of the column it belongs to."""
    return round(value * UNITS[unit].factor + UNITS[unit].shift, 6)


def written_unit(text: str) -> str:
    """A unit as it stands behind a number, in the form in which units are compared."""
    return _SIGNS.sub(
        "", unicodedata.normalize("NFKC", text.casefold().replace("º", "°")).replace("in. hg", "inhg")
    ).strip(".,;")


def units_written(unit: str, of: str) -> list[str]:
    """The units of a column (`of` = its unit) that a compared form may mean."""
    return [name for name, known in UNITS.items() if known.of == of and unit in known.also_written and name != "bar"]


def decimal_marks(texts: Iterable[str]) -> frozenset[str]:
    """The decimal marks that cells show beyond doubt: `134,2` a comma, `1,250.5` a point."""
    shown = set()
    for text in texts:
        found = _WITH_UNIT.match(text.strip().translate(_BLANKS)[:_LONGEST])
        if found and (mark := _mark_shown(found["number"])):
            shown.add(mark)
    return frozenset(shown)


def _mark_shown(figures: str) -> str:
    grouped = _GROUPED.match(figures)
    if grouped and grouped["by"] in ".," and (grouped["part"] or figures.count(grouped["by"]) > 1):
        return {",": ".", ".": ","}[grouped["by"]] if not (grouped["part"] or "").startswith(grouped["by"]) else ""
    if grouped and not grouped["part"]:
        return "," if grouped["by"] == "," and figures.lstrip("+-").startswith("0") else ""
    plain = _PLAIN.match(figures.replace(" ", "").replace("'", "") if grouped else figures)
    return (plain["mark"] or "") if plain else ""


def _value(figures: str, marks: frozenset[str]) -> float | str:
    """The value of figures with marks in them, or what is wrong with them."""
    grouped = _GROUPED.match(figures)
    if not grouped:
        plain = _PLAIN.match(figures)
        return float(figures.replace(",", ".")) if plain else "its marks fit no number"
    by, part = grouped["by"], grouped["part"] or ""
    if part.startswith(by):
        return "its marks fit no number"
    whole = figures.removesuffix(part).replace(by, "")
    if by in " '" or part or figures.count(by) > 1:
        return float(whole + part.replace(",", "."))
    alone = float(figures.replace(",", "."))
    if figures.lstrip("+-").startswith("0"):
        return alone
    if by == ".":
        if marks == {","}:
            return float(whole)
        return alone if "," not in marks else f"the point in {figures!r} can be read in two ways"
    if marks == {","}:
        return alone
    return float(whole) if marks == {"."} else f"in {figures!r} the comma can be read in two ways"


def _unit_of(written: str, how: NumberStyle) -> str | None:
    """The unit of one cell: a key of UNITS, None for the column's own, or a message that begins with a mark."""
    form = written_unit(written)
    if not form:
        return _untold(how) if how.declared == UNTOLD else how.declared
    found = units_written(form, how.unit or "")
    if how.declared in UNITS and form in UNITS[how.declared].also_written:
        return how.declared
    if len(found) == 1:
        return found[0]
    if found:
        return f"; {written.strip()!r} does not say gauge or absolute; {_declare(how, found)}"
    if how.declared is None and form in _SAME_UNIT.get(how.unit or "", ()):
        return None
    return f", not {written.strip()!r}"


def _untold(how: NumberStyle) -> str:
    if how.unit == "°C":
        return f"; nothing tells whether it is °C or °F; {_declare(how, ['C', 'F'])}"
    return (
        f"; nothing tells the unit, or whether it is gauge or absolute; write units: {{{how.column}: …}} for this file "
        "in studio.yaml, with the one it is: bar_gauge, bar_absolute, kpa_gauge, kpa_absolute, psig, psia …"
    )


def _declare(how: NumberStyle, units: list[str]) -> str:
    first, *others = units
    return f"write units: {{{how.column}: {first}}} (or {', '.join(others)}) for this file in studio.yaml"


def _duration(text: str, how: NumberStyle) -> float | str | None:
    """Minutes written with a colon or in two units; None where the text is neither, or what is wrong with it."""
    if found := _TWO_UNITS.match(text):
        of_hour = found["of"].startswith("h")
        first, second = int(found["first"]), int(found["second"])
        tail = text[found.end("second") :].strip()
        if second > 59 or (tail and tail[0] in ("s" if of_hour else "m")) or (not of_hour and tail == "'"):
            return "its parts fit no length of time"
        return first * 60.0 + second if of_hour else round(first + second / 60, 6)
    if not (found := _CLOCK.match(text)):
        return None
    first, second, third = int(found["first"]), int(found["second"]), found["third"]
    if third:
        return (
            "its parts fit no length of time"
            if found["unit"] not in ("", "h", "hh:mm:ss")
            else round(first * 60 + second + int(third) / 60, 6)
        )
    counts = UNITS[how.declared].clock if how.declared in UNITS else ""
    stated = {"h": "hours", "hrs": "hours", "hr": "hours", "min": "minutes", "mins": "minutes", "m": "minutes"}
    counts = stated.get(found["unit"], counts if not found["unit"] else "")
    if not counts:
        return (
            f"{text!r} is minutes and seconds, or hours and minutes; write units: "
            f'{{{how.column}: "mm:ss"}} (or "h:mm") for this file in studio.yaml'
        )
    return first * 60.0 + second if counts == "hours" else round(first + second / 60, 6)


def _why_not(text: str) -> str:
    folded = text.casefold()
    if _LIMIT.match(folded):
        return f"; {text!r} gives a limit, not the value that was measured"
    if _ABOUT.match(folded):
        return f"; {text!r} is only about right; write the value that was measured"
    if _FRACTION.search(text):
        return "; write a fraction with a decimal point, like 0.5"
    if _RANGE.search(folded):
        return f"; {text!r} gives two values; write the lower and the higher one under heads of their own"
    return ""
