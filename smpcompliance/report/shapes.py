"""The parts that reports and lists for machines, and their JSON Schemas, are made of."""

from typing import Any

from smpcompliance.audit.finding import Evidence

TEXT: dict[str, Any] = {"type": "string"}
MAYBE: dict[str, Any] = {"type": ["string", "null"]}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
MAYBE_COUNT: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0}
DAY: dict[str, Any] = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
MAYBE_DAY: dict[str, Any] = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
WORDS: dict[str, Any] = {"type": "object", "additionalProperties": TEXT}


def object_of(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these keys."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    """A list of such things, of any length."""
    return {"type": "array", "items": items}


def evidence_data(where: Evidence) -> dict[str, Any]:
    """A record of the studio's own file as plain data, fit for `EVIDENCE`."""
    return {
        "file": where.file,
        "sheet": where.sheet or None,
        "line": where.line,
        "column": where.column,
        "log": where.log,
        "record": where.record,
    }


EVIDENCE = object_of(
    {"log": TEXT, "file": MAYBE, "sheet": MAYBE, "line": MAYBE_COUNT, "column": MAYBE, "record": WORDS}
)
