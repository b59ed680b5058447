"""The JSON Schema of the JSON report, published by `smpcompliance schema audit`."""

from typing import Any, get_args

from smpcompliance.audit.baseline import SCHEMA as BASELINE
from smpcompliance.audit.finding import STATUSES, Cause
from smpcompliance.audit.waivers import State
from smpcompliance.checks import KINDS
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.schema import LOGS
from smpcompliance.report.json import SCHEMA
from smpcompliance.rules.rule import SEVERITIES

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_DAY: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WORDS: dict[str, Any] = {"type": "object", "additionalProperties": _TEXT}


def audit_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that every JSON report fits."""
    return _object(
        {
            "schema": {"const": SCHEMA},
            "tool": _object({"name": _TEXT, "version": _TEXT}),
            "period": _object({"from": _DAY, "to": _DAY}),
            "as_of": _DAY,
            "asked": _object(dict.fromkeys(("jurisdictions", "overlays", "select", "ignore"), _list(_TEXT))),
            "previous": {
                "anyOf": [
                    {"type": "null"},
                    _object({"sha256": _TEXT, "period": _object({"from": _DAY, "to": _DAY}), "as_of": _DAY}),
                ]
            },
            "studios": _list(
                _object(
                    {
                        "studio_id": _TEXT,
                        "name": _TEXT,
                        "jurisdiction": _MAYBE,
                        "overlays": _list(_TEXT),
                        "rulesets": _list(_TEXT),
                    }
                )
            ),
            "rulesets": _list(
                _object(
                    {
                        "id": _TEXT,
                        "sha256": _TEXT,
                        "rules": _COUNT,
                        "omits": _list(_object({"rule": _TEXT, "because": _TEXT, "citation": _TEXT})),
                    }
                )
            ),
            "inputs": _list(
                _object(
                    {
                        "studio_id": _TEXT,
                        "file": _TEXT,
                        "sheet": _MAYBE,
                        "log": _MAYBE,
                        "sha256": _TEXT,
                        "rows": _COUNT,
                        "remarks": _list(_TEXT),
                    }
                )
            ),
            "coverage": _list(_coverage()),
            "unreadable": _list(
                _object(
                    {
                        "studio_id": _TEXT,
                        "file": _TEXT,
                        "sheet": _MAYBE,
                        "line": _COUNT,
                        "column": _MAYBE,
                        "text": _TEXT,
                        "reason": _TEXT,
                    }
                )
            ),
            "results": _list(_result()),
            "waivers": _list(_waiver()),
            "baseline": {"anyOf": [{"type": "null"}, _baseline()]},
            "counts": _object({s: _object(dict.fromkeys(STATUSES, _COUNT)) for s in SEVERITIES}),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance audit"}


def _coverage() -> dict[str, Any]:
    span = {"anyOf": [{"type": "null"}, _object({"from": _DAY, "to": _DAY})]}
    count = {"type": ["integer", "null"], "minimum": 0}
    day = {"anyOf": [{"type": "null"}, _DAY]}
    yes = {"type": ["boolean", "null"]}
    return _object(
        {
            "studio_id": _TEXT,
            "log": {"enum": list(LOGS)},
            "handed_in": {"type": "boolean"},
            "files": _list(_object({"file": _TEXT, "sheet": _MAYBE})),
            "records": _COUNT,
            "within": count,
            **dict.fromkeys(("first", "last"), day),
            **dict.fromkeys(("undated", "unreadable"), count),
            **dict.fromkeys(("looked_at", "gap"), span),
            "gap_days": count,
            **dict.fromkeys(("begins_before", "reaches_end"), yes),
            "waiting": _list(_TEXT),
        }
    )


def _waiver() -> dict[str, Any]:
    scope = dict.fromkeys(("record", "machine", "person"), _MAYBE)
    period = {"anyOf": [{"type": "null"}, _object({"from": _DAY, "to": _DAY})]}
    answered = {"reason": _TEXT, "approved_by": _TEXT, "reference": _TEXT}
    days = {"from": {"anyOf": [{"type": "null"}, _DAY]}, "until": _DAY}
    place = {"file": _TEXT, "line": _COUNT, "rule": _TEXT, "studio_id": _MAYBE}
    state = {"state": {"enum": list(get_args(State))}, "covered": _COUNT}
    return _object({**place, **scope, "period": period, "fingerprint": _MAYBE, **answered, **days, **state})


def _baseline() -> dict[str, Any]:
    known = _list(_object({"studio_id": _TEXT, "rule": _TEXT, "fingerprint": _TEXT, "times": _COUNT}))
    made = {"schema": {"const": BASELINE}, "as_of": _DAY, "version": _TEXT, "rulesets": _WORDS, "entries": known}
    days = {"period": {"anyOf": [{"type": "null"}, _object({"from": _DAY, "to": _DAY})]}}
    return _object({**made, **days, "covered": _COUNT, "refused": _COUNT, "gone": known, "unseen": known})


def _result() -> dict[str, Any]:
    findings = _list(_finding())
    return _object(
        {
            "studio_id": _TEXT,
            "rule": _TEXT,
            "title": _TEXT,
            "severity": {"enum": list(SEVERITIES)},
            "status": {"enum": list(STATUSES)},
            "kind": {"enum": list(KINDS)},
            "citation": _TEXT,
            "source": _TEXT,
            "basis": {"enum": ["text", "excerpt", "secondary"]},
            "waivable": {"type": "boolean"},
            "examined": _COUNT,
            "failed": _COUNT,
            "unknown": _COUNT,
            "waived": _COUNT,
            "reason": _MAYBE,
            "reasons": {
                "type": "object",
                "propertyNames": {"enum": [r.name for r in Reason]},
                "additionalProperties": _COUNT,
            },
            "cause": {"enum": [*get_args(Cause), None]},
            "remedy": _TEXT,
            "leaves_out": _TEXT,
            "findings": findings,
            "undecided": findings,
            "coming": findings,
        }
    )


def _finding() -> dict[str, Any]:
    return _object(
        {
            "message": _TEXT,
            **_evidence(),
            "facts": _WORDS,
            "arithmetic": _TEXT,
            "reason": _MAYBE,
            "related": _list(_object(_evidence())),
            "related_left_out": _COUNT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "waiver": _MAYBE,
        }
    )


def _evidence() -> dict[str, Any]:
    line = {"type": ["integer", "null"], "minimum": 0}
    return {"file": _MAYBE, "sheet": _MAYBE, "line": line, "column": _MAYBE, "log": _TEXT, "record": _WORDS}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
