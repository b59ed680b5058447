"""A strip per steriliser over the year: loads by day, spore tests, what failed, and where nothing was written down."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.dates import Ints, Mask
from smpcompliance.report.page import Block, Figure, Line, Mark, Rect, Shape, Table, Tone
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import centred, listed, said, start, width
from smpcompliance.report.pictures.months_axis import HEAD, Days, months_head, period_entry
from smpcompliance.report.pictures.stretches import Stretch, Stretches, without_test
from smpcompliance.report.pictures.view import View, row

SHOWN = 12
"""Sterilisers that are drawn."""
SILENCE = 14
"""Days without any record of a steriliser that are drawn as a gap; a choice of the picture, no number of law."""
_LOADS, _TESTS = "sterilization_cycles", "spore_tests"
_LEFT, _RIGHT, _ROW, _BARS = 88.0, 478.0, 50.0, 19.0
_ENDS: dict[str, Mark] = {
    "pass": Mark(0, 0, "circle", "good", 4.6),
    "pending": Mark(0, 0, "ring", "open", 5.4),
    "unsaid": Mark(0, 0, "square", "open", 4.4),
    "void": Mark(0, 0, "triangle", "major", 5.6),
    "fail": Mark(0, 0, "cross", "critical", 6.0),
}
"""How a spore test ended, in the order drawn: what is worse lies on top."""
_FAILED = Mark(0, 0, "diamond", "critical", 4.6)


@dataclass(frozen=True)
class _Machine:
    """A steriliser and its days: loads by day, failed loads, tests by end, first and last day, silences."""

    name: str
    loads: Ints
    failed: Ints
    tests: dict[str, Ints]
    service: tuple[int, int]
    silent: tuple[tuple[int, int], ...]
    stretches: tuple[Stretch, ...]

    @property
    def pressing(self) -> int:
        return len(self.failed) + len(self.tests["fail"]) + len(self.tests["void"]) + len(self.stretches)


@dataclass(frozen=True)
class _Records:
    """Records of a log with a day in the year shown: their day, their steriliser, and how many others there are."""

    rows: Ints
    day: Ints
    machine: Ints
    names: list[str]
    undated: int
    nameless: int


def sterilisers(view: View) -> list[Block]:
    """The strips of a studio's sterilisers, those with most trouble chosen where there are many."""
    if not (view.has(_LOADS) or view.has(_TESTS)):
        return view.lacking("sterilisers", (_LOADS, _TESTS))
    loads, tests = _records(view, _LOADS, "started_at"), _records(view, _TESTS, "tested_at")
    judged = without_test(view.results)
    machines = _machines(view, loads, tests, judged)
    if not machines:
        return view.lacking("sterilisers", (_LOADS, _TESTS))
    chosen = sorted(sorted(machines, key=lambda m: (-m.pressing, m.name))[:SHOWN], key=lambda m: m.name)
    shapes, height = _drawn(view, chosen, judged)
    words = view.words
    alt = words("pictures.sterilisers.alt", n=len(machines), first=said(view.first, words), last=said(view.last, words))
    alt += (
        " " + listed([_in_words(view, m, judged) for m in sorted(machines, key=lambda m: -m.pressing)], 6, words) + "."
    )
    figure = Figure(words("pictures.sterilisers.title"), alt, tuple(shapes), height, _table(view, chosen, judged))
    return [figure, *view.notes(_notes(view, loads, tests, judged, len(machines) - len(chosen)))]


def _records(view: View, log: str, when: str) -> _Records:
    rows = view.rows(log)
    days, (machine, names) = view.days(log, when, rows), view.names(log, "equipment_id", rows)
    shown = days.known & (days.first >= view.first) & (days.first <= view.last)
    undated, nameless = int((~days.known).sum()), int((shown & (machine < 0)).sum())
    keep = shown & (machine >= 0)
    return _Records(rows[keep], days.first[keep], machine[keep], names, undated, nameless)


def _machines(view: View, loads: _Records, tests: _Records, judged: Stretches) -> list[_Machine]:
    is_load = view.is_one_of(_LOADS, "cycle_type", loads.rows, ["load"])
    failed = is_load & view.is_one_of(_LOADS, "result", loads.rows, ["fail", "aborted"])
    ended = {end: view.is_one_of(_TESTS, "result", tests.rows, [end]) for end in _ENDS if end != "unsaid"}
    ended["unsaid"] = ~np.logical_or.reduce(list(ended.values()))
    register = _register(view)
    seen = {loads.names[n] for n in np.unique(loads.machine)} | {tests.names[n] for n in np.unique(tests.machine)}
    of_loads, of_tests = ({name: n for n, name in enumerate(records.names)} for records in (loads, tests))
    out = []
    for name in sorted(seen | set(register)):
        mine, tested = loads.machine == of_loads.get(name, -2), tests.machine == of_tests.get(name, -2)
        days = np.unique(np.concatenate([loads.day[mine], tests.day[tested]]))
        begin, finish = _in_service(days, *register.get(name, (None, None)), view)
        out.append(
            _Machine(
                name,
                np.bincount(loads.day[mine & is_load] - view.first, minlength=view.last - view.first + 1),
                loads.day[mine & failed],
                {end: tests.day[tested & mask] for end, mask in ended.items()},
                (begin, finish),
                _silent(days, begin, finish),
                tuple(s for s in judged.of(name) if s.last >= view.first and s.first <= view.last),
            )
        )
    return out


def _register(view: View) -> dict[str, tuple[int | None, int | None]]:
    """The sterilisers of the register that were in service in the year shown, with first and last day if written."""
    rows = view.rows("equipment")
    rows = rows[view.is_one_of("equipment", "equipment_type", rows, ["sterilizer"])]
    names, texts = view.names("equipment", "equipment_id", rows)
    begin, until = view.days("equipment", "installed_on", rows), view.days("equipment", "retired_on", rows)
    here = (names >= 0) & ~(begin.known & (begin.first > view.last)) & ~(until.known & (until.last < view.first))
    return {
        texts[names[n]]: (
            int(begin.first[n]) if begin.known[n] else None,
            int(until.last[n]) if until.known[n] else None,
        )
        for n in np.flatnonzero(here)
    }


def _in_service(days: Ints, installed: int | None, retired: int | None, view: View) -> tuple[int, int]:
    """The first and last day shown on which records may be awaited: of service, else from the first record on."""
    begin = installed if installed is not None else int(days[0]) if len(days) else view.first
    return max(view.first, begin), min(view.last, retired if retired is not None else view.last)


def _silent(days: Ints, begin: int, finish: int) -> tuple[tuple[int, int], ...]:
    """The stretches of more than `SILENCE` days of service without a record."""
    edges = np.concatenate([[begin - 1], days[(days >= begin) & (days <= finish)], [finish + 1]])
    long = np.flatnonzero(np.diff(edges) > SILENCE + 1)
    return tuple((int(edges[n]) + 1, int(edges[n + 1]) - 1) for n in long)


def _drawn(view: View, machines: Sequence[_Machine], judged: Stretches) -> tuple[list[Shape], float]:
    days = Days(view.first, view.last, _LEFT, _RIGHT)
    most = max(1, *(int(machine.loads.max(initial=0)) for machine in machines))
    bottom = HEAD + _ROW * len(machines)
    shapes = months_head(days, view.words, bottom, view.period)
    tone = _tone(judged)
    for n, machine in enumerate(machines):
        shapes += _strip(view, machine, days, HEAD + n * _ROW, most, tone)
    signs, height = legend(_entries(view, machines, judged, tone, most), bottom + 4)
    return shapes + signs, height


def _tone(judged: Stretches) -> Tone:
    order: tuple[Tone, ...] = ("critical", "major", "minor", "advice")
    return min((rule.severity for rule in judged.rules), key=order.index, default="critical")


def _strip(view: View, machine: _Machine, days: Days, top: float, most: int, tone: Tone) -> list[Shape]:
    words, base, lane = view.words, top + 39.0, top + 12.0
    total, tests = int(machine.loads.sum()), sum(map(len, machine.tests.values()))
    shapes: list[Shape] = [
        start(0, top + 15, machine.name, _LEFT - 8, strong=True),
        start(0, top + 26, words("pictures.sterilisers.loads", n=total), _LEFT - 8),
        start(0, top + 36, words("pictures.sterilisers.tests", n=tests), _LEFT - 8),
        Line(0, top + _ROW, _RIGHT, top + _ROW, "advice", 0.2),
    ]
    for stretch in machine.stretches:
        left, wide = days.span(stretch.first, stretch.last)
        look = Rect(
            left, lane - 6, wide, 12, tone if stretch.sure else "open", "hatched" if stretch.sure else "outline"
        )
        shapes.append(look)
    shapes += _skyline(machine.loads, days, base, _BARS / most)
    shapes += _base(view, machine, days, base)
    for end, mark in _ENDS.items():
        shapes += _marks(mark, np.unique(machine.tests[end]), days, lane)
    return shapes + _marks(_FAILED, np.unique(machine.failed), days, base + 5)


def _skyline(loads: Ints, days: Days, base: float, unit: float) -> list[Shape]:
    """One bar for each run of days with the same number of loads."""
    starts = np.flatnonzero(np.diff(loads, prepend=-1))
    ends = np.append(starts[1:], len(loads)) - 1
    out: list[Shape] = []
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        if loads[first]:
            left, wide = days.span(days.first + first, days.first + last)
            high = round(float(loads[first]) * unit, 2)
            out.append(Rect(left, round(base - high, 2), max(wide - 0.25, 0.3), high))
    return out


def _base(view: View, machine: _Machine, days: Days, base: float) -> list[Shape]:
    """The line that the loads stand on, dashed where nothing was written down."""
    out: list[Shape] = []
    at, finish = machine.service
    for first, last in machine.silent:
        if first > at:
            out.append(Line(days.x(at), base, days.x(first), base, weight=0.4))
        out.append(Line(days.x(first), base, days.x(last + 1), base, weight=0.6, dashed=True))
        text = view.words("pictures.sterilisers.silent_days", n=last - first + 1)
        left, wide = days.span(first, last)
        if wide > width(text) + 4:
            out.append(centred(round(left + wide / 2, 2), base - 3, text))
        at = last + 1
    return [*out, Line(days.x(at), base, days.x(finish + 1), base, weight=0.4)] if at <= finish else out


def _marks(mark: Mark, at: Ints, days: Days, y: float) -> list[Shape]:
    return [Mark(days.middle(day), y, mark.shape, mark.tone, mark.size) for day in at.tolist()]


def _entries(
    view: View, machines: Sequence[_Machine], judged: Stretches, tone: Tone, most: int
) -> list[Entry]:  # fmt: skip
    words, out = view.words, []
    if any(machine.loads.any() for machine in machines):
        out.append(Entry(Rect(0, 0, 0, 0), words("pictures.sterilisers.legend.loads", n=most)))
    if any(len(machine.failed) for machine in machines):
        out.append(Entry(_FAILED, words("pictures.sterilisers.legend.failed")))
    for end, mark in _ENDS.items():
        if any(len(machine.tests[end]) for machine in machines):
            out.append(Entry(mark, words(f"pictures.sterilisers.legend.{end}")))
    marked = [stretch for machine in machines for stretch in machine.stretches]
    if any(stretch.sure for stretch in marked):
        advice = all(rule.severity == "advice" for rule in judged.rules)
        sign = Rect(0, 0, 0, 0, tone, "hatched")
        out.append(Entry(sign, words(f"pictures.sterilisers.legend.{'advised' if advice else 'due'}")))
    if not all(stretch.sure for stretch in marked):
        out.append(Entry(Rect(0, 0, 0, 0, "open", "outline"), words("pictures.sterilisers.legend.open")))
    if any(machine.silent for machine in machines):
        out.append(Entry(Line(0, 0, 1, 0, dashed=True), words("pictures.sterilisers.legend.silent", n=SILENCE)))
    return [*out, period_entry(words)]


def _ended(view: View, machine: _Machine) -> str:
    said_of = [
        view.words(f"pictures.sterilisers.ended.{end}", n=len(machine.tests[end]))
        for end in _ENDS
        if len(machine.tests[end])
    ]
    return ", ".join(said_of) or "0"


def _in_words(view: View, machine: _Machine, judged: Stretches) -> str:
    sure = sum(stretch.sure for stretch in machine.stretches)
    without = view.words("pictures.sterilisers.in_words_stretches", n=sure) if judged.rules else ""
    said_of = view.words(
        "pictures.sterilisers.in_words",
        name=machine.name,
        loads=int(machine.loads.sum()),
        failed=len(machine.failed),
        tests=_ended(view, machine),
    )
    return f"{said_of}{without}"


def _table(view: View, machines: Sequence[_Machine], judged: Stretches) -> Table:
    words = view.words
    heads = tuple(words(f"pictures.sterilisers.heads.{name}") for name in words.names("pictures.sterilisers.heads"))
    rows = tuple(
        row(
            machine.name,
            words.number(int(machine.loads.sum())),
            words.number(len(machine.failed)),
            _ended(view, machine),
            _stretches(view, machine, judged),
            _longest(view, machine),
        )
        for machine in machines
    )
    return Table(heads, rows, (15, 9, 12, 22, 26, 20), frozenset({1, 2}), True, words("pictures.sterilisers.about"))


def _stretches(view: View, machine: _Machine, judged: Stretches) -> str:
    words = view.words
    texts = [
        words(
            "pictures.sterilisers.stretch" if stretch.sure else "pictures.sterilisers.stretch_open",
            first=said(stretch.first, words),
            last=said(stretch.last, words),
        )
        for stretch in machine.stretches
    ]
    return listed(texts, 4, words) or words(f"pictures.sterilisers.{'no_stretch' if judged.rules else 'no_rule'}")


def _longest(view: View, machine: _Machine) -> str:
    words = view.words
    if not machine.silent:
        return words("pictures.sterilisers.not_silent", n=SILENCE)
    first, last = max(machine.silent, key=lambda span: span[1] - span[0])
    days = words("pictures.sterilisers.silent_days", n=last - first + 1)
    return words("pictures.sterilisers.longest", days=days, first=said(first, words), last=said(last, words))


def _notes(view: View, loads: _Records, tests: _Records, judged: Stretches, more: int) -> list[str]:
    words, unsaid = view.words, _unsaid(view, loads)
    out = [words("pictures.left_out.sterilisers", n=more)] if more else []
    cited = listed([f"{r.rule.citation.text} ({r.rule.id})" for r in judged.rules], 3, words)
    out.append(words(f"pictures.sterilisers.{'judged' if judged.rules else 'not_judged'}", rules=cited))
    counts = {
        "stretches": judged.left_out,
        "undated_loads": loads.undated,
        "undated_tests": tests.undated,
        "nameless_loads": loads.nameless,
        "nameless_tests": tests.nameless,
        "kindless": int(unsaid.sum()),
    }
    out += [words(f"pictures.left_out.{name}", n=n) for name, n in counts.items() if n]
    return out + view.absent((_LOADS, _TESTS))


def _unsaid(view: View, loads: _Records) -> Mask:
    """Runs whose kind is not written or cannot be read: they may be loads."""
    return np.asarray(view.cells(_LOADS, "cycle_type", loads.rows).why > 0)
