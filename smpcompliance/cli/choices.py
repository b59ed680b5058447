"""The words that options take, said once more than in the modules they come from, so that `--help` loads none of those.

`tests/test_startup.py` compares them.
"""

from importlib import resources

SEVERITIES = ("critical", "major", "minor", "advice")
THRESHOLDS = (*SEVERITIES, "never")
REPORTS = ("text", "json", "pdf", "html", "csv", "jsonl", "parquet", "md", "sarif", "junit", "github", "gitlab")
SUMMARIES = ("text", "json", "pdf", "html")
LISTS = ("text", "csv", "json", "ics")
TRACES = ("text", "json", "csv", "pdf", "letters")
EDITIONS = ("owner", "inspector")
EDITION, LANGUAGE, SAMPLE = "owner", "en", 12
SIGNATORIES = ("studio", "inspector")
SCHEMAS = {
    "audit": "smpcompliance.report.schema",
    "rule": "smpcompliance.rules.rule",
    "ruleset": "smpcompliance.rules.ruleset",
    "studio": "smpcompliance.logs.studio",
    "diff": "smpcompliance.report.changes_text",
    "baseline": "smpcompliance.audit.baseline",
    "due": "smpcompliance.report.due.json",
    "waivers": "smpcompliance.audit.waivers",
    "trace": "smpcompliance.report.trace.schema",
    "fleet_summary": "smpcompliance.report.fleet.json",
}
"""What there is a JSON Schema of → the module with the function that makes it, `<what>_schema`."""
LOGS = (
    "premises", "practitioners", "training_records", "documents", "notices", "clients", "consent_forms", "sessions",
    "session_supplies", "supply_lots", "lot_substances", "equipment", "equipment_events", "sterilization_cycles",
    "spore_tests", "cleaning_records", "waste_collections", "incidents",
)  # fmt: skip


def languages() -> list[str]:
    """The languages that a report can speak: a file of templates/report each."""
    folder = resources.files("smpcompliance.templates") / "report"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
