"""How a Tuttnauer cycle ended, and what kind of cycle it was.

The status line alone says how it ended. The program says what kind it was, and a status that contradicts the program
leaves the kind open: a run that says `Test Ended` is never counted as a load.
"""

import re

from smpcompliance.logs.intake.printout.cell import Cell, kinds_of_program
from smpcompliance.logs.intake.printout.tuttnauer.hold import has_hold
from smpcompliance.logs.intake.printout.tuttnauer.lines import Printout
from smpcompliance.patterns import pattern

CANCELLED = pattern(r"cancell?ed by (?:the )?user", re.IGNORECASE)
BLANKS = pattern(r"[ \t]+")
RESULTS = {
    "cycle ended": "pass",
    "cycle done": "pass",
    "test ended": "pass",
    "process done": "pass",
    "cycle failed": "fail",
    "test failed": "fail",
}


def _errors(printout: Printout) -> list[str]:
    """The reasons given for trouble, one for each `Cycle Error:`; "" where the line with the reason is missing."""
    entries = printout.of("error", "reason")
    reasons = []
    for place, entry in enumerate(entries):
        following = entries[place + 1 : place + 2]
        if entry.kind == "error":
            reasons.append(following[0].text if following and following[0].kind == "reason" else entry.parts[0])
    return reasons


def notes(printout: Printout) -> Cell:
    """Errors, a customized program and the pressures of a leak test, in the words of the printout."""
    errors = _errors(printout)
    told = [f"Cycle Error: {reason}" if reason else "Cycle Error" for reason in errors]
    told += dict.fromkeys(entry.text for entry in printout.of("customized", "leak"))
    if "" in errors:
        entry = printout.of("error")[errors.index("")]
        reason = "the line with the reason is missing below `Cycle Error:`"
        return Cell("; ".join(told), reason, entry.line, entry.text)
    return Cell("; ".join(told))


def _status(printout: Printout) -> str:
    """The status in small letters; "" where there is none or more than one."""
    said = {BLANKS.sub(" ", entry.parts[0].lower()) for entry in printout.of("status")}
    return said.pop() if len(said) == 1 else ""


def result(printout: Printout) -> Cell:
    """How the cycle ended by its status line; never told from anything else."""
    entries = printout.of("status")
    if not entries:
        return Cell("", "the printout has no `Status:` line: it is cut off or damaged", printout.begins)
    word = RESULTS.get(_status(printout))
    entry = entries[-1]
    if word is None:
        reason = "expected one status: Cycle Ended, Cycle Failed, Test Ended, Test Failed or Process Done"
        return Cell("", reason, entry.line, entry.text)
    errors = _errors(printout)
    if word == "pass" and errors:
        return Cell("", "the status is good although the printout carries a `Cycle Error:`", entry.line, entry.text)
    cancelled = bool(errors) and all(CANCELLED.search(reason) for reason in errors)
    return Cell("aborted" if cancelled and word == "fail" else word)


def cycle_type(printout: Printout, program: str) -> Cell:
    """The kind of cycle by its program; a status that contradicts it leaves the kind open."""
    status = _status(printout)
    named = (kinds_of_program(program) or ("",))[0]
    if named not in ("", "load"):
        return Cell(named)
    if status == "process done" and not has_hold(printout):
        return Cell("drying")
    if named and status.startswith(("test", "process")):
        entry = printout.of("status")[0]
        return Cell("", f"`{program}` is no test by name, yet the status is not that of a load", entry.line, entry.text)
    return Cell(named)
