"""Files that a W&H Lisa log 64 wrote of a Lisa MB17 or MB22: most of what is known stands in the file's name.

The maker's manual gives the name part by part, and the tail of one file; the text above is not known. A name carries
an alarm only where one ended the cycle, but the log names broken-off transmissions without an alarm too (with what it
took from the cycle before in brackets): a name without an alarm is no proof that the cycle ended well.
"""

import re
from pathlib import PurePosixPath

from smpcompliance.logs.intake.printout import clock
from smpcompliance.logs.intake.printout.cell import STEAM_TYPES, Cell, doubts, kinds_of_program, table
from smpcompliance.logs.intake.printout.read import decoded
from smpcompliance.logs.intake.printout.row import TROUBLE
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.patterns import pattern

NAME = pattern(
    r"(?P<day>\d{6}) (?P<date>\d\d-\d\d-\d\d) (?P<time>\d\d_\d\d_(?:\d\d|AM|PM))(?: A(?P<alarm>\d\d))?"
    r" (?P<bracket>\(?)(?P<model>17|22)(?P<version>[EUJ])(?P<serial>[0-9A-Za-z-]{1,20})"
    r" (?P<number>\d{5}) (?P<program>[^()]{1,60}?) ?\)?"
)
ORDERS = {"E": "DMy", "J": "yMD", "U": "MDy"}
"""Version of the sterilizer's program → order of its dates."""
CODE = pattern(r"(?m)^[ \t]*W&H O\.D\.Code[ \t]+\S")
ALARM_FOLDER = pattern(r"A\d\d")
STERILE = pattern(r"(?m)^[ \t]*CARICO[ \t]*\r?\n?[ \t]*STERILE[ \t]*\r?$")
ENDED = pattern(r"(?m)^[ \t]*END\b")


def recognises(source: SourceFile) -> bool:
    """Whether the file is named as the Lisa log 64 names its files."""
    path = PurePosixPath(source.name)
    return path.suffix.lower() == ".txt" and NAME.fullmatch(path.stem) is not None


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Reads one cycle, mostly by the name of its file, into a table of `sterilization_cycles` of one row.

    Raises:
        NotReadable: the file has no such name.
    """
    found = NAME.fullmatch(PurePosixPath(source.name).stem)
    if found is None:
        raise NotReadable(
            f"{source.name}: expected a name as a Lisa log 64 gives it, "
            "`040128 28-01-04 08_41_22 22E02-0095 01898 UNIVERSAL 134.txt`"
        )
    text, _ = decoded(source.data)
    row = _row(found, text, PurePosixPath(source.name))
    return (table(source.name, [row], [1], doubts(source.name, row), ()),)


def _row(name: re.Match[str], text: str, path: PurePosixPath) -> dict[str, Cell]:
    row = {"started_at": _day(name), "result": _result(name, text, path)}
    coded = "W&H O.D.Code is there (only W&H can check it)" if CODE.search(text) else "there is no W&H O.D.Code"
    told = [f"alarm A{name['alarm']}"] if name["alarm"] else []
    when = re.sub(r"_(?=[AP]M)", " ", name["time"]).replace("_", ":")
    row["notes"] = Cell("; ".join([*told, f"time in the file's name {when}", coded]))
    if name["bracket"]:
        reason = "the part of the file's name in brackets is that of the cycle before: this transmission broke off"
        return row | dict.fromkeys(("equipment_id", "cycle_number", "program"), Cell("", reason, 1))
    program = name["program"].strip()
    kinds = kinds_of_program(program)
    row |= {
        "equipment_id": Cell(name["serial"]),
        "cycle_number": Cell(str(int(name["number"]))),
        "cycle_id": Cell(f"{name['serial']}-{name['number']}"),
        "program": Cell(program),
        "cycle_type": Cell(kinds[0]),
        "method": Cell("steam" if STEAM_TYPES.issuperset(kinds) else ""),
    }
    if len(kinds) > 1:
        reason = f"`{program}` names {' and '.join(kinds)} alike; say in a log of your own which of them it was"
        row["cycle_type"] = Cell("", reason, 1)
    return row


def _day(name: re.Match[str]) -> Cell:
    """The day, which the name gives twice. Whether its time is that of the start or of the end is not known."""
    first, second = clock.day(name["day"], "yMD"), clock.day(name["date"], ORDERS[name["version"]])
    if first is None or first != second:
        reason = f"the file's name gives two days: {name['day']} and {name['date']} for version {name['version']}"
        return Cell("", reason, 1)
    return Cell(first.isoformat())


def _result(name: re.Match[str], text: str, path: PurePosixPath) -> Cell:
    if name["alarm"] or any(ALARM_FOLDER.fullmatch(part) for part in path.parts[:-1]):
        return Cell("fail")
    trouble = TROUBLE.search(text)
    if not name["bracket"] and not trouble and all(mark.search(text) for mark in (ENDED, STERILE, CODE)):
        return Cell("pass")
    reason = (
        "the name carries no alarm, but broken-off transmissions carry none either, and the text does not say in the "
        "words that are known here (END, CARICO STERILE, W&H O.D.Code) that the cycle ended well"
    )
    return Cell("", reason, 1)
