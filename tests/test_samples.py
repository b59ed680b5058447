"""The sample studios: golden reports, the same alone as together, and the same bytes twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from smpcompliance.cli import main

ROOT = Path(__file__).parents[1] / "sample_logs"
SAMPLES = sorted(folder.name for folder in ROOT.iterdir() if (folder / "studio.yaml").is_file())
GOLDEN = ("--as-of", "2026-11-10", "--fail-on", "never", "--allow-incomplete")


def run(*words: object) -> str:
    found = CliRunner().invoke(main, ["audit", *map(str, words)])
    assert found.exit_code in (0, 1, 3), found.output
    return found.stdout


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_gives_its_golden_report(sample: str) -> None:
    expected = (ROOT / sample / "expected.txt").read_text("utf-8")
    assert run(ROOT / sample, *GOLDEN) == expected, "run `make golden` and read the difference"


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_has_breaches_unknowns_and_duties_that_are_met(sample: str) -> None:
    results = json.loads(run(ROOT / sample, *GOLDEN, "--report", "json=-"))["results"]
    assert {"fail", "unknown", "pass", "not-applicable", "not-checked"} <= {result["status"] for result in results}
    assert not [result["rule"] for result in results if result["status"] == "error"]


def test_both_samples_together_give_what_each_gives_alone() -> None:
    together = json.loads(run(ROOT, *GOLDEN, "--report", "json=-"))["results"]
    alone = [r for s in SAMPLES for r in json.loads(run(ROOT / s, *GOLDEN, "--report", "json=-"))["results"]]
    assert together == alone


def test_a_sample_can_be_copied_and_audited(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["init", str(tmp_path / "s"), "--sample", SAMPLES[0]]).exit_code == 0
    assert run(tmp_path / "s", *GOLDEN) == run(ROOT / SAMPLES[0], *GOLDEN)


def test_the_pdf_of_a_sample_is_the_same_twice(tmp_path: Path) -> None:
    for name in ("1", "2"):
        run(ROOT / SAMPLES[0], *GOLDEN, "--quiet", "--report", f"pdf={tmp_path}/{name}.pdf")
    assert (tmp_path / "1.pdf").read_bytes() == (tmp_path / "2.pdf").read_bytes()


def test_an_audit_of_csv_files_does_not_import_pandas() -> None:
    code = (
        "import sys\n"
        "from smpcompliance.cli import main\n"
        f"sys.argv = ['x', 'audit', {str(ROOT / SAMPLES[0])!r}, '--quiet', '--fail-on', 'never', '--allow-incomplete']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert end.code == 0, end.code\n"
        "assert 'pandas' not in sys.modules and 'reportlab' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from smpcompliance.cli import main\n"
        "sys.argv = ['x', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'pyarrow', 'numpy', 'pydantic', 'yaml', 'reportlab'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
