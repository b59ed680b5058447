"""A JSON report read back: of last month, of another machine, or out of a PDF."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smpcompliance.audit.finding import Status
from smpcompliance.rules.rule import Severity
from smpcompliance.yamlio import Problem, SourceError

_NO_REPORT = "this is no JSON report of an audit"


class _Part(BaseModel):
    """A part of a report; what later versions add is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class SavedEvidence(_Part):
    """Where something is written; an absence has no file and no line."""

    file: str | None
    sheet: str | None = None
    line: int | None
    column: str | None
    log: str
    record: dict[str, str]


class SavedFinding(SavedEvidence):
    """A finding, with its primary record."""

    message: str
    facts: dict[str, str]
    arithmetic: str = ""
    reason: str | None = None
    related: list[SavedEvidence] = []
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    waiver: str | None = None


class SavedResult(_Part):
    """How one rule fared in one studio."""

    studio_id: str
    rule: str
    title: str
    severity: Severity
    status: Status
    kind: str = ""
    citation: str
    basis: str
    examined: int
    failed: int
    unknown: int
    reason: str | None = None
    remedy: str = ""
    findings: list[SavedFinding]
    undecided: list[SavedFinding] = []


class SavedStudio(_Part):
    """A studio that was audited."""

    studio_id: str
    name: str
    jurisdiction: str | None = None
    rulesets: list[str] = []


class SavedRuleset(_Part):
    """The law of that audit."""

    id: str
    sha256: str


class SavedInput(_Part):
    """A file that was read."""

    studio_id: str = ""
    file: str
    sheet: str | None = None
    log: str | None = None
    sha256: str
    rows: int


class SavedPeriod(_Part):
    """First and last day, as YYYY-MM-DD."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class SavedTool(_Part):
    """What made the report."""

    name: str
    version: str


class SavedAsked(_Part):
    """What the audit was asked beyond its period and day."""

    jurisdictions: list[str] = []
    overlays: list[str] = []
    select: list[str] = []
    ignore: list[str] = []


class _Report(_Part):
    schema_: Annotated[Literal["smpcompliance/audit/1"], Field(alias="schema")]
    tool: SavedTool
    period: SavedPeriod
    as_of: str
    asked: SavedAsked = SavedAsked()
    studios: list[SavedStudio]
    rulesets: list[SavedRuleset]
    inputs: list[SavedInput]
    results: list[SavedResult]


@dataclass(frozen=True)
class Saved:
    """A report as it was saved.

    Attributes:
        file: its name, for messages.
        sha256: of the file's bytes.
        report: what every version of the format says, typed.
        data: the whole of it, as it was written.
    """

    file: str
    sha256: str
    report: _Report
    data: dict[str, Any]


def read_saved(data: bytes, file: str) -> Saved:
    """Reads a JSON report (schema `smpcompliance/audit/1`).

    Raises:
        SourceError: it is no JSON, or no report of an audit; the message says what is wrong and where.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise SourceError([Problem(file, line, getattr(error, "colno", 1), _NO_REPORT)]) from None
    if not isinstance(found, dict):
        raise SourceError([Problem(file, 1, 1, _NO_REPORT)])
    try:
        report = _Report.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        text = f"{_NO_REPORT} that this version can read ({place}: {first['msg']})"
        raise SourceError([Problem(file, 1, 1, text)]) from None
    return Saved(file, hashlib.sha256(data).hexdigest(), report, found)
