"""The tickets in a file: which lines are the printout of one cycle, and what each line says.

A file may hold one ticket or many, and between them whatever the capturing program wrote. Only the lines of a profile
say where a ticket begins and ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from smpcompliance.logs.intake.printout.profile import Profile
from smpcompliance.logs.intake.printout.shape import LONGEST_LINE, Shape, cleaned
from smpcompliance.patterns import pattern

RULE_LINE = pattern(r"[\s\-_=*.~#+|]*")
STRAY_BEFORE = "# \ufeff"
"""Characters that serial lines leave before the first line of a ticket."""

_COMPLETE_END = pattern(r"[^\W\d]!?$|\d\d[:.-]\d\d[:.-]\d\d$")
_WHOSE = ("equipment_id", "cycle_number", "record_number", "date", "start")
_TORN_WITHOUT_END = frozenset(
    {"labels", "begins", "readings.lines", "phases", "hold.time", "hold.lowest", "hold.highest"}
)
_BELOW_HEADER = frozenset({"readings.heads", "readings.lines", "phases", "hold.begins", "ends"})
_VERDICTS = frozenset({"pass", "fail", "aborted"})


@dataclass(frozen=True)
class Entry:
    """One line that says something (or two, where the shape has two).

    Attributes:
        line: physical line in the file, from 1.
        text: the line with single blanks.
        says: role → what stands in the places of its shape; nothing where no shape of the profile fits.
        forms: how the date or length in it is written.
        after: whether it stands below the line that ends the ticket.
    """

    line: int
    text: str
    says: dict[str, dict[str, str]]
    forms: dict[str, str] = field(default_factory=dict)
    after: bool = False

    def place(self, name: str) -> str | None:
        """What stands in a place of this name, in any of its roles."""
        return next((values[name] for values in self.says.values() if values.get(name)), None)


@dataclass(frozen=True)
class Ticket:
    """The lines of one cycle.

    Attributes:
        entries: in the order of the file.
        begun: whether its first line was found.
        ended: whether its last line was found.
    """

    entries: tuple[Entry, ...]
    begun: bool
    ended: bool

    def of(self, *roles: str) -> tuple[Entry, ...]:
        """The lines of these roles that stand within the ticket."""
        return tuple(entry for entry in self.entries if not entry.after and not entry.says.keys().isdisjoint(roles))

    @property
    def unknown(self) -> tuple[Entry, ...]:
        """The lines that no shape of the profile fits."""
        return tuple(entry for entry in self.entries if not entry.says)

    @property
    def line(self) -> int:
        """The physical line on which it begins."""
        return self.entries[0].line


@dataclass(frozen=True)
class Tickets:
    """All tickets of a file, and how many lines of it belong to none (with the first and the last of them)."""

    tickets: tuple[Ticket, ...]
    others: int
    first_other: int
    last_other: int


@dataclass
class _Open:
    entries: list[Entry]
    begun: bool
    said: dict[str, str] = field(default_factory=dict)


def tickets(text: str, profile: Profile) -> Tickets:
    """The tickets of a text, in its order."""
    done: list[Ticket] = []
    open_: _Open | None = None
    after = False  # whether the last line still belongs to the end of the last ticket
    others: list[int] = []
    count = 0

    def close(ended: bool) -> None:
        nonlocal open_, after
        if open_ and open_.entries:
            entries = _passed_over(open_.entries) if profile.open_header else open_.entries
            done.append(Ticket(tuple(entries), open_.begun, ended))
        open_, after = None, ended

    for entry in _entries(text, profile):
        says = entry.says.keys()
        if "begins" in says and not (open_ and _alone(open_)):
            close(False)
            open_ = _Open([], True)
        elif open_ is None and after and (kept := _after_end(entry, done[-1])):
            done[-1] = replace(done[-1], entries=(*done[-1].entries, kept))
            continue
        elif "between" in says or (open_ is None and not _starts_torn(entry)):
            close(False)
            count += 1
            others = [others[0] if others else entry.line, entry.line]
            continue
        elif open_ is None or _belongs_to_next(entry, open_):
            close(False)
            open_ = _Open([], False)
        open_.entries.append(entry)
        open_.said |= {name: value for name in _WHOSE if (value := entry.place(name))}
        if "ends" in says:
            close(True)
    close(False)
    return Tickets(tuple(done), count, *(others or [0, 0]))


def _entries(text: str, profile: Profile) -> Iterator[Entry]:
    """Every line that is not blank or a ruled line, with what it says."""
    find = _Finder(profile)
    lines = text.split("\n" if "\n" in text else "\r")
    unended = len(lines)  # the number of the last line where no line end stands behind it
    place = 0
    while place < len(lines):
        line = cleaned(lines[place])
        number = place + 1
        place += 1
        below = next((below for below in range(place, min(place + 3, len(lines))) if lines[below].strip()), None)
        says, forms, used = find(line, cleaned(lines[below]) if below is not None else "")
        if not says and RULE_LINE.fullmatch(line):
            continue
        if used == 2 and below is not None:
            place = below + 1
        if place >= unended and lines[-1].strip() and not _is_complete(line, says):
            says = {}
        yield Entry(number, line, says, forms)


def _is_complete(line: str, says: dict[str, dict[str, str]]) -> bool:
    """Whether the last line of a file, without a line end, is surely not cut off."""
    if says.keys() & (_VERDICTS | {"ends"}):
        return bool(_COMPLETE_END.search(line))
    return not says.keys() & _TORN_WITHOUT_END


class _Finder:
    """Finds what a line says; shapes are looked up by the letter they begin with."""

    def __init__(self, profile: Profile) -> None:
        self.by_letter: dict[str, list[tuple[str, Shape]]] = {}
        for role, shapes in profile.shapes.items():
            for shape in shapes:
                self.by_letter.setdefault(shape.begins, []).append((role, shape))
        self.begins = profile.shapes["begins"]

    def __call__(self, line: str, below: str) -> tuple[dict[str, dict[str, str]], dict[str, str], int]:
        """Role → places, the forms of dates and lengths, and how many lines were used."""
        says: dict[str, dict[str, str]] = {}
        forms: dict[str, str] = {}
        used = 1
        if not line or len(line) > LONGEST_LINE:
            return says, forms, used
        start = line.lstrip(STRAY_BEFORE)
        for shape in self.begins if start != line else ():
            if found := shape.lines[0].fullmatch(start):
                says["begins"] = found.groupdict()
                forms |= shape.forms
        for letter in {line[0].casefold(), ""}:
            for role, shape in self.by_letter.get(letter, ()):
                found = shape.lines[0].fullmatch(line) if role not in says else None
                if not found:
                    continue
                values = found.groupdict()
                if len(shape.lines) == 2:
                    second = shape.lines[1].fullmatch(below)
                    if not second:
                        continue
                    values |= second.groupdict()
                    used = 2
                says[role] = values
                forms |= shape.forms
        return says, forms, used


def _alone(open_: _Open) -> bool:
    """Whether the ticket holds nothing yet but the line that begins it, which a damaged copy may print twice."""
    return all("begins" in entry.says for entry in open_.entries)


def _after_end(entry: Entry, ticket: Ticket) -> Entry | None:
    """The line as one that stands below the end of a ticket and belongs to it; None where it does not.

    A label that does not say whose ticket it is (who signed, say) is read like one above the end. A line of a failure
    belongs to the ticket too: a good end does not stand above it.
    """
    if entry.text == ticket.entries[-1].text and "ends" in ticket.entries[-1].says:
        return replace(entry, after=True)
    if entry.says.keys() - {"passed_over"} == {"labels"} and not any(entry.place(name) for name in _WHOSE):
        return entry
    kept = {role: values for role, values in entry.says.items() if role in ("after_end", "stray")}
    if not kept:
        bad = {role: values for role, values in entry.says.items() if role in ("fail", "aborted")}
        return replace(entry, says=bad, after=True) if bad and "labels" not in entry.says else None
    verdicts = {role: values for role, values in entry.says.items() if role in _VERDICTS}
    return replace(entry, says=kept if "stray" in kept else kept | verdicts, after=True)


def _passed_over(entries: list[Entry]) -> list[Entry]:
    """The lines of a ticket, those above its readings that no shape fits as passed over."""
    below = (place for place, entry in enumerate(entries) if not entry.says.keys().isdisjoint(_BELOW_HEADER))
    first = next(below, len(entries) - 1)
    header = [entry if entry.says else replace(entry, says={"passed_over": {}}) for entry in entries[:first]]
    return [*header, *entries[first:]]


def _starts_torn(entry: Entry) -> bool:
    """Whether a line outside any ticket can only be part of one whose beginning is lost."""
    return bool(entry.says.keys() - {"between", "after_end", "stray", "passed_over", "fail", "aborted"})


def _belongs_to_next(entry: Entry, open_: _Open) -> bool:
    """Whether a line says whose ticket it is, and says another than the lines above."""
    values = entry.says.get("labels", {})
    return any(values.get(name) and open_.said.get(name, values[name]) != values[name] for name in _WHOSE)
