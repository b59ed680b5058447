"""The answer for machines: versioned, complete, in stable order (its JSON Schema stands in `schema.py`)."""

import json as _json
from typing import Any

import numpy as np

from smpcompliance.audit.chain import chain
from smpcompliance.audit.evidence import evidence_at
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs
from smpcompliance.report.shapes import evidence_data
from smpcompliance.report.trace.concerned import EXPOSED, key, told
from smpcompliance.report.trace.contacts import COLUMNS, contact
from smpcompliance.report.trace.csv import uses
from smpcompliance.report.trace.drill import draw_of, share
from smpcompliance.report.trace.reached import LOADS, LOTS, Reached, reached, reasons, shown
from smpcompliance.report.trace.subject import key_of
from smpcompliance.report.trace.untraced import beside, lacking
from smpcompliance.report.trace.withheld import Withheld
from smpcompliance.report.words import Words
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.loads import Fate, Loads
from smpcompliance.trace.lots import Lots
from smpcompliance.trace.recalls import Recall
from smpcompliance.trace.run import Asked, Gap, Trace, Traced
from smpcompliance.trace.windows import Window

SCHEMA = "smpcompliance/trace/1"
LOAD = ("started_at", "equipment_id", "result", "disposition")
LOT = (
    "lot_number",
    "item_type",
    "brand",
    "product",
    "color",
    "supplier",
    "received_on",
    "expires_on",
    "papers",
    "file",
)
TEST = ("tested_at", "result", "control_result")


def report(trace: Trace, _words: Words, names: bool) -> bytes:
    """The answer as JSON (schema `smpcompliance/trace/1`), UTF-8, never cut, the same in every language."""
    withheld = Withheld(trace.logs, names)
    query = trace.query
    data = {
        "schema": SCHEMA,
        "confidential": names,
        "tool": {"name": "smpcompliance", "version": trace.version},
        "as_of": trace.as_of.isoformat(),
        "query": {
            "kind": query.kind,
            "key": key_of(query, trace.traced, withheld),
            "period": query.period.plain() if query.period else None,
            "seed": query.seed,
        },
        "studios": [_studio(trace, studio, withheld) for studio in trace.studios],
        "rulesets": [{"id": r.id, "sha256": r.sha256, "rules": len(r.rules)} for r in trace.rulesets],
        "inputs": [
            {"studio_id": i.studio_id, "file": withheld(i.file), "sheet": withheld(i.sheet) or None, "log": i.log,
             "sha256": i.sha256, "rows": i.rows}
            for i in trace.inputs
        ],
        "recalls": _recalls(trace),
        "traced": [_traced(trace, each, withheld, names) for each in trace.traced],
        "unreadable": [
            {"studio_id": id, "file": withheld(u.file), "sheet": withheld(u.sheet) or None, "line": u.line,
             "column": u.column, "reason": withheld(u.reason)}
            for id, u in trace.unreadable
        ],
    }  # fmt: skip
    return (_json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _studio(trace: Trace, studio: Studio, withheld: Withheld) -> dict[str, Any]:
    return {
        "studio_id": studio.studio_id,
        "name": studio.name,
        "jurisdiction": studio.jurisdiction,
        "looked_at": dict(trace.looked_at[trace.studios.index(studio)]),
        "logs_missing": list(lacking(trace, studio)),
        "gaps": [_gap(each, withheld) for each in beside(trace, studio)],
        "drill": _drill(trace, studio, withheld),
    }


def _drill(trace: Trace, studio: Studio, withheld: Withheld) -> dict[str, Any] | None:
    if trace.query.kind != "drill":
        return None
    found, counted = draw_of(trace, studio), share(trace, studio)

    def places(first: tuple[tuple[str, int], ...]) -> list[dict[str, Any]]:
        return [evidence_data(shown(evidence_at(trace.logs.log(log), row, None), withheld)) for log, row in first]

    return {
        "drawn": {"kind": found.kind, "key": withheld(found.key), "text": withheld(found.text), "hash": found.hash}
        if found
        else None,
        "sessions": counted.looked_at,
        "traceable": counted.traceable,
        "weakest": counted.weakest.link if counted.weakest else None,
        "links": [
            {"link": each.link, "applies": each.applies, "holds": each.holds, "first": places(each.first)}
            for each in counted.links
        ],
    }


def _recalls(trace: Trace) -> dict[str, Any] | None:
    found = trace.recalls
    if not found:
        return None
    return {
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "age_days": (trace.as_of - found.as_of).days if found.as_of else None,
        "entries": len(found.entries),
        "files": [
            {"file": name, "sha256": digest, "entries": entries, "read_on": day.isoformat() if day else None}
            for name, digest, entries, day in found.files
        ],
    }


def _traced(trace: Trace, each: Traced, withheld: Withheld, names: bool) -> dict[str, Any]:
    logs, exposed = trace.logs, each.exposed
    places = [int(place) for tier in EXPOSED for place in exposed.of(tier)]
    use, facts = uses(each), {one.place: one for one in reached(trace, each, places, withheld)}

    def session(place: int) -> dict[str, Any]:
        return _session(facts[place], use.get(place)) | (
            {"used": _used(logs, int(exposed.sessions[place]), withheld)}
            if each.kind == "client" and facts[place].strength is Strength.certain
            else {}
        )

    return {
        "studio_id": each.studio.studio_id,
        "kind": each.kind,
        "key": withheld(each.key),
        "counts": _counts(each),
        "window": _window(logs, each.window, withheld) if each.window else None,
        "loads": _loads(logs, each.loads, withheld) if each.loads else None,
        "lots": _lots(logs, each.lots, withheld) if each.lots else None,
        "recall": _recall(each.recall) if each.recall else None,
        "match": each.match,
        "asked": [_asked(one, withheld) for one in each.asked],
        "clients": [
            {
                "client": each.clients.codes[at],
                "tier": tier.name,
                "contact": _contact(logs, int(each.clients.rows[at])) if names else None,
                "sessions": [session(int(place)) for place in each.clients.sessions[at]],
            }
            for tier in EXPOSED
            for at in each.clients.of(tier)
        ],
        "without_client": [session(int(place)) for place in each.clients.nameless],
        "excluded_clients": [each.clients.codes[at] for at in each.clients.of(Strength.excluded)],
        "gaps": [_gap(one, withheld) for one in each.gaps],
    }


def _contact(logs: Logs, row: int) -> dict[str, str]:
    return dict(zip(COLUMNS, contact(logs, row).told, strict=True))


def _counts(each: Traced) -> dict[str, Any]:
    tiers = (*EXPOSED, Strength.excluded)
    strength = each.exposed.strength
    return {
        "sessions": len(each.exposed),
        **{tier.name: int(np.count_nonzero(strength == tier)) for tier in tiers},
        "because": {because.name: n for tier in tiers for because, n in reasons(each, tier).items()},
        "clients": {tier.name: len(each.clients.of(tier)) for tier in tiers},
        "without_client": len(each.clients.nameless),
    }


def _session(one: Reached, use: str | None) -> dict[str, Any]:
    return {
        "session": one.session,
        "day": one.day or None,
        "practitioner": one.practitioner or None,
        "tier": one.strength.name,
        "because": one.because.name,
        "target": one.target or None,
        "machine": one.machine or None,
        "lot_number": one.lot_number or None,
        "product": one.product or None,
        "use": use,
        "evidence": evidence_data(one.evidence),
    }


def _used(logs: Logs, row: int, withheld: Withheld) -> list[dict[str, Any]]:
    out = []
    for step in chain(logs, "sessions", row)[1:]:
        found = evidence_at(logs.log(step.log), step.row, None)
        out.append(
            {
                "log": step.log,
                "role": step.role,
                "record": key(logs, step.log, step.row, withheld) if step.row >= 0 else None,
                "told": dict(told(logs, step.log, step.row, withheld)) if step.row >= 0 else {},
                "missing": step.missing or None,
                "written": withheld(step.written) or None,
                "more": step.more,
                "file": found.file and withheld(found.file),
                "line": found.line,
            }
        )
    return out


def _window(logs: Logs, window: Window, withheld: Withheld) -> dict[str, Any]:
    def test(row: int) -> dict[str, Any]:
        cells = {name: logs.cells("spore_tests", name).text(row) or None for name in TEST}
        place = evidence_data(shown(evidence_at(logs.log("spore_tests"), row, "result"), withheld))
        return {"test": withheld(logs.cells("spore_tests", "spore_test_id").text(row)), **cells, "evidence": place}

    return {
        "machine": withheld(window.machine),
        "failed": [test(row) for row in window.failed.tolist()],
        "opened_by": test(window.opened_by) if window.opened_by >= 0 else None,
        "closed_by": test(window.closed_by) if window.closed_by >= 0 else None,
        "unsure": [test(row) for row in window.unsure.tolist()],
    }


def _loads(logs: Logs, loads: Loads, withheld: Withheld) -> dict[str, Any]:
    table = logs.log(LOADS)
    found = [
        {
            "load": withheld(logs.cells(LOADS, "cycle_id").text(row)),
            **{name: withheld(logs.cells(LOADS, name).text(row)) or None for name in LOAD},
            "sure": bool(loads.sure[at]),
            "fate": Fate(int(loads.fate[at])).name,
            "called_back": bool(loads.called_back[at]),
            "packs": None if np.isnan(loads.packs[at]) else float(loads.packs[at]),
            "uses": int(loads.uses[at]),
            "evidence": evidence_data(shown(evidence_at(table, row, "cycle_id"), withheld)),
        }
        for at, row in enumerate(loads.rows.tolist())
    ]
    return {"logged": loads.logged, "loads": found}


def _lots(logs: Logs, lots: Lots, withheld: Withheld) -> dict[str, Any]:
    table = logs.log(LOTS)
    found = [
        {
            "lot": withheld(logs.cells(LOTS, "lot_id").text(row)),
            **{name: withheld(logs.cells(LOTS, name).text(row)) or None for name in LOT},
            "sure": bool(lots.sure[at]),
            "listed": not bool(table.made_up[row]),
            "left": "yes" if lots.left[at] else "open" if lots.left_open[at] else "no",
            "evidence": evidence_data(shown(evidence_at(table, row, "lot_number"), withheld)),
        }
        for at, row in enumerate(lots.rows.tolist())
    ]
    return {"products": lots.products, "lots": found}


def _recall(recall: Recall) -> dict[str, Any]:
    lists = {name: list(getattr(recall, name)) for name in ("brands", "products", "lots", "expires")}
    texts = {name: getattr(recall, name) for name in ("id", "authority", "kind", "published", "reason", "source")}
    read_on = recall.read_on.isoformat() if recall.read_on else None
    return texts | lists | {"read_on": read_on, "file": recall.file, "line": recall.line}


def _asked(each: Asked, withheld: Withheld) -> dict[str, Any]:
    return {
        "rule": each.rule.id,
        "title": each.rule.title,
        "severity": each.severity,
        "citation": each.rule.citation.text,
        "remedy": each.rule.remedy,
        "state": each.state,
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "reason": withheld(each.words),
        "evidence": evidence_data(shown(each.evidence, withheld)),
    }


def _gap(gap: Gap, withheld: Withheld) -> dict[str, Any]:
    return {
        "what": gap.what,
        "count": gap.count,
        "of": gap.of,
        "log": gap.log,
        "column": gap.column or None,
        "evidence": [evidence_data(shown(one, withheld)) for one in gap.evidence],
    }
