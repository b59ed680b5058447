"""Why a rule did not end as met or breached, in the words of a language."""

from smpcompliance.audit.finding import Finding, RuleResult
from smpcompliance.report.words import Words


def cause(result: RuleResult, words: Words) -> str:
    """What settled the status where the records did not; empty where they did."""
    return words(f"causes.{result.cause}", about=", ".join(result.about)) if result.cause else ""


def why_open(finding: Finding, words: Words) -> str:
    """Why one case could not be judged; empty for a failure."""
    return words(f"reasons.{finding.reason}") if finding.reason else ""


def reason(result: RuleResult, words: Words) -> str | None:
    """Why the status is neither pass nor fail, in one line with the number of cases; None where it is one of both."""
    if result.status in ("pass", "fail"):
        return None
    if result.cause:
        return cause(result, words)
    named = sorted(result.reasons.items())
    return ", ".join(words(f"reasons.{name}") + (f" ({words.number(n)})" if n > 1 else "") for name, n in named)
