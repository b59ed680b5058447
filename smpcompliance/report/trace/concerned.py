"""Whom it concerns: counts with denominators, clients by tier with their sessions, and who is excluded, and why."""

from collections.abc import Sequence
from itertools import islice

from smpcompliance.audit.chain import Step, chain
from smpcompliance.audit.evidence import private
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs
from smpcompliance.report.page import Block, Cell, Heading, Table, Text, Tone
from smpcompliance.report.sections.places import line, place
from smpcompliance.report.trace.contacts import contact
from smpcompliance.report.trace.reached import Reached, reached, reasons, thing
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.run import Trace, Traced

EXPOSED = (Strength.certain, Strength.possible)
MOST = 15
"""Sessions of one client that a page lists; the table and the data have them all."""
TOLD: dict[str, tuple[str, ...]] = {
    "sessions": ("started_at", "procedure", "body_site", "station", "status"),
    "consent_forms": ("signed_at", "form_version"),
    "clients": (),
    "practitioners": ("role",),
    "documents": ("document_type", "version"),
    "session_supplies": (
        "item_type",
        "brand",
        "product",
        "color",
        "lot_number",
        "expires_on",
        "quantity",
        "pack_id",
        "cycle_id",
        "active_ingredient",
        "strength_percent",
    ),
    "supply_lots": ("item_type", "brand", "product", "color", "lot_number", "expires_on", "supplier", "ingredients"),
    "sterilization_cycles": ("started_at", "method", "result", "disposition"),
    "equipment": ("manufacturer", "model", "serial_number"),
    "spore_tests": ("tested_at", "result", "control_result"),
}
"""What is told of a record behind a session; nothing that is marked private."""


def headline(traced: Sequence[Traced], exposing: bool, words: Words) -> tuple[str, Tone]:
    """What was found in one studio, in a line, and how it is meant.

    Args:
        exposing: what was asked means harm (a failed test, a lot, a recall); else clients are only looked for.
    """
    certain, possible = (_clients_of(traced, tier) for tier in EXPOSED)
    nameless = sum(len(each.clients.nameless) for each in traced)
    if not (certain or possible or nameless):
        return words("trace.nobody"), "good"
    key = "trace.somebody" if exposing else "trace.reached"
    if nameless:
        key = "trace.somebody_nameless" if exposing else "trace.reached_nameless"
    counted = {"certain": len(certain), "possible": len(possible - certain), "nameless": nameless}
    said = words(key, n=len(certain | possible), **counted)
    return said, ("critical" if certain or nameless else "open") if exposing else "plain"


def _clients_of(traced: Sequence[Traced], tier: Strength) -> set[str]:
    return {each.clients.codes[at] for each in traced for at in each.clients.of(tier)}


def counts(traced: Traced, words: Words) -> Text:
    """How many sessions were looked at and what became of them; the possible ones with the reasons."""
    strength = traced.exposed.strength
    certain, possible, excluded = (int((strength == tier).sum()) for tier in (*EXPOSED, Strength.excluded))
    why = words("trace.counts.or").join(
        words("trace.counts.reason", why=words(f"trace.because.{thing(traced)}.{because.name}"), n=n)
        for because, n in reasons(traced, Strength.possible).items()
    )
    said = words("trace.counts.because", why=why) if why else ""
    return Text(
        words("trace.counts.line", n=len(strength), certain=certain, possible=possible, excluded=excluded, because=said)
    )


def clients(trace: Trace, traced: Traced, withheld: Withheld, names: bool, words: Words) -> list[Block]:
    """The clients in two tiers to the last one, exposed sessions without a client, and the excluded by reason."""
    out: list[Block] = []
    for tier in EXPOSED:
        found = traced.clients.of(tier)
        out.append(Heading(3, words(f"trace.clients.{tier.name}", n=len(found))))
        if not found:
            out.append(Text(words(f"trace.clients.none_{tier.name}")))
            continue
        heads = tuple(words(f"trace.clients.heads.{name}") for name in ("client", "n", "sessions"))
        rows = tuple(_client(trace, traced, at, withheld, names, words) for at in found)
        about = words(f"trace.clients.about_{tier.name}")
        out.append(Table(heads, rows, (30, 10, 60) if names else (18, 10, 72), frozenset({1}), True, about))
    if len(traced.clients.nameless):
        out += _nameless(trace, traced, withheld, words)
    return [*out, *_excluded(traced, words)]


def _client(trace: Trace, traced: Traced, at: int, withheld: Withheld, names: bool, words: Words) -> tuple[Cell, ...]:
    places = traced.clients.sessions[at]
    lines = [session(each, traced, words) for each in islice(reached(trace, traced, places, withheld), MOST)]
    if len(places) > MOST:
        lines.append(words("trace.clients.more", n=len(places) - MOST))
    told = contact(trace.logs, int(traced.clients.rows[at])).told if names else ()
    fine = tuple(part for part in told if part) or ((words("trace.clients.no_contact"),) if names else ())
    return Cell(traced.clients.codes[at], fine), Cell(words.number(len(places))), Cell(lines[0], tuple(lines[1:]))


def session(each: Reached, traced: Traced, words: Words) -> str:
    """A session in a line: day, number, why, through what, and where it is written."""
    kind = thing(traced)
    why = words(f"trace.because.{kind}.{each.because.name}")
    if each.target:
        named = f"{each.lot_number or each.target} {each.product}".strip() if kind == "lot" else each.target
        why = words("trace.through", why=why, what=named)
    day = each.day or words("trace.no_day")
    return words("trace.session", day=day, session=each.session, why=why, place=place(each.evidence, words))


def _nameless(trace: Trace, traced: Traced, withheld: Withheld, words: Words) -> list[Block]:
    heads = tuple(words(f"trace.nameless.heads.{name}") for name in ("tier", "session"))
    rows = tuple(
        (Cell(words(f"trace.strength.{each.strength.name}")), Cell(session(each, traced, words)))
        for each in reached(trace, traced, traced.clients.nameless, withheld)
    )
    return [
        Heading(3, words("trace.nameless.title", n=len(rows))),
        Text(words("trace.nameless.intro")),
        Table(heads, rows, (16, 84), about=words("trace.nameless.about")),
    ]


def _excluded(traced: Traced, words: Words) -> list[Block]:
    found = reasons(traced, Strength.excluded)
    out: list[Block] = [Heading(3, words("trace.excluded.title", n=sum(found.values())))]
    if not found:
        return [*out, Text(words("trace.excluded.none"))]
    heads = tuple(words(f"trace.excluded.heads.{name}") for name in ("why", "n"))
    rows = tuple(
        (Cell(words(f"trace.because.{thing(traced)}.{because.name}")), Cell(words.number(n)))
        for because, n in found.items()
    )
    gone = len(traced.clients.of(Strength.excluded))
    return [
        *out,
        Text(words("trace.excluded.clients", n=gone)),
        Table(heads, rows, (80, 20), frozenset({1}), about=words("trace.excluded.about")),
    ]


def everything_used(trace: Trace, traced: Traced, withheld: Withheld, words: Words) -> list[Block]:
    """For one client: each session with every record behind it, and the sessions that name no client."""
    out: list[Block] = []
    for each in reached(trace, traced, traced.exposed.of(Strength.certain), withheld):
        title = words("trace.used.session", day=each.day or words("trace.no_day"), session=each.session)
        heads = tuple(words(f"trace.used.heads.{name}") for name in ("what", "record", "place"))
        row = int(traced.exposed.sessions[each.place])
        rows = tuple(_step(trace.logs, step, withheld, words) for step in chain(trace.logs, "sessions", row))
        about = words("trace.used.about", session=each.session)
        out += [Heading(3, title), Table(heads, rows, (18, 52, 30), named=True, about=about)]
    out += _nameless(trace, traced, withheld, words) if len(traced.clients.nameless) else []
    return [*out, *_excluded(traced, words)]


def _step(logs: Logs, step: Step, withheld: Withheld, words: Words) -> tuple[Cell, ...]:
    what = Cell(words(f"sample.steps.{step.log if step.role == 'record' else step.role}"))
    if step.more:
        return what, Cell(words("sample.more", n=step.more)), Cell("–")
    if step.row < 0:
        written, log = withheld(step.written), words(f"logs.{step.log}")
        return what, Cell(words(f"sample.missing.{step.missing}", written=written, log=log), tone="open"), Cell("–")
    table = logs.log(step.log)
    file = table.files[int(table.file[step.row])]
    said = ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in told(logs, step.log, step.row, withheld))
    where = line(file.name, file.sheet, int(table.line[step.row]), words)
    return what, Cell(key(logs, step.log, step.row, withheld), (said,) if said else ()), Cell(where)


def key(logs: Logs, log: str, row: int, withheld: Withheld) -> str:
    """The key of a record, as it may be shown."""
    own = logs.log(log).schema.key
    return "" if private(log, own) else withheld(logs.cells(log, own).text(row))


def told(logs: Logs, log: str, row: int, withheld: Withheld) -> list[tuple[str, str]]:
    """Column and text of the cells of a record that say what it is."""
    known = schema(log).columns
    return [
        (name, withheld(text))
        for name in TOLD[log]
        if known[name].private is None and (text := logs.cells(log, name).text(row))
    ]
