"""What changed from one report to the next, as plain text and as JSON, and the JSON Schema of the latter."""

import json
from typing import Any, get_args

from smpcompliance.audit.finding import STATUSES
from smpcompliance.report.changes import FATES, Because, Change, Changes, Difference, DutyChange
from smpcompliance.report.page import Block, Facts, Heading, Page, Text, Verdict
from smpcompliance.report.sections.changes import balance, counts, differences, header, listed
from smpcompliance.report.shapes import COUNT, DAY, MAYBE, TEXT, list_of, object_of
from smpcompliance.report.state import Entry, State
from smpcompliance.report.text import text
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES

SCHEMA = "smpcompliance/diff/1"
_SHOWN = 100
"""Findings and duties of each kind that the text lists."""


def told(found: Changes, version: str, words: Words) -> bytes:
    """The changes as text, UTF-8: new, no longer judged, still there, fixed, and the others."""
    tone = "critical" if found.of("new") else "open" if found.of("not_judged") else "good"
    title = words("changes.page")
    blocks: list[Block] = [
        Heading(1, title),
        Facts(((words("changes.old"), header(found.old, words)), (words("changes.new"), header(found.new, words)))),
        Verdict(balance(found, words), (), tone),  # type: ignore[arg-type]
        *differences(found, words),
        counts(found, words),
    ]
    for fate in FATES:
        blocks += listed(found, fate, _SHOWN, 2, words)
    blocks.append(Text(words("changes.fixed_means"), "note"))
    page = Page(title, title, "a4", words.language, found.new.as_of, version, tuple(blocks))
    return text(page).encode()


def as_json(found: Changes, version: str) -> bytes:
    """The changes for machines (schema `smpcompliance/diff/1`), UTF-8, never cut."""
    data = {
        "schema": SCHEMA,
        "tool": {"name": "smpcompliance", "version": version},
        "old": _state(found.old),
        "new": _state(found.new),
        "covers": found.covers,
        "differences": [_difference(each) for each in found.differences],
        "counts": {fate: {"findings": len(found.of(fate)), "duties": len(found.duties_of(fate))} for fate in FATES},
        "findings": [_finding(change) for change in found.findings],
        "duties": [_duty(change) for change in found.duties],
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode()


def _state(state: State) -> dict[str, Any]:
    return {
        "file": state.name,
        "sha256": state.sha256,
        "version": state.version,
        "period": state.period.plain(),
        "as_of": state.as_of.isoformat(),
        "duties": len(state.duties),
        "judged": sum(duty.judged for duty in state.duties.values()),
    }


def _difference(each: Difference) -> dict[str, str]:
    return {"what": each.what, "name": each.name, "old": each.old, "new": each.new}


def _head(change: Change | DutyChange) -> dict[str, Any]:
    duty = change.duty
    return {
        "fate": change.fate,
        "because": change.because,
        "about": list(change.about),
        "studio_id": duty.studio_id,
        "rule": duty.rule,
        "title": duty.title,
        "severity": duty.severity,
    }


def _finding(change: Change) -> dict[str, Any]:
    entry = change.entry
    return {
        **_head(change),
        "severity_before": change.was,
        **_entry(entry),
        "before": _entry(change.before) if change.before else None,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "message": entry.message,
        "file": entry.file,
        "sheet": entry.sheet or None,
        "line": entry.line,
        "column": entry.column,
        "log": entry.log,
        "record": dict(entry.record),
        "fingerprint": entry.fingerprint,
        "waiver": entry.waiver,
    }


def _duty(change: DutyChange) -> dict[str, Any]:
    duty, before = change.duty, change.before
    return {
        **_head(change),
        "severity_before": before.severity if before and before.severity != duty.severity else None,
        "status": None if duty is before else duty.status,
        "status_before": before.status if before else None,
    }


_STRINGS: dict[str, Any] = {"type": "array", "items": TEXT}
_WAS: dict[str, Any] = {"enum": [*SEVERITIES, None]}


def diff_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every comparison fits."""
    state = object_of(
        {
            "file": TEXT,
            "sha256": TEXT,
            "version": TEXT,
            "period": object_of({"from": DAY, "to": DAY}),
            "as_of": DAY,
            "duties": COUNT,
            "judged": COUNT,
        }
    )
    entry = {
        "message": TEXT,
        "file": MAYBE,
        "sheet": MAYBE,
        "line": {"type": ["integer", "null"], "minimum": 0},
        "column": MAYBE,
        "log": TEXT,
        "record": {"type": "object", "additionalProperties": TEXT},
        "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "waiver": MAYBE,
    }
    change = {
        "fate": {"enum": list(FATES)},
        "because": {"enum": list(get_args(Because))},
        "about": _STRINGS,
        "studio_id": TEXT,
        "rule": TEXT,
        "title": TEXT,
        "severity": {"enum": list(SEVERITIES)},
        "severity_before": _WAS,
    }
    before = {"before": {"anyOf": [{"type": "null"}, object_of(entry)]}}
    status = {"enum": [*STATUSES, None]}
    duty = object_of({**change, "status": status, "status_before": status})
    what = {"enum": list(get_args(Difference.__annotations__["what"]))}
    return object_of(
        {
            "schema": {"const": SCHEMA},
            "tool": object_of({"name": TEXT, "version": TEXT}),
            "old": state,
            "new": state,
            "covers": {"type": "boolean"},
            "differences": list_of(object_of({"what": what, "name": TEXT, "old": TEXT, "new": TEXT})),
            "counts": object_of({fate: object_of({"findings": COUNT, "duties": COUNT}) for fate in FATES}),
            "findings": list_of(object_of({**change, **entry, **before})),
            "duties": list_of(duty),
        }
    ) | {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "smpcompliance diff"}
