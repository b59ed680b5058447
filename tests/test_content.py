"""What a report says: verdict with denominators, everything that was found or not judged, nothing that is private."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from law import audited, contents_rule, law, write
from sample_audit import ASK, BAD, GOOD, LOADS, sample

from smpcompliance.audit.finding import Audit, Findings
from smpcompliance.report.content import content
from smpcompliance.report.page import Heading, Items, Page, Table, Text, Verdict
from smpcompliance.report.words import Words, load_words


@pytest.fixture(name="found")
def _found(tmp_path: Path) -> Audit:
    return sample(tmp_path)


def told(found: Audit) -> Page:
    return content(found, load_words())


def section(page: Page, title: str) -> list[object]:
    """The blocks below a heading of level 2."""
    at = next(n for n, b in enumerate(page.blocks) if isinstance(b, Heading) and b.text == title)
    rest = page.blocks[at + 1 :]
    end = next((n for n, b in enumerate(rest) if isinstance(b, Heading) and b.level < 3), len(rest))
    return list(rest[:end])


def table(page: Page, title: str) -> Table:
    return next(b for b in section(page, title) if isinstance(b, Table))


def words_of(page: Page) -> str:
    return repr(page.blocks)


def test_the_verdict_is_one_line_with_its_denominator_and_what_it_does_not_speak_of(found: Audit) -> None:
    verdict = next(b for b in told(found).blocks if isinstance(b, Verdict))
    assert verdict.line == "Breached: 1 of 1 duty judged"
    assert verdict.rest[0] == "1 duty could not be judged; 1 only a visit can decide; 1 does not apply."
    assert any(part.startswith("Advice, which is not law: 1 of 1 ") for part in verdict.rest)
    assert "2 cells and lines could not be read." in verdict.rest


def test_every_duty_is_counted_once_and_advice_apart(found: Audit) -> None:
    counts = table(told(found), "The duties in numbers")
    rows = {row[0].text: [int(cell.text) for cell in row[1:]] for row in counts.rows}
    assert all(sum(row[:-1]) == row[-1] for row in rows.values())
    assert rows["All duties"][-1] == 4
    assert rows["○ Advice"] == [1, 0, 0, 0, 0, 1]


def test_a_finding_says_file_line_column_and_record(found: Audit) -> None:
    _, what, where = table(told(found), "Major breaches").rows[0]
    assert what.text == "Load B has no contents."
    assert where.text == "sterilization_cycles.csv, line 3"
    assert where.fine[0] == "column contents · cycle id B"


def test_a_breached_rule_says_citation_totals_remedy_and_what_it_leaves_out(found: Audit) -> None:
    texts = [b for b in section(told(found), "Major breaches") if isinstance(b, Text)]
    assert any(t.text == "s. 1 · US-XX/contents" and t.lead == "◆ Major ·" for t in texts)
    assert "Breached in 1 of 4 cases examined. 2 more could not be judged." in [
        t.text for t in texts if t.role == "total"
    ]
    assert {t.lead: t.text for t in texts}["What to do."] == "Write down what was in it."
    assert {t.lead: t.text for t in texts}["Not looked at."] == "Packs that were bought sterile."


def test_advice_is_never_called_a_breach(found: Audit) -> None:
    said = repr(section(told(found), "Advice not followed"))
    assert "not law" in said and "Not followed in 1 of 4 cases examined." in said
    assert "Breached in" not in said and "What was found" in said


def test_a_law_that_was_not_read_in_its_own_words_is_marked(found: Audit) -> None:
    assert "read in a summary, not in the law itself" in repr(section(told(found), "Questions for the visit"))
    rules = {row[0].fine[0]: row[1] for row in table(told(found), "Every rule and how it stands").rows}
    assert rules["■ Critical · US-XX/other"].fine == ("from an excerpt",)
    assert rules["◆ Major · US-XX/contents"].fine == ()


def test_what_could_not_be_judged_says_why_and_what_would_settle_it(found: Audit) -> None:
    rows = {row[0].text: row for row in table(told(found), "What could not be judged, and why").rows}
    _, why, settle = rows["Every spore test says how it ended"]
    assert why.text == "a log it needs was not handed in"
    assert settle.text == "the log spore tests with result"
    _, why, settle = next(row for row in rows.values() if row[0].text == "Contents are written down")
    assert why.text == "a cell it needs cannot be read (2 times)"
    assert why.fine == ("2 of 4 cases examined",)


def test_a_question_for_the_visit_is_a_box_to_tick(found: Audit) -> None:
    boxes = next(b for b in section(told(found), "Questions for the visit") if isinstance(b, Items))
    assert boxes.kind == "box"
    assert boxes.items[0].title == "Can every floor be washed?"
    assert "s. 9(2)" in boxes.items[0].fine


def test_an_unreadable_cell_is_shown_as_it_was_written(found: Audit) -> None:
    assert "31/31/2026" in words_of(told(found))


def test_files_are_named_with_hash_and_remarks(found: Audit) -> None:
    assert table(told(found), "Files that were read").rows[0][0].fine == (f"SHA-256 {'ab' * 32}", "a remark")


def test_every_rule_stands_in_the_list_of_all_rules(found: Audit) -> None:
    rows = table(told(found), "Every rule and how it stands").rows
    assert len(rows) == len(found.results) == 5
    status = {row[0].fine[0].rpartition("/")[2]: row[2].text for row in rows}
    assert status == {
        "contents": "✕ Breached", "advice": "✕ Not followed", "away": "– Does not apply", "asked": "☐ For the visit",
        "other": "? Not judged",
    }  # fmt: skip


def test_of_many_findings_the_first_200_are_made_and_the_total_is_said(tmp_path: Path) -> None:
    found = sample(tmp_path)
    failed = next(r for r in found.results if r.rule.id == "US-XX/contents")
    made: list[int] = []

    def make(at: int) -> object:
        made.append(at)
        return failed.findings[0]

    many = replace(failed, failed=4812, examined=9000, findings=Findings(4812, make))  # type: ignore[arg-type]
    page = told(replace(found, results=tuple(many if r is failed else r for r in found.results)))
    assert len(table(page, "Major breaches").rows) == 200
    assert max(made) == 199
    assert "The first 200 of 4,812 are listed" in words_of(page)


def test_where_very_many_rules_fail_each_lists_fewer_and_says_so(tmp_path: Path) -> None:
    found = sample(tmp_path, loads=BAD, contents=contents_rule())
    failed = found.results[0]
    rules = [replace(failed, failed=300, findings=Findings(300, lambda _: failed.findings[0])) for _ in range(50)]
    page = told(replace(found, results=tuple(rules)))
    assert {len(b.rows) for b in section(page, "Major breaches") if isinstance(b, Table)} == {100}
    assert "The first 100 of 300 are listed" in words_of(page)


def test_without_a_finding_every_section_says_so(tmp_path: Path) -> None:
    page = told(sample(tmp_path, loads=GOOD, contents=contents_rule()))
    verdict = next(b for b in page.blocks if isinstance(b, Verdict))
    assert verdict.line == "No breach in the one duty judged" and verdict.tone == "good"
    for title in ("Breaches", "What could not be judged, and why", "Cells and lines that could not be read",
                  "Questions for the visit"):  # fmt: skip
        assert [b.text.partition(".")[0] for b in section(page, title) if isinstance(b, Text)] == ["Nothing"]


def test_a_verdict_without_anything_judged_is_no_pass(tmp_path: Path) -> None:
    verdict = next(b for b in told(sample(tmp_path, asked=ASK)).blocks if isinstance(b, Verdict))
    assert verdict.line == "No duty could be judged" and verdict.tone == "open"


def test_what_to_do_first_names_the_worst_at_most_six(tmp_path: Path) -> None:
    rules = {f"r{n}": contents_rule("critical" if n == 7 else "minor") for n in range(8)}
    page = told(sample(tmp_path, loads=BAD, **rules))
    first = next(b for b in section(page, "What to do first") if isinstance(b, Items))
    assert len(first.items) == 6
    assert first.items[0].title.startswith("■ Critical")
    assert "2 more duties are breached; they stand below." in words_of(page)


def test_many_studios_get_a_table_of_all_and_a_part_each(tmp_path: Path) -> None:
    folders = []
    for id, name in (("s1", "Fade & Dot"), ("s2", "Second")):
        profile = f"studio_id: {id}\nname: {name}\njurisdiction: XX\n"
        folders.append(write(tmp_path / id, studio=profile, sterilization_cycles_dot_csv=LOADS + BAD))
    page = told(audited(law(tmp_path / "law", a=contents_rule()), *folders, period="2026-10"))
    parts = [b.text for b in page.blocks if isinstance(b, Heading) and b.level == 1]
    assert parts[1:] == ["Fade & Dot", "Second", "About this report"]
    assert [row[0].text for row in table(page, "The studios at a glance").rows] == ["Fade & Dot", "Second"]
    assert "Breaches in 2 of 2 studios" in words_of(page)


@pytest.mark.parametrize(("place", "paper"), [("US-XX", "letter"), ("CA-XX", "letter"), ("XX", "a4"), ("USX", "a4")])
def test_paper_follows_the_place_of_the_studio(tmp_path: Path, place: str, paper: str) -> None:
    assert told(sample(tmp_path, jurisdiction=place)).paper == paper


def test_headings_never_skip_a_level(found: Audit) -> None:
    levels = [b.level for b in told(found).blocks if isinstance(b, Heading)]
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))


def test_every_row_of_a_table_has_a_cell_for_every_head(found: Audit) -> None:
    for block in told(found).blocks:
        if isinstance(block, Table):
            assert {len(block.heads), len(block.widths)} == {len(block.heads)}
            assert all(len(row) == len(block.heads) for row in block.rows)


def test_the_report_ends_with_what_its_words_mean_and_that_it_is_no_legal_advice(found: Audit) -> None:
    points = next(b for b in section(told(found), "How to read this report") if isinstance(b, Items)).items
    assert points[-1].title == "No legal advice."
    assert all(point.title.endswith(".") and point.text.endswith(".") and not point.fine for point in points)


def test_there_is_no_score_and_no_percentage(found: Audit) -> None:
    assert "%" not in words_of(told(found))


def test_words_fill_names_choose_the_number_and_complain_of_what_is_missing() -> None:
    words = Words("en", {"a": {"b": {"one": "{n} file", "other": "{n} files of {who}"}}})
    assert words("a.b", n=1) == "1 file"
    assert words("a.b", n=4812, who="{n}") == "4,812 files of {n}"
    with pytest.raises(KeyError):
        words("a.b", n=2)
    with pytest.raises(KeyError):
        words("a.c")


def test_content_and_text_load_neither_reportlab_nor_pandas() -> None:
    code = (
        "import sys, smpcompliance.report.content, smpcompliance.report.text\n"
        "assert not {'reportlab', 'pikepdf', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
