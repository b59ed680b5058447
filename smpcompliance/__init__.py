"""The auditor for tattoo, permanent-cosmetics and scalp-micropigmentation studios.

For other programs: `audit_studios`, `findings`, `render` and the types of what they give, as docs/python.md shows.
They are loaded when they are asked for, so that a light command does not pay for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from smpcompliance.api import audit_studios as audit_studios
    from smpcompliance.api import findings as findings
    from smpcompliance.audit.finding import Audit as Audit
    from smpcompliance.audit.finding import Evidence as Evidence
    from smpcompliance.audit.finding import Finding as Finding
    from smpcompliance.audit.finding import RuleResult as RuleResult
    from smpcompliance.logs.intake.places.refused import NothingToRead as NothingToRead
    from smpcompliance.report import render as render
    from smpcompliance.report.telling import Telling as Telling
    from smpcompliance.yamlio import SourceError as SourceError

_HOME = {
    "audit_studios": "api", "findings": "api", "Audit": "audit.finding", "Evidence": "audit.finding",
    "Finding": "audit.finding", "RuleResult": "audit.finding", "NothingToRead": "logs.intake.places.refused",
    "render": "report", "Telling": "report.telling", "SourceError": "yamlio",
}  # fmt: skip
"""Name → the module it lives in."""

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from smpcompliance.garbage import not_collecting

    with not_collecting():
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
