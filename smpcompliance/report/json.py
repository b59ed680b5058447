"""The audit for machines: versioned, complete, in stable order; the same audit gives the same bytes."""

import json as _json
from typing import Any

from smpcompliance.audit.finding import Audit, Evidence, Finding, RuleResult
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.rules.rule import SEVERITIES

SCHEMA = "smpcompliance/audit/1"


def json(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The JSON report (schema `smpcompliance/audit/1`), UTF-8, never cut; `telling` adds only what came before."""
    return (_json.dumps(as_data(audit, telling), ensure_ascii=False, indent=1) + "\n").encode()


def as_data(audit: Audit, telling: Telling = TOLD) -> dict[str, Any]:
    """The report as plain data."""
    previous = telling.previous
    return {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": audit.version},
        "period": {"from": audit.period.first.isoformat(), "to": audit.period.last.isoformat()},
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
        "counts": {severity: dict(audit.counts()[severity]) for severity in SEVERITIES},
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
        "examined": result.examined,
        "failed": result.failed,
        "unknown": result.unknown,
        "waived": result.waived,
        "reason": result.reason,
        "reasons": result.reasons,
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
        **_evidence(first),
        "facts": finding.facts,
        "arithmetic": finding.words,
        "reason": finding.reason,
        "related": [_evidence(each) for each in related],
        "fingerprint": finding.fingerprint,
        "waiver": finding.waiver,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "file": evidence.file,
        "sheet": evidence.sheet or None,
        "line": evidence.line,
        "column": evidence.column,
        "log": evidence.log,
        "record": evidence.record,
    }
