"""What people read, examined: nothing empty looks fine, numbers agree, and every sentence counts what it says."""

from dataclasses import replace
from pathlib import Path

import pytest
from law import audited, contents_rule, law, write
from sample_audit import BAD, GOOD, LOADS, OTHER_LOG, sample

from smpcompliance.audit.finding import Audit
from smpcompliance.report.content import content
from smpcompliance.report.markdown import report as markdown
from smpcompliance.report.page import Facts, Figure, Heading, Items, Page, Table, Text, Verdict
from smpcompliance.report.pdf.tables import Row, rows
from smpcompliance.report.sections.due_next import upcoming
from smpcompliance.report.sections.opening import total
from smpcompliance.report.telling import TOLD, Edition
from smpcompliance.report.words import load_words

EDITIONS: tuple[Edition, ...] = ("owner", "inspector")


def told(found: Audit, edition: Edition = "owner", language: str = "en") -> Page:
    return content(found, load_words(language), replace(TOLD, edition=edition, language=language))


def verdicts(page: Page) -> list[Verdict]:
    return [block for block in page.blocks if isinstance(block, Verdict)]


def texts(page: Page) -> list[str]:
    return [block.text for block in page.blocks if isinstance(block, Text)]


def studio(folder: Path, id: str, loads: str, more: str = "") -> Path:
    profile = f"studio_id: {id}\nname: {id.upper()}\njurisdiction: XX\n{more}"
    return write(folder / id, studio=profile, sterilization_cycles_dot_csv=LOADS + loads)


@pytest.fixture(name="empty")
def _empty(tmp_path: Path) -> Audit:
    """A studio whose only log has heads and no record."""
    rules = law(tmp_path / "law", contents=contents_rule())
    return audited(rules, studio(tmp_path, "s1", ""), ids=("XX",), period="2026-10")


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_studio_without_a_record_is_never_told_as_fine(empty: Audit, edition: Edition) -> None:
    page = told(empty, edition)
    said = " ".join(texts(page))
    for praise in ("Nothing is breached", "Every duty that applies", "No record breaches", "0 rules could not"):
        assert praise not in said
    assert verdicts(page)[0].tone == "open"
    assert any("Handed in without a single record: sterilization cycles" in line for line in verdicts(page)[0].rest)


def test_markdown_does_not_praise_an_empty_studio_either(empty: Audit) -> None:
    said = markdown(empty, TOLD).decode()
    assert "Every duty that applies" not in said and "No record breaches" not in said
    assert said.count("That is no pass.") == 2


def test_studios_of_which_one_was_not_judged_do_not_get_a_green_verdict(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", contents=contents_rule())
    both = audited(rules, studio(tmp_path, "s1", GOOD), studio(tmp_path, "s2", ""), ids=("XX",), period="2026-10")
    first = verdicts(told(both))[0]
    assert first.line == "Breaches in 0 of 2 studios"
    assert first.tone == "open"
    assert "In 1 studio no duty was judged; that is no pass." in first.rest
    assert "In 1 studio no duty was judged; that is no pass." in markdown(both, TOLD).decode()


def test_studios_with_open_duties_do_not_get_a_green_verdict(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", contents=contents_rule(), other=OTHER_LOG)
    both = audited(rules, studio(tmp_path, "s1", GOOD), studio(tmp_path, "s2", GOOD), ids=("XX",), period="2026-10")
    first = verdicts(told(both))[0]
    assert first.tone == "open"
    assert "What could not be judged may still be breached; no evidence is not a pass." in first.rest


def test_studios_that_kept_every_duty_do(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", contents=contents_rule())
    both = audited(rules, studio(tmp_path, "s1", GOOD), studio(tmp_path, "s2", GOOD), ids=("XX",), period="2026-10")
    assert verdicts(told(both))[0].tone == "good"


def test_a_log_that_is_missing_is_asked_for_on_the_first_page_beside_breaches(tmp_path: Path) -> None:
    page = told(sample(tmp_path))
    first = next(block for block in page.blocks if isinstance(block, Items) and block.kind == "number")
    assert [item.title for item in first.items][-1] == "Hand in what is missing"
    assert "spore tests" in first.items[-1].text


def test_the_authority_is_that_of_the_place_not_of_an_overlay(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", contents=contents_rule())
    law(tmp_path / "law", "PRO", more=contents_rule("advice"))
    head = tmp_path / "law" / "PRO" / "ruleset.yaml"
    head.write_text(head.read_text().replace("the council", "nobody"))
    found = audited(rules, studio(tmp_path, "s1", GOOD, "overlays: [PRO]\n"), ids=("XX", "PRO"), period="2026-10")
    facts = next(block for block in told(found).blocks if isinstance(block, Facts))
    assert dict(facts.pairs)["Authority"] == "the council"


def test_an_empty_log_of_tests_is_named_under_the_pictures_that_show_loads(tmp_path: Path) -> None:
    place = studio(tmp_path, "s1", GOOD)
    write(place, spore_tests_dot_csv="spore_test_id,equipment_id,tested_at,result\n")
    write(place, sterilization_cycles_dot_csv="cycle_id,equipment_id,cycle_type,started_at,contents,result\n"
          "A,E1,load,2026-10-01T09:00,forceps,pass\n")  # fmt: skip
    found = audited(law(tmp_path / "law", contents=contents_rule()), place, ids=("XX",), period="2026-10")
    notes = [text for text in texts(told(found)) if "Handed in without a single record: the spore tests." in text]
    assert len(notes) == 2


def test_topics_that_nobody_could_judge_stand_in_the_picture_and_rules_judged_in_part_are_counted(
    tmp_path: Path,
) -> None:
    result = OTHER_LOG.replace("{result: {required: true}}", "{equipment_id: {enum: [E1]}}")
    place = studio(tmp_path, "s1", "A,load,2026-10-01T09:00,,pass\n")
    write(place, spore_tests_dot_csv="spore_test_id,equipment_id,tested_at,result\nT1,,2026-10-02,pass\n")
    rules = law(tmp_path / "law", contents=contents_rule(), other=result)
    found = audited(rules, place, ids=("XX",), period="2026-10")
    assert sum(each.unknown for each in found.results) == 1
    figure = next(b for b in told(found).blocks if isinstance(b, Figure) and b.title == "Findings by topic")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in figure.table.rows}
    assert rows["Spore tests"] == ["0", "0", "0", "0", "0", "1"]
    assert rows["Sterilising"][1] == "1"
    assert "Spore tests" not in figure.alt


def test_what_changed_counts_rules_for_it_counts_advice_too() -> None:
    for language, word in (("en", "duties"), ("fr", "obligation")):
        words = load_words(language)
        said = words("changes.balance", new="0", now="0", fixed="0", before="0", duties="0", judged="80")
        assert word not in said.lower()
        assert words("changes.heads.duties") in ("Rules", "Règles")


def test_how_many_are_waived_is_said_of_the_breaches_not_of_what_is_open(tmp_path: Path) -> None:
    result = next(r for r in sample(tmp_path).results if r.failed and r.unknown and r.severity == "major")
    said = total(replace(result, waived=1), load_words())
    assert said == ("Breached in 1 of 4 cases examined. 1 of them is covered by a waiver. 2 more could not be judged.")


def test_the_numbers_of_many_findings_stand_on_one_line(tmp_path: Path) -> None:
    loads = "".join(f"L{n},load,2026-10-02T09:00,,pass\n" for n in range(1005))
    found = sample(tmp_path, loads, contents=contents_rule())
    telling = replace(TOLD, all_findings=True)
    blocks = content(found, load_words(), telling).blocks
    table = next(b for b in blocks if isinstance(b, Table) and len(b.rows) == 1005)
    numbers = [piece.cells[0][1] for piece in rows(table, 504.0) if isinstance(piece, Row)]
    assert len(numbers) == 1006
    assert {len(lines) for lines in numbers} == {1}


def test_under_advice_alone_no_heading_speaks_of_breaches(tmp_path: Path) -> None:
    rules = law(tmp_path / "law", contents=contents_rule())
    law(tmp_path / "law", "PRO", extends=None, more=contents_rule("advice"))
    found = audited(rules, studio(tmp_path, "s1", BAD, "overlays: [PRO]\n"), ids=("XX", "PRO"), period="2026-10")
    headings = [block.text for block in told(found, "inspector").blocks if isinstance(block, Heading)]
    assert "Breaches: Law of XX (XX)" in headings
    assert "Advice not followed: Law of PRO (PRO)" in headings
    assert not any("Breaches" in text and "PRO" in text for text in headings)


def test_what_is_due_before_a_further_use_does_not_stand_under_coming_once_its_day_has_passed() -> None:
    sold = Path(__file__).parent.parent / "sample_logs" / "golden-needle"
    found = audited(Path(__file__).parent.parent / "rulesets", sold, ids=("US-CA",), period="2026-10")
    blocks = upcoming(found, found.studios[0], TOLD, load_words())
    at = [n for n, block in enumerate(blocks) if isinstance(block, Heading)]
    days = {blocks[n].text: [row[0] for row in blocks[n + 1].rows] for n in at if isinstance(blocks[n + 1], Table)}  # type: ignore[union-attr]
    past = "Before it is used again, or the work goes on"
    assert any(past in cell.fine for cell in days["Before a certain use"])
    assert not any(past in cell.fine for cell in days["Coming"])
