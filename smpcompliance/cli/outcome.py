"""Exit codes: what an audit means to a shell."""

from typing import TYPE_CHECKING

from smpcompliance.cli.choices import SEVERITIES

if TYPE_CHECKING:
    from smpcompliance.audit.finding import Audit


def at_threshold(fail_on: str) -> tuple[str, ...]:
    """The severities that give exit code 1; none under `never`."""
    return () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]


def duties(fail_on: str) -> tuple[str, ...]:
    """The severities of which something open gives exit code 3: advice is no duty, unless it is the threshold."""
    return SEVERITIES if fail_on == "advice" else SEVERITIES[:-1]


def exit_code(audit: "Audit", fail_on: str, allow_incomplete: bool) -> int:
    """0 nothing at the threshold · 1 findings at or above it · 3 duties that could not be judged · 4 a check broke.

    Advice is no duty: that it could not be judged counts only under `--fail-on advice`. A line that was left out, being
    no record, may be the one that breaches a duty: no duty is judged on it. Breaches that are waived, or known from a
    baseline, do not count; what could not be judged beside them does.
    """
    if any(result.status == "error" for result in audit.results):
        return 4
    heavy = at_threshold(fail_on)
    if any(result.failed > result.waived and result.severity in heavy for result in audit.results):
        return 1
    open_ = any(
        (result.status in ("unknown", "not-checked") or result.unknown)
        and not result.asked
        and result.severity in duties(fail_on)
        for result in audit.results
    )
    left_out = any(place.column is None for _, place in audit.unreadable)
    return 3 if (open_ or left_out) and not allow_incomplete else 0
