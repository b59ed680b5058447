"""The report for a pull request: short, honest about what it leaves out, and shown by GitHub as it was written."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given
from hypothesis import strategies as st
from law import contents_rule
from sample_audit import sample

from smpcompliance.audit.finding import Audit
from smpcompliance.report.markdown import LONGEST, report, shown
from smpcompliance.report.untrusted import clean

HOSTILE = [
    "@octocat", "see #123", "a/b#5", "GH-7", "https://evil.example/", "www.evil.example", "me@evil.example", "**bold**", "_x_",
    "`code`", "a | b", "<img src=x>", "<!-- x -->", "[x](http://e)", "![x](y)", "&lt;", "$x^2$", ":tada:", "1. one", "- one",
    "# head", "> quote", "~~gone~~", "a\n\n# b", "\\", "[^1]", "- [x] done", "```", "===", "+ a", "</details>", "a\\|b",
]  # fmt: skip


def rendered(markdown: str) -> str:
    return cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def told(found: Audit) -> str:
    return report(found).decode()


def many(folder: Path, rules: int, loads: int, title: str = "Contents are written down") -> Audit:
    bad = "".join(f"B{n},load,2026-10-02T09:00,,pass\n" for n in range(loads))
    found = sample(folder, loads=bad, contents=contents_rule())
    (result,) = found.results
    named = [replace(result, rule=replace(result.rule, id=f"US-XX/r{n}", title=title)) for n in range(rules)]
    return replace(found, results=tuple(named))


def test_it_begins_with_the_verdict_and_its_denominators(tmp_path: Path) -> None:
    said = told(sample(tmp_path))
    assert said.splitlines()[0] == "## Compliance audit: Fade \\& Dot"
    assert "**Breached: 1 of 1 duty judged**" in said
    assert "1 duty could not be judged; 1 only a visit can decide; 1 does not apply." in said
    assert "no evidence is not a pass" in said


def test_breached_duties_stand_in_a_table_with_the_first_place(tmp_path: Path) -> None:
    cells = re.findall(r"<td[^>]*>(.*?)</td>", rendered(told(sample(tmp_path))))
    assert [text_of(c) for c in cells] == [
        "◆ Major", "Contents are written down US-XX/contents", "s. 1", "sterilization_cycles.csv, line 3", "1 / 4",
    ]  # fmt: skip


def test_what_could_not_be_judged_is_listed_with_its_reason(tmp_path: Path) -> None:
    said = text_of(rendered(told(sample(tmp_path))))
    assert "1 duty could not be judged." in said
    assert (
        "Every spore test says how it ended (■ Critical, s. 3, US-XX/other): a log it needs was not handed in" in said
    )


def test_findings_are_folded_away_with_their_totals(tmp_path: Path) -> None:
    said = told(many(tmp_path, 1, 50))
    folded = said.partition("<details>")[2].partition("</details>")[0]
    assert "<summary>50 findings</summary>" in folded
    assert len(re.findall("^- ", folded, re.MULTILINE)) == 20
    assert "Breached in 50 of 50 cases examined." in folded and "The first 20 of 50 are listed here." in folded


def test_nothing_breached_is_said(tmp_path: Path) -> None:
    said = told(sample(tmp_path, loads="A,load,2026-10-01T09:00,forceps,pass\n", contents=contents_rule()))
    assert "No breach in the one duty judged" in said and "<details>" not in said


@pytest.mark.parametrize(("rules", "title"), [(80, "Contents"), (250, "Contents"), (250, "$@#:a:" * 60)])
def test_it_stays_below_the_length_of_a_comment_and_says_what_it_leaves_out(
    tmp_path: Path, rules: int, title: str
) -> None:
    said = told(many(tmp_path, rules, 60, title))
    assert len(said) <= LONGEST
    assert "Breached: " in said and "audit.json" in said
    assert re.search(r"The first \d+ of \d+ are listed here|findings are not listed here", said)


def test_several_studios_begin_with_a_table_of_them(tmp_path: Path) -> None:
    one = sample(tmp_path)
    other = replace(one.studios[0], studio_id="s2", name="Two | <b>")
    results = one.results + tuple(replace(r, studio_id="s2") for r in one.results)
    found = replace(one, studios=(*one.studios, other), results=results, chains=dict.fromkeys(("s1", "s2"), ("US-XX",)))
    said = told(found)
    tables = re.findall(r"<table>.*?</table>", rendered(said), re.DOTALL)
    assert len(tables) == 2
    assert "Fade & Dot s1" in text_of(tables[0]) and "Two | <b> s2" in text_of(tables[0])
    assert "**Breaches in 2 of 2 studios**" in said and "Breached: 2 of 2 duties judged." in said


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", "| a |\n|---|\n| {} |", "- {}", "## {}", "**{}** x"])
def test_text_is_shown_as_it_was_written(text: str, frame: str) -> None:
    page = rendered(frame.format(shown(text)))
    said = text_of(page).strip().removeprefix("a\n").strip().removesuffix(" x" if frame[0] == "*" else "").strip()
    assert " ".join(said.split()) == " ".join(clean(text).split())
    assert not {"a", "img", "code", "del", "em", "blockquote", "input", "ol", "h1", "sup"} & set(
        re.findall(r"<(\w+)", page)
    )


@given(st.text(alphabet="*_`|[]()<>~#@:$\\&;.-+=1aw/! \n", max_size=25))
@example("-\\")
def test_any_text_survives_in_a_table(text: str) -> None:
    page = rendered(f"| a |\n|---|\n| x {shown(text)} x |")
    said = text_of(page).split("a", 1)[1].strip()
    assert " ".join(said.split()) == " ".join(f"x {clean(text)} x".split())
    assert page.count("<td>") == 1


@pytest.mark.parametrize(
    "text", ["@octocat", "#123", "a/b#5", "GH-7", "gh-7", ":tada:", "me@site.example", "https://x.example"]
)
def test_no_piece_of_text_is_a_mention_a_link_or_an_emoji(text: str) -> None:
    pieces = [unescape(piece) for piece in re.split(r"<[^>]*>", rendered(shown(text)))]
    pattern = r"@\w|#\d|\bgh-\d|:\w+:|https?://"
    assert not [piece for piece in pieces if re.search(pattern, piece, re.IGNORECASE)]


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path) -> None:
    assert report(sample(tmp_path / "1")) == report(sample(tmp_path / "2"))


def test_a_hostile_log_marks_nothing_up(tmp_path: Path) -> None:
    loads = "@octocat | #1 <b> `x`,load,2026-10-02T09:00,,pass\n"
    said = rendered(told(sample(tmp_path, loads=loads, name="# @all\\n</details>")))
    assert "Load @octocat | #1 <b> `x` has no contents." in text_of(said)
    assert "<a" not in said and "<b>" not in said and "<code>" not in said
    assert said.count("<details>") == said.count("</details>") == 1
