"""Tracing: what is asked, and the answer for every studio."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

import numpy as np

from smpcompliance.audit.finding import Input
from smpcompliance.audit.run import check_profiles
from smpcompliance.dates import Ints, Period
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs
from smpcompliance.rules.ruleset import Ruleset
from smpcompliance.trace.asked_next import Asked as Asked
from smpcompliance.trace.asked_next import asked_next
from smpcompliance.trace.drill import Drawn, drawn, of_one_load
from smpcompliance.trace.exposure import Clients, Exposed, clients_of, sessions_of
from smpcompliance.trace.gaps import Gap as Gap
from smpcompliance.trace.gaps import gaps, gaps_of_tests
from smpcompliance.trace.loads import Loads, loads_of
from smpcompliance.trace.look_back import exposed_by_loads
from smpcompliance.trace.lot_exposure import Entries, entries_of, exposed_by_lots
from smpcompliance.trace.lots import Lots, known_lots, lots_numbered, lots_of
from smpcompliance.trace.people import exposed_by, known_keys, resolved
from smpcompliance.trace.recalls import Match, Recall, RecallList, matches, recall_list, uses
from smpcompliance.trace.windows import (
    Window,
    failed_tests,
    failure_windows,
    known_machines,
    machine_named,
    window_by_hand,
)

Kind = Literal["failed_tests", "equipment", "lot", "recalls", "practitioner", "client", "station", "period", "drill"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMED: tuple[Kind, ...] = ("equipment", "lot", "practitioner", "client", "station")
"""Kinds that need a key."""
_SHOWN = 20
"""Known keys that a mistake names; how many more there are is told."""
_READ: Mapping[str, tuple[str, ...]] = {
    "sessions": ("session_id", "client_id", "practitioner_id", "station", "started_at", "ended_at", "status"),
    "session_supplies": (
        "session_id", "lot_id", "cycle_id", "item_type", "brand", "product", "color", "lot_number",
    ),
    "sterilization_cycles": (
        "cycle_id", "equipment_id", "cycle_type", "started_at", "provider", "disposition", "packs",
    ),
    "spore_tests": ("equipment_id", "cycle_id", "tested_at", "result_on", "result", "control_result"),
    "supply_lots": (
        "lot_id", "cycle_id", "item_type", "brand", "product", "color", "lot_number", "received_on", "expires_on",
        "sterile", "single_use",
    ),
    "equipment": ("equipment_id", "equipment_type", "method"),
    "clients": ("client_id",),
    "practitioners": ("practitioner_id",),
}  # fmt: skip
"""Log → the columns by which is traced; a cell there that cannot be read is told."""


@dataclass(frozen=True)
class Query:
    """What is asked; exactly one kind. Every name in it is a code or a number, never a person's name.

    Attributes:
        kind: what is traced.
        key: the machine, lot number, practitioner, client or station asked for, as the user wrote it; empty otherwise.
        period: the days asked for: of failed tests, of loads given by hand, of sessions; None: all.
        seed: of a drill; None: the day of the trace as a number (20261121).
    """

    kind: Kind
    key: str = ""
    period: Period | None = None
    seed: int | None = None


class NotKnown(ValueError):
    """No studio knows the machine, practitioner, client or station that is asked for.

    The message names the keys that are known, as far as they are no names of people; it does not repeat what was
    asked, for that may be one.
    """


@dataclass(frozen=True)
class Traced:
    """One thing traced in one studio: a machine's window, a lot, a recall, or a person, place or time.

    Attributes:
        kind: as in the query; a drill has the kind of what was drawn (`equipment` or `lot`).
        key: the machine, lot number, recall, practitioner, client, station.
        window, loads: of a look-back.
        lots, recall, match: of a lot or recall.
        use_before, use_after: places in `exposed` of certain or possible sessions before a recall was published and
            on or after that day; those in neither are of days that cannot be told apart from it.
        exposed: the sessions; `clients` the people behind them.
        asked: what the law asks next.
        gaps: what could not be traced.
        drawn: of a drill.
    """

    studio: Studio
    kind: Kind
    key: str
    exposed: Exposed
    clients: Clients
    window: Window | None = None
    loads: Loads | None = None
    lots: Lots | None = None
    recall: Recall | None = None
    match: Match | None = None
    use_before: Ints | None = None
    use_after: Ints | None = None
    asked: tuple[Asked, ...] = ()
    gaps: tuple[Gap, ...] = ()
    drawn: Drawn | None = None


@dataclass(frozen=True)
class Trace:
    """The answer.

    Attributes:
        query: what was asked, with the key as the records write it and the seed that was used.
        traced: by studio, then by time or name.
        looked_at: per studio in the order of `studios`, how much was looked at: (what, how many) pairs in which `what`
            is `failed_tests`, `lots`, `recalls` or `sessions`.
        recalls: the list that was asked; None where none was.
        unreadable: lines and cells that could not be read, each with the studio's id.
        gaps: what could not be traced and belongs to none of `traced`, each with the studio's id.
    """

    query: Query
    as_of: date
    studios: tuple[Studio, ...]
    rulesets: tuple[Ruleset, ...]
    inputs: tuple[Input, ...]
    logs: Logs
    traced: tuple[Traced, ...]
    looked_at: tuple[tuple[tuple[str, int], ...], ...]
    recalls: RecallList | None
    unreadable: tuple[tuple[str, Unreadable], ...]
    version: str
    gaps: tuple[tuple[str, Gap], ...] = ()


def trace(
    query: Query,
    rulesets: Mapping[str, Ruleset],
    logs: Logs,
    as_of: date,
    *,
    version: str,
    inputs: Sequence[Input],
    unreadable: Sequence[tuple[str, Unreadable]],
    recalls: RecallList | None = None,
) -> Trace:
    """Traces one thing through all studios. Pure: the same input gives the same answer.

    Args:
        query: what is asked.
        rulesets: all that the studios' law needs, parents included.
        as_of: the day of the trace; records of later days are not looked at.
        version: the program's version, for the report.
        inputs: the files that were read; `unreadable` what could not be read of them.
        recalls: the list of recalls to be asked; None: the shipped one.

    Raises:
        NotKnown: no studio knows the machine, practitioner, client or station; the message names those it knows.
        ValueError: a kind that needs a key has none.
        SourceError: a studio names an overlay or a reading that no rule knows.
    """
    check_profiles(logs.studios, rulesets)
    if query.kind in NAMED and not query.key.strip():
        raise ValueError(f"say which {query.kind} is to be traced")
    asked = replace(query, seed=_seed(query, as_of)) if query.kind == "drill" else query
    known = None if query.kind != "recalls" else recall_list() if recalls is None else recalls
    studios = range(len(logs.studios))
    keys = _keys(query, logs)
    found = [each for n in studios for each in _OF_KIND[query.kind](_Case(asked, logs, n, keys[n], as_of, known))]
    if query.kind in ("practitioner", "client", "station", "equipment"):
        asked = replace(asked, key=", ".join(dict.fromkeys(key for key in keys if key is not None)))
    return Trace(
        asked,
        as_of,
        logs.studios,
        tuple(rulesets[id] for id in sorted(rulesets)),
        tuple(sorted(inputs, key=lambda i: (i.studio_id, i.file, i.sheet, i.log or ""))),
        logs,
        tuple(_with_law(found, rulesets, logs, as_of)),
        tuple(tuple(_looked_at(asked, logs, n, as_of, known)) for n in studios),
        known,
        tuple(sorted(unreadable, key=lambda u: (u[0], u[1].file, u[1].sheet, u[1].line, u[1].column or ""))),
        version,
        tuple((logs.studios[n].studio_id, gap) for n in studios for gap in _gaps_beside(asked, logs, n, as_of, found)),
    )


def unreadable_cells(logs: Logs) -> Iterator[tuple[str, Unreadable]]:
    """The cells by which is traced and that cannot be read, each with the studio's id."""
    for name, columns in _READ.items():
        table = logs.log(name)
        asked = replace(table, text={column: table.text[column] for column in columns if column in table.text})
        yield from ((logs.studios[code].studio_id, place) for code, place in asked.unreadable())


def _seed(query: Query, as_of: date) -> int:
    return int(as_of.strftime("%Y%m%d")) if query.seed is None else query.seed


def _keys(query: Query, logs: Logs) -> list[str | None]:
    """The key in each studio as its records write it; None where it knows none."""
    studios = range(len(logs.studios))
    match query.kind:
        case "equipment":
            found = [machine_named(logs, n, query.key) for n in studios]
            known = [key for n in studios for key in known_machines(logs, n)]
        case "practitioner" | "client" | "station":
            found = [resolved(logs, n, query.kind, query.key) for n in studios]
            known = [key for n in studios for key in known_keys(logs, n, query.kind)]
        case _:
            return [query.key] * len(studios)
    if all(key is None for key in found):
        raise NotKnown(_not_known(query.kind, sorted(set(known))))
    return found


def _not_known(kind: Kind, known: Sequence[str]) -> str:
    what = "sterilizer" if kind == "equipment" else kind
    codes = [key for key in known if kind in ("equipment", "station") or not _like_a_name(key)]
    shown = ", ".join(codes[:_SHOWN])
    more = len(known) - len(codes[:_SHOWN])
    if not known:
        return f"the records know no {what} by that name, and they name none"
    told = f"known are {shown}" if shown else "they have no codes"
    return f"the records know no {what} by that name; {told}" + (f" and {more} more" if more and shown else "")


def _like_a_name(key: str) -> bool:
    """Whether a code may be the name of a person: two words or more, and no figure among them."""
    return len(key.split()) > 1 and not any(sign.isdigit() for sign in key)


@dataclass(frozen=True)
class _Case:
    """One question put to one studio; `key` as its records write it, None where it knows none."""

    query: Query
    logs: Logs
    studio: int
    key: str | None
    as_of: date
    recalls: RecallList | None

    def of_loads(self, key: str, window: Window, loads: Loads) -> Traced:
        """A look-back."""
        exposed = exposed_by_loads(self.logs, window, loads, self.as_of)
        return self._traced("equipment", key, exposed, window, loads, None)

    def of_lots(self, key: str, lots: Lots, number: str = "", entries: Entries | None = None) -> Traced:
        """Lots forward to the clients."""
        exposed = exposed_by_lots(self.logs, self.studio, lots, self.as_of, number, entries)
        return self._traced("lot", key, exposed, None, None, lots)

    def of_people(self, key: str, column: str) -> Traced:
        """The sessions of somebody, of a place or of some days."""
        kind = self.query.kind
        assert kind in ("practitioner", "client", "station", "period")
        exposed = exposed_by(self.logs, self.studio, kind, key, self.query.period, self.as_of)
        return self._traced(kind, key, exposed, None, None, None, column)

    def _traced(
        self, kind: Kind, key: str, exposed: Exposed, window: Window | None, loads: Loads | None, lots: Lots | None,
        column: str = "",
    ) -> Traced:  # fmt: skip
        open_ = gaps(self.logs, self.studio, exposed, loads, window, lots, self.as_of, column)
        clients = clients_of(self.logs, exposed)
        return Traced(self.logs.studios[self.studio], kind, key, exposed, clients, window, loads, lots, gaps=open_)


def _failed_tests(case: _Case) -> Iterator[Traced]:
    for window in failure_windows(case.logs, case.studio, case.query.period, case.as_of):
        found = case.of_loads(window.machine, window, loads_of(case.logs, window, case.as_of))
        yield replace(found, kind="failed_tests")


def _equipment(case: _Case) -> Iterator[Traced]:
    if case.key is not None:
        window = window_by_hand(case.logs, case.studio, case.key, case.query.period, case.as_of)
        yield case.of_loads(case.key, window, loads_of(case.logs, window, case.as_of))


def _lot(case: _Case) -> Iterator[Traced]:
    number = case.query.key
    yield case.of_lots(number, lots_numbered(case.logs, case.studio, number, case.as_of), number)


def _recalls(case: _Case) -> Iterator[Traced]:
    assert case.recalls is not None
    entries = entries_of(case.logs, case.studio, case.as_of)
    for recall, match, lots in matches(case.logs, case.studio, case.recalls, case.as_of, entries):
        found = case.of_lots(recall.id, lots, entries=entries)
        before, after = uses(case.logs, found.exposed, recall)
        yield replace(found, kind="recalls", recall=recall, match=match, use_before=before, use_after=after)


def _practitioner(case: _Case) -> Iterator[Traced]:
    yield from _people(case, "practitioner_id")


def _client(case: _Case) -> Iterator[Traced]:
    yield from _people(case, "client_id")


def _station(case: _Case) -> Iterator[Traced]:
    yield from _people(case, "station")


def _period(case: _Case) -> Iterator[Traced]:
    yield from _people(case, "")


def _people(case: _Case, column: str) -> Iterator[Traced]:
    if case.key is not None:
        yield case.of_people(case.key, column)


def _drill(case: _Case) -> Iterator[Traced]:
    assert case.query.seed is not None
    found = drawn(case.logs, case.studio, case.query.period, case.query.seed, case.as_of)
    if found is None:
        return
    if found.kind == "equipment":
        window, loads = of_one_load(case.logs, case.studio, found.row, case.as_of)
        yield replace(case.of_loads(window.machine, window, loads), drawn=found)
        return
    none = np.zeros(0, np.int64)
    lots = lots_of(case.logs, case.studio, np.array([found.row]), none, case.as_of)
    number = case.logs.cells("supply_lots", "lot_number").text(found.row)
    yield replace(case.of_lots(number or found.key, lots), drawn=found)


_OF_KIND: Mapping[Kind, Callable[[_Case], Iterator[Traced]]] = {
    "failed_tests": _failed_tests,
    "equipment": _equipment,
    "lot": _lot,
    "recalls": _recalls,
    "practitioner": _practitioner,
    "client": _client,
    "station": _station,
    "period": _period,
    "drill": _drill,
}


def _with_law(found: Sequence[Traced], rulesets: Mapping[str, Ruleset], logs: Logs, as_of: date) -> Iterator[Traced]:
    """What was traced, with what the law asks after the failed tests of each window; each rule is judged once."""
    tests = [each.window.failed for each in found if each.window is not None]
    asked = asked_next(rulesets, logs, np.concatenate([np.zeros(0, np.int64), *tests]), as_of)
    for each in found:
        rows = set() if each.window is None else set(each.window.failed.tolist())
        yield replace(each, asked=tuple(one for one in asked if one.evidence.row in rows)) if rows else each


def _gaps_beside(query: Query, logs: Logs, studio: int, as_of: date, found: Sequence[Traced]) -> Iterator[Gap]:
    """What could not be traced and belongs to no single window, lot or person."""
    if query.kind == "failed_tests":
        windows = [each.window for each in found if each.window and each.studio is logs.studios[studio]]
        yield from gaps_of_tests(logs, studio, query.period, as_of, windows)
    if query.kind == "drill" and not any(each.studio is logs.studios[studio] for each in found):
        yield Gap("nothing_to_draw", 0, 0, "sterilization_cycles", "started_at")


def _looked_at(
    query: Query, logs: Logs, studio: int, as_of: date, recalls: RecallList | None
) -> Iterator[tuple[str, int]]:
    if query.kind == "failed_tests":
        yield "failed_tests", len(failed_tests(logs, studio, query.period, as_of))
    if query.kind in ("lot", "recalls"):
        yield "lots", len(known_lots(logs, studio, as_of))
    if recalls is not None:
        yield "recalls", len(recalls.entries)
    yield "sessions", len(sessions_of(logs, studio, as_of))
