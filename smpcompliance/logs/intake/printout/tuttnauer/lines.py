"""The lines of Tuttnauer printouts: each line told for what it is, and the lines of one cycle kept together.

The printout says which line is which by its words alone; the number of lines above the readings depends on the program.
The device writes UTF-8, older copies ISO-8859-1, and the degree sign may have become `?` on the way.
"""

import re
from dataclasses import dataclass, replace

from smpcompliance.patterns import pattern

CLOCK = r"(\d\d:[0-5]\d:[0-5]\d)"
UNIT = r"(?:[^A-Za-z0-9\s]{0,3}[FC]|min|sec|psi[ag]?|k?pa[ag]?|m?bar[ag]?|in ?hg)"

RULE_LINE = pattern(r"[\s\-_=]*")
DATE_LINE = pattern(r"Date:\s*(.*)")
TIME_LINE = pattern(r"Time:\s*(.*)")
SERIAL_LINE = pattern(r"Ser\. Num:\s*(.*)")
MODEL_LINE = pattern(r"Model:\s*(.*)")
VERSION_LINE = pattern(r"Version:\s*(.*)")
SOFTWARE_LINE = pattern(r"Software vers\.:\s*(.*)")
NUMBER_LINE = pattern(r"Cycle Num:\s*(.*)")
STATUS_LINE = pattern(r"Status:\s*(.*)")
OPERATOR_LINE = pattern(r"Operator:\s*(.*)")
CLOCK_LINE = pattern(r"CLK\s*([12]):\s*(.*)")
ERROR_LINE = pattern(r"Cycle Error:\s*(.*)")
HEAD_LINE = pattern(r"Time\s+([^A-Za-z0-9\s]{0,3}[A-Za-z])\s+([A-Za-z]\S*)")
READING_LINE = pattern(
    rf"(?:([AHSEDVC])\s+)?{CLOCK}\s+(-?\d{{1,3}}(?:[.,]\d)?)\s+(-?\d{{1,4}}(?:[.,]\d{{1,3}})?)(In)?", re.ASCII
)
LEAK_LINE = pattern(r"P[1-3]\s*=\s*\d+(?:[.,]\d+)?\s*\(\w+\)", re.ASCII)
SET_VALUE_LINE = pattern(
    rf"(?:Ster|Dry|End|Vac|Time|Exh|Cool|Heat|Pulse|Temp|Pres)\b.*\d\s*{UNIT}\s*\*?", re.IGNORECASE
)
CUSTOMIZED_LINE = pattern(r"\(Customized\)", re.IGNORECASE)
ANY_VALUE = pattern(rf".*\d\s*{UNIT}\s*\*?", re.IGNORECASE)

KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("rule", RULE_LINE),
    ("reading", READING_LINE),
    ("clock", CLOCK_LINE),
    ("date", DATE_LINE),
    ("time", TIME_LINE),
    ("serial", SERIAL_LINE),
    ("model", MODEL_LINE),
    ("version", VERSION_LINE),
    ("software", SOFTWARE_LINE),
    ("number", NUMBER_LINE),
    ("status", STATUS_LINE),
    ("operator", OPERATOR_LINE),
    ("error", ERROR_LINE),
    ("head", HEAD_LINE),
    ("leak", LEAK_LINE),
    ("set value", SET_VALUE_LINE),
    ("customized", CUSTOMIZED_LINE),
)
ABOVE_READINGS = frozenset({"date", "serial", "model", "version", "software", "number"})
FROM_READINGS_ON = frozenset({"head", "reading", "clock", "leak", "status", "operator"})
NEVER_A_REASON = frozenset({"reading", "clock", "leak", "status", "operator", "time", "error"}) | ABOVE_READINGS


@dataclass(frozen=True)
class Entry:
    """One line that says something.

    Attributes:
        line: physical line in the file, from 1.
        kind: what the line is: a name of `KINDS`, or start, end (times), program, reason (of an error), unreadable.
        text: the line without the blanks around it.
        parts: what the pattern of the kind found in it; "" for a part that is not there.
    """

    line: int
    kind: str
    text: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Printout:
    """The lines of one cycle, in the order of the file."""

    entries: tuple[Entry, ...]

    def of(self, *kinds: str) -> tuple[Entry, ...]:
        """The lines of these kinds, in the order of the file."""
        return tuple(entry for entry in self.entries if entry.kind in kinds)

    @property
    def begins(self) -> int:
        """The physical line of the date, where the record begins; without one the first line that says something."""
        return (self.of("date") or self.entries)[0].line


def printouts(text: str) -> tuple[Printout, ...]:
    """The printouts of a file, one for each cycle, in the order of the file."""
    groups: list[list[Entry]] = []
    seen: set[str] = set()
    lines = text.split("\n" if "\n" in text else "\r")
    for number, line in enumerate(lines, start=1):
        entry = _entry(number, line.strip())
        if entry.kind == "rule":
            continue
        if not groups or _begins_anew(entry.kind, seen):
            groups.append([])
            seen = set()
        groups[-1].append(entry)
        seen.add(entry.kind)
    return tuple(Printout(_with_program(_in_place(_without_torn_end(group, len(lines))))) for group in groups)


def _entry(number: int, text: str) -> Entry:
    for kind, form in KINDS:
        found = form.fullmatch(text)
        if found:
            return Entry(number, kind, text, tuple(part or "" for part in found.groups()))
    return Entry(number, "unreadable", text)


def _begins_anew(kind: str, seen: set[str]) -> bool:
    """Whether a line of this kind can only belong to the next cycle; a date printed twice on end does not."""
    if kind not in ABOVE_READINGS:
        return False
    return bool(seen & FROM_READINGS_ON) or (kind == "date" and bool(seen & (ABOVE_READINGS - {"date"})))


def _without_torn_end(group: list[Entry], unended: int) -> list[Entry]:
    """A printout that stops above its readings, or in a reading without a line end, may lack part of its last line."""
    last = group[-1]
    if last.kind in ABOVE_READINGS or (last.kind == "reading" and last.line == unended):
        group[-1] = replace(last, kind="unreadable", parts=())
    return group


def _in_place(group: list[Entry]) -> list[Entry]:
    """The lines whose meaning depends on where they stand: the two times, and the reason under an error."""
    settled: list[Entry] = []
    below = False
    awaits_reason = False
    for entry in group:
        if awaits_reason and entry.kind not in NEVER_A_REASON:
            entry = replace(entry, kind="reason", parts=(entry.text,))
        below = below or entry.kind in FROM_READINGS_ON
        if entry.kind == "time":
            entry = replace(entry, kind="end" if below else "start")
        awaits_reason = entry.kind == "error" and not entry.parts[0]
        settled.append(entry)
    return settled


def _with_program(group: list[Entry]) -> tuple[Entry, ...]:
    """The program stands alone on a line under the cycle number; without that number only a single candidate is sure.

    The last line of a printout that stops there may lack its end, and is no candidate.
    """
    kinds = [entry.kind for entry in group]
    above = next((place for place, kind in enumerate(kinds) if kind in FROM_READINGS_ON), len(group) - 1)
    numbered = kinds.index("number") if "number" in kinds[:above] else None
    first = next((place for place, kind in enumerate(kinds) if kind in ABOVE_READINGS), above)
    candidates = [
        place for place in range(first if numbered is None else numbered, above) if _may_name_a_program(group[place])
    ]
    alike = [place for place in candidates if group[place].text == group[candidates[0]].text]
    if numbered is not None or alike == candidates:
        for place in alike:
            group[place] = replace(group[place], kind="program")
    return tuple(group)


def _may_name_a_program(entry: Entry) -> bool:
    text = entry.text
    named = ":" not in text and "(" not in text[:1] and sum(letter.isalpha() for letter in text) > 1
    return entry.kind == "unreadable" and named and not ANY_VALUE.fullmatch(text)
