"""Names of people that serve as their ids: the one place where a trace takes them out.

A client whose name is the key of the records is a pseudonym already. An artist may still be called by name there, and
a made-up number of a sitting holds that id.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from smpcompliance.logs.cells import Coded
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs

_FULL_NAME = re.compile(r"[^\W\d_]{2,}[^\W\d_.'’-]*(?:[ ,]+[^\W\d_][^\d]*)")
_SHORTEST = 2
_COLUMNS = (
    ("sessions", "practitioner_id"),
    ("sessions", "supervisor_id"),
    ("sterilization_cycles", "operator_id"),
    ("sterilization_cycles", "released_by"),
    ("practitioners", "practitioner_id"),
)


class Withheld:
    """Takes names of people out of codes and numbers that are shown.

    An id is a name where it is that of a listed person, a part of one, or two words without a figure. In its place
    stands the person's code in the list, or `person-` with eight figures that stay the same. With `names` everything
    stays as it is written.
    """

    def __init__(self, logs: Logs, names: bool) -> None:
        self._made = {} if names else _instead(logs)
        longest = sorted(self._made, key=lambda id: (-len(id), id))
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)") if longest else None

    def __call__(self, text: str) -> str:
        """The text without such names."""
        return self._any.sub(lambda found: self._made[found[0]], text) if self._any else text

    def holds(self, text: str) -> bool:
        """Whether a text holds such a name."""
        return bool(self._any and self._any.search(text))


@cache
def _parts(name: str) -> frozenset[str]:
    return frozenset(part for part in normal(name).split() if len(part) >= _SHORTEST)


def _instead(logs: Logs) -> dict[str, str]:
    """Id that is a name → what stands in its place."""
    listed = {name: code for name, code in _people(logs) if name}
    parts = {part for name in listed for part in _parts(name)}
    names = {normal(str(name)) for name in _values(logs, "clients", "name")}
    ids = {str(value) for log, column in _COLUMNS for value in _values(logs, log, column)}
    found = {id for id in ids if normal(id) in {*listed, *parts, *names} or _FULL_NAME.fullmatch(id.strip())}
    return {id: _code(listed.get(normal(id), ""), found) or _made_up(id) for id in found}


def _people(logs: Logs) -> Iterator[tuple[str, str]]:
    """Name and code of everybody who works in a studio; two of one name have no code by it."""
    names, codes = logs.cells("practitioners", "name"), logs.cells("practitioners", "practitioner_id")
    told = [(normal(names.text(row)), codes.text(row)) for row in range(len(logs.log("practitioners")))]
    counts = Counter(name for name, _ in told)
    yield from ((name, code if counts[name] == 1 else "") for name, code in told)


def _code(code: str, names: set[str]) -> str:
    return "" if code in names else code


def _made_up(id: str) -> str:
    return f"person-{hashlib.sha256(normal(id).encode()).hexdigest()[:8]}"


def _values(logs: Logs, log: str, column: str) -> tuple[object, ...]:
    cells = logs.cells(log, column)
    assert isinstance(cells, Coded)
    return cells.values
