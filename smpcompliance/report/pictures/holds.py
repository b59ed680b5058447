"""How hot and how long each load of the period was held, beside the least that the rules ask."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Numbers
from smpcompliance.logs.numbers import number_text
from smpcompliance.report.page import Block, Cell, Figure, Line, Mark, Shape, Table, Tone
from smpcompliance.report.pictures.legend import Entry, legend
from smpcompliance.report.pictures.lettering import centred, ended, fitted, listed, start, width
from smpcompliance.report.pictures.minimum import LOG, Judged, Least, minima
from smpcompliance.report.pictures.view import View, row

PANELS = 3
"""Ways of sterilising that get a panel of their own."""
NAMED, ROWS = 5, 20
_LEFT, _RIGHT, _HIGH, _APART = 34.0, 470.0, 120.0, 48.0
_CELL = 2.0  # points; marks nearer than that are one
Floats = NDArray[np.float64]
_HELD, _BELOW, _OTHER = 0, 1, 2
_SIGNS = (Mark(0, 0, "circle", "plain", 3.0), Mark(0, 0, "cross", "critical", 6.0), Mark(0, 0, "ring", "open", 3.6))


@dataclass(frozen=True)
class _Loads:
    """Loads with both readings: row, reading, way of sterilising, steriliser, and how they stand."""

    rows: Ints
    celsius: Floats
    minutes: Floats
    method: Ints
    machine: Ints
    standing: Ints

    def take(self, which: Ints) -> "_Loads":
        return _Loads(
            self.rows[which],
            self.celsius[which],
            self.minutes[which],
            self.method[which],
            self.machine[which],
            self.standing[which],
        )

    def __len__(self) -> int:
        return len(self.rows)


def holds(view: View) -> list[Block]:
    """One panel for each way of sterilising; left out where no load of the period has both readings."""
    if not view.has(LOG):
        return view.lacking("holds", (LOG,))
    rows, undated = _of_period(view)
    judged = minima(view.audit, view.code)
    loads, methods, machines = _read(view, rows, judged)
    if not len(loads):
        return view.lacking("holds", (LOG,))
    panels = np.argsort(-np.bincount(loads.method + 1, minlength=len(methods) + 1), kind="stable") - 1
    panels = panels[[bool((loads.method == method).any()) for method in panels]]
    shapes: list[Shape] = []
    top, drawn = 0.0, loads.take(np.flatnonzero(np.isin(loads.method, panels[:PANELS])))
    for method in panels[:PANELS].tolist():
        name = methods[method] if method >= 0 else ""
        shapes += _panel(view, name, drawn.take(np.flatnonzero(drawn.method == method)), judged, top)
        top += _HIGH + _APART
    signs, height = legend(_entries(view, drawn, judged), top - 15)
    words = view.words
    figure = Figure(
        words("pictures.holds.title"),
        _alt(view, loads, judged),
        (*shapes, *signs),
        height,
        _table(view, loads, methods, machines, judged),
    )
    counts = {"without_readings": len(rows) - len(loads), "undated_loads": undated}
    notes = [_rules(view, judged)]
    notes += [words(f"pictures.left_out.{name}", n=n) for name, n in counts.items() if n]
    if len(panels) > PANELS:
        notes.append(words("pictures.left_out.methods", n=len(loads) - len(drawn)))
    return [figure, *view.notes(notes)]


def _of_period(view: View) -> tuple[Ints, int]:
    rows = view.rows(LOG)
    rows = rows[view.is_one_of(LOG, "cycle_type", rows, ["load"])]
    days = view.days(LOG, "started_at", rows)
    first, last = view.period
    return rows[days.known & (days.first >= first) & (days.first <= last)], int((~days.known).sum())


def _read(view: View, rows: Ints, judged: Sequence[Judged]) -> tuple[_Loads, list[str], list[str]]:
    celsius, minutes = view.cells(LOG, "temperature_c", rows), view.cells(LOG, "exposure_minutes", rows)
    assert isinstance(celsius, Numbers) and isinstance(minutes, Numbers)
    both = (celsius.why == 0) & (minutes.why == 0)
    (method, methods), (machine, machines) = (view.names(LOG, path, rows) for path in ("method", "equipment_id"))
    standing = np.full(len(rows), _OTHER if judged else _HELD)
    for sign in (_HELD, _BELOW):
        for each in judged:
            lined = np.isin(method, [n for n, name in enumerate(methods) if _frontier(each, name)])
            chosen = np.isin(rows, np.setdiff1d(each.meant, each.unsure) if sign == _HELD else each.below)
            standing = np.where(lined & chosen, sign, standing)
    every = _Loads(rows, celsius.values, minutes.values, method, machine, standing)
    return every.take(np.flatnonzero(both)), methods, machines


@dataclass(frozen=True)
class _Scale:
    """Numbers along an axis: from `low` at `start` to `high` at `end`, with round steps."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def of(cls, values: Sequence[float], start: float, end: float) -> "_Scale":
        low, high = min(values), max(values)
        apart = max(high - low, 1.0) * 0.08
        return cls(max(low - apart, 0.0), high + apart, start, end)

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)

    @property
    def steps(self) -> list[float]:
        """Round numbers along the axis, four to eight of them."""
        rough = (self.high - self.low) / 5
        unit = 10.0 ** math.floor(math.log10(rough))
        step = next(unit * n for n in (1, 2, 5, 10) if unit * n >= rough)
        return [round(n * step, 6) for n in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def _panel(view: View, method: str, loads: _Loads, judged: Sequence[Judged], top: float) -> list[Shape]:
    words, base = view.words, top + 16 + _HIGH
    lines = [(each, _frontier(each, method)) for each in judged]
    pairs = [pair for _, frontier in lines for pair in frontier]
    minutes = _Scale.of([*_ends(loads.minutes), *(p.minutes for p in pairs if p.minutes is not None)], _LEFT, _RIGHT)
    celsius = _Scale.of([*_ends(loads.celsius), *(p.celsius for p in pairs if p.celsius is not None)], base, top + 22)
    name = method.replace("_", " ") if method else words("pictures.holds.no_method")
    title = words("pictures.holds.panel", method=name, n=len(loads))
    shapes: list[Shape] = [start(0, top + 8, title, 360, strong=True)]
    shapes += _axes(view, minutes, celsius, loads, base)
    for each, frontier in lines:
        shapes += _line(each, frontier, minutes, celsius)
    asked = [(each, _enough(view, frontier)) for each, frontier in lines if frontier]
    if asked:
        text = fitted(listed([said for _, said in asked], 2, words), _RIGHT - width(title, True) - 20, True)
        shapes.append(ended(_RIGHT, top + 8, text, asked[0][0].result.severity, True))
    return shapes + _points(view, loads, minutes, celsius)


def _ends(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _axes(view: View, minutes: _Scale, celsius: _Scale, loads: _Loads, base: float) -> list[Shape]:
    words = view.words
    (short, long), (cold, hot) = _ends(loads.minutes), _ends(loads.celsius)
    out: list[Shape] = [
        Line(minutes.at(short), base, minutes.at(long), base, weight=0.5),
        Line(_LEFT - 4, celsius.at(cold), _LEFT - 4, celsius.at(hot), weight=0.5),
        start(0, celsius.end - 5, words("pictures.holds.celsius"), 100),
        ended(_RIGHT, base + 19, words("pictures.holds.minutes")),
    ]
    for step in minutes.steps:
        out += [Line(minutes.at(step), base, minutes.at(step), base + 2.5, weight=0.4)]
        out += [centred(minutes.at(step), base + 10, number_text(step))]
    for step in celsius.steps:
        out += [Line(_LEFT - 6.5, celsius.at(step), _LEFT - 4, celsius.at(step), weight=0.4)]
        out += [ended(_LEFT - 9, celsius.at(step) + 2.5, number_text(step))]
    return out


def _frontier(judged: Judged, method: str) -> list[Least]:
    """The pairs of a rule that bound what is enough for a way of sterilising, the shortest first."""
    fits = [p for p in judged.pairs if p.methods is None or method in p.methods]
    ordered = sorted(fits, key=lambda p: (p.minutes or 0.0, p.celsius or 0.0))
    out: list[Least] = []
    for pair in ordered:
        if not out or (pair.celsius or 0.0) < (out[-1].celsius or 0.0):
            out.append(pair)
    return out


def _line(judged: Judged, frontier: Sequence[Least], minutes: _Scale, celsius: _Scale) -> Iterator[Shape]:
    """The edge of what is enough, step by step; each format draws it in the tone of the rule's severity."""
    tone: Tone = judged.result.severity
    above = celsius.end
    for n, pair in enumerate(frontier):
        x = minutes.at(pair.minutes) if pair.minutes is not None else minutes.start
        y = celsius.at(pair.celsius) if pair.celsius is not None else celsius.start
        following = frontier[n + 1].minutes if n + 1 < len(frontier) else None
        if pair.minutes is not None:
            yield Line(x, above, x, y, tone, 1.1)
        if pair.celsius is not None:
            yield Line(x, y, minutes.at(following) if following is not None else minutes.end, y, tone, 1.1)
        above = y


def _enough(view: View, pairs: Sequence[Least]) -> str:
    """Pairs of which one is enough, in words."""
    return view.words("pictures.holds.least", pair=view.words("pictures.holds.or").join(_pair(view, p) for p in pairs))


def _pair(view: View, pair: Least) -> str:
    said = [
        view.words(f"pictures.holds.{name}_value", value=number_text(value))
        for name, value in (("celsius", pair.celsius), ("minutes", pair.minutes))
        if value is not None
    ]
    return " · ".join(said)


def _points(view: View, loads: _Loads, minutes: _Scale, celsius: _Scale) -> list[Shape]:
    """One mark for loads that lie within a few points of each other, larger where there are more of them."""
    x = minutes.start + (loads.minutes - minutes.low) / (minutes.high - minutes.low) * (minutes.end - minutes.start)
    y = celsius.start + (loads.celsius - celsius.low) / (celsius.high - celsius.low) * (celsius.end - celsius.start)
    across, down = (np.rint(at / _CELL).astype(np.int64) for at in (x, y))
    _, first, count = np.unique((loads.standing * 2**20 + across) * 2**20 + down, return_index=True, return_counts=True)
    standings = loads.standing[first]
    out: list[Shape] = []
    for standing in (_OTHER, _HELD, _BELOW):
        here = np.flatnonzero(standings == standing)
        sign = _SIGNS[standing]
        for n in here.tolist():
            size = sign.size if standing == _BELOW else round(sign.size * min(1 + 0.2 * math.log2(count[n]), 2.0), 2)
            at, up = float(across[first[n]]) * _CELL, float(down[first[n]]) * _CELL
            out.append(Mark(at, up, sign.shape, sign.tone, size))
    below = first[standings == _BELOW]
    few = len(below) <= NAMED and int(count[standings == _BELOW].max(initial=0)) == 1
    return out + (_named(view, loads.rows[below], x[below], y[below]) if few else [])


def _named(view: View, rows: Ints, x: Floats, y: Floats) -> list[Shape]:
    """The ids of a few loads beside their marks, as far as they do not lie on each other."""
    cells = view.audit.logs.cells(LOG, "cycle_id")
    taken: list[tuple[float, float, float]] = []
    out: list[Shape] = []
    for n in np.argsort(y, kind="stable")[::-1].tolist():
        text = fitted(cells.text(int(rows[n])), 90)
        left = round(float(x[n]) + 5, 2)
        left = left if left + width(text) <= _RIGHT else round(left - 10 - width(text), 2)
        base = round(float(y[n]) + 2.5, 2)
        clear = all(base - 9 > low or base + 9 < low or left > b or left + width(text) + 9 < a for a, b, low in taken)
        if clear:
            out.append(start(left, base, text, 90))
            taken.append((left - 9, left + width(text), base))
    return out


def _entries(view: View, loads: _Loads, judged: Sequence[Judged]) -> list[Entry]:
    words = view.words
    keys = ("held" if judged else "load", "below", "other")
    there = [n for n in (_HELD, _BELOW, _OTHER) if (loads.standing == n).any()]
    out = [Entry(_SIGNS[n], words(f"pictures.holds.legend.{keys[n]}")) for n in there]
    if judged:
        severity = judged[0].result.severity
        key = "advice" if severity == "advice" else "line"
        out.append(Entry(Line(0, 0, 1, 0, severity, 1.1), words(f"pictures.holds.legend.{key}")))
    return [*out, Entry(Mark(0, 0, "circle", "plain", 5.5), words("pictures.holds.legend.many"))]


def _rules(view: View, judged: Sequence[Judged]) -> str:
    if not judged:
        return view.words("pictures.holds.no_rule")
    cited = dict.fromkeys(f"{j.result.rule.citation.text} ({j.result.rule.id})" for j in judged)
    return view.words("pictures.holds.rule", rules=listed(list(cited), 3, view.words))


def _alt(view: View, loads: _Loads, judged: Sequence[Judged]) -> str:
    (short, long), (cold, hot) = _ends(loads.minutes), _ends(loads.celsius)
    range_of = {"short": short, "long": long, "cold": cold, "hot": hot}
    words, said = view.words, {name: number_text(value) for name, value in range_of.items()}
    alt = words("pictures.holds.alt", n=len(loads), **said)
    if not judged:
        return f"{alt} {words('pictures.holds.no_rule')}"
    least = dict.fromkeys(_enough(view, each.pairs) for each in judged)
    below = int((loads.standing == _BELOW).sum())
    return f"{alt} {words('pictures.holds.alt_least', least=listed(list(least), 6, words), n=below)}"


def _table(
    view: View, loads: _Loads, methods: Sequence[str], machines: Sequence[str], judged: Sequence[Judged]
) -> Table:
    words = view.words
    key = (loads.method + 1) * (len(machines) + 1) + loads.machine + 1
    groups, whose = np.unique(key, return_inverse=True)
    below = np.bincount(whose, loads.standing == _BELOW, len(groups))
    rows: list[tuple[Cell, ...]] = []
    order = np.lexsort((groups, -below))
    for group in order[:ROWS].tolist():
        mine = loads.take(np.flatnonzero(whose == group))
        method, machine = int(mine.method[0]), int(mine.machine[0])
        rows.append(
            row(
                machines[machine] if machine >= 0 else "–",
                methods[method].replace("_", " ") if method >= 0 else "–",
                words.number(len(mine)),
                words(
                    "pictures.holds.range",
                    low=number_text(_ends(mine.celsius)[0]),
                    high=number_text(_ends(mine.celsius)[1]),
                ),
                words(
                    "pictures.holds.range",
                    low=number_text(_ends(mine.minutes)[0]),
                    high=number_text(_ends(mine.minutes)[1]),
                ),
                words.number(int(below[group])) if judged else "–",
                words.number(int((mine.standing == _OTHER).sum())) if judged else "–",
            )
        )
    if len(groups) > ROWS:
        rows.append(row(words("pictures.more", n=len(groups) - ROWS), *[""] * 6))
    heads = tuple(words(f"pictures.holds.heads.{name}") for name in words.names("pictures.holds.heads"))
    widths = (18, 14, 10, 16, 16, 14, 14)
    return Table(heads, tuple(rows), widths, frozenset({2, 5, 6}), True, words("pictures.holds.about"))
