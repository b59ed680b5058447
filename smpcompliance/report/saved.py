"""A JSON report read back: of last month, of another machine, or out of a PDF."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from smpcompliance import dates
from smpcompliance.audit.finding import Status
from smpcompliance.dates import Period
from smpcompliance.report.untrusted import clean
from smpcompliance.rules.rule import Severity
from smpcompliance.yamlio import Problem, SourceError

_NO_REPORT = "this is no JSON report of an audit"
_SCHEMA = "smpcompliance/audit/1"
_FAMILY = "smpcompliance/"
_PDF = b"%PDF-"


def _is_day(text: str) -> str:
    dates.day(text)
    return text


_Day = Annotated[str, AfterValidator(_is_day)]


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
    waivable: bool = True
    examined: int
    failed: int
    unknown: int
    reason: str | None = None
    reasons: dict[str, int] = {}
    cause: str | None = None
    remedy: str = ""
    findings: list[SavedFinding]
    undecided: list[SavedFinding] = []
    coming: list[SavedFinding] = []


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

    from_: Annotated[_Day, Field(alias="from")]
    to: _Day


class SavedCoverage(_Part):
    """A log of a studio, and whether it was handed in."""

    studio_id: str
    log: str
    handed_in: bool


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
    as_of: _Day
    asked: SavedAsked = SavedAsked()
    studios: list[SavedStudio]
    rulesets: list[SavedRuleset]
    inputs: list[SavedInput]
    coverage: list[SavedCoverage] = []
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

    @property
    def period(self) -> Period:
        """The days that were audited."""
        return Period(dates.day(self.report.period.from_), dates.day(self.report.period.to))

    @property
    def as_of(self) -> date:
        """The audit day."""
        return dates.day(self.report.as_of)


def read_saved(data: bytes, file: str) -> Saved:
    """Reads a JSON report (schema `smpcompliance/audit/1`).

    Raises:
        SourceError: it is no JSON, or no report of an audit; the message says what is wrong and where.
    """
    if data.startswith(_PDF):
        _refuse(file, "this is a PDF; give the JSON report (audit.json is attached to every PDF report)")
    try:
        found = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        _refuse(file, _NO_REPORT, getattr(error, "lineno", 1), getattr(error, "colno", 1))
    if not isinstance(found, dict):
        _refuse(file, _NO_REPORT)
    schema = found.get("schema")
    if schema != _SCHEMA and isinstance(schema, str) and schema.startswith(_FAMILY):
        _refuse(file, f"{_NO_REPORT} that this version can read: it is {clean(schema, 60)}, and {_SCHEMA} is wanted")
    try:
        report = _Report.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        _refuse(file, f"{_NO_REPORT} that this version can read ({clean(place, 200)}: {first['msg']})")
    return Saved(file, hashlib.sha256(data).hexdigest(), report, found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; one that says the same thing twice says different things to different readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(file: str, text: str, line: int = 1, column: int = 1) -> NoReturn:
    raise SourceError([Problem(file, line, column, text)]) from None
