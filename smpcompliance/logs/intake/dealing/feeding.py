"""One table may feed several logs: its columns are dealt out, one table per log, each record with its own line.

- Of another log's columns only the lines are used on which one of them is filled.
- What belongs to one supply (needle, second pigment …) is a table of `session_supplies` of its own.
- Records find each other by the table's own key; where it has none, one is made of what is not personal.
- A client or a form that stands on several lines is one record; what the lines contradict each other in is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Ints, Mask
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import blanks, unread
from smpcompliance.logs.intake.dealing import answers, lots
from smpcompliance.logs.intake.dealing.columns import Column, source_of
from smpcompliance.logs.intake.heads.meaning import STUDIO
from smpcompliance.logs.intake.normal_form import normal_forms
from smpcompliance.logs.intake.raw import PERSONAL, PERSONAL_LINE, RawTable, Unreadable
from smpcompliance.logs.intake.settling.keys import FORM
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.schema import LOGS, normal, schema
from smpcompliance.logs.target import SUPPLIES, Target
from smpcompliance.patterns import pattern

SITTING = "sitting "
"""What stands before the key of a sitting in the key of a form that only the sitting tells of."""

_NOT_ONE = pattern(r"none|nil|no|nothing|keine|aucune?|ninguno|nessuno|nenhum|geen|brak|ingen|not used|not applicable")
_PART_OF_NAME = pattern(
    r"\b(?:(?P<first>first|given|fore|prenom|vorname)|(?P<middle>middle)|(?P<last>last|family|sur|nachname))"
)
_PART_OF_ADDRESS = pattern(r"address ?(line|city|state|zip|country|street|postcode)")
_ASKS_FOR_NAME = pattern(r"name|information|identit")
_ONCE = frozenset({"clients", "consent_forms"})


@dataclass(frozen=True)
class _Group:
    """Columns that belong to one record of another log: its log, item word and number."""

    log: str
    item: str = ""
    number: int = 0

    def __str__(self) -> str:
        return " ".join(filter(None, (self.item or self.log, str(self.number or ""))))


@dataclass
class _Dealt:
    """A table whose columns are dealt out; notes and misfits gather while its records are linked.

    `kept` are the lines that are records of the table's own log; None where all are.
    """

    source: Source
    own: list[Column]
    others: dict[_Group, list[Column]]
    kept: Mask | None = None
    notes: list[str] = field(default_factory=list)
    misfits: list[Unreadable] = field(default_factory=list)

    @property
    def table(self) -> RawTable:
        return self.source.table

    def own_cells(self, column: str) -> pa.Array | None:
        """The cells of a column of the table's own log, None where it has none."""
        return next((c.cells for c in self.own if c.means == Target(self.source.log, column)), None)

    def put(self, name: str, cells: pa.Array, head: str = "") -> None:
        """Gives the table's own log a column, in place of the one that it has."""
        means = Target(self.source.log, name)
        there = next((n for n, column in enumerate(self.own) if column.means == means), None)
        if there is None:
            self.own.append(Column(head or name, cells, means))
        else:
            self.own[there] = replace(self.own[there], cells=cells)


def feed(source: Source) -> tuple[Source, ...]:
    """The tables of each log that a table feeds, the table's own log first; lots in their cells are taken apart."""
    dealt = _deal(source)
    fed: list[Source] = []
    if dealt.others:
        if source.log == SUPPLIES:
            _settle_own(dealt)
        _settle_groups(dealt)
        filled = {group: _filled(columns, group) for group, columns in dealt.others.items()}
        for group in sorted(dealt.others, key=lambda g: (LOGS.index(g.log), g.item, g.number)):
            if filled[group].any():
                fed += _fed(dealt, group, np.flatnonzero(filled[group]))
        if source.log == SUPPLIES:
            _leave_out_empty(dealt, filled)
    return tuple(lots.taken_apart(one) for one in (_own(dealt), *fed))


def _own(dealt: _Dealt) -> Source:
    """The table of the own log: what is left of its columns, with those that were made."""
    source, table = dealt.source, dealt.table
    as_it_was = [(id(cells), meaning.targets) for cells, meaning in zip(table.columns, source.meanings, strict=True)]
    if as_it_was == [(id(column.cells), (column.means,) if column.means else ()) for column in dealt.own]:
        return source
    rows = None if dealt.kept is None else np.flatnonzero(dealt.kept)
    own = source_of(source, source.log, dealt.own, rows, source.preset)
    told = replace(own.table, misfits=(*_hidden(dealt), *dealt.misfits), notes=(*table.notes, *dealt.notes))
    return replace(own, table=told)


def _deal(source: Source) -> _Dealt:
    own: list[Column] = []
    others: dict[_Group, list[Column]] = {}
    words: dict[str, list[tuple[str, str, pa.Array]]] = {}
    native = source.table.native or (None,) * len(source.table.heads)
    for meaning, cells, kinds in zip(source.meanings, source.table.columns, native, strict=True):
        if not meaning.targets:
            own.append(Column(meaning.head, cells, None, kinds, meaning))
        for means in meaning.targets:
            column = Column(meaning.head, cells, means, kinds, meaning)
            if means.word:
                words.setdefault(means.column, []).append((means.word, meaning.head, cells))
            elif means == STUDIO or (means.log == source.log and not means.item and not means.number):
                own.append(column)
            else:
                others.setdefault(_Group(means.log, means.item, means.number), []).append(column)
    dealt = _Dealt(source, _parts_joined(own), {group: _parts_joined(columns) for group, columns in others.items()})
    _put_words(dealt, words)
    return dealt


def _put_words(dealt: _Dealt, words: Mapping[str, Sequence[tuple[str, str, pa.Array]]]) -> None:
    for column, asked in words.items():
        health = column == "health_answered"
        own = None if health else dealt.own_cells(column)
        for name, cells in answers.joined(own, asked, health).items():
            there = dealt.own_cells(name) if health else None
            head = asked[0][1] if len(asked) == 1 else name
            dealt.put(name, cells if there is None else answers.beside(there, cells), head)


def _parts_joined(columns: list[Column]) -> list[Column]:
    """First, middle and last name in columns of their own become one name, in this order; so do lines of an address."""
    out = list(columns)
    for name, place, between in (
        ("name", _of_name, " "),
        ("guardian_name", _of_name, " "),
        ("address", _of_address, ", "),
    ):
        parts = [(place(c.head), c) for c in out if c.means and c.means.column == name and place(c.head) is not None]
        if len(parts) < 2:
            continue
        parts.sort(key=lambda part: part[0] or 0)
        chosen = [column for _, column in parts]
        cells = _joined([column.cells for column in chosen], between)
        made = replace(chosen[0], head=", ".join(column.head for column in chosen), cells=cells, native=None)
        at = min(n for n, column in enumerate(out) if any(column is part for part in chosen))
        out = [column for column in out if not any(column is part for part in chosen)]
        out.insert(at, made)
    return out


def _of_name(head: str) -> int | None:
    found = _PART_OF_NAME.search(normal(head))
    return None if not found else ("first", "middle", "last").index(str(found.lastgroup))


def _of_address(head: str) -> int | None:
    return 0 if _PART_OF_ADDRESS.search(normal(head)) else None


def _joined(cells: Sequence[pa.Array], between: str) -> pa.Array:
    """Cells of several columns row by row with something between those that are filled."""
    told = arrow.joined([pc.utf8_trim_whitespace(column) for column in cells], between)
    return told if between == " " else pc.ascii_ltrim(told, characters=between)


def _settle_own(dealt: _Dealt) -> None:
    """An expiry or quantity without a number, beside numbered lots, goes with the only one of them."""
    numbered = [group for group in dealt.others if group.log == SUPPLIES]
    if not numbered or dealt.own_cells("lot_number") is not None:
        return
    for name in ("expires_on", "quantity"):
        at = next((n for n, c in enumerate(dealt.own) if c.means == Target(SUPPLIES, name)), None)
        if at is None:
            continue
        column = dealt.own[at]
        if len(numbered) == 1:
            dealt.others[numbered[0]].append(dealt.own.pop(at))
            continue
        dealt.own[at] = replace(column, means=None)
        dealt.notes.append(
            f"'{column.head}' may belong to any of {len(numbered)} numbered lots; it is not used. Give each "
            f"lot its own (e.g. '{column.head} 1')"
        )


def _settle_groups(dealt: _Dealt) -> None:
    """Lets an expiry, brand or colour without an item go with the only lot that it can belong to."""
    others = dealt.others
    for group in [g for g in others if g.log == SUPPLIES]:
        named = {c.means.column for c in others[group] if c.means}
        if named & {"lot_number", "product", "pack_id", "gtin", "lot_id"}:
            continue
        alike = [
            g for g, columns in others.items()
            if g.log == SUPPLIES and g != group and (not group.item or g.item == group.item)
            and (not group.number or g.number == group.number)
            and {c.means.column for c in columns if c.means} & {"lot_number", "product", "pack_id", "gtin"}
        ]  # fmt: skip
        for column in list(others[group]):
            assert column.means is not None
            takers = [g for g in alike if all(c.means and c.means.column != column.means.column for c in others[g])]
            shared = column.means.column == "brand" and bool(group.item)
            if len(alike) == 1 and takers or shared and takers:
                for taker in takers:
                    others[taker].append(column)
                others[group].remove(column)
            elif alike and not group.item:
                said = " or ".join(map(str, alike))
                dealt.notes.append(
                    f"'{column.head}' may belong to {said}; it is not used. Name the item in the head (e.g. "
                    f"'{alike[0].item or 'needle'} {column.head}') or say it under columns in studio.yaml"
                )
                others[group].remove(column)
                dealt.own.append(replace(column, means=None))
        if not others[group]:
            del others[group]


def _filled(columns: Iterable[Column], group: _Group) -> Mask:
    """The lines on which a column of the group is filled, if only with what cannot be told; «none» is no supply."""
    filled = []
    for column in columns:
        said = ~blanks(column.cells)
        if group.log == SUPPLIES:
            said &= ~_none(column.cells)
        filled.append(unread(column.cells) | said)
    found: Mask = np.any(filled, axis=0)
    return found


def _none(cells: pa.Array) -> Mask:
    """The cells that say that there is nothing; no word for it has a figure."""
    distinct = arrow.encoded(cells)
    words = np.flatnonzero(~arrow.numbers(pc.match_substring_regex(distinct.dictionary, "[0-9]")))
    none = np.zeros(len(distinct.dictionary) + 1, bool)
    none[words] = [
        _NOT_ONE.fullmatch(normal(text)) is not None for text in arrow.take(distinct.dictionary, words).to_pylist()
    ]
    found: Mask = none[arrow.numbers(distinct.indices)]
    return found


def _fed(dealt: _Dealt, group: _Group, rows: Ints) -> list[Source]:
    """The table of one group: its own columns, what it takes over from the line, and its links."""
    columns = list(dealt.others[group])
    named = {column.means.column for column in columns if column.means}
    for name, cells, head in _links(dealt, group, rows):
        if name not in named:
            columns.append(Column(head, cells, Target(group.log, name)))
            named.add(name)
    if group.log == "clients":
        with_client = _clients(dealt, columns, rows)
        if with_client is None:
            return []
        columns, rows = with_client
        named = {column.means.column for column in columns if column.means}
    for there, here in _takes(dealt.source.log, group).items():
        own = next((c for c in dealt.own if c.means == Target(dealt.source.log, here)), None)
        if there not in named and own is not None:
            columns.append(replace(own, means=Target(group.log, there)))
            named.add(there)
    columns += [c for c in dealt.own if c.means == STUDIO]
    columns += [c for c in dealt.own if c.means is None and normal(c.head)]
    preset = {"item_type": group.item} if group.item else {}
    if group.log == dealt.source.log == SUPPLIES:
        preset = dict(dealt.source.preset) | preset
    fed = source_of(dealt.source, group.log, columns, rows, preset)
    return [_one_each(fed)] if group.log in _ONCE else [fed]


def _takes(log: str, group: _Group) -> dict[str, str]:
    """Column of the fed record → column of the table's own log whose cell it takes over."""
    if group.log == log == SUPPLIES:
        left = {"supply_id", "lot_id", "lot_number", "expires_on", "pack_id", "gtin", "quantity"}
        left |= {"item_type"} if group.item else set()
        return {name: name for name in schema(log).columns if name not in left}
    out: dict[str, str] = {}
    for fed in schema(log).feeds:
        if fed.log == group.log:
            out |= fed.takes
    if "client_id" in schema(log).columns and "client_id" in schema(group.log).columns:
        out.setdefault("client_id", "client_id")
    return out


def _links(dealt: _Dealt, group: _Group, rows: Ints) -> list[tuple[str, pa.Array, str]]:
    """The columns by which the group's records and those of the table's own log find each other: name, cells, head."""
    log, other = dealt.source.log, schema(group.log)
    if group.log == log:
        return _numbered_keys(dealt, group)
    if group.log == "clients":
        return []
    key, head = _own_key(dealt)
    out = []
    if log == "consent_forms" and group.log in ("sessions", SUPPLIES):
        out.append(("session_id", _behind(FORM, key), head))
    for name, column in other.columns.items():
        if column.to == log and column.type == "id" and not column.derived:
            out.append((name, key, head))
    for name, column in schema(log).columns.items():
        if column.to == group.log and column.type == "id" and name.removesuffix("_id") == other.key.removesuffix("_id"):
            out.append((other.key, *_key_of_other(dealt, name, key, rows)))
    return out


def _key_of_other(dealt: _Dealt, name: str, key: pa.Array, rows: Ints) -> tuple[pa.Array, str]:
    """The own column that names the other record; where it is blank on one of these lines it names one made up."""
    own = dealt.own_cells(name)
    own = arrow.repeated("", dealt.table.rows) if own is None else own
    made = np.zeros(dealt.table.rows, bool)
    made[rows] = blanks(own)[rows]
    cells = arrow.chosen(made, _behind(SITTING, key), own)
    dealt.put(name, cells)
    return cells, next(c.head for c in dealt.own if c.means == Target(dealt.source.log, name))


def _numbered_keys(dealt: _Dealt, group: _Group) -> list[tuple[str, pa.Array, str]]:
    own = dealt.own_cells("supply_id")
    if own is None:
        return []
    numbered = _joined([own, arrow.repeated(f"({group})", dealt.table.rows)], " ")
    head = next(c.head for c in dealt.own if c.means == Target(SUPPLIES, "supply_id"))
    return [("supply_id", arrow.chosen(blanks(own), own, numbered), head)]


def _own_key(dealt: _Dealt) -> tuple[pa.Array, str]:
    """The key of each own record; where the table has none, one is made that holds nothing personal."""
    known = schema(dealt.source.log)
    own = dealt.own_cells(known.key)
    lacking = np.ones(dealt.table.rows, bool) if own is None else blanks(own)
    if lacking.any():
        made = _made_keys(dealt)
        dealt.put(known.key, made if own is None else arrow.chosen(lacking, made, own))
    column = next(c for c in dealt.own if c.means == Target(known.name, known.key))
    return column.cells, column.head


def _made_keys(dealt: _Dealt) -> pa.Array:
    """`file: practitioner start`, with a running number where that repeats; by lines where nothing of it is there."""
    known, table = schema(dealt.source.log), dealt.table
    usable = [n for n in known.made_key if not known.columns[n].private and known.columns[n].to != "clients"]
    parts = [cells for name in usable if (cells := dealt.own_cells(name)) is not None]
    place = " ".join(filter(None, (table.file, table.sheet))) + ":"
    if not parts:
        return arrow.strings(f"{place} line {line}" for line in table.lines.tolist())
    said = _joined(parts, " ")
    if (unsaid := np.flatnonzero(blanks(said))).size:
        said = arrow.put(said, unsaid, arrow.strings(f"line {line}" for line in table.lines[unsaid].tolist()))
    nth = arrow.running(arrow.first_rows(said))
    running = arrow.strings(["", *(f"({n})" for n in range(2, int(nth.max(initial=0)) + 2))])
    return _joined([arrow.repeated(place, table.rows), said, arrow.take(running, nth)], " ")


def _clients(dealt: _Dealt, columns: list[Column], rows: Ints) -> tuple[list[Column], Ints] | None:
    """The columns of a table of clients with the key and the lines that have one; None where nothing tells the client.

    A client whom the table knows by name only has the name as key; it becomes a pseudonym later.
    """
    log = dealt.source.log
    own = next((c for c in dealt.own if c.means == Target(log, "client_id")), None)
    name = next((c for c in columns if c.means and c.means.column == "name"), None)
    if own is None and name is not None and "client_id" in schema(log).columns:
        head = name.head if _ASKS_FOR_NAME.search(normal(name.head)) else f"name ({name.head})"
        own = Column(head, name.cells, Target(log, "client_id"))
        dealt.own.append(own)
    elif own is not None and name is not None and own.head == name.head and not _ASKS_FOR_NAME.search(normal(own.head)):
        at = dealt.own.index(own)
        own = dealt.own[at] = replace(own, head=f"{own.head} (name)")
    heads = ", ".join(f"'{column.head}'" for column in columns)
    if own is None:
        dealt.notes.append(f"{heads}: no head tells whose it is, so it is not used; add the client's number or name")
        dealt.own += [replace(column, means=None) for column in columns]
        return None
    for row in rows[(blanks(own.cells) & ~unread(own.cells))[rows]]:
        reason = f"the line does not tell which client {heads} is of; fill in '{own.head}'"
        dealt.misfits.append(dealt.table.unreadable_at(int(row), own.head, PERSONAL, reason))
    kept = rows[~blanks(own.cells)[rows]]
    out = [*columns, replace(own, means=Target("clients", "client_id"))]
    if name is None and _ASKS_FOR_NAME.search(normal(own.head)):
        out.append(replace(own, means=Target("clients", "name")))
    return (out, kept) if len(kept) else None


def _one_each(source: Source) -> Source:
    """One record for each key: the first filled cell of every column; what the lines contradict each other in is told.

    A contradicted date can be read no longer; of anything else the first stands.
    """
    known, table = schema(source.log), source.table
    names = [meaning.targets[0].column if meaning.targets else "" for meaning in source.meanings]
    if known.key not in names:
        return source
    of = [_alike(table.columns[names.index(name)]) for name in (known.key, "studio_id") if name in names]
    again, stands = arrow.repeats(*of)
    if not len(again):
        return source
    is_first, row_of_key = np.ones(table.rows, bool), np.arange(table.rows)
    is_first[again], row_of_key[again] = False, stands
    first, code = np.flatnonzero(is_first), (np.cumsum(is_first) - 1)[row_of_key]
    record = "client" if source.log == "clients" else "form"
    columns, misfits, notes = list(table.columns), list(table.misfits), list(table.notes)
    for n, (name, cells) in enumerate(zip(names, table.columns, strict=True)):
        if not name:
            continue
        told = np.flatnonzero(~blanks(cells))
        row_of = first.copy()
        row_of[code[told][::-1]] = told[::-1]
        columns[n] = arrow.take(cells, row_of)
        other = _said_otherwise(cells, told, row_of[code[told]])
        if not len(other) or name == known.key:
            continue
        column = known.columns.get(name)
        if column is None or column.type not in ("date", "moment"):
            text = f"{len(other)} lines say something else under '{table.heads[n]}' than an earlier line of the same "
            notes.append(f"{text}{record}; the earliest line that says it stands")
            continue
        for row in other:
            line = int(table.lines[row_of[code[row]]])
            reason = f"line {line} says something else of the same {record}; correct one of them"
            shown = PERSONAL if column.private else cells[int(row)].as_py()
            misfits.append(table.unreadable_at(int(row), table.heads[n], shown, reason))
        spoilt = np.zeros(len(first), bool)
        spoilt[code[other]] = True
        columns[n] = arrow.chosen(spoilt, arrow.repeated("contradictory", len(first)), columns[n])
    native = tuple(kinds[first] for kinds in table.native)
    made = replace(
        table,
        columns=tuple(columns),
        lines=table.lines[first],
        misfits=tuple(misfits),
        notes=tuple(notes),
        native=native,
    )
    return replace(source, table=made)


def _alike(cells: pa.Array) -> Ints:
    """A number per cell, the same where cells are alike beyond case and marks; «?» is not a blank cell."""
    if distinct := arrow.repeating(cells):
        found: Ints = _alike(distinct.dictionary)[arrow.numbers(distinct.indices)]
        return found
    texts = pc.utf8_trim_whitespace(cells)
    return arrow.first_rows(normal_forms(texts), arrow.is_filled(texts))


def _said_otherwise(cells: pa.Array, rows: Ints, stands: Ints) -> Ints:
    """Which of these rows say something else than the row that stands, beyond case and marks."""
    rows, stands = rows[rows != stands], stands[rows != stands]
    as_written = _differ(*(arrow.take(cells, some) for some in (rows, stands)))
    rows, stands = rows[as_written], stands[as_written]
    return rows[_differ(*(normal_forms(arrow.take(cells, some)) for some in (rows, stands)))]


def _differ(said: pa.Array, other: pa.Array) -> Mask:
    differ: Mask = arrow.numbers(pc.not_equal(said, other))
    return differ


def _leave_out_empty(dealt: _Dealt, filled: Mapping[_Group, Mask]) -> None:
    """Lines of supplies that say something in numbered columns only have no record besides those."""
    numbered = [mask for group, mask in filled.items() if group.log == SUPPLIES]
    if not numbered:
        return
    told = [~blanks(c) for n in ("lot_number", "lot_id", "pack_id", "gtin") if (c := dealt.own_cells(n)) is not None]
    dealt.kept = ~np.any(numbered, axis=0) | (np.any(told, axis=0) if told else False)


def _hidden(dealt: _Dealt) -> tuple[Unreadable, ...]:
    """The lines that are no records, without their text where a column that is dealt to another log is private."""
    dealt_out = [column.means for columns in dealt.others.values() for column in columns if column.means]
    if not any(schema(means.log).columns[means.column].private for means in dealt_out):
        return dealt.table.misfits
    return tuple(misfit if misfit.column else replace(misfit, text=PERSONAL_LINE) for misfit in dealt.table.misfits)


def _behind(word: str, keys: pa.Array) -> pa.Array:
    if distinct := arrow.repeating(keys):
        return arrow.spread(_behind(word, distinct.dictionary), distinct)
    return _joined([arrow.repeated(word.strip(), len(keys)), keys], " ")
