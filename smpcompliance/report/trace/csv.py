"""The answer as a table: a row for each exposed session, for each reason of exclusion, and for what was not traced.

RFC 4180 with a byte order mark; nothing in a cell runs as a formula (`report/csv.py`).
"""

import csv
import io
from collections.abc import Iterator

from smpcompliance.audit.chain import chain
from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Evidence
from smpcompliance.report.csv import guarded
from smpcompliance.report.trace.concerned import EXPOSED, key, told
from smpcompliance.report.trace.contacts import COLUMNS as CONTACTS
from smpcompliance.report.trace.contacts import Contact, contact
from smpcompliance.report.trace.reached import LOADS, LOTS, Reached, reached, reasons, thing
from smpcompliance.report.trace.untraced import beside, lacking
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.run import Gap, Trace, Traced

COLUMNS = (
    "studio_id", "row", "traced", "key", "tier", "reason", "why", "count", "client", "session", "session_day",
    "practitioner", "use", "machine", "load", "lot_number", "lot_id", "product", "log", "record", "file", "sheet",
    "line", "column",
)  # fmt: skip
"""`row` is session, used (a record behind a session of one client), excluded, gap, log_missing, or left_out (a line
that is no record)."""

Row = dict[str, str]


def report(trace: Trace, words: Words, names: bool) -> bytes:
    """The table; with names its first column says in each row that it is confidential."""
    columns = ("confidential", *COLUMNS[:9], *CONTACTS, *COLUMNS[9:]) if names else COLUMNS
    mark = {"confidential": words("trace.confidential.word")}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in _rows(trace, words, names):
        filled = mark | row
        writer.writerow([guarded(filled.get(column, "")) for column in columns])
    return out.getvalue().encode("utf-8-sig")


def _rows(trace: Trace, words: Words, names: bool) -> Iterator[Row]:
    withheld = Withheld(trace.logs, names)
    for each in trace.traced:
        before = {"studio_id": each.studio.studio_id, "traced": each.kind, "key": withheld(each.key)}
        for row in (*_sessions(trace, each, withheld, names, words), *_rest(each, withheld, words)):
            yield before | row
    for studio in trace.studios:
        before = {"studio_id": studio.studio_id, "traced": trace.query.kind}
        for log in lacking(trace, studio):
            yield before | {"row": "log_missing", "log": log}
        for gap in beside(trace, studio):
            yield before | _gap(gap, withheld, words)
    for id, place in trace.unreadable:
        if place.column is None:
            said = {"studio_id": id, "row": "left_out", "why": withheld(place.reason), "file": place.file}
            yield said | {"sheet": place.sheet, "line": str(place.line)}


def _sessions(trace: Trace, traced: Traced, withheld: Withheld, names: bool, words: Words) -> Iterator[Row]:
    whose = {int(at): n for n, places in enumerate(traced.clients.sessions) for at in places} if names else {}
    use = uses(traced)
    places = [int(place) for tier in EXPOSED for place in traced.exposed.of(tier)]
    for each in reached(trace, traced, places, withheld):
        at = whose.get(each.place)
        found = Contact() if at is None else contact(trace.logs, int(traced.clients.rows[at]))
        yield (
            _session(each, traced, words, withheld)
            | dict(zip(CONTACTS, found.told, strict=True))
            | {"use": use.get(each.place, "")}
        )
        if traced.kind == "client" and each.strength is Strength.certain:
            yield from _used(trace, traced, each, withheld)


def uses(traced: Traced) -> dict[int, str]:
    """Place in `Exposed` → before, after (on or after the day) or untold, of exposed sessions of a recall."""
    if traced.use_before is None or traced.use_after is None:
        return {}
    out = {int(place): "untold" for tier in EXPOSED for place in traced.exposed.of(tier)}
    return (
        out | dict.fromkeys(map(int, traced.use_before), "before") | dict.fromkeys(map(int, traced.use_after), "after")
    )


def _session(each: Reached, traced: Traced, words: Words, withheld: Withheld) -> Row:
    kind = thing(traced)
    return {
        "row": "session",
        "tier": each.strength.name,
        "reason": each.because.name,
        "why": words(f"trace.because.{kind}.{each.because.name}"),
        "count": "1",
        "client": each.client,
        "session": each.session,
        "session_day": each.day,
        "practitioner": each.practitioner,
        "machine": each.machine,
        "load": each.target if traced.exposed.log == LOADS else "",
        "lot_number": each.lot_number,
        "lot_id": each.target if traced.exposed.log == LOTS else "",
        "product": each.product,
        **_where(each.evidence, withheld),
    }


def _used(trace: Trace, traced: Traced, each: Reached, withheld: Withheld) -> Iterator[Row]:
    row = int(traced.exposed.sessions[each.place])
    for step in chain(trace.logs, "sessions", row)[1:]:
        said: Row = {"row": "used", "client": each.client, "session": each.session, "session_day": each.day}
        said |= {"log": step.log, "reason": step.missing, "count": str(step.more or 1), "why": withheld(step.written)}
        if step.row >= 0:
            facts = "; ".join(f"{name}={text}" for name, text in told(trace.logs, step.log, step.row, withheld))
            where = _where(evidence_at(trace.logs.log(step.log), step.row, None), withheld)
            said |= where | {"record": key(trace.logs, step.log, step.row, withheld), "product": facts}
        yield said


def _rest(traced: Traced, withheld: Withheld, words: Words) -> Iterator[Row]:
    for because, n in reasons(traced, Strength.excluded).items():
        why = words(f"trace.because.{thing(traced)}.{because.name}")
        yield {"row": "excluded", "tier": "excluded", "reason": because.name, "why": why, "count": str(n)}
    yield from (_gap(gap, withheld, words) for gap in traced.gaps)


def _gap(gap: Gap, withheld: Withheld, words: Words) -> Row:
    """Something that was not traced; log and column are those of the record that would settle it."""
    where = _where(gap.evidence[0], withheld) if gap.evidence else {}
    said = {"row": "gap", "reason": gap.what, "why": words(f"trace.gap.{gap.what}"), "count": str(gap.count)}
    return where | said | {"log": gap.log, "column": gap.column}


def _where(evidence: Evidence, withheld: Withheld) -> Row:
    return {
        "log": evidence.log,
        "record": withheld("; ".join(f"{name}={value}" for name, value in evidence.record.items())),
        "file": evidence.file or "",
        "sheet": evidence.sheet,
        "line": "" if evidence.line is None else str(evidence.line),
        "column": evidence.column or "",
    }
