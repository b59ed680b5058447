"""docs/python.md: its blocks run as they stand, one after the other."""

import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import smpcompliance
from smpcompliance import NothingToRead, SourceError, audit_studios, findings

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "docs" / "python.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "sample_logs" / "golden-needle", tmp_path / "golden-needle")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_block_runs(here: Path) -> None:
    names: dict[str, Any] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), names)
    assert isinstance(names["table"], pd.DataFrame)
    assert names["critical"](), "the sample has critical breaches"
    assert {file.name for file in here.iterdir()} >= {"audit.pdf", "audit.html", "audit.json"}


def test_the_table_holds_every_finding_and_every_duty_left_open(here: Path) -> None:
    audit = audit_studios("golden-needle", as_of="2026-11-10", period="2026-10")
    table = findings(audit)
    assert len(table[table.status == "fail"]) == sum(result.failed for result in audit.results)
    for result in audit.results:
        if result.status in ("unknown", "not-checked", "error"):
            assert len(table[(table.rule == result.rule.id) & (table.status != "fail")]), result.rule.id
    assert str(table.line.dtype) == "Int64"


def test_what_programs_may_use_is_there() -> None:
    assert all(getattr(smpcompliance, name) for name in smpcompliance.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = smpcompliance.nothing


def test_mistakes_are_raised_and_not_printed(here: Path) -> None:
    with pytest.raises(NothingToRead, match="there is no such folder"):
        audit_studios("nowhere", as_of="2026-11-10")
    with pytest.raises(NothingToRead, match="there is no ruleset 'XX'"):
        audit_studios("golden-needle", as_of="2026-11-10", jurisdictions=["XX"])
    with pytest.raises(ValueError, match="matches no rule"):
        audit_studios("golden-needle", as_of="2026-11-10", select=["XX/*"])
    (here / "golden-needle" / "studio.yaml").write_text("jurisdicton: US-CA\n")
    with pytest.raises(SourceError, match="studio.yaml:1:1"):
        audit_studios("golden-needle", as_of="2026-11-10")
