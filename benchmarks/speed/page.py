"""The results as a table for the terminal, as tables and a picture for docs/speed.md."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contestants import CLI, CONTESTANTS, OURS, Contestant

BEGIN, END = "<!-- the tables below are made by `make bench` -->", "<!-- end of what is made -->"
Results = Mapping[str, Any]


def _runs(results: Results, size: str, name: str) -> list[Mapping[str, float]]:
    return list(results["sizes"].get(size, {}).get(name, {}).get("runs", ()))


def ratio(results: Results, size: str, name: str, measure: str = "wall") -> float | None:
    """A program's time divided by ours: the median over the rounds of both; None where there are none."""
    pairs = list(zip(_runs(results, size, name), _runs(results, size, OURS), strict=False))
    return statistics.median(a[measure] / b[measure] for a, b in pairs) if pairs else None


def seconds(results: Results, size: str, name: str, measure: str = "wall") -> float | None:
    """The median of a program's time."""
    runs = _runs(results, size, name)
    return statistics.median(run[measure] for run in runs) if runs else None


def bars(results: Results) -> list[tuple[str, str, float, float, bool]]:
    """(program, size, bar, ratio, met) of every bar that could be judged."""
    found = []
    for contestant in CONTESTANTS:
        for size, bar in contestant.bars:
            if (value := ratio(results, size, contestant.name)) is not None:
                found.append((contestant.name, size, bar, value, value >= bar))
    return found


def _rows(results: Results, size: str) -> list[list[str]]:
    rows = []
    met = {(name, at): ok for name, at, _, _, ok in bars(results)}
    for contestant in CONTESTANTS:
        name = contestant.name
        told = results["sizes"][size].get(name)
        if told is None:
            if size in contestant.sizes and name in results["missing"]:
                rows.append([name, "missing", results["missing"][name], "", "", "", "", ""])
            continue
        if told["differs"]:
            rows.append([name, "no ratio", "; ".join(told["differs"])[:120], "", "", "", "", ""])
            continue
        walls = [run["wall"] for run in told["runs"]]
        value, cpu = ratio(results, size, name), ratio(results, size, name, "cpu")
        bar = dict(contestant.bars).get(size)
        judged = "" if bar is None else f"{'met' if met[name, size] else 'MISSED'} (≥ {bar:g})"
        rows.append(
            [
                name,
                f"{statistics.median(walls):.2f}",
                f"{min(walls):.2f}–{max(walls):.2f}",
                f"{value:.2f}" if value else "",
                f"{statistics.median(run['cpu'] for run in told['runs']):.2f}",
                f"{cpu:.2f}" if cpu else "",
                f"{max(run['memory'] for run in told['runs']):.0f}",
                judged,
            ]
        )
    return rows


HEADS = ["program", "s", "min–max", "× ours", "CPU s", "× ours", "MB", "bar"]


def _behind(results: Results) -> str:
    """Whether we are at most 0.15 s behind dataframely at 1,000 rows."""
    pairs = list(zip(_runs(results, "1k", OURS), _runs(results, "1k", "dataframely"), strict=False))
    if not pairs:
        return ""
    behind = statistics.median(a["wall"] - b["wall"] for a, b in pairs)
    return f"behind dataframely at 1k: {behind:.2f} s, {'met' if behind <= 0.15 else 'MISSED'} (≤ 0.15)"


def _unsteady(results: Results) -> list[str]:
    out = []
    for size in results["sizes"]:
        walls = [run["wall"] for run in _runs(results, size, OURS)]
        if walls and max(walls) > 2 * min(walls):
            out.append(f"at {size} our slowest run took {max(walls) / min(walls):.1f} times the fastest")
    return out


def _promised(results: Results) -> list[list[str]]:
    rows = []
    for name, told in results["promises"].items():
        if "failed" in told:
            rows.append([name, f"failed: {told['failed']}", "", "MISSED"])
        else:
            judged = "met" if told["value"] <= told["bar"] else "MISSED"
            rows.append([name, f"{told['value']:.2f} {told['unit']}".strip(), f"≤ {told['bar']:g}", judged])
    return rows


def _versions(results: Results) -> str:
    said = []
    for contestant in CONTESTANTS:
        packages = results["versions"].get(contestant.environment, {})
        if version := packages.get(contestant.package):
            said.append(f"{contestant.package} {version}")
    pythons = [f"{name}: Python {packages['Python']}" for name, packages in results["versions"].items()]
    return ", ".join(dict.fromkeys(said)) + " (" + ", ".join(pythons) + ")"


def _grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in (heads, *rows)) for n in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (heads, *rows)
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _pipes(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in (heads, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(heads), *lines[1:]])


def _parts(results: Results, table: Any) -> list[str]:
    parts = []
    for size in results["sizes"]:
        rounds = len(_runs(results, size, OURS))
        parts.append(f"{size} sessions, {rounds} rounds\n\n{table(HEADS, _rows(results, size))}")
    told = [_behind(results), *_unsteady(results)]
    parts += ["\n".join(filter(None, told))] if any(told) else []
    if results["dirt"]:
        kinds = list(results["dirt"])
        names = [c.name for c in CONTESTANTS if any(c.name in results["dirt"][kind] for kind in kinds)]
        rows = [[name, kind, *_dirty(results["dirt"][kind].get(name))] for kind in kinds for name in names]
        parts.append(f"dirty files, 100k sessions\n\n{table(['program', 'dirt', 's', 'what became of it'], rows)}")
    if results["promises"]:
        parts.append(f"ours alone\n\n{table(['promise', 'measured', 'bar', ''], _promised(results))}")
    return parts


def _dirty(told: Mapping[str, Any] | None) -> list[str]:
    return ["", "not run"] if told is None else [f"{told['seconds']:.2f}", told["outcome"]]


def in_text(results: Results) -> str:
    """Everything, for the terminal."""
    machine = results["machine"]
    head = f"{results['day']}, {machine['cores']} cores ({machine['cpu']}), {_versions(results)}"
    judged = bars(results)
    met = f"{sum(ok for *_, ok in judged)} of {len(judged)} bars met"
    return "\n\n".join([head, *_parts(results, _grid), met])


def write(results: Results, docs: Path) -> None:
    """Puts tables and picture into the documentation, between the two marks of the page."""
    page = docs / "speed.md"
    text = page.read_text("utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    machine = results["machine"]
    parts = [
        BEGIN,
        f"Measured on {results['day']} on {machine['cores']} cores ({machine['cpu']}, {machine['system']}); "
        f"{_versions(results)}.",
        "![Seconds of each program at three sizes](speed.svg)",
        *(f"### {part[0].upper()}{part[1:]}" if "|" in part else part for part in _parts(results, _pipes)),
        END,
    ]
    page.write_text(before + "\n\n".join(parts) + after, "utf-8")
    (docs / "speed.svg").write_text(picture(results), "utf-8")


_COLOURS = {"ours": "#0b6e4f", "tool": "#5b6b7b", "script": "#b9c2cb"}
_WIDTH, _LEFT, _BAR, _GAP = 860, 190, 15, 6


def _colour(contestant: Contestant) -> str:
    if contestant.environment == "ours":
        return _COLOURS["ours"]
    return _COLOURS[
        "script" if "by hand" in contestant.name or contestant.name in ("csv loop", "pyarrow read") else "tool"
    ]


def picture(results: Results) -> str:
    """Bars of wall seconds, one panel per size, each on a scale of its own; SVG without fonts of its own."""
    shapes, y = [], 10
    for size in results["sizes"]:
        told = [(c, seconds(results, size, c.name)) for c in CONTESTANTS]
        shown = sorted(((s, c) for c, s in told if s is not None), key=lambda each: each[0])
        if not shown:
            continue
        longest = shown[-1][0]
        shapes.append(f'<text x="10" y="{y + 14}" font-weight="bold">{size} sessions: seconds, whole process</text>')
        y += 26
        for value, contestant in shown:
            wide = max(1.0, value / longest * (_WIDTH - _LEFT - 80))
            name = f"{contestant.name} (every finding)" if contestant.name == CLI else contestant.name
            shapes += [
                f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{name}</text>',
                f'<rect x="{_LEFT}" y="{y}" width="{wide:.1f}" height="{_BAR}" fill="{_colour(contestant)}"/>',
                f'<text x="{_LEFT + wide + 6:.1f}" y="{y + 12}">{value:.2f}</text>',
            ]
            y += _BAR + _GAP
        y += 14
    style = "font-family:sans-serif;font-size:12px;fill:#1d2730"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" role="img" '
        f'aria-label="Seconds of each program at three sizes" style="{style}">\n'
        f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(shapes) + "\n</svg>\n"
    )
