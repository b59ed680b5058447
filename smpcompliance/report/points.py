"""What a pipeline is told of an audit, point by point: what is wrong, what stays open, and where it is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from smpcompliance.audit.finding import NO_FINDINGS, Audit, Finding, Findings, RuleResult
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.report.reasons import cause, why_open
from smpcompliance.report.repository import Repository
from smpcompliance.report.sections.opening import balance_of
from smpcompliance.report.sections.places import line, record
from smpcompliance.report.tally import tally
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import SEVERITIES, Rule, Severity

Kind = Literal["broke", "breach", "left-out", "open", "waived"]
"""A check that broke, a breach that counts, a line that is no record, a rule that stays open, a waived breach."""

_KINDS: tuple[Kind, ...] = get_args(Kind)
_EVERYWHERE = {"no_log", "no_column"}
"""Reasons that hold for every case alike, so that a list of cases would say nothing."""


@dataclass(frozen=True)
class Point:
    """One thing to look at.

    Attributes:
        severity: how heavy the rule is; a line that was left out is critical, for any duty may be breached on it.
        rule: None for a line that was left out.
        lines: what there is to say, the most telling line first; whole and clean.
        file: seen from where the program was started; None where there is none to look at.
        line: physical line; of a workbook that of the sheet; None where the whole file is meant.
        fingerprint: of the finding; for anything else what it is known by within the studio.
    """

    kind: Kind
    studio_id: str
    severity: Severity
    rule: Rule | None
    lines: tuple[str, ...]
    file: str | None
    line: int | None
    fingerprint: str

    @property
    def is_duty(self) -> bool:
        """Whether it is a matter of law, not of advice."""
        return self.severity != "advice"


def points(audit: Audit, words: Words) -> list[Point]:
    """Every point of an audit, the worst first; nothing is cut."""
    teller = _Teller(names(audit), Repository.of(audit), words)
    found = [point for result in audit.results for point in teller.of_result(result)]
    found += [teller.left_out(studio_id, place) for studio_id, place in left_out(audit)]
    return sorted(found, key=lambda p: (not p.is_duty, _KINDS.index(p.kind), SEVERITIES.index(p.severity)))


def left_out(audit: Audit, studio_id: str | None = None) -> Iterator[tuple[str, Unreadable]]:
    """The lines that are no record, each with the id of its studio."""
    return (each for each in audit.unreadable if each[1].column is None and studio_id in (None, each[0]))


def listed_open(result: RuleResult) -> Findings:
    """The cases that could not be judged and are told one by one: none where a whole log or column is missing."""
    return NO_FINDINGS if set(result.reasons) <= _EVERYWHERE else result.undecided


def stays_open(result: RuleResult, listed: Findings = NO_FINDINGS) -> str | None:
    """Whether a rule stays open beyond the cases that are listed anyway; questions for the visit never do.

    Returns:
        `unknown`, `not-checked` or `error`; None where nothing more is open.
    """
    if result.asked:
        return None
    if result.status in ("unknown", "not-checked", "error") and not len(listed):
        return result.status
    beyond = max(result.unknown, sum(result.reasons.values())) > len(listed)
    return "unknown" if beyond else None


def why(result: RuleResult, words: Words) -> str:
    """Why a rule was not judged, or not in every case, with how often."""
    said = [
        words("undecided.reason_times" if n > 1 else "undecided.reason", why=words(f"reasons.{name}"), n=n)
        for name, n in sorted(result.reasons.items())
    ]
    return words.series([*([cause(result, words)] if result.cause else []), *said]) or words("status.unknown")


def whole(text: str) -> str:
    """Clean text that is not cut."""
    return text if text.isascii() and text.isprintable() else clean(text, len(text))


def found_lines(finding: Finding, words: Words) -> tuple[str, ...]:
    """What was found: the message, the arithmetic, the sheet and record, and the waiver."""
    where = finding.where
    sheet = line(where.file, where.sheet, where.line, words) if where.file and where.sheet else ""
    said = [words("pipelines.open", why=why_open(finding, words))] if finding.reason else [finding.message]
    said += [finding.words] if finding.words and finding.words != finding.message else []
    said += [part for part in (sheet, record(where, words)) if part]
    said += [words("place.waiver", waiver=finding.waiver)] if finding.waiver else []
    return tuple(map(whole, said))


def unreadable(place: Unreadable, words: Words) -> str:
    """A line that is no record, or a cell that cannot be read, and why."""
    if place.column is None:
        said = words("pipelines.left_out", reason=place.reason)
    else:
        said = words("pipelines.cell", column=place.column, text=place.text, reason=place.reason)
    return whole(f"{said} ({line(place.file, place.sheet, place.line, words)})" if place.sheet else said)


def totals(audit: Audit, words: Words) -> Iterator[str]:
    """The verdict on each studio with all its denominators, and how many breaches are waived."""
    for studio in audit.studios:
        results = list(audit.of(studio.studio_id))
        lines = [balance_of(tally(results).duties, words)]
        if waived := sum(result.waived for result in results):
            lines.append(words("pipelines.waived", n=waived))
        yield whole(words("pipelines.studio", name=studio.name, said=" ".join(lines)))


def names(audit: Audit) -> Mapping[str, str]:
    """Studio id → its name, where there are several studios; empty where nobody needs to be told whose it is."""
    return {studio.studio_id: studio.name for studio in audit.studios} if len(audit.studios) > 1 else {}


@dataclass(frozen=True)
class _Teller:
    names: Mapping[str, str]
    repository: Repository
    words: Words

    def of_result(self, result: RuleResult) -> Iterator[Point]:
        rule, studio_id = result.rule, result.studio_id
        for finding in result.findings:
            known_by = self.words("place.fingerprint", fingerprint=finding.fingerprint)
            lines = (*self._whose(studio_id, found_lines(finding, self.words)), f"{cited(rule)} · {known_by}")
            kind: Kind = "waived" if finding.waiver else "breach"
            where = finding.where
            path = self._path(studio_id, self.repository.file(studio_id, where))
            yield Point(kind, studio_id, result.severity, rule, lines, path, where.line, finding.fingerprint)
        if status := stays_open(result):
            said = whole(self.words("pipelines.open", why=why(result, self.words)))
            lines = (*self._whose(studio_id, (said,)), cited(rule))
            kind = "broke" if status == "error" else "open"
            file, number = self._first_open(result)
            path = self._path(studio_id, file)
            yield Point(kind, studio_id, result.severity, rule, lines, path, number, f"{rule.id}:{status}")

    def left_out(self, studio_id: str, place: Unreadable) -> Point:
        lines = self._whose(studio_id, (unreadable(place, self.words),))
        known_by = f"{place.file}:{place.sheet}:{place.line}"
        path = self._path(studio_id, place.file)
        return Point("left-out", studio_id, "critical", None, lines, path, place.line, known_by)

    def _first_open(self, result: RuleResult) -> tuple[str | None, int | None]:
        """The place of the first case that could not be judged; its log where a whole column is missing."""
        if not len(result.undecided):
            return self.repository.profiles.get(result.studio_id), None
        where = result.undecided[0].where
        return self.repository.file(result.studio_id, where), where.line if len(listed_open(result)) else None

    def _path(self, studio_id: str, file: str | None) -> str | None:
        return file and self.repository.path(studio_id, file)

    def _whose(self, studio_id: str, lines: tuple[str, ...]) -> tuple[str, ...]:
        if studio_id not in self.names:
            return lines
        return whole(self.words("pipelines.studio", name=self.names[studio_id], said=lines[0])), *lines[1:]


def cited(rule: Rule) -> str:
    """The citation of a rule and its id."""
    return whole(f"{rule.citation.text} · {rule.id}")
