"""Reference lists: published lists of things that are forbidden, allowed or limited, as they ship with a ruleset."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One line of a list: its cells by column (each a tuple of texts), and the days on which it counts."""

    cells: dict[str, tuple[str, ...]]
    days: dict[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class ReferenceList:
    """A published list."""

    name: str
    about: str
    source: str
    as_of: date
    complete: bool
    columns: tuple[str, ...]
    entries: tuple[Entry, ...]
    comparator: str = "at_most"
    extra: Any = None
