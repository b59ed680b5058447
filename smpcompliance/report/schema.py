"""The JSON Schema of the JSON report, published by `smpcompliance schema audit`."""

from typing import Any, get_args

from smpcompliance.audit.baseline import SCHEMA as BASELINE
from smpcompliance.audit.finding import STATUSES, Cause
from smpcompliance.audit.waivers import State
from smpcompliance.checks import KINDS
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.schema import LOGS
from smpcompliance.report.json import SCHEMA
from smpcompliance.report.shapes import COUNT, DAY, MAYBE, MAYBE_DAY, TEXT, WORDS, list_of, object_of
from smpcompliance.rules.rule import SEVERITIES
from smpcompliance.trace.recalls import MATCHES
from smpcompliance.trace.traceability import LINKS


def audit_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that every JSON report fits."""
    return object_of(
        {
            "schema": {"const": SCHEMA},
            "tool": object_of({"name": TEXT, "version": TEXT}),
            "period": object_of({"from": DAY, "to": DAY}),
            "as_of": DAY,
            "asked": object_of(dict.fromkeys(("jurisdictions", "overlays", "select", "ignore"), list_of(TEXT))),
            "previous": {
                "anyOf": [
                    {"type": "null"},
                    object_of({"sha256": TEXT, "period": object_of({"from": DAY, "to": DAY}), "as_of": DAY}),
                ]
            },
            "studios": list_of(
                object_of(
                    {
                        "studio_id": TEXT,
                        "name": TEXT,
                        "jurisdiction": MAYBE,
                        "overlays": list_of(TEXT),
                        "rulesets": list_of(TEXT),
                    }
                )
            ),
            "rulesets": list_of(
                object_of(
                    {
                        "id": TEXT,
                        "sha256": TEXT,
                        "rules": COUNT,
                        "omits": list_of(object_of({"rule": TEXT, "because": TEXT, "citation": TEXT})),
                    }
                )
            ),
            "inputs": list_of(
                object_of(
                    {
                        "studio_id": TEXT,
                        "file": TEXT,
                        "sheet": MAYBE,
                        "log": MAYBE,
                        "sha256": TEXT,
                        "rows": COUNT,
                        "remarks": list_of(TEXT),
                    }
                )
            ),
            "coverage": list_of(_coverage()),
            "unreadable": list_of(
                object_of(
                    {
                        "studio_id": TEXT,
                        "file": TEXT,
                        "sheet": MAYBE,
                        "line": COUNT,
                        "column": MAYBE,
                        "text": TEXT,
                        "reason": TEXT,
                    }
                )
            ),
            "results": list_of(_result()),
            "waivers": list_of(_waiver()),
            "baseline": {"anyOf": [{"type": "null"}, _baseline()]},
            "counts": object_of({s: object_of(dict.fromkeys(STATUSES, COUNT)) for s in SEVERITIES}),
            "recalls": _recalls(),
            "traceability": list_of(_traceability()),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance audit"}


def _coverage() -> dict[str, Any]:
    span = {"anyOf": [{"type": "null"}, object_of({"from": DAY, "to": DAY})]}
    count = {"type": ["integer", "null"], "minimum": 0}
    day = {"anyOf": [{"type": "null"}, DAY]}
    yes = {"type": ["boolean", "null"]}
    return object_of(
        {
            "studio_id": TEXT,
            "log": {"enum": list(LOGS)},
            "handed_in": {"type": "boolean"},
            "files": list_of(object_of({"file": TEXT, "sheet": MAYBE})),
            "records": COUNT,
            "within": count,
            **dict.fromkeys(("first", "last"), day),
            **dict.fromkeys(("undated", "unreadable"), count),
            **dict.fromkeys(("looked_at", "gap"), span),
            "gap_days": count,
            **dict.fromkeys(("begins_before", "reaches_end"), yes),
            "waiting": list_of(TEXT),
        }
    )


def _waiver() -> dict[str, Any]:
    scope = dict.fromkeys(("record", "machine", "person"), MAYBE)
    period = {"anyOf": [{"type": "null"}, object_of({"from": DAY, "to": DAY})]}
    answered = {"reason": TEXT, "approved_by": TEXT, "reference": TEXT}
    days = {"from": {"anyOf": [{"type": "null"}, DAY]}, "until": DAY}
    place = {"file": TEXT, "line": COUNT, "rule": TEXT, "studio_id": MAYBE}
    state = {"state": {"enum": list(get_args(State))}, "covered": COUNT}
    return object_of({**place, **scope, "period": period, "fingerprint": MAYBE, **answered, **days, **state})


def _baseline() -> dict[str, Any]:
    known = list_of(object_of({"studio_id": TEXT, "rule": TEXT, "fingerprint": TEXT, "times": COUNT}))
    made = {"schema": {"const": BASELINE}, "as_of": DAY, "version": TEXT, "rulesets": WORDS, "entries": known}
    days = {"period": {"anyOf": [{"type": "null"}, object_of({"from": DAY, "to": DAY})]}}
    return object_of({**made, **days, "covered": COUNT, "refused": COUNT, "gone": known, "unseen": known})


def _recalls() -> dict[str, Any]:
    yes: dict[str, Any] = {"type": "boolean"}
    what = dict.fromkeys(("lot_number", "item_type", "brand", "product", "color"), MAYBE)
    thing = {**what, "evidence": object_of(_evidence())}
    lot = {**thing, "sure": yes, "listed": yes, "left": {"enum": ["yes", "open", "no"]}}
    use = object_of(dict.fromkeys(("sessions", "before", "on_or_after", "untold"), COUNT))
    age = {"type": ["integer", "null"]}
    listed = {"sha256": TEXT, "entries": COUNT, "as_of": MAYBE_DAY, "age_days": age}
    compared = {"studio_id": TEXT, "handed_in": yes, **dict.fromkeys(("lots", "entries", "nameless"), COUNT)}
    match = {
        "studio_id": TEXT,
        "recall": TEXT,
        "match": {"enum": list(MATCHES)},
        "authority": TEXT,
        "kind": TEXT,
        "published": MAYBE,
        "brand": TEXT,
        "products": list_of(TEXT),
        "lots_named": list_of(TEXT),
        "reason": TEXT,
        "source": TEXT,
        "read_on": MAYBE_DAY,
        "lots": list_of(object_of(lot)),
        "entries": list_of(object_of(thing)),
        "certain": use,
        "possible": use,
        "rules": list_of(TEXT),
    }
    parts = {"list": object_of(listed), "compared": list_of(object_of(compared)), "matches": list_of(object_of(match))}
    return object_of(parts)


def _traceability() -> dict[str, Any]:
    link = object_of({"applies": COUNT, "holds": COUNT, "first": list_of(object_of(_evidence()))})
    links = object_of(dict.fromkeys(LINKS, link))
    weakest = {"enum": [*LINKS, None]}
    return object_of({"studio_id": TEXT, "looked_at": COUNT, "traceable": COUNT, "links": links, "weakest": weakest})


def _result() -> dict[str, Any]:
    findings = list_of(_finding())
    return object_of(
        {
            "studio_id": TEXT,
            "rule": TEXT,
            "title": TEXT,
            "severity": {"enum": list(SEVERITIES)},
            "status": {"enum": list(STATUSES)},
            "kind": {"enum": list(KINDS)},
            "citation": TEXT,
            "source": TEXT,
            "basis": {"enum": ["text", "excerpt", "secondary"]},
            "waivable": {"type": "boolean"},
            "examined": COUNT,
            "failed": COUNT,
            "unknown": COUNT,
            "waived": COUNT,
            "reason": MAYBE,
            "reasons": {
                "type": "object",
                "propertyNames": {"enum": [r.name for r in Reason]},
                "additionalProperties": COUNT,
            },
            "cause": {"enum": [*get_args(Cause), None]},
            "remedy": TEXT,
            "leaves_out": TEXT,
            "findings": findings,
            "undecided": findings,
            "coming": findings,
        }
    )


def _finding() -> dict[str, Any]:
    return object_of(
        {
            "message": TEXT,
            **_evidence(),
            "facts": WORDS,
            "arithmetic": TEXT,
            "reason": MAYBE,
            "related": list_of(object_of(_evidence())),
            "related_left_out": COUNT,
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            "waiver": MAYBE,
        }
    )


def _evidence() -> dict[str, Any]:
    line = {"type": ["integer", "null"], "minimum": 0}
    return {"file": MAYBE, "sheet": MAYBE, "line": line, "column": MAYBE, "log": TEXT, "record": WORDS}
