"""The report for a pull request or an issue: GitHub's Markdown, short, below the length that a comment may have.

What people outside the program wrote can neither mark up, mention, link nor break a line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.patterns import pattern
from smpcompliance.report.page import Verdict
from smpcompliance.report.reasons import cause
from smpcompliance.report.sections.breaches import none_found
from smpcompliance.report.sections.opening import opening, said_day, said_period, total, verdict_on_all
from smpcompliance.report.sections.places import place
from smpcompliance.report.sections.undecided import none_open
from smpcompliance.report.tally import standing, tally, worst_first
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words, load_words
from smpcompliance.trace.of_audit import tracing
from smpcompliance.trace.recalls import MATCHES, Match

LONGEST = 65_000
"""Characters; GitHub takes no comment of more than 65,536."""

_SHORTEST = 24
"""Characters that the line of a finding takes at the least; what cannot fit need not be tried."""


@dataclass(frozen=True)
class _Room:
    """How much is listed: studios and breached duties, duties not judged, findings of each, characters of a text."""

    rows: int
    open: int
    findings: int
    text: int = 400


_ROOMS = (
    *(_Room(400, 10, n) for n in (20, 10, 5, 2, 0)),
    *(_Room(n, 10, 0) for n in (200, 100, 50, 20)),
    _Room(5, 2, 0, 100),
)


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The Markdown report of an audit, UTF-8; where it would be too long it lists less and says how much."""
    words = load_words(telling.language)
    listed = [
        len(result.findings) for result in audit.results if result.status == "fail" and result.severity != "advice"
    ]
    rooms = (room for room in _ROOMS if sum(min(n, room.findings) for n in listed) * _SHORTEST <= LONGEST)
    said = (_Report(audit, telling, words, room).text() for room in rooms)
    return next((text for text in said if len(text) <= LONGEST), _headline_alone(audit, words)).encode()


_MARKS = pattern(r"[\\`*_{}\[\]<>|~&#$]")
_BEGINS = pattern(r"^(\d*)([-+=.)])")
_LINKS = pattern(r"@(?=\w)|\\#(?=\d)|\bGH-(?=\d)|:(?=//)|:(?=[\w+\\-]+:)|\bwww(?=\.)|\\\$", re.IGNORECASE)
_APART = "<span></span>"
"""Parts a word for GitHub, which then neither mentions nor links it, and shows nothing."""


def shown(text: str, limit: int = 400) -> str:
    """Text that GitHub shows as it reads: no markup, no mention, no link, no picture, on one line."""
    text = _MARKS.sub(r"\\\g<0>", clean(text, limit).strip())
    text = _BEGINS.sub(r"\1\\\2", text)
    return _LINKS.sub(lambda found: "<span>$</span>" if found[0] == r"\$" else found[0] + _APART, text)


@dataclass(frozen=True)
class _Report:
    audit: Audit
    telling: Telling
    words: Words
    room: _Room

    def text(self) -> str:
        """The whole report."""
        audit, words = self.audit, self.words
        duties = [r for r in audit.results if r.severity != "advice"]
        failed = worst_first(r for r in duties if r.status == "fail")
        waiting = worst_first(r for r in duties if standing(r) in ("open", "error"))
        parts = (
            self._opening(), self._studios(), self._breached(failed), self._recalled(), self._open(waiting),
            self._findings(failed),
        )  # fmt: skip
        everything = f"<sub>{self._shown(words('html.pull_request.everything', version=audit.version))}</sub>"
        return "\n\n".join((*("\n".join(lines) for part in parts if (lines := list(part))), everything)) + "\n"

    def _shown(self, text: str) -> str:
        return shown(text, self.room.text)

    @property
    def _several(self) -> bool:
        return len(self.audit.studios) != 1

    def _opening(self) -> Iterator[str]:
        audit, words = self.audit, self.words
        verdict = _verdict(audit, self.telling, words)
        yield f"## {self._shown(_title(audit, words))}"
        yield ""
        yield f"**{self._shown(verdict.line)}**"
        for line in verdict.rest:
            yield ""
            yield self._shown(line)
        yield ""
        as_of = words("labels.made", day=said_day(audit.as_of, words))
        yield self._shown(f"{said_period(audit.period, words)} · {as_of}")

    def _recalled(self) -> Iterator[str]:
        """How many recalls the records agree with; each counts once, as strongly as in any studio."""
        words, best = self.words, dict[str, Match]()
        every = [each for part in tracing(self.audit).of.values() for each in part.recalled]
        for match in reversed(MATCHES):
            best |= {each.recall.id: match for each in every if each.match == match}
        if best:
            counts = {match: sum(each == match for each in best.values()) for match in MATCHES}
            yield f"### {self._shown(words('recalls.title'))}"
            yield ""
            yield self._shown(words("recalls.matched", n=len(best), **counts))
            yield self._shown(words("recalls.next"))

    def _studios(self) -> Iterator[str]:
        if not self._several:
            return
        words = self.words
        places = ("fail", "open", "visit", "pass", "away")
        yield f"### {self._shown(words('fleet.title'))}"
        yield ""
        yield from self._heads([words(f"fleet.heads.{name}") for name in ("studio", *places, "total")], 1)
        for studio in self.audit.studios[: self.room.rows]:
            counts = tally(self.audit.of(studio.studio_id)).duties
            numbers = [words.number(n) for n in (*(counts[name] for name in places), sum(counts.values()))]  # type: ignore[index]
            yield self._row([f"{self._shown(studio.name)} <sub>{self._shown(studio.studio_id)}</sub>", *numbers])
        yield from self._cut(len(self.audit.studios), self.room.rows)

    def _breached(self, failed: Sequence[RuleResult]) -> Iterator[str]:
        words = self.words
        yield f"### {self._shown(words('breaches.title'))}"
        yield ""
        if not failed:
            yield self._shown(words(f"breaches.{none_found(self.audit.results)}"))
            return
        names = ("severity", "rule", "citation", "first", "count")
        heads = [words(f"html.pull_request.heads.{name}") for name in names]
        yield from self._heads([*([words("fleet.heads.studio")] if self._several else []), *heads], 4 + self._several)
        for result in failed[: self.room.rows]:
            first = place(result.findings[0].where, words) if len(result.findings) else "–"
            of = f" / {words.number(result.examined)}" if result.examined >= result.failed else ""
            yield self._row(
                [
                    *([self._shown(result.studio_id)] if self._several else []),
                    self._shown(words(f"severity.{result.severity}")),
                    f"{self._shown(result.rule.title)} <sub>{self._shown(result.rule.id)}</sub>",
                    self._shown(result.rule.citation.text),
                    self._shown(first),
                    f"{words.number(result.failed)}{of}",
                ]
            )
        yield from self._cut(len(failed), self.room.rows)

    def _open(self, waiting: Sequence[RuleResult]) -> Iterator[str]:
        words = self.words
        yield f"### {self._shown(words('undecided.title'))}"
        yield ""
        if not waiting:
            yield self._shown(words(f"undecided.{none_open(self.audit.results)}"))
            return
        yield self._shown(words("verdict.open", n=len(waiting))) + "."
        yield ""
        for result in waiting[: self.room.open]:
            whose = f"{self._shown(result.studio_id)}: " if self._several else ""
            about = f"{self._shown(_cited(result, words))}: {self._shown(_why(result, words))}"
            yield f"- {whose}**{self._shown(result.rule.title)}** {about}"
        yield from self._cut(len(waiting), self.room.open)

    def _findings(self, failed: Sequence[RuleResult]) -> Iterator[str]:
        words, room = self.words, self.room
        if not failed:
            return
        n = sum(len(result.findings) for result in failed)
        if not room.findings:
            yield self._shown(words("html.pull_request.not_listed", n=n))
            return
        yield f"<details><summary>{self._shown(words('html.pull_request.findings', n=n))}</summary>"
        for result in failed:
            whose = f"{result.studio_id}: " if self._several else ""
            yield ""
            yield f"#### {self._shown(whose + result.rule.title)}"
            yield ""
            yield self._shown(f"{_cited(result, words)} · {total(result, words)}")
            yield ""
            for finding in islice(result.findings, room.findings):
                yield f"- {self._shown(finding.message)} <sub>{self._shown(place(finding.where, words))}</sub>"
            yield from self._cut(len(result.findings), room.findings)
        yield ""
        yield "</details>"

    def _heads(self, heads: Sequence[str], first_number: int) -> Iterator[str]:
        yield self._row([self._shown(head) for head in heads])
        yield self._row(["--:" if n >= first_number else "---" for n in range(len(heads))])

    def _row(self, cells: Sequence[str]) -> str:
        return f"| {' | '.join(cells)} |"

    def _cut(self, n: int, listed: int) -> Iterator[str]:
        if n > listed:
            yield ""
            yield self._shown(self.words("html.pull_request.cut", shown=listed, n=n))


def _title(audit: Audit, words: Words) -> str:
    if len(audit.studios) == 1:
        return words("document.title", studio=audit.studios[0].name)
    return words("document.title_many", n=len(audit.studios))


def _verdict(audit: Audit, telling: Telling, words: Words) -> Verdict:
    """That of the one studio, as its report says it, or that of all of them."""
    if len(audit.studios) == 1:
        blocks = opening(audit, audit.studios[0], telling, words)
        return next(block for block in blocks if isinstance(block, Verdict))
    return verdict_on_all(audit, words)


def _headline_alone(audit: Audit, words: Words) -> str:
    lines = (
        _title(audit, words),
        _verdict(audit, TOLD, words).line,
        words("html.pull_request.everything", version=audit.version),
    )
    return "\n\n".join(shown(line, 200) for line in lines) + "\n"


def _cited(result: RuleResult, words: Words) -> str:
    return f"({words(f'severity.{result.severity}')}, {result.rule.citation.text}, {result.rule.id})"


def _why(result: RuleResult, words: Words) -> str:
    named = words.series(words(f"reasons.{name}") for name in result.reasons)
    return named or cause(result, words) or words(f"status.{result.status}")
