"""Audits for the tests of machine formats: read from disc like those of a user, with files, hashes, waivers and places."""

from datetime import date
from pathlib import Path

from law import contents_rule, law, write
from sample_audit import ASK, GOOD, LOADS, OTHER_LOG

from smpcompliance import dates
from smpcompliance.api import hand_in
from smpcompliance.audit.finding import Audit
from smpcompliance.audit.run import audit
from smpcompliance.audit.waive import waived
from smpcompliance.rules.ruleset import Law, library

BAD = "B,load,2026-10-02T09:00,,pass\n"
UNREAD = "C,load,2026-10-03T09:00,,31/31\n"
TORN = "D,load,2026-10-04T09:00,Jane Roe,pass,too,many\n"
WAIVER = (
    "waivers:\n  - {rule: %s, record: B, reason: paper log kept, approved_by: the owner, until: 2026-12-31}\n"
    "  - {rule: %s, record: Z, reason: nothing, approved_by: the owner, until: 2026-12-31}\n"
)


def rules(**more: str) -> dict[str, str]:
    """A rule of each kind of ending: breached, advice, minor, for the visit, not checked, not in force, met."""
    return {
        "contents": contents_rule("critical", more="leaves_out: Packs bought *sterile* [see](https://example.org)."),
        "advice": contents_rule("advice"),
        "asked": ASK,
        "away": contents_rule(more="in_force: {until: 2001-01-01}"),
        "met": contents_rule().replace("contents: {required", "cycle_id: {required"),
        "minor": contents_rule("minor"),
        "other": OTHER_LOG,
        **more,
    }


def studio(folder: Path, loads: str = GOOD + BAD, name: str = "Fade & Dot", **files: str) -> Path:
    """Writes a studio of the jurisdiction XX; its id is the name of its folder."""
    profile = f'studio_id: {folder.name}\nname: "{name}"\njurisdiction: XX\n'
    return write(folder, **{"studio": profile, "sterilization_cycles_dot_csv": LOADS + loads, **files})


def audited(shelf: Path, *studios: Path, period: str = "2026-10") -> Audit:
    """Audits studios as `smpcompliance audit` does, waivers in their folders included."""
    handed = hand_in(studios, (), (), Law(library(shelf), ()), lambda _: None)
    day = date(2026, 11, 10)
    found = audit(handed.rulesets, handed.reading.intake, handed.inputs, dates.period(period), day, version="1.2.3")
    return waived(found, handed.waivers)


def shelf(folder: Path, **more: str) -> Path:
    """Writes the law of XX with `rules`."""
    return law(folder, **rules(**more))
