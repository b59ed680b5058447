"""Reports of earlier versions are read by this one: what is kept in an archive for years must stay of use.

`audit-1-first.json` was written before reports said what they were asked, what their logs cover, and why a rule did not
apply; a part of its results is left out.
"""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from smpcompliance.cli import main
from smpcompliance.report.saved import read_saved
from smpcompliance.report.schema import audit_schema

OLD = sorted((Path(__file__).parent / "data" / "reports").glob("*.json"))
SAMPLE = Path(__file__).parents[1] / "sample_logs" / "golden-needle"


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.name)
def test_an_old_report_is_read(file: Path) -> None:
    saved = read_saved(file.read_bytes(), file.name)
    assert saved.report.results and saved.report.asked.select == []


@pytest.mark.parametrize("file", OLD, ids=lambda file: file.name)
def test_an_old_report_can_be_explained_compared_and_be_a_baseline(file: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    results = json.loads(file.read_text("utf-8"))["results"]
    finding = next(finding for result in results for finding in result["findings"])
    explained = run(main, ["explain", finding["fingerprint"], "--in", str(file)])
    assert explained.exit_code == 0 and finding["message"] in " ".join(explained.stdout.split())
    assert run(main, ["diff", str(file), str(file)]).exit_code in (0, 3)
    assert run(main, ["baseline", "create", str(file), "--output", str(tmp_path / "b.json")]).exit_code == 0
    how = ["--as-of", "2026-11-10", "--quiet", "--fail-on", "never", "--allow-incomplete", "--previous", str(file)]
    assert run(main, ["audit", str(SAMPLE), *how, "--baseline", str(tmp_path / "b.json")]).exit_code == 0


def test_the_schema_asks_for_no_less_than_the_first_version_had() -> None:
    """What programs found in the first reports they find in the present ones, under the same names."""
    first = json.loads(OLD[0].read_text("utf-8"))
    schema = audit_schema()
    assert set(first) <= set(schema["required"])
    result = schema["properties"]["results"]["items"]
    assert set(first["results"][0]) <= set(result["required"])
    findings = [finding for result in first["results"] for finding in result["findings"]]
    assert set(findings[0]) <= set(result["properties"]["findings"]["items"]["required"])


@pytest.mark.parametrize("what", ["audit", "rule", "ruleset", "studio", "waivers", "baseline", "diff", "due"])
def test_every_schema_is_valid_and_has_a_version(what: str) -> None:
    schema = json.loads(CliRunner().invoke(main, ["schema", what]).stdout)
    assert schema["$id"] == f"urn:smpcompliance:{what}:1"
    jsonschema.Draft202012Validator.check_schema(schema)
