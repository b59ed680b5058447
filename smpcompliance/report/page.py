"""A report before it has a form: headings, texts, lists and tables in reading order, for every human format alike.

Everything here is plain text as it was written. Whoever prints it sends every piece through `untrusted.clean` first.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from smpcompliance.rules.rule import Severity

Tone = Literal["plain", "critical", "major", "minor", "advice", "good", "open"]
"""What a mark or a word stands for; a format may colour it, but the words always say it too."""

Role = Literal["body", "label", "total", "fine", "note"]
"""How a text speaks: running text; the small words above a title; a count that heads a list; small print; an aside."""


@dataclass(frozen=True)
class Heading:
    """A heading; levels are 1 (the report, a studio), 2 (a section) and 3 (a rule) and never skip one.

    Attributes:
        severity, logs: what the part below is about, so that a format may let its reader choose.
    """

    level: Literal[1, 2, 3]
    text: str
    severity: Severity | None = None
    logs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """A paragraph; `lead` are its first words, set in bold."""

    text: str
    role: Role = "body"
    lead: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Verdict:
    """The one line everybody looks for, and what must be read with it."""

    line: str
    rest: tuple[str, ...]
    tone: Tone


@dataclass(frozen=True)
class Facts:
    """Short facts: (name, value) pairs."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Item:
    """An entry of a list: a title in bold, a text, and small print."""

    title: str = ""
    text: str = ""
    fine: str = ""


@dataclass(frozen=True)
class Items:
    """A list: numbered, with dots, or with boxes to tick."""

    items: tuple[Item, ...]
    kind: Literal["number", "dot", "box"] = "dot"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and lines of small print below."""

    text: str
    fine: tuple[str, ...] = ()
    strong: bool = False
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        heads: one per column.
        rows: cells, as many as heads.
        widths: share of the width per column, in any unit.
        right: columns of numbers, set flush right.
        named: the first column names its row.
        about: what the table shows, for those who cannot see it.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    right: frozenset[int] = frozenset()
    named: bool = False
    about: str = ""


@dataclass(frozen=True)
class Rect:
    """A rectangle from its upper left corner; hatched where it must be told apart in grey."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone = "plain"
    look: Literal["filled", "tinted", "hatched", "outline"] = "filled"


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone = "plain"
    weight: float = 0.6
    dashed: bool = False


@dataclass(frozen=True)
class Mark:
    """A small sign with its centre at (x, y); its shape says what it stands for, its tone repeats it."""

    x: float
    y: float
    shape: Literal["circle", "ring", "cross", "triangle", "square", "diamond", "bar"]
    tone: Tone = "plain"
    size: float = 5.0


@dataclass(frozen=True)
class Label:
    """One line of small text whose baseline is at y; cut by the picture that makes it, never by a format."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    tone: Tone = "plain"
    strong: bool = False


Shape = Rect | Line | Mark | Label

PICTURE_WIDTH = 480.0
"""Width of every picture in points: that of the text on A4 paper."""


@dataclass(frozen=True)
class Figure:
    """A picture. Points, the origin at the upper left, y downwards; it is `PICTURE_WIDTH` wide.

    Attributes:
        title: what it shows, in a few words, printed above it.
        alt: what it says, for those who cannot see it: the numbers that matter, in a sentence or two.
        table: the same numbers as a table, which follows the picture; a format without pictures shows only this.
    """

    title: str
    alt: str
    shapes: tuple[Shape, ...]
    height: float
    table: Table


@dataclass(frozen=True)
class Break:
    """What follows begins on a new page, where there are pages."""


Block = Heading | Text | Verdict | Facts | Items | Table | Figure | Break


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: of the document.
        running: what stands at the head of every page.
        paper: where the report will be printed.
        language: of its words, as in `en`.
        as_of: the audit day, the only date a format may write into a file.
        labels: the few words that a format adds by itself (`page`, `attachment`), by name.
    """

    title: str
    running: str
    paper: Literal["letter", "a4"]
    language: str
    as_of: date
    version: str
    blocks: tuple[Block, ...]
    labels: dict[str, str] = field(default_factory=dict)
