"""The audit for machines: versioned, complete, in stable order; the same audit gives the same bytes."""

import json as _json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from smpcompliance.audit.coverage import Coverage, coverage
from smpcompliance.audit.evidence import evidence_at
from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.logs.table import Logs
from smpcompliance.report.reasons import reason
from smpcompliance.report.shapes import evidence_data
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import WRITTEN_IN, load_words
from smpcompliance.rules.rule import SEVERITIES
from smpcompliance.trace.of_audit import Recalled, Use, tracing

if TYPE_CHECKING:
    from smpcompliance.audit.baseline import BaselineUse, Known
    from smpcompliance.audit.waivers import WaiverUse

SCHEMA = "smpcompliance/audit/1"
_OF_THING = ("lot_number", "item_type", "brand", "product", "color")
_ENCODE = _json.JSONEncoder(ensure_ascii=False).encode


def json(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The JSON report (schema `smpcompliance/audit/1`), UTF-8, never cut; `telling` adds only what came before."""
    return (_written(as_data(audit, telling), 4) + "\n").encode()


def _written(value: Any, depth: int, indent: str = "") -> str:
    """JSON with a line for each part down to a depth, so that a finding is a line; what lies deeper stands in it."""
    if isinstance(value, str):
        return _text(value)
    if type(value) is int:
        return str(value)
    if not depth or not value or not isinstance(value, dict | list):
        return "null" if value is None else _ENCODE(value)
    inner = indent + " "
    if isinstance(value, dict):
        parts = [f"{inner}{_text(name)}: {_written(part, depth - 1, inner)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _written(part, depth - 1, inner) for part in value) + f"\n{indent}]"


@lru_cache(4096)
def _text(text: str) -> str:
    """A text as JSON writes it; names, titles and remedies come again and again."""
    return _ENCODE(text)


def as_data(audit: Audit, telling: Telling = TOLD) -> dict[str, Any]:
    """The report as plain data."""
    previous = telling.previous
    return {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": audit.version},
        "period": audit.period.plain(),
        "as_of": audit.as_of.isoformat(),
        "asked": {name: list(value) for name, value in vars(audit.asked).items()},
        "previous": previous
        and {
            "sha256": previous.sha256,
            "period": {"from": previous.report.period.from_, "to": previous.report.period.to},
            "as_of": previous.report.as_of,
        },
        "studios": [
            {
                "studio_id": studio.studio_id,
                "name": studio.name,
                "jurisdiction": studio.jurisdiction,
                "overlays": list(studio.overlays),
                "rulesets": list(audit.chains[studio.studio_id]),
            }
            for studio in audit.studios
        ],
        "rulesets": [
            {"id": r.id, "sha256": r.sha256, "rules": len(r.rules), "omits": [o.model_dump() for o in r.omits]}
            for r in audit.rulesets
        ],
        "inputs": [
            {
                "studio_id": i.studio_id,
                "file": i.file,
                "sheet": i.sheet or None,
                "log": i.log,
                "sha256": i.sha256,
                "rows": i.rows,
                "remarks": list(i.remarks),
            }
            for i in audit.inputs
        ],
        "coverage": [_coverage(each) for each in coverage(audit)],
        "unreadable": [
            {
                "studio_id": studio_id,
                "file": place.file,
                "sheet": place.sheet or None,
                "line": place.line,
                "column": place.column,
                "text": place.text,
                "reason": place.reason,
            }
            for studio_id, place in audit.unreadable
        ],
        "results": [_result(result) for result in audit.results],
        "waivers": [_waiver(use) for use in audit.waivers],
        "baseline": audit.baseline and _baseline(audit.baseline),
        "counts": {severity: dict(audit.counts()[severity]) for severity in SEVERITIES},
        "recalls": _recalls(audit),
        "traceability": [_traceability(audit, studio.studio_id) for studio in audit.studios],
    }


def _coverage(found: Coverage) -> dict[str, Any]:
    days = found.days
    return {
        "studio_id": found.studio_id,
        "log": found.log,
        "handed_in": found.handed_in,
        "files": [{"file": file, "sheet": sheet or None} for file, sheet in found.files],
        "records": found.records,
        "within": days and days.within,
        "first": days and days.first and days.first.isoformat(),
        "last": days and days.last and days.last.isoformat(),
        "undated": days and days.undated,
        "unreadable": days and days.unreadable,
        "looked_at": days and days.looked_at and days.looked_at.plain(),
        "gap": days and days.gap and days.gap.plain(),
        "gap_days": days and days.gap_days,
        "begins_before": days and days.begins_before,
        "reaches_end": days and days.reaches_end,
        "waiting": list(found.waiting),
    }


def _waiver(use: "WaiverUse") -> dict[str, Any]:
    waiver = use.waiver
    return {
        "file": waiver.file,
        "line": waiver.line,
        "rule": waiver.rule,
        "studio_id": waiver.studio_id,
        "record": waiver.record,
        "machine": waiver.machine,
        "person": waiver.person,
        "period": waiver.period and waiver.period.plain(),
        "fingerprint": waiver.fingerprint,
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "reference": waiver.reference,
        "from": waiver.since and waiver.since.isoformat(),
        "until": waiver.until.isoformat(),
        "state": use.state,
        "covered": use.covered,
    }


def _baseline(use: "BaselineUse") -> dict[str, Any]:
    from smpcompliance.audit.baseline import baseline_data

    listed = {name: _known(entries) for name, entries in (("gone", use.gone), ("unseen", use.unseen))}
    return {**baseline_data(use.baseline), "covered": use.covered.total(), "refused": use.refused.total(), **listed}


def _known(entries: "Mapping[Known, int]") -> list[dict[str, Any]]:
    return [{**known._asdict(), "times": times} for known, times in sorted(entries.items())]


def _recalls(audit: Audit) -> dict[str, Any]:
    """The list of recalls, how much was compared with it, and the entries that records agree with or may agree with."""
    found = tracing(audit)
    listed, ids = found.list, [studio.studio_id for studio in audit.studios]
    compared = [(id, found.of[id].compared) for id in ids]
    return {
        "list": {
            "sha256": listed.files[0][1],
            "entries": len(listed.entries),
            "as_of": listed.as_of and listed.as_of.isoformat(),
            "age_days": listed.as_of and (audit.as_of - listed.as_of).days,
        },
        "compared": [
            {"studio_id": id, "handed_in": c.handed_in, "lots": c.lots, "entries": c.entries, "nameless": c.nameless}
            for id, c in compared
        ],
        "matches": [_recalled(audit.logs, id, each) for id in ids for each in found.of[id].recalled],
    }


def _recalled(logs: Logs, studio_id: str, each: Recalled) -> dict[str, Any]:
    recall = each.recall
    return {
        "studio_id": studio_id,
        "recall": recall.id,
        "match": each.match,
        "authority": recall.authority,
        "kind": recall.kind,
        "published": recall.published or None,
        "brand": recall.brands[0],
        "products": list(recall.products),
        "lots_named": list(recall.lots),
        "reason": recall.reason,
        "source": recall.source,
        "read_on": recall.read_on and recall.read_on.isoformat(),
        "lots": [
            {
                **_thing(logs, "supply_lots", row, "lot_number"),
                "sure": bool(each.lots.sure[at]),
                "listed": not bool(logs.log("supply_lots").made_up[row]),
                "left": "yes" if each.lots.left[at] else "open" if each.lots.left_open[at] else "no",
            }
            for at, row in enumerate(each.lots.rows.tolist())
        ],
        "entries": [_thing(logs, "session_supplies", row, None) for row in each.entries.tolist()],
        "certain": _use(each.certain),
        "possible": _use(each.possible),
        "rules": [result.rule.id for result in each.judged],
    }


def _thing(logs: Logs, log: str, row: int, column: str | None) -> dict[str, Any]:
    """A lot or an entry of supplies: what it is, and where it is written."""
    told = {name: logs.cells(log, name).text(row) or None for name in _OF_THING}
    return told | {"evidence": evidence_data(evidence_at(logs.log(log), row, column))}


def _use(use: Use) -> dict[str, int]:
    return {"sessions": use.sessions, "before": use.before, "on_or_after": use.since, "untold": use.untold}


def _traceability(audit: Audit, studio_id: str) -> dict[str, Any]:
    found = tracing(audit).of[studio_id].traceable
    return {
        "studio_id": studio_id,
        "looked_at": found.looked_at,
        "traceable": found.traceable,
        "links": {
            each.link: {
                "applies": each.applies,
                "holds": each.holds,
                "first": [evidence_data(evidence_at(audit.logs.log(log), row, None)) for log, row in each.first],
            }
            for each in found.links
        },
        "weakest": found.weakest and found.weakest.link,
    }


def _result(result: RuleResult) -> dict[str, Any]:
    rule = result.rule
    return {
        "studio_id": result.studio_id,
        "rule": rule.id,
        "title": rule.title,
        "severity": result.severity,
        "status": result.status,
        "kind": rule.kind,
        "citation": rule.citation.text,
        "source": rule.citation.source,
        "basis": rule.basis,
        "waivable": rule.waivable,
        "examined": result.examined,
        "failed": result.failed,
        "unknown": result.unknown,
        "waived": result.waived,
        "reason": reason(result, load_words(WRITTEN_IN)),
        "reasons": result.reasons,
        "cause": result.cause,
        "remedy": rule.remedy,
        "leaves_out": rule.leaves_out,
        "findings": [_finding(finding) for finding in result.findings],
        "undecided": [_finding(finding) for finding in result.undecided],
        "coming": [_finding(finding) for finding in result.coming],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    first, *related = finding.evidence
    return {
        "message": finding.message,
        **evidence_data(first),
        "facts": finding.facts,
        "arithmetic": finding.words,
        "reason": finding.reason,
        "related": [evidence_data(each) for each in related],
        "related_left_out": finding.left_out,
        "fingerprint": finding.fingerprint,
        "waiver": finding.waiver,
    }
