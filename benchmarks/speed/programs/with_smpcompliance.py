"""smpcompliance from Python: the whole audit, then totals and the first findings of each rule, as the others write.

With `--totals` behind the two paths no finding is put into words.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, FIRST, write

from smpcompliance import audit_studios

SHOWN = CHECKS | {"consent": "consent.signed_at", "lot-known": "lot_number", "lot-expired": "lot_number"}
"""Check → the column in the logs that the sheet of sessions is dealt out to."""

folder, out = Path(sys.argv[1]), sys.argv[2]
shown = 0 if "--totals" in sys.argv else FIRST
ruleset = Path(__file__).parents[1] / "rulesets" / "EIGHT"
audit = audit_studios(folder, as_of="2026-01-31", period="all", rulesets=[ruleset])
total = dict.fromkeys(CHECKS, 0)
first: dict[str, list[tuple[int, str]]] = {check: [] for check in CHECKS}
for result in audit.results:
    check = result.rule.id.removeprefix("EIGHT/")
    total[check] += result.failed
    for finding in result.findings[: shown - len(first[check])]:
        where = finding.where
        first[check].append((where.line, audit.logs.cells(where.log, SHOWN[check]).text(where.row)))
rows = sum(file.rows for file in audit.inputs if file.log == "sessions")
told = sorted({place.line for _, place in audit.unreadable if place.file == "sessions.csv" and place.column is None})
write(out, rows, total, first, unit="ids", told=told)
