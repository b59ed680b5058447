"""Reading printouts with profiles: which profile fits a file, and its table of `sterilization_cycles`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from smpcompliance.logs.intake.printout.cell import Cell, doubts, table
from smpcompliance.logs.intake.printout.marks import LOOKED_AT
from smpcompliance.logs.intake.printout.profile import Profile, load_profile
from smpcompliance.logs.intake.printout.row import cells, out_of_order
from smpcompliance.logs.intake.printout.shape import cleaned
from smpcompliance.logs.intake.printout.ticket import STRAY_BEFORE, Ticket, Tickets, tickets
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable

LARGEST = 64 << 20
"""A larger file is no printout."""
MOST_ZERO_BYTES = 20
"""A file of which more than one byte in so many is zero is not text (serial lines leave a few)."""
MOST_LINES_TOLD = 20
"""Unknown lines of one ticket that are listed one by one (and lines whose time goes back)."""


@cache
def shipped() -> tuple[Profile, ...]:
    """The profiles of the package, by name of their files."""
    folder = resources.files("smpcompliance.logs") / "devices"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(load_profile(file.read_text("utf-8"), f"devices/{file.name}") for file in files)


def profile_of(data: bytes, own: Sequence[Profile] = ()) -> Profile | None:
    """The profile whose marks all stand in a file, the studio's own first; None where none fits."""
    sample = data[:LOOKED_AT]
    if sample.count(0) * MOST_ZERO_BYTES > len(sample) and sample[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return None
    text, _ = decoded(sample)
    lines: list[str] | None = None
    for profile in (*own, *shipped()):
        if all(mark.split()[0] in text for mark in profile.marks):
            if lines is None:
                lines = [cleaned(line).lstrip(STRAY_BEFORE) for line in text.replace("\r", "\n").split("\n")]
            if all(any(line.startswith(cleaned(mark)) for line in lines) for mark in profile.marks):
                return profile
    return None


def recognises(source: SourceFile, own: Sequence[Profile] = ()) -> bool:
    """Whether a shipped profile, or one of the studio's own, fits the file."""
    return profile_of(source.data, own) is not None


def read(source: SourceFile, own: Sequence[Profile] = ()) -> tuple[RawTable, ...]:
    """Reads a file with the profile that fits it.

    Raises:
        NotReadable: no profile fits it, or it is too large.
    """
    profile = profile_of(source.data, own)
    if profile is None:
        raise NotReadable(
            f"{source.name}: this is the printout of no sterilizer that is known here; "
            "write a profile of your machine into the folder devices, or copy its records into a table by hand"
        )
    return read_with(profile, source)


def read_with(profile: Profile, source: SourceFile) -> tuple[RawTable, ...]:
    """Reads every ticket of a file into one table of `sterilization_cycles`, one row each.

    Temperatures are in °C, pressure in kPa absolute, durations in minutes rounded down. What is not there or not
    sure is a blank cell; what could not be read is among the misfits as well.

    Args:
        profile: of the model that printed it.
        source: the file.

    Returns:
        One table; its lines are those on which the tickets begin.

    Raises:
        NotReadable: the file is too large, or holds no ticket.
    """
    return (printed(profile, source).table(source.name),)


@dataclass(frozen=True)
class Printed:
    """What a file holds, before it is a table.

    Attributes:
        tickets: one for each cycle.
        rows: the cells of each ticket by head.
        misfits: lines that say nothing known.
        notes: what the owner should know.
    """

    tickets: tuple[Ticket, ...]
    rows: tuple[dict[str, Cell], ...]
    misfits: tuple[Unreadable, ...]
    notes: tuple[str, ...]

    def table(self, file: str) -> RawTable:
        """The table of `sterilization_cycles`."""
        unsure = [doubt for row in self.rows for doubt in doubts(file, row)]
        return table(file, self.rows, [ticket.line for ticket in self.tickets], [*self.misfits, *unsure], self.notes)


def printed(profile: Profile, source: SourceFile) -> Printed:
    """Reads every ticket of a file; see `read_with`."""
    if len(source.data) > LARGEST:
        raise NotReadable(
            f"{source.name}: the file holds {len(source.data)} bytes; a capture of printouts is read up to {LARGEST}. "
            "Split it between two printouts"
        )
    text, encoding = decoded(source.data)
    found = tickets(text, profile)
    if not found.tickets:
        raise NotReadable(
            f"{source.name}: expected printouts of {profile.device}, and found none of the lines that begin one"
        )
    rows = tuple(cells(ticket, profile, source.name) for ticket in found.tickets)
    misfits = tuple(misfit for ticket in found.tickets for misfit in _unknown(source.name, ticket, profile))
    return Printed(found.tickets, rows, misfits, tuple(_notes(found, profile, encoding)))


def decoded(data: bytes) -> tuple[str, str]:
    """The text of a printout, and the encoding in which it was read."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), "UTF-16"
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("iso-8859-1"), "ISO-8859-1"


def _unknown(file: str, ticket: Ticket, profile: Profile) -> list[Unreadable]:
    """Lines of a ticket that say nothing known: the first of them one by one, the rest in one."""
    reason = f"the line fits nothing a printout of {profile.device} says: it is damaged or not the machine's"
    lines = ticket.unknown
    found = [Unreadable(file, entry.line, None, entry.text, reason) for entry in lines[:MOST_LINES_TOLD]]
    if rest := lines[MOST_LINES_TOLD:]:
        more = f"{len(rest)} more lines down to line {rest[-1].line} fit nothing a printout of {profile.device} says"
        found.append(Unreadable(file, rest[0].line, None, rest[0].text, more))
    back = "its time lies before that of the line above: the clock was set, or a line of another printout stands here"
    found += [Unreadable(file, entry.line, None, entry.text, back) for entry in out_of_order(ticket)[:MOST_LINES_TOLD]]
    if not ticket.begun:
        torn = "the line that begins this printout is missing: its beginning is cut off or damaged"
        found.append(Unreadable(file, ticket.line, None, ticket.entries[0].text, torn))
    return found


def _notes(found: Tickets, profile: Profile, encoding: str) -> list[str]:
    notes = [] if encoding == "UTF-8" else [f"the file is not UTF-8 and was read as {encoding}"]
    if found.others:
        lines = "1 line is" if found.others == 1 else f"{found.others} lines are"
        where = f"line {found.first_other}" if found.others == 1 else f"lines {found.first_other} to {found.last_other}"
        notes.append(f"{lines} no part of a printout of {profile.device} ({where}); nothing of it is used")
    prints_time = any(profile.tells(role) for role in ("hold.begins", "hold.time", "readings.lines"))
    if not prints_time:
        notes.append(f"a printout of {profile.device} does not say how long it held: exposure_minutes stays blank")
    return notes
