"""Names of people in what is shown: the one place where a trace takes them out.

A client whose name is the key of the records is a pseudonym already. An artist may still be called by name there, and
a made-up number of a sitting holds that id. The full name of a listed client may stand in any other cell: as the number
of a sitting, on a pouch, in the name of a sheet.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, cached_property

from smpcompliance.logs.cells import Coded
from smpcompliance.logs.schema import normal
from smpcompliance.logs.table import Logs
from smpcompliance.patterns import pattern

_FULL_NAME = pattern(r"[^\W\d_]{2,}[^\W\d_.'’-]*(?:[ ,]+[^\W\d_][^\d]*)")
_FIRST_NAME = pattern(r"[^\W\d_][^\W\d_.'’-]{2,}")
_INITIALS = pattern(r"[A-Z]{1,3}")
_WORD = pattern(r"[^\W_]+")
_TWO_WORDS = pattern(r"[^\W\d_]{2,}[\W_]+[^\W\d_]{2,}")
_SHORTEST = 2
_LONGEST = 8
"""Words of a full name that are looked at."""
_A_CLIENT = "client"
_COLUMNS = (
    ("sessions", "practitioner_id"),
    ("sessions", "supervisor_id"),
    ("sterilization_cycles", "operator_id"),
    ("sterilization_cycles", "released_by"),
    ("practitioners", "practitioner_id"),
)


class Withheld:
    """Takes names of people out of codes, numbers and other cells that are shown.

    An id of an artist is a name where it is that of a listed person, a part of one, two words without a figure, or one
    word that is neither listed as a code nor initials; the last only where it is the whole text, or begins a made-up
    number. In its place stands the person's code in the list, or `person-` with eight figures that stay the same. The
    full name of a listed client, in either order, becomes the client's code, or `client` where several have it. With
    `names` everything stays as it is written.
    """

    def __init__(self, logs: Logs, names: bool) -> None:
        self._logs, self._names = logs, names
        self._made = {} if names else _instead(logs)
        self._first = {} if names else {id: _made_up(id) for id in _first_names(logs) - self._made.keys()}
        longest = sorted(self._made, key=lambda id: (-len(id), id))
        self._any = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)") if longest else None

    def __call__(self, text: str) -> str:
        """The text without such names."""
        if self._names or not text:
            return text
        if self._any:
            text = self._any.sub(lambda found: self._made[found[0]], text)
        if self._first:
            head, blank, rest = text.partition(" ")
            if head in self._first and (not blank or rest[:1].isdigit()):
                text = f"{self._first[head]}{blank}{rest}"
        return self._without_clients(text) if _TWO_WORDS.search(text) else text

    @cached_property
    def _clients(self) -> dict[str, dict[tuple[str, ...], str]]:
        """First word → all words of a full name of a client → what stands in its place."""
        found: dict[str, dict[tuple[str, ...], str]] = {}
        for name, code in _of_clients(self._logs):
            words = tuple(_WORD.findall(normal(name)))
            for each in {words, (*words[-1:], *words[:-1]), (*words[:1], *words[-1:])} if len(words) > 1 else ():
                known = found.setdefault(each[0], {})
                known[each] = code if known.get(each, code) == code else _A_CLIENT
        return found

    def _without_clients(self, text: str) -> str:
        spans = [(normal(each[0]), each.start(), each.end()) for each in _WORD.finditer(text)]
        out, done, at = "", 0, 0
        while at < len(spans):
            words = tuple(word for word, _, _ in spans[at : at + _LONGEST])
            known = self._clients.get(words[0], {})
            n = next((n for n in range(len(words), 1, -1) if words[:n] in known), 0)
            if n:
                out += text[done : spans[at][1]] + known[words[:n]]
                done = spans[at + n - 1][2]
            at += n or 1
        return out + text[done:]


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


def _first_names(logs: Logs) -> set[str]:
    """Ids of artists that are one word without a figure, neither initials nor codes of the list."""
    codes = {str(value) for value in _values(logs, "practitioners", "practitioner_id")}
    ids = {str(value) for log, column in _COLUMNS for value in _values(logs, log, column)} - codes
    return {id for id in ids if _FIRST_NAME.fullmatch(id) and not _INITIALS.fullmatch(id)}


def _of_clients(logs: Logs) -> Iterator[tuple[str, str]]:
    """Name and code of every listed client."""
    names, codes = logs.cells("clients", "name"), logs.cells("clients", "client_id")
    yield from ((names.text(row), codes.text(row) or _A_CLIENT) for row in range(len(logs.log("clients"))))


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
