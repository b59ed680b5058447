"""The summary for machines: versioned, complete, in stable order; and read back."""

import json as _json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from smpcompliance.report.fleet.summary import Duty, Month, NotAudited, OfStudio, Summary
from smpcompliance.report.words import Words
from smpcompliance.yamlio import Problem, SourceError

SCHEMA = "smpcompliance/fleet-summary/1"


def report(summary: Summary, _words: Words) -> bytes:
    """The summary as JSON (schema `smpcompliance/fleet-summary/1`), UTF-8, the same in every language."""
    data = asdict(summary)
    tool = {"name": "smpcompliance", "version": data.pop("version")}
    return (_json.dumps({"schema": SCHEMA, "tool": tool, **data}, ensure_ascii=False, indent=1) + "\n").encode()


def read_summary(data: bytes, file: str) -> Summary:
    """A summary read back.

    Raises:
        SourceError: this is none.
    """
    try:
        told: dict[str, Any] = _json.loads(data)
        if told.pop("schema") != SCHEMA:
            raise ValueError(SCHEMA)
        return _summary(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"expected the summary of a fleet audit ({SCHEMA}); this is none ({type(error).__name__})"
        raise SourceError([Problem(file, 1, 1, text)]) from None


def _summary(told: Mapping[str, Any]) -> Summary:
    lists: dict[str, Any] = {
        "duties": tuple(Duty(**each) for each in told["duties"]),
        "months": tuple(Month(**each) for each in told["months"]),
        "worst": tuple(OfStudio(**each) for each in told["worst"]),
        "not_audited": tuple(
            NotAudited(each["bucket"], tuple(each["studios"]), each["reason"]) for each in told["not_audited"]
        ),
    }
    plain = {name: value for name, value in told.items() if name not in (*lists, "tool")}
    return Summary(version=told["tool"]["version"], **plain, **lists)
