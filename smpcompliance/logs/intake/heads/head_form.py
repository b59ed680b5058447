"""What a head states beside the name of its column: a unit, an order of day and month, and marks without a meaning.

`Temp (°F)` is the name `Temp` in degrees Fahrenheit, `Date (dd/mm/yyyy)` dates with the day in front, `Lot* (required)`
the name `Lot` and nothing else.
"""

import re
from dataclasses import dataclass
from functools import cache

from smpcompliance.logs.schema import normal
from smpcompliance.patterns import pattern

_LONGEST = 160
_STEPS = 5

_UNIT_WORDS = {
    "C": ("°C", "C", "deg C", "degrees C", "Celsius", "Grad Celsius", "degrés C", "grados C", "gradi C"),
    "F": ("°F", "F", "deg F", "degrees F", "Fahrenheit"),
    "psi": ("psi", "lbs", "lb/in2", "lb/in²"),
    "psig": ("psig", "psi g", "psi gauge", "psi(g)"),
    "psia": ("psia", "psi a", "psi abs", "psi absolute", "psi(a)"),
    "bar": ("bar", "bars"),
    "bar_gauge": ("barg", "bar g", "bar gauge", "bar(g)", "bar rel", "bar relativ", "bar Überdruck"),
    "bar_absolute": ("bara", "bar a", "bar abs", "bar absolute", "bar(a)", "bar absolut", "bar absolu"),
    "kPa": ("kPa",),
    "kpa_gauge": ("kPa g", "kPag", "kPa gauge", "kPa(g)"),
    "kpa_absolute": ("kPa a", "kPaa", "kPa abs", "kPa absolute", "kPa(a)", "kPa absolut"),
    "MPa": ("MPa",),
    "mpa_gauge": ("MPa gauge", "MPa g", "MPa(g)"),
    "mpa_absolute": ("MPa abs", "MPa absolute", "MPa a", "MPa(a)"),
    "mbar": ("mbar", "hPa"),
    "mbar_gauge": ("mbar gauge", "mbar g"),
    "mbar_absolute": ("mbar abs", "mbar absolute", "mbar a"),
    "inHg": ("inHg", "in Hg", "inches Hg", '"Hg'),
    "inhg_vacuum": ("inHg vacuum", "in Hg vacuum", "inHg vac"),
    "minutes": ("min", "mins", "minute", "minutes", "in minutes", "Minuten", "minuti", "minutos", "minutter",
                "minuter", "munud", "munudau"),
    "seconds": ("s", "sec", "secs", "second", "seconds", "sek", "Sekunden", "secondes", "segundos", "secondi",
                "seconden", "sekunder", "eiliad", "eiliadau"),
    "hours": ("h", "hr", "hrs", "hour", "hours", "Std", "Stunden", "heures", "horas", "ore", "uur", "uren", "timer",
              "timmar", "oriau"),
    "mm:ss": ("mm:ss", "m:ss", "min:sec", "min:s"),
    "h:mm": ("h:mm", "hh:mm"),
    "%": ("%", "percent", "per cent", "Prozent", "pour cent"),
    "kg": ("kg", "kgs", "kilo", "kilos"),
    "g": ("g", "grams", "Gramm", "grammes"),
    "lb": ("lb", "lbs", "pounds"),
    "litres": ("l", "litres", "liters", "Liter"),
    "days": ("days", "d", "Tage", "jours", "días", "dias", "giorni", "dagen", "dage", "dagar"),
}  # fmt: skip
"""What a head states → how it is written there. PRESSURES_OF_TWO_MEANINGS do not say against what they count."""

PRESSURES_OF_TWO_MEANINGS = ("psi", "bar", "kPa", "MPa", "mbar", "inHg")
_PLAIN_AT_THE_END = pattern(
    r"(?P<name>.*?[^\s,_/–-])[\s,_/–-]+(?:(?:in|en|em|i)\s+)?"
    r"(?P<unit>[°º˚?]\s?[CF]|deg\.? ?[CF]|psi[ga]?|bar[ga]?|mbar|[kM]Pa|mins?\.?|minutes|Minuten|secs?\.?|seconds|"
    r"Sekunden|hours|hrs\.?|kg|lbs|%)(?P<more>\s*(?:\(?(?:abs\.?|absolute?|gauge|rel\.?|[ga])\)?)?)\s*\Z",
    re.I,
)
_LETTER_AT_THE_END = pattern(r"(?P<name>.*[^\s,_])[\s,_]+(?P<unit>[CF])\Z")
_IN_BRACKETS = pattern(r"(?P<name>.*?)[(\[{](?P<inside>[^()\[\]{}]*)[)\]}][\s.:*]*\Z", re.S)
_KIND_OF_PRESSURE = pattern(r"\b(bar|psi|kPa|MPa|mbar)\s*\(\s*(g|a|abs|absolute|gauge)\.?\s*\)", re.I)
_EITHER = pattern(r"\s*(?:\bor\b|\boder\b|\bou\b|\bo\b|\bof\b|\beller\b|/|,|\|)\s*")
_TWO_UNITS = pattern(
    r"(?P<name>.*?[^\s,_])[\s,_]+(?P<units>[°º˚?]?\s?[CF]\s*(?:or|oder|ou|o|of|eller|/)\s*[°º˚?]?\s?[CF])\Z", re.I
)
_MARKS = pattern(r"[\s*†‡:;.…?_-]+\Z")
_COUNTED = pattern(r"\s*(?:q(?:uestion)?\.?\s*)?\d{1,3}\s*[.):]\s+(?=\D)", re.I)
_CHOICE = pattern(r"(?P<name>.*[^\s,:–-])[\s,:–-]+(?P<inside>[^\s/]{1,12}\s?/\s?[^\s/]{1,12})\Z")
_DATE_AT_THE_END = pattern(
    r"(?P<name>.*[^\s,:–-])[\s,:–-]+(?P<inside>[A-Za-zÅå]{1,4}([-/.])[A-Za-zÅå]{1,4}\3[A-Za-zÅå]{1,4})\Z"
)

_WITHOUT_MEANING = frozenset(map(normal, (
    "required", "mandatory", "optional", "if any", "if known", "if applicable", "Y/N", "Yes/No", "Yes / No", "Y / N",
    "Pass/Fail", "Pass / Fail", "P/F", "pass or fail", "yes or no", "true/false", "✓", "tick", "tick box", "check", "x",
    "local time", "24h", "24 h", "24-hour", "am/pm", "hh:mm", "h:mm", "hh:mm:ss", "mm/yy", "mm/yyyy",
    "MM/AA", "MM/AAAA", "MM/JJ", "MM/JJJJ", "erforderlich", "Pflichtfeld", "freiwillig", "Ja/Nein", "J/N", "ja / nein",
    "bestanden/nicht bestanden", "obligatoire", "facultatif", "oui/non", "O/N", "oui / non", "conforme/non conforme",
    "obligatorio", "opcional", "sí/no", "S/N", "obrigatório", "sim/não", "obbligatorio", "facoltativo", "sì/no",
    "verplicht", "optioneel", "ja/nee", "påkrævet", "valgfri", "ja/nej", "obligatorisk", "frivillig", "oes/nac oes",
)))  # fmt: skip

_DAY, _MONTH, _YEAR = "D", "M", "Y"
_DATE_LETTERS = {"d": _DAY, "t": _DAY, "g": _DAY, "m": _MONTH, "y": _YEAR, "a": _YEAR, "å": _YEAR, "b": _YEAR}
_DATE_WORDS = {
    _DAY: "day tag jour dia giorno dag dydd",
    _MONTH: "month monat mois mes mese maand maned manad mis",
    _YEAR: "year jahr annee an ano anno jaar ar blwyddyn",
}
_DATE = pattern(
    r"(?P<a>[^\W\d_]{1,9})[-/. ]+(?P<b>[^\W\d_]{1,9})[-/. ]+(?P<c>[^\W\d_]{1,9})(?:[ ,t]+h{1,2}[:.]?m{1,2}.*)?"
)
_ORDERS = ("DMY", "MDY", "YMD")


@dataclass(frozen=True)
class HeadForm:
    """A head without what it states beside its name.

    Attributes:
        name: what is left, as written; empty where the head is nothing but a unit.
        unit: the unit it states (a key of `measures.UNITS`, `%`, or one of PRESSURES_OF_TWO_MEANINGS); else empty.
        order: the order of day, month and year it states (DMY, MDY, YMD); else empty.
    """

    name: str
    unit: str = ""
    order: str = ""


@cache
def _units() -> dict[str, str]:
    return {_unit_text(word): unit for unit, words in _UNIT_WORDS.items() for word in words}


def _unit_text(text: str) -> str:
    plain = re.sub(r"[º˚]", "°", text).casefold()
    return re.sub(r"[\s.]+", " ", plain).replace("° ", "°").strip()


def head_form(head: str) -> HeadForm:
    """What a head says, step by step from its end."""
    text = _KIND_OF_PRESSURE.sub(r"\1 \2", " ".join(head[:_LONGEST].split()))
    name, unit, order = _COUNTED.sub("", text, count=1), "", ""
    for _ in range(_STEPS):
        name = _MARKS.sub("", name)
        if found := _TWO_UNITS.match(name):
            name = found["name"]
            continue
        found = _IN_BRACKETS.match(name) or _DATE_AT_THE_END.match(name) or _CHOICE.match(name)
        if found and (said := _said(found["inside"])) is not None:
            name, unit, order = found["name"], said.unit or unit, said.order or order
            continue
        if alone := _stated_unit(name):
            return HeadForm("", alone, order)
        if unit or not (found := _PLAIN_AT_THE_END.match(name) or _LETTER_AT_THE_END.match(name)):
            break
        more = found.groupdict().get("more") or ""
        unit, name = _stated_unit(f"{found['unit']} {more.strip(' ()')}") or _stated_unit(found["unit"]), found["name"]
    return HeadForm(_MARKS.sub("", name).strip(), unit, order)


def _stated_unit(text: str) -> str:
    return _units().get(_unit_text(text.strip(" .:*")), "")


def _said(inside: str) -> HeadForm | None:
    """What stands in brackets; None where it is part of the name."""
    if order := date_order(inside):
        return HeadForm("", order=order)
    if unit := _stated_unit(re.sub(r"^\s*(?:in|en|em)\s+", "", inside)):
        return HeadForm("", unit)
    parts = [part for part in _EITHER.split(inside) if part]
    if normal(inside) in _WITHOUT_MEANING or (len(parts) > 1 and all(map(_stated_unit, parts))) or not inside.strip():
        return HeadForm("")
    return None


def date_order(text: str) -> str:
    """The order that a pattern of a date states (`dd/mm/yyyy`, `JJ/MM/AAAA`, `T-M-J`, `day/month/year`); else empty."""
    found = _DATE.fullmatch(text.strip().casefold())
    if not found:
        return ""
    parts = [_part_of_date(found[name]) for name in "abc"]
    if parts.count("j") == 1:
        parts[parts.index("j")] = _YEAR if _DAY in parts else _DAY
    order = "".join(parts)
    return order if order in _ORDERS else ""


def _part_of_date(text: str) -> str:
    if len(set(text)) == 1:
        return "j" if text[0] == "j" else _DATE_LETTERS.get(text[0], "?")
    words = {word: part for part, names in _DATE_WORDS.items() for word in names.split()}
    return words.get(normal(text), "?")
