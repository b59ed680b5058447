"""Each block of a page as HTML."""

from collections.abc import Iterator
from dataclasses import replace

from smpcompliance.report.html.markup import Attributes, Markup, element, together
from smpcompliance.report.page import Cell, Facts, Figure, Item, Items, Table, Text, Verdict
from smpcompliance.report.svg import svg
from smpcompliance.report.words import Words

FIGURES = 3
"""Columns of numbers from which on a table of names and numbers scrolls on a narrow screen; others become cards."""

TOGETHER = 250
"""Rows that stand in one table."""


class Numbered:
    """Names for the parts of one document, in order: `t1`, `t2`, `f1` …"""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def __call__(self, letter: str) -> str:
        self._last[letter] = self._last.get(letter, 0) + 1
        return f"{letter}{self._last[letter]}"


def text(block: Text) -> Markup:
    """A paragraph; a count that heads a list is strong."""
    lead = [element("strong", {"class": _tone(block.tone)}, block.lead), Markup(" ")] if block.lead else []
    body = element("strong", {}, block.text) if block.role == "total" else block.text
    return element("p", {"class": None if block.role == "body" else block.role}, *lead, body)


def verdict(block: Verdict) -> Markup:
    """The one line everybody looks for."""
    line = element("p", {"class": "line"}, block.line)
    rest = (element("p", {}, part) for part in block.rest)
    return element("div", {"class": f"verdict {block.tone}"}, together((line, *rest)))


def facts(block: Facts) -> Markup:
    """Names with their values."""
    pairs = (element("div", {}, element("dt", {}, name), element("dd", {}, value)) for name, value in block.pairs)
    return element("dl", {}, together(pairs))


def items(block: Items) -> Markup:
    """A list; boxes are signs to tick on paper."""
    name = "ol" if block.kind == "number" else "ul"
    return element(name, {"class": block.kind}, together(_item(item) for item in block.items))


def _item(item: Item) -> Markup:
    parts = [element("strong", {}, item.title)] if item.title else []
    parts += [element("span", {}, item.text)] if item.text else []
    parts += [element("small", {}, item.fine)] if item.fine else []
    return element("li", {}, *parts)


def table(block: Table, numbered: Numbered) -> Markup:
    """A table with its caption; a very long one as several, of which a browser lays out only those it shows."""
    if len(block.rows) <= TOGETHER:
        return _table(block, numbered)
    starts = range(0, len(block.rows), TOGETHER)
    pieces = (replace(block, rows=block.rows[at : at + TOGETHER], about=_piece(block, at)) for at in starts)
    return together(element("div", {"class": "piece"}, _table(piece, numbered)) for piece in pieces)


def _piece(block: Table, at: int) -> str:
    return f"{block.about} ({at + 1}–{min(at + TOGETHER, len(block.rows))})"


def _table(block: Table, numbered: Numbered) -> Markup:
    """It scrolls inside its own region or falls apart into cards where there is no room."""
    id = numbered("t")
    across = len(block.right) >= max(FIGURES, len(block.heads) - 1)
    columns = together(element("col", {"class": width_class(share)}) for share in shares(block))
    heads = (
        element("th", {"scope": "col", "class": "n" if n in block.right else None}, head)
        for n, head in enumerate(block.heads)
    )
    parts = (
        element("caption", {"id": id}, block.about or " · ".join(block.heads)),
        element("colgroup", {}, columns),
        element("thead", {}, element("tr", {}, *heads)),
        element("tbody", {}, together(_rows(block, across))),
    )
    found = element("table", {"class": "across" if across else "cards"}, together(parts))
    region: Attributes = {"class": "scroll", "role": "group", "aria-labelledby": id, "tabindex": "0"}
    return element("div", region, found) if across else found


def shares(block: Table) -> tuple[int, ...]:
    """The width of each column in whole per cent."""
    return tuple(round(100 * width / sum(block.widths)) for width in block.widths)


def width_class(share: int) -> str:
    """The class of a column that is so many per cent wide."""
    return f"w{share}"


def _rows(block: Table, across: bool) -> Iterator[Markup]:
    labels = [None if across else head for head in block.heads]
    kinds = ["n" if n in block.right else None for n in range(len(block.heads))]
    for row in block.rows:
        cells = zip(row, labels, kinds, strict=True)
        yield element(
            "tr", {}, *(_cell(c, label, kind, block.named and n == 0) for n, (c, label, kind) in enumerate(cells))
        )


def _cell(cell: Cell, label: str | None, kind: str | None, names: bool) -> Markup:
    looks = " ".join(part for part in (kind, _tone(cell.tone)) if part)
    attributes = {"scope": "row" if names else None, "class": looks or None, "data-label": label}
    said = element("strong", {}, cell.text) if cell.strong else cell.text
    fine = (element("small", {}, line) for line in cell.fine)
    return element("th" if names else "td", attributes, said, *fine)


def figure(block: Figure, numbered: Numbered, words: Words) -> Markup:
    """A picture, and the same numbers as a table to open."""
    id = numbered("f")
    drawn = element(
        "div", {"class": "picture", "role": "group", "aria-label": block.title, "tabindex": "0"}, Markup(svg(block, id))
    )
    behind = element("details", {}, element("summary", {}, words("html.numbers")), table(block.table, numbered))
    return element("figure", {}, together((element("figcaption", {}, block.title), drawn, behind)))


def _tone(tone: str) -> str | None:
    return None if tone == "plain" else tone
