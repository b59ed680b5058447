"""The findings as a table: one row for each breach and for each thing that could not be judged, never cut.

The file is RFC 4180 (commas, CRLF, quotes doubled) in UTF-8 with a byte order mark, for without the mark Excel takes
the file for one in the code page of the machine and spoils every name that is not English; pandas, LibreOffice and
`encoding="utf-8-sig"` skip it.

Nothing in a cell runs as a formula. A text that a spreadsheet would take for one (it begins with `=`, `+`, `-` or `@`,
also in full width, also behind blanks and quotes, and also behind a semicolon, at which some spreadsheets cut) gets an
apostrophe in front, which is not part of what the studio wrote; `plain` takes it off. Numbers, also negative ones, are
no formulas and stay as they are. Hidden characters are written by number (`[U+202E]`), line ends and tabs are blanks.

A rule that was not judged and names no record has one row without a file, and so has what a rule left open beyond the
records it names; nobody who reads only this table can take it for met. What is met or does not apply has no row. The
message of a rule says what a breach is, so a row of something not judged has a reason in its place. Cells that no rule
asked for and that could not be read stand in the other reports.
"""

import csv
import io
import re
from collections.abc import Iterator

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.patterns import pattern
from smpcompliance.report.reasons import cause, why_open
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.untrusted import clean
from smpcompliance.report.words import Words, load_words

COLUMNS = (
    "studio_id", "rule", "title", "severity", "status", "citation", "basis", "message", "file", "sheet", "line",
    "column", "log", "record", "facts", "reason", "fingerprint", "waiver", "remedy",
)  # fmt: skip
"""`status` is fail, or what there is instead of a verdict: unknown, not-checked or error; `record` and `facts` are
`name=value; …`."""

_OPEN = ("unknown", "not-checked", "error")
_NUMBER = pattern(r"[+-]?\d+(\.\d+)?")
_QUOTES = "\"'`´‘’‚“”„«»‹›"
_STEERS = "=+@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212-"
_FORMULA = pattern(rf"(^|;)(?=[\s{_QUOTES}]*[{_STEERS}])")
_GUARDED = pattern(rf"(^|;)'(?=[\s{_QUOTES}]*[{_STEERS}])")

Row = tuple[str, ...]


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The CSV report of an audit; `telling` chooses only the language of the reasons."""
    words = load_words(telling.language)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for result in audit.results:
        writer.writerows(_rows(result, words))
    return out.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula, with nothing hidden in it, whole."""
    text = clean(text, len(text))
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(_with_apostrophe, text)


def _with_apostrophe(found: re.Match[str]) -> str:
    return f"{found[0]}'"


def plain(cell: str) -> str:
    """The text of a cell without the apostrophes that `guarded` put there."""
    return _GUARDED.sub(r"\1", cell)


def _rows(result: RuleResult, words: Words) -> Iterator[Row]:
    rule = result.rule
    before = tuple(map(guarded, (result.studio_id, rule.id, rule.title, result.severity)))
    cited = tuple(map(guarded, (rule.citation.text, rule.basis)))
    remedy = guarded(rule.remedy)
    for finding in result.findings:
        yield (*before, "fail", *cited, *_found(finding, words), remedy)
    for finding in result.undecided:
        yield (*before, "unknown", *cited, *_found(finding, words), remedy)
    if rest := _left_open(result, words):
        status = result.status if result.status in _OPEN else "unknown"
        blank = ("",) * 7
        yield (*before, status, *cited, "", *blank, guarded(rest), "", "", remedy)


def _left_open(result: RuleResult, words: Words) -> str:
    """Why a rule stays open beyond the records that it names; empty where it does not."""
    why = words.series(
        words("undecided.reason_times" if n > 1 else "undecided.reason", why=words(f"reasons.{name}"), n=n)
        for name, n in result.reasons.items()
    )
    beyond = max(result.unknown, sum(result.reasons.values())) > len(result.undecided)
    silent = result.status in _OPEN and not len(result.undecided)
    return (cause(result, words) or why or words("status.unknown")) if beyond or silent else ""


def _found(finding: Finding, words: Words) -> Row:
    """From `message` to `waiver`."""
    where = finding.where
    texts = (
        "" if finding.reason else finding.message,
        where.file or "",
        where.sheet,
        "" if where.line is None else str(where.line),
        where.column or "",
        where.log,
        _pairs(where.record),
        _pairs(finding.facts),
        why_open(finding, words),
        finding.fingerprint,
        finding.waiver or "",
    )
    return tuple(map(guarded, texts))


def _pairs(values: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in values.items())
