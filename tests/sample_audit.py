"""A small audit for the tests of reports: four loads of one steriliser, judged by a law of six rules."""

from dataclasses import replace
from pathlib import Path

from law import audited, contents_rule, law, write

from smpcompliance.audit.finding import Audit, Input

ASK = """
title: Floors can be washed
severity: minor
citation: {text: s. 9(2), source: act}
basis: secondary
verified: 2026-01-01
check: {kind: attest, ask: Can every floor be washed?}
message: Ask whether every floor can be washed.
remedy: Look under the chairs, too.
"""

LOADS = "cycle_id,cycle_type,started_at,contents,result\n"
GOOD = "A,load,2026-10-01T09:00,forceps,pass\n"
BAD = "B,load,2026-10-02T09:00,,pass\n"
TORN = "C,load,31/31/2026,,pass\nD,load,2026-10-04T09:00,Jane Roe,pass,too,many\n"

OTHER_LOG = """
title: Every spore test says how it ended
severity: critical
citation: {text: s. 3, source: act}
basis: excerpt
verified: 2026-01-01
check: {kind: record, log: spore_tests, require: {result: {required: true}}}
message: Spore test {spore_test_id} has no result.
"""


def sample(
    folder: Path, loads: str = GOOD + BAD + TORN, name: str = "Fade & Dot", jurisdiction: str = "US-XX", **rules: str
) -> Audit:
    """Audits one studio; without `rules` by all kinds of rule: breached, advice, for the visit, not checked, away."""
    chosen = rules or {
        "contents": contents_rule(more="leaves_out: Packs that were bought sterile."),
        "advice": contents_rule("advice"),
        "away": contents_rule(more="in_force: {until: 2001-01-01}"),
        "asked": ASK,
        "other": OTHER_LOG,
    }
    profile = f'studio_id: s1\nname: "{name}"\njurisdiction: {jurisdiction}\n'
    place = write(folder / "studio", studio=profile, sterilization_cycles_dot_csv=LOADS + loads)
    found = audited(law(folder / "law", jurisdiction, **chosen), place, ids=(jurisdiction,), period="2026-10")
    source = Input(
        "s1", "sterilization_cycles.csv", "sterilization_cycles", "ab" * 32, loads.count("\n"), ("a remark",)
    )
    return replace(found, inputs=(source,))
