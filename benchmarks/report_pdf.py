"""How long a PDF report takes and how much memory: 20,000 findings, the first of each rule listed or all of them.

    python benchmarks/report_pdf.py                 every case, each in a process of its own
    python benchmarks/report_pdf.py CASE [--profile]

The cases: `one-rule` (20,000 records break one rule; the first are listed), `many-rules` (100 rules of 200 findings
each), `all-listed` and `all-listed-of-many` (the same with every finding listed). Measured is everything from the audit
to the bytes: content, pages, tree, JSON inside; not reading and judging. Promised: 3 s for two, 6 s and 500 MB
for the others, on two cores.
"""

import cProfile
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pikepdf

from smpcompliance import dates
from smpcompliance.audit.finding import Audit
from smpcompliance.audit.run import audit
from smpcompliance.logs.intake.folder import find_studios, read_folders
from smpcompliance.report import pdf
from smpcompliance.report.telling import Telling
from smpcompliance.rules.ruleset import library, load_rulesets

HEAD = """
name: Law of the benchmark
authority: the council
instrument: the Act
sources: [{id: act, title: The Act, kind: statute, read: full}]
"""
RULE = """
title: Contents are written down, rule {n}
severity: {severity}
citation: {{text: "s. {n}", source: act}}
basis: text
verified: 2026-01-01
check:
  kind: record
  log: sterilization_cycles
  where: {{equipment_id: {{enum: [{machine}]}}}}
  require: {{contents: {{required: true}}}}
message: Load {{cycle_id}} of {{started_at}} has no contents written down, so nobody can say what was sterilised in it.
remedy: Write down what was in it.
"""
SEVERITIES = ("critical", "major", "minor")
RECORDS = 20_000
CASES = {"one-rule": (1, False), "many-rules": (100, False), "all-listed": (1, True), "all-listed-of-many": (100, True)}
"""Name → how many rules, and whether every finding is listed."""


def studio(rules: int, folder: Path) -> Audit:
    """The audit of a studio whose 20,000 loads lack their contents; each of the rules judges its part of them."""
    law, logs = folder / "law" / "XX", folder / "studio"
    law.mkdir(parents=True)
    logs.mkdir()
    (law / "ruleset.yaml").write_text(HEAD, "utf-8")
    for n in range(1, rules + 1):
        (law / f"rule-{n}.yaml").write_text(RULE.format(n=n, severity=SEVERITIES[n % 3], machine=f"M{n}"), "utf-8")
    (logs / "studio.yaml").write_text("studio_id: s1\nname: The Long Year\njurisdiction: XX\n", "utf-8")
    first = datetime(2025, 1, 1, 9)
    rows = "".join(
        f"C-{n:05},load,M{n % rules + 1},{first + timedelta(minutes=20 * n):%Y-%m-%dT%H:%M},,pass\n"
        for n in range(RECORDS)
    )
    head = "cycle_id,cycle_type,equipment_id,started_at,contents,result\n"
    (logs / "sterilization_cycles.csv").write_text(head + rows, "utf-8")
    reading = read_folders(find_studios([logs]))
    rulesets = load_rulesets(library(folder / "law"), ("XX",))
    return audit(rulesets, reading.intake, (), dates.period("all"), date(2026, 11, 21), version="benchmark")


def measure(case: str, profiled: bool) -> None:
    """Prints seconds, peak memory, pages and bytes of one case."""
    rules, every = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        found = studio(rules, Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        profile = cProfile.Profile()
        began, worked = time.perf_counter(), time.process_time()
        if profiled:
            profile.enable()
        data = pdf.report(found, Telling(all_findings=every))
        profile.disable()
        took, worked = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = len(pikepdf.open(BytesIO(data)).pages)
    times, size = f"{took:6.2f} s ({worked:.2f} s of one core)", f"{pages:5} pages {len(data):10,} bytes"
    print(f"{case:20} {times} {peak:6.0f} MiB (before: {before:.0f}) {size}", flush=True)
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def main() -> None:
    if len(sys.argv) > 1:
        measure(sys.argv[1], "--profile" in sys.argv)
    else:
        for case in CASES:
            subprocess.run([sys.executable, __file__, case], check=True)


if __name__ == "__main__":
    main()
