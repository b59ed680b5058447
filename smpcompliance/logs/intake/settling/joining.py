"""One record that two files tell of: a client in two lists, a cycle in the autoclave's printout and in the log by hand.

A printout proves physics, not release: of a cycle that stands in both, what the machine measured is the machine's, all
the rest is of the hand. Where they contradict each other, that is told, and the worse of two results stands.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from smpcompliance.dates import DATE, DAY, MONTH, TIME, YEAR, Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Cells, Coded, Moments, Numbers, blanks
from smpcompliance.logs.intake.raw import Misfits, Remarks
from smpcompliance.logs.intake.settling.reprints import left_aside
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Log, LogFile

TOLERANCE = {"temperature_c": 1.0, "max_temperature_c": 1.0, "exposure_minutes": 1.0}
"""How far a reading by hand may be from the machine's: a degree, a minute. Rounding is no contradiction."""

START_TOLERANCE = 600
"""Seconds by which the two clocks of one start may differ without a word."""

SAME_RUN = DAY
"""Seconds within which one number of one machine is one run; a counter that was reset uses its numbers again."""

OF_THE_MACHINE = ("result", "temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes")
"""What only the machine can prove: where its printout fails or is in doubt, no entry by hand stands for it."""

_PROVE_THE_HOLD = ("result", "temperature_c", "exposure_minutes")
"""Where one of these is in doubt, so are the other values of the machine that its printout leaves open."""

_UNITS = {YEAR: "datetime64[Y]", MONTH: "datetime64[M]", DATE: "datetime64[D]", TIME: "datetime64[m]"}
_WORST_FIRST = ("fail", "aborted", "pass")
_BY_HAND = ("cycle_id", "equipment_id", "operator_id", "released_by", "released_at", "disposition", "notes", "file")


def only(log: Log, rows: Ints) -> Log:
    """The log with just these rows."""
    if arrow.is_every(rows, len(log)):
        return log
    text = dict(zip(log.text, arrow.taken(list(log.text.values()), rows), strict=True))
    rest = (log.file[rows], log.line[rows], log.studio[rows], log.made_up[rows])
    return Log(log.schema, text, log.files, *rest, contested=log.contested)


def with_text(log: Log, column: str, rows: Ints, cells: pa.Array) -> Log:
    """The log with other cells of a column in some rows."""
    own = log.text[column] if column in log.text else arrow.repeated("", len(log))
    return replace(log, text=log.text | {column: arrow.put(own, rows, cells)}, _typed={})


def merged_files(log: Log, misfits: Misfits, second_hand: Collection[int] = ()) -> Log:
    """Records of one key in different files as one: the first, with its blanks filled from the others.

    Of what they contradict each other in the first stands; a day of birth can then be read no longer.

    Args:
        log: the log; its key is a column.
        misfits: takes the contradictions.
        second_hand: rows that another log's table told of. If given, only groups with such a row are joined, and the
            other row stands.
    """
    gone: list[int] = []
    changed: dict[str, dict[int, str]] = {}
    for group in _repeated(log):
        first, *others = sorted(group, key=lambda row: (row in second_hand, row))
        later = [row for row in others if log.file[row] != log.file[first] and (not second_hand or row in second_hand)]
        gone += later
        for name in log.text:
            if name != log.schema.key:
                _merge_cell(log, name, [first, *later], changed, misfits)
    for name, texts in changed.items():
        log = with_text(log, name, np.fromiter(texts, np.int64, len(texts)), arrow.strings(texts.values()))
    return only(log, but(log, gone)) if gone else log


def but(log: Log, gone: Sequence[int] | Ints) -> Ints:
    """The rows of a log without some."""
    left = np.ones(len(log), bool)
    left[gone] = False
    return np.flatnonzero(left)


def _repeated(log: Log) -> list[list[int]]:
    """The rows of each key of a studio that stands in more than one file."""
    if log.schema.key not in log.text or len(log.files) < 2:
        return []
    cells = log.text[log.schema.key]
    there = np.flatnonzero(~blanks(cells))
    first = arrow.first_rows(arrow.take(cells, there), log.studio[there])
    if len(again := first[first != np.arange(len(first))]) == 0:
        return []
    rows = there[np.isin(first, again)]
    distinct = cells.dictionary_encode()
    code = log.studio[rows].astype(np.int64) * len(distinct.dictionary) + arrow.numbers(distinct.indices)[rows]
    order = np.argsort(code, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(code[order])) + 1)
    return [part.tolist() for part in parts if len(set(log.file[part].tolist())) > 1]


def _merge_cell(log: Log, name: str, rows: Sequence[int], changed: dict[str, dict[int, str]], misfits: Misfits) -> None:
    cells = log.cells(name)
    told = [row for row in rows if cells.why[row] == 0]
    if not told:
        return
    stands = told[0]
    if stands != rows[0]:
        dated = isinstance(cells, Moments)
        changed.setdefault(name, {})[rows[0]] = cells.text(stands) if dated else log.text[name][stands].as_py()
    for row in told[1:]:
        if _differ(cells, stands, row):
            whose = log.schema.key.removesuffix("_id")
            reason = (
                f"{log.where(stands)}, line {log.line[stands]} says something else of this {whose}; "
                + ("neither is used" if name == "birth_date" else "that stands") + "; correct one of them"
            )  # fmt: skip
            misfits.append((int(log.studio[row]), log.unreadable_at(row, name, reason)))
            if name == "birth_date":
                changed.setdefault(name, {})[rows[0]] = "contradictory"


def _differ(cells: Cells, first: int, second: int) -> bool:
    match cells:
        case Moments():
            coarse = _UNITS[max(int(cells.precision[first]), int(cells.precision[second]))]
            one, other = (np.datetime64(int(cells.at[row]), "s").astype(coarse) for row in (first, second))
            return bool(one != other)
        case Numbers():
            return bool(cells.values[first] != cells.values[second])
        case Coded():
            said = [cells.values[cells.codes[row]] for row in (first, second)]
            return len({normal(value) if isinstance(value, str) else value for value in said}) > 1
    raise TypeError(cells)


def join_cycles(log: Log, equipment: Log | None, misfits: Misfits, remarks: Remarks) -> Log:
    """Cycles of a printout and of a log by hand as one record, which stands where the hand wrote it.

    The same machine and number within a day are one cycle; without a number the same machine and minute. A machine may
    be called by its name in one and by its serial number in the other, if the equipment log has both. A studio with one
    machine need not name it. Between the two stands a list that the machine keeps: a printout goes before it, and it
    before the hand.
    """
    log = _without_copies(log, misfits, remarks)
    if "equipment_id" not in log.text:
        return log
    for by_printout in (True, False):
        printed = np.array([file.printed for file in log.files] + [False])[log.file]
        machine = printed | np.array([file.of_machine for file in log.files] + [False])[log.file]
        first, second = (printed, machine & ~printed) if by_printout else (machine, ~machine)
        if first.any():
            log = _by_equipment_id(log, np.flatnonzero(first), equipment)
        if first.any() and second.any():
            log = _with_printouts(log, np.flatnonzero(first), np.flatnonzero(second), equipment, misfits, remarks)
    return log


def _without_copies(log: Log, misfits: Misfits, remarks: Remarks) -> Log:
    """The log with one record for each cycle that was printed, and a key of its own for each."""
    printed = np.flatnonzero(np.array([file.printed for file in log.files] + [False])[log.file])
    gone, renamed = left_aside(log, printed, misfits, remarks) if len(printed) > 1 else (printed[:0], {})
    if renamed:
        rows = np.fromiter(renamed, np.int64, len(renamed))
        log = with_text(log, "cycle_id", rows, arrow.strings(renamed.values()))
    return only(log, but(log, gone)) if len(gone) else log


def _with_printouts(
    log: Log, printed: Ints, by_hand: Ints, equipment: Log | None, misfits: Misfits, remarks: Remarks
) -> Log:
    """The log with those of its printouts joined that the rows by hand know too."""
    names = _machines(log, equipment)
    pairs = _pairs(log, printed, by_hand, names)
    _remark_other_names(log, printed, by_hand, names, pairs, remarks)
    return _joined(log, pairs, _doubted(log, printed, misfits), misfits) if pairs else log


def _remark_other_names(
    log: Log, printed: Ints, by_hand: Ints, names: list[str], pairs: Sequence[tuple[int, int]], remarks: Remarks
) -> None:
    """Tells a studio whose log by hand may call the machine of its printouts otherwise, so that both stay records."""
    joined = {row for pair in pairs for row in pair}
    numbers, starts = _numbers(log), log.cells("started_at")
    assert isinstance(starts, Moments)
    usable = (numbers >= 0) & (starts.why == 0) & (starts.precision <= DATE)
    runs: dict[tuple[int, int, int], int] = {}
    for row in by_hand[usable[by_hand]].tolist():
        if row not in joined:
            runs.setdefault((int(log.studio[row]), int(numbers[row]), int(starts.at[row]) // DAY), row)
    alike: dict[tuple[int, str, str], list[int]] = {}
    for row in printed[usable[printed]].tolist():
        other = runs.get((int(log.studio[row]), int(numbers[row]), int(starts.at[row]) // DAY))
        if row not in joined and other is not None and names[row] != names[other]:
            alike.setdefault((int(log.studio[row]), names[row], names[other]), []).append(other)
    for (studio, _, _), rows in alike.items():
        text = (
            f"{len(rows)} cycles have number and day of a printout but another machine (first on line "
            f"{log.line[rows[0]]}); if it is the same, give its name and its serial number in the equipment log"
        )
        remarks.append((studio, log.where(rows[0]), text))


def _machine(text: str) -> str:
    """The form in which names and serial numbers of machines compare: letters and figures, without leading zeros."""
    return "".join(c for c in text.casefold() if c.isalnum()).lstrip("0")


def _serials(equipment: Log | None) -> dict[tuple[int, str], str]:
    """(studio, serial number) → key of the machine, where just one machine has it."""
    if equipment is None or not {"equipment_id", "serial_number"} <= set(equipment.text):
        return {}
    out: dict[tuple[int, str], str] = {}
    twice = set()
    cells = zip(equipment.text["equipment_id"].to_pylist(), equipment.text["serial_number"].to_pylist(), strict=True)
    for studio, (key, serial) in zip(equipment.studio.tolist(), cells, strict=True):
        if key.strip() and _machine(serial) and out.setdefault((studio, _machine(serial)), key) != key:
            twice.add((studio, _machine(serial)))
    return {entry: key for entry, key in out.items() if entry not in twice}


def _by_equipment_id(log: Log, printed: Ints, equipment: Log | None) -> Log:
    """Printouts name a machine by its serial number; where the equipment log knows that, its key is taken."""
    serials = _serials(equipment)
    if not serials or equipment is None:
        return log
    known = set(zip(equipment.studio.tolist(), equipment.text["equipment_id"].to_pylist(), strict=True))
    texts = arrow.take(log.text["equipment_id"], printed).to_pylist()
    found = {
        row: serials[studio, _machine(text)]
        for row, studio, text in zip(printed.tolist(), log.studio[printed].tolist(), texts, strict=True)
        if (studio, text) not in known and (studio, _machine(text)) in serials
    }
    if not found:
        return log
    return with_text(log, "equipment_id", np.fromiter(found, np.int64, len(found)), arrow.strings(found.values()))


def _pairs(log: Log, printed: Ints, by_hand: Ints, names: list[str]) -> list[tuple[int, int]]:
    """(row of the printout, row of the hand) of each cycle that stands in both, each row once."""
    numbers, starts = _numbers(log), log.cells("started_at")
    assert isinstance(starts, Moments)
    by_number: dict[tuple[int, str, int], list[int]] = {}
    by_minute: dict[tuple[int, str, int], list[int]] = {}
    for row in by_hand.tolist():
        place = int(log.studio[row]), names[row]
        if not names[row]:
            continue
        if numbers[row] >= 0:
            by_number.setdefault((*place, int(numbers[row])), []).append(row)
        elif starts.why[row] == 0 and starts.precision[row] == TIME:
            by_minute.setdefault((*place, int(starts.at[row]) // 60), []).append(row)
    out: list[tuple[int, int]] = []
    used: set[int] = set()
    for row in printed.tolist():
        place = int(log.studio[row]), names[row]
        alike = by_number.get((*place, int(numbers[row])), []) if numbers[row] >= 0 else []
        found = [other for other in alike if other not in used and _one_run(starts, row, other)]
        if not found and starts.why[row] == 0 and starts.precision[row] == TIME:
            found = [other for other in by_minute.get((*place, int(starts.at[row]) // 60), []) if other not in used]
        if names[row] and found:
            used.add(found[0])
            out.append((row, found[0]))
    return out


def _machines(log: Log, equipment: Log | None) -> list[str]:
    """The machine of each row in the form in which machines compare; its key where the row names its serial number."""
    serials, several = _serials(equipment), _with_several(equipment)
    distinct = log.text["equipment_id"].dictionary_encode()
    texts = distinct.dictionary.to_pylist()
    pair = log.studio.astype(np.int64) * (len(texts) + 1) + arrow.numbers(distinct.indices)
    seen, place = np.unique(pair, return_inverse=True)
    asked = [(int(code) // (len(texts) + 1), texts[int(code) % (len(texts) + 1)]) for code in seen]
    names = [_machine(serials.get((studio, _machine(text)), text)) for studio, text in asked]
    told: dict[int, set[str]] = {}
    for (studio, _), name in zip(asked, names, strict=True):
        told.setdefault(studio, set()).update({name} - {""})
    only_one = {
        studio: next(iter(of), "the only one") for studio, of in told.items() if len(of) <= 1 and studio not in several
    }
    names = [name or only_one.get(studio, "") for (studio, _), name in zip(asked, names, strict=True)]
    return [names[n] for n in place.reshape(-1).tolist()]


def _with_several(equipment: Log | None) -> frozenset[int]:
    """The studios whose equipment log has more than one sterilizer."""
    if equipment is None:
        return frozenset()
    kinds = equipment.cells("equipment_type")
    assert isinstance(kinds, Coded)
    studios, count = np.unique(equipment.studio[kinds.where(lambda kind: kind == "sterilizer")], return_counts=True)
    return frozenset(studios[count > 1].tolist())


def _numbers(log: Log) -> Ints:
    """The cycle number of each row, -1 where there is none."""
    if "cycle_number" not in log.text:
        return np.full(len(log), -1, np.int64)
    cells = log.cells("cycle_number")
    assert isinstance(cells, Numbers)
    found: Ints = np.where(cells.why == 0, cells.values, -1).astype(np.int64)
    return found


def _one_run(starts: Moments, first: int, second: int) -> bool:
    if starts.why[first] or starts.why[second]:
        return True
    if max(starts.precision[first], starts.precision[second]) > DATE:
        return False
    return bool(abs(int(starts.at[first]) // DAY - int(starts.at[second]) // DAY) * DAY <= SAME_RUN)


def _doubted(log: Log, printed: Ints, misfits: Misfits) -> frozenset[tuple[int, str]]:
    """(row, column) of what a printout should say and does not: of it a place was told between its lines."""
    rows_of: dict[tuple[int, str], list[int]] = {}
    for row in sorted(printed.tolist(), key=lambda row: int(log.line[row])):
        rows_of.setdefault((int(log.studio[row]), log.where(row)), []).append(row)
    lines_of = {place: log.line[rows] for place, rows in rows_of.items()}
    found: set[tuple[int, str]] = set()
    for studio, misfit in misfits:
        place = studio, misfit.file
        if misfit.column not in OF_THE_MACHINE or place not in rows_of:
            continue
        lines = lines_of[place]
        begun = max(int(np.searchsorted(lines, misfit.line, "right")) - 1, 0)
        found |= {(row, misfit.column) for row in rows_of[place] if log.line[row] == lines[begun]}
    return frozenset(found)


def _joined(log: Log, pairs: Sequence[tuple[int, int]], doubted: Collection[tuple[int, str]], misfits: Misfits) -> Log:
    """The log with the printout's cells laid over the rows by hand, and without the rows of those printouts.

    Args:
        doubted: (row, column) of printouts that should say something and do not.
    """
    changed: dict[str, dict[int, str]] = {}
    files = list(log.files)
    file = log.file.copy()
    filled = {name: ~blanks(cells) for name, cells in log.text.items()}
    for printed, by_hand in pairs:
        taken = []
        for name in log.text:
            if name in OF_THE_MACHINE and not filled[name][printed] and filled[name][by_hand]:
                if _is_missed(log, name, printed, by_hand, doubted):
                    changed.setdefault(name, {})[by_hand] = ""
                    _report_missed(log, name, printed, by_hand, misfits)
                continue
            if name in _BY_HAND or not filled[name][printed]:
                continue
            if log.cells(name).why[printed] and not log.cells(name).why[by_hand]:
                continue
            if filled[name][by_hand]:
                _report(log, name, printed, by_hand, misfits)
            if name == "result" and _is_worse(log.cells(name), by_hand, printed):
                continue
            taken.append(name)
            changed.setdefault(name, {})[by_hand] = log.text[name][printed].as_py()
        for name in _BY_HAND:
            if name in log.text and filled[name][printed] and not filled[name][by_hand]:
                taken.append(name)
                changed.setdefault(name, {})[by_hand] = log.text[name][printed].as_py()
        files.append(_file_of_both(log, printed, by_hand, taken))
        file[by_hand] = len(files) - 1
    for name, texts in changed.items():
        log = with_text(log, name, np.fromiter(texts, np.int64, len(texts)), arrow.strings(texts.values()))
    gone = [printed for printed, _ in pairs]
    return only(replace(log, files=tuple(files), file=file, _typed={}), but(log, gone))


def _is_missed(log: Log, name: str, printed: int, by_hand: int, doubted: Collection[tuple[int, str]]) -> bool:
    """Whether the machine failed to show what the hand has entered; that the hand says of a failure stands."""
    results = log.cells("result")
    if name == "result":
        return (printed, name) in doubted and (bool(results.why[by_hand]) or results.text(by_hand) == "pass")
    ended_badly = not results.why[printed] and results.text(printed) in ("fail", "aborted")
    return ended_badly or any((printed, column) in doubted for column in (name, *_PROVE_THE_HOLD))


def _report_missed(log: Log, name: str, printed: int, by_hand: int, misfits: Misfits) -> None:
    """Tells what the hand has entered that the printout should show, and does not."""
    what = "that this cycle ended well" if name == "result" else "it"
    reason = (
        f"the printout {log.where(printed)}, line {log.line[printed]}, does not show {what}, and an entry by hand does "
        "not stand for it. Copy the printout from the device again, or treat the load as not sterilized"
    )
    misfits.append((int(log.studio[by_hand]), log.unreadable_at(by_hand, name, reason)))


def _file_of_both(log: Log, printed: int, by_hand: int, taken: Sequence[str]) -> LogFile:
    """The file by hand for one joined row: what was taken from the printout is named so, and read as the printout.

    What both leave open stays open.
    """
    own, machine = log.files[int(log.file[by_hand])], log.files[int(log.file[printed])]
    heads = {name: f"{machine.heads.get(name, name)} of {machine.name}, line {log.line[printed]}" for name in taken}
    reading = replace(
        own.reading,
        shown=tuple(entry for entry in own.reading.shown if entry[0] not in taken),
        units=tuple(entry for entry in own.reading.units if entry[0] not in taken),
    )
    return replace(own, heads=own.heads | heads, reading=reading, printed=True)


def _is_worse(cells: Cells, first: int, second: int) -> bool:
    """Whether one result is worse than another."""
    if cells.why[first] or cells.why[second]:
        return False
    return _WORST_FIRST.index(cells.text(first)) < _WORST_FIRST.index(cells.text(second))


def _report(log: Log, name: str, printed: int, by_hand: int, misfits: Misfits) -> None:
    """Tells where the hand contradicts the machine beyond rounding."""
    cells = log.cells(name)
    if name not in ("result", "started_at", *TOLERANCE) or cells.why[printed] or cells.why[by_hand]:
        return
    match cells:
        case Numbers():
            same = abs(cells.values[printed] - cells.values[by_hand]) <= TOLERANCE[name]
        case Moments() if cells.precision[printed] == cells.precision[by_hand] == TIME:
            same = abs(int(cells.at[printed]) - int(cells.at[by_hand])) <= START_TOLERANCE
        case _:
            same = not _differ(cells, printed, by_hand)
    if same:
        return
    stands = "the worse of the two stands" if name == "result" else "the printout's is used"
    reason = (
        f"the printout {log.where(printed)}, line {log.line[printed]}, says {cells.text(printed)} of this cycle; "
        f"{stands}. Find out which is right and note it in the log"
    )
    misfits.append((int(log.studio[by_hand]), log.unreadable_at(by_hand, name, reason)))
