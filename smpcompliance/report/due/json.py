"""What is due, for machines: versioned, complete, in stable order; and its JSON Schema."""

import json as _json
from typing import Any

from smpcompliance.audit.due import Due, DueList, Untold
from smpcompliance.audit.finding import Evidence
from smpcompliance.dates import Duration
from smpcompliance.logs.cells import Reason
from smpcompliance.report.due.csv import state
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
        "evidence": _evidence(each.evidence),
        "uid": each.uid,
    }


def _untold(each: Untold) -> dict[str, Any]:
    evidence = _evidence(each.evidence) if each.evidence else None
    return _rule(each) | {"reason": each.reason, "about": list(each.about), "evidence": evidence}


def _evidence(where: Evidence) -> dict[str, Any]:
    return {
        "log": where.log,
        "file": where.file,
        "sheet": where.sheet or None,
        "line": where.line,
        "column": where.column,
        "record": where.record,
    }


_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MAYBE_COUNT: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0}
_DAY: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_MAYBE_DAY: dict[str, Any] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WORDS: dict[str, Any] = {"type": "object", "additionalProperties": _TEXT}


def due_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every list fits."""
    where = _object(
        {"log": _TEXT, "file": _MAYBE, "sheet": _MAYBE, "line": _MAYBE_COUNT, "column": _MAYBE, "record": _WORDS}
    )
    rule = dict.fromkeys(("studio_id", "rule", "title", "citation", "remedy", "subject_kind"), _TEXT)
    rule |= {"severity": {"enum": list(SEVERITIES)}, "subject": _WORDS}
    states = {"enum": ["overdue", "due", "before_use"]}
    reasons = {"enum": [*(r.name for r in Reason), "profile_silent", "broke"]}
    entry = {
        "due_on": _MAYBE_DAY, "state": states, "overdue_days": _COUNT, "only_if_used": {"type": "boolean"},
        "offered": {"type": "boolean"},
        "uses_left": _MAYBE_COUNT, "reason": _TEXT, "evidence": where, "uid": _TEXT,
    }  # fmt: skip
    maybe_where = {"anyOf": [{"type": "null"}, where]}
    return _object(
        {
            "schema": {"const": SCHEMA},
            "tool": _object({"name": _TEXT, "version": _TEXT}),
            "as_of": _DAY,
            "within": _TEXT,
            "until": _DAY,
            "asked": _object(dict.fromkeys(("jurisdictions", "overlays", "select", "ignore"), _list(_TEXT))),
            "studios": _list(_object({"studio_id": _TEXT, "name": _TEXT, "jurisdiction": _MAYBE})),
            "rulesets": _list(_object({"id": _TEXT, "sha256": _TEXT, "rules": _COUNT})),
            "due": _list(_object(rule | entry)),
            "unknown": _list(_object(rule | {"reason": reasons, "about": _list(_TEXT), "evidence": maybe_where})),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance due"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
