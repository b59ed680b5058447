"""What verifying says, line by line."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from smpcompliance.report.untrusted import clean

Part = Literal["file", "signatures", "law", "logs", "audit", "pages", "limits"]
PARTS: tuple[Part, ...] = get_args(Part)
Mark = Literal["equal", "differs", "unproved", "said"]
MARKS: tuple[Mark, ...] = get_args(Mark)
_LONGEST = 300  # characters of one piece


@dataclass(frozen=True)
class Line:
    """One statement.

    Attributes:
        part: what it is about.
        mark: `equal` it was compared and agrees; `differs`; `unproved` it could not be compared; `said` for the reader.
        more: the single things behind it, as many as there are.
    """

    part: Part
    mark: Mark
    text: str
    more: tuple[str, ...] = ()


def line(part: Part, mark: Mark, text: str, more: Iterable[str] = ()) -> Line:
    """A line whose words, some of which come from a stranger's file, are safe to print."""
    return Line(part, mark, clean(text, 2000), tuple(clean(each, _LONGEST) for each in more))


def exit_code(lines: Iterable[Line]) -> int:
    """0 everything agrees · 1 something differs · 3 nothing differs, but something could not be compared."""
    marks = {each.mark for each in lines}
    return 1 if "differs" in marks else 3 if "unproved" in marks else 0
