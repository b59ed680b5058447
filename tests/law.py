"""A small law for tests: rulesets written into a folder, and studios beside it."""

from datetime import date
from pathlib import Path
from typing import Any

from smpcompliance import dates
from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.audit.run import audit
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.rules.ruleset import library, load_rulesets

HEAD = """
name: {name}
authority: the council
instrument: the Act
sources: [{{id: act, title: The Act, kind: statute, read: full}}]
"""

RULE = """
title: Contents are written down
severity: {severity}
citation: {{text: s. 1, source: act}}
basis: text
verified: 2026-01-01
{more}
check:
  kind: record
  log: sterilization_cycles
  where: {{cycle_type: {{enum: [load]}}}}
  require: {{contents: {{required: true}}}}
message: Load {{cycle_id}} has no contents.
remedy: Write down what was in it.
"""


def write(folder: Path, **files: str) -> Path:
    """Writes files; in names `__` is a slash, and names without ending are YAML."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/").replace("_dot_", ".") + ("" if "_dot_" in name else ".yaml"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def law(folder: Path, id: str = "XX", extends: str | None = None, **rules: str) -> Path:
    """Writes a ruleset with these rules; gives the folder of rulesets."""
    head = HEAD.format(name=f"Law of {id}") + (f"extends: {extends}\n" if extends else "")
    write(folder / id, ruleset=head, **rules)
    return folder


def contents_rule(severity: str = "major", more: str = "") -> str:
    """A rule: every load has its contents written down."""
    return RULE.format(severity=severity, more=more)


def audited(
    rulesets: Path,
    *studios: Path,
    ids: tuple[str, ...] = ("XX",),
    period: str = "all",
    as_of: str = "2026-11-21",
    **how: Any,
) -> Audit:
    """Audits studio folders by the law of a folder."""
    found = find_studios(studios)
    reading = read_folders(found)
    return audit(
        load_rulesets(library(rulesets), ids),
        reading.intake,
        (),
        dates.period(period),
        date.fromisoformat(as_of),
        version="test",
        **how,
    )


def result(found: Audit, rule: str, studio: str | None = None) -> RuleResult:
    """The result of one rule."""
    return next(r for r in found.results if r.rule.id == rule and studio in (None, r.studio_id))
