"""Telling it: what is said (content), then one module per format. `FORMATS` is the literal list."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smpcompliance.audit.finding import Audit
    from smpcompliance.report.telling import Telling

FORMATS: dict[str, tuple[str, str]] = {
    "text": ("smpcompliance.report.text", "report"),
    "json": ("smpcompliance.report.json", "json"),
    "pdf": ("smpcompliance.report.pdf", "report"),
    "html": ("smpcompliance.report.html", "report"),
    "csv": ("smpcompliance.report.csv", "report"),
    "jsonl": ("smpcompliance.report.rows", "jsonl"),
    "parquet": ("smpcompliance.report.rows", "parquet"),
    "md": ("smpcompliance.report.markdown", "report"),
    "sarif": ("smpcompliance.report.sarif", "report"),
    "junit": ("smpcompliance.report.junit", "report"),
    "github": ("smpcompliance.report.github", "report"),
    "gitlab": ("smpcompliance.report.gitlab", "report"),
}
"""Format → module and function; a module is imported when its format is asked for (PDF is heavy)."""


def render(audit: "Audit", name: str, telling: "Telling | None" = None) -> bytes:
    """The bytes of a report in one of the `FORMATS`, told as an owner is told who asks for nothing else (`TOLD`)."""
    from smpcompliance.report.telling import TOLD

    module, function = FORMATS[name]
    make: Callable[[Audit, Telling], bytes] = getattr(import_module(module), function)
    return make(audit, telling or TOLD)
