"""frictionless: two resources, a schema with a primary and a foreign key, row constraints; it cannot say "expired"."""

import sys
from pathlib import Path

from frictionless import Checklist, Detector, Package, Resource, Schema, checks

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
MOMENT = {"type": "datetime", "format": "%Y-%m-%d %H:%M"}
sessions = Schema.from_descriptor(
    {
        "fields": [
            {"name": "studio_id", "type": "string"},
            {"name": "session_id", "type": "string"},
            {"name": "practitioner_id", "type": "string", "constraints": {"required": True}},
            {"name": "client_id", "type": "string", "constraints": {"pattern": CLIENT}},
            {"name": "procedure", "type": "string", "constraints": {"enum": list(PROCEDURES)}},
            {"name": "receipt_number", "type": "string"},
            {"name": "started_at"} | MOMENT,
            {"name": "ended_at"} | MOMENT,
            {"name": "consent_signed_at"} | MOMENT,
            {"name": "needle_lot_number", "type": "string"},
            {"name": "station", "type": "string"},
        ],
        "primaryKey": ["studio_id", "receipt_number"],
        "foreignKeys": [
            {
                "fields": ["studio_id", "needle_lot_number"],
                "reference": {"resource": "supply_lots", "fields": ["studio_id", "lot_number"]},
            }
        ],
    }
)
ENDS, CONSENT = "ended_at >= started_at", "consent_signed_at <= started_at"
package = Package(
    basepath=str(folder),
    resources=[
        Resource(name="sessions", path="sessions.csv", schema=sessions),
        Resource(name="supply_lots", path="supply_lots.csv", detector=Detector(field_type="string")),
    ],
)
checklist = Checklist(checks=[checks.row_constraint(formula=ENDS), checks.row_constraint(formula=CONSENT)])
report = package.validate(checklist, limit_errors=10**9)
found: dict[str, list[tuple[int, str]]] = {check: [] for check in CHECKS if check != "lot-expired"}
told = []
task = next(task for task in report.tasks if task.name == "sessions")
for error in task.errors:
    cells = dict(zip(sessions.field_names, getattr(error, "cells", []), strict=False))
    note = error.note
    match error.type:
        case "primary-key":
            check = "unique"
        case "foreign-key":
            check = "lot-known"
        case "row-constraint":
            check = "end" if ENDS in note else "consent"
        case "constraint-error":
            check = {"practitioner_id": "required", "client_id": "pattern", "procedure": "allowed"}[error.field_name]
        case _:
            told.append(getattr(error, "row_number", 0))
            continue
    found[check].append((error.row_number, cells.get(CHECKS[check], "")))
write(
    out,
    task.stats["rows"],
    {check: len(each) for check, each in found.items()},
    {check: each[:FIRST] for check, each in found.items()},
    unit="repeats",
    told=sorted(set(told)),
)
