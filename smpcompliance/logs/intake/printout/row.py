"""One ticket as one row of `sterilization_cycles`.

The lines of the verdict alone say how the cycle ended; a good verdict beside any word of trouble is none.
"""

import re
from collections import Counter
from datetime import date
from pathlib import PurePosixPath

from smpcompliance.logs.intake.printout import clock
from smpcompliance.logs.intake.printout.cell import DAY_SECONDS, STEAM_TYPES, Cell, kinds_of_program
from smpcompliance.logs.intake.printout.clock import Clock, Moment
from smpcompliance.logs.intake.printout.hold import Hold, hold_cells
from smpcompliance.logs.intake.printout.profile import Profile
from smpcompliance.logs.intake.printout.ticket import Entry, Ticket
from smpcompliance.patterns import pattern

UNSIGNED = pattern(r"[_\s.-]*")
"""A line to be signed by hand on paper, left blank."""
TROUBLE = pattern(
    r"fail|fehl|error|erro\b|errore|fault|alarm|allarme|abort|abbruch|abgebrochen|cancel|interrupt|interrot|falha"
    r"|\bnot? sterile|\bnon sterile|nicht steril|unsteril|invalid|ung[uü]ltig|échec|echec|erreur|annul",
    re.IGNORECASE,
)
"""Words that no printout of a good cycle should hold in a line that its profile does not know."""

_SAID_AS = {
    "equipment_id": "serial number",
    "cycle_number": "cycle number",
    "record_number": "record number",
    "program": "program",
    "date": "date",
    "start": "time of the start",
}
SECONDS_NOT_SHOWN = 59
_MOST_TOLD = 5
_DAYS_APART = 1


def cells(ticket: Ticket, profile: Profile, name: str) -> dict[str, Cell]:
    """All cells of one ticket, by head.

    Args:
        name: the file's path; its name may say record number, serial number and day.
    """
    named = _named(profile, name)
    serial = _said(ticket, profile, "equipment_id", named)
    number = _said(ticket, profile, "cycle_number", named)
    record = _said(ticket, profile, "record_number", named)
    counter = record.value or number.value
    program = _said(ticket, profile, "program", named)
    operator = _said(ticket, profile, "operator_id", named)
    moments, day = _moments(ticket), _day(ticket, profile, named)
    row = {
        "equipment_id": serial,
        "cycle_number": _whole(number),
        "record_number": _whole(record),
        "cycle_id": Cell(f"{serial.value}-{counter}" if serial.value and counter else ""),
        "program": program,
        "operator_id": Cell("") if UNSIGNED.fullmatch(operator.value) and not operator.doubt else operator,
        "cycle_type": _cycle_type(profile, program),
        "result": _result(ticket, profile),
    }
    row |= _times(ticket, profile, day, moments)
    kind = row["cycle_type"].value
    works = kind in STEAM_TYPES
    row["method"] = Cell(profile.method if works else "")
    hold = hold_cells(ticket, profile, moments, works or not kind)
    row |= hold.cells
    if works and row["result"].value == "pass" and _lacks_hold(profile, hold):
        reason = "the printout ends well but shows no hold: it is not complete, or the machine held no temperature"
        row |= dict.fromkeys(("exposure_minutes", "result"), Cell("", reason, ticket.line))
    row["notes"] = Cell("; ".join([*_told(ticket), *hold.notes]))
    return row


def out_of_order(ticket: Ticket) -> list[Entry]:
    """Lines whose time lies before that of the line above, readings and other lines each among themselves."""
    moments = _moments(ticket)
    last: dict[tuple[bool, bool], int] = {}
    found = []
    for entry in ticket.entries:
        if (moment := moments.get(entry.line)) is not None:
            group = ("readings.lines" in entry.says, moment.elapsed)
            if moment.second < last.get(group, moment.second) - (0 if moment.fine else SECONDS_NOT_SHOWN):
                found.append(entry)
            last[group] = moment.second
    return found


def _lacks_hold(profile: Profile, hold: Hold) -> bool:
    prints = any(profile.tells(role) for role in ("hold.begins", "hold.time", "readings.lines"))
    exposure = hold.cells["exposure_minutes"]
    return prints and not exposure.value and not exposure.doubt


def _named(profile: Profile, name: str) -> dict[str, tuple[str, str]]:
    """What the file's name says: place → (text, form)."""
    stem = PurePosixPath(name).stem
    for shape in profile.file_names:
        if found := shape.lines[0].fullmatch(stem):
            return {place: (text, shape.forms.get(place, "")) for place, text in found.groupdict().items()}
    return {}


def _said(ticket: Ticket, profile: Profile, place: str, named: dict[str, tuple[str, str]]) -> Cell:
    """What the labels and the file's name say; blank with a doubt where it is missing or said in two ways."""
    entries = [entry for entry in ticket.of("begins", "labels") if entry.place(place)]
    said = dict.fromkeys(entry.place(place) or "" for entry in entries)
    what = _SAID_AS.get(place, place)
    by_name = named.get(place, ("", ""))[0] if place != "date" else ""
    if len(said) > 1:
        return Cell("", f"the printout gives the {what} in two ways", entries[-1].line, entries[-1].text)
    if not said:
        if not by_name and place in _SAID_AS and _should_say(profile, place):
            reason = f"the printout has no readable line with the {what}: copy it from the device again"
            return Cell("", reason, ticket.line)
        return Cell(by_name)
    value = next(iter(said))
    if by_name and _plain(by_name) != _plain(value):
        reason = f"the file's name gives another {what} than the printout: is it the printout of another cycle?"
        return Cell("", reason, entries[0].line, entries[0].text)
    return Cell(value)


def _should_say(profile: Profile, place: str) -> bool:
    shapes = profile.shapes["labels"] + profile.shapes["begins"]
    return any(place in line.groupindex for shape in shapes for line in shape.lines)


def _plain(text: str) -> str:
    return text.lstrip("0").casefold()


def _whole(said: Cell) -> Cell:
    return Cell(str(int(said.value))) if said.value else said


def _moments(ticket: Ticket) -> dict[int, Moment]:
    """Line → the time that it prints, in order."""
    start = next(
        (wall[0] for entry in ticket.of("begins", "labels") if (wall := clock.wall(entry.place("start") or ""))), None
    )
    running = Clock(start)
    found = {}
    for entry in ticket.entries:
        written = entry.place("clock")
        moment = running.wall(written) if written else None
        if moment is None and (passed := entry.place("elapsed")):
            moment = running.elapsed(passed)
        if moment is not None:
            found[entry.line] = moment
    return found


def _day(ticket: Ticket, profile: Profile, named: dict[str, tuple[str, str]]) -> tuple[date | None, Cell]:
    """The day of the start, and the doubt where it cannot be told."""
    said = _said(ticket, profile, "date", named)
    if not said.value:
        return None, said
    entry = next(entry for entry in ticket.of("begins", "labels") if entry.place("date"))
    found = clock.day(said.value, entry.forms.get("date", ""))
    if found is None:
        return None, Cell("", "there is no such day", entry.line, entry.text)
    text, form = named.get("date", ("", ""))
    by_name = clock.day(text, form) if text else found
    if by_name is None or abs((by_name - found).days) > _DAYS_APART:
        reason = "the file's name gives another day than the printout: is it the printout of another cycle?"
        return None, Cell("", reason, entry.line, entry.text)
    return found, Cell()


def _times(
    ticket: Ticket, profile: Profile, known: tuple[date | None, Cell], moments: dict[int, Moment]
) -> dict[str, Cell]:
    """Start and end as ISO text; times below a midnight are on the next day."""
    day, doubt = known
    said = _said(ticket, profile, "start", {})
    start = clock.wall(said.value)
    if day is None:
        return {"started_at": doubt, "ended_at": Cell("", doubt.doubt, doubt.line, doubt.text)}
    if start is None:
        if said.value or said.doubt:
            doubt = said if said.doubt else Cell("", "there is no such time", ticket.line)
            return {"started_at": doubt, "ended_at": Cell("", doubt.doubt, doubt.line, doubt.text)}
        return {"started_at": Cell(day.isoformat()), "ended_at": Cell()}
    began = Cell(clock.iso(day, *start))
    return {"started_at": began, "ended_at": _ended(ticket, profile, day, start, moments)}


def _ended(ticket: Ticket, profile: Profile, day: date, start: tuple[int, bool], moments: dict[int, Moment]) -> Cell:
    labelled = clock.wall(_said(ticket, profile, "end", {}).value)
    if labelled:
        second, fine = labelled
        return Cell(clock.iso(day, second if second >= start[0] else second + DAY_SECONDS, fine))
    lines = ticket.of("ends") or ticket.of("pass", "aborted")
    ends = [entry for entry in lines if entry.line in moments]
    if not ends:
        if any(
            place in line.groupindex
            for role in ("ends", "pass")
            for shape in profile.shapes[role]
            for line in shape.lines
            for place in ("clock", "elapsed")
        ):
            return Cell("", "the printout has no readable line with its end: it is cut off or damaged", ticket.line)
        return Cell()
    entry = ends[-1]
    moment = moments[entry.line]
    if moment.back:
        return Cell("", "the clock goes back to this time from the line above", entry.line, entry.text)
    above = [moment for line, moment in moments.items() if line < entry.line]
    latest = max((each.second for each in above if each.elapsed == moment.elapsed), default=0)
    if moment.second < max(latest, 0 if moment.elapsed else start[0]) - (0 if moment.fine else SECONDS_NOT_SHOWN):
        reason = "the clock of the machine was set back during the cycle: when it ended is not known"
        return Cell("", reason, entry.line, entry.text)
    if moment.elapsed:
        return Cell(clock.iso(day, start[0] + moment.second, start[1] and moment.fine))
    return Cell(clock.iso(day, moment.second, moment.fine))


def _cycle_type(profile: Profile, program: Cell) -> Cell:
    """The kind of run by the words of the profile, else by the words that all makers share."""
    name = program.value.casefold()
    own = [kind for kind, words in profile.programs.items() if any(word in name for word in words)] if name else []
    kinds = own or kinds_of_program(program.value)
    if len(kinds) > 1:
        reason = f"`{program.value}` names {' and '.join(kinds)} alike; say in a log of your own which of them it was"
        return Cell("", reason, program.line)
    return Cell(kinds[0] if kinds else "")


def _result(ticket: Ticket, profile: Profile) -> Cell:
    """How the cycle ended, by its verdict lines alone."""
    passes, fails, aborts = (ticket.of(role) for role in ("pass", "fail", "aborted"))
    below = [entry for entry in ticket.entries if entry.after and entry.says.keys() & {"fail", "aborted"}]
    if not passes:
        if fails or aborts:
            return Cell("fail" if fails else "aborted")
        if unsure := next((entry for entry in ticket.entries if _is_trouble(entry, profile)), None):
            reason = "this line speaks of trouble, no line says that the cycle ended well, and the profile says neither"
            return Cell("", reason, unsure.line, unsure.text)
        reason = "the printout has no line that says how the cycle ended: it is cut off or damaged"
        return Cell("", reason, ticket.line)
    if bad := (*fails, *aborts, *below):
        return Cell("", "the printout ends well, yet this line says that the cycle failed", bad[0].line, bad[0].text)
    if not ticket.begun:
        reason = "the printout says that the cycle ended well, but its first line is missing; copy it again"
        return Cell("", reason, ticket.line)
    if profile.tells("ends") and not ticket.ended:
        return Cell("", "the printout says that the cycle ended well, but its last line is missing", ticket.line)
    if unsure := next((entry for entry in ticket.entries if _is_trouble(entry, profile)), None):
        reason = "the printout ends well, yet this line speaks of trouble, and the profile does not say what it means"
        return Cell("", reason, unsure.line, unsure.text)
    if again := _twice(ticket):
        reason = "this phase stands in the printout twice: two cycles may have run into one another"
        return Cell("", reason, again.line, again.text)
    return Cell("pass")


def _is_trouble(entry: Entry, profile: Profile) -> bool:
    """Whether a line that the profile does not know, or only passes over, holds a word of trouble.

    A line whose shape has that word itself is passed over knowingly.
    """
    if entry.after or not entry.says.keys() <= {"passed_over", "phases"} or not TROUBLE.search(entry.text):
        return False
    knowingly = [shape for shape in profile.shapes["passed_over"] if TROUBLE.search(shape.source)]
    return not any(shape.lines[0].fullmatch(entry.text) for shape in knowingly)


def _twice(ticket: Ticket) -> Entry | None:
    """A line that gives a phase another time than one above did."""
    times: dict[str, str | None] = {}
    for entry in ticket.of("phases"):
        values = entry.says["phases"]
        phase, time = values.get("phase"), values.get("clock") or values.get("elapsed")
        if phase and times.setdefault(phase, time) != time:
            return entry
    return None


def _told(ticket: Ticket) -> list[str]:
    """The lines of a failure, and what the machine printed below the end of the cycle."""
    told = list(dict.fromkeys(entry.text for entry in ticket.of("fail", "aborted")))
    more = [f"and {len(told) - _MOST_TOLD} more lines of the failure"] if len(told) > _MOST_TOLD else []
    stray = Counter(entry.text for entry in ticket.entries if entry.after and "stray" in entry.says)
    below = [text if count == 1 else f"{text} ({count} times)" for text, count in stray.most_common(_MOST_TOLD)]
    return [*told[:_MOST_TOLD], *more, *([f"below the end: {', '.join(below)}"] if below else [])]
