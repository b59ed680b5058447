"""What the heads of a table mean: by the studio's own word, by name, or by a synonym; near ones are only proposed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from smpcompliance.logs.intake.heads.head_form import PRESSURES_OF_TWO_MEANINGS, HeadForm, head_form
from smpcompliance.logs.intake.heads.question import question, statement
from smpcompliance.logs.measures import OWN, UNITS
from smpcompliance.logs.schema import LOGS, Column, normal, schema, shared, without_number_words
from smpcompliance.logs.studio import FileReading
from smpcompliance.logs.target import Target, fed_by

STUDIO = Target("", "studio_id")
"""The head that says whose record it is, in tables of many studios."""

OWN_UNIT = "own"
"""In place of a unit: the head states the unit of its column, or is the column's own name, which holds it."""

MOST_HEADS = 2000
"""How many different heads of one table are looked at; of those beyond only what the studio says counts."""

NEAR_HEADS = 500
"""How many unknown heads of one table are compared with known ones; those beyond are not proposed for."""

_NEAR, _AHEAD, _SHORTEST = 87.0, 5.0, 4
_ENOUGH_KNOWN, _AHEAD_OF_OTHERS = 3, 2


@dataclass(frozen=True)
class Meaning:
    """What a head means.

    Attributes:
        head: as written.
        targets: where its cells go; empty where nothing is known of it.
        unit: the unit that the head states, a key of `measures.UNITS` (one of PRESSURES_OF_TWO_MEANINGS where it does
            not say gauge or absolute); OWN_UNIT where that is the column's own; empty where it states none.
        order: the order of day, month and year that the head states (DMY, MDY, YMD); empty where it states none.
        open_in: the log whose columns it may mean; empty where it means something, or the studio has spoken.
        taken: what other heads mean, which is not proposed again.
    """

    head: str
    targets: tuple[Target, ...] = ()
    unit: str = ""
    order: str = ""
    open_in: str = ""
    taken: frozenset[Target] = frozenset()

    @property
    def proposed(self) -> tuple[Target, ...]:
        """Targets it may mean; never used before the studio says so. They are sought when they are asked for."""
        if not self.open_in:
            return ()
        return tuple(target for target in _proposed(self.head, self.open_in) if target not in self.taken)


@dataclass(frozen=True)
class Likely:
    """Which log a table may be by its heads alone.

    Attributes:
        log: the log, where the heads leave no doubt; else None.
        proposed: the log it may be, where they leave some; else None.
        reason: in words, for the owner.
    """

    log: str | None
    proposed: str | None
    reason: str


def meanings(heads: Sequence[str], log: str, reading: FileReading) -> tuple[Meaning, ...]:
    """What each head of a table of this log means.

    The first of these counts: what the studio says; a column's name or synonym; the same without units and marks; other
    logs that such a table feeds; health questions and statements. What is only near one of them is proposed.
    """
    looked_at = list(dict.fromkeys(heads))[:MOST_HEADS]
    seen = {head: _meaning(head, log, reading, looked_at) for head in looked_at}
    for head in heads:
        if head not in seen:
            seen[head] = Meaning(head, (reading.targets(head, log) or ()) if head in reading.columns else ())
    taken = frozenset(target for meaning in seen.values() for target in meaning.targets)
    unknown = [head for head, meaning in seen.items() if not meaning.targets and head.strip()][:NEAR_HEADS]
    for head in unknown:
        if reading.targets(head, log) is None:
            seen[head] = replace(seen[head], open_in=log, taken=taken)
    return tuple(seen[head] for head in heads)


def _meaning(head: str, log: str, reading: FileReading, heads: Sequence[str]) -> Meaning:
    form = head_form(head)
    declared = reading.targets(head, log) if reading.columns else None
    if declared is not None:
        return Meaning(head, declared, _unit(head, form, declared), form.order)
    if normal(head) in ("studio id", "studio"):
        return Meaning(head, (STUDIO,))
    targets = _own(head, form, log) or fed_by(log, head, heads)
    if not targets and normal(form.name) != normal(head):
        targets = fed_by(log, form.name, heads)
    if not targets and "health_answered" in schema(log).columns:
        targets = _answered(head, form, log)
    return Meaning(head, targets, _unit(head, form, targets), form.order)


def _own(head: str, form: HeadForm, log: str) -> tuple[Target, ...]:
    """The column of the table's own log, by the head as written and then without what it states beside its name."""
    known = schema(log)
    if column := known.column_called(head):
        return (Target(log, column),)
    if not form.name:
        measured = [c.name for c in _columns(log) if form.unit and _states(form.unit, c)]
        return (Target(log, measured[0]),) if len(measured) == 1 else ()
    column = known.column_called(form.name) or _by_number(log, form.name)
    if column and (not form.unit or _states(form.unit, known.columns[column])):
        return (Target(log, column),)
    return ()


def _by_number(log: str, name: str) -> str | None:
    """`Client No.` is what `Client` is, if that is a key or a counter; a colour's number is not the colour."""
    bare = without_number_words(name).removesuffix(" no")
    column = schema(log).column_called(bare)
    return column if column and schema(log).columns[column].type in ("id", "whole") else None


def _answered(head: str, form: HeadForm, log: str) -> tuple[Target, ...]:
    for text in (head, form.name):
        if word := question(text):
            return (Target(log, "health_answered", word=word),)
        if word := statement(text):
            return (Target(log, "explained", word=word),)
    return ()


def _unit(head: str, form: HeadForm, targets: Sequence[Target]) -> str:
    """The unit that a head states for the one column it means."""
    if len(targets) != 1 or targets[0] == STUDIO:
        return ""
    column = schema(targets[0].log).columns[targets[0].column]
    if not column.unit:
        return ""
    if head.strip().casefold() == column.name:
        return OWN_UNIT
    if not form.unit or not _states(form.unit, column):
        return ""
    return OWN_UNIT if form.unit == OWN.get(column.unit, column.unit) else form.unit


def _states(unit: str, column: Column) -> bool:
    """Whether a column can be stated in a unit."""
    if unit in PRESSURES_OF_TWO_MEANINGS:
        return column.unit == UNITS["psia"].of
    return column.unit is not None and (unit == column.unit or (unit in UNITS and UNITS[unit].of == column.unit))


def _columns(log: str) -> list[Column]:
    return [column for column in schema(log).columns.values() if not column.derived]


@lru_cache(maxsize=4096)
def _proposed(head: str, log: str) -> tuple[Target, ...]:
    """The columns that a head may mean: those that may be called so, or the one whose name is nearest."""
    form = head_form(head)
    said = {normal(head), normal(form.name)} - {""}
    perhaps = [c.name for c in _columns(log) if said.intersection(_perhaps(log, c.name))]
    if not perhaps and form.unit:
        own = schema(log).column_called(form.name) if form.name else None
        if not form.name or (own and not schema(log).columns[own].unit):
            perhaps = [c.name for c in _columns(log) if _states(form.unit, c)]
    if not perhaps:
        perhaps = _nearest(without_number_words(form.name), log)
    return tuple(Target(log, column) for column in perhaps)


@cache
def _perhaps(log: str, column: str) -> frozenset[str]:
    return frozenset(map(normal, schema(log).columns[column].maybe_called))


def _nearest(name: str, log: str) -> list[str]:
    """The column of the known head that is nearest a name, if it is near and clearly ahead of all other columns."""
    from rapidfuzz import fuzz, process

    if len(name) < _SHORTEST:
        return []
    choices = _choices(log)
    found = process.extract(name, list(choices), scorer=fuzz.token_sort_ratio, score_cutoff=_NEAR - _AHEAD, limit=20)
    best: dict[str, float] = {}
    for text, score, _ in found:
        best[choices[text]] = max(score, best.get(choices[text], 0.0))
    ranked = sorted(best.items(), key=lambda entry: -entry[1])
    if not ranked or ranked[0][1] < _NEAR or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _AHEAD):
        return []
    return [ranked[0][0]]


@cache
def _choices(log: str) -> Mapping[str, str]:
    """Every head that a log knows, without number words → its column."""
    return {
        without_number_words(head): column.name
        for column in _columns(log)
        for head in (column.name, *column.also_called)
        if len(without_number_words(head)) >= _SHORTEST
    }


def likely_log(heads: Iterable[str]) -> Likely:
    """The log that a table is by its heads alone.

    Taken only where at least three columns of the log are known by name or synonym, these are at least half of the
    heads, the day of the event or the key is among them, and every other log knows at least two columns fewer.
    """
    filled = [head for head in dict.fromkeys(heads) if head.strip()][:NEAR_HEADS]
    known = {log: _known_columns(filled, log) for log in LOGS}
    ranked = sorted(LOGS, key=lambda log: (-len(known[log]), LOGS.index(log)))
    first, second = ranked[0], ranked[1]
    count, ahead = len(known[first]), len(known[first]) - len(known[second])
    said = f"{count} of its {len(filled)} heads are columns of {first}"
    if count < _ENOUGH_KNOWN:
        return Likely(None, None, "its heads are not those of any log")
    if ahead == 0:
        return Likely(None, None, f"{said}, and as many of {second}")
    if 2 * count < len(filled):
        return Likely(None, first, f"{said}, which is less than half")
    if not _has_event_or_key(first, known[first]):
        return Likely(None, first, f"{said}, but neither its day nor its key is among them")
    if ahead < _AHEAD_OF_OTHERS:
        return Likely(None, first, f"{said}, and {len(known[second])} of {second}")
    return Likely(first, None, f"{said}, more than of any other log")


def tells_records_of(log: str, heads: Iterable[str]) -> bool:
    """Whether the day of the event or the key of a log is among some heads."""
    return _has_event_or_key(log, _known_columns([head for head in heads if head.strip()][:NEAR_HEADS], log))


def _known_columns(heads: Sequence[str], log: str) -> set[str]:
    """The columns of a log that heads mean, without those that all logs share."""
    found = {target.column for head in heads for target in _own(head, head_form(head), log)}
    return found - set(shared().columns)


def _has_event_or_key(log: str, columns: set[str]) -> bool:
    known = schema(log)
    return known.when in columns or known.key in columns or columns.issuperset(known.made_key)
