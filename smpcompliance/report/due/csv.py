"""What is due, as a table: one row for each thing, and one for each thing that cannot be told."""

import csv
import io

from smpcompliance.audit.due import Due, DueList, Untold
from smpcompliance.report.csv import guarded
from smpcompliance.report.sections.due_next import why_untold
from smpcompliance.report.words import Words

COLUMNS = (
    "studio_id", "due_on", "state", "overdue_days", "only_if_used", "offered", "uses_left", "severity", "title",
    "subject_kind", "subject", "reason", "settled_by", "citation", "rule", "file", "sheet", "line", "column", "remedy",
    "uid",
)  # fmt: skip
"""`state` is overdue, due (it has a day), before_use (it has none) or untold; `subject` is `name=value; …`."""


def report(found: DueList, words: Words) -> bytes:
    """The table as RFC 4180 with a byte order mark, in the order of the list; nothing in a cell runs as a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(tuple(map(guarded, _due(each))) for each in found.due)
    writer.writerows(tuple(map(guarded, _untold(each, words))) for each in found.untold)
    return out.getvalue().encode("utf-8-sig")


def state(each: Due) -> str:
    """How a thing stands, in a word for machines."""
    return "overdue" if each.late else "due" if each.due_on else "before_use"


def _due(each: Due) -> tuple[str, ...]:
    where = each.evidence
    return (
        each.studio_id, each.due_on.isoformat() if each.due_on else "", state(each),
        str(each.overdue_days) if each.late else "", "yes" if each.conditional else "no",
        "yes" if each.offered else "no",
        "" if each.uses_left is None else str(each.uses_left), each.severity, each.rule.title, each.kind,
        _pairs(each.subject), each.why, "", each.rule.citation.text, each.rule.id, where.file or "", where.sheet,
        "" if where.line is None else str(where.line), where.column or "", each.rule.remedy, each.uid,
    )  # fmt: skip


def _untold(each: Untold, words: Words) -> tuple[str, ...]:
    where = each.evidence
    return (
        each.studio_id, "", "untold", "", "", "", "", each.severity, each.rule.title, each.kind,
        _pairs(each.subject or {}),
        why_untold(each, words), "; ".join(each.about), each.rule.citation.text, each.rule.id,
        (where.file if where else None) or "", where.sheet if where else "",
        str(where.line) if where and where.line is not None else "", (where.column if where else None) or "",
        each.rule.remedy, "",
    )  # fmt: skip


def _pairs(values: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in values.items())
