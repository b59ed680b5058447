"""Tracing as a naive walk: plain dicts, loops and datetimes, one record after the other, written from the definitions.

Nothing here is shared with the package but how single texts compare (`normal`, `lot_text`, `similar`) and what a lot has
left. Tests compare the answers of the vectorised way with these.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from smpcompliance.checks.list.reference_list import lot_text, similar
from smpcompliance.dates import Period
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
DAWN, DUSK = datetime(1, 1, 1), datetime(9999, 12, 31)
UNTOLD = "\ufffe"
NOTHING = {"", "-", "n/a", "na", "n.a.", "--", "–", "—"}
LOGS = (
    "equipment", "spore_tests", "sterilization_cycles", "sessions", "session_supplies", "supply_lots",
)  # fmt: skip

ORDER = (
    "named", "load_uncertain", "lot_uncertain", "status_contradicts", "key_blank", "key_dangling", "key_unreadable",
    "nothing_written", "no_log", "day_unknown", "before", "other_named", "not_sterilized_here", "called_back",
    "not_of_this", "not_performed",
)  # fmt: skip
NEVER_STERILIZED = {
    "pigment", "diluent", "ink_cup", "glove", "apron", "razor", "dressing", "anesthetic", "disinfectant",
}  # fmt: skip
NEEDLES = {"needle", "needle_bar", "cartridge"}
TOLD = ("item_type", "brand", "product", "color", "lot_number")
LAST = 10**9
MAY_BE_LEFT_OUT = {"anesthetic", "dressing", "jewelry"}
MATCHES = ("certain", "possible", "brand_only")
CALLED_BACK = {"held", "reprocessed", "discarded"}

Row = dict[str, Any]


@dataclass
class Moment:
    """The first and last second that a cell may mean."""

    low: datetime
    high: datetime
    has_day: bool


@dataclass
class Records:
    """The records of one studio: log → rows, each with its place in the log as `row`; and which logs it handed in."""

    instruments: str | None
    rows: dict[str, list[Row]]
    handed_in: set[str]


def records(logs: Logs, studio: int) -> Records:
    """One studio's records as texts, as they stand after the intake made keys."""
    rows: dict[str, list[Row]] = {}
    for name in LOGS:
        log = logs.log(name)
        columns = {column: cells.to_pylist() for column, cells in log.text.items()}
        rows[name] = [
            {column: cells[n].strip() for column, cells in columns.items()}
            | {"row": n, "line": int(log.line[n]), "file": int(log.file[n]), "made_up": bool(log.made_up[n])}
            for n in range(len(log))
            if log.studio[n] == studio
        ]
    handed_in = {name for name in LOGS if logs.has(name)[studio]}
    return Records(logs.studios[studio].instruments, rows, handed_in)


def said(row: Row, column: str) -> str | None:
    """What a cell says; None where it is blank; `UNTOLD` where it cannot be read."""
    text = row.get(column, "")
    return None if text.casefold() in NOTHING else text


def word(row: Row, column: str, *known: str) -> str | None:
    """One of the known words; None where the cell is blank or says something else."""
    text = said(row, column)
    return text if text in known else None


def moment(row: Row, column: str) -> Moment | None:
    """The moment in a cell; None where it is blank or unreadable."""
    text = said(row, column) or ""
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", text):
        at = datetime.strptime(text, "%Y-%m-%d %H:%M")
        return Moment(at, at, True)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        at = datetime.strptime(text, "%Y-%m-%d")
        return Moment(at, at + DAY - SECOND, True)
    if re.fullmatch(r"\d{4}-\d\d", text):
        at = datetime.strptime(text, "%Y-%m")
        after = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
        return Moment(at, after - SECOND, False)
    return None


def not_after(found: Moment | None, as_of: date) -> bool:
    """Whether a record may be of a day up to the day of the trace."""
    return found is None or found.low.date() <= as_of


def lead(own: Row, column: str, there: Iterable[Row], key: str) -> tuple[str, Row | None]:
    """Where a key leads: `blank`, `unreadable`, `dangling`, or `found` with the row."""
    text = said(own, column)
    if text is None:
        return "blank", None
    if text == UNTOLD:
        return "unreadable", None
    row = next((each for each in there if each.get(key) == text), None)
    return ("found", row) if row else ("dangling", None)


@dataclass
class Stretch:
    """A window."""

    machine: str
    failed: list[int]
    opened: Row | None
    closed: Row | None
    unsure: set[int]
    surely: tuple[datetime, datetime]
    perhaps: tuple[datetime, datetime]
    failed_rows: list[Row] = field(default_factory=list)


def _dead(test: Row) -> bool:
    return word(test, "control_result", "no_growth") is not None


def _fails(test: Row) -> bool:
    return said(test, "result") == "fail" and not _dead(test)


def _machine(row: Row) -> str | None:
    text = said(row, "equipment_id")
    return None if text == UNTOLD else text


def _surely_passes(test: Row) -> bool:
    when = moment(test, "tested_at")
    told = _machine(test) is not None and when is not None and when.has_day
    return told and said(test, "result") == "pass" and not _dead(test)


def windows(studio: Records, period: Period | None, as_of: date) -> list[Stretch]:
    """The windows of all failed tests whose machine and day are known, machine after machine."""
    tests = [each for each in studio.rows["spore_tests"] if not_after(moment(each, "tested_at"), as_of)]
    machines = sorted({name for each in tests if (name := _machine(each))})
    return [found for name in machines for found in _windows_of(name, tests, period, as_of)]


def _windows_of(machine: str, tests: list[Row], period: Period | None, as_of: date) -> Iterator[Stretch]:
    own = [(moment(each, "tested_at"), each) for each in tests if _machine(each) == machine]
    placed = [(when, each) for when, each in own if when is not None]
    passes = [(when, each) for when, each in placed if _surely_passes(each)]
    fails = [
        (when, each)
        for when, each in sorted(placed, key=lambda entry: (entry[0].low, entry[0].high, entry[1]["row"]))
        if when.has_day and _fails(each)
    ]
    groups: list[list[tuple[Moment, Row]]] = []
    for when, test in fails:
        latest = max((other.high for other, _ in groups[-1]), default=DAWN) if groups else DAWN
        parted = any(latest < good.low and good.high < when.low for good, _ in passes)
        if groups and not parted:
            groups[-1].append((when, test))
        else:
            groups.append([(when, test)])
    for group in groups:
        if period and not any(period.first <= when.low.date() <= period.last for when, _ in group):
            continue
        first, last = min(when.low for when, _ in group), max(when.high for when, _ in group)
        before = [entry for entry in passes if entry[0].high < first]
        after = [entry for entry in passes if entry[0].low > last]
        opened = max(before, key=lambda entry: (entry[0].high, entry[0].low, entry[1]["row"]), default=None)
        closed = min(after, key=lambda entry: (entry[0].low, entry[0].high, entry[1]["row"]), default=None)
        end = datetime.combine(as_of, datetime.min.time()) + DAY - SECOND
        surely = (opened[0].high + SECOND if opened else DAWN, closed[0].low - SECOND if closed else end)
        perhaps = (opened[0].low if opened else DAWN, closed[0].high if closed else end)
        ends = [entry[1]["row"] for entry in (*before, *after)]
        counting = {each["row"] for when, each in placed if when.has_day and _fails(each)}
        unsure = {
            each["row"]
            for when, each in own
            if each["row"] not in ends
            and each["row"] not in counting
            and (when is None or (when.low <= perhaps[1] and when.high >= perhaps[0]))
        }
        yield Stretch(
            machine, [each["row"] for _, each in group], opened[1] if opened else None, closed[1] if closed else None,
            unsure, surely, perhaps, [each for _, each in group],
        )  # fmt: skip


def by_hand(machine: str, period: Period | None, as_of: date) -> Stretch:
    """The window of all loads of a machine on some days."""
    end = datetime.combine(as_of, datetime.min.time()) + DAY - SECOND
    if period is None:
        span = (DAWN, end)
    else:
        midnight = datetime.min.time()
        last = datetime.combine(period.last, midnight) + DAY - SECOND
        span = (datetime.combine(period.first, midnight), min(last, end))
    return Stretch(machine, [], None, None, set(), span, span)


@dataclass
class Load:
    """A load of a window."""

    row: int
    sure: bool
    fate: str
    called_back: bool
    uses: int
    first: datetime | None
    key: str


def loads(studio: Records, window: Stretch, as_of: date) -> list[Load]:
    """The loads of a window."""
    cycles = studio.rows["sterilization_cycles"]
    proved = {
        row["row"]
        for test in (window.opened, window.closed)
        if test
        for row in [lead(test, "cycle_id", cycles, "cycle_id")[1]]
        if row
    }
    tested = {
        row["row"] for test in window.failed_rows for row in [lead(test, "cycle_id", cycles, "cycle_id")[1]] if row
    }
    found = []
    for run in cycles:
        when, machine = moment(run, "started_at"), _machine(run)
        kind = said(run, "cycle_type")
        uses = sum(_names(studio, entry, run, as_of) for entry in studio.rows["session_supplies"])
        outside = said(run, "provider") is not None
        odd = outside or kind in ("bowie_dick", "helix", "leak_test", "control_test", "warm_up", "drying")
        if odd and not any(_cycle_of(studio, entry)[1] is run for entry in studio.rows["session_supplies"]):
            continue
        if (outside and machine != window.machine) or not not_after(when, as_of):
            continue
        own = run["row"] in tested
        if run["row"] in proved and not own:
            continue
        if not own:
            if machine not in (None, window.machine) and not _may_be_the_machine(studio, window.machine, machine):
                continue
            if when and not (when.low <= window.perhaps[1] and when.high >= window.perhaps[0]):
                continue
        inside = bool(when and window.surely[0] <= when.low and when.high <= window.surely[1])
        disposition = said(run, "disposition")
        back = disposition in CALLED_BACK
        fate = "used" if uses else "called_back" if back else "released" if disposition == "released" else "not_told"
        found.append(
            (
                when.low if when else DUSK, run["file"], run["line"],
                Load(
                    run["row"], not odd and (own or (machine == window.machine and inside)), fate, back, uses,
                    when.low if when else None, run["cycle_id"],
                ),
            )
        )  # fmt: skip
    return [each[-1] for each in sorted(found, key=lambda each: each[:3])]


def _may_be_the_machine(studio: Records, machine: str, name: str) -> bool:
    """Whether a run's machine may be the one that is meant, of names that are spelled in one way only."""
    listed = {_machine(each) for each in studio.rows["equipment"]}
    runs = {_machine(each) for each in studio.rows["sterilization_cycles"]}
    return machine not in runs and not {machine, name} <= listed


def _lot_of(studio: Records, entry: Row) -> tuple[str, Row | None]:
    return lead(entry, "lot_id", studio.rows["supply_lots"], "lot_id")


def _cycle_of(studio: Records, entry: Row) -> tuple[str, Row | None]:
    """Where the cycle of an entry leads: its own, else that of its lot."""
    cycles = studio.rows["sterilization_cycles"]
    how, run = lead(entry, "cycle_id", cycles, "cycle_id")
    lot = _lot_of(studio, entry)[1]
    return lead(lot, "cycle_id", cycles, "cycle_id") if how == "blank" and lot else (how, run)


def _session_of(studio: Records, entry: Row) -> Row | None:
    return lead(entry, "session_id", studio.rows["sessions"], "session_id")[1]


def _names(studio: Records, entry: Row, run: Row, as_of: date) -> bool:
    session = _session_of(studio, entry)
    if session and not not_after(moment(session, "started_at"), as_of):
        return False
    return _cycle_of(studio, entry)[1] is run


def sessions(studio: Records, as_of: date) -> list[Row]:
    """The sessions that are looked at, in the order of day, file and line."""
    found = [
        each for each in studio.rows["sessions"] if not each["made_up"] and not_after(moment(each, "started_at"), as_of)
    ]
    return sorted(
        found,
        key=lambda each: (
            when.low if (when := moment(each, "started_at")) else DUSK, each["file"], each["line"],
        ),
    )  # fmt: skip


def performed(session: Row) -> bool:
    """Whether a session took place, or nothing says that it did not."""
    return said(session, "status") not in ("booked", "cancelled", "no_show", "refused")


def _ends(session: Row, when: Moment) -> datetime:
    """The last second that a session may have had."""
    end = moment(session, "ended_at")
    return max(when.high, end.high) if end else when.high


@dataclass
class Reached:
    """What is said of one session: the reason, and the entry and the target that decide (-1 where none does)."""

    session: int
    because: str
    supply: int = -1
    target: int = -1

    @property
    def strength(self) -> str:
        if self.because == "named":
            return "certain"
        return "possible" if ORDER.index(self.because) < ORDER.index("before") else "excluded"


def _entries(studio: Records, session: Row) -> list[Row]:
    return [each for each in studio.rows["session_supplies"] if _session_of(studio, each) is session]


def _strongest(found: list[tuple[str, int, int]]) -> tuple[str, int, int]:
    return min(found, key=lambda each: (ORDER.index(each[0]), each[1]))


def by_loads(studio: Records, window: Stretch, found: list[Load], as_of: date) -> list[Reached]:
    """What a look-back says of each session."""
    of = {each.row: each for each in found}
    lows = [each.first or window.perhaps[0] for each in found]
    first = min(lows) if lows else window.perhaps[0]
    all_back = bool(found) and all(each.called_back and not each.uses for each in found)
    all_back = all_back and "sterilization_cycles" in studio.handed_in
    single = studio.instruments == "single_use_only"
    out = []
    for session in sessions(studio, as_of):
        row, when = session["row"], moment(session, "started_at")
        entries = [_by_load(studio, each, of, single) for each in _entries(studio, session)]
        strong = [each for each in entries if each[0] in ("named", "load_uncertain")]
        if not performed(session):
            out.append(Reached(row, "status_contradicts" if strong else "not_performed"))
            continue
        if strong:
            out.append(Reached(row, *_strongest(strong)))
            continue
        if when and _ends(session, when) < first:
            unlogged = [each for each in entries if each[0] in ("key_dangling", "key_unreadable")]
            may_be = unlogged and _ends(session, when) >= window.perhaps[0]
            out.append(Reached(row, *_strongest(unlogged)) if may_be else Reached(row, "before"))
            continue
        if entries:
            because, supply, target = _strongest(entries)
            out.append(Reached(row, "called_back" if all_back and because == "key_blank" else because, supply, target))
            continue
        out.append(Reached(row, _alone(studio, when, single, all_back)))
    return out


def _alone(studio: Records, when: Moment | None, single: bool, all_back: bool) -> str:
    if single:
        return "not_sterilized_here"
    if "session_supplies" in studio.handed_in and all_back:
        return "called_back"
    if when is None or not when.has_day:
        return "day_unknown"
    return "nothing_written" if "session_supplies" in studio.handed_in else "no_log"


def _by_load(studio: Records, entry: Row, of: dict[int, Load], single: bool) -> tuple[str, int, int]:
    how, run = _cycle_of(studio, entry)
    if run:
        load = of.get(run["row"])
        because = "other_named" if load is None else "named" if load.sure else "load_uncertain"
        return because, entry["row"], run["row"]
    if how in ("dangling", "unreadable"):
        return f"key_{how}", entry["row"], -1
    lot = _lot_of(studio, entry)[1]
    single = single and said(entry, "item_type") != "reusable_instrument" and not (lot and said(lot, "sterile") == "no")
    because = "not_sterilized_here" if single or _sterile_from_outside(studio, entry) else "key_blank"
    return because, entry["row"], -1


def _sterile_from_outside(studio: Records, entry: Row) -> bool:
    lot = _lot_of(studio, entry)[1]
    if (said(entry, "item_type") or (lot and said(lot, "item_type"))) in NEVER_STERILIZED:
        return True
    if lot is None or said(lot, "sterile") == "no":
        return False
    told = said(lot, "sterile") == "yes" or said(lot, "single_use") == "yes"
    return told or moment(lot, "expires_on") is not None


@dataclass
class Meant:
    """The lots that are meant: row → surely."""

    sure: dict[int, bool]
    rows: list[Row]


def numbered(studio: Records, number: str, as_of: date) -> Meant:
    """The lots under a number."""
    sure, rows = {}, []
    for lot in studio.rows["supply_lots"]:
        own = said(lot, "lot_number")
        if own is None or own == UNTOLD or not not_after(moment(lot, "received_on"), as_of):
            continue
        if (found := _same_number(own, number)) is not None:
            sure[lot["row"]] = found
            rows.append(lot)
    return Meant(sure, rows)


def _same_number(own: str, number: str) -> bool | None:
    """True: the same lot number; False: it may be meant for it; None: another."""
    a, b = lot_text(own), lot_text(number)
    if a == b:
        return True
    return False if _bare(a) & _bare(b) or similar(a, b) else None


def _bare(number: str) -> set[str]:
    """A lot number without dashes, dots and leading zeros, as it is and with letters that look like figures as these."""
    signs = re.sub(r"[^A-Z0-9]", "", number)
    figures = signs.translate(str.maketrans("OIL", "011"))
    by_part = re.sub(r"[^A-Z0-9]", "", _unpadded(number))
    return {_unpadded(signs), by_part, _unpadded(figures)} - {""}


def _unpadded(number: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", number)


def _kind(row: Row) -> str | None:
    item = said(row, "item_type")
    return "needle" if item in NEEDLES else None if item == UNTOLD else item


def _may_be(side: Row, thing: Row) -> bool:
    """Whether nothing that is written on both sides contradicts: kind, brand, product and colour."""
    mine, kind = _kind(side), _kind(thing)
    if mine and kind and mine != kind:
        return False
    a, b = (normal(_told(each, "brand") or "") for each in (side, thing))
    brands = not a or not b or similar(a, b) or a == b or _within(a, b)
    return brands and _may_be_called(side, thing)


def _within(a: str, b: str) -> bool:
    return set(a.split()) <= set(b.split()) or set(b.split()) <= set(a.split())


def _may_be_called(side: Row, thing: Row) -> bool:
    """Whether product and colour of both may be of one thing: a size or a word more, or a letter off, is none less.

    A name may stand in either column; where both write the same product, the colours decide.
    """
    one, other = ([_without_sizes(_told(each, c) or "") for c in ("product", "color")] for each in (side, thing))
    both = [bool(x and y) for x, y in zip(one, other, strict=True)]
    alike = [x and y and (_within(x, y) or similar(x, y)) for x, y in zip(one, other, strict=True)]
    whole = _within(" ".join(one).strip(), " ".join(other).strip())
    if alike[0]:
        return bool(alike[1]) or not both[1]
    if alike[1]:
        words = [[set(text.split()) for text in each] for each in (one, other)]
        return not both[0] or words[0][0] <= words[1][1] or words[1][0] <= words[0][1]
    return whole or not any(both)


def _may_be_recalled(side: Row, name: str) -> bool:
    """Whether product or colour, or both together, may be the name that is called back; nothing written may be any."""
    own = [text for column in ("product", "color") if (text := _without_sizes(_told(side, column) or ""))]
    wanted = _without_sizes(name)
    return not own or not wanted or any(_within(x, wanted) or similar(x, wanted) for x in [*own, " ".join(own)])


def by_lots(studio: Records, meant: Meant, number: str, as_of: date) -> list[Reached]:
    """What a lot number says of each session."""
    received = [moment(each, "received_on") for each in meant.rows]
    first = min(each.low for each in received if each) if received and all(received) else None
    kinds = {_kind(each) for each in meant.rows}
    return _reached(studio, lambda entry: _by_lot(studio, entry, meant, number), kinds, first, as_of)


def _reached(
    studio: Records,
    judge: Callable[[Row], tuple[str, int, int]],
    kinds: set[str | None],
    first: datetime | None,
    as_of: date,
) -> list[Reached]:
    out = []
    for session in sessions(studio, as_of):
        row, when = session["row"], moment(session, "started_at")
        written = _entries(studio, session)
        entries = [judge(each) for each in written]
        strong = [each for each in entries if each[0] in ("named", "lot_uncertain")]
        if not performed(session):
            out.append(Reached(row, "status_contradicts" if strong else "not_performed"))
        elif strong and _strongest(strong)[0] == "named":
            out.append(Reached(row, *_strongest(strong)))
        elif first and when and _ends(session, when) < first:
            out.append(Reached(row, "before"))
        else:
            alone = _lots_alone(studio, kinds, written, when)
            because, by, to = _strongest([*entries, *([(alone, LAST, -1)] if alone else [])])
            out.append(Reached(row, because, -1 if by == LAST else by, to))
    return out


def _lots_alone(studio: Records, kinds: set[str | None], written: list[Row], when: Moment | None) -> str | None:
    """What stands for a session of which no entry of the lots' kind is written; None where one is."""
    if written and (not kinds or None in kinds or kinds & {_kind_of_entry(studio, each) for each in written}):
        return None
    if written and kinds <= MAY_BE_LEFT_OUT:
        return "not_of_this"
    if when is None or not when.has_day:
        return "day_unknown"
    return "nothing_written" if "session_supplies" in studio.handed_in else "no_log"


def _kind_of_entry(studio: Records, entry: Row) -> str | None:
    lot = _lot_of(studio, entry)[1]
    return _kind(entry) or (_kind(lot) if lot else None)


def _by_lot(studio: Records, entry: Row, meant: Meant, number: str) -> tuple[str, int, int]:
    how, lot = _lot_of(studio, entry)
    row, to = entry["row"], lot["row"] if lot else -1
    own, listed = _told(entry, "lot_number"), _told(lot, "lot_number") if lot else None
    same = _same_number(own, number) if own else None
    if listed and (found := _same_number(listed, number)) is not None:
        return ("named" if found else "lot_uncertain"), row, to
    if listed:
        return ("other_named" if same is None else "lot_uncertain"), row, to
    if own:
        return ("other_named" if same is None else "named" if same else "lot_uncertain"), row, to
    if not meant.rows and _cycle_of(studio, entry)[1]:
        return "other_named", row, -1
    may = not meant.rows or any(_may_be(_whole(studio, entry), each) for each in meant.rows)
    return _silent(entry, how) if may else "not_of_this", row, -1


def _whole(studio: Records, entry: Row) -> Row:
    """An entry with what it leaves blank taken from its lot."""
    lot = _lot_of(studio, entry)[1] or {}
    kept = ("item_type",) if lot.get("made_up") else TOLD
    return {column: said(entry, column) or (said(lot, column) if column in kept else "") or "" for column in TOLD}


def _silent(entry: Row, how: str) -> str:
    """Why the number of an entry's lot is not known."""
    if UNTOLD in (said(entry, "lot_number"), said(entry, "lot_id")):
        return "key_unreadable"
    return "key_dangling" if how == "dangling" else "key_blank"


@dataclass
class Entry:
    """An entry of a list of recalls, as far as it is compared."""

    id: str
    kind: str
    brands: list[str]
    products: list[str]
    lots: list[str]
    first: date | None
    last: date | None


@dataclass
class Recalled:
    """What an entry of a list of recalls makes of a studio's lots and entries of supplies: row → how it matches."""

    lots: dict[int, str]
    entries: dict[int, str]


def recalled(studio: Records, entry: Entry, as_of: date) -> Recalled:
    """Which lots and entries of supplies an entry of a list of recalls matches.

    A lot that only entries mention is as all of them say; an entry that matches, of a listed lot that does not,
    contradicts itself: it only may be meant. A recall of every lot surely means none that came after it.
    """
    lots = {each["row"]: each for each in studio.rows["supply_lots"] if not_after(moment(each, "received_on"), as_of)}
    listed = {row: _match(lot, entry) for row, lot in lots.items() if not lot["made_up"]}
    used: dict[int, str | None] = {}
    looked_at = [each["row"] for each in sessions(studio, as_of)]
    mentions: dict[int, list[str | None]] = {}
    nowhere = set()
    for each in studio.rows["session_supplies"]:
        session = _session_of(studio, each)
        lot = _lot_of(studio, each)[1]
        if session is None and lot:
            nowhere.add(lot["row"])
        if session is None or session["row"] not in looked_at:
            continue
        match = _match(_whole(studio, each), entry)
        if lot and _came_later(lot, entry) and match == "certain":
            match = "possible"
        if lot and not lot["made_up"] and listed.get(lot["row"]) is None:
            match = "possible" if match == "certain" else None
        used[each["row"]] = match
        if lot:
            mentions.setdefault(lot["row"], []).append(match)
    for row, lot in lots.items():
        if _came_later(lot, entry) and listed.get(row) == "certain":
            listed[row] = "possible"
        if lot["made_up"]:
            said_of_it = mentions.get(row) or ([_match(lot, entry)] if row in nowhere else [])
            best = next((m for m in MATCHES if m in said_of_it), None)
            listed[row] = "possible" if best == "certain" and set(said_of_it) != {"certain"} else best
    return Recalled({row: m for row, m in listed.items() if m}, {row: m for row, m in used.items() if m})


def _came_later(lot: Row, entry: Entry) -> bool:
    received = moment(lot, "received_on")
    return entry.lots == ["*"] and bool(entry.last and received and received.low.date() > entry.last)


def by_recall(studio: Records, entry: Entry, found: Recalled, as_of: date) -> list[Reached]:
    """What a recall says of each session."""
    rows = {each["row"]: each for each in studio.rows["supply_lots"]}
    received = [moment(rows[row], "received_on") for row in found.lots]
    first = min(each.low for each in received if each) if received and all(received) else None
    strangers = [
        each for each in studio.rows["session_supplies"]
        if each["row"] in found.entries and ((lot := _lot_of(studio, each)[1]) is None or lot["row"] not in found.lots)
    ]  # fmt: skip
    kinds: set[str | None] = {_recalled_kind(entry)}
    return _reached(
        studio, lambda each: _by_recall(studio, each, entry, found), kinds, None if strangers else first, as_of
    )


def _recalled_kind(entry: Entry) -> str:
    return {"ink": "pigment"}.get(entry.kind, entry.kind)


def _by_recall(studio: Records, own: Row, entry: Entry, found: Recalled) -> tuple[str, int, int]:
    how, lot = _lot_of(studio, own)
    row, to = own["row"], lot["row"] if lot else -1
    words = found.entries.get(row)
    if lot and not lot["made_up"]:
        of_lot = found.lots.get(lot["row"])
        if of_lot is None and words is None:
            return "other_named", row, to
        both = {of_lot == "certain", words == "certain"} == {True} or (of_lot == "certain" and words is not None)
        named = both or (words == "certain" and of_lot is not None)
        return ("named" if named else "lot_uncertain"), row, to
    if lot or _told(own, "lot_number") or words == "certain":
        return ("named" if words == "certain" else "lot_uncertain" if words else "other_named"), row, to
    whole = _whole(studio, own)
    may = any(_may_be(whole, {"item_type": _recalled_kind(entry), "brand": brand}) for brand in entry.brands)
    may = may and any(_may_be_recalled(whole, name) for name in entry.products or [""])
    return _silent(own, how) if may else "not_of_this", row, -1


def _match(own: Row, entry: Entry) -> str | None:
    if _kind(own) not in (None, _recalled_kind(entry)):
        return None
    brand, product, number = _brand(own, entry), _product(own, entry), _number(own, entry)
    if "no" in (brand, product, number):
        return None
    if not entry.lots:
        return "brand_only" if brand == "yes" else None
    if (brand, product, number) == ("yes", "yes", "yes"):
        return "certain"
    if number == "yes" and (brand == "yes" or "*" not in entry.lots):
        return "possible"
    if brand == "yes" and (product == "yes" or (product, number) == ("blank", "similar")):
        return "possible"
    nameless = not _told(own, "product") and not _told(own, "color")
    return "brand_only" if brand == "yes" and nameless and number == "blank" else None


def _told(row: Row, column: str) -> str | None:
    text = said(row, column)
    return None if text is None or text == UNTOLD else text


def _brand(own: Row, entry: Entry) -> str:
    text = _told(own, "brand")
    if text is None:
        return "blank"
    brand, brands = normal(text), [normal(each) for each in entry.brands]
    if brand in brands:
        return "yes"
    return "similar" if any(similar(brand, each) or _within(brand, each) for each in brands) else "no"


def _product(own: Row, entry: Entry) -> str:
    if not entry.products:
        return "yes"
    texts = [each for column in ("product", "color") if (each := _told(own, column))]
    if not texts:
        return "blank"
    texts += [" ".join(texts)]
    for name in entry.products:
        words = set(_without_sizes(name).split())
        if words <= set(_without_sizes(texts[-1]).split()) or normal(name) in map(normal, texts):
            return "yes"
    names = [_without_sizes(name) for name in entry.products]
    if any(similar(_without_sizes(text), name) for text in texts for name in names):
        return "similar"
    own = set(_without_sizes(texts[-1]).split())
    return "similar" if own and any(own <= set(name.split()) for name in names) else "no"


def _without_sizes(name: str) -> str:
    """A product's name in normal form without sizes: 30 ml, 1/2oz, 118.3 ml."""
    return normal(re.sub(r"\d[\d./]*\s*(ml|oz|cl|g)\b", " ", name.casefold()).replace("/", " "))


def _number(own: Row, entry: Entry) -> str:
    text = _told(own, "lot_number")
    if not entry.lots or "*" in entry.lots:
        return "yes"
    if text is None:
        return "blank"
    same = [_same_number(text, each) for each in entry.lots]
    return "yes" if True in same else "similar" if False in same else "no"


def by_key(studio: Records, kind: str, key: str, period: Period | None, as_of: date) -> list[Reached]:
    """What a practitioner, client, station or period says of each session."""
    column = {"practitioner": "practitioner_id", "client": "client_id", "station": "station"}.get(kind)
    out = []
    for session in sessions(studio, as_of):
        when = moment(session, "started_at")
        if not performed(session):
            because = "not_performed"
        else:
            found = "named"
            if column:
                own = said(session, column)
                found = (
                    "nothing_written" if own in (None, UNTOLD)
                    else "named" if normal(own) == normal(key) else "other_named"
                )  # fmt: skip
            because = _in_period(found, when, period)
        out.append(Reached(session["row"], because))
    return out


def _in_period(found: str, when: Moment | None, period: Period | None) -> str:
    if period is None:
        return found
    if when and (when.high.date() < period.first or when.low.date() > period.last):
        return "not_of_this"
    if when and when.low.date() >= period.first and when.high.date() <= period.last:
        return found
    return "day_unknown" if found == "named" else found


def apart(studio: Records, strength: list[int], entry: Entry, as_of: date) -> tuple[list[int], list[int]]:
    """The places of exposed sessions before a recall was published, and on or after it."""
    before, after = [], []
    for place, session in enumerate(sessions(studio, as_of)):
        when = moment(session, "started_at")
        if not strength[place] or when is None or entry.first is None or entry.last is None:
            continue
        if when.high.date() < entry.first:
            before.append(place)
        elif when.low.date() > entry.last or (entry.first == entry.last and when.low.date() == entry.first):
            after.append(place)
    return before, after
