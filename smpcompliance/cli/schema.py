"""`smpcompliance schema`: JSON Schemas for editors and for programs that read reports."""

import json
from typing import Any

import click

from smpcompliance.audit.baseline import baseline_schema
from smpcompliance.audit.waivers import waivers_schema
from smpcompliance.cli.shared import kindly
from smpcompliance.logs.schema import LOGS, Column, schema
from smpcompliance.logs.studio import studio_schema
from smpcompliance.report.changes_text import diff_schema
from smpcompliance.report.due.json import due_schema
from smpcompliance.report.schema import audit_schema
from smpcompliance.rules.rule import rule_schema
from smpcompliance.rules.ruleset import ruleset_schema

VERSION = 1
"""Of every schema: a name that goes, or means something else, makes it 2; what is added does not."""

_WHAT = {
    "audit": audit_schema,
    "rule": rule_schema,
    "ruleset": ruleset_schema,
    "studio": studio_schema,
    "diff": diff_schema,
    "baseline": baseline_schema,
    "due": due_schema,
    "waivers": waivers_schema,
}


@click.command(name="schema")
@click.argument("what", type=click.Choice([*_WHAT, "log"]))
@click.argument("log", required=False, type=click.Choice(LOGS))
@kindly
def command(what: str, log: str | None) -> None:
    """Print a JSON Schema: of a report, of a file that people write, or of a log (log NAME)."""
    if (what == "log") != (log is not None):
        raise click.UsageError("name a log after 'log' (and only there), e.g. smpcompliance schema log spore_tests")
    found = _log_schema(log) if log else _WHAT[what]()
    versioned = {"$id": f"urn:smpcompliance:{what}{f':{log}' if log else ''}:{VERSION}", **found}
    click.echo(json.dumps(versioned, indent=1, ensure_ascii=False))


def _log_schema(name: str) -> dict[str, Any]:
    """The schema of one record of a log, as text cells by column."""
    log = schema(name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": log.about,
        "type": "object",
        "properties": {c.name: _column(c) for c in log.columns.values() if not c.derived},
    }


def _column(column: Column) -> dict[str, Any]:
    out: dict[str, Any] = {"description": column.about, "x-type": column.type}
    kinds = {"number": "number", "whole": "integer", "flag": "boolean"}
    out["type"] = "array" if column.type in ("words", "list") else kinds.get(column.type, "string")
    words = {"enum": list(column.one_of)} if column.one_of else {}
    if out["type"] == "array":
        out["items"] = {"type": "string", **words}
    else:
        out |= words
    for key, value in (("x-unit", column.unit), ("x-private", column.private), ("x-links-to", column.to)):
        if value:
            out[key] = value
    return out
