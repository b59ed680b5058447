"""What stands beside an answer: what could not be traced, logs that were not handed in, lines left out, the files."""

from collections.abc import Sequence

from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text
from smpcompliance.report.sections.places import LISTED, line, place
from smpcompliance.report.trace.reached import shown
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.gaps import LEAVE_NOBODY_OPEN
from smpcompliance.trace.run import Gap, Kind, Trace, Traced

_OF_LOADS = ("spore_tests", "sterilization_cycles")
_PLACES = 5
NEEDED: dict[Kind, tuple[str, ...]] = {
    "failed_tests": ("sessions", "session_supplies", *_OF_LOADS),
    "equipment": ("sessions", "session_supplies", "sterilization_cycles"),
    "lot": ("sessions", "session_supplies", "supply_lots"),
    "recalls": ("sessions", "session_supplies", "supply_lots"),
    "practitioner": ("sessions",),
    "client": ("sessions", "session_supplies"),
    "station": ("sessions",),
    "period": ("sessions",),
    "drill": ("sessions", "session_supplies"),
}
"""The logs without which a question has no whole answer."""


def lacking(trace: Trace, studio: Studio) -> tuple[str, ...]:
    """The logs that a studio did not hand in and that the question needs; a studio without a steriliser owes none."""
    code = trace.logs.studios.index(studio)
    needed = NEEDED[trace.query.kind]
    if studio.instruments == "single_use_only":
        needed = tuple(log for log in needed if log not in _OF_LOADS)
    return tuple(log for log in needed if not trace.logs.has(log)[code])


def beside(trace: Trace, studio: Studio) -> list[Gap]:
    """What could not be traced and belongs to no single window, lot or person."""
    return [gap for id, gap in trace.gaps if id == studio.studio_id]


def lines_left_out(trace: Trace) -> int:
    """Lines and files that could not be used: each may hold what would expose somebody."""
    return sum(place.column is None for _, place in trace.unreadable)


def incomplete(trace: Trace) -> bool:
    """Whether something could not be told that may concern somebody."""
    open_ = trace.gaps or any(gap.what not in LEAVE_NOBODY_OPEN for each in trace.traced for gap in each.gaps)
    lack = any(lacking(trace, studio) for studio in trace.studios)
    return bool(open_ or lack or lines_left_out(trace))


def gaps(traced: Traced, withheld: Withheld, words: Words) -> list[Block]:
    """What could not be traced and which record would settle it, most sessions first."""
    out: list[Block] = [Heading(3, words("trace.gaps.title"))]
    if not traced.gaps:
        return [*out, Text(words("trace.gaps.none"))]
    return [*out, Text(words("trace.gaps.intro")), _table(traced.gaps, withheld, words)]


def gaps_beside(trace: Trace, studio: Studio, withheld: Withheld, words: Words) -> list[Block]:
    """What could not be traced at all: failed tests that open no window, nothing to draw."""
    found = beside(trace, studio)
    return [Heading(2, words("trace.gaps.beside")), _table(found, withheld, words)] if found else []


def _table(found: Sequence[Gap], withheld: Withheld, words: Words) -> Table:
    heads = tuple(words(f"trace.gaps.heads.{name}") for name in ("what", "n", "settle", "places"))
    rows = tuple(_gap(each, withheld, words) for each in found)
    return Table(heads, rows, (34, 12, 28, 26), named=True, about=words("trace.gaps.about"))


def _gap(each: Gap, withheld: Withheld, words: Words) -> tuple[Cell, ...]:
    places = [place(shown(one, withheld), words) for one in each.evidence[:_PLACES]]
    column = each.column.replace("_", " ")
    settle = words("trace.gaps.settle", log=words(f"logs.{each.log}"), column=column)
    return (
        Cell(words(f"trace.gap.{each.what}")),
        Cell(words("trace.gaps.of", n=each.count, of=each.of)),
        Cell(settle),
        Cell(places[0] if places else "–", tuple(places[1:])),
    )


def unread(trace: Trace, studio: Studio, withheld: Withheld, words: Words) -> list[Block]:
    """Lines that were left out, and cells that could not be read, without their text."""
    found = [where for id, where in trace.unreadable if id == studio.studio_id]
    found.sort(key=lambda where: where.column is not None)
    out: list[Block] = [Heading(2, words("trace.unread.title"))]
    if not found:
        return [*out, Text(words("unreadable.none"))]
    rows = tuple(
        (
            Cell(line(where.file, where.sheet, where.line, words)),
            Cell(words("place.column", column=where.column) if where.column else words("unreadable.line")),
            Cell(withheld(where.reason)),
        )
        for where in found[:LISTED]
    )
    heads = tuple(words(f"trace.unread.heads.{name}") for name in ("place", "what", "reason"))
    table = Table(heads, rows, (36, 22, 42), about=words("unreadable.about"))
    more = [Text(words("trace.unread.cut", shown=LISTED, n=len(found)), "note")] if len(found) > LISTED else []
    lines = sum(where.column is None for where in found)
    intro = words("trace.unread.intro", n=lines, cells=len(found) - lines)
    return [*out, Text(intro), table, *more]


def files(trace: Trace, studio: Studio, words: Words) -> list[Block]:
    """The files that were read, with their hashes."""
    found = [each for each in trace.inputs if each.studio_id == studio.studio_id and each.log]
    out: list[Block] = [Heading(2, words("files.title"))]
    if not found:
        return [*out, Text(words("files.none"))]
    heads = tuple(words(f"files.heads.{name}") for name in ("file", "log", "rows"))
    rows = tuple(
        (
            Cell(
                words("place.sheet", file=each.file, sheet=each.sheet) if each.sheet else each.file,
                (words("files.hash", hash=each.sha256),),
            ),
            Cell(words(f"logs.{each.log}")),
            Cell(words.number(each.rows)),
        )
        for each in found
    )
    return [*out, Table(heads, rows, (66, 24, 10), frozenset({2}), named=True, about=words("files.about"))]
