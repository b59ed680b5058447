"""Whether a program found what a plain loop over the file finds; only then is its time worth a ratio."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from checks import CHECKS, FIRST

Found = Mapping[str, Any]


def found_by(out: Path) -> Found:
    """What a program wrote; the JSON report of `smpcompliance audit` is brought into the same form first."""
    data: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return data if "total" in data else _of_report(data)


def _of_report(report: Mapping[str, Any]) -> Found:
    total = dict.fromkeys(CHECKS, 0)
    first: dict[str, list[list[Any]]] = {check: [] for check in CHECKS}
    for result in report["results"]:
        check = result["rule"].removeprefix("EIGHT/")
        total[check] += result["failed"]
        first[check] += [[finding["line"], None] for finding in result["findings"]]
    rows = sum(each["rows"] for each in report["inputs"] if each["log"] == "sessions")
    told = [each["line"] for each in report["unreadable"] if each["file"] == "sessions.csv" and not each["column"]]
    return {"rows": rows, "total": total, "first": first, "unit": "ids", "told": told}


def differences(found: Found, true: Found) -> list[str]:
    """What a program found otherwise than the plain loop, which listed all there is; a check left out is none."""
    out = []
    for check, count in found["total"].items():
        listed = {int(line): text for line, text in found["first"][check]}
        every = {int(line): text for line, text in true["first"][check]}
        wanted = _count(check, true, found["unit"])
        if count != wanted:
            out.append(f"{check}: {count} found, {wanted} are there")
        elif strange := sorted(set(listed) - set(every)):
            out.append(f"{check}: {len(strange)} lines that are in order, first {strange[0]}")
        elif len(listed) < min(FIRST, wanted):
            out.append(f"{check}: {len(listed)} of {min(FIRST, wanted)} findings listed")
        elif odd := [line for line, text in listed.items() if text is not None and not _same(text, every[line])]:
            out.append(f"{check}: line {odd[0]} has {every[odd[0]]!r}, not {listed[odd[0]]!r}")
    return out


def _count(check: str, true: Found, unit: str) -> int:
    """How many there are to find; of numbers that stand more than once it depends on what is counted."""
    records = int(true["total"][check])
    if check != "unique" or unit == "records":
        return records
    return int(true["ids"]) if unit == "ids" else records - int(true["ids"])


def _same(said: str, written: str) -> bool:
    """Whether a cell is said as written; a moment that was parsed may be said in another form."""
    return said == written or said.replace("T", " ")[:16] == written
