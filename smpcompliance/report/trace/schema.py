"""The JSON Schema of a trace, published by `smpcompliance schema trace`."""

from typing import Any, get_args

from smpcompliance.logs.schema import LOGS
from smpcompliance.report.shapes import (
    COUNT,
    DAY,
    MAYBE,
    MAYBE_COUNT,
    MAYBE_DAY,
    TEXT,
    WORDS,
    list_of,
    object_of,
)
from smpcompliance.report.trace.contacts import COLUMNS
from smpcompliance.report.trace.json import LOAD, LOT, SCHEMA, TEST
from smpcompliance.rules.rule import SEVERITIES
from smpcompliance.trace.exposure import Because, Strength
from smpcompliance.trace.gaps import WHATS
from smpcompliance.trace.loads import Fate
from smpcompliance.trace.recalls import Match
from smpcompliance.trace.run import Kind
from smpcompliance.trace.traceability import LINKS

_YES: dict[str, Any] = {"type": "boolean"}
_TIERS = tuple(tier.name for tier in Strength)
_EXPOSED = {"enum": [tier for tier in _TIERS if tier != "excluded"]}
_KINDS = {"enum": list(get_args(Kind))}


def _maybe(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "null"}, shape]}


def trace_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that every trace in JSON fits."""
    period = _maybe(object_of({"from": DAY, "to": DAY}))
    query = {"kind": _KINDS, "key": TEXT, "period": period, "seed": MAYBE_COUNT}
    file = {"studio_id": TEXT, "file": TEXT, "sheet": MAYBE, "log": MAYBE, "sha256": TEXT, "rows": COUNT}
    unread = {"studio_id": TEXT, "file": TEXT, "sheet": MAYBE, "line": COUNT, "column": MAYBE, "reason": TEXT}
    shape = {
        "schema": {"const": SCHEMA},
        "confidential": _YES,
        "tool": object_of({"name": TEXT, "version": TEXT}),
        "as_of": DAY,
        "query": object_of(query),
        "studios": list_of(_studio()),
        "rulesets": list_of(object_of({"id": TEXT, "sha256": TEXT, "rules": COUNT})),
        "inputs": list_of(object_of(file)),
        "recalls": _maybe(_recalls()),
        "traced": list_of(_traced()),
        "unreadable": list_of(object_of(unread)),
    }
    return object_of(shape) | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "smpcompliance trace",
    }


def _evidence() -> dict[str, Any]:
    where = {"log": {"enum": list(LOGS)}, "file": MAYBE, "sheet": MAYBE, "line": MAYBE_COUNT, "column": MAYBE}
    return object_of(where | {"record": WORDS})


def _gap() -> dict[str, Any]:
    settled = {"log": {"enum": list(LOGS)}, "column": MAYBE, "evidence": list_of(_evidence())}
    return object_of({"what": {"enum": list(WHATS)}, "count": COUNT, "of": COUNT, **settled})


def _studio() -> dict[str, Any]:
    drawn = object_of({"kind": {"enum": ["equipment", "lot"]}, "key": TEXT, "text": TEXT, "hash": TEXT})
    link = {"link": {"enum": list(LINKS)}, "applies": COUNT, "holds": COUNT, "first": list_of(_evidence())}
    drill = {
        "drawn": _maybe(drawn),
        "sessions": COUNT,
        "traceable": COUNT,
        "weakest": {"enum": [*LINKS, None]},
        "links": list_of(object_of(link)),
    }
    return object_of(
        {
            "studio_id": TEXT,
            "name": TEXT,
            "jurisdiction": MAYBE,
            "looked_at": {"type": "object", "additionalProperties": COUNT},
            "logs_missing": list_of({"enum": list(LOGS)}),
            "gaps": list_of(_gap()),
            "drill": _maybe(object_of(drill)),
        }
    )


def _recalls() -> dict[str, Any]:
    file = object_of({"file": TEXT, "sha256": TEXT, "entries": COUNT, "read_on": MAYBE_DAY})
    age = {"type": ["integer", "null"]}
    return object_of({"as_of": MAYBE_DAY, "age_days": age, "entries": COUNT, "files": list_of(file)})


def _traced() -> dict[str, Any]:
    client = {
        "client": TEXT,
        "tier": _EXPOSED,
        "contact": _maybe(object_of(dict.fromkeys(COLUMNS, TEXT))),
        "sessions": list_of(_session()),
    }
    return object_of(
        {
            "studio_id": TEXT,
            "kind": _KINDS,
            "key": TEXT,
            "counts": _counts(),
            "window": _maybe(_window()),
            "loads": _maybe(_loads()),
            "lots": _maybe(_lots()),
            "recall": _maybe(_recall()),
            "match": {"enum": [*get_args(Match), None]},
            "asked": list_of(_asked()),
            "clients": list_of(object_of(client)),
            "without_client": list_of(_session()),
            "excluded_clients": list_of(TEXT),
            "gaps": list_of(_gap()),
        }
    )


def _counts() -> dict[str, Any]:
    because = {
        "type": "object",
        "propertyNames": {"enum": [each.name for each in Because]},
        "additionalProperties": COUNT,
    }
    tiers = dict.fromkeys(_TIERS, COUNT)
    own = {"sessions": COUNT, **tiers, "because": because, "clients": object_of(tiers), "without_client": COUNT}
    return object_of(own)


def _session() -> dict[str, Any]:
    step = {
        "log": {"enum": list(LOGS)},
        "role": TEXT,
        "record": MAYBE,
        "told": WORDS,
        "missing": MAYBE,
        "written": MAYBE,
        "more": COUNT,
        "file": MAYBE,
        "line": MAYBE_COUNT,
    }
    own = {
        "session": TEXT,
        **dict.fromkeys(("day", "practitioner"), MAYBE),
        "tier": _EXPOSED,
        "because": {"enum": [each.name for each in Because]},
        **dict.fromkeys(("target", "machine", "lot_number", "product"), MAYBE),
        "use": {"enum": ["before", "after", "untold", None]},
        "evidence": _evidence(),
    }
    shape = object_of(own)
    shape["properties"] = {**own, "used": list_of(object_of(step))}  # of one client only
    return shape


def _window() -> dict[str, Any]:
    test = object_of({"test": TEXT, **dict.fromkeys(TEST, MAYBE), "evidence": _evidence()})
    ends = dict.fromkeys(("opened_by", "closed_by"), _maybe(test))
    return object_of({"machine": TEXT, "failed": list_of(test), **ends, "unsure": list_of(test)})


def _loads() -> dict[str, Any]:
    load = {
        "load": TEXT,
        **dict.fromkeys(LOAD, MAYBE),
        "sure": _YES,
        "fate": {"enum": [fate.name for fate in Fate]},
        "called_back": _YES,
        "packs": {"type": ["number", "null"]},
        "uses": COUNT,
        "evidence": _evidence(),
    }
    return object_of({"logged": _YES, "loads": list_of(object_of(load))})


def _lots() -> dict[str, Any]:
    left = {"enum": ["yes", "no", "open"]}
    lot = {
        "lot": TEXT,
        **dict.fromkeys(LOT, MAYBE),
        "sure": _YES,
        "listed": _YES,
        "left": left,
        "evidence": _evidence(),
    }
    return object_of({"products": COUNT, "lots": list_of(object_of(lot))})


def _recall() -> dict[str, Any]:
    texts = dict.fromkeys(("id", "authority", "kind", "published", "reason", "source"), TEXT)
    lists = dict.fromkeys(("brands", "products", "lots", "expires"), list_of(TEXT))
    return object_of({**texts, **lists, "read_on": MAYBE_DAY, "file": TEXT, "line": COUNT})


def _asked() -> dict[str, Any]:
    texts = dict.fromkeys(("rule", "title", "citation", "remedy", "reason"), TEXT)
    states = {"enum": ["breached", "done", "open", "unknown", "visit"]}
    own = {"severity": {"enum": list(SEVERITIES)}, "state": states, "due_on": MAYBE_DAY, "evidence": _evidence()}
    return object_of(texts | own)
