"""`smpcompliance schema`: JSON Schemas for editors and for programs that read reports."""

import json
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from smpcompliance.cli.choices import LOGS, SCHEMAS
from smpcompliance.cli.shared import kindly

if TYPE_CHECKING:
    from smpcompliance.logs.schema import Column

VERSION = 1
"""Of every schema: a name that goes, or means something else, makes it 2; what is added does not."""


@click.command(name="schema")
@click.argument("what", type=click.Choice([*SCHEMAS, "log"]))
@click.argument("log", required=False, type=click.Choice(LOGS))
@kindly
def command(what: str, log: str | None) -> None:
    """Print a JSON Schema: of a report, of a file that people write, or of a log (log NAME)."""
    if (what == "log") != (log is not None):
        raise click.UsageError("name a log after 'log' (and only there), e.g. smpcompliance schema log spore_tests")
    found = _log_schema(log) if log else _schema(what)
    versioned = {"$id": f"urn:smpcompliance:{what}{f':{log}' if log else ''}:{VERSION}", **found}
    click.echo(json.dumps(versioned, indent=1, ensure_ascii=False))


def _schema(what: str) -> dict[str, Any]:
    """What the function `<what>_schema` of its module makes."""
    made: Callable[[], dict[str, Any]] = getattr(import_module(SCHEMAS[what]), f"{what}_schema")
    return made()


def _log_schema(name: str) -> dict[str, Any]:
    """The schema of one record of a log, as text cells by column."""
    from smpcompliance.logs.schema import schema

    log = schema(name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": log.about,
        "type": "object",
        "properties": {c.name: _column(c) for c in log.columns.values() if not c.derived},
    }


def _column(column: "Column") -> dict[str, Any]:
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
