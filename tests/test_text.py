"""The report as plain text, and the cleaning of whatever people outside the program wrote."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_audit import sample

from smpcompliance.report.content import content
from smpcompliance.report.text import WIDTH, text
from smpcompliance.report.untrusted import clean, for_markup
from smpcompliance.report.words import load_words


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ("plain <b>&amp;", "plain <b>&amp;"),
        ("a\tb\r\nc\u00a0d", "a b c d"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("\x00", "[U+0000]"),
        ("abc\u202edef", "abc[U+202E]def"),
        ("soft\u00adhyphen\u200b", "soft[U+00AD]hyphen[U+200B]"),
        ("\ud800", "[U+D800]"),
        ("e\u0301", "é"),
        ("Αθήνα Студия 張", "Αθήνα Студия 張"),
        ("x" * 600, "x" * 500 + " […]"),
    ],
)
def test_untrusted_text_prints_as_it_reads(raw: str, printed: str) -> None:
    assert clean(raw) == printed


def test_a_character_that_the_font_lacks_is_written_by_its_number() -> None:
    assert clean("a張", drawable=frozenset("a")) == "a[U+5F35]"


@given(st.text(max_size=40))
def test_nothing_hidden_survives_cleaning(raw: str) -> None:
    assert not {"Cc", "Cf", "Cs", "Co", "Cn"} & {unicodedata.category(c) for c in clean(raw)}


@given(st.text(alphabet="<>&\"'ab;", max_size=20))
def test_markup_is_written_out(raw: str) -> None:
    assert not set("<>\"'") & set(for_markup(raw))


def test_the_text_report_is_wrapped_and_the_same_twice(tmp_path: Path) -> None:
    found = sample(tmp_path)
    said = text(content(found, load_words()))
    assert said == text(content(found, load_words()))
    assert max(map(len, said.splitlines())) <= WIDTH
    assert said.endswith("\n") and not any(line.endswith(" ") for line in said.splitlines())


def test_the_text_report_shows_verdict_finding_place_and_boxes(tmp_path: Path) -> None:
    said = text(content(sample(tmp_path), load_words()))
    assert "| Breached: 1 of 1 duty judged" in said
    assert "Load B has no contents." in said
    assert "sterilization_cycles.csv, line 3" in said
    assert "[ ] Can every floor be washed?" in said


def test_figures_stand_flush_right(tmp_path: Path) -> None:
    lines = text(content(sample(tmp_path), load_words())).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("Severity"))
    assert len({len(line) for line in lines[at : at + 7]}) == 1


def test_text_from_a_log_cannot_steer_a_terminal(tmp_path: Path) -> None:
    loads = "\x1b]0;owned\x07\u202eX,load,2026-10-02T09:00,,pass\n"
    said = text(content(sample(tmp_path, loads=loads, name="Ink\\u001b[2J"), load_words()))
    assert "\x1b" not in said and "\x07" not in said and "\u202e" not in said
    assert "[U+001B]" in said and "[U+202E]" in said


def test_long_words_do_not_leave_the_page(tmp_path: Path) -> None:
    said = text(content(sample(tmp_path, loads=f"{'L' * 3000},load,2026-10-02T09:00,,pass\n"), load_words()))
    assert max(map(len, said.splitlines())) <= WIDTH
    assert "[…]" in said
