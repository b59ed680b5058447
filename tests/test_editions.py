"""Two editions of one audit: an owner reads first what to do, an inspector reads in the order of the law."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from law import RULE
from sample_audit import sample

from smpcompliance.audit.finding import Audit
from smpcompliance.cli import main
from smpcompliance.report import render
from smpcompliance.report.content import content
from smpcompliance.report.page import Heading, Table, Text, Verdict
from smpcompliance.report.telling import Edition, Telling
from smpcompliance.report.words import load_words

MISSING = "B{n},load,2026-10-{day:02},,pass\n"


def cited(section: str, severity: str = "major") -> str:
    return RULE.format(severity=severity, more="").replace("text: s. 1,", f"text: {section},")


def told(audit: Audit, edition: Edition, **how: bool) -> list[object]:
    return list(content(audit, load_words(), Telling(edition=edition, **how)).blocks)


def headings(blocks: list[object], level: int) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Heading) and block.level == level]


def rules_told(blocks: list[object]) -> list[str]:
    return [
        b.text.rpartition("· ")[2] for b in blocks if isinstance(b, Text) and b.role == "fine" and "US-XX/" in b.text
    ]


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """The same load breaches four rules, whose citations are numbered otherwise than they weigh."""
    return sample(
        tmp_path, loads=MISSING.format(n=1, day=2), a=cited("s. 10"), b=cited("s. 9", "critical"), c=cited("s. 9a"),
        d=cited("s. 2", "advice"),
    )  # fmt: skip


def test_an_owner_reads_the_worst_first_and_an_inspector_as_the_law_is_numbered(audit: Audit) -> None:
    assert rules_told(told(audit, "owner")) == ["US-XX/b", "US-XX/a", "US-XX/c", "US-XX/d"]
    assert rules_told(told(audit, "inspector")) == ["US-XX/d", "US-XX/b", "US-XX/c", "US-XX/a"]


def test_both_editions_give_the_same_verdict_and_the_same_json(audit: Audit) -> None:
    owner, inspector = told(audit, "owner"), told(audit, "inspector")
    assert [b for b in owner if isinstance(b, Verdict)] == [b for b in inspector if isinstance(b, Verdict)]
    assert len({render(audit, "json", Telling(edition=e)) for e in ("owner", "inspector")}) == 1  # type: ignore[arg-type]


def test_the_opening_tells_an_owner_what_to_do_and_an_inspector_what_is_breached(audit: Audit) -> None:
    owner, inspector = headings(told(audit, "owner"), 2), headings(told(audit, "inspector"), 2)
    assert owner[1] == "What to do first" and "What to do first" not in inspector
    assert inspector[1] == "Breached duties in the order of the law"


def test_an_inspector_is_told_how_it_was_judged_and_the_name_of_each_finding(audit: Audit) -> None:
    finding = next(r for r in audit.results if r.status == "fail").findings[0].fingerprint
    for edition, shown in (("owner", False), ("inspector", True)):
        text = render(audit, "text", Telling(edition=edition)).decode()  # type: ignore[arg-type]
        assert (f"finding {finding}" in text) == shown
        assert ("How it was judged." in text) == shown


@pytest.mark.parametrize("edition", ["owner", "inspector"])
def test_long_lists_are_cut_aloud_and_not_cut_where_all_is_wanted(tmp_path: Path, edition: Edition) -> None:
    loads = "".join(MISSING.format(n=n, day=n % 28 + 1) for n in range(250))
    found = sample(tmp_path, loads=loads, a=cited("s. 1"))

    def listed(blocks: list[object]) -> int:
        return max(len(b.rows) for b in blocks if isinstance(b, Table) and b.heads[:2] == ("No.", "What was found"))

    short, whole = told(found, edition), told(found, edition, all_findings=True)
    assert (listed(short), listed(whole)) == (200, 250)
    cut = [b.text for b in short if isinstance(b, Text) and b.text.startswith("The first 200 of 250")]
    assert cut and not any(isinstance(b, Text) and b.text.startswith("The first 200") for b in whole)


def test_a_previous_report_that_is_none_ends_kindly(tmp_path: Path) -> None:
    folder = Path(__file__).parents[1] / "sample_logs" / "fade-and-dot"
    for text in ("", "[]", "{}", '{"schema": "other"}', json.dumps({"results": 1})):
        (tmp_path / "old.json").write_text(text)
        found = CliRunner().invoke(main, ["audit", str(folder), "--previous", str(tmp_path / "old.json"), "--quiet"])
        assert found.exit_code == 2
        assert "old.json:1:1: this is no JSON report of an audit" in found.stderr
