"""The findings as a pandas DataFrame, for notebooks and for programs that go on reckoning."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.report.shapes import evidence_data

DTYPES = {
    "studio_id": "string", "rule": "string", "title": "string", "severity": "category", "status": "category",
    "citation": "string", "message": "string", "file": "string", "sheet": "string", "line": "Int64", "column": "string",
    "log": "string", "record": "object", "facts": "object", "reason": "string", "fingerprint": "string",
    "waiver": "string", "remedy": "string",
}  # fmt: skip
"""The columns, and what they hold: `record` and `facts` are dicts, `line` is missing where nothing is written."""


def frame(audit: Audit) -> pd.DataFrame:
    """One row for each breach (status `fail`) and for each thing that could not be judged (`unknown`).

    A rule that was not judged at all, and names no record, has one row without a file, with the status of the rule.

    Returns:
        A frame with the columns of `DTYPES`, in the order of the audit.
    """
    rows = list(_rows(audit))
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def _rows(audit: Audit) -> Iterator[dict[str, Any]]:
    for result in audit.results:
        for finding in result.findings:
            yield _row(result, "fail", finding)
        for finding in result.undecided:
            yield _row(result, "unknown", finding)
        if result.status in ("unknown", "not-checked", "error") and not len(result.undecided):
            reasons = ", ".join(result.reasons) or result.cause
            yield _row(result, result.status, None) | {"reason": reasons}


def _row(result: RuleResult, status: str, finding: Finding | None) -> dict[str, Any]:
    rule = result.rule
    row: dict[str, Any] = {
        "studio_id": result.studio_id,
        "rule": rule.id,
        "title": rule.title,
        "severity": result.severity,
        "status": status,
        "citation": rule.citation.text,
        "remedy": rule.remedy,
    }
    if finding is None:
        return row
    return row | {
        "message": None if finding.reason else finding.message,
        **evidence_data(finding.where),
        "facts": finding.facts,
        "reason": finding.reason,
        "fingerprint": finding.fingerprint,
        "waiver": finding.waiver,
    }
