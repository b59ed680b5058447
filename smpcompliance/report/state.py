"""An audit as it is compared with another: one view of a report that was saved and of an audit that was just made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from smpcompliance.audit.coverage import coverage
from smpcompliance.audit.finding import Audit, Finding, RuleResult, Status
from smpcompliance.dates import Period
from smpcompliance.logs.cells import Coded
from smpcompliance.logs.table import Logs
from smpcompliance.report.saved import Saved, SavedFinding, SavedResult
from smpcompliance.rules.rule import Severity

Record = tuple[str, tuple[tuple[str, str], ...]]
"""A log and the key of a record in it; the key is empty where nothing is to blame but an absence."""


class Entry(NamedTuple):
    """A finding as it is compared; a tuple, for there may be many."""

    fingerprint: str
    message: str
    file: str | None
    sheet: str
    line: int | None
    column: str | None
    log: str
    record: Mapping[str, str]
    facts: Mapping[str, str]
    reason: str | None
    waiver: str | None

    @property
    def key(self) -> Record:
        """The record it stands on."""
        return self.log, tuple(sorted((name, value) for name, value in self.record.items() if value))


@dataclass(frozen=True)
class Duty:
    """How a rule stands in a studio.

    Attributes:
        cause: what settled the status where the records did not (`audit.finding.Cause`); None otherwise.
        examined: cases that the rule was held against.
        unplaced: whether some of what could not be judged has no record to name: a whole log or column, a number.
        findings, undecided, coming: made when they are first asked for.
    """

    studio_id: str
    rule: str
    title: str
    severity: Severity
    status: Status
    kind: str
    cause: str | None
    examined: int
    unplaced: bool
    reasons: tuple[str, ...]
    findings: Callable[[], list[Entry]]
    undecided: Callable[[], list[Entry]]
    coming: Callable[[], list[Entry]]

    @property
    def judged(self) -> bool:
        """Whether it came to an answer."""
        return self.status in ("pass", "fail")


@dataclass(frozen=True)
class State:
    """An audit as it is compared.

    Attributes:
        name: the file of a report, or empty for an audit that was just made; `sha256` of that file.
        asked: what was asked beyond period and day, by name.
        studios: id → name; `chains` id → the rulesets it was judged by.
        rulesets: id → sha256.
        inputs: (studio, file) → sha256.
        handed_in: (studio, log) of every log that was handed in.
        duties: (studio, rule) → how it stands, questions for the visit left out.
        has: whether a record still stands in the logs; None where only a report is at hand, which does not say.
    """

    name: str
    sha256: str
    version: str
    period: Period
    as_of: date
    asked: Mapping[str, tuple[str, ...]]
    studios: Mapping[str, str]
    chains: Mapping[str, tuple[str, ...]]
    rulesets: Mapping[str, str]
    inputs: Mapping[tuple[str, str], str]
    handed_in: frozenset[tuple[str, str]]
    duties: Mapping[tuple[str, str], Duty]
    has: Callable[[Record], bool] | None


def saved_state(saved: Saved, studio_id: str | None = None) -> State:
    """A report that was saved; with `studio_id` only what it says of one studio."""
    report = saved.report
    studios = [s for s in report.studios if studio_id in (None, s.studio_id)]
    inputs = [i for i in report.inputs if studio_id in (None, i.studio_id)]
    covered = (c for c in report.coverage if c.handed_in)
    results = (r for r in report.results if studio_id in (None, r.studio_id) and r.kind != "attest")
    return State(
        saved.file,
        saved.sha256,
        report.tool.version,
        saved.period,
        saved.as_of,
        {name: tuple(value) for name, value in report.asked.model_dump().items()},
        {s.studio_id: s.name for s in studios},
        {s.studio_id: tuple(s.rulesets) for s in studios},
        {r.id: r.sha256 for r in report.rulesets},
        {(i.studio_id, i.file): i.sha256 for i in inputs},
        frozenset([(i.studio_id, i.log) for i in inputs if i.log] + [(c.studio_id, c.log) for c in covered]),
        {(r.studio_id, r.rule): _saved_duty(r) for r in results},
        None,
    )


def _saved_duty(result: SavedResult) -> Duty:
    return Duty(
        result.studio_id,
        result.rule,
        result.title,
        result.severity,
        result.status,
        result.kind,
        result.cause,
        result.examined,
        sum(result.reasons.values()) > len(result.undecided),
        tuple(result.reasons),
        lambda: list(map(_saved_entry, result.findings)),
        lambda: list(map(_saved_entry, result.undecided)),
        lambda: list(map(_saved_entry, result.coming)),
    )


def _saved_entry(found: SavedFinding) -> Entry:
    return Entry(
        found.fingerprint,
        found.message,
        found.file,
        found.sheet or "",
        found.line,
        found.column,
        found.log,
        found.record,
        found.facts,
        found.reason,
        found.waiver,
    )


def present_state(audit: Audit, studio_id: str) -> State:
    """What an audit says of one studio; its findings are made, but nothing is written out."""
    covered = coverage(audit, studio_id)
    results = (r for r in audit.of(studio_id) if not r.asked)
    return State(
        "",
        "",
        audit.version,
        audit.period,
        audit.as_of,
        {name: tuple(value) for name, value in vars(audit.asked).items()},
        {s.studio_id: s.name for s in audit.studios if s.studio_id == studio_id},
        {studio_id: audit.chains[studio_id]},
        {r.id: r.sha256 for r in audit.rulesets if r.id in audit.chains[studio_id]},
        {(i.studio_id, i.file): i.sha256 for i in audit.inputs if i.studio_id == studio_id},
        frozenset((c.studio_id, c.log) for c in covered if c.handed_in),
        {(r.studio_id, r.rule.id): _present_duty(r) for r in results},
        _Standing(audit.logs, studio_id),
    )


def _present_duty(result: RuleResult) -> Duty:
    return Duty(
        result.studio_id,
        result.rule.id,
        result.rule.title,
        result.severity,
        result.status,
        result.rule.kind,
        result.cause,
        result.examined,
        sum(result.reasons.values()) > len(result.undecided),
        tuple(result.reasons),
        lambda: _entries(result.findings),
        lambda: _entries(result.undecided),
        lambda: _entries(result.coming),
    )


def _entries(findings: Iterable[Finding]) -> list[Entry]:
    return [
        Entry(
            found.fingerprint,
            found.message,
            found.where.file,
            found.where.sheet,
            found.where.line,
            found.where.column,
            found.where.log,
            found.where.record,
            found.facts,
            found.reason,
            found.waiver,
        )
        for found in findings
    ]


class _Standing:
    """Whether a record of one studio stands in its logs; the keys of a log are gathered once."""

    def __init__(self, logs: Logs, studio_id: str) -> None:
        codes = [n for n, studio in enumerate(logs.studios) if studio.studio_id == studio_id]
        self._logs, self._studio = logs, codes[0] if codes else -1
        self._keys: dict[str, frozenset[str]] = {}

    def __call__(self, record: Record) -> bool:
        log, keys = record
        return all(value in self._of(log) for _, value in keys)

    def _of(self, log: str) -> frozenset[str]:
        if log not in self._keys:
            table = self._logs.log(log)
            cells = self._logs.cells(log, table.schema.key)
            assert isinstance(cells, Coded)
            own = (table.studio == self._studio) & ~table.made_up & (cells.why == 0)
            self._keys[log] = frozenset(str(cells.values[code]) for code in set(cells.codes[own].tolist()))
        return self._keys[log]
