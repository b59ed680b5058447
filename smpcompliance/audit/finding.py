"""What an audit says: findings with their evidence, the result of every rule, and the whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from smpcompliance.checks.base import Made
from smpcompliance.dates import Ints, Period
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.studio import Studio
from smpcompliance.logs.table import Logs, Memo
from smpcompliance.rules.rule import SEVERITIES, Rule, Severity
from smpcompliance.rules.ruleset import Ruleset

if TYPE_CHECKING:
    from smpcompliance.audit.baseline import BaselineUse
    from smpcompliance.audit.waivers import WaiverUse

Status = Literal["pass", "fail", "unknown", "not-applicable", "not-checked", "error"]
STATUSES: tuple[Status, ...] = ("fail", "error", "unknown", "not-checked", "pass", "not-applicable")

Cause = Literal["not_in_force", "nothing_to_examine", "out_of_reach", "profile_silent", "for_the_visit", "broke"]
"""What settled a status beside the records: the law's own days, no case of it, a studio that the rule does not reach or
whose profile is silent about it, a question for the visit, or a check that broke."""


class Evidence(NamedTuple):
    """A record of the studio's own file. An absence may have none: then file, line and column are None, `row` is -1.

    Attributes:
        sheet: of a workbook; empty for any other file.
        row: its row in the log, for whoever wants more of its cells.
    """

    log: str
    file: str | None
    line: int | None
    column: str | None
    record: dict[str, str]
    row: int = -1
    sheet: str = ""


class Finding(NamedTuple):
    """One thing that failed, or that could not be judged.

    Attributes:
        evidence: the records it rests on, the first is the primary one.
        facts: names and values that the kind of check found, never personal data.
        words: the arithmetic in words; empty where the message says it all.
        reason: why it could not be judged; None for failures.
        fingerprint: hash of rule, record key and facts, without line numbers: survives re-sorting a file.
        left_out: further records that it rests on and that are not named.
    """

    rule: str
    message: str
    evidence: tuple[Evidence, ...]
    facts: dict[str, str]
    words: str
    fingerprint: str
    reason: str | None = None
    waiver: str | None = None
    left_out: int = 0

    @property
    def where(self) -> Evidence:
        return self.evidence[0]


Rows = Sequence[tuple[str, Ints]]
"""Rows of logs, by the name of the log."""


class Findings(Made[Finding]):
    """Findings that are made when they are looked at: 400,000 failures are not 400,000 objects. Each is made once.

    `rows` gives the rows of their first evidence by log, in no order, without making them; -1 is an absence.
    """

    def __init__(self, length: int, make: Callable[[int], Finding], rows: Callable[[], Rows] = tuple) -> None:
        super().__init__(length, make)
        self._known, self.rows = dict[int, Finding](), rows

    def _at(self, at: int) -> Finding:
        if at not in self._known:
            self._known[at] = self._make(at)
        return self._known[at]


NO_FINDINGS = Findings(0, lambda _: (_ for _ in ()).throw(IndexError()))


@dataclass(frozen=True)
class RuleResult:
    """How one rule fared in one studio.

    Attributes:
        severity: the rule's, or advice where only a stricter reading that the studio chose was breached.
        examined, failed, unknown: true totals, whatever a format shows of them.
        reasons: Reason name → how many could not be judged for it.
        cause: what settled the status where the records did not; None otherwise.
        about: what the cause is about: the fields of studio.yaml that the rule asks for, or the error as it was raised.
        findings, undecided: the failures, and the things that could not be judged, in order of file and line.
        coming: things whose time has not come yet.
    """

    studio_id: str
    rule: Rule
    severity: Severity
    status: Status
    examined: int = 0
    failed: int = 0
    unknown: int = 0
    waived: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    cause: Cause | None = None
    about: tuple[str, ...] = ()
    findings: Findings = NO_FINDINGS
    undecided: Findings = NO_FINDINGS
    coming: Findings = NO_FINDINGS

    @property
    def asked(self) -> bool:
        """Whether this is a question for the visit, not for the records."""
        return self.rule.kind == "attest"


@dataclass(frozen=True)
class Input:
    """A file or a sheet of a workbook that was read, and what became of it. `log` is None where it is no log."""

    studio_id: str
    file: str
    log: str | None
    sha256: str
    rows: int
    remarks: tuple[str, ...] = ()
    sheet: str = ""


@dataclass(frozen=True)
class Asked:
    """What an audit was asked beyond its period and day; whoever does it again must ask the same.

    Attributes:
        jurisdictions, overlays: law given instead of, or beside, that of studio.yaml.
        select, ignore: globs over rule ids (`US-CA/spore-*`); without `select` all rules.
    """

    jurisdictions: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


NOTHING_MORE = Asked()
"""Every rule, by the law that studio.yaml says."""


@dataclass(frozen=True)
class Audit:
    """A whole audit: everything a report may say.

    Attributes:
        chains: studio id → ids of the rulesets it was judged by, parents first.
        logs: the records themselves; what is private in them must reach no report.
        memo: what several sections or formats reckon from it; another audit made from this one has a memo of its own.
    """

    studios: tuple[Studio, ...]
    rulesets: tuple[Ruleset, ...]
    chains: dict[str, tuple[str, ...]]
    period: Period
    as_of: date
    inputs: tuple[Input, ...]
    results: tuple[RuleResult, ...]
    unreadable: tuple[tuple[str, Unreadable], ...]
    version: str
    logs: Logs = field(repr=False)
    asked: Asked = NOTHING_MORE
    waivers: "tuple[WaiverUse, ...]" = ()
    baseline: "BaselineUse | None" = None
    memo: Memo = field(default_factory=Memo, init=False, repr=False, compare=False)

    def of(self, studio_id: str) -> Iterator[RuleResult]:
        """The results of one studio."""
        return (result for result in self.results if result.studio_id == studio_id)

    def counts(self, studio_id: str | None = None) -> dict[Severity, dict[Status, int]]:
        """Rules per severity and status, questions for the visit left out."""
        out: dict[Severity, dict[Status, int]] = {s: dict.fromkeys(STATUSES, 0) for s in SEVERITIES}
        for result in self.results:
            if not result.asked and studio_id in (None, result.studio_id):
                out[result.severity][result.status] += 1
        return out
