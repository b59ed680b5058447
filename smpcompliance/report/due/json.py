"""What is due, for machines: versioned, complete, in stable order; and its JSON Schema."""

import json as _json
from typing import Any

from smpcompliance.audit.due import Due, DueList, Untold
from smpcompliance.dates import Duration
from smpcompliance.logs.cells import Reason
from smpcompliance.report.due.csv import state
from smpcompliance.report.shapes import (
    COUNT,
    DAY,
    EVIDENCE,
    MAYBE,
    MAYBE_COUNT,
    MAYBE_DAY,
    TEXT,
    WORDS,
    evidence_data,
    list_of,
    object_of,
)
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES

SCHEMA = "smpcompliance/due/1"


def report(found: DueList, _words: Words) -> bytes:
    """The list as JSON (schema `smpcompliance/due/1`), UTF-8, never cut, the same in every language."""
    data = {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": found.version},
        "as_of": found.as_of.isoformat(),
        "within": _length(found.within),
        "until": found.until.isoformat(),
        "asked": {name: list(value) for name, value in vars(found.asked).items()},
        "studios": [{"studio_id": s.studio_id, "name": s.name, "jurisdiction": s.jurisdiction} for s in found.studios],
        "rulesets": [{"id": r.id, "sha256": r.sha256, "rules": len(r.rules)} for r in found.rulesets],
        "due": [_due(each) for each in found.due],
        "unknown": [_untold(each) for each in found.untold],
    }
    return (_json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _length(length: Duration) -> str:
    parts = [f"{n}{unit}" for n, unit in ((length.months, "M"), (length.days, "D")) if n]
    return "P" + ("".join(parts) or "0D")


def _rule(each: Due | Untold) -> dict[str, Any]:
    return {
        "studio_id": each.studio_id,
        "rule": each.rule.id,
        "title": each.rule.title,
        "severity": each.severity,
        "citation": each.rule.citation.text,
        "remedy": each.rule.remedy,
        "subject_kind": each.kind,
        "subject": each.subject or {},
    }


def _due(each: Due) -> dict[str, Any]:
    return _rule(each) | {
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "state": state(each),
        "overdue_days": each.overdue_days,
        "only_if_used": each.conditional,
        "offered": each.offered,
        "uses_left": each.uses_left,
        "reason": each.why,
        "evidence": evidence_data(each.evidence),
        "uid": each.uid,
    }


def _untold(each: Untold) -> dict[str, Any]:
    evidence = evidence_data(each.evidence) if each.evidence else None
    return _rule(each) | {"reason": each.reason, "about": list(each.about), "evidence": evidence}


def due_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every list fits."""
    rule = dict.fromkeys(("studio_id", "rule", "title", "citation", "remedy", "subject_kind"), TEXT)
    rule |= {"severity": {"enum": list(SEVERITIES)}, "subject": WORDS}
    states = {"enum": ["overdue", "due", "before_use"]}
    reasons = {"enum": [*(r.name for r in Reason), "profile_silent", "broke"]}
    entry = {
        "due_on": MAYBE_DAY, "state": states, "overdue_days": COUNT, "only_if_used": {"type": "boolean"},
        "offered": {"type": "boolean"},
        "uses_left": MAYBE_COUNT, "reason": TEXT, "evidence": EVIDENCE, "uid": TEXT,
    }  # fmt: skip
    maybe_where = {"anyOf": [{"type": "null"}, EVIDENCE]}
    return object_of(
        {
            "schema": {"const": SCHEMA},
            "tool": object_of({"name": TEXT, "version": TEXT}),
            "as_of": DAY,
            "within": TEXT,
            "until": DAY,
            "asked": object_of(dict.fromkeys(("jurisdictions", "overlays", "select", "ignore"), list_of(TEXT))),
            "studios": list_of(object_of({"studio_id": TEXT, "name": TEXT, "jurisdiction": MAYBE})),
            "rulesets": list_of(object_of({"id": TEXT, "sha256": TEXT, "rules": COUNT})),
            "due": list_of(object_of(rule | entry)),
            "unknown": list_of(object_of(rule | {"reason": reasons, "about": list_of(TEXT), "evidence": maybe_where})),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance due"}
