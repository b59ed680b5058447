"""The summary for machines: versioned, complete, in stable order; and read back."""

import json as _json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from smpcompliance.report.fleet.summary import Duty, Month, NotAudited, OfStudio, Summary
from smpcompliance.report.sealed.form import misfits
from smpcompliance.report.shapes import COUNT, DAY, MAYBE, TEXT, list_of, object_of
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES
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
        if (odd := next(misfits(told, fleet_summary_schema()), None)) is not None:
            raise ValueError(f"at {odd.removeprefix('.') or 'the top'}")
    except ValueError as error:
        text = f"expected the summary of a fleet audit ({SCHEMA}); this is none ({error})"
        raise SourceError([Problem(file, 1, 1, text)]) from None
    return _summary(told)


def _summary(told: Mapping[str, Any]) -> Summary:
    lists: dict[str, Any] = {
        "duties": tuple(Duty(**each) for each in told["duties"]),
        "months": tuple(Month(**each) for each in told["months"]),
        "worst": tuple(OfStudio(**each) for each in told["worst"]),
        "not_audited": tuple(
            NotAudited(each["bucket"], tuple(each["studios"]), each["reason"]) for each in told["not_audited"]
        ),
    }
    plain = {name: value for name, value in told.items() if name not in (*lists, "schema", "tool")}
    return Summary(version=told["tool"]["version"], **plain, **lists)


def fleet_summary_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every summary fits."""
    counts = {"type": "object", "additionalProperties": COUNT}
    by_severity = object_of(dict.fromkeys(SEVERITIES, COUNT))
    severity = {"enum": list(SEVERITIES)}
    numbers = ("studios", "judged", "failing", "covered", "open", "broke", "away", "examined", "failed", "unknown")
    texts = {"rule": TEXT, "title": TEXT, "severity": severity, "citation": TEXT}
    duty = object_of(texts | dict.fromkeys(numbers, COUNT) | {"reasons": counts, "months": counts})
    month = object_of({"month": TEXT, "failures": COUNT, "studios": COUNT})
    totals = dict.fromkeys(("judged", "open", "failed"), COUNT)
    studio = object_of({"studio_id": TEXT, "name": TEXT, "jurisdiction": MAYBE, "breached": by_severity} | totals)
    gone = object_of({"bucket": COUNT, "studios": list_of(TEXT), "reason": TEXT})
    asked = {"period": object_of({"from": DAY, "to": DAY}), "as_of": DAY, "first": COUNT}
    asked |= dict.fromkeys(("jurisdictions", "overlays", "select", "ignore"), list_of(TEXT))
    whole = (
        "buckets", "rows", "studios", "failing", "unjudged", "with_lines_left_out", "lines_left_out",
        "cells_unreadable", "broke", "visits",
    )  # fmt: skip
    return object_of(
        {
            "schema": {"const": SCHEMA},
            "tool": object_of({"name": TEXT, "version": TEXT}),
            "asked": object_of(asked),
            "rulesets": {"type": "object", "additionalProperties": TEXT},
            **dict.fromkeys(whole, COUNT),
            "counted": by_severity,
            "open": by_severity,
            "duties": list_of(duty),
            "months": list_of(month),
            "worst": list_of(studio),
            "not_audited": list_of(gone),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance fleet summary"}
